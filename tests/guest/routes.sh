#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest: tries every way to execute or reach what the policy
# names, one group at a time, and prints "ROUTE RESULT" per line.
#
#   routes.sh GROUP...            the groups below, or: exec net all
#   routes.sh compare TABLE       standard input against expect/TABLE, as TAP
#
# RESULT: ran, arrived, EPERM (any errno), SIGSEGV (any signal), 127 (exit
# status), lost, mixed, unsupported, error. A suffix tells what differs from
# the plain route: ".nobuildid" the target, ".6" the address.
#
# Wants: fixtures in WEIR_BIN, the listed files in VENDOR (see place_vendor),
# root, /proc, /dev/shm and, for dlopen and company, fixtures/root on "/".

: "${WEIR_BIN:=/weir/bin}" "${VENDOR:=/opt/vendor}"
: "${DENY4:=192.0.2.9}" "${DENY6:=2001:db8::9}" "${PORT:=4433}"
: "${LOAD_PROCS:=20}" "${LOAD_EACH:=4}"
: "${STORM_PROCS:=16}" "${STORM_EACH:=60}" "${FLOOD_COUNT:=2000}"
export WEIR_BIN

# Files that the policy lists. Before the policy is loaded, or they have no keys.
place_vendor() {
	mkdir -p "$VENDOR"
	for f in hello hello-nobuildid hello-dyn libexample.so loader hello.sh hello.weir; do
		cp "$WEIR_BIN/$f" "$VENDOR/$f"
	done
	# Known by its place alone, and the nearest one is listed on weaker grounds.
	mkdir -p "$VENDOR/inner"
	cp "$WEIR_BIN/hello-nobuildid" "$VENDOR/inner/plain"
	echo inner >> "$VENDOR/inner/plain"
}

# The denied addresses are this host's own, so that something can arrive there.
setup_net() {
	ip link set lo up
	ip addr add "$DENY4/32" dev lo 2>/dev/null
	ip addr add "$DENY6/128" dev lo 2>/dev/null
	quick_failure
}

# Denials that only drop packets would take minutes; without 3, fast open proves nothing.
quick_failure() {
	put 3 /proc/sys/net/ipv4/tcp_fastopen
	put 1 /proc/sys/net/ipv4/tcp_syn_retries
	put 1 /proc/sys/net/sctp/max_init_retransmits
	put 500 /proc/sys/net/sctp/rto_initial
	put 500 /proc/sys/net/sctp/rto_max
}

put() {
	[ ! -w "$2" ] || echo "$1" > "$2" 2>/dev/null
}

# JSON line to one word; why a route could not be tried goes to standard error.
result_of() {
	word=${1#*'"result":"'}
	case $1 in
	*'"result":"exit"'*)	word=${1#*'"exit":'}; word=${word%%[!0-9]*} ;;
	*'"result":"'*)		word=${word%%'"'*} ;;
	*)			word=error ;;
	esac
	case $word in
	error | unsupported | mixed)	echo "# $1" >&2 ;;
	esac
	echo "$word"
}

# run LABEL PROGRAM ARG...
run() {
	label=$1
	shift
	echo "$label $(result_of "$("$@" 2>/dev/null)")"
}

tries() {	# FILE SUFFIX ROUTE...
	file=$1 suffix=$2
	shift 2
	for route; do
		run "$route$suffix" "$WEIR_BIN/try-exec" "$route" "$VENDOR/$file"
	done
}

exec_plain() {
	tries hello "" execve execv-relative execveat-fd execveat-dirfd
	tries hello-nobuildid .nobuildid execve
	tries hello-dyn .dyn execve
	tries inner/plain .inner execve
}

exec_alias() {
	tries hello "" symlink hardlink rename deep-path bind-mount deleted
	tries hello-nobuildid .nobuildid hardlink
	tries hello.sh .place hardlink
}

exec_copy() {
	tries hello "" copy copy-tmpfs copy-append memfd memfd-sealed
	tries hello-nobuildid .nobuildid copy copy-tmpfs copy-append memfd memfd-sealed
}

exec_enter() {
	tries hello "" mount-ns pid-ns user-ns chroot overlayfs overlayfs-upper
	tries hello-nobuildid .nobuildid overlayfs overlayfs-upper
}

exec_process() {
	tries hello "" thread vfork posix-spawn other-uid
}

exec_interp() {
	tries hello "" shebang-interpreter binfmt-misc-interpreter
	tries hello.sh "" script-itself sh-script
	tries hello.weir "" binfmt-misc-file
	tries hello-dyn "" ld-so
	tries loader "" pt-interp
}

exec_load() {
	tries libexample.so "" preload dlopen dt-needed \
		mmap-exec mmap-exec-shared mmap-personality mmap-then-mprotect
}

exec_storm() {
	run storm "$WEIR_BIN/try-exec" storm "$VENDOR/hello" "$STORM_PROCS" "$STORM_EACH"
}

load_some() {
	n=0
	while [ $n -lt "$LOAD_EACH" ]; do
		run load-storm "$WEIR_BIN/try-exec" dlopen "$VENDOR/libexample.so"
		n=$((n + 1))
	done
}

# What all of them came to, or "mixed".
exec_load_storm() {
	n=0
	words=$(while [ $n -lt "$LOAD_PROCS" ]; do
		load_some &
		n=$((n + 1))
	done; wait)
	words=$(echo "$words" | sort | uniq -c)
	case $words in
	*"
"*)	echo "# load-storm: $words" >&2; echo "load-storm mixed" ;;
	*)	echo "load-storm ${words##* }" ;;
	esac
}

# Nobody lists these: every one of them has to run, whatever the gate does.
exec_flood() {
	run exec-flood "$WEIR_BIN/exec-flood" "$FLOOD_COUNT" 4
}

reaches() {	# ADDR SUFFIX ROUTE...
	addr=$1 suffix=$2
	shift 2
	for route; do
		run "$route$suffix" "$WEIR_BIN/try-net" "$route" "$addr" "$PORT"
	done
}

net_tcp() {
	reaches "$DENY4" "" tcp4 tcp-nonblock tcp-mapped
	reaches "$DENY6" "" tcp6
	reaches "$DENY6" .6 tcp-nonblock
}

net_fastopen() {
	reaches "$DENY4" "" tcp-fastopen fastopen-connect
	reaches "$DENY6" .6 tcp-fastopen fastopen-connect
}

net_udp() {
	reaches "$DENY4" "" udp-connect udp-sendto udp-sendmmsg udp-sendmsg-unspec \
		udp6-mapped udp6-inet-name
	reaches "$DENY6" .6 udp-connect udp-sendto udp-sendmmsg
}

net_uring() {
	reaches "$DENY4" "" io-uring-connect io-uring-sendmsg
	reaches "$DENY6" .6 io-uring-connect io-uring-sendmsg
}

net_mptcp() {
	reaches "$DENY4" "" mptcp mptcp-fastopen
	reaches "$DENY6" .6 mptcp
}

net_sctp() {
	reaches "$DENY4" "" sctp sctp-connectx sctp-seqpacket
	reaches "$DENY6" .6 sctp
}

net_raw() {
	reaches "$DENY4" "" raw packet
}

EXEC_GROUPS="exec_plain exec_alias exec_copy exec_enter exec_process exec_interp exec_load
	exec_storm exec_load_storm exec_flood"
NET_GROUPS="net_tcp net_fastopen net_udp net_uring net_mptcp net_sctp net_raw"

# TABLE has "ROUTE RESULT[|RESULT...] note"; "?" takes anything and says what came.
# A route that the table knows and the run does not is a failure too. Results may
# come off a serial console, which ends its lines with a carriage return.
compare() {
	awk '
	{ sub(/\r$/, "") }
	/^#/ || !NF { next }
	FNR == NR   { want[$1] = $2; next }
	{
		seen[$1] = 1; n++
		good = want[$1] == "?"
		m = split(want[$1], any, "|")
		for (i = 1; i <= m; i++)
			good = good || any[i] == $2
		bad += !good
		printf "%s %d - %s: %s", good ? "ok" : "not ok", n, $1, $2
		if (want[$1] == "?") printf " # measured, nothing was expected"
		else if (!good) printf " (expected %s)", want[$1] == "" ? "no such route" : want[$1]
		print ""
	}
	END {
		for (r in want)
			if (!seen[r]) { bad++; printf "not ok %d - %s: not tried\n", ++n, r }
		print "1.." n
		exit bad > 0
	}' "$1" -
}

main() {
	if [ "${1-}" = compare ]; then
		compare "${0%/*}/expect/$2"
		return
	fi
	# shellcheck disable=SC2086 # the lists are meant to be split
	for group; do
		case $group in
		exec)	main $EXEC_GROUPS ;;
		net)	main $NET_GROUPS ;;
		all)	main exec net ;;
		place)	place_vendor ;;
		setup)	place_vendor; setup_net ;;
		setup_net)	setup_net ;;
		exec_* | net_*)	"$group" ;;
		*)	echo "routes.sh: no group $group" >&2; return 2 ;;
		esac
	done
}

main "$@"
