# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # names of lib.sh and run, which source this
#
# Part: nanoseconds in weir's programs per exec and per connect, by the kernel's
# own count; base: a program that returns at once, in the same loop.

# kernel_take NAME PROGRAM FILE: the samples of one loop.
kernel_take()
{
	ns=$(sed -n "s/^$2 [0-9]* //p" "$3")
	[ -z "$ns" ] || note "$1" ns weir "$ns"
	floor=$(sed -n 's/^floor [0-9]* //p' "$3")
	[ -z "$ns" ] || [ -z "$floor" ] || note "$1" ns base "$floor"
}

# kernel_loop NAME PROGRAM LOOP...
kernel_loop()
{
	name=$1 program=$2
	shift 2
	: >"$dir/stat"
	"$bpfstat" run "$dir/stat" "$loops" "$@" >/dev/null
	kernel_take "$name" "$program" "$dir/stat"
}

# kernel_round PREFIXES RECORD
kernel_round()
{
	kernel_loop "in kernel: exec: $1 prefixes: $2" weir_exec_tp exec 300 "$nothing"
	kernel_loop "in kernel: TCP connect: $1 prefixes: $2" weir_connect4 tcp-connect 1000
	# Between listed networks: the whole depth of the trie; with none, loopback.
	span=$1
	[ "$span" -gt 0 ] || span=
	# shellcheck disable=SC2086 # nothing, or a number
	kernel_loop "in kernel: UDP connect: $1 prefixes: $2" weir_connect4 udp-connect 4000 $span
}

bench_native
pass=0
while [ $pass -lt 3 ]; do
	for record in listed all; do
		for size in 0 10000 100000; do
			agent_start $size $record
			for _ in 1 2 3; do
				kernel_round $size $record
			done
			agent_stop
		done
	done
	pass=$((pass + 1))
done
