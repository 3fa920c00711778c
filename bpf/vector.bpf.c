// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict function as the kernel compiles it, for the tests: takes a
 * struct weir_question behind 16 bytes of packet, and answers in place.
 */
#include "kernel.h"

#include <weir/verdict.h>

char LICENSE[] SEC("license") = "GPL";

#define ROOM 16 /* test_run wants at least an Ethernet header */

SEC("tc")
int weir_vector(struct __sk_buff *skb)
{
	struct weir_question q;
	struct weir_answer a;

	if (bpf_skb_load_bytes(skb, ROOM, &q, sizeof(q)))
		return -1;
	a = weir_decide(&q);
	return bpf_skb_store_bytes(skb, ROOM, &a, sizeof(a), 0) ? -1 : 0;
}
