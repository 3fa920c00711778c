#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 60-live.t: for each collector of the running system
# the real thing is set up, and told as `weir scan` finds it.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

tracing=/sys/kernel/tracing
catalog=/weir/live

# tell CATALOGUE COLLECTOR: one line a thing that was found, then what was not read.
tell()
{
	weir scan --json --no-cache --catalog "$1" --only "$2" >$run/scan.json 2>$run/err
	echo "exit $?"
	jq -r '.products[] | .id as $id | .things[] |
		"found \($id) \(.kind) [\(.where)] \(.detail)" +
		(if .version then ", version " + .version else "" end)' $run/scan.json
	jq -r '"summary " + (.summary | "\(.products) products, \(.cleared) cleared"),
		(.unread[] | "unread \(.)")' $run/scan.json
}

section modules
tell $catalog modules
section mainline
tell /weir/bare modules

section probes
echo 'p:ew/assign vsock:vsock_assign_transport' >$tracing/kprobe_events
echo 1 >$tracing/events/ew/assign/enable
echo 'p:ew/hello /opt/vendor/hello:0x40' >$tracing/uprobe_events
cat /sys/kernel/debug/kprobes/list
tell $catalog probes
echo 0 >$tracing/events/ew/assign/enable
echo >$tracing/kprobe_events
echo >$tracing/uprobe_events

section netfilter
ip link add ewbr0 type bridge
tell $catalog netfilter

section interfaces
ip link add vmnet8 type dummy
unshare -n sh -c 'ip link add vmnet8 type veth peer name x; sleep 1000' &
elsewhere=$!
until_true 20 grep -qs vmnet8 /proc/$elsewhere/net/dev
tell $catalog interfaces

section text
modprobe_was=$(cat /proc/sys/kernel/modprobe)
echo >/proc/sys/kernel/modprobe
# It takes its applet from its arguments as long as its name begins so.
cp /bin/busybox /tmp/busybox-ew
/tmp/busybox-ew nc -l -p 47671 </dev/null &
listener=$!
until_true 20 grep -q :BA37 /proc/net/tcp /proc/net/tcp6
tell $catalog sockets
section diag
echo "$modprobe_was" >/proc/sys/kernel/modprobe
for module in inet_diag tcp_diag udp_diag unix_diag; do
	[ -d /sys/module/$module ] || insmod "/lib/modules/$(uname -r)/$module.ko"
done
tell $catalog sockets

section own
catalog=/weir/catalog
agent_start /weir/observe.yaml /run/journal
agent_ready 90
find /sys/fs/bpf/weir -type f | wc -l
tell /weir/own bpf
agent_stop
kill $listener $elsewhere
section complaints
kernel_complaints
section end
