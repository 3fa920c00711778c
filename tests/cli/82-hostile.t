#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A thousand policies that mean this host harm: each is refused with one clear line,
# or would stop nothing that the host must not lose. By the code of the agent, up to
# its guard; some of them again under the sanitizers. WEIR_HOSTILE_SEED picks others
# than those of every check.

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${OUTPUT:-$root/build}
seed=${WEIR_HOSTILE_SEED:-1}
cd "$root" || exit 1

if ! [ -x "$build/hostile/judge" ]; then
	echo "1..0 # SKIP $build/hostile/judge is not built"
	exit 0
fi
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP not root: what a host must not lose cannot all be read"
	exit 0
fi

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

# harmless TITLE JUDGE COUNT LEAST: of so many at least so many were refused for the guard.
harmless() {
	n=$((${n:-0} + 1))
	# No __pycache__ in the tree.
	if python3 -B tests/hostile/policies.py "$2" --seed "$seed" --count "$3" >"$tmp/said" 2>&1 &&
		[ "$(sed -n 's/.* refused, \([0-9]*\) of them .*, 0 faults.*/\1/p' "$tmp/said")" -ge "$4" ]
	then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		failed=1
	fi
	cut -c1-1000 "$tmp/said" | sed 's/^/# /'
}

harmless "a thousand hostile policies are refused or harmless" "$build/hostile/judge" 1000 150
harmless "and without a fault under the sanitizers" "$build/hostile-san/judge" 100 10
echo "1..$n"
exit $failed
