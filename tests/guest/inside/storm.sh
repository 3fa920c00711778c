#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 30-storm.t: as many distinct programs as /weir/count
# says, flat out, every one of them to be recorded, while a restricted one is
# tried beside them.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

journal=/run/journal
count=$(cat /weir/count)

restricted()
{
	until [ -e $run/enough ]; do
		/weir/bin/try-exec storm /opt/vendor/hello 1 50
	done >$run/restricted
}

lost()
{
	weir events --json --journal $journal | grep '"event_code":"records-lost"' |
		jq -cM .unmapped.lost
}

section boot
uname -r
dmesg | grep -i 'dynamic preempt' | sed 's/.*Dynamic/Dynamic/'
section ready
agent_start /weir/block-all.yaml $journal
agent_ready 90 || exit 1
section flood
restricted &
storm=$!
from=$(uptime_s)
/weir/bin/exec-flood "$count" 4 /dev/shm
echo "flood from $from to $(uptime_s)"
touch $run/enough
wait $storm
section restricted
cat $run/restricted
section status
weir status --json 2>&1
agent_stop
section events
# The names of the flood's files are its numbers: each is told once.
weir events --json --journal $journal >$run/events
grep '"event_code":"exec"' $run/events |
	grep -o '"path":"/dev/shm/weir-flood-[^"]*/[0-9]*"' | sed 's/.*\///' >$run/numbers
echo "events $(grep -c . $run/numbers)"
echo "distinct $(sort -u $run/numbers | grep -c .)"
echo "refused $(grep '"outcome":"blocked"' $run/events | grep -c '"path":"/opt/vendor/hello"')"
section lost
lost
section journal
du -m $journal
section said
said
section kernel
kernel_complaints
section end
