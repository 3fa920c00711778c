#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 20-agent.t: the agent is killed, stopped, restarted,
# told to reload and to disarm, while a restricted program is tried all the time.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

policy=/run/policy.yaml
journal=/run/journal

try_for_ever()
{
	while [ ! -e $run/enough ]; do
		/weir/bin/try-exec storm /opt/vendor/hello 2 25
	done >$run/loop
}

rounds()
{
	grep -c . $run/loop
}

more_than()
{
	[ "$(rounds)" -gt "$1" ]
}

# Three rounds more: whatever happened just now has been lived with for a while.
some_rounds()
{
	until_true 60 more_than $(($(rounds) + 3)) || echo "# the loop stands still"
}

is_gone()
{
	[ ! -d "/proc/$agent" ]
}

counters()
{
	echo "# $(status_of .counters)"
}

policy_line()
{
	status_of '"\(.policy.serial) \(.policy.generation)"'
}

# The children that read hostile files, by their name.
cells()
{
	grep -lx weir-cell /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3
}

has_cells()
{
	[ -n "$(cells)" ]
}

walls_of()
{
	awk '{ v[$1] = $2 }
		END { print "walls", v["Uid:"], v["CapEff:"], v["NoNewPrivs:"], v["Seccomp:"] }' \
		"/proc/$1/status"
}

# One that nobody has seen before.
new_program()
{
	cp /usr/bin/jq "/tmp/new.$1"
	echo "$1" >>"/tmp/new.$1"
	"/tmp/new.$1" --version
}

failures()
{
	agent_events "$journal" 'select(.metadata.event_code == "parser-failed") |
		"\(.unmapped.unparsed.path) \(.message)"'
}

has_failed()
{
	[ -n "$(failures)" ]
}

has_identified()
{
	[ "$(status_of .counters.identified)" -gt "$was" ]
}

# A policy that blocks nothing else than what $2 says: serial, rule's target.
write_policy()
{
	cat >"$policy.new" <<-POLICY
	policy: guest
	serial: $1
	enforce: true
	repeats: each
	rules:
	  - {vendor: fakevendor, mode: ${3:-block}}
	  - {product: guardtest/$2, mode: block}
	POLICY
	mv "$policy.new" "$policy"
}

reload()
{
	before=$(answers)
	lines=$(grep -c . $run/err)
	kill -HUP "$agent"
	until_true 30 has_answered || echo "# nothing came of the reload"
	tail -n +$((lines + 1)) $run/err
}

# How often the agent has taken or refused what somebody asked it to take.
answers()
{
	cat $run/err $run/out | grep -E 'the policy is refused|policy-loaded|policy-refused' |
		grep -vc 'worked out anew'
}

has_answered()
{
	[ "$(answers)" -gt "$before" ]
}

# CPU RING SEQUENCE of every record in the journal, its own notes left out.
sequences()
{
	agent_events "$journal" 'select(.unmapped.ring) |
		"\(.unmapped.cpu) \(.unmapped.ring) \(.metadata.sequence)"'
}

# What comes after would only wait for what does not come.
give_up()
{
	touch $run/enough
	said
	exit 1
}

section start
cp /weir/block-all.yaml "$policy"
agent_start "$policy" "$journal"
agent_ready 90 || exit 1

section loop
try_for_ever &
loop=$!
some_rounds
echo "killing the agent"
kill -KILL "$agent"
wait "$agent" 2>/dev/null
is_gone && echo "gone, pins: $(find /sys/fs/bpf/weir -type f | wc -l)"
some_rounds
agent_start "$policy" "$journal"
agent_ready 90 || give_up
some_rounds
counters
echo "stopping it with SIGSTOP"
kill -STOP "$agent"
some_rounds
kill -CONT "$agent"
some_rounds
counters
echo "ending it with SIGTERM"
agent_stop
some_rounds
agent_start "$policy" "$journal"
agent_ready 90 || give_up
some_rounds
counters
touch $run/enough
wait $loop
agent_stop

section rounds
echo "all $(rounds)"
# What is not as it should be, and one that is.
grep -v '"result":"EPERM"' $run/loop
tail -n 1 $run/loop
section sequences
sequences >$run/sequences
# Per CPU and ring: how many, first, last, how often twice, how many missing.
sort -u -k 1,2 -k 3n $run/sequences | sort -k 1,1n -k 2,2 -k 3,3n | awk '
	{ k = $1 " " $2 }
	k != was { if (was) print was, n, first, last, last - first + 1 - n; n = 0; first = $3 }
	{ was = k; n++; last = $3 }
	END { if (was) print was, n, first, last, last - first + 1 - n }'
section twice
echo $(($(grep -c . $run/sequences) - $(sort -u $run/sequences | grep -c .)))
section losses
agent_events "$journal" 'select(.metadata.event_code == "records-lost") | .unmapped.lost'

section disarm
agent_start "$policy" "$journal"
agent_ready 90
echo "before $(attempt /opt/vendor/hello)"
kill -STOP "$agent"
timeout 20 weir disarm --reason "test, agent stopped"
echo "disarm $? $(attempt /opt/vendor/hello)"
kill -CONT "$agent"
kill -KILL "$agent"
wait "$agent" 2>/dev/null
agent_start "$policy" "$journal"
until_true 60 test -S /run/weir/control.sock
until_true 60 weir status >/dev/null 2>&1
echo "restarted $(attempt /opt/vendor/hello)"
weir arm --reason "test, agent runs"
echo "arm $? $(attempt /opt/vendor/hello)"
kill -KILL "$agent"
wait "$agent" 2>/dev/null
timeout 20 weir disarm --reason "test, agent dead"
echo "disarm $? $(attempt /opt/vendor/hello)"
timeout 20 weir arm --reason "test, agent dead"
echo "arm $? $(attempt /opt/vendor/hello)"

section guard
journal=/run/journal.guard
agent_start "$policy" "$journal"
agent_ready 90
serial=100
for product in bash sshd pam systemd apt loader libc weir; do
	serial=$((serial + 1))
	was=$(policy_line)
	write_policy $serial $product
	echo "- $product"
	reload
	echo "$product: was $was, is $(policy_line), $(status_of '.policy.refused // .')"
	echo "$product: still $(attempt /opt/vendor/hello)"
done
# The reason must be the guard: the same policy naming what nobody needs is taken.
echo "before harmless $(attempt /usr/local/bin/harmless)"
write_policy 200 harmless
reload
echo "harmless: is $(policy_line) $(attempt /usr/local/bin/harmless)"

section reload
write_policy 201 harmless observe
reload
echo "observe $(policy_line) $(attempt /opt/vendor/hello)"
write_policy 202 harmless block
reload
echo "block $(policy_line) $(attempt /opt/vendor/hello)"
echo "policy: [" >"$policy"
reload
echo "broken $(policy_line) $(attempt /opt/vendor/hello)"
write_policy 150 harmless observe
reload
echo "older $(policy_line) $(attempt /opt/vendor/hello)"

# A file that the table in force stops comes to be one that must run, while nobody is
# there to see it; and who comes then has a policy that cannot be read.
section orphan
kill -KILL "$agent"
wait "$agent" 2>/dev/null
cp -p /usr/sbin/sshd /usr/sbin/sshd.was
mv /usr/local/bin/harmless /usr/sbin/sshd
echo "policy: [" >"$policy"
echo "absent $(attempt /usr/sbin/sshd) $(attempt /opt/vendor/hello)"
agent_start "$policy" "$journal"
wait "$agent"
echo "refused $? $(attempt /usr/sbin/sshd) $(attempt /opt/vendor/hello)"
mv /usr/sbin/sshd /usr/local/bin/harmless
write_policy 203 harmless block
agent_start_unconfirmed "$policy" "$journal"
agent_ready 90
weir arm --reason "test, to be confirmed"
in_new_session weir confirm
echo "confirmed $(attempt /usr/local/bin/harmless)"
kill -KILL "$agent"
wait "$agent" 2>/dev/null
ln -f /usr/local/bin/harmless /usr/sbin/sshd
agent_start "$policy" "$journal"
agent_ready 90
echo "agreed $(attempt /usr/sbin/sshd) $(attempt /opt/vendor/hello)"
weir status | grep '^GUARDED'
mv /usr/sbin/sshd.was /usr/sbin/sshd

# freeze_policy SERIAL MODE [CAP]: of the vendor's agent, with an exemption or without.
freeze_policy()
{
	cat >"$policy.new" <<-POLICY
	policy: guest
	serial: $1
	enforce: true
	repeats: each
	rules:
	  - {product: fakevendor/agent, mode: $2}
	POLICY
	[ -z "${3-}" ] || cat >>"$policy.new" <<-POLICY
	exemptions:
	  - {id: EX-1, product: fakevendor/agent, cap: $3, until: 2199-01-01, reason: test, owner: test}
	POLICY
	mv "$policy.new" "$policy"
	reload
}

# What was there, what is new, and what was there and got another time since.
frozen()
{
	echo "$(attempt /opt/vendor/hello) $(attempt /opt/vendor/newer)" \
		"$(attempt /opt/vendor/hello-nobuildid)"
}

is_counted()
{
	[ "$(status_of .inventory.counted)" = true ]
}

section freeze
until_true 60 is_counted || echo "# nobody has counted what is installed"
freeze_policy 210 freeze
{ cat /opt/vendor/hello; echo newer; } >/opt/vendor/newer
chmod 755 /opt/vendor/newer
touch /opt/vendor/hello-nobuildid
echo "freeze $(frozen)"
freeze_policy 211 block
echo "block $(frozen)"
for cap in freeze offline observe; do
	capped=$((${capped:-211} + 1))
	freeze_policy $capped block $cap
	echo "block capped $cap $(frozen)"
done

section parser
new_program 1
until_true 30 has_cells
for cell in $(cells); do
	walls_of "$cell"
	# To whoever asks, it hangs.
	kill -STOP "$cell"
done
for i in 2 3 4; do
	new_program $i
done
until_true 60 has_failed
echo "event $(failures | head -n 1)"
echo "counted $(status_of .counters.parser_hung)"
was=$(status_of .counters.identified)
new_program 5
until_true 30 has_identified
echo "replaced $?"
agent_stop
section said
said
section notes
agent_events "$journal" 'select(.class_uid == 6002) | .message' | uniq -c
section kernel
kernel_complaints
section end
