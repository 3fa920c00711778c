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

make -s -C "$weir_top" OUTPUT="$weir_build" KMOD_KERNELS="$kernels" kmod-all \
	"$weir_build/module-tool" >&2 || exit 1
module_payload "$work/root" || exit 1
weir_add_test "$work/root" "$here/inside/module.sh"
for kernel in $kernels; do
	module_image "$kernel" || exit 1
	module_boot "$kernel" &
done
wait
for kernel in $kernels; do
	module_judge "$kernel"
	echo "# $kernel: $(guest_seconds "$(log_of "$kernel")") s"
done
done_testing
