#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# weir explain: of files, processes, addresses and names it says what is known
# against them, which rule decides and what would become of them; without an
# agent and without root. WEIR names the binary, default build/weir.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

pids=
trap 'kill $pids 2>/dev/null; rm -rf "$tmp"' EXIT
catalog=tests/fixtures/catalog

# explain CODE ARGUMENT...: what was printed is in $tmp/out and $tmp/err.
explain() {
	code=$1
	shift
	"$weir" explain --catalog "$catalog" --policy "$tmp/policy.yaml" "$@" \
		>"$tmp/out" 2>"$tmp/err"
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
	explain "$code" "$@" && grep -qF "$text" "$tmp/out"
}

# json CODE EXPRESSION ARGUMENT...: a Python expression about the object e.
json() {
	code=$1
	expression=$2
	shift 2
	explain "$code" --json "$@" &&
		python3 -c 'import json, sys
e = json.load(open(sys.argv[1]))
sys.exit(not eval("(" + sys.argv[2] + ")"))' "$tmp/out" "$expression"
}

cat >"$tmp/policy.yaml" <<'YAML'
policy: plant-a
serial: 12
enforce: true
rules:
  - vendor: examplewall
    mode: block
  - product: examplewall/agent
    phases:
      - {mode: observe}
      - {mode: block, from: 2199-01-01}
    allow: [{to: 203.0.113.9/32, ports: [tcp/443], why: console}]
YAML

ok "a path that is absent is judged by its place" \
	says 1 "only its place was judged" /opt/examplewall/bin/agent
ok "and its evidence is named with file and line" \
	says 1 "$catalog/vendors/examplewall.yaml:15" /opt/examplewall/bin/agent
ok "the rule is named with file and line" \
	says 1 "$tmp/policy.yaml:7, about product examplewall/agent" /usr/bin/ewctl
ok "and the phases with their moments" \
	says 1 "observe; block from 2199-01-01 00:00 +00:00" /usr/bin/ewctl
ok "a phase to come does not block now" \
	json 1 'e["result"]["reason"] == "mode" and not e["result"]["would"]' /usr/bin/ewctl
ok "medium confidence is watched, never stopped" \
	json 1 'e["result"]["reason"] == "evidence"' /usr/bin/ewconsole
ok "a class that the vendor's rule does not enforce is said so" \
	says 1 "rule that names the product" /usr/bin/ew-tool
ok "an absent path that is not listed could not be read" explain 4 /no/such/file
ok "the shell is not listed, and in the guard" says 0 "Guard: in it" /bin/sh
ok "a directory is judged by its place" json 0 'e["path"].endswith("/")' "$tmp"

ok "an address is listed by its prefix" \
	json 1 'e["product"]["id"] == "examplewall/console" and
		e["result"]["verdict"] == "deny"' 203.0.113.77
ok "with a port the more specific prefix decides" \
	json 1 'e["product"]["id"] == "examplewall/agent" and e["port"] == 443' \
	203.0.113.3:443/tcp
ok "what the rule allows is reachable" \
	json 1 'e["result"]["reason"] == "allow"' 203.0.113.9:443/tcp
ok "another address is not listed" explain 0 8.8.8.8:53/udp
ok "nor is one of IPv6 with a port" json 0 'e["kind"] == "address"' '[2001:db8::1]:443'
ok "a mapped one is the IPv4 address it holds" explain 1 ::ffff:203.0.113.77

ok "a product by its id" json 1 'e["product"]["class"] == "vendor_product"' examplewall/agent
ok "a vendor by its id" says 1 "is the vendor examplewall" examplewall
ok "a vendor by an alias" json 1 'e["vendor"] == "examplewall"' Exwall
ok "a directive by its id" json 1 'e["directive"] == "test-2031"' test-2031
ok "a package" says 1 "A name alone is no finding" ew-agent
ok "a module" json 1 'e["evidence"][0]["kind"] == "module"' ewfilter
ok "a domain below a listed one" says 1 "No domain is stopped by its name" www.examplewall.test
ok "a process name needs a second witness" says 0 "needs a second witness" ewagentd
ok "what only looks like it is told to be harmless" \
	json 0 'e["harmless"] == "Example Walls (game)"' ew-agent-game
ok "a misspelt name gets a suggestion" says 0 'Did you mean "examplewall"?' examplewal

ok "a misspelt package, too" says 0 'Did you mean "ew-agent"?' ew-agnet
ok "what is missing is named" says 0 "place, content, network." ewagentd
ok "also for programs" json 0 'e["missing"] == ["place", "content", "network"]' ewagentd

# Packages and their files, in a tree of their own.
tree=$tmp/tree
mkdir -p "$tree/var/lib/dpkg/info" "$tree/opt/examplewall" "$tree/usr/bin"
cat >"$tree/var/lib/dpkg/status" <<'STATUS'
Package: ew-agent
Status: install ok installed
Architecture: all
Version: 2.1

Package: repacked
Status: install ok installed
Architecture: all
Version: 7

Package: harmless
Status: install ok installed
Architecture: all
Version: 1
STATUS
echo x >"$tree/opt/examplewall/agent"
echo x >"$tree/usr/bin/ls"
echo /opt/examplewall/agent >"$tree/var/lib/dpkg/info/ew-agent.list"
printf '/opt/examplewall/agent\n/usr/bin/ls\n' >"$tree/var/lib/dpkg/info/repacked.list"
echo /usr/bin/ls >"$tree/var/lib/dpkg/info/harmless.list"
ok "a package that is here is a finding, with its version" \
	json 1 'e["finding"] and e["package"]["version"] == "2.1" and e["here"][0]["kind"] == "package"' \
	--root "$tree" ew-agent
ok "and its files are told" says 1 "/opt/examplewall/agent (examplewall/agent)" \
	--root "$tree" ew-agent
ok "a package of another name is known by its files" \
	json 1 'e["finding"] and e["package"]["listed_files"] == 1 and e["package"]["files"] == 2' \
	--root "$tree" repacked
ok "one with none of them is not listed" \
	json 0 'not e["listed"] and e["package"]["version"] == "1"' --root "$tree" harmless
# A unit by a name that says nothing, and what it starts.
mkdir -p "$tree/etc/systemd/system" "$tree/usr/lib/systemd/system"
printf '[Service]\nExecStart=/opt/examplewall/agent --daemon\nRestart=always\n' \
	>"$tree/etc/systemd/system/innocent.service"
printf '[Service]\nExecStart=/usr/bin/ls\n' >"$tree/usr/lib/systemd/system/clean.service"
ok "a unit is known by the program that it starts" \
	json 1 'e["finding"] and e["here"][0]["kind"] == "unit" and
e["here"][0]["path"] == "/opt/examplewall/agent"' --root "$tree" innocent.service
ok "in words, too" says 1 "restarted when it ends" --root "$tree" innocent.service
ok "one that starts something else is not listed" json 0 'not e["listed"]' \
	--root "$tree" clean.service
no_suggestion() {
	explain 0 --root "$tree" cron.service && ! grep -q "Did you mean" "$tmp/out"
}
ok "another service is no suggestion" no_suggestion
ok "a path is looked for in the tree" json 1 'e["path"] == "/opt/examplewall/agent"' \
	--root "$tree" /opt/examplewall/agent
ok "no process runs in a tree" explain 2 --root "$tree" 1

# Real files: a catalogue that lists one below $tmp by content and one by place.
catalog=$tmp/catalog
mkdir -p "$catalog/vendors" "$catalog/confusables" "$tmp/opt"
cp /bin/sleep "$tmp/opt/sleeper"
echo "only me" >"$tmp/listed"
cat >"$catalog/vendors/fakewall.yaml" <<YAML
vendor: fakewall
name: Fakewall
products:
  - product: agent
    name: Fakewall Agent
    class: vendor_product
    indicators:
      - {kind: dir, value: $tmp/opt/}
      - {kind: sha256, value: $(sha256sum <"$tmp/listed" | cut -d' ' -f1), size: 8}
      - {kind: elf-string, value: weir-test-needle}
      - {kind: comm, value: sleeper, sufficient: false}
YAML
cat >"$catalog/confusables/alike.yaml" <<YAML
confusables: alike
entries:
  - name: Sleeping wall
    confused-with: [fakewall]
    class: name_collision
    why: it sleeps, too
    indicators:
      - {kind: path, value: $tmp/opt/other}
YAML
cat >"$tmp/policy.yaml" <<'YAML'
policy: plant-b
serial: 1
rules:
  - vendor: fakewall
    mode: block
YAML
cp /bin/sleep "$tmp/opt/other"
ln -s opt/sleeper "$tmp/link"
cp "$tmp/listed" "$tmp/renamed"

ok "a file in a listed directory" \
	json 1 'e["finding"] and e["result"]["reason"] == "flag" and e["result"]["would"]' \
	"$tmp/opt/sleeper"
ok "by a link to it" json 1 'e["path"].endswith("/opt/sleeper") and e["link"]' "$tmp/link"
ok "by its content, whatever its name" \
	json 1 'e["evidence"][0]["kind"] == "sha256"' "$tmp/renamed"
ok "what a confusable explains is no finding" \
	json 0 'e["cleared_by"] == "Sleeping wall" and not e["listed"]' "$tmp/opt/other"
ok "and the text says what explains it" says 0 "Sleeping wall explains it" "$tmp/opt/other"

"$tmp/opt/sleeper" 600 &
pids=$!
runs_sleeper() {
	i=0
	until grep -q sleeper "/proc/$pids/comm"; do
		i=$((i + 1))
		[ "$i" -lt 10000 ] || return 1
	done
}
ok "a listed program is started" runs_sleeper
ok "a process is judged by its file and its name" \
	json 1 'e["comm"] == "sleeper" and len(e["evidence"]) == 2 and not e["deleted"]' "$pids"
rm "$tmp/opt/sleeper"
ok "and when its file is deleted, that is said" json 1 'e["deleted"] is True' "$pids"
ok "a process that does not exist could not be read" explain 4 4194304

usage() {
	explain 2 && explain 2 a b && explain 2 --no-such x && explain 2 "" && explain 0 --help
}
ok "wrong usage is explained, and --help is no error" usage
bad_policy() {
	echo "policy: [" >"$tmp/policy.yaml"
	explain 2 /bin/sh && grep -q "^$tmp/policy.yaml:1:9: error: " "$tmp/err" && ! [ -s "$tmp/out" ]
}
ok "a bad policy is complained about by place" bad_policy
no_catalog() {
	catalog=$tmp/nowhere
	explain 2 /bin/sh && grep -q "^$tmp/nowhere: error: " "$tmp/err"
}
ok "a catalogue that is not there is named" no_catalog
ended
