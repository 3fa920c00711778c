#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A thousand policies that mean this host harm: each is refused with one clear line,
# or would stop nothing that the host must not lose. By the code of the agent, up to
# its guard; some of them again under the sanitizers. WEIR_HOSTILE_SEED picks others
# than those of every check.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

seed=${WEIR_HOSTILE_SEED:-1}
[ -x "$output/hostile/judge" ] || skip_all "$output/hostile/judge is not built"
[ "$(id -u)" = 0 ] || skip_all "not root: what a host must not lose cannot all be read"

# harmless JUDGE COUNT LEAST: of so many at least so many were refused for the guard.
harmless() {
	drawn tests/hostile/policies.py "$1" "$seed" "$2" \
		'.* refused, \([0-9]*\) of them .*, 0 faults.*' "$3"
}

ok "a thousand hostile policies are refused or harmless" harmless "$output/hostile/judge" 1000 150
tell_drawn
ok "and without a fault under the sanitizers" harmless "$output/hostile-san/judge" 100 10
tell_drawn
ended
