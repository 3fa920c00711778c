#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The collectors of the running system on what a kernel with modules, probes
# and netfilter really tells: loaded modules, a kprobe and a uprobe of tracefs,
# hooks of a module, interfaces and sockets of two network namespaces, with
# sock_diag and without. What the kernel's own tree brings is no finding.
#
# WEIR_LIVE_LOG: judge an earlier guest's log instead of a new boot.

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
log=${WEIR_LIVE_LOG:-${WEIR_LOGS:-$work}/live}

# vendor INDICATOR...: a vendor file with these.
vendor()
{
	cat <<-VENDOR
	vendor: fakevendor
	name: Fake Vendor
	products:
	  - product: agent
	    name: Fake Vendor Agent
	    class: vendor_product
	    indicators:
	VENDOR
	printf '      - {%s}\n' "$@"
}

build_payload()
{
	root=$work/root
	weir_payload "$root" || return
	for name in live bare own; do
		mkdir -p "$root/weir/$name/vendors"
	done
	vendor "kind: module, value: vsock" "kind: module, value: \"br_netfil*\"" \
		"kind: dir, value: /opt/vendor/" "kind: interface, value: vmnet8, sufficient: true" \
		"kind: comm, value: busybox-ew" "kind: listen, value: tcp/47671" \
		>"$root/weir/live/vendors/fakevendor.yaml"
	# The kernel's own drivers stand in the catalogue to be taken for nobody's.
	mkdir -p "$root/weir/bare/confusables"
	vendor "kind: module, value: vsock" >"$root/weir/bare/vendors/fakevendor.yaml"
	sed 's/confused-with: .*/confused-with: [fakevendor]/' \
		"$weir_top/catalog/confusables/kernel-drivers.yaml" \
		>"$root/weir/bare/confusables/kernel-drivers.yaml"
	vendor "kind: dir, value: /sys/fs/bpf/weir/" >"$root/weir/own/vendors/fakevendor.yaml"
	weir_add_test "$root" "$here/inside/live.sh"
	guest_image "$work/image" "$root"
}

says_not()
{
	section "$1"
	! section "$1" | grep -qE -- "$2"
}

all_read()
{
	for part in modules probes netfilter interfaces text diag own; do
		says "$part" '^summary' && says_not "$part" '^unread' || return 1
	done
}

[ -n "${WEIR_LIVE_LOG-}" ] || {
	build_payload || exit 1
	guest_run "$kernel" "$work/image" "$log" --timeout 300 \
		--modules vsock_loopback,br_netfilter,nfnetlink_hook,dummy,veth
}
found='^found fakevendor/agent'

ok "the guest comes to its end" ended_well
ok "a loaded module is found, with its file and who uses it" \
	says modules "$found module \[vsock\] loaded, used by [1-9][0-9]*, from /lib/modules/.*/vsock.ko"
ok "an installed one is found by a pattern" \
	says modules "$found module \[/lib/modules/[^ ]*/br_netfilter.ko\] installed"
ok "all of the modules could be read" says modules '^exit 1$'
ok "drivers of the kernel's tree are cleared, not found" says mainline '^exit 0$'
ok "they are told as cleared" says mainline '^summary 0 products, [1-9]'
ok "a kprobe in a listed module is found by the kernel's own list" \
	says probes "$found probe \[kprobe at vsock_assign_transport"
ok "and by tracefs" says probes "$found probe \[kprobe event p:ew/assign at vsock:"
ok "and as a function that is traced" says probes "$found probe \[ftrace of vsock_assign_transport"
ok "a uprobe in a listed file is found" \
	says probes "$found probe \[uprobe event p:ew/hello in /opt/vendor/hello\]"
ok "netfilter hooks of a listed module are found" \
	says netfilter "$found hook \[bridge prerouting priority .*\] registered by .* br_netfilter"
ok "an interface is found" says interfaces "$found interface \[vmnet8\] dummy, down"
ok "and one of another network namespace" \
	says interfaces "$found interface \[vmnet8 \(network of [0-9]+ \(.*\)\)\] veth, down"
ok "a listening socket is found without sock_diag" \
	says text "$found socket \[tcp [^ ]*:47671\] listening, held by busybox-ew .*, told by /proc/net"
ok "and with it" says diag "$found socket \[tcp [^ ]*:47671\] listening, held by busybox-ew"
ok "which is then not told of /proc/net" says_not diag 'told by /proc/net'
ok "nothing was left unread" all_read
ok "the agent's own programs are pinned" says own '^[1-9][0-9]*$'
ok "and are nobody's" says own '^exit 0$'
ok "the kernel has nothing to complain of" says_not complaints .
echo "# $kernel: $(guest_seconds "$log") s"
done_testing
