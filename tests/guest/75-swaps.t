#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Two policies take turns under a storm of what they block: each verdict is that
# of one of the two, and of the one whose generation the record names. What both
# block never runs, and the agent does not grow.
#
# WEIR_SWAPS picks "KERNEL/COUNT", default one kernel; a thousand take minutes.

# Functions are called through ok.
# shellcheck disable=SC2317

here=$(cd "$(dirname "$0")" && pwd)
weir_top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/lib/guest.sh
. "$here/../lib/guest.sh"
# shellcheck source=tests/lib/weir-guest.sh
. "$here/../lib/weir-guest.sh"
# shellcheck source=tests/lib/guests.sh
. "$here/../lib/guests.sh"

swaps=${WEIR_SWAPS:-6.12/120}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${WEIR_LOGS:-$work}

swap_vendor()
{
	cat <<-VENDOR
	vendor: swapvendor
	name: Blocked in turn
	products:
	VENDOR
	for name in one other both; do
		cat <<-PRODUCT
		  - product: $name
		    name: what is blocked by $name
		    class: vendor_product
		    indicators:
		      - {kind: path, value: /opt/swap/$name, confidence: high}
		PRODUCT
	done
}

build_root()
{
	weir_payload "$work/root" || return
	mkdir -p "$work/root/opt/swap"
	for name in one other both; do
		cp "$weir_build/fixtures/hello-nobuildid" "$work/root/opt/swap/$name"
		echo "$name" >>"$work/root/opt/swap/$name"
	done
	rm -r "$work/root/weir/catalog/directives"
	rm "$work/root/weir/catalog/vendors/"*
	swap_vendor >"$work/root/weir/catalog/vendors/swapvendor.yaml"
	weir_add_test "$work/root" "$here/inside/swaps.sh"
}

name_of()
{
	echo "$1" | tr / -
}

log_of()
{
	echo "$logs/swaps.$(name_of "$1")"
}

boot()
{
	guest_run "${1%/*}" "$work/image.${1#*/}" "$(log_of "$1")" --smp 2 --mem 2048 \
		--timeout $((960 + 2 * ${1#*/}))
}

all_taken()
{
	section "$1" swaps
	section "$1" swaps | grep -q "^swaps ${1#*/} from "
}

# number RUN WORD: what stands behind it in the line of the records.
number()
{
	section "$1" records | tr ' ' '\n' | grep -A 1 -x "$2" | sed -n 2p
}

# Tries of the one and of the other were stopped as well as let run: else there
# was nothing to confuse.
each_had_its_turn()
{
	section "$1" tries
	for file in one other; do
		section "$1" tries | grep "^$file " | cut -d ' ' -f 2 |
			jq -e '.ran > 0 and .EPERM > 0 and .other == 0' >/dev/null || return
	done
}

both_never_ran()
{
	section "$1" tries
	section "$1" mixed
	[ -z "$(section "$1" mixed)" ] &&
		section "$1" tries | grep "^both " | cut -d ' ' -f 2 |
			jq -e '.ran == 0 and .EPERM > 100 and .other == 0' >/dev/null
}

verdicts_agree()
{
	section "$1" records
	[ "$(number "$1" right)" -gt 500 ] && [ "$(number "$1" wrong)" = 0 ] &&
		[ "$(number "$1" unknown)" = 0 ]
}

# Not all under two or three tables, while the others came and went unused.
under_many_tables()
{
	section "$1" records
	[ "$(number "$1" generations)" -gt $((${1#*/} / 2)) ]
}

# weight RUN SWAPS WORD
weight()
{
	section "$1" swaps | grep "^after $2 " | tr ' ' '\n' | grep -A 1 -x "$3" | sed -n 2p
}

does_not_grow()
{
	section "$1" swaps | grep '^after '
	first=$(weight "$1" 40 rss) last=$(weight "$1" "${1#*/}" rss)
	[ "$first" -gt 0 ] && [ "$last" -le $((first * 11 / 10)) ] || return
	# A table that is given up stays for a minute: some more, but not one a swap.
	for word in files pins; do
		[ "$(weight "$1" 40 $word)" -gt 0 ] &&
			[ "$(weight "$1" "${1#*/}" $word)" -le $(($(weight "$1" 40 $word) + 20)) ] ||
			return
	done
}

judge()
{
	ok "$1: the guest comes to its end" ended_well "$1"
	ok "$1: every policy is taken" all_taken "$1"
	ok "$1: each of the two had its turn" each_had_its_turn "$1"
	ok "$1: what both block never ran" both_never_ran "$1"
	ok "$1: every verdict is that of the policy its record names" verdicts_agree "$1"
	ok "$1: most tables had something to decide" under_many_tables "$1"
	ok "$1: the agent grows neither in memory nor in descriptors" does_not_grow "$1"
	ok "$1: the kernel has nothing to complain of" [ -z "$(section "$1" kernel)" ]
	echo "# $1: $(guest_seconds "$(log_of "$1")") s"
}

build_root || exit 1
for each in $swaps; do
	echo "${each#*/}" >"$work/root/weir/count"
	guest_image "$work/image.${each#*/}" "$work/root" || exit 1
done
for each in $swaps; do
	boot "$each" &
done
wait
for each in $swaps; do
	judge "$each"
done
done_testing
