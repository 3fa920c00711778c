#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 78-rehearsal.t: the same programs are run twice, by the
# same users and units: first recorded under a policy that stops nothing, then
# under the policy that was rehearsed on the record in between.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

# Of users the policy speaks by name.
printf '%s\n' tester:x:1000:1000::/:/bin/sh other:x:1001:1001::/:/bin/sh >>/etc/passwd

# act CGROUP UID WHAT FILE TIMES: in a control group as systemd would make it.
act()
{
	group=/sys/fs/cgroup/$1
	mkdir -p "$group"
	# shellcheck disable=SC2016 # the other shell's
	sh -c 'echo $$ >"$0/cgroup.procs"; uid=$1; shift
		exec /usr/bin/setpriv --reuid="$uid" --regid="$uid" --clear-groups /weir/act "$@"' \
		"$group" "$2" "$3" "$4" "$5" >/dev/null 2>&1
}

service=system.slice/backup.service
other=system.slice/cron.service
session=user.slice/user-1000.slice/session-4.scope
desktop=user.slice/user-1000.slice/user@1000.service/app.slice/viewer.service

replay()
{
	act $service 0 run /opt/vendor/hello 7
	act $service 0 run /opt/vendor/hello-nobuildid 2
	act $other 0 run /opt/vendor/hello 1
	act $other 1001 run /opt/vendor/hello 3
	act $session 1000 run /opt/vendor/hello 4
	act $session 1000 run /usr/bin/vendor-tool 5
	act $session 1001 run /usr/bin/vendor-tool 2
	act $desktop 1000 run /usr/bin/vendor-oss 3
	act $desktop 1000 run /opt/vendor/hello-nobuildid 1
	act $service 0 map /opt/vendor/libexample.so 2
	act $session 1000 map /opt/vendor/libexample.so 1
	# By another name, and what is nobody's.
	ln -f /opt/vendor/hello /opt/linked
	act $service 0 run /opt/linked 2
	act $service 0 run /opt/vendor-not/hello 6
	act $session 1000 run /usr/bin/vendor-tools 2
}

# PRODUCT HOOK FILE UID UNIT USER-UNIT COUNT, of what is stopped.
predicted()
{
	jq -rM '.acts[] | select(.stopped) | [.product, .hook, .path, .uid, .unit // "-",
		.user_unit // "-", .count] | join(" ")' $run/simulated |
		awk '{ n = $NF; $NF = ""; sum[$0] += n } END { for (k in sum) print k sum[k] }' | sort
}

enforced()
{
	weir events --json --journal /run/enforced | jq -rM 'select(.unmapped.outcome == "blocked") |
		[.unmapped.product, .unmapped.hook,
		([.module.file.path, .file.path, .process.file.path] | map(select(.)) | first),
		(.actor.user.uid // .actor.process.user.uid // .process.user.uid | tostring),
		.unmapped.unit // "-", .unmapped.user_unit // "-",
		(.count // 1)] | join(" ")' |
		awk '{ n = $NF; $NF = ""; sum[$0] += n } END { for (k in sum) print k sum[k] }' | sort
}

section record
agent_start /weir/recorded.yaml /run/recorded
agent_ready 90 || exit 1
replay
sleep 2
agent_stop
section simulate
weir simulate --json --journal /run/recorded --catalog /weir/catalog /weir/candidate.yaml \
	>$run/simulated 2>$run/simulate.err
echo "simulate $?"
cat $run/simulate.err
jq -rcM '.summary, .doubts' $run/simulated
section predicted
predicted
section enforce
# A journal of its own: what was recorded stays as it was.
agent_start /weir/candidate.yaml /run/enforced
agent_ready 90 || exit 1
replay
sleep 2
agent_stop
section enforced
enforced
section sample
weir events --json --journal /run/enforced | grep '"blocked"' | head -n 2
section err
tail -n 20 $run/err
section kernel
kernel_complaints
section end
