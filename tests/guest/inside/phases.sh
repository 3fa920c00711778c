#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 72-phases.t: a policy walks through its dates while
# the agent runs, hangs and is dead, and the clock is moved about under it. With
# weir.walk=short only what a kernel may do in its own way.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

policy=/run/policy.yaml
journal=/run/journal
blocked4=192.0.2.9
slowest=2

# Where clocks change: the steps, in UTC.
autumn_opens="2026-10-24 23:30:00"
autumn_closes="2026-10-25 00:30:00"
spring_opens="2027-03-28 00:30:00"
spring_closes="2027-03-28 01:00:00"
freeze="2026-11-24 23:00:00"
offline="2026-11-30 23:00:00"
# Friday the 1st has no hours of switch-in.
block="2027-01-01 23:00:00"

set_clock()
{
	date -u -s "$1" >/dev/null
}

# epoch "YYYY-MM-DD hh:mm:ss"
epoch()
{
	date -u -d "$1" +%s
}

# set_before SECONDS "YYYY-MM-DD hh:mm:ss"
set_before()
{
	set_clock "@$(($(epoch "$2") - $1))"
}

# write_policy SERIAL MODE [NAME]: what the first phase is.
write_policy()
{
	cat >"$policy.new" <<-POLICY
	policy: ${3:-walk}
	serial: $1
	zone: Europe/Berlin
	enforce: true
	repeats: each
	rules:
	  - product: fakevendor/agent
	    phases:
	      - {mode: $2}
	      - {mode: freeze,  from: 2026-11-25}
	      - {mode: offline, from: 2026-12-01}
	      - {mode: block,   from: 2027-01-01, switch-in: "Sat,Sun 00:00-06:00"}
	  - product: fakevendor/tools
	    phases:
	      - {mode: block, only-during: "Sun 01:30-02:30", otherwise: observe}
	POLICY
	mv "$policy.new" "$policy"
}

is_short()
{
	grep -qw weir.walk=short /proc/cmdline
}

result_of()
{
	sed -n 's/.*"result":"\([^"]*\)".*/\1/p'
}

quick()
{
	/weir/bin/try-exec execve "$1" | result_of
}

connects()
{
	/weir/bin/try-net tcp4 $blocked4 4711 | result_of
}

# One that was not there a moment ago.
fresh()
{
	n=$((${n:-0} + 1))
	cp /opt/vendor/hello-nobuildid "/opt/vendor/fresh.$n"
	echo "$n" >>"/opt/vendor/fresh.$n"
	quick "/opt/vendor/fresh.$n"
}

answer()
{
	case $1 in
	fresh|connects) $1 ;;
	*) quick "$1" ;;
	esac
}

# samples UNTIL_EPOCH WHAT: when it was tried, what came of it, when it was over.
samples()
{
	while [ "$(date +%s)" -lt "$1" ]; do
		from=$(date +%s)
		came=$(answer "$2")
		echo "$from $came $(date +%s)"
	done
}

anew()
{
	grep -c 'worked out anew' $run/out
}

has_anew()
{
	[ "$(anew)" -gt "$was_anew" ]
}

# The clock is set by "$@", and the agent has made its table by it.
and_follow()
{
	was_anew=$(anew) from_s=$(uptime_s)
	"$@"
	until_true 60 has_anew || echo "# the agent does not follow the clock"
	took=$(echo "$(uptime_s) $from_s" | awk '{ print int($1 - $2) + 1 }')
	[ "$took" -le "$slowest" ] || slowest=$took
}

# Time enough for that before a step, on a machine as slow as this one.
before()
{
	and_follow set_before $((slowest + 4)) "$1"
}

mode_by_status()
{
	weir status --json 2>/dev/null | jq -r '.phases[] |
		select(.rule == "product fakevendor/agent").mode'
}

mode_by_calendar()
{
	weir calendar --policy $policy --catalog /weir/catalog --json 2>&1 | jq -r '
		(.in_force[] | select(.rule.target == "fakevendor/agent").mode) +
		(if .kernel_now then " kernel:" + .kernel_now_utc else "" end)'
}

# state NAME: what everybody says, and what is the case.
state()
{
	echo "$1 status $(mode_by_status) calendar $(mode_by_calendar) old $(quick \
		/opt/vendor/hello) new $(fresh) net $(connects)"
}

told()
{
	agent_events $journal 'select(.metadata.event_code == "'"$1"'") | .message'
}

# Of the rule that walks: one line for each event.
told_of_walk()
{
	told phase | grep 'fakevendor/agent'
}

has_told()
{
	told_of_walk | grep -q "$1"
}

is_serial()
{
	[ "$(weir status --json | jq .policy.serial)" = "$1" ]
}

is_counted()
{
	weir status --json | jq -e '.inventory.counted' >/dev/null
}

start()
{
	agent_start $policy $journal
	agent_ready 120 || { said; exit 1; }
}

kill_agent()
{
	kill -KILL "$agent"
	wait "$agent" 2>/dev/null
}

clocks_back()
{
	section autumn
	before "$autumn_opens"
	samples $(($(epoch "$autumn_opens") + 8)) /usr/bin/vendor-oss
	section autumn-end
	before "$autumn_closes"
	samples $(($(epoch "$autumn_closes") + 8)) /usr/bin/vendor-oss
	section autumn-again
	# 02:15 for the second time: the window does not open again.
	and_follow set_clock "2026-10-25 01:15:00"
	quick /usr/bin/vendor-oss
}

warnings()
{
	section warned
	for ahead in 30 7 1; do
		and_follow set_before $((ahead * 86400 - 30)) "$freeze"
		sleep 2
		told phase-ahead | grep fakevendor/agent | tail -n 1
	done
	echo "all $(told phase-ahead | grep -c 'fakevendor/agent.*freeze')"
}

half_made()
{
	section edited
	# Somebody is at work on the file, and has not told anybody to take it.
	write_policy 9 block
	and_follow set_before 7200 "$offline"
	echo "serial $(weir status --json | jq .policy.serial) $(mode_by_status)"
	echo "policy: [" >$policy
	and_follow set_before 3600 "$offline"
	echo "serial $(weir status --json | jq -c '[.policy.serial, .refused]') $(mode_by_status)"
	write_policy 1 observe
}

clocks_forward()
{
	section spring
	before "$spring_opens"
	samples $(($(epoch "$spring_opens") + 8)) /usr/bin/vendor-oss
	section spring-end
	before "$spring_closes"
	samples $(($(epoch "$spring_closes") + 8)) /usr/bin/vendor-oss
	sleep 2
}

# Another policy from its beginning; nobody is there when the year goes by.
year()
{
	section forward
	journal=/run/journal.2
	set_clock "2026-11-01 12:00:00"
	write_policy 1 observe year
	start
	state begin
	kill_agent
	set_clock "2027-11-01 12:00:00"
	echo "dead calendar $(mode_by_calendar) old $(quick /opt/vendor/hello)"
	start
	sleep 2
	state year
	and_follow set_clock "2026-11-01 12:00:00"
	state returned
	section forward-events
	agent_events $journal 'select(.metadata.event_code == "phase") |
		select(.message | test("fakevendor/agent")) | .message'
	section forward-hours
	agent_events $journal 'select(.metadata.event_code == "phase") |
		select(.message | test("fakevendor/tools")) | .message'
	agent_stop
}

# die_at N MOMENT: an agent that begins then, and does not live beyond its N-th look
# at what it has told: said that it will tell, told, written down.
die_at()
{
	set_clock "$2"
	LD_PRELOAD=/weir/die.so DIE=$1 weir run --policy $policy --journal $journal \
		--catalog /weir/catalog --confirmed --duration 90 >>$run/out 2>>$run/err &
	agent=$!
	wait "$agent"
	echo "died $? with $(told_of_walk | grep -c .)"
}

torn()
{
	section torn
	journal=/run/journal.3
	set_clock "2026-11-01 12:00:00"
	write_policy 1 observe torn
	start
	until_true 20 has_told 'by the policy' || echo "# not told"
	kill_agent
	die_at 1 "2026-11-26 12:00:00"
	die_at 2 "2026-12-02 12:00:00"
	die_at 3 "2027-01-03 12:00:00"
	start
	sleep 2
	told_of_walk | sed 's/^.*): //'
	agent_stop
}

ip addr add $blocked4/32 dev lo
rm -f /opt/vendor/fresh.*

section start
write_policy 1 observe
set_before 3600 "$autumn_opens"
start
until_true 120 is_counted || echo "# nobody has looked through the host"
and_follow set_before 3000 "$autumn_opens"
state observe

is_short || clocks_back
is_short || warnings

section freeze
before "$freeze"
samples $(($(epoch "$freeze") + 8)) fresh
state freeze
until_true 20 has_told 'observe -> freeze' || echo "# not told"

is_short || half_made

section stopped
before "$offline"
kill -STOP "$agent"
samples $(($(epoch "$offline") + 8)) connects
echo "events $(told_of_walk | grep -c 'freeze -> offline')"
kill -CONT "$agent"
until_true 20 has_told 'freeze -> offline'
echo "events $(told_of_walk | grep -c 'freeze -> offline')"
state offline

section killed
before "$block"
kill_agent
samples $(($(epoch "$block") + 8)) /opt/vendor/hello
echo "calendar $(mode_by_calendar)"
set_clock "2027-01-02 04:00:00"
echo "calendar $(mode_by_calendar)"
start
until_true 20 has_told 'offline -> block'
state block

section back
and_follow set_clock "2027-01-01 06:00:00"
state running
kill -HUP "$agent"
sleep 3
state reloaded
# The same plan under a higher serial: nobody has decided otherwise.
write_policy 2 observe
kill -HUP "$agent"
until_true 30 is_serial 2
sleep 2
state raised
kill_agent
set_clock "2026-12-15 06:00:00"
echo "dead calendar $(mode_by_calendar) old $(quick /opt/vendor/hello)"
start
state restarted
weir calendar --policy $policy --catalog /weir/catalog | grep -i note

is_short || clocks_forward

section walk
agent_events $journal 'select(.metadata.event_code == "phase") |
	[(.unmapped.phase.at / 1000), .unmapped.phase.from, .unmapped.phase.to, .message] | @tsv'
agent_stop

is_short || year
is_short || torn

section said
said
section kernel
kernel_complaints
section end
