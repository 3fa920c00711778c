# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest: starting and asking the agent. Copied to /weir/lib.sh.

export NO_COLOR=1
run=/run/weir-test
mkdir -p $run
# The archive of modules brings its own mode for it; other users must pass.
chmod 755 /

# A section of the log: see weir_section.
section()
{
	echo "=== $*"
}

# until_true SECONDS COMMAND...: as soon as it is true; 1 when it never was.
until_true()
{
	left=$(($1 * 5))
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.2
	done
}

# The same for what takes minutes, and for questions that take an emulated
# processor a second: by the clock, and seldom.
await()
{
	end=$(($(cut -d . -f 1 /proc/uptime) + $1))
	shift
	until "$@"; do
		[ "$(cut -d . -f 1 /proc/uptime)" -lt $end ] || return 1
		sleep 2
	done
}

uptime_s()
{
	cut -d ' ' -f 1 /proc/uptime
}

# agent_start[_unconfirmed] POLICY JOURNAL [OPTION...]: returns at once; its process is $agent.
# As after a boot: whether it is armed is what is remembered of its policy.
agent_start_unconfirmed()
{
	its_policy=$1 its_journal=$2
	shift 2
	weir run --policy "$its_policy" --journal "$its_journal" \
		--catalog "${catalog:-/weir/catalog}" "$@" >>$run/out 2>>$run/err &
	agent=$!
	ready_from=$(uptime_s)
}

agent_start()
{
	agent_start_unconfirmed "$@" --confirmed
}

agent_ready()
{
	weir status --wait ready --timeout "${1:-60}" >$run/status 2>&1
	rc=$?
	echo "ready $rc after $(uptime_s) - $ready_from"
	[ $rc = 0 ] || { cat $run/status; tail -n 20 $run/err; tail -n 5 $run/out; }
	return $rc
}

agent_stop()
{
	kill -TERM "$agent"
	wait "$agent"
	rc=$?
	[ $rc = 0 ] || echo "# the agent ended with $rc: $(tail -n 3 $run/err)"
	return $rc
}

# agent_events JOURNAL FILTER: one line per result.
agent_events()
{
	weir events --json --journal "$1" | jq -rcM "$2"
}

# attempt FILE: what came of executing it, in one word.
attempt()
{
	/weir/bin/try-exec execve "$1" | jq -r .result
}

# status_of FILTER: of the agent that runs, by jq; nothing if none answers.
status_of()
{
	weir status --json 2>&1 | jq -rcM "$1" 2>/dev/null
}

# is_status FILTER VALUE
is_status()
{
	[ "$(status_of "$1")" = "$2" ]
}

# Audit gives a session its number at login, when the login's user is written.
in_new_session()
{
	# shellcheck disable=SC2016 # the other shell's
	sh -c 'echo 0 >/proc/self/loginuid && exec "$@"' - "$@"
}

# What the agent said about itself; one line per event would fill the console.
said()
{
	cat $run/err
	grep -vE '^[0-9T:.Z-]+ +(BLOCKED|would block|seen|unlisted|allowed|canary|cannot block) ' \
		$run/out | head -n 200
}

kernel_complaints()
{
	dmesg | grep -iE 'warning|bug:|oops|lockup|rcu.*stall|panic' | grep -v 'ommand line:'
}

# Forgets what the agent said so far.
said_already()
{
	: >$run/out
	: >$run/err
}
