# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # names of lib.sh and run, which source this
#
# Part: what a program sees of it, end to end: without the agent, with it,
# without, with. A round's base is the mean of what stood before and behind it,
# and the figure of a loop is its fastest tenth: what else the host does then
# disturbs least. "No network rule": no prefix is listed, so that nothing is
# attached to connect and send.

# "EXEC TCP UDP SEND", each the 10th percentile in nanoseconds.
pairs_measure()
{
	for loop in "exec 250 $nothing" "tcp-connect 1000" "udp-connect 5000" "udp-send 5000"; do
		# shellcheck disable=SC2086 # words
		"$loops" $loop | cut -d ' ' -f 2
	done | tr '\n' ' '
}

pairs_mean()
{
	echo "$1 $2" | awk '{ n = NF / 2; for (i = 1; i <= n; i++) print ($i + $(i + n)) / 2 }' |
		tr '\n' ' '
}

# pairs_note NAME SIDE EXEC TCP UDP SEND
pairs_note()
{
	note "end to end: exec: $1" ns "$2" "$3"
	note "end to end: TCP connect: $1" ns "$2" "$4"
	note "end to end: UDP connect: $1" ns "$2" "$5"
	note "end to end: UDP send: $1" ns "$2" "$6"
}

# pairs_round NAME CATALOGUE POLICY
pairs_round()
{
	agent_start "$2" "$3"
	with=$(pairs_measure)
	agent_stop
	behind=$(pairs_measure)
	# shellcheck disable=SC2046,SC2086 # words
	pairs_note "$1" base $(pairs_mean "$before" "$behind")
	# shellcheck disable=SC2086 # words
	pairs_note "$1" weir $with
	before=$behind
}

bench_native
before=$(pairs_measure)
round=0
while [ $round -lt "$rounds" ]; do
	pairs_round "no network rule" 0 listed
	pairs_round "10000 prefixes: listed" 10000 listed
	pairs_round "10000 prefixes: all" 10000 all
	round=$((round + 1))
done
