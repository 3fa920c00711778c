#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of the bench: with the gates, without, and again.
# One tick of the time stamp counter is one instruction.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

bin=/weir/bin

# sample NAME SIDE LOOP...
sample()
{
	name=$1 side=$2
	shift 2
	line=$($bin/loops --tsc "$@") || return
	echo "SAMPLE guest: $name,instr,$side,$(echo "$line" | cut -d ' ' -f 4)"
}

measure()
{
	sample "exec: $2" "$1" exec 100 $bin/nothing
	sample "exec of a listed size: $2" "$1" exec 20 $bin/sized
	sample "UDP connect: $2" "$1" udp-connect 1000
	sample "TCP connect: $2" "$1" tcp-connect 200
	sample "UDP send: $2" "$1" udp-send 1000
}

# programs NAME LOOP...: what each program took of one loop, as the kernel counts.
programs()
{
	name=$1
	shift
	: >"$run/stat"
	$bin/bpfstat run "$run/stat" $bin/loops "$@" >/dev/null
	# What ran less was for the loop itself.
	awk -v name="$name" '$2 > 50 && $1 != "floor" {
		printf "SAMPLE guest: in %s: %s,instr,weir,%.0f\n", $1, name, $3
	}' "$run/stat"
	sed "s/^/# $name: program, runs, ns: /" "$run/stat"
}

remove_gates()
{
	agent_stop
	rm -r /sys/fs/bpf/weir
	$bin/bpfstat gone
}

# armed NAME POLICY: the base comes behind, for boot would still be in the first.
armed()
{
	agent_start "/weir/$2.yaml" /run/journal
	agent_ready 300 || exit 1
	measure weir "$1"
	programs "$1" exec 100 $bin/nothing
	programs "$1" udp-connect 500
	remove_gates
	measure base "$1"
}

section boot
uname -r
for round in $(seq "$(cat /weir/rounds)"); do
	section "round $round"
	armed "armed" block
	armed "armed and record all" block-all
done
section said
said
section kernel
dmesg | grep -iE 'warning|bug:|oops|lockup|rcu.*stall|panic'
section end
