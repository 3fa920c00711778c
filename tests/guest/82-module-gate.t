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
# shellcheck source=tests/lib/guests.sh
. "$here/../lib/guests.sh"
# shellcheck source=tests/lib/module-guest.sh
. "$here/../lib/module-guest.sh"

kernels=${WEIR_MODULE_KERNELS:-6.12}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${WEIR_LOGS:-$work}
module_test=gate

all_open()
{
	section "$1" would | grep -vE '^(#|$|ready|denied|weir)' |
		awk '$2 != "ran" && $2 != "unsupported" { print; bad = 1 } { n++ }
			END { if (n < 20) print n " routes only"; exit bad || n < 20 }'
}

judge()
{
	ok "$1: the guest comes to its end" ended_well "$1"
	ok "$1: without the module there is no such gate, and it is said" says_lines "$1" boot "not loaded"
	ok "$1: ready, with gates proven" says_lines "$1" ready "ready 0 .*" " +exec +module +deny .*" \
		" +load +module +deny .*" " +module +module +deny .*" " +connect +module +deny .*" \
		" +socket +module +deny .*"
	ok "$1: all functions are the module's" says_lines "$1" sites \
		"site security_bprm_check taken" "site security_mmap_file taken" \
		"site security_kernel_read_file taken" "site security_socket_connect taken" \
		"site security_sctp_bind_connect taken"
	ok "$1: every exec route is refused, copies by their content" as_expected "$1" exec exec.lsm
	ok "$1: every connect route is refused" as_expected "$1" net net.lsm
	ok "$1: neighbours run and are reached" says_lines "$1" neighbours \
		"/opt/vendor-not/hello ran" "/opt/vendor2/bin/hello ran" \
		"/srv/opt/vendor/hello ran" "/usr/bin/vendor-tools ran" "192.0.2.10 arrived"
	ok "$1: each refusal is in the journal once, with all there is to it" says_lines "$1" account \
		"routes same" "exec whole" "connect whole"
	ok "$1: so is what was refused while the agent was away, or killed" says_lines "$1" absent \
		"absent EPERM" "absent same" "killed same"
	ok "$1: no second mechanism beside it" says_lines "$1" absent "gates stand"
	ok "$1: disarmed with no agent, it takes its gates away" says_lines "$1" disarm "disarmed ran" free
	ok "$1: detached, nothing is left" says_lines "$1" detach "nothing of weir is left" \
		"detached ran" unloaded
	ok "$1: with enforce: false everything is open" all_open "$1"
	ok "$1: and nothing was denied" says_lines "$1" would "ready 0 .*" "denied 0"
	ok "$1: the kernel has nothing to complain of" silent "$1"
}

module_build && module_payload "$work/root" || exit 1
weir_add_test "$work/root" "$here/inside/module-gate.sh"
for kernel in $kernels; do
	module_image "$kernel" || exit 1
	module_boot "$kernel" &
done
wait
for kernel in $kernels; do
	judge "$kernel"
	echo "# $kernel: $(guest_seconds "$(log_of "$kernel")") s"
done
done_testing
