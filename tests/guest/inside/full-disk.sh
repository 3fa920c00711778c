#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 50-full-disk.t: the journal's disk is small, becomes
# full while a restricted program is tried, and is then given room again.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

disk=/run/small
journal=$disk/journal

state()
{
	weir status --json 2>&1
}

is_in_trouble()
{
	state | jq -e '.journal_trouble and .counters.journal_lost > 0' >/dev/null
}

is_well()
{
	state | jq -e '.journal_trouble | not' >/dev/null
}

# Until the agent itself says that it cannot write, and that lines are lost.
fill()
{
	[ -e $disk/ballast ] || dd if=/dev/zero of=$disk/ballast bs=64k 2>/dev/null
	/weir/bin/try-exec storm /opt/vendor/hello 2 100
	is_in_trouble
}

has_gap()
{
	weir events --json --journal $journal 2>/dev/null | grep -q '"event_code":"journal-gap"'
}

mkdir -p $disk
mount -t tmpfs -o size=4m tmpfs $disk
section start
agent_start /weir/block.yaml $journal
agent_ready 90 || exit 1
section full
until_true 60 fill && echo "in trouble"
df -k $disk | tail -n 1
section status
state
section enforce
/weir/bin/try-exec storm /opt/vendor/hello 2 100
echo "neighbour $(attempt /opt/vendor-not/hello)"
section recover
rm $disk/ballast
mount -o remount,size=64m $disk
until_true 60 is_well && echo "well again"
/weir/bin/try-exec storm /opt/vendor/hello 2 25
until_true 60 has_gap && echo "gap told"
agent_stop && echo "stopped well"
section gap
agent_events $journal 'select(.metadata.event_code == "journal-gap") |
	"\(.unmapped.gap.lines) \(.message)"'
section told
agent_events $journal 'select(.unmapped.outcome == "blocked") | .process.file.path' |
	grep -c /opt/vendor/hello
section said
said
section end
