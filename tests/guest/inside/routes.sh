#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 10-routes.t: every route under an armed policy that
# blocks, then under the same one with "enforce: false".

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

export STORM_PROCS=20 STORM_EACH=20 FLOOD_COUNT=200

neighbours()
{
	for file in /opt/vendor-not/hello /opt/vendor2/bin/hello /opt/vendor.d \
		/srv/opt/vendor/hello /usr/bin/vendor-tools /usr/bin/vendor-oss; do
		echo "$file $(attempt $file)"
	done
	for address in 192.0.2.8 192.0.2.10 2001:db8::8 2001:db8::a; do
		for route in tcp-nonblock udp-sendto; do
			echo "$address.$route $(/weir/bin/try-net $route $address 4433 |
				jq -r .result)"
		done
	done
}

# What each kind of denial or would-be denial looks like, and how often it came.
summary()
{
	jq -rcM 'select(.class_uid != 6002 and .unmapped.outcome != "canary") |
		[.metadata.event_code, .unmapped.outcome, .unmapped.verdict, .unmapped.reason,
		 .unmapped.mechanism, .unmapped.key] | join(" ")' $run/events | sort | uniq -c
}

# All there is of one exec and one connect record, for the spot checks.
samples()
{
	jq -rcM 'select(.metadata.event_code == "exec" and
		.process.file.path == "/opt/vendor/hello" and
		(.unmapped.argv_source != "none"))' $run/events | head -n 1
	jq -rcM 'select(.metadata.event_code == "connect" and
		.unmapped.outcome != "canary" and .dst_endpoint.ip == "192.0.2.9")' $run/events |
		head -n 1
}

# Which program did it, by the last argument it got: the route's name.
keys_by_route()
{
	jq -rcM 'select(.metadata.event_code == "exec" and
		(.unmapped.outcome | . == "blocked" or . == "would-block")) |
		"\(.process.cmd_line // "-" | split(" ") | last) \(.unmapped.outcome) " +
		"\(.unmapped.key) \(.unmapped.reason)"' $run/events |
		grep -v ^storm | sort | uniq -c
}

# phase NAME POLICY: the whole set of routes under one policy.
phase()
{
	journal=/run/journal.$1
	section "$1 ready"
	agent_start "/weir/$2" "$journal" || return
	agent_ready 90 || { said; return 1; }
	weir status --json 2>&1
	section "$1 doctor"
	weir doctor --json 2>&1
	section "$1 exec"
	/weir/routes.sh exec
	section "$1 net"
	/weir/routes.sh net
	section "$1 neighbours"
	neighbours
	section "$1 stop"
	agent_stop && echo stopped
	section "$1 summary"
	weir events --json --journal "$journal" >$run/events
	summary
	section "$1 routes"
	keys_by_route
	section "$1 samples"
	samples
	section "$1 notes"
	jq -rcM 'select(.class_uid == 6002) | .message' $run/events | sort | uniq -c
	said
	said_already
}

/weir/routes.sh setup_net
for address in 192.0.2.8 192.0.2.10; do
	ip addr add $address/32 dev lo
done
for address in 2001:db8::8 2001:db8::a; do
	ip addr add $address/128 dev lo
done

section boot
uname -r
cat /sys/kernel/security/lsm
echo
if [ -e /weir/baseline ]; then
	section "none exec"
	/weir/routes.sh exec
	section "none net"
	/weir/routes.sh net
	section "none neighbours"
	neighbours
	exit
fi
phase enforce block.yaml
phase would would.yaml
section kernel
kernel_complaints
section end
