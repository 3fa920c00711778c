#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# One event of every kind and outcome, as host_ocsf_test emits them, is valid
# OCSF 1.8.0 and has not changed since the golden file was looked at.
# To renew that after a wanted change: host_ocsf_test --dump > the golden file.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

emitter=$output/unit/host_ocsf_test
schema=tests/fixtures/ocsf-1.8.0-subset.schema.json
golden=tests/fixtures/ocsf-golden.ndjson

[ -x "$emitter" ] || skip_all "$emitter is not built"
python3 -c 'import jsonschema' 2>/dev/null || skip_all "python3-jsonschema is not installed"

validate() {
	python3 -W ignore - "$schema" "$1" <<'EOF'
import json, sys
import jsonschema

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
bad = cnt = 0
for cnt, line in enumerate(open(sys.argv[2], encoding="utf-8"), 1):
    event = json.loads(line)
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        print(f"{cnt}: type_uid is not class_uid * 100 + activity_id")
        bad += 1
    for e in check.iter_errors(event):
        print(f"{cnt}: {'/'.join(map(str, e.absolute_path))}: {e.message}")
        bad += 1
sys.exit(bad or not cnt)
EOF
}

# A schema that accepts anything proves nothing: each of these must be refused.
refuse() {
	sed "$1" "$tmp/one" >"$tmp/broken"
	! cmp -s "$tmp/one" "$tmp/broken" && ! validate "$tmp/broken" >/dev/null
}

"$emitter" --dump >"$tmp/events"
grep -m 1 '"outcome":"blocked"' "$tmp/events" >"$tmp/one"

ok "events of every kind and outcome are valid OCSF 1.8.0" validate "$tmp/events"
ok "they are the golden ones" diff "$golden" "$tmp/events"
ok "a missing device is refused" refuse 's/"device"/"devices"/'
ok "time in seconds is refused" refuse 's/"time":\([0-9]*\)[0-9][0-9][0-9],/"time":\1,/'
ok "denied without failing is refused" refuse 's/"status_id":2/"status_id":1/'
ok "denied in words only is refused" refuse 's/"outcome":"blocked"/"outcome":"weak"/'
ok "an unknown field is refused" refuse 's/"launch_type_id"/"launch_kind_id"/'
ended
