#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The order of units that comes from the catalogue: weir before what it lists.

here=$(cd "$(dirname "$0")" && pwd)
listed=$here/../../scripts/listed-units
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

is()
{
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '%s\n' "got:" "$2" "wanted:" "$3" | sed 's/^/# /'
		failed=1
	fi
}

mkdir -p "$work/vendors"
cat >"$work/vendors/examplewall.yaml" <<-'VENDOR'
	vendor: examplewall
	products:
	  - product: agent
	    indicators:
	      - {kind: unit, value: ew-agent.service}
	      - {kind: unit,  value: "ew-early@.service", sufficient: false}
	      - {kind: unit, value: 'ew.socket'}
	      - {kind: unit, value: ew-agent.service, sufficient: false}
	      - {kind: unit, value: local-fs.target}
	      - {kind: unit, value: 'run-ew\x2dfuse.mount'}
	      - {kind: unit, value: "ew-*.service"}
	      - {kind: path, value: /lib/systemd/system/ew-path.service}
VENDOR
is "services and sockets, each once; no target, mount, pattern or path" \
	"$("$listed" "$work" | grep -v '^#')" "[Unit]
Before=ew-agent.service
Before=ew-early@.service
Before=ew.socket"
is "the catalogue's own units come behind weir, one that starts early among them" \
	"$("$listed" "$here/../../catalog" | grep -cx 'Before=open-vm-tools.service')" 1
"$listed" "$work/vendors" >/dev/null 2>&1
is "a directory that is no catalogue is refused" $? 2
echo "1..$count"
exit "${failed:-0}"
