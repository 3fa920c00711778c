#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 75-swaps.t: two policies take turns as fast as the
# agent takes them, while two processors start what one of them blocks, what the
# other does, and what both do.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

policy=/run/policy.yaml
journal=/run/journal
swaps=$(cat /weir/count)
serial=1

# An odd serial blocks one, an even one the other.
write_policy()
{
	one=block other=observe
	[ $((serial % 2)) = 1 ] || { one=observe other=block; }
	cat >"$policy.new" <<-POLICY
	policy: swaps
	serial: $serial
	enforce: true
	repeats: each
	rules:
	  - {product: swapvendor/one, mode: $one}
	  - {product: swapvendor/other, mode: $other}
	  - {product: swapvendor/both, mode: block}
	POLICY
	mv "$policy.new" "$policy"
}

# Only the lines that tell of a policy: the rest is as long as the storm.
listen()
{
	mkfifo $run/out $run/taken
	awk '/ in force$/ { print; fflush() }' <$run/out >$run/taken &
	exec 3<>$run/taken
}

swap()
{
	serial=$((serial + 1))
	write_policy
	kill -HUP "$agent"
	# shellcheck disable=SC3045 # busybox has it
	while read -r -t 120 line <&3; do
		case $line in *" serial $serial in force") return 0 ;; esac
	done
	echo "# serial $serial was never taken"
	return 1
}

# Takes what the agent leaves of the processors: how many swaps there are is
# asked here, not how an agent fares that gets no time.
try_for_ever()
{
	while [ ! -e $run/enough ]; do
		/weir/bin/try-exec storm "/opt/swap/$1" 1 25
	done >"$run/tries.$1"
}

weigh()
{
	awk -v swaps="$1" '/^VmRSS|^RssAnon/ { v[$1] = $2 }
		END { printf "after %d rss %d anon %d ", swaps, v["VmRSS:"], v["RssAnon:"] }' \
		"/proc/$agent/status"
	set -- "/proc/$agent/fd/"*
	echo "files $#" "pins $(find /sys/fs/bpf/weir -type f | wc -l)"
}

# What was tried, from the side of those who tried.
tally()
{
	jq -sMc '{ran: (map(.ran) | add), EPERM: (map(.EPERM) | add), other: (map(.other) | add)}' \
		"$run/tries.$1"
}

section start
write_policy
listen
agent_start "$policy" "$journal"
agent_ready 120 || exit 1
for file in one other both; do
	echo "$file $(attempt /opt/swap/$file)"
done

section swaps
tries=
for file in one other both; do
	try_for_ever $file &
	renice -n 19 -p $! >/dev/null
	tries="$tries $!"
done
from=$(uptime_s)
while [ "$serial" -le "$swaps" ] && swap; do
	case $((serial - 1)) in
	40 | "$swaps") weigh $((serial - 1)) ;;
	esac
done
echo "swaps $((serial - 1)) from $from to $(uptime_s)"
touch $run/enough
# shellcheck disable=SC2086 # a list of processes
wait $tries
sleep 1
agent_stop

section tries
for file in one other both; do
	echo "$file $(tally $file)"
done
section mixed
grep -v '"result":"EPERM"' $run/tries.both

section records
# Tens of thousands of long lines, on an emulated processor: by awk, and only
# what is asked. The journal's own tests are elsewhere.
cat $journal/*.ndjson | awk '
	function member(name) {
		if (!match($0, "\"" name "\":\"?[a-z0-9]*"))
			return "-"
		at = RSTART + length(name) + 3
		value = substr($0, at, RSTART + RLENGTH - at)
		sub(/^"/, "", value)
		return value
	}
	/"event_code":"policy-loaded"/ { print "loaded", member("generation"), member("serial") }
	/"event_code":"exec"/ && match($0, /"path":"\/opt\/swap\/[a-z]*"/) {
		file = substr($0, RSTART + 18, RLENGTH - 19)
		print "exec", member("generation"), member("verdict"), file
	}' >$run/records
# Each verdict against the policy of the generation it was given under.
awk '
	$1 == "loaded" { serial[$2] = $3 }
	$1 == "exec" { n[$2, $3, $4]++; gens[$2] }
	END {
		for (key in n) {
			split(key, k, SUBSEP)
			if (!(k[1] in serial)) { unknown += n[key]; continue }
			odd = serial[k[1]] % 2
			deny = k[3] == "both" || (k[3] == "one" && odd) || (k[3] == "other" && !odd)
			if ((k[2] == "deny") != deny) {
				print "wrong", n[key], "generation", k[1], "serial", serial[k[1]],
					k[2], k[3]
				wrong += n[key]
			} else
				right += n[key]
			told[k[2] " " k[3]] += n[key]
		}
		for (g in gens)
			acted++
		print "right", right + 0, "wrong", wrong + 0, "unknown", unknown + 0
		print "generations", acted
		for (t in told)
			print "told", t, told[t]
	}' $run/records
section err
tail -n 20 $run/err
section kernel
kernel_complaints
section end
