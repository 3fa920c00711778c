#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# weir scan: of a tree with package databases it says what of the catalogue is
# there, in each form, what is new since an earlier scan, and by its exit code
# whether something was found or could not be read. Without root. The forms
# themselves are those of the golden files; to renew these after a wanted change:
# host_scan_test --dump table|json|csv|ocsf. WEIR names the binary.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

teller=$output/unit/host_scan_test
catalog=tests/fixtures/catalog
tree=$tmp/tree

# scan CODE ARGUMENT...: what was printed is in $tmp/out and $tmp/err.
scan() {
	code=$1
	shift
	"$weir" scan --catalog "$catalog" --no-cache "$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	cat "$tmp/out" "$tmp/err"
	[ "$got" -eq "$code" ] && return
	echo "exit code $got, not $code"
	return 1
}

# says CODE TEXT ARGUMENT...: TEXT is somewhere in the output.
says() {
	text=$2
	code=$1
	shift 2
	scan "$code" "$@" && grep -qF -e "$text" "$tmp/out"
}

# complains TEXT ARGUMENT...: wrong usage, and stderr says why.
complains() {
	text=$1
	shift
	scan 2 "$@" && grep -qF -e "$text" "$tmp/err" && ! [ -s "$tmp/out" ]
}

# json CODE EXPRESSION ARGUMENT...: a Python expression about the object e.
json() {
	code=$1
	expression=$2
	shift 2
	scan "$code" --json "$@" || return
	python3 -c 'import json, sys
e = json.load(open(sys.argv[1]))
p = {x["id"]: x for x in e.get("products", [])}
sys.exit(not eval("(" + sys.argv[2] + ")"))' "$tmp/out" "$expression"
}

# package NAME VERSION STATUS FILE...: an entry of dpkg's, with its files there.
package() {
	name=$1
	version=$2
	printf 'Package: %s\nStatus: %s\nArchitecture: all\nVersion: %s\n\n' "$name" "$3" \
		"$version" >>"$tree/var/lib/dpkg/status"
	shift 3
	for file; do
		mkdir -p "$tree$(dirname "$file")"
		echo "$file" >"$tree$file"
		chmod +x "$tree$file"
		echo "$file"
	done >"$tree/var/lib/dpkg/info/$name.list"
}

fresh() {
	rm -rf "$tree"
	mkdir -p "$tree/var/lib/dpkg/info" "$tree/etc"
	: >"$tree/var/lib/dpkg/status"
	package base-files 12 "install ok installed" /etc/debian_version
}

fresh
ok "an empty host has nothing" says 0 "Nothing of the catalogue was found" --root "$tree"
ok "and its JSON says so" \
	json 0 'e["weir_scan"] == 1 and e["complete"] and not e["products"]' --root "$tree"

package ew-agent 2.1 "install ok installed" /opt/examplewall/agent
package ew-agent-game 1 "install ok installed" /usr/games/ewctl
package ew-tools 3 "install ok installed"
echo /usr/bin/ew-tool >"$tree/var/lib/dpkg/info/ew-tools.list"
ok "a package is found, with its version" says 1 "examplewall/agent" --root "$tree" --only dpkg
ok "in JSON, too" json 1 'p["examplewall/agent"]["state"] == "installed" and
p["examplewall/agent"]["version"] == "2.1" and p["examplewall/agent"]["things"][0]["alone"] and
p["examplewall/agent"]["directives"] == [{"id": "test-2031", "status": "named"}]' \
	--root "$tree" --only dpkg
ok "an entry that no file bears out is unverified" \
	json 1 'p["examplewall/tools"]["state"] == "unverified"' --root "$tree" --only dpkg
ok "how to remove it and what that harms stand beside it" \
	says 1 "remove: apt-get purge ew-agent" --root "$tree" --only dpkg
ok "a look-alike is counted" says 1 "1 look-alike cleared (--all)" --root "$tree" --only dpkg
ok "and told with --all, with what clears it" \
	json 1 'e["cleared"][0]["where"] == "ew-agent-game" and
e["cleared"][0]["cleared_by"]["class"] == "name_collision"' --all --root "$tree" --only dpkg
ok "one product of several can be asked for" \
	json 1 'list(p) == ["examplewall/tools"]' --product examplewall/tools --root "$tree" --only dpkg
ok "or a whole vendor" json 1 'len(p) == 2' --product examplewall --root "$tree" --only dpkg
ok "nothing of another product is nothing" \
	says 0 "Nothing of the catalogue was found" --product examplewall/console --root "$tree" \
	--only dpkg

cat >"$tmp/policy.yaml" <<'YAML'
policy: plant-b
serial: 3
rules:
  - vendor: examplewall
    mode: block
YAML
ok "the policy's rule stands beside the finding" \
	json 1 'p["examplewall/agent"]["policy"]["mode"] == "block" and
p["examplewall/agent"]["policy"]["reason"] == "flag" and p["examplewall/agent"]["policy"]["would"]
and p["examplewall/tools"]["policy"]["reason"] == "class" and e["policy"]["serial"] == 3' \
	--policy "$tmp/policy.yaml" --root "$tree" --only dpkg
ok "also in words" says 1 "policy: block: would be stopped, but for enforce: false" \
	--policy "$tmp/policy.yaml" --root "$tree" --only dpkg

# What a scan leaves behind.
find "$tree" | sort >"$tmp/before"
untouched() {
	scan 1 --root "$tree" || return
	find "$tree" | sort | cmp - "$tmp/before"
}
ok "the tree is left as it was" untouched
saved() {
	scan 1 --root "$tree" --only dpkg --product examplewall/tools --save "$tmp/saved.json" &&
		[ "$(stat -c %a "$tmp/saved.json")" = 600 ] &&
		[ "$(jq -r '.products[].id' "$tmp/saved.json" | wc -l)" = 2 ]
}
ok "--save keeps the whole scan, for its owner" saved
ok "where it cannot be saved, the scan is incomplete" \
	scan 4 --root "$tree" --save "$tmp/none/saved.json"
repeatable() {
	scan 1 --json --root "$tree" && sed 's/"time":"[^"]*"//g; s/"[a-z]*_seen":"[^"]*"//g' \
		"$tmp/out" >"$tmp/first" &&
		scan 1 --json --root "$tree" &&
		sed 's/"time":"[^"]*"//g; s/"[a-z]*_seen":"[^"]*"//g' "$tmp/out" | cmp - "$tmp/first"
}
ok "the same tree gives the same bytes, times apart" repeatable

# Differences, in all directions.
scan 1 --json --root "$tree" >/dev/null
cp "$tmp/out" "$tmp/old.json"
ok "nothing is different from itself" says 0 "Nothing is different" --root "$tree" \
	--diff "$tmp/old.json"
ok "nor with one product alone" says 0 "Nothing is different" --root "$tree" \
	--product examplewall/agent --diff "$tmp/old.json"
fresh
package ew-agent 2.1 "install ok installed" /opt/examplewall/agent
ok "what is only gone is no news" says 0 "gone      examplewall/tools" --root "$tree" \
	--diff "$tmp/old.json"
fresh
package ew-agent 2.2 "install ok installed" /opt/examplewall/agent
ok "another version is" says 1 "version 2.1 -> 2.2" --root "$tree" --diff "$tmp/old.json"
scan 1 --json --root "$tree" >/dev/null
cp "$tmp/out" "$tmp/new.json"
fresh
package ew-agent 2.2 "install ok installed" /opt/examplewall/agent
package ew-tools 3 "install ok installed" /usr/bin/ew-tool
ok "what appeared is, and its JSON says so" \
	json 1 'e["summary"]["appeared"] == 1 and e["products"][0]["id"] == "examplewall/tools" and
e["products"][0]["state"] == {"from": None, "to": "installed"}' --root "$tree" \
	--diff "$tmp/new.json"
echo '{"weir_scan":1' >"$tmp/bad.json"
ok "a damaged earlier scan is refused by place" complains "bad.json: line" --root "$tree" \
	--diff "$tmp/bad.json"
ok "a FIFO is not waited for" complains "not a regular file" --root "$tree" --diff /dev/null
ok "a difference has two forms only" complains "table or json" --diff "$tmp/new.json" --format csv

# When things were seen.
remembered() {
	rm -f "$tmp/history"
	scan 1 --json --root "$tree" --history "$tmp/history" || return
	[ "$(stat -c %a "$tmp/history")" = 600 ] || return
	# As if that had been last year.
	sed -i -E 's/"(time|first_seen|last_seen)":"20../"\1":"2025/g; s/"2025[0-9]{2}-/"2025-/g' \
		"$tmp/history"
	json 1 'p["examplewall/agent"]["first_seen"] < p["examplewall/agent"]["last_seen"] and
p["examplewall/agent"]["things"][0]["first_seen"][:4] == "2025"' \
		--root "$tree" --history "$tmp/history"
}
ok "what was seen before keeps its first day" remembered
forgotten() {
	fresh
	package ew-agent 2.2 "install ok installed" /opt/examplewall/agent
	json 1 'e["gone"][0]["id"] == "examplewall/tools"' --root "$tree" \
		--history "$tmp/history" || return
	json 1 'e["gone"][0]["id"] == "examplewall/tools"' --root "$tree" --history "$tmp/history"
}
ok "what is gone stays on record" forgotten
damaged() {
	echo "no scan" >"$tmp/history"
	scan 1 --root "$tree" --history "$tmp/history" && grep -q "starting anew" "$tmp/err" &&
		jq -e .weir_scan "$tmp/history"
}
ok "a damaged history is begun anew" damaged

# Who owns the files: what a package brought, and what came without one.
unowned() {
	fresh
	package ew-agent 2.2 "install ok installed" /opt/examplewall/agent
	echo x >"$tree/opt/examplewall/stray"
	chmod +x "$tree/opt/examplewall/stray"
	json 1 '{t["where"]: (t["owned"], t["package"]) for t in p["examplewall/agent"]["things"]
if t["kind"] == "file" and t["where"][-1] != "/"} == {"/opt/examplewall/agent": (True, "ew-agent"),
"/opt/examplewall/stray": (False, None)}' --root "$tree"
}
by_itself() {
	rm -r "${tree:?}/var"
	says 1 "not owned by a package" --root "$tree"
}
# A unit and its program, by a name that says nothing.
started() {
	fresh
	mkdir -p "$tree/etc/systemd/system" "$tree/opt/examplewall"
	echo x >"$tree/opt/examplewall/agent"
	chmod +x "$tree/opt/examplewall/agent"
	printf '[Service]\nExecStart=/opt/examplewall/agent\nRestart=always\n' \
		>"$tree/etc/systemd/system/innocent.service"
	json 1 '[t["flags"] for t in p["examplewall/agent"]["things"] if t["kind"] == "unit"] ==
[["restarts"]]' --root "$tree"
}
ok "a unit is found by what it starts, and that it is restarted" started
if "$weir" scan --only files --root "$tree" --catalog "$catalog" >/dev/null 2>&1; [ $? -ne 2 ]; then
	ok "files know their package, or that they have none" unowned
	ok "without any package database they are found, too" by_itself
	started >/dev/null
	ok "a file knows what starts it" json 1 '[t["started_by"] for t in
p["examplewall/agent"]["things"] if t["where"] == "/opt/examplewall/agent"] ==
[["innocent.service"]]' --root "$tree"
else
	skip "files know their package, or that they have none" "no collector of files"
fi

# What could not be read.
fresh
unreadable() {
	rm -f "$tree/var/lib/dpkg/status"
	mkfifo "$tree/var/lib/dpkg/status"
	json 4 'not e["complete"] and len(e["unread"]) > 0' --root "$tree" &&
		grep -q "^weir: scan: .*dpkg" "$tmp/err"
}
ok "what cannot be read is listed, and makes the scan incomplete" unreadable
rm -f "$tree/var/lib/dpkg/status"

# Usage.
ok "--help is no error" scan 0 --help
ok "an unknown option is one" scan 2 --no-such
ok "so is an argument" complains "not expected" x
ok "a tree that is not there is named" complains "/none: No such file" --root "$tmp/none"
ok "a wrong collector lists the right ones" complains "  dpkg " --only nosuch
ok "a wrong product gets a suggestion" complains 'did you mean "examplewall/agent"' \
	--product examplewall/agnt
ok "a wrong format is refused" complains "not understood" --format xml
catalog=$tmp/nowhere
ok "a catalogue that is not there is named" complains "$tmp/nowhere: error: "
catalog=tests/fixtures/catalog

# The forms.
golden() {
	"$teller" --dump "$1" | diff "tests/fixtures/scan-golden.$2" -
}
validate() {
	python3 -W ignore - tests/fixtures/ocsf-1.8.0-scan.schema.json "$1" <<'PYTHON'
import json, sys
import jsonschema

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
bad = cnt = 0
for cnt, line in enumerate(open(sys.argv[2], encoding="utf-8"), 1):
    for e in check.iter_errors(json.loads(line)):
        print(f"{cnt}: {'/'.join(map(str, e.absolute_path))}: {e.message}")
        bad += 1
sys.exit(bad or not cnt)
PYTHON
}
# A schema that accepts anything proves nothing: each of these must be refused.
refuse() {
	sed "$1" "$tmp/events" >"$tmp/broken"
	! cmp -s "$tmp/events" "$tmp/broken" && ! validate "$tmp/broken" >/dev/null
}
spreadsheet() {
	"$teller" --dump csv >"$tmp/csv"
	python3 - "$tmp/csv" <<'PYTHON'
import csv, sys

rows = list(csv.reader(open(sys.argv[1], newline=""), strict=True))
assert all(len(r) == len(rows[0]) for r in rows)
assert not any(c[:1] in "=+-@\t\r" for r in rows for c in r if c)
PYTHON
}
if [ -x "$teller" ]; then
	ok "the table is the golden one" golden table txt
	ok "the JSON is the golden one" golden json json
	ok "the CSV is the golden one" golden csv csv
	ok "the OCSF is the golden one" golden ocsf ndjson
	ok "CSV can be read, and has no formula" spreadsheet
else
	skip "the forms are the golden ones" "$teller is not built"
fi
if [ -x "$teller" ] && python3 -c 'import jsonschema' 2>/dev/null; then
	"$teller" --dump ocsf >"$tmp/events"
	ok "OCSF 1.8.0 has findings, inventory and the scan itself" validate "$tmp/events"
	ok "a missing device is refused" refuse 's/"device"/"devices"/'
	ok "time in seconds is refused" refuse 's/"time":\([0-9]*\)[0-9][0-9][0-9],/"time":\1,/'
	ok "a finding without an id is refused" refuse 's/"finding_info":{"uid"/"finding_info":{"id"/'
	ok "a bill without components is refused" refuse 's/"software_components"/"components"/'
	ok "a closed finding that is new is refused" refuse 's/"status_id":4/"status_id":1/'
else
	skip "OCSF 1.8.0 is valid" "no python3-jsonschema or no $teller"
fi
ended
