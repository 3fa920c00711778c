// SPDX-License-Identifier: GPL-2.0-only
#include "sense/resume.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <weir/table.h>

#include "base/cleanup.h"

#define PIN WEIR_PIN_DIR "/weir_resume"

/* Behind the numbers by CPU: shared with builds to come, so there is room. */
#define WORDS 64
_Static_assert(sizeof(struct weir_losses) / 8 + 1 + WEIR_RING_MAX + 2 + 2 < WORDS, "room");

static int open_map(uint32_t entries, bool pin)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = pin ? bpf_obj_get(PIN) : -1;
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && info.max_entries >= entries)
		return fd;
	/* Made for fewer processors, or by an older layout: it makes room. */
	if (fd >= 0)
		unlink(PIN);
	close_fdp(&fd);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "weir_resume", 4, 8, entries, &opts);
	if (fd < 0)
		return -errno;
	/* Unpinned it still serves this agent; the next one begins anew. */
	if (pin)
		bpf_obj_pin(fd, PIN);
	return fd;
}

int resume_open(struct resume *r, bool pin)
{
	int ring, words, cpus = libbpf_num_possible_cpus();
	long page = sysconf(_SC_PAGESIZE);
	void *at;

	memset(r, 0, sizeof(*r));
	r->fd = -1;
	if (cpus <= 0)
		return -EINVAL;
	r->cpus = cpus;
	words = cpus * WEIR_RING_MAX + WORDS;
	r->size = ((uint64_t)words * 8 + page - 1) / page * page;
	r->fd = open_map(words, pin);
	if (r->fd < 0)
		return r->fd;
	at = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	for (ring = 0; ring < WEIR_RING_MAX; ring++)
		r->last[ring] = (uint64_t *)at + (size_t)ring * cpus;
	r->told = (struct weir_losses *)((uint64_t *)at + (size_t)WEIR_RING_MAX * cpus);
	r->folded = (uint64_t *)(r->told + 1);
	r->pos = r->folded + 1;
	r->journal = r->pos + WEIR_RING_MAX;
	r->box = r->journal + 2;
	return 0;
}

void resume_close(struct resume *r)
{
	if (r->last[0])
		munmap(r->last[0], r->size);
	if (r->fd >= 0)
		close(r->fd);
}

int resume_copy(const struct resume *r, uint64_t *ret[WEIR_RING_MAX])
{
	uint64_t *copy = calloc((size_t)r->cpus * WEIR_RING_MAX, sizeof(*copy));
	int ring;

	if (!copy)
		return -ENOMEM;
	for (ring = 0; ring < WEIR_RING_MAX; ring++) {
		ret[ring] = copy + (size_t)ring * r->cpus;
		memcpy(ret[ring], r->last[ring], r->cpus * sizeof(*copy));
	}
	return 0;
}
