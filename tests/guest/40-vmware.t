#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Real software under the real catalogue: open-vm-tools of Debian 12 is observed
# under the directive, left alone by a rule that names the vendor (its class),
# stopped by one that names the product, and runs again once disarmed; free VPN
# clients of the same vendors' protocols are never touched.
#
#   40-vmware.t          TAP
#   40-vmware.t --demo   the story, with what the guest really printed
#
# WEIR_VMWARE_LOG: judge (or tell) an earlier guest's log instead of a new boot.

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
log=${WEIR_VMWARE_LOG:-${WEIR_LOGS:-$work}/vmware}

story_policy()
{
	cat <<-POLICY
	policy: story
	serial: $1
	enforce: true
	directives: [cn-2026-01]
	POLICY
	[ -z "$2" ] || printf 'rules:\n  - {%s, mode: block}\n' "$2"
}

build_payload()
{
	root=$work/root
	umask 022
	mkdir -p "$root/weir/policy" "$root/usr/sbin" "$root/usr/lib/weir" "$root/etc/weir" \
		"$root/usr/share/weir" "$root/weir/bin" \
		"$root/etc/systemd/system/vgauth.service.d"
	cp "$weir_build/weir" "$root/usr/sbin/" && cp "$weir_build/canary" "$root/usr/lib/weir/" &&
		cp -r "$weir_top/catalog" "$root/usr/share/weir/" || return
	cp "$here/inside/lib.sh" "$root/weir/"
	weir_add_test "$root" "$here/inside/vmware.sh" && vmware_mask "$root"
	story_policy 1 "" >"$root/weir/policy/directive.yaml"
	story_policy 2 "vendor: broadcom-vmware" >"$root/weir/policy/vendor.yaml"
	story_policy 3 "product: broadcom-vmware/open-vm-tools" \
		>"$root/weir/policy/product.yaml"
	# The service runs on any host; only its unit asks for a hypervisor.
	printf '[Unit]\nConditionVirtualization=\n' \
		>"$root/etc/systemd/system/vgauth.service.d/anywhere.conf"
}

boot()
{
	rootimage=$(vmware_root) || return
	build_payload || return
	guest_run_systemd "$kernel" "$rootimage" "$log" --payload "$work/root" --smp 2 \
		--timeout 500
	return 0
}

# result SECTION COMMAND: how that command ended there.
result()
{
	section "$1" | awk -v cmd="\$ $2" 'index($0, cmd) == 1 { on = 1 }
		on && /^-> / { print $2; exit }'
}

runs()
{
	section "$1"
	says "$1" "vgauth.service is active" "socket .* is there" >/dev/null &&
		[ "$(result "$1" "/usr/bin/vmhgfs-fuse")" = 0 ]
}

is_stopped()
{
	section "$1"
	says "$1" "vgauth.service is failed" "^no socket" >/dev/null &&
		[ "$(result "$1" "/usr/bin/vmhgfs-fuse")" = 126 ]
}

clients_run()
{
	for part in before directive vendor product disarmed; do
		section "$part" | grep -A 3 'openfortivpn --version\|openconnect --version'
		[ "$(result "$part" /usr/bin/openfortivpn)" = 0 ] || return
		section "$part" | grep -q '^OpenConnect version' || return
	done
}

judge()
{
	ok "the guest comes to its end" ended_well
	ok "the host is a Debian with open-vm-tools" says host "^open-vm-tools"
	ok "without weir, VGAuthService and vmhgfs-fuse run" runs before
	ok "under the directive they run" runs directive
	ok "under the directive they are seen" says directive \
		"exec seen mode broadcom-vmware/open-vm-tools /usr/bin/VGAuthService" \
		"exec seen mode broadcom-vmware/open-vm-tools /usr/bin/vmhgfs-fuse"
	ok "a rule that names the vendor leaves them alone" runs vendor
	ok "and says that it is for their class" says vendor \
		"exec [a-z]+ class broadcom-vmware/open-vm-tools /usr/bin/VGAuthService"
	ok "a rule that names the product stops both, and the socket" is_stopped product
	ok "the refusals are told" says after \
		"exec blocked rule broadcom-vmware/open-vm-tools /usr/bin/VGAuthService" \
		"exec blocked rule broadcom-vmware/open-vm-tools /usr/bin/vmhgfs-fuse"
	ok "explain says why" says product "open-vm-tools" "block"
	ok "disarmed, they run again" runs disarmed
	ok "openfortivpn and openconnect run throughout" clients_run
	ok "nobody says that these were stopped" never_says after \
		"(blocked|would-block).*(openfortivpn|openconnect)"
	ok "no service of the host failed" never_says after "failed"
	ok "the kernel has nothing to complain of" [ -z "$(section kernel)" ]
}

chapter()
{
	printf '\n--- %s\n' "$2"
	section "$1"
}

tell()
{
	chapter host "A Debian 12 with open-vm-tools, in a guest, kernel $kernel"
	chapter before "Without weir: the service starts, the program answers"
	chapter directive "Under directive cn-2026-01: everything runs, and is seen"
	chapter vendor "A rule for the vendor: distribution builds are not what it means"
	chapter product "A rule for the product: it does not start any more"
	chapter disarmed "weir disarm: everything is as before"
}

[ -n "$WEIR_VMWARE_LOG" ] || boot || { echo "Bail out! no guest"; exit 1; }
if [ "${1-}" = --demo ]; then
	tell
	ended_well >/dev/null
	exit
fi
judge
echo "# $kernel: $(guest_seconds "$log") s"
done_testing
