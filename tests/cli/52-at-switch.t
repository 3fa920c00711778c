#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a policy says of security products, of what runs, and of the network: in
# check and calendar; an arm that would cut the network is refused, and a disarm
# takes masks back, in namespaces of the test's own.
# WEIR names the binary, default build/weir.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

# policy RULE: of one rule about the security product and its vendor's others.
policy() {
	printf 'policy: p\nserial: 1\nenforce: true\nrules:\n  - {%s}\n' "$1" >"$tmp/p.yaml"
}

# shows COMMAND PATTERN...: each pattern is in what it prints.
shows() {
	case $1 in
	calendar) option=--policy ;;
	*) option=-- ;;
	esac
	"$weir" "$1" --catalog tests/fixtures/catalog "$option" "$tmp/p.yaml" >"$tmp/out" 2>&1 ||
		return
	cat "$tmp/out"
	shift
	for pattern in "$@"; do
		grep -qE -- "$pattern" "$tmp/out" || return
	done
}

hushes() {
	"$weir" check --catalog tests/fixtures/catalog "$tmp/p.yaml" >"$tmp/out" 2>&1 || return
	cat "$tmp/out"
	! grep -qE -- "$1" "$tmp/out"
}

policy 'vendor: examplewall, mode: block'
ok "a security product without a successor is held, and check says so" shows check \
	'line 5: examplewall/agent: held below offline, since the rule has neither "successor"'
ok "calendar says so too" shows calendar \
	'Security: line 5: examplewall/agent: held below offline'
policy 'vendor: examplewall, mode: freeze'
ok "a freeze takes no protection away" hushes 'held below offline'
policy 'product: examplewall/console, mode: block'
ok "nor does what is no security product" hushes 'held below offline'
policy 'vendor: examplewall, mode: block, without-protection: "replaced in March"'
ok "a reason is told back" shows check \
	'examplewall/agent: from offline on without protection: replaced in March'
policy 'vendor: examplewall, mode: block, on-switch: stop-unit, successor: {unit: new.service,
    active-for: 90s, absent-for: 2h, connected-to: [{to: 10.0.0.0/8}, {to: "2001:db8::/32"}]}'
ok "so is what is waited for" shows check \
	'only with new.service active for 90 s and connected to 10.0.0.0/8 or 2001:db8::/32' \
	'taken back when it is missing for 2 h' 'units of it are stopped and masked'
policy 'vendor: examplewall, mode: block, on-switch: refuse-restart, without-protection: x'
ok "and what becomes of what runs" shows check 'units of it are masked, what runs goes on'

# --- an arm ---

mkdir -p "$tmp/cat/vendors"
cat >"$tmp/cat/vendors/v.yaml" <<'YAML'
vendor: v
name: V
products:
  - product: vpn
    name: A VPN that cuts
    class: vendor_product
    indicators: [{kind: path, value: /opt/v/vpn}, {kind: interface, value: lo}]
    risk: {fails-closed: true}
  - product: other
    name: One of which nobody knows
    class: vendor_product
    indicators: [{kind: path, value: /opt/v/other}, {kind: interface, value: lo}]
YAML

# arm LIST ROUTE ARGUMENT...: what it says, where only that route is.
arm() {
	printf '%b' "$1" >"$tmp/list"
	route=$2
	shift 2
	# A host that runs weir has gates and a confirmation of its own: out of sight.
	# shellcheck disable=SC2016 # expanded inside
	unshare -mn --propagation private sh -c 'mount -t tmpfs run /run && mkdir /run/weir &&
		mount -t tmpfs pins /sys/fs/bpf &&
		{ ! [ -d /var/lib/weir ] || mount -t tmpfs state /var/lib/weir; } &&
		cp "$1/list" /run/weir/fails-closed && : >"$1/resolv" &&
		{ ! [ -e /etc/resolv.conf ] ||
			mount --bind "$1/resolv" "$(readlink -f /etc/resolv.conf)"; } &&
		ip link set lo up || exit 99
		[ -z "$2" ] || ip route add $2 dev lo || exit 98
		tmp=$1 weir=$3
		shift 3
		exec "$weir" arm --catalog "$tmp/cat" "$@"' - "$tmp" "$route" "$weir" "$@" \
		>"$tmp/out" 2>&1
	code=$?
	cat "$tmp/out"
	[ "$code" -lt 98 ]
}

refused() {
	arm "$@" && [ "$code" = 3 ] && [ "$(grep -c refused "$tmp/out")" = 1 ] &&
		grep -q "refused: v/vpn cuts the network as it ends, and $way runs through its" \
			"$tmp/out"
}

passes() {
	arm "$@" && ! grep -q refused "$tmp/out" && grep -q "no gates are pinned" "$tmp/out"
}

warned() {
	passes "$@" && grep -q "^weir: arm: warning: the default route runs through .* v/other" "$tmp/out"
}

# --- units that an agent masked, which has died since ---

cat >"$tmp/systemctl" <<'SH'
#!/bin/sh
echo "$*" >>"${0%/*}/asked"
SH
chmod +x "$tmp/systemctl"

# left LOCKED COMMAND...: what systemctl is asked by it, of two units of two products.
left()
{
	cat >"$tmp/switch.json" <<-JSON
	{"boot": "$(cat /proc/sys/kernel/random/boot_id)", "products": {}, "units":
	 {"ew.service": {"product": "v/vpn", "masked": true, "own": true, "stops": 1},
	  "other.service": "v/other"}}
	JSON
	: >"$tmp/asked"
	# shellcheck disable=SC2016 # expanded inside
	unshare -mn --propagation private sh -c 'mount -t tmpfs run /run &&
		mount -t tmpfs pins /sys/fs/bpf && mount -t tmpfs state /var/lib &&
		mkdir -p /run/weir /run/systemd/system /var/lib/weir &&
		cp "$1/switch.json" /var/lib/weir/ && echo 1 >/run/weir/lock || exit 99
		[ "$2" = no ] || { exec 9</run/weir/lock && flock -n 9; } || exit 98
		PATH=$1:$PATH weir=$3
		shift 4
		"$weir" "$@"
		code=$?
		echo "remembered: $(tr -d "\n" </var/lib/weir/switch.json)"
		exit $code' - "$tmp" "$1" "$weir" "$@" >"$tmp/out" 2>&1
	code=$?
	cat "$tmp/out" "$tmp/asked"
	[ "$code" -lt 98 ]
}

# unmasks UNITS LOCKED COMMAND...: those, in this order, and no other.
unmasks()
{
	units=$1
	shift
	left "$@" || return
	for unit in $units; do
		echo "--no-ask-password --runtime unmask -- $unit"
	done >"$tmp/wanted"
	cmp "$tmp/wanted" "$tmp/asked" || return
	for unit in $units; do
		! grep "remembered: .*$unit" "$tmp/out" || return
	done
}

detached()
{
	left no detach --stop --journal "$tmp/journal" &&
		grep -qx -- "--no-ask-password --no-block stop -- weir.service" "$tmp/asked" &&
		[ "$(grep -c unmask "$tmp/asked")" = 2 ]
}

if [ "$(id -u)" = 0 ] && unshare -mn true 2>/dev/null; then
	ok "a disarm without an agent unmasks what was masked" \
		unmasks "ew.service other.service" no disarm
	ok "one of a product, its units" unmasks "ew.service" no disarm v/vpn --catalog "$tmp/cat"
	ok "so does its removal window" unmasks "other.service" no remove-window v/other --for 1h \
		--reason "it goes" --catalog "$tmp/cat"
	ok "an agent does that by itself" unmasks "" yes disarm
	ok "detach --stop tells systemd, which would start the agent again" detached
	unset SSH_CONNECTION
	way="the default route"
	ok "refused while the default route runs through it" refused 'v/vpn 0\n' default
	ok "one product is asked about alone" refused 'v/vpn 0\n' default v/vpn
	ok "another one is none of its business" passes 'v/vpn 0\n' default v/other
	ok "not without a route" passes 'v/vpn 0\n' ''
	ok "not before its step" passes 'v/vpn 9999999999\n' default
	ok "from the start is before now" refused 'v/vpn -9223372036854775808\n' default
	ok "not when nobody lists it" passes '' default
	ok "what is not known is warned of" warned 'v/other 0\n' default
	ok "a damaged list refuses nothing" passes 'v/vpn\n\n\033[2J x\nnobody/here 0\n' default
	SSH_CONNECTION="10.9.9.9 5000 10.9.9.8 22"
	export SSH_CONNECTION
	way="this login session, from 10.9.9.9,"
	ok "refused while one's own session runs through it" refused 'v/vpn 0\n' 10.9.9.0/24
	ok "not when it comes another way" passes 'v/vpn 0\n' 10.8.0.0/24
else
	skip "an arm that cuts the network" "needs root and namespaces"
fi
ended
