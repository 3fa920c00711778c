#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: systemd-root.sh [PKG...]
#
# Builds a bookworm system with systemd, sshd and the packages given, as an ext4
# image that guest_run_systemd boots, and prints the image's path. The image is
# kept in the cache under its package list and this script; needs root once.

set -eu

packages="systemd-sysv udev dbus kmod procps openssh-server iproute2 login passwd
	libpam-modules libpam-systemd"
cache=${WEIR_CACHE:-$HOME/.cache/weir}
here=$(dirname "$0")

# Services that cost an emulated CPU seconds and that no test looks at.
masked="getty@tty1.service serial-getty@ttyS0.service apt-daily.timer apt-daily-upgrade.timer
	dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
	systemd-pstore.service systemd-random-seed.service modprobe@drm.service"

die()
{
	echo "systemd-root: $*" >&2
	exit 1
}

# Runs the test once the boot is complete; as "exec", so that the boot does become
# complete and is-system-running can be asked. After= its own target is no loop:
# systemd leaves out the target's default ordering then.
write_unit()
{
	cat >"$1/etc/systemd/system/weir-test.service" <<-UNIT
	[Unit]
	Description=Test payload of the guest
	After=multi-user.target
	[Service]
	Type=exec
	ExecStart=/usr/local/sbin/weir-guest-test
	TimeoutStartSec=infinity
	[Install]
	WantedBy=multi-user.target
	UNIT
	ln -s ../weir-test.service "$1/etc/systemd/system/multi-user.target.wants/"
}

# The closing line, and why stty stands behind it: see guest.sh.
write_runner()
{
	cat >"$1/usr/local/sbin/weir-guest-test" <<-'RUNNER'
	#!/bin/sh
	exec </dev/null >/dev/ttyS0 2>&1
	stty -F /dev/ttyS0 -onlcr
	export HOME=/root
	cd /
	/weir/test
	rc=$?
	echo
	echo "WEIR-GUEST-END rc=$rc"
	stty -F /dev/ttyS0 -onlcr
	systemctl poweroff --force --force
	RUNNER
	chmod 755 "$1/usr/local/sbin/weir-guest-test"
}

write_sysctl()
{
	cat >"$1/etc/sysctl.d/weir-guest.conf" <<-SYSCTL
	kernel.printk = 3
	net.ipv4.tcp_syn_retries = 1
	net.ipv4.tcp_fastopen = 3
	SYSCTL
}

configure()
{
	write_unit "$1"
	write_runner "$1"
	write_sysctl "$1"
	for unit in $masked; do
		ln -sf /dev/null "$1/etc/systemd/system/$unit"
	done
	echo weir-guest >"$1/etc/hostname"
	echo "127.0.0.1 localhost weir-guest" >"$1/etc/hosts"
	# An empty id would mean "first boot" and redo all presets at every run.
	echo 5745495200000000000000000000cafe >"$1/etc/machine-id"
	mkdir -p "$1/weir"
}

bootstrap()
{
	"$here/../../scripts/fetch-kernels" --sources bookworm bookworm-security >"$work/sources"
	[ -s "$work/sources" ] || die "apt on this host knows no Debian mirror"
	mmdebstrap --quiet --variant=minbase --mode=root \
		--include="$(echo "$packages" | tr -s ' \n\t' ',')" \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		bookworm "$work/root" - <"$work/sources" >"$work/log" 2>&1 ||
		die "mmdebstrap failed: $(grep -m 1 -E '^E:|error' "$work/log")"
	rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists"
}

# Free space for what a test writes; no journal, for nothing outlives the run.
make_image()
{
	size=$(($(du -sm "$work/root" | cut -f 1) * 5 / 4 + 150))
	mke2fs -q -t ext4 -O ^has_journal -d "$work/root" "$1.new" "${size}M" >/dev/null
	mv "$1.new" "$1"
}

packages="$packages $*"
key=$(echo "$packages" | cat - "$0" | sha256sum | cut -c 1-12)
image=$cache/roots/$key.ext4
mkdir -p "$cache/roots"
exec 9>"$cache/roots/lock"
flock 9
if [ ! -e "$image" ]; then
	[ "$(id -u)" = 0 ] || die "root is needed to build $image"
	work=$(mktemp -d "$cache/roots/work.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	bootstrap
	configure "$work/root"
	make_image "$image"
	echo "$packages" | tr -s ' \n\t' ' ' >"$image.packages"
fi
echo "$image"
