// SPDX-License-Identifier: GPL-2.0-only
#include "sense/ring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEADER 8 /* struct bpf_ringbuf_hdr: length with two flags, offset */

int ring_open(struct ring *r, int map_fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	size_t page = sysconf(_SC_PAGESIZE);
	void *consumer, *producer;

	if (bpf_obj_get_info_by_fd(map_fd, &info, &len))
		return -errno;
	consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	producer = mmap(NULL, page + 2UL * info.max_entries, PROT_READ, MAP_SHARED, map_fd, page);
	if (producer == MAP_FAILED) {
		munmap(consumer, page);
		return -errno;
	}
	r->map_fd = map_fd;
	r->size = info.max_entries;
	r->consumer = consumer;
	r->producer = producer;
	r->data = (const char *)producer + page;
	r->pos = *r->consumer;
	return 0;
}

void ring_close(struct ring *r)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (!r->size)
		return;
	munmap((void *)r->consumer, page);
	munmap((void *)r->producer, page + 2 * r->size);
	memset(r, 0, sizeof(*r));
}

unsigned int ring_read(struct ring *r, ring_fn fn, void *ctx, unsigned int max)
{
	unsigned long end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	unsigned int cnt = 0;
	const char *at;
	__u32 len;

	while (r->pos < end && cnt < max) {
		at = r->data + (r->pos & (r->size - 1));
		len = __atomic_load_n((const __u32 *)at, __ATOMIC_ACQUIRE);
		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		r->pos += ((len & ~BPF_RINGBUF_DISCARD_BIT) + HEADER + 7) & ~7UL;
		if (len & BPF_RINGBUF_DISCARD_BIT)
			continue;
		fn(ctx, at + HEADER, len);
		cnt++;
	}
	return cnt;
}

void ring_commit(struct ring *r)
{
	__atomic_store_n(r->consumer, r->pos, __ATOMIC_RELEASE);
}
