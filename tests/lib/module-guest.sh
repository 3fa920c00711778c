# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Guests that try the kernel module by tests/guest/inside/module.sh, and what they
# are to say. To be sourced, after guests.sh, by a test that has $work, $logs and
# $kernels; $module_test, if it is not module, begins the names of its logs.
#
#   module_build               the module for each of $kernels, and what speaks to it
#   module_payload DIR         weir_payload, and what speaks to the module
#   module_image KERNEL        the image of $work/root with the module for it
#   module_boot KERNEL [OPTION...]
#   module_judge KERNEL        its log, as TAP
#
# WEIR_CYCLES and WEIR_MUTATIONS: how often it is loaded, and sent odd requests.

module_cycles=${WEIR_CYCLES:-20}

module_payload()
{
	weir_payload "$1" || return
	guest_add_binary "$1" "$weir_build/module-tool" /weir/bin/module-tool || return
	mkdir -p "$1/etc"
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$1/etc/passwd"
	echo "$module_cycles" >"$1/weir/cycles"
	echo "${WEIR_MUTATIONS:-20000}" >"$1/weir/mutations"
}

# The module and what speaks to it, for every one of $kernels.
module_build()
{
	make -s -C "$weir_top" OUTPUT="$weir_build" KMOD_KERNELS="$kernels" kmod-all \
		"$weir_build/module-tool" >&2
}

module_image()
{
	guest_image "$work/image.$1" "$work/root" "$weir_build/kmod/$1/weir.ko"
}

log_of()
{
	echo "$logs/${module_test:-module}.$1"
}

module_boot()
{
	module_kernel=$1
	shift
	guest_run "$module_kernel" "$work/image.$module_kernel" "$(log_of "$module_kernel")" \
		--smp 2 --timeout 900 --modules overlay,sctp,binfmt_misc \
		--append weir.lsm=default "$@"
}

# as_expected KERNEL SECTION TABLE: every route ends as the table says.
as_expected()
{
	section "$1" "$2" | grep -vE '^(#|$)' |
		"$weir_top/tests/guest/routes.sh" compare "$3" >"$work/compared"
	rc=$?
	grep '^not ok' "$work/compared"
	return $rc
}

silent()
{
	section "$1" kernel
	grep -q '^=== end' "$(log_of "$1")" && [ -z "$(section "$1" kernel)" ]
}

# What it said, and what the file is: one and the same line, twice.
same_file()
{
	section "$1" identity | tee "$work/section"
	[ "$(sed -n 1p "$work/section" | grep -cx 'dev [0-9]*:[0-9]* ino [1-9][0-9]*')" = 1 ] &&
		[ "$(sed -n 1p "$work/section")" = "$(sed -n 2p "$work/section")" ]
}

module_judge()
{
	ok "$1: the guest comes to its end" ended_well "$1"
	ok "$1: where it may not read files, known ones and addresses are refused" \
		says_lines "$1" lookups "content 0 .*" "known EPERM" "copy ran" "tcp4 EPERM" "unloaded"
	ok "$1: loaded it stops nothing and hooks nothing" says_lines "$1" boot "loaded 0" \
		"unarmed ran" "site security_bprm_check free"
	ok "$1: it takes all seven functions" says_lines "$1" armed \
		"content 1 generation 1 armed 1 agent 0" \
		"site security_bprm_check taken" "site security_mmap_file taken" \
		"site security_file_mprotect taken" "site security_kernel_read_file taken" \
		"site security_socket_connect taken" "site security_socket_sendmsg taken" \
		"site security_sctp_bind_connect taken"
	ok "$1: every exec route is refused, copies by their content" \
		as_expected "$1" exec exec.lsm
	ok "$1: every connect route is refused" as_expected "$1" net net.lsm
	ok "$1: neighbours run and are reached" says_lines "$1" neighbours \
		"/opt/vendor-not/hello ran" "/opt/vendor2/bin/hello ran" \
		"/srv/opt/vendor/hello ran" "/usr/bin/vendor-tools ran" "udp-sendto arrived" \
		"udp-connect arrived"
	ok "$1: not one of 16 x 60 at once slips through" says_lines "$1" storm "storm EPERM"
	ok "$1: root's switches do not open it, and it cannot be unloaded" \
		says_lines "$1" switches "ftrace_enabled EPERM" "kprobes EPERM" "rmmod [^0].*" \
		"detach: .*" "detach EPERM"
	ok "$1: a table is in force as a whole, or not at all" says_lines "$1" swap \
		"swapped ran" "guarded ran" "back EPERM" "table: Invalid argument" \
		"refused EPERM" "later ran" "lapsed ran" "again EPERM"
	ok "$1: it tells by which key a file is known" same_file "$1"
	ok "$1: it notices the agent and its end" says_lines "$1" agent \
		"content 1 generation 8 armed 1 agent 1" "content 1 generation 8 armed 1 agent 0"
	ok "$1: a thousand denials in nobody's presence are kept, and chained" says_lines "$1" agent \
		"absent 1000" "records [0-9]{4} .* broken 0 gaps 0"
	ok "$1: who may not, does not" says_lines "$1" privilege "status: Operation not permitted" \
		"disarm: Operation not permitted" "sent [1-9][0-9]* taken 0" "unprivileged EPERM"
	ok "$1: mutated requests change nothing" \
		says_lines "$1" mutate "sent [0-9]+ taken [1-9][0-9]*" "mutated EPERM"
	ok "$1: an arm that is not confirmed runs out, and the hooks go" says_lines "$1" expiry \
		"soon EPERM" "expired ran" "free" "unloaded 0" "unloaded ran" "confirm: .*" \
		"armed EPERM"
	ok "$1: disarmed it leaves no hook, and can be unloaded" says_lines "$1" disarm \
		"disarmed ran" "free" "unloaded"
	ok "$1: loading, arming and unloading in a storm, $module_cycles times" \
		says_lines "$1" cycles "cycles $module_cycles"
	# A thousand of one file and user: a line each minute, of however many that takes here.
	ok "$1: the audit trail has them, folded" says_lines "$1" agent "absent 1000" "told [0-9]"
	ok "$1: the audit trail has what was denied, and who armed it" says_lines "$1" audit \
		".*audit.* weir op=armed .* res=1" ".*audit.* weir op=deny hook=exec .* res=0"
	ok "$1: the kernel has nothing to complain of" silent "$1"
}
