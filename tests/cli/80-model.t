#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A thousand random valid policies against a model of the manual, by the code of
# the agent; some of them again under the sanitizers. WEIR_MODEL_SEED picks others
# than those of every check.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

seed=${WEIR_MODEL_SEED:-1}
[ -x "$output/model/answer" ] || skip_all "$output/model/answer is not built"
[ -e /usr/share/zoneinfo/Europe/Berlin ] || skip_all "tzdata is not installed"

# agrees ANSWER COUNT LEAST: of so many policies at least LEAST questions are stopped.
agrees() {
	drawn tests/model/policies.py "$1" "$seed" "$2" \
		'.* questions, \([0-9]*\) stopped, 0 faults.*' "$3"
}

ok "a thousand random policies mean what the manual says" agrees "$output/model/answer" 1000 10000
tell_drawn
ok "and without a fault under the sanitizers" agrees "$output/model-san/answer" 50 500
tell_drawn
ended
