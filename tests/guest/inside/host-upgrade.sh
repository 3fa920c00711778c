#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 74-host-upgrade.t: apt replaces what the host lives on while
# the policy would block the new files. Prints; 74-host-upgrade.t judges.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

export DEBIAN_FRONTEND=noninteractive
policy=/etc/weir/policy.yaml
lib=/usr/lib/x86_64-linux-gnu
packages="bash libc6 systemd openssh-server libpam-modules"

# What came of running it: ran, EPERM, or what the test program says.
fare()
{
	echo "$1: $(attempt "$2")"
}

bash_runs()
{
	said=$(/usr/bin/bash -c 'echo ran' 2>&1)
	echo "bash: $said"
}

ssh_in()
{
	timeout 90 ssh -i $run/key -o BatchMode=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR tester@127.0.0.1 \
		"bash -c 'echo in'" 2>&1
}

has_screen()
{
	grep -q "$1" $run/screen 2>/dev/null
}

# By password, through login and its PAM modules, on a terminal of its own.
console_in()
{
	rm -f $run/keys $run/screen
	mkfifo $run/keys
	script -qfc "login tester" $run/screen <$run/keys >/dev/null 2>&1 &
	typist=$!
	exec 4>$run/keys
	until_true 60 has_screen 'assword:'
	echo secret >&4
	until_true 60 has_screen 'tester@'
	# shellcheck disable=SC2016 # the other shell's
	echo 'echo user $(id -un); exit' >&4
	if until_true 60 has_screen '^user tester'; then
		echo "console: in"
	else
		echo "console: $(tr '\r\n' '  ' <$run/screen)"
	fi
	exec 4>&-
	kill -KILL $typist 2>/dev/null
	wait $typist 2>/dev/null
}

logins()
{
	echo "ssh: $(ssh_in)"
	console_in
}

inodes()
{
	stat -L -c 'inode bash %i' /usr/bin/bash
	stat -L -c 'inode libc %i' $lib/libc.so.6
	stat -L -c 'inode sshd %i' /usr/sbin/sshd
	stat -L -c 'inode systemd %i' /usr/lib/systemd/systemd
	stat -L -c 'inode pam_unix %i' $lib/security/pam_unix.so
}

# All the while; a loader and a libc of two versions do not fit for an instant,
# weir or not, so what counts is who was refused.
probe_shell()
{
	times=0 refused=0
	while [ ! -e $run/enough ]; do
		said=$(/usr/bin/bash -c : 2>&1)
		case $said in *"not permitted"*) refused=$((refused + 1)) ;; esac
		times=$((times + 1))
		sleep 1
	done
	echo "bash $times times, refused $refused" >$run/probes.shell
}

# sshd is restarted meanwhile: a login may find nobody, but must not be refused.
probe_ssh()
{
	while [ ! -e $run/enough ]; do
		echo "login at $(uptime_s): $(ssh_in | tr '\n' ' ')"
		sleep 20
	done >$run/probes.ssh
}

section host
systemctl is-system-running
useradd --uid 1000 --create-home --shell /bin/bash tester
echo tester:secret | chpasswd
ssh-keygen -q -t ed25519 -N '' -f $run/key
install -d -o tester -g tester -m 700 /home/tester/.ssh
install -o tester -g tester -m 600 $run/key.pub /home/tester/.ssh/authorized_keys
mkdir -p /var/lib/apt/lists/partial /var/cache/apt/archives/partial
systemctl is-active ssh

section before
ready_from=$(uptime_s)
systemctl start weir
in_new_session weir arm
in_new_session weir confirm
agent_ready 120 || said
echo "arm: $(status_of .arm)"
logins
inodes
weir status | grep -E '^table'

section upgrade
probe_shell &
probes=$!
probe_ssh &
probes="$probes $!"
from=$(uptime_s)
apt-get -qq -y -o DPkg::Options::=--force-unsafe-io -o DPkg::Options::=--force-confold \
	-o Dpkg::Use-Pty=0 install /weir/debs/*.deb >$run/apt 2>&1
echo "apt $?"
echo "took $from to $(uptime_s)"
tail -n 5 $run/apt
# shellcheck disable=SC2086 # a list of words
dpkg-query -W -f '${Package} ${Version}\n' $packages

section after
bash_runs
weir status | sed -n '1,3p;/^table/p;/^guard/p'
logins
touch $run/enough
# shellcheck disable=SC2086 # a list of processes
wait $probes
fare scp /usr/bin/scp
inodes
echo "pid 1: $(readlink /proc/1/exe)"
echo "host: $(systemctl is-system-running)"
systemctl --failed --no-legend --plain
echo "weir: $(systemctl is-active weir), restarts $(systemctl show -p NRestarts --value weir)"
echo "arm: $(status_of .arm)"
apt-get -qq -y -o Dpkg::Use-Pty=0 install --reinstall /weir/debs/libtinfo6_*.deb >$run/apt 2>&1
echo "apt again $?"
dpkg --audit
echo "dpkg $?"

section during
cat $run/probes.shell $run/probes.ssh

section later
# Kept as it is seen: an agent with a lot to do may not answer the next time.
has_kept()
{
	why=$(status_of '.policy.kept // ""')
	[ "$why" ]
}
await 300 has_kept || echo "# no table was made"
echo "kept: ${why:-nothing}"
bash_runs
logins
fare scp /usr/bin/scp

section blocked
weir events --json | jq -rcM 'select(.unmapped.outcome == "blocked") |
	"blocked \([.process.file.path, .["module"].file.path, .file.path] |
		map(select(.)) | first)"' | sort | uniq -c |
	sed 's/^ *[0-9]* //' | grep -v '^blocked /usr/bin/scp$'

section entries
weir disarm --reason "the next policy"
sed -i -e 's/^serial: .*/serial: 2/' -e '/vitals/d' $policy
systemctl reload weir
await 120 is_status .policy.serial 2 || echo "# serial 2 was never taken"
mkdir -p /usr/lib/vendor
# try_arm NAME: what it says, how it ends, and what is true then.
try_arm()
{
	weir arm >$run/arm 2>&1
	echo "$1 $?"
	weir status --json >$run/status
	# What it preloads says MARK in every program that follows.
	rm -f /etc/ld.so.preload >/dev/null
	sed -i '/^MARK /d' $run/arm $run/status
	sed "s/^/$1: /" $run/arm
	echo "$1 lines $(wc -l <$run/arm)"
	echo "$1: $(jq -rM .arm $run/status)"
}
cp /weir/bin/libexample.so $lib/security/pam_vendor.so
cp /weir/bin/libexample.so /usr/lib/vendor/preload.so
try_arm clean
weir disarm
echo "session optional pam_vendor.so" >>/etc/pam.d/sshd
try_arm pam
sed -i '/pam_vendor/d' /etc/pam.d/sshd
echo /usr/lib/vendor/preload.so >/etc/ld.so.preload
try_arm preload
try_arm again
in_new_session weir confirm
# Now it is armed, and the vendor's installer does what it wants.
cp /weir/bin/libexample.so $lib/security/pam_late.so
is_mapped()
{
	! LD_PRELOAD=$lib/security/pam_late.so jq -nM 1 2>&1 | grep -q 'map segment'
}
is_refused()
{
	! is_mapped
}
until_true 30 is_refused && echo "late before: refused"
# Of itself it is no PAM module: what counts is that sshd may map it.
echo "session optional pam_late.so" >>/etc/pam.d/sshd
until_true 60 is_mapped && echo "late after: mapped"
echo "late ssh: $(ssh_in)"
systemctl stop weir
rm -r /sys/fs/bpf/weir
echo "start: $(timeout 60 weir run --policy $policy --catalog /weir/catalog --duration 5 \
	>$run/start 2>&1; echo $?) $(grep -c 'pam_late' $run/start)"
cat $run/start

section said
journalctl --no-pager -q -o cat -u weir | grep -vE ' (BLOCKED|allowed|seen) ' | tail -n 60
section kernel
kernel_complaints
section end
