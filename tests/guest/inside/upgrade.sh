#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 25-upgrade.t: one build of weir follows another many
# times while a restricted program is tried all the time, and many of them are
# killed at a moment that nobody chose.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

policy=/run/policy.yaml
journal=/run/journal
pins=/sys/fs/bpf/weir
rounds=$(sed -n 's/.*weir[.]rounds=\([0-9]*\).*/\1/p' /proc/cmdline)
usual=/usr/sbin/weir other=/weir/bin/weir-other abi=/weir/bin/weir-abi

try_for_ever()
{
	while [ ! -e $run/enough ]; do
		/weir/bin/try-exec storm /opt/vendor/hello 2 10
		/weir/bin/try-net tcp4 192.0.2.9 4433 >>$run/net
		# Whoever comes has his programs verified meanwhile, on the same processors.
		usleep 300000
	done >$run/loop
}

# start BUILD [OPTION...]: as agent_start, in the place of the one that runs.
start()
{
	"$1" run --policy "$policy" --journal "$journal" --catalog /weir/catalog \
		--canary /usr/lib/weir/canary --confirmed --replace >>$run/out 2>>$run/err &
	agent=$!
	ready_from=$(uptime_s)
}

random_ms()
{
	od -An -N2 -tu2 /dev/urandom | awk -v max="$1" '{ print int($1 * max / 65536) }'
}

wait_ms()
{
	usleep "$(($1 * 1000))"
}

is_agents()
{
	[ "$(status_of .pid)" = "$agent" ]
}

# Numbers that never shrink: generation, records lost, uses of the exemption.
counters()
{
	echo "counters $(status_of '"\(.policy.generation) \(.counters.lost)"') $(uses)" \
		"$(status_of .arm)"
}

uses()
{
	weir exemptions --policy "$policy" --catalog /weir/catalog --json 2>/dev/null |
		jq -rcM '[.. | objects | select(.id? == "EX-1") | .used] | add // "none"'
}

builds()
{
	(cd $pins && echo build-* tables-* "")
}

spared=0
run_spared()
{
	/usr/bin/vendor-spared >/dev/null 2>&1 && spared=$((spared + 1))
}

build_of()
{
	case $(($1 % 4)) in
	0 | 2) echo $usual ;;
	1)     echo $other ;;
	*)     echo $abi ;;
	esac
}

give_up()
{
	touch $run/enough
	said
	exit 1
}

# Every third is killed while it comes up, every third when it is up, at once.
upgrade()
{
	start "$(build_of "$1")"
	case $(($1 % 3)) in
	0)
		ms=$(random_ms 2500)
		wait_ms "$ms"
		kill -KILL $agent && echo "round $1: $(build_of "$1") killed after $ms ms"
		wait $agent 2>/dev/null
		;;
	*)
		until_true 240 is_agents || give_up
		run_spared
		counters
		echo "round $1: $(build_of "$1") after $(uptime_s) - $ready_from"
		[ $(($1 % 3)) = 1 ] || return 0
		ms=$(random_ms 1500)
		wait_ms "$ms"
		kill -KILL $agent
		wait $agent 2>/dev/null
		;;
	esac
}

section start
/weir/routes.sh setup_net
cp /weir/upgrade.yaml "$policy"
start $usual
agent_ready 240 || exit 1
status_of '"uncovered \(.uncovered_at_boot_ms)"'
weir status | grep uncovered

section upgrades
try_for_ever &
loop=$!
for round in $(seq 1 "$rounds"); do
	upgrade "$round"
done
start $usual
until_true 240 is_agents || give_up
sleep 3
counters
echo "spared $spared"
echo "left $(builds)"
touch $run/enough
wait $loop

section rounds
echo "all $(grep -c . $run/loop)"
grep -v '"result":"EPERM"' $run/loop
tail -n 1 $run/loop
echo "net $(grep -c . $run/net) $(grep -vc '"result":"EPERM"' $run/net)"
grep -v '"result":"EPERM"' $run/net

kill -TERM $agent
wait $agent

section holds
start $usual
until_true 240 is_agents || give_up
timeout 20 weir disarm fakevendor/agent --catalog /weir/catalog --reason test
echo "usual $(attempt /opt/vendor/hello)"
start $abi
until_true 240 is_agents || give_up
echo "abi $(attempt /opt/vendor/hello)"
timeout 20 weir arm fakevendor/agent --catalog /weir/catalog --reason test
start $other
until_true 240 is_agents || give_up
echo "other $(attempt /opt/vendor/hello)"
kill -STOP $agent
start $usual
until_true 240 is_agents || give_up
echo "hung $(attempt /opt/vendor/hello)"

# Losses are told once a second, records sooner.
sleep 3
section sequences
agent_events "$journal" 'select(.unmapped.ring) |
	"\(.unmapped.cpu) \(.unmapped.ring) \(.metadata.sequence)"' >$run/sequences
# Per CPU and ring: how many, first, last, how many missing.
sort -u -k 1,2 -k 3n $run/sequences | sort -k 1,1n -k 2,2 -k 3,3n | awk '
	{ k = $1 " " $2 }
	k != was { if (was) print was, n, first, last, last - first + 1 - n; n = 0; first = $3 }
	{ was = k; n++; last = $3 }
	END { if (was) print was, n, first, last, last - first + 1 - n }'
section twice
echo $(($(grep -c . $run/sequences) - $(sort -u $run/sequences | grep -c .)))
section losses
agent_events "$journal" 'select(.metadata.event_code == "records-lost") | .unmapped.lost'
# How long until the agent tells of $1, which is removed: MS. The event comes with the
# words; to look it up takes a guest longer than what is measured.
removed_after()
{
	from=$(uptime_s)
	rm -r "$1"
	until_true 10 grep -qF "$1 was removed" $run/err || { echo never; return; }
	echo "$from $(uptime_s)" | awk '{ print int(($2 - $1) * 1000) }'
}

none_aside()
{
	[ -z "$(find $pins -name 'aside_*')" ]
}

# An agent that is killed while it takes the place of what is left of another.
section torn
for ms in 300 1500 3000; do
	kill -KILL $agent
	wait $agent 2>/dev/null
	rm -f $pins/build-*/weir_exec_tp
	start $usual
	wait_ms $ms
	echo "torn $(attempt /opt/vendor/hello)"
done
until_true 240 is_agents || give_up
until_true 10 none_aside; left=$?
echo "mended $(attempt /opt/vendor/hello) $left"

removals()
{
	agent_events "$journal" 'select(.metadata.event_code == "gate-lost" and
		(.message | contains("was removed"))) | .message' | grep -c .
}

removals_are()
{
	[ "$(removals)" = "$1" ]
}

runs()
{
	[ "$(attempt /opt/vendor/hello)" = ran ]
}

section pins
sleep 1.5
link=$(echo $pins/build-*/weir_exec_tp)
echo "noticed link $(removed_after "$link")"
until_true 10 test -e "$link"
echo "back $?"
echo "noticed map $(removed_after $pins/weir_arm)"
until_true 10 test -e $pins/weir_arm
echo "back $?"
echo "gone $(removed_after $pins)"
sleep 1.5
echo "left $(find $pins 2>/dev/null | wc -l) $(attempt /opt/vendor/hello)"
# Before the kill: what is not on disk yet is not what is asked here.
until_true 20 removals_are 3
echo "events $(removals)"
kill -KILL $agent
wait $agent 2>/dev/null
until_true 20 runs
echo "ended $(attempt /opt/vendor/hello)"

section detach
start $usual
until_true 240 is_agents || give_up
echo "before $(attempt /opt/vendor/hello)"
timeout 30 weir detach --reason "while it runs" 2>&1
echo "running $? $(attempt /opt/vendor/hello)"
kill -KILL $agent
wait $agent 2>/dev/null
echo "killed $(attempt /opt/vendor/hello)"
timeout 30 weir detach --journal "$journal" --reason "test, for good" 2>&1
rc=$?
# The kernel ends a link that nobody holds in its own time.
until_true 20 runs
echo "detach $rc $(attempt /opt/vendor/hello) $(find $pins 2>/dev/null | wc -l)"
timeout 30 weir detach --journal "$journal" 2>&1
echo "again $?"
agent_events "$journal" 'select(.message | contains("for good")) | .message'

section said
said
section notes
agent_events "$journal" 'select(.class_uid == 6002) | .message' | uniq -c
section kernel
kernel_complaints
section end
