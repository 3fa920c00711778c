# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2034,SC2154 # names for the parts, and those of run
#
# What the parts of the bench share: samples, the agent, made-up catalogues. To
# be sourced by tests/bench/run, which sets here, weir_build, out and csv.

rounds=${BENCH_ROUNDS:-15}
weir=$weir_build/weir
loops=$out/loops nothing=$out/nothing launch=$out/launch bpfstat=$out/bpfstat
agent='' is_native='' scan_tree=''

# note NAME UNIT SIDE VALUE: one sample.
note()
{
	printf '%s,%s,%s,%s\n' "$@" >>"$csv"
}

# The files of weir run must be root's and nobody else's to write.
bench_begin()
{
	mkdir -p "$out" /run/weir
	dir=/run/weir-bench.$$
	mkdir "$dir" "$dir/policy" "$dir/vendor"
	cp "$weir_build/canary" "$dir/canary"
	# A listed file and directory that exist: only these become keys. Nobody runs it.
	cp "$nothing" "$dir/vendor/agent"
	for size in 0 10 10000 100000; do # prefixes
		catalog_of "$size" 0 "$size"
	done
	policy_of listed
	policy_of all "record: all" "record-until: 2199-01-01"
}

# Before the first agent on this host. The lock is held whenever our own agent
# does not hold it: nobody else's may run beside a baseline.
bench_native()
{
	[ -z "$is_native" ] || return 0
	is_native=yes
	echo "bench: waiting for /run/weir/lock" >&2
	exec 8>/run/weir/lock
	flock 8
	[ ! -e /sys/fs/bpf/weir ] || {
		echo "bench: /sys/fs/bpf/weir: an agent's gates are pinned: see weir(8)" >&2
		exit 2
	}
}

bench_end()
{
	[ -z "$agent" ] || agent_stop
	# What a start that failed left behind, unless it is somebody else's by now.
	[ -z "$is_native" ] || [ ! -e /sys/fs/bpf/weir ] ||
		flock -n /run/weir/lock rm -r /sys/fs/bpf/weir || true
	rm -rf "$dir" ${scan_tree:+"$scan_tree"}
}

bench_host()
{
	echo "host: $(uname -r), $(nproc) processors, load $(cut -d ' ' -f 1-3 /proc/loadavg)," \
		"$(date -u +%Y-%m-%dT%H:%MZ)"
}

# Never "enforce: true", never a mode that could stop anything.
policy_of()
{
	name=$1
	shift
	{
		echo "policy: bench"
		echo "serial: 1"
		echo "enforce: false"
		echo "rules:"
		echo "  - {vendor: benchvendor, mode: observe}"
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$dir/policy/$name.yaml"
}

# catalog_of NAME HASHES PREFIXES: the even /24 networks from 20.0.0.0 on; of
# every fourth only one address, so that the trie has two depths.
catalog_of()
{
	mkdir -p "$dir/catalog-$1/vendors"
	awk -v hashes="$2" -v prefixes="$3" -v dir="$dir" 'BEGIN {
		print "vendor: benchvendor"
		print "name: Bench Vendor"
		print "products:"
		print "  - product: agent"
		print "    name: Bench Agent"
		print "    class: vendor_product"
		print "    indicators:"
		printf "      - {kind: path, value: %s/vendor/agent}\n", dir
		printf "      - {kind: dir, value: %s/vendor/}\n", dir
		for (i = 1; i <= hashes; i++)
			printf "      - {kind: sha256, value: %056x%08x, size: %d}\n",
			       i * 7919 % 65521, i, 4000000 + i * 3
		for (i = 0; i < prefixes; i++) {
			net = i * 2
			printf "      - {kind: cidr, value: %d.%d.%d.%s}\n", 20 + int(net / 65536),
			       int(net / 256) % 256, net % 256, i % 4 == 3 ? "77/32" : "0/24"
		}
	}' >"$dir/catalog-$1/vendors/benchvendor.yaml"
}

# agent_start CATALOGUE POLICY: returns when it is ready; $ready_us says after how long.
agent_start()
{
	exec 8>&-
	tries=20
	until line=$("$launch" start "$out/agent.log" "$weir" run \
		--policy "$dir/policy/$2.yaml" --catalog "$dir/catalog-$1" \
		--journal "$dir/journal" --canary "$dir/canary"); do
		tries=$((tries - 1))
		tail -n 3 "$out/agent.log" >&2
		[ $tries -gt 0 ] || exit 1
		# Somebody was quicker: wait for the end of theirs.
		flock -w 600 /run/weir/lock true
	done
	agent=${line% *} ready_us=${line#* }
}

# With enforce false an interrupt takes the gates away as well.
agent_stop()
{
	"$launch" stop "$agent"
	agent=
	[ ! -e /sys/fs/bpf/weir ] || rm -r /sys/fs/bpf/weir
	"$bpfstat" gone
	rm -rf "$dir/journal"
	exec 8>/run/weir/lock
	flock 8
}
