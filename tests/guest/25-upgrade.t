#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# weir follows upon weir while it is armed: another build, one with other tables,
# and back, with agents killed at any moment. A restricted program that is tried
# all the time never runs, nor is a restricted address reached; records are neither
# lost nor told twice, and what is counted goes on. Pins that vanish are put back,
# unless all of them do; `weir detach` takes everything out.
#
# WEIR_KERNELS picks kernels, default 6.12; 5.10 has fmod_ret. WEIR_ROUNDS is
# how many upgrades there are, default 3; each has a kernel verify a set of programs
# anew, which takes an emulated one ten seconds and more.

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

kernels=${WEIR_KERNELS:-6.12}
upgrades=${WEIR_ROUNDS:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${WEIR_LOGS:-$work}

log_of()
{
	echo "$logs/upgrade.$1"
}

policy()
{
	fake_policy 60 true block "record: all" "record-until: 2199-01-01"
	cat <<-EXEMPT
	exemptions:
	  - {id: EX-1, product: fakevendor/agent, path: /usr/bin/vendor-spared,
	     until: 2199-01-01, reason: a test, owner: nobody}
	EXEMPT
}

build_root()
{
	weir_payload "$work/root" || return
	for build in other abi; do
		cp "$weir_build/upgrade/weir-$build" "$work/root/weir/bin/" || return
	done
	policy >"$work/root/weir/upgrade.yaml"
	# Known by its content alone, which is that of no other file.
	cp "$weir_build/fixtures/hello-nobuildid" "$work/root/usr/bin/vendor-spared"
	echo spared >>"$work/root/usr/bin/vendor-spared"
	spared='- {kind: path, value: /usr/bin/vendor-spared, confidence: high}'
	sed -i "s|^\\(.*\\)- {kind: path, value: /usr/bin/vendor-tool}|&\\n\\1$spared|" \
		"$work/root/weir/catalog/vendors/fakevendor.yaml"
	weir_add_test "$work/root" "$here/inside/upgrade.sh"
	guest_image "$work/image" "$work/root"
}

boot()
{
	guest_run "$1" "$work/image" "$(log_of "$1")" --smp 2 --timeout 1500 \
		--append "weir.rounds=$upgrades"
}

# Every round of the loop ended with EPERM for every single try.
not_one_pass()
{
	section "$1" upgrades
	section "$1" rounds
	[ "$(section "$1" rounds | sed -n 's/^all //p')" -ge "$((upgrades / 2))" ] &&
		[ "$(section "$1" rounds | grep -c '"storm"')" = 1 ] &&
		section "$1" rounds | grep -q '"result":"EPERM"'
}

# Those that were not killed before it came up.
came_up()
{
	echo $((upgrades - upgrades / 3))
}

all_came()
{
	section "$1" upgrades
	[ "$(section "$1" upgrades | grep -c '^round ')" = "$upgrades" ] &&
		[ "$(section "$1" upgrades | grep -c '^round .*after .* - ')" -ge "$(came_up)" ]
}

# The generation grows with each agent, losses and uses never shrink, and nobody
# but a confirmed arm is ever seen.
counters_go_on()
{
	section "$1" upgrades | grep '^counters'
	section "$1" upgrades | awk -v least="$(came_up)" '/^counters/ {
			bad += $2 <= generation || $3 < lost || $4 < uses || $5 != "confirmed"
			generation = $2; lost = $3; uses = $4; n++
		}
		END { exit n <= least || bad }'
}

# What an agent that was killed had not folded yet, the next one finds in its table;
# not in one with another layout.
uses_are_counted()
{
	section "$1" upgrades | grep -E '^(counters|spared)'
	section "$1" upgrades | awk -v least="$(came_up)" '
		/^counters/ { uses = $4 } /^spared/ { spared = $2 }
		END { exit spared < least || uses > spared || uses < spared / 2 }'
}

# A hole is a loss, and each loss is told; what a kill kept from being told is told later.
holes_are_told()
{
	echo "cpu ring records first last holes:"
	section "$1" sequences
	section "$1" losses
	told=$(section "$1" losses | jq -s 'map(.exec + .load + .module + .connect + .new) |
		add // 0')
	section "$1" sequences | awk -v told="$told" '
		{ n += $3; holes += $6; late += $4 > 1 }
		END { print "holes", holes + 0, "told", told
			exit n < 100 || late || holes > told || told > holes + 8 }'
}

torn_holds()
{
	section "$1" torn
	[ "$(section "$1" torn | grep -c '^torn EPERM$')" = 3 ] &&
		section "$1" torn | grep -q '^mended EPERM 0$'
}

# MS of every removal that was noticed.
noticed_in_time()
{
	section "$1" pins
	section "$1" pins | awk '/^(noticed|gone)/ { n++; bad += $NF == "never" || $NF > 1200 }
		END { exit n != 3 || bad }'
}

judge_kernel()
{
	ok "$1: the guest comes to its end" ended_well "$1"
	ok "$1: the first gate of the boot says how long there was none" \
		says "$1" start '^uncovered [1-9][0-9]+$'
	ok "$1: the status says so" says "$1" start '^uncovered at boot: [0-9]+[.][0-9] s$'
	ok "$1: $upgrades upgrades, forth and back" all_came "$1"
	ok "$1: a restricted program never runs" not_one_pass "$1"
	ok "$1: nor is a restricted address reached" says "$1" rounds '^net [1-9][0-9]* 0$'
	ok "$1: numbers go on" counters_go_on "$1"
	ok "$1: uses of an exemption are counted" uses_are_counted "$1"
	ok "$1: of the builds before nothing is left" says "$1" upgrades \
		'^left build-[0-9a-f]* tables-[0-9]* $'
	ok "$1: no record is missing that is not told as lost" holes_are_told "$1"
	ok "$1: no record is told twice" says "$1" twice '^0$'
	ok "$1: a disarm of a product goes over to another build" says "$1" holds '^usual ran'
	ok "$1: and to one with other tables" says "$1" holds '^abi ran'
	ok "$1: so does its end" says "$1" holds '^other EPERM'
	ok "$1: an agent that hangs is replaced" says "$1" holds '^hung EPERM'
	ok "$1: what is left of a set that lacks a gate stays until there is another" \
		torn_holds "$1"
	ok "$1: a pin that vanishes is noticed within a second" noticed_in_time "$1"
	ok "$1: and is an event" says "$1" pins '^events 3$'
	ok "$1: and put back" [ "$(section "$1" pins | grep -c '^back 0$')" = 2 ]
	ok "$1: when all vanish, they are let go" says "$1" pins '^left 0 EPERM'
	ok "$1: and the gates end with the agent" says "$1" pins '^ended ran'
	ok "$1: detach leaves a running agent alone" says "$1" detach '^running 3 EPERM'
	ok "$1: a killed one's gates stay" says "$1" detach '^killed EPERM'
	ok "$1: detach takes all of it out" says "$1" detach '^detach 0 ran 0$'
	ok "$1: it says how much" says "$1" detach '^weir: [1-9][0-9]* pins removed'
	ok "$1: the journal tells of it and why" says "$1" detach \
		'detached by uid 0: .* test, for good'
	ok "$1: a second one has nothing to do" says "$1" detach '^again 0$'
	ok "$1: the kernel has nothing to complain of" [ -z "$(section "$1" kernel)" ]
	echo "# $1: $(guest_seconds "$(log_of "$1")") s"
}

build_root || exit 1
for kernel in $kernels; do
	boot "$kernel" &
done
wait
for kernel in $kernels; do
	judge_kernel "$kernel"
done
done_testing
