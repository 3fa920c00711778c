#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 77-hostile.t: an armed agent is given one policy after the
# other; under each that it takes, what the host must not lose is tried.

# shellcheck source=tests/guest/inside/lib.sh
. /weir/lib.sh

catalog=/run/catalog
policy=/run/policy.yaml
# By their own account: --version of what has one.
vital="bash login su agetty dpkg dpkg-deb dpkg-query apt apt-get tar mount kmod ip cat ls weir"

# As a bare word of the shell each would be busybox's own.
where()
{
	for dir in /usr/bin /usr/sbin /bin /sbin; do
		[ -x "$dir/$1" ] && [ ! -L "$dir/$1" ] && echo "$dir/$1" && return
	done
}

programs=
for name in $vital; do
	programs="$programs $(where "$name")"
done
su=$(where su)
bash=$(where bash)

# What is refused of all that has to run, or that has to be reached.
harms()
{
	for program in $programs; do
		$program --version >$run/fare 2>&1 </dev/null
		grep -q 'not permitted\|map segment' $run/fare && echo "$program: $(head -n 1 $run/fare)"
	done
	/bin/busybox true || echo "busybox: $?"
	for to in 192.0.2.1/67 192.0.2.53/53; do
		$bash -c "echo x >/dev/udp/$to" 2>&1 | grep 'not permitted'
	done
}

# By password, as one user who becomes another.
login()
{
	echo secret | /usr/bin/setpriv --reuid=1001 --regid=1001 --clear-groups \
		"$su" - tester -c 'echo in' 2>&1 | tail -n 1 | sed 's/^Password: //'
}

settled()
{
	grep -q "^weir: policy evil-$1 .* in force" $run/out ||
		grep -q '^weir: the policy is refused; ' $run/err
}

give()
{
	rm -rf $catalog
	cp -r "/weir/hostile/$1/catalog" $catalog
	cp "/weir/hostile/$1/policy.yaml" $policy.new
	mv $policy.new $policy
	said_already
	kill -HUP "$agent" || echo "lost $1: the agent is gone"
	until_true 60 settled "$1" || echo "hangs $1"
}

# The line of what is wrong, and the one that says what that means.
told()
{
	grep -vE '^weir: (warning|guard):|: warning: ' $run/err
}

judge()
{
	must=/weir/hostile/$1/must
	if grep -q '^weir: policy .* in force' $run/out; then
		echo "in force $1"
		[ ! -e "$must" ] || echo "taken, and must not be $1: $(cat "$must")"
		harms | sed "s/^/harm $1: /"
	else
		echo "refused $1: $(told | head -n 1 | cut -c 1-240)"
		[ "$(told | wc -l)" = 2 ] && told | head -n 1 | grep -q "^/run/.*: " ||
			echo "unclear $1: $(told | head -n 5)"
	fi
}

try_policy()
{
	give "$1"
	judge "$1"
	[ $(($1 % 25)) != 24 ] || echo "login $1: $(login)"
}

section before
ip link add d0 type dummy
ip addr add 192.0.2.2/24 dev d0
ip link set d0 up
ip route add default via 192.0.2.1
mkdir -p /tmp/links /tmp/bound /usr/local/bin
for i in 1 2 3; do
	ln -s "$bash" /tmp/links/soft$i
	cp "$bash" /tmp/links/hard$i
done
touch /tmp/bound/bash
mount --bind "$bash" /tmp/bound/bash
cp -r /weir/catalog $catalog
cp /weir/block.yaml $policy
agent_start $policy /run/journal
agent_ready 90 || exit 1
echo "programs:$programs"
said=$(harms)
echo "fares: ${said:-well}"
echo "login: $(login)"
echo "vendor: $(attempt /opt/vendor/hello)"
section policies
k=0
from=$(uptime_s)
while [ -e /weir/hostile/$k ]; do
	try_policy $k
	k=$((k + 1))
done
echo "# $k policies from $from to $(uptime_s)"
section err
tail -n 20 $run/err
section kernel
kernel_complaints
section end
