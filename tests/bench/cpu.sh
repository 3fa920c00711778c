# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # names of lib.sh and run, which source this
#
# Part: the agent's own CPU time at a paced number of execs, as part of a core.
# What else the host executes meanwhile is recorded, too: see the records told.
# The loop has precedence, for on a busy host it would not reach its rate.

cpu_seconds=${BENCH_SECONDS:-20}

# In clock ticks; utime and stime stand behind the name, which may hold blanks.
cpu_ticks()
{
	sed 's/.*) //' "/proc/$agent/stat" | awk '{ print $12 + $13 }'
}

cpu_counter()
{
	"$weir" status --json | jq -r ".counters.$1"
}

# cpu_rate RATE RECORD: five samples, each of a fifth of the time.
cpu_rate()
{
	name="agent at $1 exec/s: $2"
	for _ in 1 2 3 4 5; do
		records=$(cpu_counter records) ticks=$(cpu_ticks) from=$(date +%s%N)
		line=$(nice -n -15 "$loops" paced "$1" $((cpu_seconds / 5)) "$nothing")
		ticks=$(($(cpu_ticks) - ticks)) took=$(($(date +%s%N) - from))
		records=$(($(cpu_counter records) - records))
		note "$name: CPU" % weir "$(awk -v t=$ticks -v hz="$(getconf CLK_TCK)" \
			-v ns=$took 'BEGIN { printf "%.2f", 100 * t / hz / (ns / 1e9) }')"
		note "$name: reached" /s weir "${line#* }"
		note "$name: records" /s weir $((records * 1000000000 / took))
		[ $records = 0 ] || note "$name: CPU for a record" us weir "$(awk -v t=$ticks \
			-v hz="$(getconf CLK_TCK)" -v n=$records 'BEGIN {
				printf "%.1f", 1000000 * t / hz / n }')"
	done
}

bench_native
for record in listed all; do
	agent_start 10 $record
	for rate in 100 400 1600; do
		cpu_rate $rate $record
	done
	note "agent: records lost: $record" records weir "$(cpu_counter lost)"
	note "agent after the storm: RSS: $record" MiB weir \
		"$(awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$agent/status")"
	agent_stop
done
