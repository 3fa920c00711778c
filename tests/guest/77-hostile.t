#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Policies that mean the host harm, loaded one after the other by an armed agent:
# each is refused in one line, or in force while all that the host must not lose is
# run, its resolver and gateway are reached, and somebody logs in by PAM now and then.
# WEIR_HOSTILE_COUNT is how many, WEIR_HOSTILE_SEED which.

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
count=${WEIR_HOSTILE_COUNT:-100}
seed=${WEIR_HOSTILE_SEED:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=${WEIR_LOGS:-$work}/hostile

# What people log in with and repair a host with, as this machine has it.
add_programs()
{
	for program in bash login su agetty unix_chkpwd dpkg dpkg-deb dpkg-query apt apt-get tar \
		mount kmod modprobe ip cat ls setpriv; do
		PATH=$PATH:/usr/sbin:/sbin guest_add_binary "$1" "$program" || return
	done
	for module in unix permit deny rootok; do
		for file in /lib/*/security/pam_"$module".so; do
			guest_add_binary "$1" "$file" || return
		done
	done
	mkdir -p "$1/etc/pam.d" "$1/home"
	printf '%s\n' 'auth sufficient pam_rootok.so' 'auth required pam_unix.so' \
		'account required pam_unix.so' 'session required pam_permit.so' \
		'password required pam_deny.so' >"$1/etc/pam.d/other"
	cp "$1/etc/pam.d/other" "$1/etc/pam.d/su" && cp "$1/etc/pam.d/other" "$1/etc/pam.d/login"
	cp "$1/etc/pam.d/other" "$1/etc/pam.d/su-l"
	echo 'passwd: files' >"$1/etc/nsswitch.conf"
	echo nameserver 192.0.2.53 >"$1/etc/resolv.conf"
	chmod u+s "$(find "$1" -path '*bin/su' -type f)"
	# The hash of "secret".
	printf '%s\n' root:x:0:0:root:/root:/bin/sh tester:x:1000:1000::/:/bin/sh \
		other:x:1001:1001::/:/bin/sh >"$1/etc/passwd"
	printf '%s:%s:19000:0:99999:7:::\n' root '*' other '*' \
		tester "$(openssl passwd -6 -salt weir secret)" >"$1/etc/shadow"
	printf '%s\n' root:x:0: tester:x:1000: other:x:1001: >"$1/etc/group"
}

build_payload()
{
	root=$work/root
	weir_payload "$root" && add_programs "$root" || return
	for i in 1 2 3; do
		echo "--link /tmp/links/hard$i --link /tmp/links/soft$i --link /tmp/bound/bash"
	done >"$work/links"
	# shellcheck disable=SC2046 # words
	python3 -B "$weir_top/tests/hostile/policies.py" --write "$root/weir/hostile" \
		--count "$count" --seed "$seed" --root "$root" --modules overlay,sctp,dummy \
		--address 192.0.2.1 --address 192.0.2.53 $(cat "$work/links") || return
	cp "$here/inside/hostile.sh" "$root/weir/" &&
		weir_add_test "$root" "$here/inside/hostile.sh" && guest_image "$work/image" "$root"
}

# None of a kind of line; and as many policies were tried as were drawn.
none()
{
	section policies | grep -E -- "$1" && return 1
	[ "$(section policies | grep -cE '^(refused|in force) [0-9]+')" = "$count" ]
}

at_least()
{
	section policies | grep -cE "$2"
	[ "$(section policies | grep -cE "$2")" -ge "$1" ]
}

build_payload || { echo "Bail out! no payload"; exit 1; }
guest_run "$kernel" "$work/image" "$log" --smp 2 --modules overlay,sctp,dummy \
	--timeout $((700 + 2 * count))
ok "the guest comes to its end" ended_well
ok "before any of them all runs that has to" says before '^fares: well$'
ok "somebody logs in by password" says before '^login: in$'
ok "the blocking works: a listed program is refused" says before '^vendor: EPERM$'
ok "each policy is refused or taken" none '^(lost|hangs) '
ok "what must be refused is" none '^taken, and must not be '
ok "each refusal is one line that names a file" none '^unclear '
ok "nothing the host must not lose is refused, under any of them" none '^harm '
ok "nor is anybody who logs in, by password" none '^login [0-9]+: ([^i]|$)'
ok "which somebody does under every twenty-fifth" at_least $((count / 25)) '^login [0-9]+: in$'
ok "a tenth of them are in force" at_least $((count / 10)) "^in force"
ok "a tenth of them is refused for the guard" at_least $((count / 10)) "guard: "
ok "the kernel has nothing to complain of" [ -z "$(section kernel)" ]
echo "# $kernel: $count policies, $(guest_seconds "$log") s"
done_testing
