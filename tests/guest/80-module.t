#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel module alone: every road to a restricted file or address is refused,
# content included, on kernels where BPF could not; nothing that root may switch
# by the way opens the gate; what was denied while nobody listened is kept; and
# disarmed it goes without a trace.
#
# WEIR_MODULE_KERNELS picks kernels, default "6.12 5.10". WEIR_LOGS keeps the logs.

# Functions are called through ok.
# shellcheck disable=SC2317

here=$(cd "$(dirname "$0")" && pwd)
weir_top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/lib/guest.sh
. "$here/../lib/guest.sh"
# shellcheck source=tests/lib/weir-guest.sh
. "$here/../lib/weir-guest.sh"
# shellcheck source=tests/lib/guests.sh
. "$here/../lib/guests.sh"
# shellcheck source=tests/lib/module-guest.sh
. "$here/../lib/module-guest.sh"

kernels=${WEIR_MODULE_KERNELS:-6.12 5.10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${WEIR_LOGS:-$work}

# The module on its other ways to a host is tried for the first kernel.

# Prints where its headers are; in the cache only since module_build.
first_headers()
{
	find "$(guest_cache)/headers/${kernels%% *}/usr/src" -name 'linux-headers-*-amd64'
}

# Prints where the module is.
dkms_module()
{
	find "$work/dkms/tree" -name weir.ko
}

builds_by_dkms()
{
	headers=$(first_headers)
	mkdir -p "$work/dkms/tree"
	make -s -C "$weir_top" install-dkms DESTDIR="$work/dkms" || return
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$work"/dkms/usr/src/weir-*/dkms.conf)
	dkms build -m weir -v "$version" -k "${headers##*/linux-headers-}" \
		--sourcetree "$work/dkms/usr/src" --dkmstree "$work/dkms/tree" \
		--kernelsourcedir "$headers" || { cat "$work"/dkms/tree/weir/*/build/make.log; return 1; }
	[ -s "$(dkms_module)" ]
}

is_signed_once()
{
	openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=weir-test \
		-keyout "$work/key.pem" -out "$work/cert.pem" || return
	set -- "$work/key.pem" "$work/cert.pem" "$(dkms_module)" "$(first_headers)"
	"$weir_top/scripts/sign-module" "$@" &&
		[ "$(PATH=$PATH:/sbin modinfo -F signer "$3")" = weir-test ] &&
		! "$weir_top/scripts/sign-module" "$@"
}

module_build && module_payload "$work/root" || exit 1
weir_add_test "$work/root" "$here/inside/module.sh"
for kernel in $kernels; do
	module_image "$kernel" || exit 1
	module_boot "$kernel" &
done
ok "DKMS builds it from what install-dkms leaves" builds_by_dkms
ok "it is signed with a key of one's own, and not twice" is_signed_once
wait
for kernel in $kernels; do
	module_judge "$kernel"
	echo "# $kernel: $(guest_seconds "$(log_of "$kernel")") s"
done
done_testing
