#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What `weir simulate` says of a policy is what the policy does: programs are run
# and recorded, the policy is rehearsed on the record and then enforced while the
# same programs are run again. Refused are the same files, of the same users and
# units, as often as it said.

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
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=${WEIR_LOGS:-$work}/rehearsal

# Stops nothing and records all of what is listed.
recorded()
{
	cat <<-POLICY
	policy: recorded
	serial: 1
	enforce: false
	rules:
	  - {vendor: fakevendor, mode: observe}
	POLICY
}

# A phase that has begun, one to come, and somebody who is spared.
candidate()
{
	cat <<-POLICY
	policy: candidate
	serial: 2
	enforce: true
	rules:
	  - vendor: fakevendor
	    phases:
	      - {mode: observe}
	      - {mode: block, from: 2020-01-01}
	  - product: fakevendor/tools
	    phases:
	      - {mode: block, from: 2190-01-01}
	exemptions:
	  - {id: EX-1, product: fakevendor/agent, path: /usr/bin/vendor-tool, user: tester,
	     until: 2190-01-01, reason: he needs it, owner: infra, ticket: CHG-1}
	POLICY
}

is_as_predicted()
{
	section predicted >"$work/predicted"
	section enforced >"$work/enforced"
	diff "$work/predicted" "$work/enforced"
}

# By the script of acts: what a right prediction has to be.
is_as_meant()
{
	section predicted
	[ "$(section predicted)" = "$(cat <<-LINES
	fakevendor/agent exec /opt/linked 0 backup.service - 2
	fakevendor/agent exec /opt/vendor/hello 0 backup.service - 7
	fakevendor/agent exec /opt/vendor/hello 0 cron.service - 1
	fakevendor/agent exec /opt/vendor/hello 1000 session-4.scope - 4
	fakevendor/agent exec /opt/vendor/hello 1001 cron.service - 3
	fakevendor/agent exec /opt/vendor/hello-nobuildid 0 backup.service - 2
	fakevendor/agent exec /opt/vendor/hello-nobuildid 1000 user@1000.service viewer.service 1
	fakevendor/agent exec /usr/bin/vendor-tool 1001 session-4.scope - 2
	fakevendor/agent load /opt/vendor/libexample.so 0 backup.service - 2
	fakevendor/agent load /opt/vendor/libexample.so 1000 session-4.scope - 1
	LINES
	)" ]
}

set -e
weir_payload "$work/root"
guest_add_binary "$work/root" setpriv
recorded >"$work/root/weir/recorded.yaml"
candidate >"$work/root/weir/candidate.yaml"
cp "$here/inside/act.sh" "$work/root/weir/act"
weir_add_test "$work/root" "$here/inside/rehearsal.sh"
guest_image "$work/image" "$work/root"
set +e
guest_run "$kernel" "$work/image" "$log" --smp 2 --timeout 300

ok "the guest comes to its end" ended_well
ok "the agent records, stopping nothing" says record '^ready 0 '
ok "the policy is rehearsed, and would stop something" says simulate '^simulate 1$'
ok "the prediction is what the acts make right" is_as_meant
ok "the same policy is enforced" says enforce '^ready 0 '
ok "refused is what was predicted: file, user, unit, how often" is_as_predicted
ok "the kernel has nothing to complain of" [ -z "$(section kernel)" ]
echo "# $kernel: $(guest_seconds "$log") s"
done_testing
