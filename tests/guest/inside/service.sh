# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by scan.sh, INSIDE the guest: weir.service as `make install` leaves it,
# with a policy that blocks a product, and files that nobody but the inventory
# can tell. None of them is run before it is asked about, but where a line says so.

run=/run/weir-test
tools=/srv/tools

# inventory KEY: of the agent's status.
inventory()
{
	weir status --json | jq -r ".inventory.$1"
}

passes()
{
	[ "$(inventory passes)" -ge "$1" ] 2>/dev/null
}

# wait_passes N: until so many are done by this agent.
wait_passes()
{
	since=$(uptime_s)
	await 300 passes "$1"
	echo "pass $1: $? after $since - $(uptime_s)"
	weir status | grep -i '^inventory'
}

# first FILE: the word for the first attempt to run it.
first()
{
	echo "first $1: $(attempt "$1")"
}

is_refused()
{
	[ "$(attempt "$1")" = EPERM ]
}

# The inventory's child has one of its own.
has_parser()
{
	[ "$(wc -l </sys/fs/cgroup/system.slice/weir.service/cgroup.procs)" -gt 2 ]
}

# mapped LIBRARY: is it refused to a program that may run?
mapped()
{
	echo "mapped $1: $(LD_PRELOAD=$1 jq -nM 1 2>&1 | tr '\n' ' ')"
}

ready()
{
	# shellcheck disable=SC2034 # agent_ready prints it
	ready_from=$(uptime_s)
	agent_ready 60
	echo "service: $(systemctl is-active weir), restarts $(systemctl show -p NRestarts --value weir)"
}

# What the unit's walls leave to each process of the service.
walls()
{
	while read -r pid; do
		[ -e "/proc/$pid/status" ] || continue
		echo "process $(tr '\0' ' ' </proc/"$pid"/cmdline | cut -d ' ' -f 1,2)" \
			"$(sed -n 's/^\(Uid\|CapEff\|CapBnd\|NoNewPrivs\|Seccomp\):[ \t]*/\1=/p' \
			/proc/"$pid"/status | tr '\t\n' ' .')" \
			"nice=$(cut -d ' ' -f 19 /proc/"$pid"/stat)"
	done </sys/fs/cgroup/system.slice/weir.service/cgroup.procs
}

# A shape that no hash, build-id or name of the catalogue knows, each its own file.
place_samples()
{
	mkdir -p $tools
	for name in one two three four; do
		cp /weir/bin/linked $tools/$name
		echo $name >>$tools/$name
	done
	cp /weir/bin/stub.so $tools/renamed.so
	cp /weir/bin/hello-nobuildid $tools/nobodys
}

# build_deb NAME PATH: a package with one program in it.
build_deb()
{
	tree=$run/deb.$1
	mkdir -p "$tree/DEBIAN" "$tree$(dirname "$2")"
	cp /weir/bin/hello-nobuildid "$tree$2"
	echo "$1" >>"$tree$2"
	printf 'Package: %s\nVersion: 2:99\nArchitecture: amd64\n' "$1" >"$tree/DEBIAN/control"
	printf 'Maintainer: Nobody <nobody@example.org>\nDescription: made for a test\n' \
		>>"$tree/DEBIAN/control"
	printf '#!/bin/sh\n/weir/bin/try-exec execve %s >>%s/postinst || :\n' "$2" $run \
		>"$tree/DEBIAN/postinst"
	chmod 755 "$tree/DEBIAN/postinst"
	dpkg-deb -Znone --build "$tree" "$run/$1.deb" >/dev/null
}

neighbours()
{
	/usr/bin/openfortivpn --version >/dev/null 2>&1 && echo "runs openfortivpn"
	/usr/sbin/openconnect --version >/dev/null 2>&1 && echo "runs openconnect"
	/usr/lib/NetworkManager/nm-fortisslvpn-service --help >/dev/null 2>&1 &&
		echo "runs nm-fortisslvpn-service"
	/usr/bin/dumpcap --version >/dev/null 2>&1 && echo "runs dumpcap"
	# A library that is refused is only warned of: nothing but the answer is wanted.
	mesa=/usr/lib/x86_64-linux-gnu/dri/vmwgfx_dri.so
	[ -e $mesa ] && [ "$(LD_PRELOAD=$mesa jq -nM 1 2>&1)" = 1 ] && echo "runs mesa"
	echo "nobodys: $(attempt $tools/nobodys)"
}

refusals()
{
	weir events --json | jq -rcM 'select(.unmapped.outcome == "blocked") |
		"refused \(.unmapped.product) \([.module.file.path, .file.path,
		.process.file.path] | map(select(.)) | first)"' |
		sort | uniq -c
}

arm_is()
{
	[ "$(weir status --json | jq -r .arm)" = "$1" ]
}

# A unit that a host is entered by, and that needs what the policy blocks.
back_off()
{
	printf '[Service]\nType=exec\nExecStart=%s\n' $tools/one >/etc/systemd/system/sssd.service
	systemctl daemon-reload
	weir disarm --reason "to be armed anew" >/dev/null
	weir arm --for 600s --reason "not to be confirmed"
	until_true 20 arm_is unconfirmed
	# What has failed by now is asked for twice.
	sleep 30
	systemctl start sssd 2>/dev/null
	echo "sssd: $(systemctl is-failed sssd) $(systemctl show -p ExecMainStatus --value sssd)"
	until_true 60 arm_is disarmed
	echo "then $(weir status --json | jq -r .arm), $(attempt $tools/one)"
	weir events --json | jq -rcM 'select(.metadata.event_code == "disarm") | .message' | tail -n 1
}

section service
place_samples
systemctl stop vgauth
systemctl start weir
echo "start: $?"
ready
until_true 60 has_parser
walls
wait_passes 1
weir status
section first
first $tools/one
mapped $tools/renamed.so
first $tools/nobodys
section restart
systemctl restart weir
echo "restart: $?"
ready
echo "passes: $(inventory passes)"
first $tools/two
section reload
sed -i 's/^serial: .*/serial: 2/' /etc/weir/policy.yaml
systemctl reload weir
echo "reload: $?"
until_true 60 sh -c 'weir status | grep -q "serial 2"'
weir status | grep '^policy'
echo "passes: $(inventory passes)"
first $tools/three
wait_passes 1
# One pass for both: a package that was installed, and a disk that was mounted.
section install
build_deb fresh-tool /usr/bin/vmware-vgauth-smoketest
build_deb open-vm-tools-sdmp /usr/lib/sdmp-made/helper
dpkg -i $run/fresh-tool.deb >/dev/null
first /usr/bin/vmware-vgauth-smoketest
dpkg -i $run/open-vm-tools-sdmp.deb >/dev/null
mkdir -p /mnt/disk /mnt/memory
mount -o loop /weir/disk.ext4 /mnt/disk
echo "mount: $?"
wait_passes 2
first /usr/lib/sdmp-made/helper
echo "postinst: $(jq -r .result $run/postinst | tr '\n' ' ')"
section mount
first /mnt/disk/linked
mount -t tmpfs tmpfs /mnt/memory
cp $tools/four /mnt/memory/linked
first /mnt/memory/linked
until_true 60 is_refused /mnt/memory/linked
echo "then /mnt/memory/linked: $(attempt /mnt/memory/linked), passes $(inventory passes)"
umount /mnt/disk /mnt/memory
section neighbours
neighbours
systemctl --failed --no-legend --plain
section refused
refusals
weir status | grep -E '^(since|PARSER|inventory|INVENTORY)'
section denials
dmesg | grep -E 'type=1326|audit.*SECCOMP'
journalctl --no-pager -q -b | grep -iE 'SIGSYS|bad system call|type=1326|status=31/SYS'
journalctl --no-pager -q -u weir -p warning
section backoff
back_off
section journal
journalctl --no-pager -q -o cat -u weir | head -n 60
weir disarm --reason "the story is told"
systemctl stop weir
echo "stopped: $(systemctl is-active weir)"
# It was identified after its run, and is known to the next agent.
echo "known: $(jq -r '.. | .path? // empty' /var/lib/weir/known.json |
	grep -cx /mnt/memory/linked) of $(jq -r '.. | .path? // empty' /var/lib/weir/known.json | wc -l)"
