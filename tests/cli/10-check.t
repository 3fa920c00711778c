#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# weir check: every bad file is refused with its golden message, every good one
# and the shipped catalogue are taken, and all files are looked at.
# WEIR names the binary, default build/weir.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

fixtures=tests/fixtures/catalog

# check CODE ARGUMENT...: what was printed is in $tmp/out and $tmp/err.
check() {
	code=$1
	shift
	"$weir" check "$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ "$got" -eq "$code" ] && return
	echo "exit code $got, not $code"
	cat "$tmp/out" "$tmp/err"
	return 1
}

# A zone that is unknown is told apart from a host without zones.
has_zones() {
	[ -e /usr/share/zoneinfo/Asia/Shanghai ]
}

is_refused() {
	check 2 --catalog "$fixtures" "tests/fixtures/bad/$1.yaml" &&
		diff "tests/fixtures/bad/$1.err" "$tmp/err" && ! [ -s "$tmp/out" ]
}

is_taken() {
	check 0 --catalog "$fixtures" "$1" && grep -q "^$1: ok: " "$tmp/out" && ! [ -s "$tmp/err" ]
}

needs_zones() {
	grep -q '^zone: [A-Z][a-z]*/' "$1" && ! has_zones
}

for file in tests/fixtures/bad/*.yaml; do
	name=$(basename "$file" .yaml)
	if needs_zones "$file"; then
		skip "$name" "tzdata is not installed"
		continue
	fi
	ok "$name is refused, and the message says where and why" is_refused "$name"
done
for file in tests/fixtures/good/*.yaml; do
	if needs_zones "$file"; then
		skip "$file" "tzdata is not installed"
		continue
	fi
	ok "$file is taken" is_taken "$file"
done

each_shipped() {
	check 0 --catalog catalog catalog/*/*.yaml &&
		[ "$(grep -c ': ok: ' "$tmp/out")" -eq "$(find catalog -name '*.yaml' | wc -l)" ]
}
ok "the shipped catalogue is well formed, each file among the others" each_shipped

alone() {
	for file in catalog/vendors/*.yaml catalog/confusables/*.yaml; do
		check 0 "$file" || return 1
	done
}
ok "each vendor and confusables file is well formed alone" alone

says() {
	want=$1
	shift
	check 0 "$@" && echo "$want" | diff - "$tmp/out"
}
ok "a vendor file is told in one line" says \
	"$fixtures/vendors/examplewall.yaml: ok: vendor examplewall, 3 products, 16 indicators" \
	"$fixtures/vendors/examplewall.yaml"
ok "a directive is told in one line" says \
	"$fixtures/directives/test-2031.yaml: ok: directive test-2031, 1 vendor named, 1 reported" \
	--catalog "$fixtures" "$fixtures/directives/test-2031.yaml"
ok "a policy is told in one line" says \
	"tests/fixtures/good/policy-least.yaml: ok: policy p, serial 1, 0 rules, enforce false, unsigned" \
	--catalog "$fixtures" tests/fixtures/good/policy-least.yaml

goes_on() {
	check 2 --catalog "$fixtures" tests/fixtures/bad/alias.yaml "$tmp/none.yaml" \
		tests/fixtures/good/policy-least.yaml &&
		[ "$(wc -l <"$tmp/err")" -eq 2 ] && [ "$(wc -l <"$tmp/out")" -eq 1 ] &&
		grep -q "^$tmp/none.yaml: error: cannot be read: No such file" "$tmp/err"
}
ok "after a bad file and an absent one the others are still checked" goes_on

in_json() {
	check 2 --json --catalog "$fixtures" tests/fixtures/bad/alias.yaml \
		tests/fixtures/good/policy-least.yaml && ! [ -s "$tmp/err" ] &&
		python3 - "$tmp/out" <<'PY'
import json, sys
bad, good = json.load(open(sys.argv[1]))
assert bad["file"] == "tests/fixtures/bad/alias.yaml" and bad["ok"] is False
assert (bad["line"], bad["column"]) == (4, 5) and "alias" in bad["error"]
assert good["ok"] is True and good["kind"] == "policy" and good["error"] is None
PY
}
ok "with --json there is one object for each file" in_json

odd_files() {
	mkfifo "$tmp/fifo" && check 2 "$tmp/fifo" && grep -q "not a regular file" "$tmp/err" &&
		check 2 "$tmp" && check 2 /dev/zero
}
ok "a FIFO, a directory and a device are refused without waiting" odd_files

leads_out() {
	mkdir -p "$tmp/cat/vendors" && echo secret >"$tmp/outside.yaml" &&
		ln -s ../../outside.yaml "$tmp/cat/vendors/x.yaml" &&
		check 2 --catalog "$tmp/cat" tests/fixtures/good/policy-least.yaml &&
		grep -q "vendors/x.yaml: error: cannot be read: a .*link" "$tmp/err" &&
		! grep -q secret "$tmp/err"
}
ok "a link that leads out of the catalogue is refused" leads_out

no_catalog() {
	check 2 --catalog "$tmp/nowhere" tests/fixtures/good/policy-least.yaml &&
		grep -q "^$tmp/nowhere: error: the catalogue cannot be opened: No such" "$tmp/err"
}
ok "a catalogue that is not there is named" no_catalog

usage() {
	check 2 && grep -q '^Usage: weir check' "$tmp/err" &&
		check 2 --no-such-option x && grep -q '^Usage: weir check' "$tmp/err" &&
		check 0 --help && grep -q '^Usage: weir check' "$tmp/out"
}
ok "wrong usage is explained, and --help is no error" usage
ended
