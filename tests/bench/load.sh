# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # names of lib.sh and run, which source this
#
# Part: start to ready, memory, and the tables with 10 to 1,000,000 indicators,
# half of them hashes and half prefixes. "Indexing" is what a catalogue adds to
# a start with 10; "reading" is the share of it that `weir check` needs as well.

load_kb()
{
	sed -n "s/^$1:[[:space:]]*\([0-9]*\) kB/\1/p" "/proc/$agent/status"
}

load_mib()
{
	awk -v v="$1" -v d="$2" 'BEGIN { printf "%.1f", v / d }'
}

# User and system time so far; behind the name, which may hold blanks.
load_cpu_ms()
{
	sed 's/.*) //' "/proc/$agent/stat" |
		awk -v hz="$(getconf CLK_TCK)" '{ print ($12 + $13) * 1000 / hz }'
}

load_size()
{
	agent_start "mix-$1" listed
	note "start to ready: $1 indicators" ms weir $((ready_us / 1000))
	if [ "$1" = 10 ]; then
		ready_10=$ready_us
	else
		note "indexing: $1 indicators" ms weir $(((ready_us - ready_10) / 1000))
	fi
	note "CPU until ready: $1 indicators" ms weir "$(load_cpu_ms)"
	note "RSS steady: $1 indicators" MiB weir "$(load_mib "$(load_kb VmRSS)" 1024)"
	note "RSS of this without the rings: $1 indicators" MiB weir \
		"$(load_mib "$(load_kb RssAnon)" 1024)"
	note "RSS peak: $1 indicators" MiB weir "$(load_mib "$(load_kb VmHWM)" 1024)"
	note "tables in the kernel: $1 indicators" MiB weir \
		"$(load_mib "$("$bpfstat" maps)" 1048576)"
	agent_stop
	note "CPU of reading: $1 indicators" ms weir $(($("$launch" cpu "$weir" check --catalog \
		"$dir/catalog-mix-$1" "$dir/policy/listed.yaml") / 1000))
}

bench_native
for size in 10 10000 1000000; do
	catalog_of "mix-$size" $((size / 2)) $((size / 2))
done
round=0
while [ $round -lt "${BENCH_LOADS:-5}" ]; do
	for size in 10 10000 1000000; do
		load_size $size
	done
	round=$((round + 1))
done
