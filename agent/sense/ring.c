// SPDX-License-Identifier: GPL-2.0-only
#include "sense/ring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEADER 8 /* struct bpf_ringbuf_hdr: length with two flags, offset */

/* Some forty records; mapping it anew costs less than reading one of them. */
#define WINDOW (256UL << 10)

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
	producer = mmap(NULL, page, PROT_READ, MAP_SHARED, map_fd, page);
	if (producer == MAP_FAILED) {
		munmap(consumer, page);
		return -errno;
	}
	r->map_fd = map_fd;
	r->size = info.max_entries;
	r->consumer = consumer;
	r->producer = producer;
	r->window = NULL;
	r->pos = *r->consumer;
	return 0;
}

static void drop_window(struct ring *r)
{
	if (r->window)
		munmap((void *)r->window, WINDOW < r->size ? WINDOW : r->size);
	r->window = NULL;
}

void ring_close(struct ring *r)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (!r->size)
		return;
	drop_window(r);
	munmap((void *)r->consumer, page);
	munmap((void *)r->producer, page);
	memset(r, 0, sizeof(*r));
}

/*
 * @len bytes at @off in the data, or NULL. The data follow two pages of
 * positions and stand there twice, so that a window may reach past their end.
 */
static const char *view(struct ring *r, size_t off, size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE), size = WINDOW < r->size ? WINDOW : r->size;
	void *window;

	if (r->window && off >= r->window_off && off + len <= r->window_off + size)
		return r->window + (off - r->window_off);
	drop_window(r);
	r->window_off = off & ~(page - 1);
	window = mmap(NULL, size, PROT_READ, MAP_SHARED, r->map_fd, 2 * page + r->window_off);
	if (window == MAP_FAILED)
		return NULL;
	r->window = window;
	return off + len <= r->window_off + size ? r->window + (off - r->window_off) : NULL;
}

unsigned int ring_read(struct ring *r, ring_fn fn, void *ctx, unsigned int max)
{
	unsigned long end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	unsigned int cnt = 0;
	const char *at;
	size_t off;
	__u32 len;

	while (r->pos < end && cnt < max) {
		off = r->pos & (r->size - 1);
		at = view(r, off, HEADER);
		if (!at)
			break;
		len = __atomic_load_n((const __u32 *)at, __ATOMIC_ACQUIRE);
		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(len & BPF_RINGBUF_DISCARD_BIT)) {
			at = view(r, off, HEADER + len);
			if (!at)
				break;
			fn(ctx, at + HEADER, len);
			cnt++;
		}
		r->pos += ((len & ~BPF_RINGBUF_DISCARD_BIT) + HEADER + 7) & ~7UL;
	}
	return cnt;
}

void ring_look_ahead(const struct ring *r, ring_fn fn, void *ctx)
{
	struct ring ahead = *r;

	ahead.window = NULL;
	ring_read(&ahead, fn, ctx, ~0u);
	drop_window(&ahead);
}

void ring_skip_to(struct ring *r, unsigned long pos)
{
	unsigned long end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);

	/* Of another ring that was once pinned there. */
	if (pos > r->pos && pos <= end)
		r->pos = pos;
}

void ring_commit(struct ring *r)
{
	__atomic_store_n(r->consumer, r->pos, __ATOMIC_RELEASE);
}
