#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The agent with the kernel module for its gate: every road is refused and told of
# as under BPF, also what was refused while the agent was killed or away.
#
# WEIR_MODULE_KERNELS picks kernels, default "6.12". WEIR_LOGS keeps the logs.

# Functions are called through ok.
# shellcheck disable=SC2317

here=$(cd "$(dirname "$0")" && pwd)
weir_top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/lib/guest.sh
. "$here/../lib/guest.sh"
# shellcheck source=tests/lib/weir-guest.sh
. "$here/../lib/weir-guest.sh"

kernels=${WEIR_MODULE_KERNELS:-6.12}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${WEIR_LOGS:-$work}

image_for()
{
	cp -a "$work/root" "$work/root.$1"
	cp "$weir_build/kmod/$1/weir.ko" "$work/root.$1/weir/weir.ko"
	guest_image "$work/image.$1" "$work/root.$1" && rm -rf "$work/root.$1"
}

boot()
{
	guest_run "$1" "$work/image.$1" "$logs/gate.$1" --smp 2 --timeout 900 \
		--modules overlay,sctp,binfmt_misc --append weir.lsm=default
	echo $? >"$work/end.$1"
}

ended_well()
{
	tail -n 15 "$logs/gate.$1"
	[ "$(cat "$work/end.$1")" = 0 ]
}

section()
{
	weir_section "$logs/gate.$1" "$2"
}

as_expected()
{
	section "$1" "$2" | grep -vE '^(#|$)' | "$here/routes.sh" compare "$3" >"$work/compared"
	rc=$?
	grep '^not ok' "$work/compared"
	return $rc
}

# has KERNEL SECTION LINE...: all of these, each a whole line.
has()
{
	section "$1" "$2" >"$work/section"
	cat "$work/section"
	shift 2
	for line; do
		grep -qxE -- "$line" "$work/section" || { echo "no: $line"; return 1; }
	done
}

all_open()
{
	section "$1" would | grep -vE '^(#|$|ready|denied|weir)' |
		awk '$2 != "ran" && $2 != "unsupported" { print; bad = 1 } { n++ }
			END { if (n < 20) print n " routes only"; exit bad || n < 20 }'
}

silent()
{
	section "$1" kernel
	grep -q '^=== end' "$logs/gate.$1" && [ -z "$(section "$1" kernel)" ]
}

judge()
{
	ok "$1: the guest comes to its end" ended_well "$1"
	ok "$1: without the module there is no such gate, and it is said" has "$1" boot "not loaded"
	ok "$1: ready, with gates proven" has "$1" ready "ready 0 .*" " +exec +module +deny .*" \
		" +load +module +deny .*" " +module +module +deny .*" " +connect +module +deny .*" \
		" +socket +module +deny .*"
	ok "$1: all functions are the module's" has "$1" sites \
		"site security_bprm_check taken" "site security_mmap_file taken" \
		"site security_kernel_read_file taken" "site security_socket_connect taken" \
		"site security_sctp_bind_connect taken"
	ok "$1: every exec route is refused, copies by their content" as_expected "$1" exec exec.lsm
	ok "$1: every connect route is refused" as_expected "$1" net net.lsm
	ok "$1: neighbours run and are reached" has "$1" neighbours \
		"/opt/vendor-not/hello ran" "/opt/vendor2/bin/hello ran" \
		"/srv/opt/vendor/hello ran" "/usr/bin/vendor-tools ran" "192.0.2.10 arrived"
	ok "$1: each refusal is in the journal once, with all there is to it" has "$1" account \
		"routes same" "exec whole" "connect whole"
	ok "$1: so is what was refused while the agent was away, or killed" has "$1" absent \
		"absent EPERM" "absent same" "killed same"
	ok "$1: no second mechanism beside it" has "$1" absent "gates stand"
	ok "$1: disarmed with no agent, it takes its gates away" has "$1" disarm "disarmed ran" free
	ok "$1: detached, nothing is left" has "$1" detach "nothing of weir is left" \
		"detached ran" unloaded
	ok "$1: with enforce: false everything is open" all_open "$1"
	ok "$1: and nothing was denied" has "$1" would "ready 0 .*" "denied 0"
	ok "$1: the kernel has nothing to complain of" silent "$1"
}

weir_payload "$work/root" || exit 1
make -s -C "$weir_top" OUTPUT="$weir_build" KMOD_KERNELS="$kernels" kmod-all \
	"$weir_build/module-tool" >&2 || exit 1
guest_add_binary "$work/root" "$weir_build/module-tool" /weir/bin/module-tool
weir_add_test "$work/root" "$here/inside/module-gate.sh"
for kernel in $kernels; do
	image_for "$kernel" || exit 1
	boot "$kernel" &
done
wait
for kernel in $kernels; do
	judge "$kernel"
	echo "# $kernel: $(guest_seconds "$logs/gate.$kernel") s"
done
done_testing
