#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 70-migration.t, a Debian with systemd and open-vm-tools:
# from the day it is frozen to the day it is gone. Dates are reached by setting the
# clock shortly before them.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

catalog=/usr/share/weir/catalog
journal=/var/log/weir
policy=/etc/weir/policy.yaml
product=broadcom-vmware/open-vm-tools
serial=0

# How a program fared, in one word: ran, EPERM, library (one of its own was
# refused), or what it said.
outcome()
{
	said=$("$@" 2>&1 </dev/null)
	rc=$?
	case "$rc $said" in
	126*"not permitted"*) echo EPERM ;;
	127*"map segment"*)   echo library ;;
	126*|127*)            echo "broken: $said" ;;
	*)                    echo ran ;;
	esac
}

# try LABEL FILE [ARGUMENT...]
try()
{
	label=$1
	shift
	echo "$label: $(outcome "$@")"
}

as_user()
{
	setpriv --reuid=1000 --regid=1000 --clear-groups "$@"
}

# With the library it was built with: the new one is as frozen as the new programs.
try_old()
{
	try "$1" env LD_LIBRARY_PATH=/root/old /root/old/vmhgfs-fuse --version
}

# For setpriv says by itself what came of its exec.
try_user()
{
	label=$1
	shift
	said=$(as_user "$@" 2>&1 </dev/null)
	case $said in
	*"not permitted"*) echo "$label: EPERM" ;;
	*"map segment"*)   echo "$label: library" ;;
	*)                 echo "$label: ran" ;;
	esac
}

does()
{
	"$@" 2>&1
	echo "-> $?"
}

# The rules, as lines; the name stays, the serial grows.
write_policy()
{
	serial=$((serial + 1))
	{
		printf 'policy: migration\nserial: %s\nenforce: true\nrules:\n' "$serial"
		cat
	} >$policy.new
	mv $policy.new $policy
}


generation()
{
	status_of .policy.generation
}

newer_than()
{
	now=$(generation)
	[ "${now:-null}" != null ] && [ "$now" -gt "$1" ]
}

reload()
{
	was=$(generation)
	kill -HUP "$agent"
	await 90 newer_than "$was" || echo "# nothing came of the reload"
}

start()
{
	agent_start $policy $journal
	agent_ready 120 || said
}

# As after a reboot: nobody says that the policy was confirmed.
start_unconfirmed()
{
	agent_start_unconfirmed $policy $journal
	await 120 is_status .pid $agent || echo "# the agent did not start"
}

ends()
{
	kill "-$1" "$agent"
	wait "$agent" 2>/dev/null
}

passed()
{
	now=$(status_of .inventory.passes)
	[ "${now:-null}" != null ] && [ "$now" -gt "$1" ] && is_status .inventory.state "up to date"
}

# Until the inventory has seen what was just installed.
await_pass()
{
	await 300 passed "$1" || echo "# no pass: $(status_of .inventory)"
}

# Denials of a file, under what reason, for whom.
told()
{
	agent_events $journal 'select(.process.file.path // "" | test("'"$1"'")) |
		"\(.unmapped.outcome) \(.unmapped.reason) \(.unmapped.mode) " +
		"\(.process.file.path) \(.actor.user.uid // .process.user.uid // "-") " +
		"\(.unmapped.exemption // "-")"' | sort | uniq -c
}

notes()
{
	agent_events $journal 'select(.metadata.event_code == "'"$1"'") | .message'
}

# When each began: what it costs a guest is worth knowing.
chapter()
{
	section "$@"
	echo "at $(uptime_s)"
}

section host
systemctl is-system-running
dpkg-query -W open-vm-tools openfortivpn
mkdir -p /var/lib/apt/lists/partial /var/cache/apt/archives/partial
useradd --uid 1000 --create-home tester
uname -r

chapter observe
freeze_s=$(($(date +%s) + 3600))
write_policy <<-RULES
  - product: $product
    phases:
      - {mode: observe}
      - {mode: freeze, from: $(date -u -d @$freeze_s +%FT%TZ)}
RULES
start
await 300 is_status .inventory.counted true || echo "# never counted"
status_of .inventory
try old /usr/bin/vmhgfs-fuse --version
# The files of the old build, under names that an upgrade leaves alone.
mkdir /root/old
ln /usr/bin/vmhgfs-fuse /usr/bin/vmtoolsd /root/old/
ln /usr/lib/*/libvmtools.so.0.0.0 /root/old/libvmtools.so.0

chapter freeze
was=$(generation)
date -s "@$((freeze_s - 6))" >/dev/null
until_true 20 newer_than "$was" || echo "# the clock was not noticed"
# The step is the kernel's; the agent is not told to load anything.
sleep 8
echo "seconds in: $(($(date +%s) - freeze_s))"
try vmhgfs /usr/bin/vmhgfs-fuse --version
try vmtoolsd /usr/bin/vmtoolsd --version
try toolbox /usr/bin/vmware-toolbox-cmd -v
touch /usr/bin/vmtoolsd
try touched /usr/bin/vmtoolsd --version
chmod 700 /usr/bin/vmtoolsd
try chmodded /usr/bin/vmtoolsd --version
chmod 755 /usr/bin/vmtoolsd
try linked /root/old/vmtoolsd --version

chapter upgrade
passes=$(status_of .inventory.passes)
dpkg -i /weir/debs/*.deb >$run/dpkg 2>&1
echo "dpkg $?"
dpkg-query -W open-vm-tools
try new-vmhgfs /usr/bin/vmhgfs-fuse --version
try new-vmtoolsd /usr/bin/vmtoolsd --version
try_old old-vmhgfs
await_pass "$passes"
try later-new-vmhgfs /usr/bin/vmhgfs-fuse --version
try later-new-vmtoolsd /usr/bin/vmtoolsd --version
try_old later-old-vmhgfs
ends KILL
try killed-new /usr/bin/vmhgfs-fuse --version
start
try restarted-new /usr/bin/vmhgfs-fuse --version
try_old restarted-old
try neighbour /usr/bin/openfortivpn --version
told 'bin/(vmhgfs-fuse|vmtoolsd|openforti)'

chapter exemption
exempt="exemptions:
  - {id: EX-1, product: $product, path: /usr/bin/vmware-rpctool, user: tester,
     until: 2031-01-01, reason: shared folders, owner: infra, ticket: CHG-1}"
write_policy <<-RULES
  - {product: $product, mode: freeze}
$exempt
RULES
reload
try_user freeze-user /usr/bin/vmware-rpctool
try freeze-root /usr/bin/vmware-rpctool
try_user freeze-other-file /usr/bin/vmware-xferlogs
write_policy <<-RULES
  - {product: $product, mode: block}
$exempt
RULES
reload
weir exemptions --json | jq -rc '.[] | "used-before \(.id) \(.used)"'
try_user block-user /usr/bin/vmware-rpctool
try block-root /usr/bin/vmware-rpctool
try_user block-other-file /usr/bin/vmware-xferlogs
reload
try_user reloaded-user /usr/bin/vmware-rpctool
weir exemptions --json | jq -rc '.[] | "used-after \(.id) \(.used)"'

chapter request
refused=$(agent_events $journal 'select(.process.file.path == "/usr/bin/vmware-xferlogs" and
	.unmapped.outcome == "blocked") | .metadata.uid' | tail -n 1)
as_user weir request "$refused" --reason "the backup asks it" 2>&1
asked()
{
	weir request --list | grep -q 'the backup asks it'
}
until_true 20 asked
weir request --list
was=$(generation)
does as_user weir grant 1 --until 2031-01-01
does weir grant 1 --until 2031-01-01 --ticket CHG-2
until_true 30 newer_than "$was"
try_user granted-user /usr/bin/vmware-xferlogs
try granted-root /usr/bin/vmware-xferlogs
weir exemptions --json | jq -rc '.[] | "register \(.id) \(.owner) \(.approver) \(.path) \(.user)"'

chapter block
try block-new /usr/bin/vmtoolsd --version
try block-old /root/old/vmtoolsd --version
does weir disarm $product --for 10s --reason "a test of two hours in ten seconds"
try disarmed /usr/bin/vmtoolsd --version
refuses()
{
	[ "$(outcome /usr/bin/vmtoolsd --version)" = EPERM ]
}
until_true 30 refuses
try armed-again /usr/bin/vmtoolsd --version

chapter lapse
# From here on nothing was ever confirmed.
ends TERM
weir disarm --reason "the next one is not confirmed"
start_unconfirmed
echo "starts $(status_of .arm)"
try starts /usr/bin/vmtoolsd --version
runs_again()
{
	[ "$(outcome /usr/bin/vmtoolsd --version)" = ran ]
}
does weir arm --for 8s --reason "the agent dies"
ends KILL
try killed /usr/bin/vmtoolsd --version
until_true 30 runs_again
try lapsed-killed /usr/bin/vmtoolsd --version
start_unconfirmed
does weir arm --for 8s --reason "the agent hangs"
kill -STOP "$agent"
try hung /usr/bin/vmtoolsd --version
until_true 30 runs_again
try lapsed-hung /usr/bin/vmtoolsd --version
kill -CONT "$agent"

chapter confirm
in_new_session weir arm --reason "from one login"
# The same login: what it started has its number too.
# shellcheck disable=SC2016 # the other shell's
in_new_session sh -c 'weir arm; weir confirm; echo "same $?"' 2>&1
is_status .arm unconfirmed && echo "still unconfirmed"
in_new_session weir confirm 2>&1
echo "other $?"
status_of '"now \(.arm)"'

chapter boots
ends TERM
rm -r /sys/fs/bpf/weir
# As two boots that came to nothing left it, the last minutes.
now=$(date +%s)
printf '%s\n' "11111111-1111-1111-1111-111111111111 $((now - 200))" \
	"22222222-2222-2222-2222-222222222222 $((now - 100))" >/var/lib/weir/boots
start_unconfirmed
echo "third boot $(status_of .arm)"
try third-boot /usr/bin/vmtoolsd --version
notes disarm | tail -n 1
does weir arm
try third-armed /usr/bin/vmtoolsd --version

chapter backoff
# A user's loop, first: it must not end the arm that the others end.
for i in 1 2 3; do
	systemd-run --quiet --wait --slice=user.slice --unit=loop$i --uid=1000 \
		/bin/sh -c 'for i in 1 2 3; do /usr/bin/vmware-rpctool; done' 2>/dev/null
done
sleep 6
echo "after the loops $(status_of .arm)"
cat >/etc/systemd/system/getty@tty9.service <<-UNIT
	[Service]
	Type=oneshot
	ExecStart=/bin/false
UNIT
for i in 1 2 3; do
	printf '[Service]\nType=oneshot\nExecStart=/usr/bin/vmware-checkvm\n' \
		>/etc/systemd/system/night$i.service
done
systemctl daemon-reload
from=$(uptime_s)
systemctl start getty@tty9.service 2>/dev/null
await 60 is_status .arm disarmed
echo "guard unit $(status_of .arm) after $(uptime_s) - $from"
notes disarm | tail -n 1
does weir arm
for i in 1 2 3; do
	echo "before $i $(status_of .arm)"
	systemctl start night$i.service 2>/dev/null
done
await 60 is_status .arm disarmed
echo "three units $(status_of .arm)"
notes disarm | tail -n 1

chapter remove
weir arm
in_new_session weir confirm
status_of '"armed \(.arm)"'
try window-before /usr/bin/vmware-checkvm
does weir remove-window $product --for 1h --reason "moving to another hypervisor"
try window-open /usr/bin/vmware-checkvm
does weir remove-window $product --close
try window-closed /usr/bin/vmware-checkvm
does weir remove-window $product --for 1h --reason "moving to another hypervisor"
apt-get -qq -y -o Dpkg::Use-Pty=0 purge open-vm-tools open-vm-tools-desktop \
	open-vm-tools-containerinfo >$run/dpkg 2>&1
echo "purge $?"
tail -n 3 $run/dpkg
told 'vmware-checkvm' | grep -E 'window|removal'
# What the test itself has brought.
rm -r /root/old /weir/debs /etc/systemd/system/night*.service
systemctl daemon-reload
weir scan --product $product --json >$run/scan 2>$run/scan.err
echo "scan $?"
cat $run/scan.err
jq -rcM '.products[].things[] | "left \(.kind) \(.where) \(.state)"' $run/scan

chapter disarm
kill -STOP "$agent"
does weir disarm --reason "with the agent stopped"
kill -CONT "$agent"
ends TERM

chapter after
systemctl is-system-running
systemctl --failed --plain --no-legend
notes hold
section said
said
section kernel
kernel_complaints
section end
