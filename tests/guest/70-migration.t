#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A product on its way out, on a Debian with systemd: open-vm-tools is frozen, an
# upgrade of it does not run, one file is spared for one user, it is blocked, let
# go for a while, purged. An arm that nobody confirms ends, whoever is dead; a
# host that suffers from one is let go.
#
# WEIR_MIGRATION_LOG: judge an earlier guest's log instead of a new boot.

# Functions are called through ok.
# shellcheck disable=SC2317

here=$(cd "$(dirname "$0")" && pwd)
weir_top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/lib/guest.sh
. "$here/../lib/guest.sh"
# shellcheck source=tests/lib/weir-guest.sh
. "$here/../lib/weir-guest.sh"
# shellcheck source=tests/lib/one-guest.sh
. "$here/../lib/one-guest.sh"

kernel=${WEIR_KERNELS:-6.12}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=${WEIR_MIGRATION_LOG:-${WEIR_LOGS:-$work}/migration}

# The next build of the product.
fetch_tools()
{
	"$weir_top/scripts/fetch-kernels" --files "$1" bookworm-backports open-vm-tools \
		open-vm-tools-desktop open-vm-tools-containerinfo
}

build_payload()
{
	root=$work/root
	umask 022
	mkdir -p "$root/weir/debs" "$root/usr/sbin" "$root/usr/lib/weir" "$root/etc/weir" \
		"$root/usr/share/weir"
	cp "$weir_build/weir" "$root/usr/sbin/" && cp "$weir_build/canary" "$root/usr/lib/weir/" &&
		cp -r "$weir_top/catalog" "$root/usr/share/weir/" || return
	cp "$here/inside/lib.sh" "$root/weir/"
	cp "$debs"/*.deb "$root/weir/debs/"
	weir_add_test "$root" "$here/inside/migration.sh" && vmware_mask "$root"
}

boot()
{
	rootimage=$(vmware_root) || return
	weir_debs open-vm-tools fetch_tools && build_payload || return
	guest_run_systemd "$kernel" "$rootimage" "$log" --payload "$work/root" --smp 2 \
		--timeout 1500
	return 0
}

# used WHEN: how often the exemption was, by the register.
used()
{
	section exemption | sed -n "s/^used-$1 EX-1 //p" | grep . || echo 0
}

use_is_counted()
{
	section exemption
	[ "$(used before)" -ge 1 ] && [ "$(used after)" -gt "$(used before)" ]
}

# Within 15 s, by the guest's own clock.
in_time()
{
	section backoff
	section backoff | awk '/^guard unit disarmed after/ { ok = $5 - $7 <= 15 }
		END { exit !ok }'
}

# What is left is configuration and data, or nothing.
is_gone()
{
	section remove
	section remove | grep -qxE 'scan [01]' &&
		! section remove | grep '^left ' | grep -qv ' residue$'
}

judge_freeze()
{
	ok "the whole host is counted before the freeze" says_lines observe '.*"counted":true.*' \
		'old: ran'
	ok "frozen, what was there runs" says_lines freeze 'vmhgfs: ran' 'vmtoolsd: ran' 'toolbox: ran'
	ok "touched, chmodded and linked, too" says_lines freeze 'touched: ran' 'chmodded: ran' \
		'linked: ran'
	ok "an upgrade installs, and does not run" says_lines upgrade 'dpkg 0' 'new-vmhgfs: EPERM' \
		'new-vmtoolsd: EPERM'
	ok "nor when the inventory has found it" says_lines upgrade 'later-new-vmhgfs: EPERM' \
		'later-new-vmtoolsd: EPERM'
	ok "nor with the agent killed and started again" says_lines upgrade 'killed-new: EPERM' \
		'restarted-new: EPERM'
	ok "the old build goes on running" says_lines upgrade 'old-vmhgfs: ran' 'later-old-vmhgfs: ran' \
		'restarted-old: ran'
	ok "each is told, with the mode" says_lines upgrade \
		' *[0-9]+ blocked rule freeze /usr/bin/vmhgfs-fuse .*' \
		' *[0-9]+ blocked rule freeze /usr/bin/vmtoolsd .*' \
		' *[0-9]+ allowed installed freeze /usr/bin/vmtoolsd .*'
	ok "a neighbour runs, and is not told of" says_lines upgrade 'neighbour: ran'
}

judge_exemptions()
{
	for mode in freeze block; do
		ok "exempt from $mode is one file for one user" says_lines exemption \
			"$mode-user: ran" "$mode-root: EPERM" "$mode-other-file: EPERM"
	done
	ok "its use is counted, over a reload" use_is_counted
	ok "a user asks, and may not grant" says_lines request '1 .* tester .*: the backup asks it' \
		'weir: grant: only root grants'
	ok "what root grants runs, for whom it was granted" says_lines request 'granted-user: ran' \
		'granted-root: EPERM'
	ok "the register has both names" says_lines request \
		'register GR-1 tester root /usr/bin/vmware-xferlogs 1000'
}

judge_arming()
{
	ok "blocked, old and new are stopped" says_lines block 'block-new: EPERM' 'block-old: EPERM'
	ok "a product is disarmed for a while, and armed again by itself" says_lines block \
		'disarmed: ran' 'armed-again: EPERM'
	ok "an arm that nobody confirmed ends when the agent is dead" says_lines lapse \
		'starts disarmed' 'starts: ran' 'killed: EPERM' 'lapsed-killed: ran'
	ok "and when it hangs" says_lines lapse 'hung: EPERM' 'lapsed-hung: ran'
	ok "who armed cannot confirm" says_lines confirm 'same 3' 'still unconfirmed'
	ok "another login can" says_lines confirm 'other 0' 'now confirmed'
	ok "the third quick boot is not armed" says_lines boots 'third boot disarmed' \
		'third-boot: ran' '.*three boots in a row.*'
	ok "until somebody arms it" says_lines boots 'third-armed: EPERM'
	ok "a user who loops what is blocked ends nothing" says_lines backoff \
		'after the loops unconfirmed'
	ok "a guarded unit that fails ends the arm in time" in_time
	ok "and says which" says_lines backoff '.*getty@tty9.service has failed.*'
	ok "three units of the system that are refused something end it" says_lines backoff \
		'before 3 unconfirmed' 'three units disarmed' \
		'.*night1.service, night2.service, night3.service.*'
}

judge_removal()
{
	ok "a removal window lets the product run, and closes" says_lines remove 'armed confirmed' \
		'window-before: EPERM' 'window-open: ran' 'window-closed: EPERM'
	ok "it is purged while armed" says_lines remove 'purge 0'
	ok "what ran in the window is told" says_lines remove \
		' *[0-9]+ allowed (window|removal).* /usr/bin/vmware-checkvm .*'
	ok "the scan says that it is gone, or what is left" is_gone
	ok "disarm works with the agent stopped" says_lines disarm '-> 0'
}

judge()
{
	ok "the guest comes to its end" ended_well
	judge_freeze
	judge_exemptions
	judge_arming
	judge_removal
	ok "no service of the host failed but those of the test" never_says after \
		'^[^ ]*(ssh|dbus|systemd|getty@tty1|user@)'
	ok "the kernel has nothing to complain of" [ -z "$(section kernel)" ]
}

[ -n "$WEIR_MIGRATION_LOG" ] || boot || { echo "Bail out! no guest"; exit 1; }
judge
echo "# $kernel: $(guest_seconds "$log") s"
done_testing
