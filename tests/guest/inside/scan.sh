#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 60-scan.t, a Debian with systemd and real packages:
# what `weir scan` finds, what the service does with it, what is left after a
# removal. Prints; 60-scan.t judges.

# Variables in filters are jq's.
# shellcheck disable=SC2016

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

packages="open-vm-tools open-vm-tools-desktop open-vm-tools-containerinfo"
product=broadcom-vmware/open-vm-tools
tools=/srv/tools
pipe=/var/run/vmware/guestServicePipe

# scan NAME [OPTION...]: its JSON is in $run/NAME.json.
scan()
{
	name=$1
	from=$(uptime_s)
	shift
	weir scan --json "$@" >"$run/$name.json" 2>"$run/$name.err"
	echo "exit $?"
	cat "$run/$name.err"
	echo "scan $name: $from to $(uptime_s)"
}

# ask NAME FILTER: of the product, or of the whole.
ask()
{
	jq -rcM --arg id "$product" "$2" "$run/$1.json"
}

states()
{
	ask "$1" '.products[] | "product \(.id) \(.state)"'
}

# Of the packages; a name in /lib is one in /usr/lib.
elf_files()
{
	# shellcheck disable=SC2086 # a list of words
	dpkg -L $packages | sort -u | while read -r f; do
		[ ! -f "$f" ] || [ -L "$f" ] || echo "$f"
	done | LC_ALL=C xargs -d '\n' grep -laE '^.ELF' | xargs -d '\n' readlink -f | sort -u
}

files_found()
{
	ask "$1" ".products[] | select(.id == \$id) | .things[] |
		select(.kind == \"file\" and ($2)) | .where" | sort -u
}

# compare EXPECTED FOUND: in numbers, and what is missing by name.
compare()
{
	echo "expected $(wc -l <"$1") found $(comm -12 "$1" "$2" | wc -l)"
	comm -23 "$1" "$2" | sed 's/^/missing /'
}

unit_line='.products[] | select(.id == $id) | .things[] | select(.kind == "unit") |
	"unit \(.where) \(.state) \(.flags | join(",")) user=\(.user // "-")" +
	" by=\(.started_by | join(",")) \(.detail // "")"'

set_up_units()
{
	systemctl --quiet mask 'run-vmblock\x2dfuse.mount'
	systemctl start vgauth
	until_true 20 test -S $pipe
	systemctl start tools-fails 2>/dev/null
	systemctl start tools-helper.timer
	useradd --create-home tester
	install -d -o tester -g tester /home/tester/.config/systemd/user
	cp /weir/units/tools-mine.service /home/tester/.config/systemd/user/
	chown -R tester: /home/tester/.config
	systemctl start "user@$(id -u tester)"
	echo "user manager: $(systemctl is-active "user@$(id -u tester)")"
}

# entry PACKAGE VERSION [FILE...]: in dpkg's database; no file, no list.
entry()
{
	printf '\nPackage: %s\nStatus: install ok installed\nPriority: optional\nSection: misc\n' "$1"
	printf 'Maintainer: Nobody <nobody@example.org>\nArchitecture: amd64\n'
	printf 'Version: %s\nDescription: made for a test\n' "$2"
	name=$1
	shift 2
	[ $# = 0 ] || printf '%s\n' /. /usr /usr/bin "$@" >"/var/lib/dpkg/info/$name.list"
}

# Programs of nobody's with names that others have, running; and an entry that lies.
set_up_lookalikes()
{
	for name in epmd orca pmd; do
		cp /bin/sleep "/usr/bin/$name"
		"/usr/bin/$name" 1000 &
		namesakes="$namesakes $!"
	done
	printf '[Service]\nExecStart=/usr/bin/epmd 1000\n' >/usr/lib/systemd/system/epmd.service
	cp /var/lib/dpkg/status $run/status
	{
		entry erlang-base 1:25.2.3 /usr/bin/epmd
		entry orca 43.1 /usr/bin/orca
		entry falcon-sensor 7.10.0-16303
	} >>/var/lib/dpkg/status
}

take_away_lookalikes()
{
	# shellcheck disable=SC2086 # a list of numbers
	kill $namesakes
	rm -f /usr/bin/epmd /usr/bin/orca /usr/bin/pmd /usr/lib/systemd/system/epmd.service
	rm -f /var/lib/dpkg/info/erlang-base.list /var/lib/dpkg/info/orca.list
	cp $run/status /var/lib/dpkg/status
}

copy_tools()
{
	mkdir -p $tools
	# shellcheck disable=SC2046 # paths without blanks
	(cd / && cp --parents $(sed 's|^/||' $run/elf) $tools/)
	sed "s|^|$tools|" $run/elf >$run/elf.copied
}

section host
systemctl is-system-running
# shellcheck disable=SC2086 # a list of words
dpkg-query -W $packages openfortivpn openconnect network-manager-fortisslvpn \
	wireshark-common libgl1-mesa-dri
set_up_units

section scan
scan a --all --save $run/a.saved
states a
elf_files >$run/elf
files_found a true >$run/found
compare $run/elf $run/found
ask a '.products[] | select(.id == $id) | .things[] | select(.kind == "package") |
	"package \(.where) \(.version)"'
ask a '.products[] | select(.id == $id) | .things[] | select(.kind == "process") |
	"process \(.path) \(.state) by=\(.started_by | join(","))"'
ask a '.products[] | select(.id == $id) | .things[] | select(.kind == "socket") |
	"socket \(.where) \(.state) \(.detail)"'
ask a '"summary \(.summary | tostring)", "unread \(.unread | tostring) \(.unread_more)"'
section units
ask a "$unit_line"
section cleared
ask a '.cleared[] | "\(.cleared_by.class) \(.kind) \(.where) \(.cleared_by.name)"'
section weak
ask a '.weak[] | "weak \(.product) \(.kind) \(.where)"'

section copies
copy_tools
set_up_lookalikes
scan b --all --save $run/b.saved
states b
files_found b '.owned == false and (.flags | index("unowned"))' >$run/found
compare $run/elf.copied $run/found
ask b '.products[] | select(.id != $id) | .things[] | "thing \(.kind) \(.where) \(.state)"'
ask b '.cleared[], .weak[] | select(.where | test("epmd|orca|pmd|erlang")) |
	"cleared \(.product // "-") \(.kind) \(.where) \(.cleared_by.class // "-")"'
take_away_lookalikes

# shellcheck source=tests/guest/inside/service.sh
. /weir/service.sh

section removed
# What the test itself has brought is a copy, too.
rm -rf $tools /weir/bin/linked /weir/bin/stub.so $run/deb.*
systemctl stop tools-helper.timer
rm -f /etc/systemd/system/tools-*.service /etc/systemd/system/tools-*.timer \
	/home/tester/.config/systemd/user/tools-mine.service
systemctl stop "user@$(id -u tester)"
systemctl unmask 'run-vmblock\x2dfuse.mount' 2>/dev/null
{
	dpkg --purge open-vm-tools-desktop open-vm-tools-containerinfo fresh-tool \
		open-vm-tools-sdmp
	dpkg --remove open-vm-tools
} >$run/purge 2>&1
systemctl daemon-reload
scan c --diff $run/b.saved --save $run/c.saved
jq -rcM '.products[].things[] | "left \(.kind) \(.where) \(.state)"' $run/c.saved
ask c '"diff \(.summary | tostring)", (.products[] |
	"product \(.id) \(.change) \(.state.from) \(.state.to)"),
	(.products[] | select(.id == $id) | [.things[] | .change] | group_by(.)[] |
	"things \(.[0]) \(length)")'
section gone
dpkg --purge open-vm-tools >>$run/purge 2>&1
rm -rf /etc/systemd/system/vgauth.service.d /var/lib/vmware \
	/var/log/vmware* /etc/vmware-tools /run/vmware
scan d --diff $run/b.saved --save $run/d.saved
jq -rcM '.products[].things[] | "left \(.kind) \(.where) \(.state)"' $run/d.saved
ask d '.products[] | "product \(.id) \(.change) \(.state.from) \(.state.to)"'
section kernel
kernel_complaints
section end
