#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 40-vmware.t, a Debian with systemd and open-vm-tools:
# what the directive sees, what a vendor rule leaves alone, what a rule that
# names the product stops, and what disarming gives back.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

catalog=/usr/share/weir/catalog
journal=/var/log/weir
pipe=/var/run/vmware/guestServicePipe

# Prints a command as one would type it, runs it, and says how it ended. With
# its fault on its own standard error, so that the story has it where it belongs.
does()
{
	echo "\$ $*"
	"$@" 2>&1
	echo "-> $?"
}

# The service, wherever it stops: active with its socket, or failed.
settled()
{
	[ -S $pipe ] || [ "$(systemctl is-active vgauth)" = failed ]
}

service()
{
	rm -f $pipe
	systemctl reset-failed vgauth 2>/dev/null
	does systemctl start vgauth
	until_true 30 settled
	echo "vgauth.service is $(systemctl show -p ActiveState --value vgauth)," \
		"status $(systemctl show -p ExecMainStatus --value vgauth)"
	[ -S $pipe ] && echo "socket $pipe is there" || echo "no socket $pipe"
	systemctl stop vgauth
}

programs()
{
	service
	does /usr/bin/vmhgfs-fuse --version
	does /usr/bin/openfortivpn --version
	does /usr/sbin/openconnect --version | sed -n '1,2p;$p'
}

told()
{
	weir events --json --journal $journal | jq -rcM 'select(.process.file.path // "" |
		test("VGAuth|vmhgfs|openforti|openconnect")) |
		[.metadata.event_code, .unmapped.outcome, .unmapped.reason,
		 .unmapped.product // "-", .process.file.path] | join(" ")' | sort | uniq -c
}

use()
{
	cp "/weir/policy/$1" /etc/weir/policy.yaml
	rm -rf $journal
	agent_start /etc/weir/policy.yaml $journal
	agent_ready 180 || said
	weir status
}

leave()
{
	agent_stop
	told
}

section host
systemctl is-system-running
dpkg-query -W open-vm-tools openfortivpn openconnect
weir doctor
# The very first start makes its directory and keys and listens to nobody yet.
systemctl start vgauth
until_true 10 settled
systemctl stop vgauth
section before
programs
section directive
use directive.yaml
programs
leave
section vendor
use vendor.yaml
programs
leave
section product
use product.yaml
programs
does weir explain /usr/bin/VGAuthService
does weir explain /usr/bin/openfortivpn
does weir events --journal $journal
section disarmed
does weir disarm --reason "the story is told"
programs
section after
leave
systemctl is-system-running
systemctl --failed --no-legend
said
section kernel
kernel_complaints
section end
