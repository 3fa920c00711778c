#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An armed host upgrades what it lives on, with apt and from later suites: bash,
# libc, systemd, sshd and the PAM modules. The catalogue calls the new files a
# vendor's, by their hashes, and the policy blocks them: they are guarded all the
# same, without a gap, and the host stays usable. Then a PAM entry and a preload
# come to name a listed library: nobody can arm any more.
#
# WEIR_UPGRADE_LOG: judge an earlier guest's log instead of a new boot.

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
log=${WEIR_UPGRADE_LOG:-${WEIR_LOGS:-$work}/host-upgrade}

# What the host lives on, with what the new versions need. Without udev, whose hardware
# database would take an emulated processor half a minute.
backports="systemd systemd-sysv systemd-dev libsystemd0 libsystemd-shared libpam-systemd
	openssh-server openssh-client openssh-sftp-server"
trixie="bash libc6 libc-bin libtinfo6 libncursesw6 base-files libpam0g libpam-modules
	libpam-modules-bin libdb5.3t64"

# Of the new files these are in the guard, or will be; scp is in no guard.
vitals="bash libc.so.6 ld-linux-x86-64.so.2 libtinfo.so.* libpam.so.* pam_unix.so systemd
	libsystemd-shared-*.so systemd-logind sshd sshd-session sshd-auth"

# The same packages, not compressed: an emulated processor would take a minute for it.
unpress()
{
	for deb in "$1"/*.deb; do
		rm -rf "$work/deb"
		dpkg-deb -R "$deb" "$work/deb" &&
			dpkg-deb -Znone --root-owner-group -b "$work/deb" "$deb.new" \
				>/dev/null && mv "$deb.new" "$deb" || return
	done
}

fetch_upgrade()
{
	# shellcheck disable=SC2086 # lists of words
	"$weir_top/scripts/fetch-kernels" --files "$1" bookworm-backports $backports &&
		"$weir_top/scripts/fetch-kernels" --files "$1" trixie $trixie && unpress "$1"
}

vital_files()
{
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$work/new"
	done
	for name in $vitals scp; do
		find "$work/new" -type f -name "$name" ! -path '*/share/*' ! -path '*/etc/*'
	done
}

indicators()
{
	while read -r file; do
		list_hash "$file"
	done
}

vendor()
{
	cat <<-VENDOR
	vendor: fakevendor
	name: Calls its own what the host lives on
	products:
	  - product: vitals
	    name: New files of an upgrade
	    class: vendor_product
	    indicators:
	VENDOR
	vital_files | indicators
	cat <<-VENDOR
	  - product: login
	    name: Libraries that log people in
	    class: vendor_product
	    indicators:
	      - {kind: path, value: /usr/lib/x86_64-linux-gnu/security/pam_vendor.so}
	      - {kind: path, value: /usr/lib/x86_64-linux-gnu/security/pam_late.so}
	      - {kind: path, value: /usr/lib/vendor/preload.so}
	VENDOR
}

build_payload()
{
	root=$work/root
	umask 022
	mkdir -p "$root/weir/bin" "$root/weir/debs" "$root/weir/catalog/vendors" "$root/etc/weir" \
		"$root/weir/catalog/directives" "$root/etc/systemd/system/weir.service.d"
	make -s -C "$weir_top" install DESTDIR="$root" OUTPUT="$weir_build" >&2 || return
	cp "$here/inside/lib.sh" "$root/weir/"
	cp "$debs"/*.deb "$root/weir/debs/"
	cp "$weir_build/fixtures/try-exec" "$weir_build/fixtures/libexample.so" "$root/weir/bin/"
	vendor >"$root/weir/catalog/vendors/fakevendor.yaml"
	printf '[Service]\nExecStart=\nExecStart=%s\nTimeoutStartSec=300\n' \
		"/usr/sbin/weir run --policy /etc/weir/policy.yaml --catalog /weir/catalog" \
		>"$root/etc/systemd/system/weir.service.d/catalog.conf"
	cat >"$root/etc/weir/policy.yaml" <<-POLICY
	policy: upgrade
	serial: 1
	enforce: true
	rules:
	  - {product: fakevendor/vitals, mode: block}
	  - {product: fakevendor/login, mode: block}
	POLICY
	weir_add_test "$root" "$here/inside/host-upgrade.sh" && vmware_mask "$root"
}

boot()
{
	rootimage=$(vmware_root) || return
	# Under what is asked for: another list is another directory.
	weir_debs "upgrade-$(echo "$backports $trixie" | sha256sum | cut -c 1-12)" fetch_upgrade &&
		build_payload || return
	guest_run_systemd "$kernel" "$rootimage" "$log" --payload "$work/root" --smp 2 \
		--timeout 1500
	return 0
}

# The file behind each name is another one.
is_new()
{
	section before | grep '^inode'
	section after | grep '^inode'
	for name in bash libc sshd systemd pam_unix; do
		[ "$(section before | grep "^inode $name ")" != \
			"$(section after | grep "^inode $name ")" ] || return
	done
}

# Probes before the first new file and after the last, and some between.
was_probed()
{
	section during
	[ "$(section during | sed -n 's/^bash \([0-9]*\) times.*/\1/p')" -ge 10 ]
}

judge_upgrade()
{
	ok "the guest comes to its end" ended_well
	ok "the service is ready, armed and confirmed" says_lines before 'ready 0 .*' 'arm: confirmed'
	ok "ssh and the console log in" says_lines before 'ssh: in' 'console: in'
	ok "apt upgrades all it lives on" says_lines upgrade 'apt 0' 'bash 5\.2\.37.*' 'libc6 2\.41.*' \
		'systemd 25[4-9].*' 'openssh-server 1:10.*' 'libpam-modules 1\.7.*'
	ok "they are new files" is_new
	ok "the shell was tried all the while" was_probed
	ok "and never refused" says_lines during 'bash .* refused 0'
	ok "nor did a login meet a refusal" never_says during 'not permitted'
	ok "right after it ssh, the console and the shell work" says_lines after 'ssh: in' \
		'console: in' 'bash: ran'
	ok "and apt and dpkg" says_lines after 'apt again 0' 'dpkg 0'
	ok "what is no part of the guard is refused, by the same policy" says_lines after 'scp: EPERM'
	ok "pid 1 is the new one, and the host is well" says_lines after \
		'pid 1: .*/systemd/systemd' 'host: running'
	ok "the agent has lived on, armed" says_lines after 'weir: active, restarts 0' 'arm: confirmed'
	ok "the policy now meets the guard: one line says so" says_lines later \
		'kept: .*policy\.yaml: rule at .* would block .*'
	ok "and still nothing of the guard is refused" says_lines later 'ssh: in' 'console: in' \
		'bash: ran' 'scp: EPERM'
	ok "the journal has no refusal but that of scp" never_says blocked '^blocked .*/[^ ]*$'
}

judge_arming()
{
	ok "without such entries it can be armed" says_lines entries 'clean 0'
	ok "a PAM entry that names a listed library: arming is refused" says_lines entries 'pam 2' \
		'pam: disarmed' 'pam: .*not armed: .*pam_vendor\.so.*/etc/pam\.d/sshd.*'
	ok "a preload, too" says_lines entries 'preload 2' 'preload: disarmed' \
		'preload: .*not armed: .*/usr/lib/vendor/preload\.so.*ld\.so\.preload.*'
	ok "in one line" says_lines entries 'pam lines 1' 'preload lines 1'
	ok "without them it can be armed again" says_lines entries 'again 0'
	ok "a login module that comes while armed is let log in" says_lines entries \
		'late before: refused' 'late after: mapped' 'late ssh: in'
	ok "nor does an agent that starts then stop it, and says so" says_lines entries \
		'start: 0 [1-9].*' '.*pam_late.*that runs, all else is in force'
	ok "the kernel has nothing to complain of" [ -z "$(section kernel)" ]
}

[ -n "$WEIR_UPGRADE_LOG" ] || boot || { echo "Bail out! no guest"; exit 1; }
judge_upgrade
judge_arming
echo "# $kernel: $(guest_seconds "$log") s"
done_testing
