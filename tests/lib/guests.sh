# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# What a test asks of the logs of several guests, which go by RUN: a kernel, or
# what else tells them apart. The test says where the log of one is: log_of RUN.
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
