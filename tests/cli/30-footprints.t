#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The footprint of each product of the shipped catalogue, made from its files
# as inert things: weir knows each for its own, by name and in a tree. Products
# without a footprint are known by where they connect to. WEIR names the
# binary, default build/weir.

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

python3 -c 'import yaml' 2>/dev/null || skip_all "no python3-yaml"

mkdir "$tmp/explained" "$tmp/scanned"
footprints="python3 tests/lib/footprints.py"

$footprints make "$tmp" >"$tmp/products" || exit 1
$footprints things >"$tmp/things" || exit 1

n=0
while IFS='	' read -r product thing; do
	n=$((n + 1))
	"$weir" explain --json --catalog catalog "$thing" >"$tmp/explained/$n.json"
done <"$tmp/things"

while read -r product; do
	"$weir" scan --json --all --no-cache --catalog catalog --root "$tmp/trees/$product" \
		>"$tmp/scanned/$product.json"
done <"$tmp/products"

$footprints judge "$tmp"
