# SPDX-License-Identifier: GPL-2.0-only
# For tests/cli/*.t, sourced with "$0" still the test's: the binary, a directory
# that goes away, and TAP. Begins at the root of the project, which the messages
# with names of files in them are relative to. A test ends with ended.
# shellcheck shell=sh

root=$(cd "$(dirname "$0")/../.." && pwd)
output=${OUTPUT:-$root/build}
weir=${WEIR:-$output/weir}
cd "$root" || exit 1

# skip_all WHY: nothing of this test can be done here.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

[ -x "$weir" ] || skip_all "$weir is not built"

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0
number=0

# ok TITLE COMMAND...: what it printed is shown when it fails.
ok() {
	number=$((number + 1))
	title=$1
	shift
	if "$@" >"$tmp/said" 2>&1; then
		echo "ok $number - $title"
	else
		echo "not ok $number - $title"
		cut -c1-300 "$tmp/said" | sed 's/^/# /' | head -40
		failed=1
	fi
}

# skip TITLE WHY
skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# drawn SCRIPT PROGRAM SEED COUNT PATTERN LEAST: policies at random, judged by PROGRAM; the
# number that PATTERN has in what it says is at least LEAST.
drawn() {
	# No __pycache__ in the tree.
	python3 -B "$1" "$2" --seed "$3" --count "$4" >"$tmp/answer" 2>&1
	rc=$?
	cat "$tmp/answer"
	[ "$rc" -eq 0 ] && [ "$(sed -n "s/$5/\\1/p" "$tmp/answer")" -ge "$6" ]
}

# What it came to, also when all is well.
tell_drawn() { cut -c1-1000 "$tmp/answer" | sed 's/^/# /'; }

ended() {
	echo "1..$number"
	exit $failed
}
