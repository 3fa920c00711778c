# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# What a test asks of the log of its one guest, which it names in $log. To be
# sourced, after weir-guest.sh.

# section NAME
section()
{
	weir_section "$log" "$1"
}

ended_well()
{
	tail -n 15 "$log"
	grep -qx "${guest_end}0" "$log"
}

# says SECTION PATTERN...: every pattern is in a line of it.
says()
{
	part=$1
	shift
	section "$part"
	for pattern in "$@"; do
		section "$part" | grep -qE -- "$pattern" || {
			echo "nothing like: $pattern"
			return 1
		}
	done
}

# says_lines SECTION PATTERN...: each fits a line of it from end to end.
says_lines()
{
	in=$1
	shift
	for line; do
		says "$in" "^($line)\$" || return
	done
}

# never_says SECTION PATTERN: the section is there, and no line of it is such.
never_says()
{
	section "$1"
	grep -qx "=== $1" "$log" || { echo "no section $1"; return 1; }
	! section "$1" | grep -qE -- "$2"
}
