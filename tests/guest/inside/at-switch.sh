#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 70-at-switch.t, a Debian with systemd and open-vm-tools:
# VGAuthService runs as a unit while its mode becomes block. The clock is moved.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

catalog=/weir/catalog
journal=/var/log/weir
policy=/etc/weir/policy.yaml
pipe=/var/run/vmware/guestServicePipe

does()
{
	echo "\$ $*"
	"$@" 2>&1
	echo "-> $?"
}

# await COMMAND...: as soon as it is true, or after three minutes, and says so.
await()
{
	end=$(($(cut -d . -f 1 /proc/uptime) + 180))
	until "$@"; do
		[ "$(cut -d . -f 1 /proc/uptime)" -lt $end ] || {
			echo "never: $*"
			return 1
		}
		sleep 0.3
	done
}

events()
{
	agent_events $journal 'select(.metadata.event_code |
		IN("running", "unit", "step-held", "unprotected", "phase", "disarm")) |
		[.metadata.event_code, .message] | join(" ")' 2>/dev/null | tail -n "+$((seen + 1))"
}

# The story of each part: what the agent told of it.
told()
{
	events >$run/told
	seen=$((seen + $(wc -l <$run/told)))
	cat $run/told
}
seen=0

is_told()
{
	events | grep -qE -- "$1"
}

of_status()
{
	weir status --json | jq -rcM "$1"
}

asked()
{
	[ "$(of_status "$1")" = "$2" ]
}

has_state()
{
	[ "$(systemctl show -p ActiveState --value "$1")" = "$2" ]
}

has_load()
{
	[ "$(systemctl show -p LoadState --value "$1")" = "$2" ]
}

state()
{
	echo "$1 is $(systemctl show -p ActiveState --value "$1")," \
		"$(systemctl show -p LoadState --value "$1")," \
		"result $(systemctl show -p Result --value "$1")"
}

service_up()
{
	rm -f $pipe
	systemctl reset-failed vgauth 2>/dev/null
	systemctl start vgauth
	await [ -S $pipe ]
	state vgauth.service
}

restarts()
{
	[ "$(systemctl show -p NRestarts --value watchdog)" -ge "$1" ]
}

# use FILE SERIAL: it is in force.
use()
{
	cp "/weir/policy/$1" $policy
	[ -z "$agent" ] || kill -HUP "$agent"
	[ -n "$agent" ] || agent_start $policy $journal
	await asked .policy.serial "$2"
}

kill_agent()
{
	kill -KILL "$agent"
	wait "$agent" 2>/dev/null
	agent=
}

section host
systemctl is-system-running
mkdir -p /etc/weir
date -s 2027-01-31T23:50:00Z
# The very first start makes its directory and keys and listens to nobody yet.
systemctl start vgauth
until_true 5 [ -S $pipe ]
systemctl stop vgauth
service_up

section flag
use would.yaml 1
await is_told "^running "
state vgauth.service
told

section step
use step.yaml 2
state vgauth.service
date -s 2027-02-01T00:00:05Z
await has_load vgauth.service masked
await asked '.masked | map(.unit) | contains(["vgauth.service"])' true
state vgauth.service
does systemctl start vgauth
await is_told "^unprotected "
await is_told "^unit .*vgauth.service: masked"
weir status
told

section killed
kill_agent
state vgauth.service
use step.yaml 2
await asked '.masked | map(.unit) | contains(["vgauth.service"])' true
echo "masked: $(of_status '.masked | map(.unit) | contains(["vgauth.service"])')"
told

section disarm
does weir disarm --reason "the story goes on"
await has_load vgauth.service loaded
await is_told "^unit .*vgauth.service: unmasked"
await is_told "^unprotected .*not stopped"
state vgauth.service
echo "masked: $(of_status '.masked | length')"
told
service_up

# Left running, and not started again; then nobody is there to unmask it.
section refuse
use refuse.yaml 3
does weir arm --for 1h --reason "again"
await is_told "^running "
state vgauth.service
systemctl stop vgauth
await has_load vgauth.service masked
state vgauth.service
does systemctl start vgauth
told
kill_agent
does weir disarm --reason "nobody is there to follow"
state vgauth.service
does ls /run/systemd/system/vgauth.service

# What is stopped is started again by systemd as long as anybody likes.
section watchdog
use leave.yaml 4
told
does weir arm --for 1h --reason "again"
await asked .effective blocks
systemctl start watchdog
await restarts 4
# Before the stop: that sets the count to 0.
echo "restarts: $(systemctl show -p NRestarts --value watchdog)"
systemctl stop watchdog
# A new table writes what was held back.
use successor.yaml 5
agent_events $journal 'select(.unmapped.outcome == "blocked") |
	select(.process.file.path // "" | test("VGAuth")) |
	"refused \(.count // 1) times: \(.unmapped.unit // "-") in group \(.unmapped.cgroup)"'

section held
service_up
await is_told "^step-held .*held below offline until"
await asked '.protection[0].stage' waited-for
weir status
systemctl start successor
await has_state successor.service active
sleep 8
state vgauth.service
echo "alone: $(of_status '.protection[0] | [.stage, .active, .connected] | join(" ")')"
told

section taken
ip addr add 10.9.9.9/32 dev lo
systemctl start console
await has_state console.service active
systemctl restart successor
await asked '.protection[0].stage' holds
await has_load vgauth.service masked
state vgauth.service
echo "with it: $(of_status '.protection[0] | [.stage, .active, .connected, .held] | join(" ")')"
told

section lost
before=$(of_status '.protection[0].unprotected_s')
systemctl stop successor
await is_told "^unprotected .*nothing in its place"
await asked '.protection[0].stage' waited-for
await has_load vgauth.service loaded
state vgauth.service
after=$(of_status '.protection[0].unprotected_s')
[ "$after" -ge $((before + 2)) ] && echo "counted on" || echo "from $before to $after"
kill -TERM "$agent"
wait "$agent"
agent=
use successor.yaml 5
again=$(of_status '.protection[0].unprotected_s')
[ "$again" -ge "$after" ] && echo "remembered" || echo "from $after to $again"
told

section network
ip link add ewvpn0 type dummy
ip link set ewvpn0 up
ip addr add 10.8.0.2/24 dev ewvpn0
ip route add default dev ewvpn0
use network.yaml 6
await is_told "^step-held .*fakevendor/vpn"
does weir arm --for 1h
does weir arm fakevendor/vpn --catalog $catalog
weir status | grep NETWORK
does /opt/fakevpn/vpn
ip route del default dev ewvpn0
# Nothing goes through it by default, but whoever arms came that way.
does env SSH_CONNECTION="10.8.0.9 5000 10.8.0.2 22" weir arm --for 1h --catalog $catalog
await sh -c '! /opt/fakevpn/vpn >/dev/null 2>&1'
does /opt/fakevpn/vpn
does weir arm --for 1h --catalog $catalog
ip route add default dev ewvpn0
sleep 12
does /opt/fakevpn/vpn
told

# Two agents that systemd would start again: one that hangs, one that ends.
section detach
weir disarm
agent_stop
ip link del ewvpn0
systemctl start weir
state weir.service
kill -STOP "$(systemctl show -p MainPID --value weir)"
does weir detach --stop --reason "the end of the story"
sleep 4
state weir.service
does ls /sys/fs/bpf/weir

section failed
systemctl --failed --no-legend
section after
said
section kernel
kernel_complaints
section end
