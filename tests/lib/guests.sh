# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# What a test asks of the logs of several guests, which go by RUN: a kernel, or
# what else tells them apart. The test says where the log of one is: log_of RUN; and
# has a directory of its own in $work.
# To be sourced, after weir-guest.sh.

# section RUN NAME
section()
{
	weir_section "$(log_of "$1")" "$2"
}

# ended_well RUN
ended_well()
{
	tail -n 15 "$(log_of "$1")"
	grep -qx "${guest_end}0" "$(log_of "$1")"
}

# says RUN SECTION PATTERN
says()
{
	section "$1" "$2"
	section "$1" "$2" | grep -qE -- "$3"
}

# says_lines RUN SECTION PATTERN...: each fits a line of it from end to end.
says_lines()
{
	section "$1" "$2" >"$work/section"
	cat "$work/section"
	shift 2
	for line; do
		grep -qxE -- "$line" "$work/section" || { echo "no: $line"; return 1; }
	done
}
