#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every road to a restricted file or address, on every kernel, by BPF LSM and by
# fmod_ret: refused under "enforce: true" in the way that expect/ says, open and
# recorded with the same reasons under "enforce: false"; neighbours untouched.
#
# WEIR_ROUTES picks cases, default all: "KERNEL/default" or "KERNEL/other".
# WEIR_LOGS keeps the guests' logs in a directory.

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

cases=${WEIR_ROUTES:-6.12/default 5.10/default 6.1/default 7/default
	6.12/other 5.10/other 6.1/other 7/other}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${WEIR_LOGS:-$work}

# The kernel command line of the list that a kernel does not have by default.
lsm_words()
{
	case $1 in
	5.10/other) echo "lsm=lockdown,capability,yama,apparmor,bpf" ;;
	*/other)    echo "lsm=landlock,lockdown,yama,integrity,apparmor" ;;
	*)          echo "weir.lsm=default" ;;
	esac
}

# What stops an exec there, and which tables hold. 5.10 cannot hash.
mechanism()
{
	case $1 in
	5.10/default | 6.1/other | 6.12/other | 7/other) echo fmod_ret ;;
	*) echo lsm ;;
	esac
}

exec_table()
{
	case $1 in
	5.10/other) echo exec.fmod_ret ;;
	*)          echo "exec.$(mechanism "$1")" ;;
	esac
}

log_of()
{
	echo "$logs/routes.$(echo "$1" | tr / -)"
}

boot()
{
	guest_run "${1%/*}" "$work/image" "$(log_of "$1")" --smp 2 --timeout 600 \
		--modules overlay,sctp,binfmt_misc --append "$(lsm_words "$1")"
}

is_ready()
{
	section "$1" "$2 ready"
	section "$1" "$2 ready" | grep -q '^ready 0 '
}

# Every line of the compared table that is not as expected; none: true.
as_expected()
{
	section "$1" "$2" >"$work/section"
	# Where tasks are preempted inside fmod_ret programs (lazy, from 6.13 on), what
	# finds a whole row of them busy is killed before its first instruction. None
	# may have run, none failed otherwise.
	if [ "$1" = 7/other ] &&
		grep -q '"route":"storm".*"ran":0,.*"failed":0,' "$work/section"; then
		sed -i 's/^storm mixed/storm EPERM/' "$work/section"
	fi
	grep -vE '^(#|$)' "$work/section" >"$work/got"
	"$here/routes.sh" compare "$3" <"$work/got" >"$work/compared"
	rc=$?
	grep '^not ok' "$work/compared"
	grep -E '"(error|mixed)"' "$work/section"
	return $rc
}

# The same routes, all open. What a kernel does not know, it does not know here either.
all_open()
{
	section "$1" "$2" | grep -vE '^(#|$)' |
		awk -v word="$3" '$2 != word && $2 != "unsupported" { print; bad = 1 }
			{ n++ } END { if (n < 20) print n " routes only"; exit bad || n < 20 }'
}

untouched()
{
	section "$1" "$2 neighbours"
	section "$1" "$2 neighbours" |
		awk 'NF == 2 { n++; bad += $2 != "ran" && $2 != "arrived" }
			END { exit bad || n != 14 }'
}

# has CASE SECTION PATTERN
has()
{
	section "$1" "$2" | head -n 20
	section "$1" "$2" | grep -qE "$3"
}

hasnt()
{
	section "$1" "$2" | head -n 20
	! section "$1" "$2" | grep -qE "$3"
}

# A sample record under jq's filter is true; $2 is the phase, $3 exec or connect.
record_says()
{
	section "$1" "$2 samples" | grep "\"event_code\":\"$3\"" | head -n 1 >"$work/sample"
	cat "$work/sample"
	[ -s "$work/sample" ] && jq -e "$4" "$work/sample"
}

# The routes that were refused are the ones that would have been, by the same key.
same_reasons()
{
	section "$1" "enforce routes" | awk '$3 == "blocked" { print $2, $4 }' |
		sort -u >"$work/did"
	section "$1" "would routes" |
		awk '$3 == "would-block" && $5 == "flag" { print $2, $4 }' | sort -u >"$work/would"
	echo "refused by this key, and not recorded as would-block by the same:"
	comm -23 "$work/did" "$work/would"
	[ "$(grep -c . "$work/did")" -ge 15 ] && [ -z "$(comm -23 "$work/did" "$work/would")" ]
}

judge_case()
{
	via=$(mechanism "$1") table=$(exec_table "$1")
	[ "$table" = exec.lsm ] && copy_key=sha256 || copy_key=build-id
	ok "$1: the guest comes to its end" ended_well "$1"
	ok "$1: armed and ready" is_ready "$1" enforce
	ok "$1: exec is stopped by $via" has "$1" "enforce summary" "exec blocked deny rule $via "
	ok "$1: every exec route ends as the table says" \
		as_expected "$1" "enforce exec" "$table"
	ok "$1: every connect route ends as the table says" \
		as_expected "$1" "enforce net" "net.$via"
	ok "$1: neighbours run and are reached" untouched "$1" enforce
	ok "$1: a refused exec is recorded with path, argv, key and verdict" \
		record_says "$1" enforce exec '.process.file.path == "/opt/vendor/hello" and
			(.process.cmd_line | startswith("hello")) and .action == "Denied" and
			.unmapped.verdict == "deny" and .unmapped.product == "fakevendor/agent" and
			(.unmapped.match | length) > 0 and .unmapped.key != "none"'
	ok "$1: a refused connect is recorded with address, port and verdict" \
		record_says "$1" enforce connect '.dst_endpoint.ip == "192.0.2.9" and
			.dst_endpoint.port > 0 and .unmapped.verdict == "deny"'
	ok "$1: copies are known by their $copy_key" \
		has "$1" "enforce routes" " memfd-sealed blocked $copy_key| copy blocked $copy_key"
	slips="slipped|killed"
	[ "$1" != 7/other ] || slips=slipped
	ok "$1: nothing slipped" hasnt "$1" "enforce summary" "$slips"
	ok "$1: with enforce: false, ready" is_ready "$1" would
	ok "$1: with enforce: false, every exec route is open" \
		all_open "$1" "would exec" ran
	ok "$1: with enforce: false, every connect route is open" \
		all_open "$1" "would net" arrived
	ok "$1: with enforce: false, nothing was denied" \
		hasnt "$1" "would summary" " (blocked|killed|slipped) | deny "
	ok "$1: with enforce: false, the records tell the same reasons" same_reasons "$1"
	ok "$1: neighbours are in no record" hasnt "$1" "enforce routes" "vendor-not|vendor2"
	ok "$1: doctor names what cannot be stopped" has "$1" "enforce doctor" \
		"script.*AF_PACKET|AF_PACKET.*script"
	ok "$1: the kernel has nothing to complain of" hasnt "$1" kernel .
}

weir_payload "$work/root" || exit 1
weir_add_test "$work/root" "$here/inside/routes.sh"
guest_image "$work/image" "$work/root" || exit 1
rm -rf "$work/root"

# All at once: guest_run lets two of them in at a time.
for case in $cases; do
	boot "$case" &
done
wait
for case in $cases; do
	judge_case "$case"
	echo "# $case: $(guest_seconds "$(log_of "$case")") s"
done
done_testing
