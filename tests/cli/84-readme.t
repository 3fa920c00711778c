#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The examples of the README and the manuals, tried as they stand there: what is
# printed as a policy is one, and says what the text around it says. WEIR names the
# binary, default build/weir.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

# fence NUMBER FILE BEGIN: that block of the file that begins like this.
fence() {
	awk -v nth="$1" -v begin="$3" '
		/^```/ { inside = !inside; first = inside; taken = 0; next }
		inside && first { first = 0; taken = index($0, begin) == 1 && ++seen == nth }
		inside && taken' "$2" | grep .
}

# says EXPRESSION COMMAND...
says() {
	expression=$1
	shift
	"$@" 2>&1 | tee "$tmp/out"
	grep -qE -- "$expression" "$tmp/out"
}

mkdir -p "$tmp/journal" "$tmp/state" "$tmp/own/vendors" "$tmp/own/directives" || exit 1
# Its dates come to pass, and what has begun is told in other words.
fence 1 README.md 'policy: plant-a' | sed 's/2027-/2131-/' >"$tmp/readme.yaml"
fence 1 docs/weir-policy.5.scd policy: >"$tmp/policy1.yaml"
fence 2 docs/weir-policy.5.scd policy: >"$tmp/policy2.yaml"
fence 1 docs/weir-catalog.5.scd vendor: >"$tmp/own/vendors/examplewall.yaml"
fence 1 docs/weir-catalog.5.scd directive: >"$tmp/own/directives/example-2031.yaml"
cp -r catalog "$tmp/both" && cp "$tmp/own/vendors/examplewall.yaml" "$tmp/both/vendors/"

calendar() {
	"$weir" calendar --catalog catalog --policy "$tmp/readme.yaml"
}

simulate() {
	"$weir" simulate --catalog catalog --journal "$tmp/journal" --state "$tmp/state" \
		--at 2131-01-07 "$tmp/readme.yaml"
}

ok "the README's policy is one" says 'ok: policy plant-a, serial 12, .* 1 exemption' \
	"$weir" check --catalog catalog "$tmp/readme.yaml"
ok "the calendar has its step, in its hours" says \
	'2131-01-06 00:00 \+08:00 .* observe -> block .*switch-in "Sat,Sun 00:00-06:00"' calendar
ok "the rehearsal names its successor" says 'new-agent\.service' simulate
ok "and that it says enforce: false" says 'enforce: false' simulate
ok "explain says which rule decides" says 'readme\.yaml:7, about product fortinet/forticlient' \
	"$weir" explain --catalog catalog --policy "$tmp/readme.yaml" fortinet/forticlient
ok "the manual's first policy is one" "$weir" check --catalog catalog "$tmp/policy1.yaml"
ok "its vendor and its directive are, together" "$weir" check --catalog "$tmp/own" \
	"$tmp/own/vendors/examplewall.yaml" "$tmp/own/directives/example-2031.yaml"
ok "its second policy is one, with the vendor that it names" "$weir" check \
	--catalog "$tmp/both" "$tmp/policy2.yaml"
for example in docs/examples/*.yaml; do
	ok "$example is one" "$weir" check --catalog catalog "$example"
done
for verb in arm confirm disarm remove-window detach calendar simulate explain check events; do
	ok "weir $verb, as the README has it, is a command" says "^Usage: weir $verb" \
		"$weir" "$verb" --help
done
ended
