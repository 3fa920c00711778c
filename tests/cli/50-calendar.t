#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# weir calendar: the plan of a host, row by row, with local time and UTC, for
# this host and for others; and what check and explain say of the same keys.
# WEIR names the binary, default build/weir.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

[ -e /usr/share/zoneinfo/Europe/Berlin ] || skip_all "tzdata is not installed"

catalog=tests/fixtures/catalog
id=0123456789abcdef0123456789abcdef

# All dates are far ahead, so that no row depends on when this runs.
cat >"$tmp/plan.yaml" <<'YAML'
policy: plan
serial: 3
zone: Europe/Berlin
blackout: [2131-12-24/2132-01-06]
groups: {databases: [weirdb-*]}
labels: {weirdb-1: {cluster: a}, weirdb-2: {cluster: a}}
rules:
  - vendor: examplewall
    phases:
      - {mode: observe}
      - {mode: freeze, from: 2131-03-25}
      - {mode: block, from: 2131-11-01, rollout: [{percent: 1}, {percent: 100, from: 2131-12-25}]}
  - product: examplewall/agent
    hosts: ["group:databases"]
    spread-by: cluster
    phases:
      - {mode: freeze}
      - {mode: block, from: 2131-06-01, switch-in: "Sat,Sun 02:00-06:00"}
  - product: examplewall/tools
    phases:
      - {mode: offline, from: 2131-03-24, only-during: "Sun 01:30-03:30", otherwise: observe}
exemptions:
  - {id: EX-1, product: examplewall/agent, hosts: [weirdb-2], cap: freeze, until: 2131-06-30,
     reason: old, owner: infra}
YAML

# plan ARGUMENT...: what is printed goes to $tmp/out.
plan() {
	"$weir" calendar --catalog "$catalog" --policy "$tmp/plan.yaml" "$@" >"$tmp/out" 2>"$tmp/err"
}

# has TEXT...: each stands in a line of what was printed.
has() {
	for text in "$@"; do
		grep -qF -e "$text" "$tmp/out" && continue
		echo "absent: $text"
		cat "$tmp/out" "$tmp/err"
		return 1
	done
}

lacks() {
	! grep -F -e "$1" "$tmp/out"
}

db_1() {
	plan --for weirdb-1 --machine-id "$id" &&
		has "on host weirdb-1, zone Europe/Berlin" \
			"2131-06-02 02:00 +02:00  2131-06-02T00:00:00Z  product examplewall/agent" \
			"freeze -> block  line 13: phase from 2131-06-01 00:00 +02:00; cluster a, turn 1 of 2" &&
		lacks EX-1
}

db_2() {
	plan --for weirdb-2 --machine-id "$id" &&
		has "2131-06-03 02:00 +02:00  2131-06-03T00:00:00Z  product examplewall/agent" \
			"turn 2 of 2; switch-in \"Sat,Sun 02:00-06:00\"" \
			"2131-07-01 00:00 +02:00  2131-06-30T22:00:00Z  exemption" \
			"EX-1 ends: examplewall/agent, freeze at most, owner infra"
}

web() {
	plan --for web-1 --machine-id "$id" && lacks "product examplewall/agent" &&
		has "2132-01-07 00:00 +01:00  2132-01-06T23:00:00Z  vendor examplewall" \
			"rollout 100%, this host is at" "put off by a blackout"
}

# The last Sunday of March 2131 is the 25th: 02:00 to 03:00 does not exist.
over_the_change() {
	plan --for web-1 --machine-id "$id" --until 2131-04-02 &&
		has "2131-03-25 01:30 +01:00  2131-03-25T00:30:00Z  product examplewall/tools" \
			"2131-03-25 03:30 +02:00  2131-03-25T01:30:00Z  product examplewall/tools" \
			"2131-04-01 01:30 +02:00  2131-03-31T23:30:00Z  product examplewall/tools" &&
		lacks "2131-04-08"
}

windows() {
	plan --for web-1 --machine-id "$id" && has "and so on; --until DATE" &&
		[ "$(grep -c 'only-during "Sun 01:30-03:30" begins' "$tmp/out")" -eq 5 ]
}

in_order() {
	plan --for weirdb-2 --machine-id "$id" &&
		grep -o '2[0-9-]*T[0-9:]*Z' "$tmp/out" >"$tmp/times" &&
		[ -s "$tmp/times" ] && sort -c "$tmp/times"
}

nobody() {
	plan --for web-1 && has "rollout 100%;" &&
		sed -i 's/, {percent: 100, from: 2131-12-25}//' "$tmp/plan.yaml" &&
		plan --for web-1 &&
		has "Not here: vendor examplewall, block, line 8" "by machine-id, which is not known"
}

offline() {
	has "Note: offline: destinations are refused and files held as in a freeze; the product's" \
		"processes are not kept off the network yet."
}

as_json() {
	plan --for weirdb-2 --machine-id "$id" --json --until 2131-07-31 && python3 - "$tmp/out" <<'PY'
import json, sys
c = json.load(open(sys.argv[1]))
steps = [s for s in c["to_come"] if s.get("rule", {}).get("target") == "examplewall/agent"]
assert c["policy"]["serial"] == 3 and c["host"] == "weirdb-2" and not c["more"], c
assert [(s["utc"], s["from"], s["to"], s["kind"], s["turn"]) for s in steps] == [
    ("2131-06-03T00:00:00Z", "freeze", "block", "phase", 2)], steps
ends = [s for s in c["to_come"] if s["kind"] == "exemption-ends"]
assert ends[0]["exemption"] == "EX-1" and ends[0]["at"] == "2131-07-01 00:00 +02:00", ends
assert {r["rule"]["target"]: r["mode"] for r in c["in_force"]} == {
    "examplewall": "observe", "examplewall/agent": "freeze", "examplewall/tools": "observe"}
PY
}

refused() {
	"$weir" calendar --catalog "$catalog" "$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ "$got" -eq 2 ] && [ -s "$tmp/err" ] && ! [ -s "$tmp/out" ] && return
	echo "exit code $got"
	cat "$tmp/out" "$tmp/err"
	return 1
}

refusals() {
	refused --policy "$tmp/plan.yaml" --until someday &&
		refused --policy "$tmp/absent.yaml" && refused --policy "$tmp/plan.yaml" more &&
		refused --policy tests/fixtures/bad/hosts-overlap.yaml && refused --never
}

checked() {
	"$weir" check --catalog "$catalog" "$tmp/plan.yaml" >"$tmp/out" 2>"$tmp/err" &&
		has "$tmp/plan.yaml: ok: policy plan, serial 3" \
			"line 13: only on hosts group:databases; this one is not among them" \
			"line 19: offline from 2131-03-24 00:00 +01:00, only during \"Sun 01:30-03:30\", else observe" \
			"offline: destinations are refused"
}

explained() {
	"$weir" explain --catalog "$catalog" --policy "$tmp/plan.yaml" examplewall/tools >"$tmp/out" \
		2>"$tmp/err"
	has "offline from 2131-03-24 00:00 +01:00, only during \"Sun 01:30-03:30\", else observe"
}

ok "a node takes the first window" db_1
ok "the other one the next, and its exemption ends" db_2
ok "another host has the vendor's rule, put off by a blackout" web
ok "windows over a change of clocks, until a date" over_the_change
ok "of windows that come again the next ten changes" windows
ok "rows are in the order of time" in_order
ok "the same as JSON" as_json
ok "without a machine-id nobody is in a rollout" nobody
ok "what offline does not do is said" offline
ok "what is wrong is refused with 2" refusals
ok "check says what the keys come to" checked
ok "and explain" explained
ended
