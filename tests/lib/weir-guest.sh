# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Guests with the agent in them: the payload, its fake vendor, its policies,
# and what a test says about the guest's log. To be sourced, after guest.sh.
#
#   weir_payload DIR            build/weir, canary, fixtures, catalogue, policies
#   weir_add_test DIR FILE...   guest scripts; the first becomes /weir/test
#   vmware_root                 the path of a Debian with VMware's tools and look-alikes
#   weir_debs NAME COMMAND      $debs, a directory in the cache that COMMAND DIR has filled
#   weir_section LOG NAME       the lines between "=== NAME" and the next "==="
#   ok TITLE COMMAND...         one TAP line; what COMMAND said when it failed
#   guest_seconds LOG           from the kernel's start to power-off
#   done_testing                the plan and the exit code
#
# The fake vendor lists /opt/vendor/ by directory, some files by path, hash and
# build-id, and two addresses. What stands next to these is listed by nobody.

weir_top=${weir_top:-$(cd "$(dirname "$0")/../.." && pwd)}
weir_build=${OUTPUT:-$weir_top/build}

vendor_deny4=192.0.2.9 vendor_deny6=2001:db8::9

ok()
{
	ok_title=$1
	shift
	ok_count=$((${ok_count:-0} + 1))
	if ok_said=$("$@" 2>&1); then
		echo "ok $ok_count - $ok_title"
		return 0
	fi
	echo "not ok $ok_count - $ok_title"
	printf '%s\n' "$ok_said" | head -n "${ok_lines:-30}" | sed 's/^/# /'
	ok_failed=$((${ok_failed:-0} + 1))
}

done_testing()
{
	echo "1..${ok_count:-0}"
	[ "${ok_failed:-0}" = 0 ]
}

weir_section()
{
	sed -n "/^=== $2\$/,/^=== /p" "$1" | grep -v '^=== '
}

# How long the guest ran; the time a test waits for a slot says nothing of it.
guest_seconds()
{
	sed -n 's/^.*\[ *\([0-9]*\)\.[0-9]*\] reboot: Power down.*/\1/p' "$1" | tail -n 1
}

# The first 40 digits of the note's hexadecimal line, as readelf prints it.
build_id_of()
{
	readelf -n "$1" 2>/dev/null | sed -n 's/.*Build ID: *//p'
}

list_hash()
{
	echo "      - {kind: sha256, value: $(sha256sum "$1" | cut -d ' ' -f 1)," \
		"size: $(stat -c %s "$1")}"
}

# hello-dyn is left out on purpose: the host's copy of it must run, and find
# that its library is what the gate refuses.
fake_vendor()
{
	cat <<-VENDOR
	vendor: fakevendor
	name: Fake Vendor
	products:
	  - product: agent
	    name: Fake Vendor Agent
	    class: vendor_product
	    indicators:
	      - {kind: dir,  value: /opt/vendor/, confidence: high}
	      - {kind: dir,  value: /opt/vendor/inner/, sufficient: false}
	      - {kind: path, value: /usr/bin/vendor-tool}
	      - {kind: path, value: /opt/vendor/hello}
	      - {kind: path, value: /opt/vendor/hello-nobuildid}
	      - {kind: cidr, value: $vendor_deny4/32}
	      - {kind: cidr, value: "$vendor_deny6/128"}
	VENDOR
	for file in hello libexample.so loader; do
		echo "      - {kind: build-id, value: $(build_id_of "$1/$file")}"
	done
	list_hash "$1/hello"
	list_hash "$1/hello-nobuildid"
	cat <<-VENDOR
	  - product: tools
	    name: Fake Vendor Tools, as the distribution builds them
	    class: vendor_oss_in_distro
	    indicators:
	      - {kind: path, value: /usr/bin/vendor-oss, confidence: high}
	VENDOR
}

fake_directive()
{
	cat <<-DIRECTIVE
	directive: fake-2026
	title: "An order that nobody gave"
	issued: 2026-01-14
	source: ["a test"]
	vendors:
	  - {vendor: fakevendor, status: named}
	DIRECTIVE
}

# fake_policy SERIAL ENFORCE MODE [LINE...]
fake_policy()
{
	cat <<-POLICY
	policy: guest
	serial: $1
	enforce: $2
	repeats: each
	rules:
	  - {vendor: fakevendor, mode: $3}
	POLICY
	shift 3
	[ $# = 0 ] || printf '%s\n' "$@"
}

weir_policies()
{
	all="record: all" until="record-until: 2199-01-01"
	fake_policy 10 false observe >"$1/observe.yaml"
	fake_policy 20 true block >"$1/block.yaml"
	fake_policy 30 false block >"$1/would.yaml"
	fake_policy 40 true block "$all" "$until" >"$1/block-all.yaml"
	fake_policy 50 false block "$all" "$until" >"$1/would-all.yaml"
}

# Programs of nobody, next to what is listed: same directory name and more, same
# file name elsewhere, the vendor's name inside.
look_alikes()
{
	plain=$weir_build/fixtures/hello-nobuildid
	mkdir -p "$1/opt/vendor-not" "$1/opt/vendor2/bin" "$1/srv/opt/vendor" "$1/usr/bin"
	for to in opt/vendor-not/hello opt/vendor2/bin/hello srv/opt/vendor/hello \
		usr/bin/vendor-tools opt/vendor.d; do
		cp "$plain" "$1/$to"
		echo " Fake Vendor Agent, /opt/vendor/, fakevendor $to" >>"$1/$to"
	done
}

weir_payload()
(
	set -e
	umask 022
	root=$1
	for file in weir canary fixtures/try-exec; do
		[ -e "$weir_build/$file" ] || { echo "no $weir_build/$file: run make" >&2; exit 1; }
	done
	mkdir -p "$root/weir/bin" "$root/weir/catalog/vendors" "$root/weir/catalog/directives" \
		"$root/opt/vendor" "$root/usr/lib/weir" "$root/usr/bin" "$root/var/lib"
	cp -a "$weir_build/fixtures/root/." "$root/"
	guest_add_binary "$root" "$weir_build/weir" /usr/sbin/weir
	guest_add_binary "$root" jq
	cp "$weir_build/canary" "$root/usr/lib/weir/canary"
	find "$weir_build/fixtures/" -maxdepth 1 -type f -exec cp {} "$root/weir/bin/" \;
	cp "$weir_top/tests/guest/routes.sh" "$root/weir/"
	WEIR_BIN=$root/weir/bin VENDOR=$root/opt/vendor "$root/weir/routes.sh" place
	cp "$weir_build/fixtures/hello-nobuildid" "$root/usr/bin/vendor-tool"
	echo tool >>"$root/usr/bin/vendor-tool"
	cp "$root/usr/bin/vendor-tool" "$root/usr/bin/vendor-oss"
	echo oss >>"$root/usr/bin/vendor-oss"
	look_alikes "$root"
	fake_vendor "$weir_build/fixtures" >"$root/weir/catalog/vendors/fakevendor.yaml"
	fake_directive >"$root/weir/catalog/directives/fake-2026.yaml"
	weir_policies "$root/weir"
	cp "$weir_top/tests/guest/inside/lib.sh" "$root/weir/lib.sh"
)

weir_add_test()
(
	set -e
	mkdir -p "$1/weir"
	cp "$2" "$1/weir/test"
	chmod 755 "$1/weir/test"
)

weir_debs()
{
	debs=$(guest_cache)/debs/$1
	[ ! -e "$debs" ] || return 0
	new=$(mktemp -d "$(guest_cache)/debs.XXXXXX")
	if "$2" "$new"; then
		chmod 755 "$new"
		mkdir -p "$(guest_cache)/debs" && mv -T "$new" "$debs" && return
	fi
	rm -rf "$new"
	# Another test may have made it meanwhile.
	[ -e "$debs" ]
}

# One root for all tests with real software, since it takes a minute to build:
# what is VMware's, what is often taken for a vendor's, the agent's libraries, jq.
vmware_root()
{
	"$weir_top/tests/lib/systemd-root.sh" open-vm-tools open-vm-tools-desktop \
		open-vm-tools-containerinfo openfortivpn openconnect \
		network-manager-fortisslvpn wireshark-common libgl1-mesa-dri jq libbpf1 \
		libelf1 libyaml-0-2 libjansson4 libcap-ng0 libnl-3-200 libnl-genl-3-200 libssl3
}

# Services that came with them, that cost an emulated CPU seconds and nobody looks at.
vmware_mask()
(
	mkdir -p "$1/etc/systemd/system"
	for unit in NetworkManager NetworkManager-wait-online NetworkManager-dispatcher \
		wpa_supplicant polkit; do
		ln -sf /dev/null "$1/etc/systemd/system/$unit.service"
	done
)
