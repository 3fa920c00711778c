#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A policy with four phases walks through its dates in a running kernel: with
# the agent there, hung and dead; over both changes of clocks; with the clock set
# back and forward. Time is moved by the test. What the gates do, what the status
# and the calendar say and what the journal has been told must be the same thing.
#
# WEIR_KERNELS picks kernels, default "6.12 5.10": LSM and fmod_ret. On all but the
# first the walk is shortened to what a kernel may do in its own way.
# WEIR_PHASES_LOG: judge an earlier guest's log instead of a new boot.

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

kernels=${WEIR_KERNELS:-6.12 5.10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${WEIR_LOGS:-$work}

log_of()
{
	echo "${WEIR_PHASES_LOG:-$logs/phases.$1}"
}

# Laid over the agent: it is killed after it has said that it will tell, after it has
# told and before it could write that down, and after that.
build_death()
{
	${CC:-gcc} -shared -fPIC -x c -o "$1" - <<-'DEATH'
	#include <signal.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/syscall.h>
	#include <unistd.h>

	int rename(const char *from, const char *to)
	{
		static int times;
		const char *die = getenv("DIE");
		int n = die && strstr(to, "/phases.json") ? ++times : 0, rc;

		if (n == 2 && *die == '2')
			kill(getpid(), SIGKILL);
		rc = (int)syscall(SYS_renameat2, -100, from, -100, to, 0);
		if ((n == 1 && *die == '1') || (n == 2 && *die == '3'))
			kill(getpid(), SIGKILL);
		return rc;
	}
	DEATH
}

# The zone of the policy, as this host's database has it.
build_root()
{
	weir_payload "$work/root" || return
	mkdir -p "$work/root/usr/share/zoneinfo/Europe"
	cp -L /usr/share/zoneinfo/Europe/Berlin "$work/root/usr/share/zoneinfo/Europe/" || return
	weir_add_test "$work/root" "$here/inside/phases.sh"
	build_death "$work/root/weir/die.so" || return
	guest_image "$work/image" "$work/root"
}

boot()
{
	[ -z "$WEIR_PHASES_LOG" ] || return 0
	words=
	[ "$1" = "${kernels%% *}" ] || words=weir.walk=short
	guest_run "$1" "$work/image" "$(log_of "$1")" --smp 2 --timeout 900 --append "$words"
}

# steps KERNEL SECTION "YYYY-MM-DD hh:mm:ss" BEFORE AFTER: everything that was
# over before that moment came to BEFORE, everything begun two seconds after it
# came to AFTER, and there is some of both.
steps()
{
	section "$1" "$2"
	section "$1" "$2" | awk -v at="$(date -u -d "$3" +%s)" -v before="$4" -v after="$5" '
		$1 !~ /^[0-9]+$/ || NF != 3 { next }
		$3 < at { n++; bad += $2 != before }
		$1 >= at + 2 { m++; bad += $2 != after }
		END { exit !n || !m || bad }'
}

# state KERNEL SECTION NAME MODE OLD NEW NET [CALENDAR]
state()
{
	section "$1" "$2" | grep "^$3 "
	section "$1" "$2" |
		grep -qx "$3 status $4 calendar ${8:-$4} old $5 new $6 net $7"
}

# Each change of the mode once, at its date, and nothing else.
told_once()
{
	section "$1" walk | awk -F '\t' '/fakevendor\/agent/ { print $1, $2, $3 }' >"$work/told"
	cat <<-WANTED >"$work/wanted"
	$(date -u -d "2026-11-24 23:00:00" +%s) observe freeze
	$(date -u -d "2026-11-30 23:00:00" +%s) freeze offline
	$(date -u -d "2027-01-01 23:00:00" +%s) offline block
	WANTED
	diff "$work/wanted" "$work/told"
}

# Of the windows: none twice, and those of the days on which clocks change.
windows_told()
{
	section "$1" walk | awk -F '\t' '/fakevendor\/tools/ { print $1, $2, $3 }' >"$work/told"
	cat "$work/told"
	[ -z "$(sort "$work/told" | uniq -d)" ] || return
	for line in "2026-10-24 23:30:00 observe block" "2026-10-25 00:30:00 block observe" \
		"2027-03-28 00:30:00 observe block" "2027-03-28 01:00:00 block observe"; do
		at=$(date -u -d "$(echo "$line" | cut -d ' ' -f 1,2)" +%s)
		grep -qx "$at $(echo "$line" | cut -d ' ' -f 3,4)" "$work/told" || return
	done
}

warned()
{
	section "$1" warned
	section "$1" warned | sed 's/.* in //; s/,.*//' | tr '\n' ' ' |
		grep -qE '^29 days 6 days 23 h 5[89] min all 3 $'
}

# After a year: all three, told late, once each.
year_told()
{
	section "$1" forward-events
	section "$1" forward-events | sed 's/^.*): //' >"$work/told"
	diff - "$work/told" <<-WANTED
	block -> observe at 2026-11-01 13:00 +01:00, by the policy
	observe -> freeze at 2026-11-25 00:00 +01:00, phase begins, told late
	freeze -> offline at 2026-12-01 00:00 +01:00, phase begins, told late
	offline -> block at 2027-01-02 00:00 +01:00, phase begins, told late
	WANTED
}

# Of 52 weeks in which nobody was there: the last, and how many were before.
hours_left_out()
{
	section "$1" forward-hours >"$work/told"
	head -n 3 "$work/told"
	[ "$(grep -c 'told late$' "$work/told")" = 64 ] &&
		[ "$(grep -c 'not told one by one$' "$work/told")" = 1 ] &&
		grep -q ' until 2027-.*, 40 changes not told one by one$' "$work/told"
}

# Killed three times, at each moment that matters.
torn_told_once()
{
	section "$1" torn
	[ "$(section "$1" torn | grep -c '^died 137 ')" = 3 ] || return
	section "$1" torn | grep -E '^[a-z]+ -> ' | sed 's/ at .*//' >"$work/told"
	diff - "$work/told" <<-WANTED
	block -> observe
	observe -> freeze
	freeze -> offline
	offline -> block
	WANTED
}

judge_long()
{
	ok "$1: clocks go back: a window opens in its time" \
		steps "$1" autumn "2026-10-24 23:30:00" ran EPERM
	ok "$1: and closes in the first pass of the double hour" \
		steps "$1" autumn-end "2026-10-25 00:30:00" EPERM ran
	ok "$1: and does not open in the second" says "$1" autumn-again '^ran$'
	ok "$1: 30, 7 and 1 days ahead a step is warned of, once each" warned "$1"
	ok "$1: a file that is being edited does not come into force with the clock" \
		says "$1" edited '^serial 1 freeze$'
	ok "$1: nor is a broken one complained of" says "$1" edited '^serial [[]1,null[]] freeze$'
	ok "$1: clocks go forward: a window opens in its time" \
		steps "$1" spring "2027-03-28 00:30:00" ran EPERM
	ok "$1: it closes at the change, its end being left out" \
		steps "$1" spring-end "2027-03-28 01:00:00" EPERM ran
	ok "$1: windows have left theirs" windows_told "$1"
	ok "$1: a clock set forward a year without an agent: the kernel keeps its time" \
		says "$1" forward '^dead calendar block kernel:2026-11-01T[0-9:Z]* old ran$'
	ok "$1: the agent that comes takes all the steps" \
		state "$1" forward year block EPERM EPERM EPERM
	ok "$1: and tells each, late" year_told "$1"
	ok "$1: set back by the year nothing is lowered" \
		state "$1" forward returned block EPERM EPERM EPERM
	ok "$1: of a year's hours it says what it does not tell" hours_left_out "$1"
	ok "$1: killed while it tells, an agent has told each step once" torn_told_once "$1"
}

judge_kernel()
{
	ok "$1: the guest comes to its end" ended_well "$1"
	ok "$1: before any date everything runs" \
		state "$1" start observe observe ran ran arrived
	ok "$1: agent running: a freeze begins at its date" \
		steps "$1" freeze "2026-11-24 23:00:00" ran EPERM
	ok "$1: what was there runs on" state "$1" freeze freeze freeze ran EPERM arrived
	ok "$1: agent hung: offline begins at its date" \
		steps "$1" stopped "2026-11-30 23:00:00" arrived EPERM
	ok "$1: it is told when the agent goes on" says "$1" stopped '^events 1$'
	ok "$1: and not before" says "$1" stopped '^events 0$'
	ok "$1: offline is what everybody says" \
		state "$1" stopped offline offline ran EPERM EPERM
	ok "$1: agent dead: block begins at its date, in the hours of switch-in" \
		steps "$1" killed "2027-01-01 23:00:00" ran EPERM
	ok "$1: the calendar says so without an agent" says "$1" killed '^calendar block$'
	ok "$1: with the clock moved meanwhile it says what the kernel goes by" \
		says "$1" killed '^calendar block kernel:2027-01-01T23:'
	ok "$1: the next agent says so too" state "$1" killed block block EPERM EPERM EPERM
	ok "$1: a clock set back a day lowers nothing" \
		state "$1" back running block EPERM EPERM EPERM
	ok "$1: nor does a reload then" state "$1" back reloaded block EPERM EPERM EPERM
	ok "$1: nor the same plan under a higher serial" \
		state "$1" back raised block EPERM EPERM EPERM
	ok "$1: set back without an agent: the kernel stays, the calendar knows" \
		says "$1" back '^dead calendar block kernel:2027-01-01T[0-9:Z]* old EPERM$'
	ok "$1: nor does an agent that starts then" \
		state "$1" back restarted block EPERM EPERM EPERM
	ok "$1: the calendar notes it" says "$1" back '^Note: 1 rule has come further'
	ok "$1: each step of the walk has left one event, of its time" told_once "$1"
	ok "$1: the kernel has nothing to complain of" [ -z "$(section "$1" kernel)" ]
	[ "$1" != "${kernels%% *}" ] || judge_long "$1"
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
