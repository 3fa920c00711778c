#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every verb tells how it is used, to whoever asks and to whoever is wrong, and
# weir(8) has each option that a usage names. WEIR names the binary.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

verbs=$("$weir" --help | sed -n 's/^  \([a-z-]*\)  *.*/\1/p')

told() {
	"$weir" "$1" --help >"$tmp/out" 2>"$tmp/err" && ! [ -s "$tmp/err" ] &&
		head -n 1 "$tmp/out" | grep -q "^Usage: weir $1"
}

corrected() {
	"$weir" "$1" --no-such-option >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ "$got" -eq 2 ] && ! [ -s "$tmp/out" ] && grep -q "^Usage: weir $1" "$tmp/err"
}

# In the manual a hyphen may be written as one or with a backslash.
documented() {
	missing=$("$weir" "$1" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u | while read -r option; do
		sed 's/\\-/-/g' docs/weir.8.scd | grep -qF -- "$option" || echo "$option"
	done)
	echo "$missing"
	[ -z "$missing" ]
}

for verb in $verbs; do
	ok "weir $verb --help is no error" told "$verb"
	ok "weir $verb with an unknown option is one" corrected "$verb"
	ok "weir(8) has the options of weir $verb" documented "$verb"
done
ok "there are verbs" [ "$number" -ge 50 ]
ended
