#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An arm that nobody confirms ends in the kernel: with the agent there, hung and
# dead, and with the host's power. Whoever armed cannot confirm; a new login can.
# Until then a failed unit of the guard or three units of the system that are
# refused something disarm, and a user who tries a thousand times does not. Of
# three boots in a row that come to nothing the third is disarmed, and so is one
# with weir.off.
#
# Every boot is a guest of its own; what is in /var/lib/weir goes from one to the
# next by its log.
#
# WEIR_KERNELS picks kernels, default "6.12 5.10"; boots that ask nothing of a
# kernel are made on the first.

# Functions are called through ok.
# shellcheck disable=SC2317

here=$(cd "$(dirname "$0")" && pwd)
weir_top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/lib/guest.sh
. "$here/../lib/guest.sh"
# shellcheck source=tests/lib/weir-guest.sh
. "$here/../lib/weir-guest.sh"

kernels=${WEIR_KERNELS:-6.12 5.10}
lapse_s=8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${WEIR_LOGS:-$work}

log_of()
{
	echo "$logs/confirm.$1.$2"
}

# Stands in for systemd's, which a small guest has not: what has failed is in a file.
fake_systemctl()
{
	cat <<-'SYSTEMCTL'
	#!/bin/sh
	[ "$1" = list-units ] || exit 3
	cat /run/failed 2>/dev/null
	echo >/run/asked
	SYSTEMCTL
}

build_root()
{
	weir_payload "$work/root" || return
	weir_add_test "$work/root" "$here/inside/confirm.sh"
	fake_systemctl >"$work/root/usr/bin/systemctl"
	chmod 755 "$work/root/usr/bin/systemctl"
	guest_image "$work/image" "$work/root"
}

# state_of KERNEL BOOT: as a tree to lay over the root.
state_of()
{
	mkdir -p "$work/state.$1.$2/var/lib"
	weir_section "$(log_of "$1" "$2")" state | base64 -d |
		tar -C "$work/state.$1.$2/var/lib" -xf - && echo "$work/state.$1.$2"
}

# boot KERNEL BOOT STAGE FROM [WORD...]: with the state that FROM left behind.
boot()
(
	kernel=$1 name=$2 words="weir.stage=$3 weir.lapse=$lapse_s" from=$4 image=$work/image
	shift 4
	if [ "$from" != - ]; then
		image=$work/image.$kernel.$name
		state=$(state_of "$kernel" "$from") || exit
		guest_image "$image" "$work/root" "$state" || exit
	fi
	guest_run "$kernel" "$image" "$(log_of "$kernel" "$name")" --smp 2 --timeout 400 \
		--append "$words $*"
	rm -f "$work/image.$kernel.$name"
)

section()
{
	weir_section "$(log_of "$1" "$2")" "$3"
}

ended_well()
{
	tail -n 15 "$(log_of "$1" "$2")"
	grep -q '^WEIR-GUEST-END rc=0' "$(log_of "$1" "$2")"
}

says()
{
	section "$1" "$2" "$3"
	section "$1" "$2" "$3" | grep -qE "$4"
}

# Stopped when armed and all the time until about the end of the arm; then not.
lapsed()
{
	section "$1" whole "$2"
	section "$1" whole "$2" | awk -v lapse="$lapse_s" '
		$1 == "armed" { armed = $2 == "EPERM" }
		$1 ~ /^[0-9]+$/ && $2 == "EPERM" { n++; bad += $1 > lapse + 8 }
		$1 ~ /^[0-9]+$/ && $2 == "ran" { ran = 1; bad += $1 < lapse - 1 }
		END { exit !armed || !n || !ran || bad }'
}

two_sessions()
{
	section "$1" whole confirm
	[ "$(section "$1" whole confirm | sed -n 's/^session //p' | sort -u | grep -c '^[0-9]')" = 2 ]
}

judge_kernel()
{
	ok "$1: the guest comes to its end" ended_well "$1" whole
	ok "$1: nothing is armed by itself" says "$1" whole confirm '^before ran disarmed$'
	ok "$1: the session that armed may not confirm" says "$1" whole confirm '^confirm 3$'
	ok "$1: and it stays as it was" says "$1" whole confirm '^refused EPERM unconfirmed$'
	ok "$1: a new login may" says "$1" whole confirm '^accepted EPERM confirmed$'
	ok "$1: these were two sessions" two_sessions "$1"
	ok "$1: disarmed is disarmed" says "$1" whole confirm '^disarmed ran disarmed$'
	ok "$1: left alone an arm lasts ten minutes" says "$1" whole default '^left (59.|600)$'
	ok "$1: an unconfirmed arm ends in its time" lapsed "$1" running
	ok "$1: also with the agent hung" lapsed "$1" stopped
	ok "$1: which is told once for each when it goes on" says "$1" whole stopped '^events 1 2$'
	ok "$1: also with the agent dead" lapsed "$1" killed
	ok "$1: and the next does not arm" says "$1" whole killed '^restarted disarmed ran$'
	ok "$1: and tells it, since nobody has" says "$1" whole killed '^events 3$'
	ok "$1: an arm is left behind" says "$1" whole left '^EPERM unconfirmed$'
	ok "$1: after the power was cut it is gone" says "$1" again again '^reboot ran disarmed$'
	ok "$1: what is confirmed stays" says "$1" again again '^confirmed EPERM confirmed$'
	ok "$1: the kernel has nothing to complain of" [ -z "$(section "$1" whole kernel)" ]
	echo "# $1: $(guest_seconds "$(log_of "$1" whole)") s"
}

judge_boots()
{
	ok "a confirmed policy is armed by the next boot" \
		says "$1" boot-1 boot '^EPERM confirmed off false$'
	ok "and by one that follows soon" says "$1" boot-2 boot '^EPERM confirmed off false$'
	ok "the third that comes to nothing is disarmed" \
		says "$1" boot-3 boot '^ran disarmed off false$'
	ok "and says so" says "$1" boot-3 boot 'three boots in a row'
	ok "whoever wants to can arm it" says "$1" boot-3 boot '^EPERM$'
	ok "weir.off on the command line: nothing is armed" \
		says "$1" boot-off boot '^ran disarmed off true$'
	ok "nor can it be" says "$1" boot-off boot '^arm 3$'
}

judge_backoff()
{
	ok "the guest comes to its end" ended_well "$1" backoff
	ok "a user is refused a thousand times" says "$1" backoff loop '"EPERM":1000,'
	ok "that disarms nothing" \
		says "$1" backoff loop '^state unconfirmed EPERM$'
	ok "and is no sign of anything" says "$1" backoff loop '^events 0$'
	ok "two units of the system, refused again and again, do not" \
		[ "$(section "$1" backoff units | grep -c '^svc-[12] .* unconfirmed$')" = 5 ]
	ok "a third does" says "$1" backoff units '^third disarmed ran$'
	ok "and is named" says "$1" backoff units 'svc-1.service, svc-2.service, tpl@a.service'
	ok "units that are gone before the agent looks count as well" \
		says "$1" backoff fleeting '^third disarmed ran$'
	ok "by their names" \
		says "$1" backoff fleeting 'gone-4.service, gone-5.service, gone-6.service'
	ok "and a user's do not" says "$1" backoff fleeting '^users unconfirmed EPERM$'
	ok "a failed unit that nobody needs to get in does not" \
		says "$1" backoff guard '^other unconfirmed$'
	ok "one of the guard's does" says "$1" backoff guard '^guard disarmed ran$'
	ok "and is named, too" says "$1" backoff guard 'ssh.service has failed since the arm'
	ok "it stays so when the agent is started anew" \
		says "$1" backoff guard '^restarted disarmed ran$'
	ok "a product that was armed alone is stopped" \
		says "$1" backoff product '^armed disarmed EPERM$'
	ok "and is disarmed, too" says "$1" backoff product '^guard disarmed ran$'
	ok "the kernel has nothing to complain of either" [ -z "$(section "$1" backoff kernel)" ]
	echo "# $1: $(guest_seconds "$(log_of "$1" backoff)") s"
}

build_root || exit 1
for kernel in $kernels; do
	boot "$kernel" whole whole - &
done
wait
first=${kernels%% *}
for kernel in $kernels; do
	boot "$kernel" again again whole &
done
wait
boot "$first" backoff backoff - &
boot "$first" boot-1 boot again weir.clock=2026-11-25_10:00:00
boot "$first" boot-2 boot boot-1 weir.clock=2026-11-25_10:02:00
boot "$first" boot-3 boot boot-2 weir.clock=2026-11-25_10:04:00
boot "$first" boot-off boot again weir.off weir.clock=2026-11-25_11:00:00
wait
for kernel in $kernels; do
	judge_kernel "$kernel"
done
judge_boots "$first"
judge_backoff "$first"
done_testing
