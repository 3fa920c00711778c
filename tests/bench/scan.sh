# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # names of lib.sh and run, which source this
#
# Part: looking at the files of a made-up tree (scan_plant.c), beside one pass of
# `find -xdev -size`. The first time all that may run is read; the next time what
# it said is remembered. "Cold" is without dentries and inodes in memory. A
# sample's base is find's, in the same round. Times are processor times but
# where it says elapsed: on one core of its own both are the same.

# Four kinds that a walk asks for, and hashes, whose sizes no file here has.
scan_catalog()
{
	mkdir -p "$dir/catalog-scan-$1/vendors"
	awk -v cnt="$1" 'BEGIN {
		print "vendor: benchvendor\nname: Bench Vendor\nproducts:\n  - product: agent"
		print "    name: Bench Agent\n    class: vendor_product\n    indicators:"
		print "      - {kind: elf-string, value: \"Bench Agent, version\"}"
		print "      - {kind: path, value: \"/opt/*/bench/agent\"}"
		for (i = 0; i < cnt / 10; i++) {
			printf "      - {kind: path, value: /usr/lib/v%d/bin/agent%d}\n", i % 997, i
			printf "      - {kind: dir, value: /opt/v%d/p%d/}\n", i % 997, i
			printf "      - {kind: soname, value: libv%d.so.%d}\n", i, i % 9
			printf "      - {kind: file-name, value: agent-%d-*.bin}\n", i
			printf "      - {kind: build-id, value: %040x}\n", i + 1
		}
		for (i = 1; i <= cnt / 2; i++)
			printf "      - {kind: sha256, value: %056x%08x, size: %d}\n",
			       i * 7919 % 65521, i, 4000000 + i * 3
	}' >"$dir/catalog-scan-$1/vendors/benchvendor.yaml"
}

scan_find()
{
	"$launch" cpu "$(command -v find)" "$scan_tree" -xdev -size +4000000000c >"$dir/find.us"
	cat "$dir/find.us"
}

# scan_round NAME CATALOGUE [CACHE]: both, one after the other.
scan_round()
{
	scan_name=$1 scan_size=$2
	shift 2
	[ -z "$scan_cold" ] || echo 2 >/proc/sys/vm/drop_caches
	scan_begin=$(date +%s%N)
	find_us=$(scan_find)
	find_wall=$((($(date +%s%N) - scan_begin) / 1000))
	[ -z "$scan_cold" ] || echo 2 >/proc/sys/vm/drop_caches
	got=$("$out/scan_files" "$scan_tree" "$dir/catalog-scan-$scan_size" "$@")
	# shellcheck disable=SC2086 # six numbers
	set -- $got
	note "files: $scan_name" ms base $((find_us / 1000))
	note "files: $scan_name" ms weir $(($2 / 1000))
	note "files: $scan_name: elapsed" ms base $((find_wall / 1000))
	note "files: $scan_name: elapsed" ms weir $(($1 / 1000))
	note "files: $scan_name: memory" MiB weir "$(awk -v v="$3" 'BEGIN { print v / 1024 }')"
	note "files: $scan_name: memory above the catalogue" MiB weir \
		"$(awk -v v="$4" 'BEGIN { print v / 1024 }')"
}

scan_tree=$(mktemp -d "${BENCH_SCAN_DIR:-/var/tmp}/weir-bench-scan-XXXXXX")
scan_cnt=${BENCH_SCAN_FILES:-500000}
echo "bench: scan: planting $scan_cnt files below $scan_tree" >&2
"$out/scan_plant" "$scan_tree" "$scan_cnt" >&2
planted=$(date +%s)
for size in 100 1000000; do
	scan_catalog $size
	mkdir "$dir/scan-cache-$size"
done
scan_cold=''
scan_find >/dev/null
round=0
while [ $round -lt "${BENCH_SCANS:-5}" ]; do
	for size in 100 1000000; do
		scan_round "first: $size indicators" $size
	done
	round=$((round + 1))
done
# What changed within a minute is not remembered (cache.h).
while [ $(($(date +%s) - planted)) -lt 65 ]; do
	sleep 5
done
for size in 100 1000000; do
	"$out/scan_files" "$scan_tree" "$dir/catalog-scan-$size" "$dir/scan-cache-$size" >/dev/null
done
round=0
while [ $round -lt "${BENCH_SCANS:-5}" ]; do
	for size in 100 1000000; do
		scan_round "again: $size indicators" $size "$dir/scan-cache-$size"
	done
	round=$((round + 1))
done
if [ -w /proc/sys/vm/drop_caches ]; then
	scan_cold=yes
	scan_round "cold: first: 100 indicators" 100
	scan_round "cold: again: 100 indicators" 100 "$dir/scan-cache-100"
	scan_cold=''
fi
for size in 100 1000000; do
	note "files: remembered on disk: $size indicators" KiB weir \
		$(($(stat -c %s "$dir/scan-cache-$size/files") / 1024))
done
rm -rf "$scan_tree"
scan_tree=
