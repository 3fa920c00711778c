#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A full disk under the journal: what is restricted stays refused, the lost
# lines are counted and told, and writing goes on as soon as there is room.

# Functions are called through ok.
# shellcheck disable=SC2317

here=$(cd "$(dirname "$0")" && pwd)
weir_top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/lib/guest.sh
. "$here/../lib/guest.sh"
# shellcheck source=tests/lib/weir-guest.sh
. "$here/../lib/weir-guest.sh"
# shellcheck source=tests/lib/one-guest.sh
. "$here/../lib/one-guest.sh"

kernel=${WEIR_KERNELS:-6.1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=${WEIR_LOGS:-$work}/full-disk

storms_refused()
{
	section "$1"
	section "$1" | grep -q '"storm"' && ! section "$1" | grep '"storm"' | grep -qv '"EPERM",'
}

# Refusals that are in the journal and lines that are not make up all tries.
all_counted()
{
	tries=$(grep -o '"route":"storm".*"EPERM":[0-9]*' "$log" |
		awk -F : '{ n += $NF } END { print n + 0 }')
	told=$(section told) lost=$(section gap | awk '{ n += $1 } END { print n + 0 }')
	echo "tries $tries, told $told, lines lost $lost"
	[ "$lost" -gt 0 ] && [ "$told" -gt 0 ] && [ $((told + lost)) -ge "$tries" ]
}

weir_payload "$work/root" || exit 1
weir_add_test "$work/root" "$here/inside/full-disk.sh"
guest_image "$work/image" "$work/root" || exit 1
guest_run "$kernel" "$work/image" "$log" --smp 2 --timeout 300

ok "the guest comes to its end" ended_well
ok "the agent is ready on a disk of 4 MiB" says start '^ready 0 '
ok "the agent says that the disk is full" says full '^in trouble'
ok "status counts the lines that are lost" says status '"journal_lost":[1-9]'
ok "status says why" says status '"journal_trouble":"No space left'
ok "what is restricted stays refused on a full disk" storms_refused enforce
ok "neighbours run on a full disk" says enforce '^neighbour ran'
ok "with room again, the agent is well" says recover '^well again'
ok "the journal tells the gap: how many, from when to when, why" \
	says gap '^[0-9]+ .*not written between .*No space left'
ok "every refusal is told or counted" all_counted
ok "the agent stops well" says recover '^stopped well'
echo "# $kernel: $(guest_seconds "$log") s"
done_testing
