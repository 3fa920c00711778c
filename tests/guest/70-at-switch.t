#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# At the switch: VGAuthService of open-vm-tools runs as a unit when its mode
# becomes block. It is told, stopped in its own way and masked, and unmasked by a
# disarm; a step waits for its successor, is taken with it and taken back without
# it; and a product whose interface has the default route stays.
#
# WEIR_SWITCH_LOG: judge an earlier guest's log instead of a new boot.

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
log=${WEIR_SWITCH_LOG:-${WEIR_LOGS:-$work}/at-switch}


tools=broadcom-vmware/open-vm-tools
phases="phases: [{mode: observe}, {mode: block, from: 2027-02-01}]"
successor="successor: {unit: successor.service, active-for: 5s, absent-for: 6s,
      connected-to: [{to: 10.9.9.0/24, ports: [tcp/4443]}]}"

# policy SERIAL ENFORCE RULE...
policy()
{
	printf 'policy: switch\nserial: %s\nenforce: %s\nrules:\n' "$1" "$2"
	shift 2
	printf '  - {%s}\n' "$@"
}

policies()
{
	without="without-protection: a test"
	policy 1 false "product: $tools, mode: block, on-switch: stop-unit, $without" \
		>"$1/would.yaml"
	policy 2 true "product: $tools, $phases, on-switch: stop-unit, $without" >"$1/step.yaml"
	policy 3 true "product: $tools, mode: block, on-switch: refuse-restart, $without" \
		>"$1/refuse.yaml"
	policy 4 true "product: $tools, mode: block, $without" >"$1/leave.yaml"
	policy 5 true "product: $tools, $phases, on-switch: stop-unit,
     $successor" >"$1/successor.yaml"
	policy 6 true "product: fakevendor/vpn, mode: block" >"$1/network.yaml"
}

# The real catalogue, but open-vm-tools protects, and there is a VPN that cuts.
catalogue()
{
	cp -r "$weir_top/catalog" "$1"
	awk '/product: open-vm-tools$/ { on = 1 }
		on && /security-product: false/ { sub("false", "true"); on = 0 } { print }' \
		"$weir_top/catalog/vendors/broadcom-vmware.yaml" \
		>"$1/vendors/broadcom-vmware.yaml"
	cat >"$1/vendors/fakevendor.yaml" <<-VENDOR
	vendor: fakevendor
	name: Fake Vendor
	products:
	  - product: vpn
	    name: Fake VPN
	    class: vendor_product
	    indicators:
	      - {kind: path, value: /opt/fakevpn/vpn, confidence: high}
	      - {kind: interface, value: "ewvpn*"}
	    risk: {fails-closed: true, login-path: false}
	VENDOR
}

# unit DIR NAME EXEC: started again and again, as a vendor's watchdog would.
unit()
{
	cat >"$1/etc/systemd/system/$2.service" <<-UNIT
	[Unit]
	Description=$2 of the test
	StartLimitIntervalSec=0
	[Service]
	ExecStart=$3
	Restart=always
	RestartSec=1
	UNIT
}

build_payload()
{
	root=$work/root
	umask 022
	mkdir -p "$root/weir/policy" "$root/usr/sbin" "$root/usr/lib/weir" "$root/weir/bin" \
		"$root/etc/systemd/system/vgauth.service.d" "$root/opt/fakevpn"
	cp "$weir_build/weir" "$root/usr/sbin/" && cp "$weir_build/canary" "$root/usr/lib/weir/" &&
		cp "$weir_build/canary" "$root/opt/fakevpn/vpn" || return
	catalogue "$root/weir/catalog"
	policies "$root/weir/policy"
	cp "$here/inside/lib.sh" "$root/weir/"
	weir_add_test "$root" "$here/inside/at-switch.sh" && vmware_mask "$root"
	# The service runs on any host; only its unit asks for a hypervisor.
	printf '[Unit]\nConditionVirtualization=\n' \
		>"$root/etc/systemd/system/vgauth.service.d/anywhere.conf"
	unit "$root" console "/usr/bin/perl -MIO::Socket::INET -e 'my \$\$l = \
IO::Socket::INET->new(LocalAddr => \"10.9.9.9:4443\", Listen => 5, ReuseAddr => 1) or die; \
my @c; push @c, \$\$l->accept while 1'"
	unit "$root" successor "/usr/bin/perl -MIO::Socket::INET -e 'my \$\$s = \
IO::Socket::INET->new(\"10.9.9.9:4443\"); sleep 100000'"
	unit "$root" watchdog "/usr/bin/VGAuthService -s"
	mkdir "$root/etc/systemd/system/weir.service.d"
	cp "$weir_top/scripts/weir.service" "$root/etc/systemd/system/"
	printf '[Service]\nExecStart=\nExecStart=%s\nRestart=always\nRestartSec=1\n' \
		"/usr/sbin/weir run --policy /etc/weir/policy.yaml --catalog /weir/catalog" \
		>"$root/etc/systemd/system/weir.service.d/test.conf"
}

boot()
{
	rootimage=$(vmware_root) || return
	build_payload || return
	guest_run_systemd "$kernel" "$rootimage" "$log" --payload "$work/root" --smp 2 \
		--modules dummy,tcp_diag --timeout 1500
	return 0
}

# Each start was refused, and each is in one of few events; it may have been started once
# more before it was stopped. More than three events if they took minutes.
adds_up()
{
	section watchdog
	section watchdog | awk '/^restarts: / { starts = $2 + 1 }
		/^refused / { sum += $2; lines++ }
		END {
			print sum " of " starts " in " lines
			exit !(sum >= starts && sum <= starts + 2 && lines <= 3)
		}'
}

# says_in_order SECTION PATTERN...: each in a line behind the one before.
says_in_order()
{
	part=$1
	shift
	section "$part"
	section "$part" >"$work/part"
	for pattern in "$@"; do
		at=$(grep -nE -m 1 -- "$pattern" "$work/part" | cut -d : -f 1)
		[ -n "$at" ] || {
			echo "nothing behind the one before is like: $pattern"
			return 1
		}
		sed -i "1,${at}d" "$work/part"
	done
}

judge()
{
	ok "the guest comes to its end" ended_well
	ok "VGAuthService runs as a unit" says host "^vgauth.service is active, loaded"
	ok "with enforce: false it is told what would be stopped" says flag \
		"^running .*$tools is blocked and runs: pid [0-9]+, unit vgauth.service, user root" \
		"user root: its unit would be stopped \(the policy says enforce: false\)"
	ok "and nothing is" says flag "^vgauth.service is active, loaded"
	ok "before its date nothing happens" says step "^vgauth.service is active, loaded"
	ok "at its date what runs is told" says step \
		"^running .*unit vgauth.service, user root: its unit is stopped"
	ok "the unit is stopped in its own way, and then masked" says_in_order step \
		"^unit .*vgauth.service: asked to stop, in its own way" \
		"^unit .*vgauth.service: masked until it is no longer blocked"
	ok "it ended well, and nobody can start it" says step \
		"^vgauth.service is inactive, masked, result success" "masked" "^-> 1"
	ok "status lists the mask" says step "^MASKED: vgauth.service"
	ok "without protection, as the policy says, and told so" says step \
		"^unprotected .*without-protection: a test" "^UNPROTECTED: product $tools"
	ok "an agent that was killed is followed by one that knows" says killed \
		"^vgauth.service is inactive, masked" "^masked: true"
	ok "which tells nothing twice" never_says killed "^(running|unit) "
	ok "nor later" never_says disarm "^running |^unit .*(asked to stop|masked until)"
	ok "a disarm unmasks, and starts nothing" says disarm \
		"^unit .*vgauth.service: unmasked; it is not started" \
		"^vgauth.service is inactive, loaded" "^unprotected .*not stopped any more"
	ok "what is unmasked is not listed as masked" says disarm "^masked: 0"
	ok "and then it starts again" says disarm "^vgauth.service is active, loaded"
	ok "refuse-restart lets it run" says refuse "^vgauth.service is active, loaded" \
		"^running .*left running; its unit will not start again"
	ok "until it ends: then it is masked, and not started" says refuse \
		"^unit .*vgauth.service: masked" "^vgauth.service is inactive, masked" "^-> 1"
	ok "nobody stopped it" never_says refuse "asked to stop"
	ok "a disarm unmasks when the agent is dead" says_in_order refuse \
		"^. weir disarm" "^weir: [12] units unmasked" "^vgauth.service is inactive, loaded" \
		"No such file"
	ok "left running is what a policy gets that says nothing of it" never_says watchdog \
		"asked to stop|masked until"
	ok "systemd starts its watchdog again and again" says watchdog "^restarts: [4-9]"
	ok "its refusals are told once, and then as one with their number" \
		says_in_order watchdog "^refused 1 times: watchdog.service" \
		"^refused [1-9][0-9]* times: watchdog.service"
	ok "none is lost among so few events" adds_up
	ok "without its successor the step is held, and says what for" says held \
		"^step-held .*$tools held below offline until successor.service active for 5 s" \
		"successor.service active for 5 s and connected to 10.9.9.0/24" \
		"^STEP HELD: product $tools"
	ok "a successor that is not connected is none" says held \
		"^alone: waited-for true false" "^vgauth.service is active, loaded"
	ok "once it is active and connected the step is taken" says taken \
		"^with it: holds true true false" "^step-held .*the successor successor.service holds" \
		"^step-held .* no longer held" "^vgauth.service is inactive, masked"
	ok "when it ends the step is taken back" says lost \
		"^step-held .*the successor successor.service is missing" \
		"^step-held .*is missing for 6 s: the step is taken back" \
		"^vgauth.service is inactive, loaded"
	ok "what was without protection is counted, over a restart too" says lost \
		"^unprotected .*nothing in its place; successor successor.service" \
		"^counted on" "^remembered"
	ok "the default route through a product that cuts it refuses the arm" says network \
		"^weir: arm: refused: fakevendor/vpn cuts the network as it ends" \
		"the default route runs through its interface ewvpn0" \
		"^-> 3"
	ok "so does the login session of whoever arms" says network \
		"refused: fakevendor/vpn .*this login session, from 10.8.0.9, runs through its"
	ok "and it holds the step" says network \
		"^step-held .*fakevendor/vpn: the default route runs through its interface ewvpn0" \
		"^NETWORK: fakevendor/vpn: .*held below offline"
	ok "it is stopped once the route is another, and stays so" says_in_order network \
		"^. /opt/fakevpn/vpn" "^R-> 0" "^. /opt/fakevpn/vpn" "^-> 126" "^. weir arm" \
		"^. /opt/fakevpn/vpn" "^-> 126"
	ok "an agent that hangs and that systemd would start again is detached for good" \
		says_in_order detach "^weir.service is active" "pins removed" "^-> 0" \
		"^weir.service is (inactive|failed)" "No such file"
	ok "no unit of the host failed" [ -z "$(section failed)" ]
	ok "the kernel has nothing to complain of" [ -z "$(section kernel)" ]
}

[ -n "$WEIR_SWITCH_LOG" ] || boot || { echo "Bail out! no guest"; exit 1; }
judge
echo "# $kernel: $(guest_seconds "$log") s"
done_testing
