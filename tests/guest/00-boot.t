#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every kernel in $WEIR_KERNELS boots, is the release we think it is, has the
# security file system, and loads the modules that other tests ask for.

here=$(dirname "$0")
# shellcheck source=tests/lib/guest.sh
. "$here/../lib/guest.sh"

kernels=${WEIR_KERNELS:-5.10 6.1 6.12 7}
modules="overlay sctp binfmt_misc"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

# ok TITLE LOG COMMAND...: one TAP line; the end of the log when it failed.
ok()
{
	title=$1 log=$2
	shift 2
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $title"
	else
		echo "not ok $count - $title"
		tail -n 20 "$log" | sed 's/^/# /'
	fi
}

has_line()
{
	grep -qx "$2" "$1"
}

released()
{
	has_line "$1" "release $2" && has_line "$1" "lsm .*capability.*"
}

# shellcheck disable=SC2086 # a list of words
set -- $kernels
echo "1..$((3 * $#))"

cat >"$work/test" <<-TEST
	#!/bin/sh
	echo "release \$(uname -r)"
	echo "lsm \$(cat /sys/kernel/security/lsm)"
	for module in $modules; do
		[ ! -d /sys/module/\$module ] || echo "module \$module"
	done
TEST
chmod 755 "$work/test"
guest_image "$work/image" "$work/test" || exit 1

# All at once: guest_run lets two of them in at a time.
for kernel in "$@"; do
	{
		guest_run "$kernel" "$work/image" "$work/log.$kernel" \
			--modules "$(echo "$modules" | tr ' ' ',')"
		echo $? >"$work/rc.$kernel"
	} &
done
wait

for kernel in "$@"; do
	log=$work/log.$kernel
	touch "$log"
	ok "$kernel boots and ends well" "$log" has_line "$work/rc.$kernel" 0
	release=$(cat "$(guest_kernel_dir "$kernel")/release")
	ok "$kernel is $release, with security modules listed" "$log" \
		released "$log" "$release"
	ok "$kernel loads $modules" "$log" [ "$(grep -c '^module ' "$log")" = 3 ]
done
