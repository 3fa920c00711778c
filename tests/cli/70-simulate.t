#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# weir simulate: a journal made by hand, whose answers are known, rehearsed under
# several policies; damaged and hostile lines; no agent. WEIR names the binary,
# default build/weir.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

# simulate CODE POLICY ARGUMENT...: what was printed is in $tmp/out and $tmp/err.
simulate() {
	code=$1
	policy=$2
	shift 2
	"$weir" simulate --catalog tests/fixtures/catalog --journal "$tmp/journal" \
		--state "$tmp/state" "$@" "$tmp/$policy.yaml" >"$tmp/out" 2>"$tmp/err"
	got=$?
	cat "$tmp/out" "$tmp/err"
	[ "$got" -eq "$code" ] && return
	echo "exit code $got, not $code"
	return 1
}

# json CODE POLICY EXPRESSION ARGUMENT...: a Python expression about the object s.
json() {
	code=$1
	policy=$2
	expression=$3
	shift 3
	simulate "$code" "$policy" --json "$@" && python3 -c 'import json, sys
s = json.load(open(sys.argv[1]))
def acts(**want):
    return [a for a in s["acts"] if all(a[k] == v for k, v in want.items())]
sys.exit(not eval("(" + sys.argv[2] + ")"))' "$tmp/out" "$expression"
}

says() {
	simulate "$1" "$2" && grep -qF "$3" "$tmp/out"
}

# The journal: 9 days; of the agent 13 execs by two units and 3 by a user, 2 loads, 4
# connections of which the last stands for 3, 1 unlisted; of the console 5 of medium
# evidence; of the tools 2.
mkdir "$tmp/journal" "$tmp/state" "$tmp/none"
python3 - "$tmp" <<'PY'
import json, sys
tmp = sys.argv[1]
BEGIN = 1795000000000  # 2026-11-18T11:06:40Z
DAY = 86400000
golden = [json.loads(l) for l in open("tests/fixtures/ocsf-golden.ndjson")]
first = {}
for e in golden:
    first.setdefault((e["metadata"]["event_code"], e["unmapped"]["outcome"]), e)
lines = []

def put(e, ms, **more):
    e = json.loads(json.dumps(e))
    e["time"] = BEGIN + ms
    lines.append(e)
    return e

def record(ms, path, by, unit=None, uid=1000, user_unit=None, product="examplewall/agent",
           match=("dir", "/opt/examplewall/")):
    e = put(first["exec", "seen"], ms)
    e["process"]["file"]["path"] = path
    e["process"]["parent_process"]["name"] = by
    e["actor"]["user"]["uid"] = str(uid)
    u = e["unmapped"]
    u["product"] = product
    u["match"][0]["kind"], u["match"][0]["value"] = match
    if unit:
        u["unit"] = unit
    if user_unit:
        u["user_unit"] = user_unit
    return e

def connect(ms, ip, port, **who):
    e = put(first["connect", "blocked"], ms)
    e["dst_endpoint"] = {"ip": ip, "port": port}
    e["unmapped"].update(who)
    return e

put(first["gate-proven", "note"], 0)
for i in range(12):
    record(1000 + i * DAY // 2, "/opt/examplewall/agent", "systemd", "ew-agent.service", 0)
for i in range(3):
    record(2000 + i * DAY, "/opt/examplewall/tool", "bash", "session-4.scope")
for i in range(5):
    record(3000 + i, "/usr/bin/ewconsole", "bash", "session-4.scope",
           product="examplewall/console", match=("path", "/usr/bin/ewconsole"))
for i in range(2):
    record(4000 + i, "/usr/bin/ew-tool", "cron", "cron.service", 0,
           product="examplewall/tools", match=("path", "/usr/bin/ew-tool"))
for i in range(2):
    put(first["load", "blocked"], 5000 + i)
for i in range(4):
    connect(6000 + i, "203.0.113.3", 443, unit="ew-agent.service")
lines[-1]["count"] = 3
put(first["exec", "unlisted"], 7000)
record(8 * DAY + 5000, "/opt/examplewall/late", "systemd", "ew-timer.service", 0)

def write(number, events, raw=b""):
    with open(f"{tmp}/journal/weir-20261118T110640-{number:06d}.ndjson", "wb") as f:
        for e in events:
            f.write(json.dumps(e, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
        f.write(raw)

lines.sort(key=lambda e: e["time"])
write(1, lines[:20])
write(2, lines[20:])
json.dump({f"{k[0]} {k[1]}": v for k, v in first.items()}, open(tmp + "/first.json", "w"))
PY

policy_of() {
	name=$1
	shift
	{
		printf 'policy: plant-a\nserial: 12\nenforce: true\n'
		printf '%s\n' "$@"
	} >"$tmp/$name.yaml"
}

# The agent is a security product: nothing takes its place here, by intent.
alone='without-protection: a test'
policy_of observe 'rules: [{vendor: examplewall, mode: observe}]'
policy_of block "rules: [{product: examplewall/agent, mode: block, $alone}]"
policy_of vendor "rules: [{vendor: examplewall, mode: block, $alone}]"
policy_of offline "rules: [{product: examplewall/agent, mode: offline, $alone}]"
policy_of freeze 'rules: [{product: examplewall/agent, mode: freeze}]'
policy_of later 'rules:' '  - product: examplewall/agent' "    $alone" '    phases:' \
	'      - {mode: observe}' '      - {mode: offline, from: 2026-12-01}' \
	'      - {mode: block, from: 2027-01-01}'
policy_of exempt "rules: [{product: examplewall/agent, mode: block, $alone}]" 'exemptions:' \
	'  - {id: EX-1, product: examplewall/agent, path: /opt/examplewall/agent,' \
	'     until: 2026-12-31, reason: r, owner: o}' \
	'  - {id: EX-2, product: examplewall/agent, user: "1000", until: 2026-12-31,' \
	'     reason: r, owner: o}'

policy_of held 'rules: [{product: examplewall/agent, mode: block}]'
policy_of held-later 'rules:' '  - product: examplewall/agent' '    phases:' \
	'      - {mode: observe}' '      - {mode: freeze, from: 2026-12-01}' \
	'      - {mode: block, from: 2027-01-01}'
policy_of successor 'rules:' '  - product: examplewall/agent' '    mode: block' \
	'    successor: {unit: new.service}'

ok "observe stops nothing" json 0 observe \
	's["summary"]["stopped"] == {"exec": 0, "load": 0, "module": 0, "connect": 0}'
ok "block stops all of the product, and nothing else" json 1 block \
	's["summary"]["stopped"] == {"exec": 16, "load": 2, "module": 0, "connect": 6} and
	 s["summary"]["units"] == 2 and s["summary"]["users"] == 1'
ok "the first line is the sum" says 1 block \
	"would have stopped 16 execs, 2 loads, 6 connections of 2 units and 1 user in 9 days"
fits() {
	! sed 1d "$tmp/out" | grep -E '.{81}'
}
ok "no line but the first is wider than a terminal" fits
ok "each act says who, by what, how often, last when" json 1 block \
	'[(a["count"], a["last"]) for a in acts(unit="ew-agent.service", by="systemd")] ==
	 [(12, "2026-11-23T23:06:41Z")] and acts(path="/opt/examplewall/tool")[0]["uid"] == 1000'
ok "a medium indicator and a class that is not enforced are told as such" json 1 vendor \
	'acts(product="examplewall/console")[0]["reason"] == "evidence" and
	 acts(product="examplewall/tools")[0]["reason"] == "class"'
ok "offline stops connections; that the freeze in it is uncounted is told" json 1 offline \
	's["summary"]["stopped"] == {"exec": 0, "load": 0, "module": 0, "connect": 6} and
	 all(a["doubts"] == ["freeze"] for a in acts(hook="exec", product="examplewall/agent"))'
ok "a policy that begins later says when" json 1 later \
	's["summary"]["stopped"]["exec"] == 0 and
	 [(p["at"], p["stopped"]["exec"], p["stopped"]["connect"]) for p in s["phases"]] ==
	 [("2026-11-26T11:06:45Z", 0, 0), ("2026-12-01T00:00:00Z", 0, 6),
	  ("2027-01-01T00:00:00Z", 16, 6)]'
ok "and what begins then, act by act" json 1 later \
	'acts(hook="connect")[0]["begins"] == "2026-12-01T00:00:00Z" and
	 acts(path="/opt/examplewall/late")[0]["begins"] == "2027-01-01T00:00:00Z"'
ok "--at moves the moment" json 1 later \
	's["summary"]["stopped"]["exec"] == 16 and s["at"] == "2027-02-01T00:00:00Z"' --at 2027-02-01
ok "--since leaves out what was before" json 1 block \
	's["journal"]["records"] == 1 and s["summary"]["stopped"]["exec"] == 1' --since 2026-11-26
ok "exemptions for a file and for a user spare these, until they end" json 1 exempt \
	'acts(path="/opt/examplewall/agent")[0]["exemption"] == "EX-1" and
	 acts(path="/opt/examplewall/tool")[0]["exemption"] == "EX-2" and
	 acts(path="/opt/examplewall/tool")[0]["begins"] == "2027-01-01T00:00:00Z" and
	 acts(path="/opt/examplewall/late")[0]["stopped"]'

same_bytes() {
	simulate 1 later --json && cp "$tmp/out" "$tmp/once" && simulate 1 later --json &&
		cmp "$tmp/once" "$tmp/out" && simulate 1 later && cp "$tmp/out" "$tmp/once" &&
		TZ=Asia/Tokyo LC_ALL=C.UTF-8 simulate 1 later && cmp "$tmp/once" "$tmp/out"
}
ok "the same inputs give the same bytes" same_bytes

ok "a gate that is proven is known, one that is weaker than required is told" json 1 block \
	'{g["hook"]: g["proven"] for g in s["gates"]}["exec"] == "deny" and
	 not any("exec gate" in d for d in s["doubts"])'

ok "a security product with nothing in its place is held below offline" json 0 held \
	'not any(s["summary"]["stopped"].values()) and [h for h in s["held"]] ==
	 [{"product": "examplewall/agent", "rule": 4, "why": "no-successor"}] and
	 all(a["mode"] == "observe" for a in acts(product="examplewall/agent"))'
says_held() {
	simulate 0 held && head -n 1 "$tmp/out" | grep -q '; 1 security product is held below' &&
		grep -A 2 '^held$' "$tmp/out" | grep -q 'line 4: examplewall/agent: held below'
}
ok "and the text says so, first" says_held
echo '{"counted":true,"frozen":[]}' >"$tmp/state/installed.json"
ok "in the mode that it had below, whatever comes" json 1 held-later \
	'[(p["at"][:10], p["stopped"]["exec"], p["stopped"]["connect"]) for p in s["phases"]] ==
	 [("2026-11-26", 0, 0), ("2026-12-01", 16, 0), ("2027-01-01", 16, 0)]'
rm "$tmp/state/installed.json"
doubts() {
	json 1 successor "s['summary']['stopped']['exec'] == 16 and not s['held'] and
		any('as if it were there; $1' in d for d in s['doubts'])"
}
ok "with a successor it is rehearsed, and whether that is there is told" \
	doubts "no agent has looked yet"
known_stage() {
	printf '{"boot":"x","taken":[],"rules":{"product examplewall/agent":{"stage":%s,' "$1"
	printf '"unit":"new.service"}}}\n'
}
known_stage 1 >"$tmp/state/protection.json"
ok "as the agent last had it" doubts "the agent last had it as holds"
known_stage 0 >"$tmp/state/protection.json"
ok "also where it does not hold" doubts "the agent last had it as waited-for"
rm "$tmp/state/protection.json"

# installed FROZEN INO: the agent's file is among what a freeze lets run, with that
# inode; the journal saw it with 99. The others came later.
installed() {
	cat >"$tmp/state/installed.json" <<-JSON
		{"counted":true,"frozen":[$1]}
	JSON
	printf '{"path":"/opt/examplewall/agent","product":"examplewall/agent","kind":"dir",%s,%s}\n' \
		'"value":"/opt/examplewall/","dev":1,"size":81234,"changed_ns":0,"by_scan":true' \
		"\"ino\":$2" >>"$tmp/state/installed.json"
}
stops() {
	json 1 freeze "s['summary']['stopped']['exec'] == $1 and
		not any(a['doubts'] for a in s['acts'])"
}
frozen() {
	installed '"examplewall/agent"' "$1" && stops "$2"
}
ok "a freeze lets run what was there when it began" frozen 99 4
ok "and not what has taken its place since" frozen 100 16
echo '{"counted":true,"frozen":[]}' >"$tmp/state/installed.json"
ok "of a product that is not installed it stops all" stops 16
mv "$tmp/state/installed.json" "$tmp/none/"
to_come() {
	installed '' 100 && sed 1d "$tmp/state/installed.json" >"$tmp/state/known.json" &&
		mv "$tmp/none/installed.json" "$tmp/state/" && stops 4
}
ok "a freeze to come will find what stands at the path by then" to_come
rm "$tmp"/state/*.json

cat >"$tmp/state/scan.json" <<'JSON'
{"weir_scan": 1, "time": "2026-11-27T00:00:00Z", "complete": true, "only": null, "products": [
 {"id": "examplewall/agent", "things": [
  {"kind": "process", "where": "812", "path": "/opt/examplewall/agent", "user": "root",
   "started_by": ["ew-agent.service"],
   "evidence": [{"kind": "dir", "value": "/opt/examplewall/", "confidence": "high",
                 "sufficient": true}]},
  {"kind": "socket", "where": "tcp 10.0.0.1:40000 to 203.0.113.5:443", "path": null,
   "started_by": [], "evidence": []},
  {"kind": "socket", "where": "tcp 0.0.0.0:902", "started_by": [], "evidence": []},
  {"kind": "unit", "where": "ew-agent.service", "path": null},
  {"kind": "unit", "where": "ew-watchdog.service", "path": null}]}]}
JSON
ok "what runs is told with what its next start meets" json 1 later \
	'[(r["hook"], r["begins"]) for r in s["running"]] ==
	 [("exec", "2027-01-01T00:00:00Z"), ("connect", "2026-12-01T00:00:00Z")]'
ok "a unit that never ran is told as not rehearsed" json 1 block \
	's["never_seen"] == [{"product": "examplewall/agent", "unit": "ew-watchdog.service"}]'
ok "the moment is the end of what is recorded, the inventory's too" json 1 block \
	's["at"] == "2026-11-27T00:00:00Z"'
ok "an inventory that is not there, but was asked for, is incomplete" \
	simulate 4 block --scan "$tmp/none/scan.json"
echo '{' >"$tmp/bad.json"
ok "and so is one that is damaged" simulate 4 block --scan "$tmp/bad.json"
rm "$tmp/state/scan.json"

damaged() {
	python3 - "$tmp" <<-'PY'
		import json, sys
		tmp = sys.argv[1]
		first = json.load(open(tmp + "/first.json"))
		e = first["exec seen"]
		e["time"] = 1795000900000
		def line(e):
		    return json.dumps(e, separators=(",", ":")).encode()
		e["process"]["file"]["path"] = "/opt/examplewall/\n\x1b[2J\"product\":\"x/y\""
		hostile = line(e)
		e["process"]["file"]["path"] = "/opt/examplewall/cut"
		good = line(e)
		lost = first["records-lost note"]
		gap = first["journal-gap note"]
		bad = [good[:700], b"\xff\xfe", b"", b"[" * 100000, b"[]", b"null", b'{"time":1}',
		       good.replace(b'"time":', b'"tame":'), good + b"}", good[:-1] + b"]",
		       b"x" * (3 << 20), good.replace(b"cut", b"c\x01t")]
		with open(tmp + "/journal/weir-20261128T000000-000003.ndjson", "wb") as f:
		    f.write(b"\n".join([hostile] + bad + [line(lost), line(gap), good, good[:500]]))
	PY
	json 4 block 's["journal"]["damaged"] == 13 and s["journal"]["lost"] == 37 and
		s["journal"]["missing"] == 12 and s["summary"]["stopped"]["exec"] == 18 and
		any(a["path"].startswith("/opt/examplewall/\n\x1b") and a["stopped"]
		    for a in s["acts"] if a["path"]) and len(s["journal"]["damaged_at"]) == 5'
}
ok "damaged lines are counted, whatever they are, and the rest is rehearsed" damaged
no_control() {
	simulate 4 block && ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037]')" "$tmp/out" &&
		grep -q 'damaged lines' "$tmp/out" && grep -q '37 records lost' "$tmp/out"
}
ok "no control byte of theirs reaches the terminal, and gaps are told" no_control
rm "$tmp"/journal/*-000003.ndjson

unreadable() {
	mkdir "$tmp/journal/weir-20261128T000000-000004.ndjson" &&
		simulate 1 block && rmdir "$tmp"/journal/*-000004.ndjson &&
		"$weir" simulate --catalog tests/fixtures/catalog --journal "$tmp/nowhere" \
			--state "$tmp/state" "$tmp/block.yaml" >"$tmp/out"
	[ $? -eq 4 ] && grep -q "could not be read: No such file" "$tmp/out"
}
ok "a journal that is not there is told" unreadable

refused() {
	printf 'vendor: shells\nname: S\nproducts:\n  - product: sh\n    name: S\n' >"$tmp/v.yaml"
	printf '    class: vendor_product\n    indicators:\n      - {kind: path, value: %s}\n' \
		"$(readlink -f /bin/sh)" >>"$tmp/v.yaml"
	mkdir -p "$tmp/cat/vendors" && mv "$tmp/v.yaml" "$tmp/cat/vendors/shells.yaml" &&
		policy_of shell 'rules: [{product: shells/sh, mode: block}]' &&
		simulate 2 shell --catalog "$tmp/cat" && ! [ -s "$tmp/out" ] &&
		grep -q "shell.yaml:4:1: error: .*$(readlink -f /bin/sh)" "$tmp/err"
}
ok "a policy that meets the guard is refused" refused

usage() {
	"$weir" simulate >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 2 ] && grep -q '^Usage: weir simulate' "$tmp/err" &&
		simulate 2 block --at yesterday && simulate 2 block --since never &&
		simulate 2 absent && "$weir" simulate --help | grep -q '^Usage: weir simulate'
}
ok "wrong usage is explained, and --help is no error" usage
ended
