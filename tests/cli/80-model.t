#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A thousand random valid policies against a model of the manual, by the code of
# the agent; some of them again under the sanitizers. WEIR_MODEL_SEED picks others
# than those of every check.

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${OUTPUT:-$root/build}
seed=${WEIR_MODEL_SEED:-1}
cd "$root" || exit 1

if ! [ -x "$build/model/answer" ]; then
	echo "1..0 # SKIP $build/model/answer is not built"
	exit 0
fi
if ! [ -e /usr/share/zoneinfo/Europe/Berlin ]; then
	echo "1..0 # SKIP tzdata is not installed"
	exit 0
fi

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

# agrees TITLE ANSWER COUNT LEAST
agrees() {
	n=$((${n:-0} + 1))
	# No __pycache__ in the tree.
	if python3 -B tests/model/policies.py "$2" --seed "$seed" --count "$3" >"$tmp/said" 2>&1 &&
		[ "$(sed -n 's/.* questions, \([0-9]*\) stopped, 0 faults.*/\1/p' "$tmp/said")" -ge "$4" ]
	then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		failed=1
	fi
	cut -c1-1000 "$tmp/said" | sed 's/^/# /'
}

agrees "a thousand random policies mean what the manual says" "$build/model/answer" 1000 10000
agrees "and without a fault under the sanitizers" "$build/model-san/answer" 50 500
echo "1..$n"
exit $failed
