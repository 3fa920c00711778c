#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 80-module.t: the module alone, no agent and no BPF. Its
# gates are put up, tried by every route, switched, taken down and unloaded.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

export STORM_PROCS=16 STORM_EACH=60 FLOOD_COUNT=200
tool=/weir/bin/module-tool

load()
{
	insmod /weir/weir.ko "$@"
}

unload()
{
	rmmod weir 2>/dev/null
}

# What fake_vendor lists, without a catalogue.
vendor_table()
{
	generation=$1
	shift
	$tool table "$generation" dir:/opt/vendor file:/usr/bin/vendor-tool \
		file:/opt/vendor/hello file:/opt/vendor/hello-nobuildid \
		id:/weir/bin/hello id:/weir/bin/libexample.so id:/weir/bin/loader \
		hash:/weir/bin/hello hash:/weir/bin/hello-nobuildid \
		to:192.0.2.9 to:2001:db8::9 spare:192.0.2.11 "$@"
}

# With all that it takes, from nothing.
up()
{
	vendor_table "$1" && $tool arm && $tool attach
}

is_free()
{
	! $tool status | grep -q ' taken$'
}

now()
{
	echo "$1 $(attempt /opt/vendor/hello)"
}

denied()
{
	$tool status | sed -n 's/^denied \([0-9]*\) .*/\1/p'
}

told()
{
	dmesg | grep -c 'weir op=deny'
}

cycle()
{
	load && up 1 && vendor_table 2 && [ "$(attempt /opt/vendor/hello)" = EPERM ] &&
		$tool disarm && until_true 20 unload
}

# Denied and not: programs and connections while gates come and go.
storms()
{
	until [ -e $run/enough ]; do
		/weir/bin/try-exec storm /opt/vendor/hello 2 10
		/weir/bin/try-net tcp-nonblock 192.0.2.9 4433
	done >/dev/null 2>&1
}

reaches()
{
	echo "$1 $(/weir/bin/try-net "$1" "$2" 4433 | jq -r .result)"
}

section lookups
uname -r
/weir/routes.sh setup_net
ip addr add 192.0.2.10/32 dev lo
ip addr add 192.0.2.11/32 dev lo
# As on a CPU that lets nobody call the kernel's own functions by address.
load lookups_only=1
up 1
$tool status | head -n 1
now known
cp /opt/vendor/hello /tmp/copy
echo "copy $(attempt /tmp/copy)"
reaches tcp4 192.0.2.9
$tool disarm
until_true 20 unload && echo unloaded

section boot
load
echo "loaded $?"
$tool status
now unarmed

section armed
up 1
$tool status

section exec
/weir/routes.sh exec
section net
/weir/routes.sh net
section tenth
reaches sctp-connectx-tenth 192.0.2.9
section neighbours
for file in /opt/vendor-not/hello /opt/vendor2/bin/hello /srv/opt/vendor/hello \
	/usr/bin/vendor-tools; do
	echo "$file $(attempt $file)"
done
reaches udp-sendto 192.0.2.10
# In a listed prefix too, and allowed there.
reaches udp-connect 192.0.2.11

section storm
/weir/routes.sh exec_storm

section switches
echo 0 >/proc/sys/kernel/ftrace_enabled
now ftrace_enabled
echo 1 >/proc/sys/kernel/ftrace_enabled
echo 0 >/sys/kernel/debug/kprobes/enabled
now kprobes
echo 1 >/sys/kernel/debug/kprobes/enabled
rmmod weir
echo "rmmod $?"
$tool detach
now detach

section swap
$tool table 2 to:192.0.2.9
now swapped
vendor_table 3 guard:/opt/vendor/hello
now guarded
vendor_table 4
now back
vendor_table 5 to:192.0.2.9
now refused
$tool table 6 file:/opt/vendor/hello from:18446744073709551614
now later
vendor_table 7 lapse:1
now lapsed
# Lapsed, with nobody to watch: it may have gone by itself.
vendor_table 8
$tool attach
now again

section identity
$tool identify /opt/vendor/hello
echo "dev $(awk '$5 == "/" { dev = $3 } END { print dev }' /proc/self/mountinfo)" \
	"ino $(stat -c %i /opt/vendor/hello)"
$tool identify /dev/null
$tool identify /proc/version

section agent
$tool agent >$run/agent &
agent=$!
until_true 10 grep -q here $run/agent
$tool status | head -n 1
kill -KILL $agent
wait $agent 2>/dev/null
$tool status | head -n 1
was=$(denied)
was_told=$(told)
/weir/bin/try-exec storm /opt/vendor/hello 10 100 >/dev/null
echo "absent $(($(denied) - was))"
echo "told $(($(told) - was_told))"
$tool box
$tool box 100

section privilege
chmod 755 /weir /weir/bin
busybox su -s /bin/sh nobody -c "$tool status; $tool disarm; $tool mutate 500"
now unprivileged

section mutate
# What follows is not to be told from what was before.
$tool mutate "$(cat /weir/mutations)"
now mutated
$tool status | tail -n 7

section expiry
$tool arm 2
now soon
sleep 3
now expired
until_true 20 is_free && echo free
until_true 20 unload
echo "unloaded $?"
now unloaded
load
$tool confirm
up 1
now armed

section disarm
$tool disarm
now disarmed
until_true 20 is_free && echo free
until_true 20 unload && echo unloaded

section cycles
storms &
storm=$!
n=0
while [ $n -lt "$(cat /weir/cycles)" ] && cycle; do
	n=$((n + 1))
done
echo "cycles $n"
touch $run/enough
wait $storm
unload
section audit
dmesg | grep 'weir op=' | head -n 5
section kernel
kernel_complaints
section end
