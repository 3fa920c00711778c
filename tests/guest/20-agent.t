#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The agent may die, hang and be replaced: the verdict stays, and the journal
# tells every record or its loss. It can be disarmed without it. A policy that
# would brick the host is refused, and the old one stays in force.
#
# WEIR_KERNELS picks kernels, default "6.12 5.10": LSM and fmod_ret.

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

kernels=${WEIR_KERNELS:-6.12 5.10}
guarded="bash sshd pam systemd apt loader libc weir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
logs=${WEIR_LOGS:-$work}

log_of()
{
	echo "$logs/agent.$1"
}

# Stand-ins where this host lacks the program: the guard knows them by place.
stand_in()
{
	[ -e "$work/root$1" ] || {
		mkdir -p "$work/root$(dirname "$1")"
		cp "$weir_build/fixtures/hello-nobuildid" "$work/root$1"
		echo "stand-in for $1" >>"$work/root$1"
	}
}

# One product per kind of thing that no rule may block, by its path.
guard_vendor()
{
	libc=$(cd "$work/root" && find lib usr/lib -name libc.so.6 | head -n 1)
	cat <<-VENDOR
	vendor: guardtest
	name: Names what must live
	products:
	VENDOR
	while read -r name path; do
		cat <<-PRODUCT
		  - product: $name
		    name: what $name needs
		    class: vendor_product
		    indicators:
		      - {kind: path, value: $path, confidence: high}
		PRODUCT
	done <<-PATHS
	bash /usr/bin/bash
	sshd /usr/sbin/sshd
	pam /lib/x86_64-linux-gnu/security/pam_unix.so
	systemd /usr/lib/systemd/systemd
	apt /usr/bin/apt-get
	loader /lib64/ld-linux-x86-64.so.2
	libc /$libc
	weir /usr/sbin/weir
	harmless /usr/local/bin/harmless
	PATHS
}

build_root()
{
	weir_payload "$work/root" || return
	guest_add_binary "$work/root" bash /usr/bin/bash
	for path in /usr/sbin/sshd /usr/lib/systemd/systemd /usr/bin/apt-get /usr/bin/apt \
		/lib/x86_64-linux-gnu/security/pam_unix.so /usr/local/bin/harmless; do
		stand_in "$path"
	done
	mkdir -p "$work/root/etc/pam.d"
	echo "auth required pam_unix.so" >"$work/root/etc/pam.d/sshd"
	echo /usr/bin/bash >"$work/root/etc/shells"
	guard_vendor >"$work/root/weir/catalog/vendors/guardtest.yaml"
	weir_add_test "$work/root" "$here/inside/agent.sh"
	guest_image "$work/image" "$work/root"
}

boot()
{
	guest_run "$1" "$work/image" "$(log_of "$1")" --smp 2 --timeout 600
}

# Every round of the loop ended with EPERM for every single try.
not_one_pass()
{
	section "$1" loop
	section "$1" rounds
	[ "$(section "$1" rounds | sed -n 's/^all //p')" -ge 15 ] &&
		[ "$(section "$1" rounds | grep -c '"storm"')" = 1 ] &&
		section "$1" rounds | grep -q '"result":"EPERM"'
}

# The holes in the numbers are what the agent itself says was lost, and its own
# canaries, which are not in the journal: at most eight for each of four starts.
holes_are_told()
{
	echo "cpu ring records first last holes:"
	section "$1" sequences
	section "$1" losses
	told=$(section "$1" losses | jq -s 'map(.exec + .load + .module + .connect + .new) |
		add // 0')
	section "$1" sequences | awk -v told="$told" '
		{ n += $3; holes += $6; late += $4 > 100 }
		END { print "holes", holes + 0, "told", told
			exit n < 500 || late || holes < told || holes > told + 32 }'
}

# Killed between the journal and the note of how far it got, an agent is followed by
# one that reads the journal's end.
not_twice()
{
	section "$1" twice
	[ "$(section "$1" twice)" = 0 ]
}

# The policy is the one of before and the reason is told. Its table may be another:
# a pass of the inventory that ends meanwhile makes it anew.
refused()
{
	section "$1" guard | sed -n "/^- $2\$/,/^- /p"
	section "$1" guard | grep "^$2: was" | grep '"because":".*(guard: ' |
		awk '{ bad += $3 != $6 } END { exit !NR || bad }' &&
		section "$1" guard | grep -qx "$2: still EPERM"
}

judge_kernel()
{
	ok "$1: the guest comes to its end" ended_well "$1"
	ok "$1: the agent is ready" says "$1" start '^ready 0 '
	ok "$1: killed, hung, ended and restarted: not one pass" not_one_pass "$1"
	ok "$1: no gap in the sequence numbers but the losses told" holes_are_told "$1"
	ok "$1: nothing is told twice" not_twice "$1"
	ok "$1: disarm works while the agent hangs" says "$1" disarm '^disarm 0 ran'
	ok "$1: a disarm outlives a restart" says "$1" disarm '^restarted ran'
	ok "$1: arm works again" says "$1" disarm '^arm 0 EPERM'
	ok "$1: a policy that blocks nothing vital is taken" says "$1" guard \
		'^harmless: is 200 .* EPERM'
	for product in $guarded; do
		ok "$1: a policy that would block $product is refused, the old one stays" \
			refused "$1" "$product"
	done
	ok "$1: SIGHUP brings a milder policy" says "$1" reload '^observe 201 .* ran'
	ok "$1: SIGHUP brings a stricter policy" says "$1" reload '^block 202 .* EPERM'
	ok "$1: a broken file leaves the policy" says "$1" reload '^broken 202 .* EPERM'
	ok "$1: an older serial leaves the policy" says "$1" reload '^older 202 .* EPERM'
	ok "$1: with nobody there, what becomes vital is still stopped" \
		says "$1" orphan '^absent EPERM EPERM'
	ok "$1: an agent that cannot stay lets it run, and nothing else" \
		says "$1" orphan '^refused 2 ran EPERM'
	ok "$1: a confirmed policy stops what is not vital" says "$1" orphan '^confirmed EPERM'
	ok "$1: and is no less in force when that becomes vital, which runs" \
		says "$1" orphan '^agreed ran EPERM'
	ok "$1: the status says what is kept" says "$1" orphan '^GUARDED: .*sshd.*all else'
	# A file that was touched is the same by its content, where the kernel can hash.
	[ "$1" = 5.10 ] && touched=EPERM || touched=ran
	ok "$1: frozen, what was there runs, and nothing new" \
		says "$1" freeze "^freeze ran EPERM $touched$"
	ok "$1: blocked, neither does" says "$1" freeze '^block EPERM EPERM EPERM$'
	for cap in freeze offline; do
		ok "$1: blocked, with an exemption down to $cap, what was there runs" \
			says "$1" freeze "^block capped $cap ran EPERM $touched$"
	done
	ok "$1: with one down to observe everything runs" \
		says "$1" freeze '^block capped observe ran ran ran$'
	ok "$1: files are read by a child without rights" \
		says "$1" parser '^walls 65534 0000000000000000 1 2$'
	ok "$1: a parser that hangs is an event, with the file's path" \
		says "$1" parser '^event /tmp/new[.].*hung'
	ok "$1: it is counted" says "$1" parser '^counted [1-9]'
	ok "$1: and replaced" says "$1" parser '^replaced 0$'
	ok "$1: the kernel has nothing to complain of" [ -z "$(section "$1" kernel)" ]
	echo "# $1: $(guest_seconds "$(log_of "$1")") s"
}

build_root || exit 1
for kernel in $kernels; do
	boot "$kernel" &
done
wait
for kernel in $kernels; do
	judge_kernel "$kernel"
done
done_testing
