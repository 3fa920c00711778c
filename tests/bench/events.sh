# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # names of lib.sh and run, which source this
# Part: what one event costs the agent, in CPU time.

mkdir -p "$dir/events"
chmod 700 "$dir/events"
"$out/events" "$dir/events" | sed 's/,ns,/,ns,weir,/; s/,bytes,/,bytes,weir,/' >>"$csv"
