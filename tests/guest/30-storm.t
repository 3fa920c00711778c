#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# As many distinct programs as two processors can start, each of them recorded
# or counted as lost, and no restricted one slips through meanwhile; once with a
# kernel that preempts fully.
#
# WEIR_STORMS picks "KERNEL/COUNT[/preempt]"; 20,000 take some two minutes.

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

storms=${WEIR_STORMS:-6.12/20000 5.10/20000 6.1/2000 7/2000 6.12/2000/preempt}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${WEIR_LOGS:-$work}

name_of()
{
	echo "$1" | tr / -
}

log_of()
{
	echo "$logs/storm.$(name_of "$1")"
}

count_of()
{
	echo "$1" | cut -d / -f 2
}

boot()
{
	words="weir.storm=$1"
	case $1 in */preempt) words="preempt=full" ;; esac
	guest_run "${1%%/*}" "$work/image.$(count_of "$1")" "$(log_of "$1")" --smp 2 \
		--mem 2048 --timeout 900 --append "$words"
}

all_started()
{
	section "$1" flood
	section "$1" flood | grep -q '"result":"ran"'
}

# number STORM WORD: "WORD NUMBER" of the events section.
number()
{
	section "$1" events | sed -n "s/^$2 //p" | grep . || echo -1
}

# lost STORM JQ-SUM
lost()
{
	section "$1" lost | jq -s "map($2) | add // 0"
}

# Denials have a ring and a count of their own within those of their kind.
each_told_or_counted()
{
	told=$(number "$1" events) lost=$(lost "$1" ".exec - .denials")
	echo "told $told, lost $lost, of $(count_of "$1")"
	section "$1" lost
	[ "$told" = "$(number "$1" distinct)" ] || return 1
	# A loss has no name: some of them may be execs of the guest's own shell. So
	# with losses the sum may exceed the storm; without, it is the storm exactly.
	[ "$lost" != 0 ] || [ "$told" = "$(count_of "$1")" ] || return 1
	[ "$told" -le "$(count_of "$1")" ] && [ $((told + lost)) -ge "$(count_of "$1")" ]
}

none_slipped()
{
	section "$1" restricted
	section "$1" restricted | grep -q '"result":"EPERM"' &&
		! section "$1" restricted | grep -qvE '"result":"EPERM"|^$'
}

refusals_told()
{
	tries=$(section "$1" restricted | grep -c '"result":"EPERM"')
	told=$(number "$1" refused) lost=$(lost "$1" .denials)
	echo "told $told, lost $lost, of $((tries * 50))"
	[ $((told + lost)) = $((tries * 50)) ]
}

judge()
{
	ok "$1: the guest comes to its end" ended_well "$1"
	ok "$1: every program of nobody starts" all_started "$1"
	ok "$1: events and counted losses are the execs" each_told_or_counted "$1"
	ok "$1: no restricted program slips" none_slipped "$1"
	ok "$1: every refusal is told or counted" refusals_told "$1"
	case $1 in
	*/preempt) ok "$1: the kernel does preempt fully" \
		[ "$(section "$1" boot | grep -c 'Preempt: full')" = 1 ] ;;
	esac
	ok "$1: the kernel has nothing to complain of" [ -z "$(section "$1" kernel)" ]
	echo "# $1: $(guest_seconds "$(log_of "$1")") s;" \
		"lost $(lost "$1" ".exec - .denials")" \
		"$(section "$1" flood | grep -o '"ms":[0-9]*') ms"
}

weir_payload "$work/root" || exit 1
weir_add_test "$work/root" "$here/inside/storm.sh"
for storm in $storms; do
	count_of "$storm" >"$work/root/weir/count"
	[ -e "$work/image.$(count_of "$storm")" ] ||
		guest_image "$work/image.$(count_of "$storm")" "$work/root" || exit 1
done
for storm in $storms; do
	boot "$storm" &
done
wait
for storm in $storms; do
	judge "$storm"
done
done_testing
