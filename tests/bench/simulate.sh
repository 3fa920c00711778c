# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # names of run
#
# A rehearsal of a journal of a million events (BENCH_EVENTS), made from one
# recorded line: seconds, and the largest resident size. The bar is 10 s.

events=${BENCH_EVENTS:-1000000}
sim=$dir/simulate
mkdir -p "$sim/journal" "$sim/state"
cat >"$sim/policy.yaml" <<'YAML'
policy: bench
serial: 1
enforce: true
rules:
  - product: examplewall/agent
    without-protection: bench
    phases:
      - {mode: observe}
      - {mode: block, from: 2027-01-01}
exemptions:
  - {id: EX-1, product: examplewall/agent, path: /opt/examplewall/bin/tool3,
     until: 2027-06-30, reason: bench, owner: bench}
YAML
sed -n 3p tests/fixtures/ocsf-golden.ndjson |
	awk -v events="$events" -f tests/bench/simulate.awk |
	split -d -a 6 -C 64m --additional-suffix=.ndjson - "$sim/journal/weir-20261118T000000-"
for round in 1 2 3; do
	/usr/bin/time -f '%e %M' -o "$sim/time" "$weir" simulate --catalog tests/fixtures/catalog \
		--journal "$sim/journal" --state "$sim/state" "$sim/policy.yaml" >"$sim/out" || true
	tail -n 1 "$sim/time" >"$sim/last"
	read -r seconds kilobytes <"$sim/last"
	note "simulate $events events" s weir "$seconds"
	note "simulate resident" MiB weir $((kilobytes / 1024))
	echo "simulate: round $round: $seconds s, $kilobytes KiB: $(head -n 1 "$sim/out")" >&2
done
rm -r "$sim"
