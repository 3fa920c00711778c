#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The inventory on a real host: a Debian 12 with systemd, all of VMware's tools,
# and the free software that is often taken for a vendor's. `weir scan` finds the
# one and clears the other; weir.service, as installed, refuses at its first run
# what only the inventory can tell; --diff says what a removal has left.
#
# WEIR_SCAN_LOG: judge an earlier guest's log instead of a new boot.

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
log=${WEIR_SCAN_LOG:-${WEIR_LOGS:-$work}/scan}
tools=broadcom-vmware/open-vm-tools

write_units()
{
	units=$1/etc/systemd/system
	# The service runs on any host; only its unit asks for a hypervisor.
	mkdir -p "$units/vgauth.service.d" "$units/weir.service.d" "$1/weir/units"
	printf '[Unit]\nConditionVirtualization=\n' >"$units/vgauth.service.d/anywhere.conf"
	# As a provisioning system would; and emulated CPUs take their time.
	printf '[Service]\nExecStart=\nExecStart=%s\nTimeoutStartSec=300\n' \
		"/usr/sbin/weir run --policy /etc/weir/policy.yaml --confirmed" \
		>"$units/weir.service.d/confirmed.conf"
	printf '[Service]\nType=oneshot\nExecStart=/usr/bin/vmtoolsd --cmd nonsense\n' \
		>"$units/tools-fails.service"
	printf '[Service]\nType=oneshot\nExecStart=/usr/bin/vmware-checkvm\n' \
		>"$units/tools-helper.service"
	printf '[Timer]\nOnCalendar=yearly\n' >"$units/tools-helper.timer"
	printf '[Service]\nExecStart=/usr/bin/vmtoolsd -n vmusr\n' \
		>"$1/weir/units/tools-mine.service"
}

# A program that needs a library of VMware's, and a library of that name: no
# hash, no build-id and no place that the catalogue has.
build_samples()
(
	set -e
	${CC:-gcc} -shared -nostdlib -x c -Wl,-soname,libvmtools.so.0 -Wl,--build-id=none \
		-o "$1/stub.so" - <<-STUB
	int weir_stub(void);
	int weir_stub(void) { return 0; }
	STUB
	${CC:-gcc} -Wl,--build-id=none -o "$1/linked" "$weir_top/tests/fixtures/hello.c" \
		-Wl,--no-as-needed "$1/stub.so"
	cp "$weir_build/fixtures/hello-nobuildid" "$weir_build/fixtures/try-exec" "$1/"
	mkdir "$work/disk"
	cp "$1/linked" "$work/disk/linked"
	echo disk >>"$work/disk/linked"
	mke2fs -q -t ext4 -O ^has_journal -d "$work/disk" "$1/../disk.ext4" 4M >/dev/null
)

build_payload()
{
	root=$work/root
	umask 022
	mkdir -p "$root/weir/bin" "$root/etc/weir" "$root/usr/lib/systemd/system"
	make -s -C "$weir_top" install DESTDIR="$root" OUTPUT="$weir_build" >&2 || return
	cp "$here/inside/lib.sh" "$here/inside/service.sh" "$root/weir/"
	weir_add_test "$root" "$here/inside/scan.sh" && vmware_mask "$root" || return
	write_units "$root"
	cat >"$root/etc/weir/policy.yaml" <<-POLICY
	policy: shown
	serial: 1
	enforce: true
	directives: [cn-2026-01]
	rules:
	  - {product: $tools, mode: block}
	POLICY
	build_samples "$root/weir/bin"
}

boot()
{
	rootimage=$(vmware_root) || return
	build_payload || return
	guest_run_systemd "$kernel" "$rootimage" "$log" --payload "$work/root" --smp 2 \
		--modules loop --timeout 1200
	return 0
}

# lists SECTION BEGINNING TEXT: the lines that begin so are these and no others.
lists()
{
	section "$1"
	[ "$(section "$1" | grep -E "^$2")" = "$3" ]
}

# all_found SECTION: as many as there are, and there are some.
all_found()
{
	section "$1" | awk '$1 == "expected" { ok = $2 > 30 && $2 == $4 } END { exit !ok }'
}

unit()
{
	says units "$@"
}

# After a restart and a reload no pass had ended when the file was tried.
had_no_pass()
{
	says "$1" "^passes: 0\$"
}

judge_scan()
{
	ok "the guest comes to its end" ended_well
	ok "it has all of VMware's packages, and free software of others" says host \
		"^open-vm-tools	" "^open-vm-tools-desktop" "^open-vm-tools-containerinfo" \
		"^openfortivpn" "^openconnect" "^network-manager-fortisslvpn" \
		"^wireshark-common" "^libgl1-mesa-dri"
	ok "one product is found, and no other" lists scan product "product $tools running"
	ok "every ELF file of its packages is found" all_found scan
	ok "and its three packages" says scan "^package open-vm-tools [0-9]" \
		"^package open-vm-tools-desktop [0-9]" "^package open-vm-tools-containerinfo [0-9]"
	ok "VGAuthService is seen running, and which unit started it" says scan \
		"^process /usr/bin/VGAuthService running by=vgauth.service"
	ok "and so is its socket" says scan "^socket unix /(var/)?run/vmware/guestServicePipe running"
	ok "there is nothing that could not be read" says scan "^unread \[\] 0\$" "^exit 1\$"
	ok "units: a running one" unit "^unit vgauth.service running running"
	ok "units: one that waits for another host, enabled" \
		unit "^unit open-vm-tools.service installed enabled"
	ok "units: a masked one" unit '^unit run-vmblock.*fuse.mount installed masked'
	ok "units: a failed one that only runs its program" \
		unit "^unit tools-fails.service installed failed"
	ok "units: one of a timer" unit "^unit tools-helper.service .*by=tools-helper.timer"
	ok "units: a user's own" unit "^unit .*/tools-mine.service .*user=tester"
	ok "look-alikes are told with the class that clears them" says cleared \
		"^third_party_client package openfortivpn " \
		"^third_party_client file /usr/bin/openfortivpn " \
		"^third_party_client package openconnect " \
		"^third_party_client file /usr/sbin/openconnect " \
		"^third_party_client package network-manager-fortisslvpn " \
		"^third_party_parser file .*libwireshark" \
		"^vendor_oss_in_distro package libgl1-mesa-dri " \
		"^vendor_oss_in_distro file .*/vmwgfx_dri.so "
	ok "a copy is found, as owned by no package" all_found copies
	ok "a forged package is unverified, and the rest as before" lists copies product \
"product $tools running
product crowdstrike/falcon-sensor unverified"
	ok "it is all there is of that product" lists copies thing \
		"thing package falcon-sensor unverified"
	ok "Erlang's epmd and GNOME's orca are cleared" says copies \
		"^cleared - package erlang-base name_collision" \
		"^cleared - file /usr/bin/epmd name_collision" \
		"^cleared - package orca name_collision"
}

judge_service()
{
	ok "weir.service starts, and its gates are proven" says service \
		"^start: 0\$" "^ready 0 " "^service: active, restarts 0\$"
	ok "no process of it has rights beyond the unit's" never_says service \
		"^process .*NoNewPrivs=0"
	ok "the pass of the inventory gives way to others" says service \
		"^process weir feed .*nice=19"
	ok "parsers run as nobody, without rights, behind a filter" says service \
		"Uid=65534.*CapEff=0000000000000000.*Seccomp=2"
	ok "the pass comes to its end, and nothing could not be read" says service \
		"^inventory: up to date, 1 passes, [1-9].* 0 places not read"
	ok "a program known by what it needs is refused at its first run" says first \
		"^first /srv/tools/one: EPERM\$"
	ok "a library known by its name inside is refused at its first mapping" says first \
		"^mapped /srv/tools/renamed.so: .*(cannot be preloaded|not permitted)"
	ok "the file beside them runs" says first "^first /srv/tools/nobodys: ran\$"
	ok "after a restart another one is refused at its first run" says restart \
		"^restart: 0\$" "^service: active" "^first /srv/tools/two: EPERM\$"
	ok "before any pass has ended" had_no_pass restart
	ok "after a reload, too" says reload "^reload: 0\$" "^policy: shown serial 2" \
		"^first /srv/tools/three: EPERM\$"
	ok "what a package installs under a listed name does not run even once" says install \
		"^postinst: EPERM" "^first /usr/bin/vmware-vgauth-smoketest: EPERM\$"
	ok "what a listed package owns is refused after the pass that it starts" says install \
		"^mount: 0\$" "^pass 2: 0" "^first /usr/lib/sdmp-made/helper: EPERM\$"
	ok "a disk that is mounted is looked through, before anything on it runs" says mount \
		"^first /mnt/disk/linked: EPERM\$"
	ok "on a file system in memory the first run passes, the second does not" says mount \
		"^first /mnt/memory/linked: exit\$" "^then /mnt/memory/linked: EPERM"
	ok "the neighbours run" says neighbours "^runs openfortivpn" "^runs openconnect" \
		"^runs nm-fortisslvpn-service" "^runs dumpcap" "^runs mesa" "^nobodys: ran\$"
	ok "what was refused is of the product" says refused "refused $tools /srv/tools/one"
	ok "and nothing else was" never_says refused "refused [^b]"
	ok "no parser failed" never_says refused "^(PARSER|INVENTORY)"
	ok "no system call of the service was denied" [ -z "$(section denials)" ]
	ok "a unit that the host is entered by fails of it: the arm that waits ends" says backoff \
		"^sssd: failed 203\$" "^then disarmed, (ran|exit)\$" \
		"sssd.service has failed since the arm"
	ok "it stops, and keeps what it identified after a run" says journal \
		"^stopped: inactive" "^known: 1 "
}

judge_removal()
{
	# To dpkg an init script is configuration: it stays, and so the product is not
	# residue yet.
	ok "after a removal it runs no more, and what is left is told" says removed "^exit 1\$" \
		"^product $tools changed running (installed|residue)" "^things gone" \
		"^left package open-vm-tools residue" \
		"^left file /etc/vmware-tools/tools.conf residue"
	ok "no program of it is left" never_says removed "^left file /usr/"
	ok "and the forged package is gone" says removed \
		"^product crowdstrike/falcon-sensor gone unverified null"
	ok "after the purge, and without its data, it is gone" says gone "^exit 0\$" \
		"^product $tools gone running null"
	ok "the kernel has nothing to complain of" [ -z "$(section kernel)" ]
}

[ -n "$WEIR_SCAN_LOG" ] || boot || { echo "Bail out! no guest"; exit 1; }
judge_scan
judge_service
judge_removal
section scan | grep -E '^(scan|expected|summary)' | sed 's/^/# /'
echo "# $kernel: $(guest_seconds "$log") s"
done_testing
