# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154,SC2031 # names of lib.sh and run, which source this
#
# Part: the LSM gates, which need a kernel with trampolines: in a guest, whose
# clock counts instructions (QEMU -icount shift=0), one kernel, one boot.

# shellcheck source=tests/lib/guest.sh
. "$here/../lib/guest.sh"
# shellcheck source=tests/lib/weir-guest.sh
. "$here/../lib/weir-guest.sh"

guest_tree=$dir/guest
weir_payload "$guest_tree"
for file in loops nothing; do
	cp "$out/$file" "$guest_tree/weir/bin/"
done
guest_add_binary "$guest_tree" "$bpfstat" /weir/bin/bpfstat
# Of a listed size, and not what is listed: it has to be hashed each time.
{ cat "$nothing" && echo; } >"$guest_tree/weir/bin/sized"
chmod 755 "$guest_tree/weir/bin/sized"
echo "      - {kind: sha256, value: $(printf %064d 1)," \
	"size: $(stat -c %s "$guest_tree/weir/bin/sized")}" >"$dir/sized.yaml"
sed -i "/kind: dir,/r $dir/sized.yaml" "$guest_tree/weir/catalog/vendors/fakevendor.yaml"
echo "${BENCH_GUEST_ROUNDS:-3}" >"$guest_tree/weir/rounds"
weir_add_test "$guest_tree" "$here/inside.sh"
guest_image "$dir/guest.image" "$guest_tree"
guest_run "${BENCH_KERNEL:-6.12}" "$dir/guest.image" "$out/guest.log" --icount --timeout 900 || {
	tail -n 20 "$out/guest.log" >&2
	echo "bench: the guest did not come to its end" >&2
}
sed -n 's/^SAMPLE //p' "$out/guest.log" >>"$csv"
