#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 82-module-gate.t: the agent, with the kernel module for
# its gate. By every route, killed and absent under denials, disarmed, detached.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

export STORM_PROCS=16 STORM_EACH=60 FLOOD_COUNT=200
tool=/weir/bin/module-tool
journal=/run/journal

now()
{
	echo "$1 $(attempt /opt/vendor/hello)"
}

# One agent after the other, into the same journal.
start()
{
	agent_start /weir/block.yaml $journal --gate module
	agent_ready 90
}

is_free()
{
	! $tool status | grep -q ' taken$'
}

# What the module counts, and what the journal tells: canaries are in neither.
denied()
{
	$tool status | sed -n 's/^denied \([0-9]*\) .*/\1/p'
}

told()
{
	weir events --json --journal $journal |
		jq -rcM 'select(.unmapped.outcome == "blocked") | (.count // 1)' |
		awk '{ n += $1 } END { print n + 0 }'
}

# An agent holds identical refusals back to tell of them as one: so ask when it has ended.
account()
{
	agent_stop
	echo "$1 $([ "$(denied)" = "$(told)" ] && echo same || echo "$(denied) denied, $(told) told")"
}

# Of the kind $1: everything that such an event has, in one word.
sample()
{
	weir events --json --journal $journal | jq -rcM "select(.metadata.event_code == \"$1\" and
		.unmapped.outcome == \"blocked\") | select($2) | \"$1 whole\"" | head -n 1
}

section boot
uname -r
/weir/routes.sh setup_net
ip addr add 192.0.2.10/32 dev lo
weir run --policy /weir/block.yaml --catalog /weir/catalog --journal /run/none --gate module \
	--duration 1s 2>&1 | grep -o 'not loaded'
insmod /weir/weir.ko

section ready
start
weir status 2>&1
section sites
$tool status | grep '^site'
section doctor
weir doctor 2>&1 | grep -i module

section exec
/weir/routes.sh exec
section net
/weir/routes.sh net
section neighbours
for file in /opt/vendor-not/hello /opt/vendor2/bin/hello /srv/opt/vendor/hello \
	/usr/bin/vendor-tools; do
	echo "$file $(attempt $file)"
done
echo "192.0.2.10 $(/weir/bin/try-net udp-sendto 192.0.2.10 4433 | jq -r .result)"
section account
account routes
sample exec '.process.file.path == "/opt/vendor/hello" and .unmapped.mechanism == "module" and
	.unmapped.product == "fakevendor/agent" and .unmapped.verdict == "deny" and
	.process.pid > 0 and .actor.process.pid > 0 and .action == "Denied"'
sample connect '.dst_endpoint.ip == "192.0.2.9" and .dst_endpoint.port > 0 and
	.unmapped.mechanism == "module" and .unmapped.product == "fakevendor/agent"'

section absent
now absent
weir run --policy /weir/block.yaml --catalog /weir/catalog --journal /run/none --gate bpf \
	--duration 1s 2>&1 | grep -o 'gates stand'
/weir/bin/try-exec storm /opt/vendor/hello 10 100 >/dev/null
start
account absent
start
for _ in 1 2 3; do
	/weir/bin/try-exec storm /opt/vendor/hello 10 60 >/dev/null &
	storm=$!
	sleep 0.5
	kill -KILL $agent
	wait $agent $storm 2>/dev/null
	start
done
account killed

section disarm
# The agent was ended above: the command asks the module by itself.
weir disarm --reason test >/dev/null && now disarmed
until_true 20 is_free && echo free
section detach
weir detach --reason test | grep -o 'nothing of weir is left' | head -n 1
now detached
until_true 20 rmmod weir && echo unloaded

section would
insmod /weir/weir.ko
journal=/run/journal.would
agent_start /weir/would.yaml $journal --gate module
agent_ready 90
/weir/routes.sh exec
agent_stop
echo "denied $(denied)"
section said
said | tail -n 20
section kernel
kernel_complaints
section end
