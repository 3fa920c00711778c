#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guests of 74-confirm.t, one stage of the story a boot: what is
# armed and not confirmed ends, whatever becomes of the agent and the host.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

journal=/run/journal
cgroups=/sys/fs/cgroup

word()
{
	tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"
}

# Nobody says --confirmed here.
start()
{
	weir run --policy /weir/block.yaml --catalog /weir/catalog --journal $journal \
		>>$run/out 2>>$run/err &
	agent=$!
	until_true 90 weir status >/dev/null 2>&1 || { said; exit 1; }
}

end_agent()
{
	kill "-$1" "$agent"
	wait "$agent" 2>/dev/null
}

# login COMMANDS: in a login of their own, which is an audit session.
login()
{
	sh -c "echo 0 >/proc/self/loginuid; $1" 2>&1
}

quick()
{
	/weir/bin/try-exec execve "$1" | sed -n 's/.*"result":"\([^"]*\)".*/\1/p'
}

arm_state()
{
	weir status --json 2>/dev/null | jq -r .arm
}

is_in_state()
{
	[ "$(arm_state)" = "$1" ]
}

# What an arm of that many seconds comes to, from the seconds after its start.
lapse()
{
	from=$(uptime_s)
	login "weir arm --for ${1}s --reason test"
	came=$(quick /opt/vendor/hello)
	echo "armed $came"
	$2
	while :; do
		at=$(echo "$(uptime_s) $from" | awk '{ print int($1 - $2) }')
		came=$(quick /opt/vendor/hello)
		echo "$at $came"
		[ "$came" = EPERM ] || break
		[ "$at" -lt $(($1 + 60)) ] || break
	done
}

nothing()
{
	:
}

ends()
{
	agent_events $journal 'select(.metadata.event_code == "disarm") | .message'
}

# in_unit PATH COMMAND...: as a process of that control group; true to the life.
in_unit()
{
	mkdir -p "$cgroups$1"
	unit=$1
	shift
	sh -c "echo 0 >$cgroups$unit/cgroup.procs; exec \"\$@\"" in-unit "$@"
}

gone()
{
	until rmdir "$cgroups$1" 2>/dev/null; do
		usleep 10000
	done
}

denials()
{
	weir status --json | jq '.counters.denials // 0'
}

counted()
{
	[ "$(denials)" -ge "$1" ]
}

has_ended()
{
	ends | grep -q "$1"
}

armed_anew()
{
	weir disarm >/dev/null
	until_true 20 is_in_state disarmed
	login "weir arm --for 300s" >/dev/null
	until_true 20 is_in_state unconfirmed
}

# Failed units are asked for, and what came of the time before has been looked at.
asked_twice()
{
	for _ in 1 2; do
		rm -f /run/asked
		until_true 30 test -e /run/asked || echo "# nobody asks for failed units"
	done
}

stage_whole()
{
	start
	section confirm
	echo "before $(quick /opt/vendor/hello) $(arm_state)"
	login "weir arm --for 120s; echo armed \$?; weir confirm; echo confirm \$?;
		echo session \$(cat /proc/self/sessionid)"
	echo "refused $(quick /opt/vendor/hello) $(arm_state)"
	login "weir confirm; echo confirm \$?; echo session \$(cat /proc/self/sessionid)"
	echo "accepted $(quick /opt/vendor/hello) $(arm_state)"
	login "weir disarm; echo disarm \$?"
	echo "disarmed $(quick /opt/vendor/hello) $(arm_state)"
	login "weir confirm; echo confirm \$?"

	section default
	login "weir arm" | head -n 1
	echo "left $(weir status --json | jq .arm_left_s)"
	weir disarm >/dev/null

	section running
	lapse "$1" nothing
	until_true 20 is_in_state disarmed
	section stopped
	was=$(ends | grep -c 'ran out')
	lapse "$1" "kill -STOP $agent"
	kill -CONT "$agent"
	until_true 20 is_in_state disarmed
	sleep 2
	echo "events $was $(ends | grep -c 'ran out')"
	section killed
	lapse "$1" "end_agent KILL"
	start
	echo "restarted $(arm_state) $(quick /opt/vendor/hello)"
	echo "events $(ends | grep -c 'ran out')"
	section left
	login "weir arm"
	echo "$(quick /opt/vendor/hello) $(arm_state)"
}

stage_again()
{
	start
	section again
	echo "reboot $(quick /opt/vendor/hello) $(arm_state)"
	login "weir arm" >/dev/null
	login "weir confirm; echo confirm \$?"
	echo "confirmed $(quick /opt/vendor/hello) $(arm_state)"
	end_agent KILL
}

# A boot that nobody touches, some minutes after the one before.
stage_boot()
{
	date -u -s "$(word weir.clock | tr _ ' ')" >/dev/null
	start
	section boot
	echo "$(quick /opt/vendor/hello) $(arm_state) off $(weir status --json | jq .off)"
	ends
	if [ "$(arm_state)" = disarmed ]; then
		login "weir arm; echo arm \$?" | tail -n 2
		quick /opt/vendor/hello
	fi
}

stage_backoff()
{
	# Before the agent asks for the first time.
	: >/run/failed
	start
	section loop
	armed_anew
	was=$(denials)
	mkdir -p $cgroups/user.slice/user-1000.slice/session-3.scope
	echo $$ >$cgroups/user.slice/user-1000.slice/session-3.scope/cgroup.procs
	login "/weir/bin/try-exec storm /opt/vendor/hello 2 500" | cut -c 1-200
	echo $$ >$cgroups/cgroup.procs
	until_true 60 counted $((was + 1000)) || echo "# not all are there"
	sleep 1
	echo "state $(arm_state) $(quick /opt/vendor/hello)"
	echo "events $(ends | grep -c 'backed off')"

	section units
	armed_anew
	for n in 1 2 1 2 1; do
		in_unit /system.slice/svc-$n.service /opt/vendor/hello 2>/dev/null
		sleep 1
		echo "svc-$n $? $(arm_state)"
	done
	in_unit /system.slice/system-tpl.slice/tpl@a.service /opt/vendor/hello 2>/dev/null
	until_true 20 is_in_state disarmed
	echo "third $(arm_state) $(quick /opt/vendor/hello)"
	ends | tail -n 1

	section fleeting
	# Gone with their groups before anybody looks.
	armed_anew
	kill -STOP "$agent"
	for n in 4 4 4 5 6; do
		in_unit /system.slice/gone-$n.service /opt/vendor/hello 2>/dev/null
		gone /system.slice/gone-$n.service
	done
	kill -CONT "$agent"
	until_true 20 is_in_state disarmed
	echo "third $(arm_state) $(quick /opt/vendor/hello)"
	ends | tail -n 1
	armed_anew
	kill -STOP "$agent"
	for n in 1 2 3 4 5 6; do
		in_unit "/user.slice/user-1000.slice/user@1000.service/app.slice/mine-$n.service" \
			/opt/vendor/hello 2>/dev/null
		gone "/user.slice/user-1000.slice/user@1000.service/app.slice/mine-$n.service"
	done
	kill -CONT "$agent"
	sleep 5
	echo "users $(arm_state) $(quick /opt/vendor/hello)"

	section guard
	armed_anew
	asked_twice
	echo "hello.service loaded failed failed Something" >/run/failed
	asked_twice
	echo "other $(arm_state)"
	echo "ssh.service loaded failed failed OpenBSD Secure Shell server" >>/run/failed
	until_true 40 is_in_state disarmed
	echo "guard $(arm_state) $(quick /opt/vendor/hello)"
	ends | tail -n 1
	end_agent KILL
	start
	echo "restarted $(arm_state) $(quick /opt/vendor/hello)"
	section product
	: >/run/failed
	login "weir arm fakevendor/agent --for 300s --catalog /weir/catalog" >/dev/null
	asked_twice
	echo "armed $(arm_state) $(quick /opt/vendor/hello)"
	echo "dbus.service loaded failed failed D-Bus" >/run/failed
	until_true 40 has_ended dbus.service
	echo "guard $(arm_state) $(quick /opt/vendor/hello)"
	end_agent TERM
}

case $(word weir.stage) in
whole) stage_whole "$(word weir.lapse)" ;;
again) stage_again ;;
boot) stage_boot ;;
backoff) stage_backoff ;;
*) echo "# no such stage"; exit 1 ;;
esac
section state
tar -C /var/lib -cf - weir | base64
section said
said
section kernel
kernel_complaints
section end
