// SPDX-License-Identifier: GPL-2.0-only
/*
 * Are the pins where they were put? Their removal is never refused: whoever owns
 * the host takes all of it out with `rm -r`. One that vanishes alone is put back:
 * without it the gate would end with the agent.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sense/gates_private.h"
#include "sense/objects.h"
#include "sense/pins.h"

/* Each pin of ours: what holds it, and where it belongs. Ends when it is not 0. */
typedef int (*pin_fn)(void *ctx, int fd, const char *path);

static int each_pin(const struct gates *g, pin_fn fn, void *ctx)
{
	char dir[PINS_DIR_MAX], path[192];
	struct bpf_map *map;
	unsigned int i;
	int ret = 0;

	pins_build_dir(g->build, dir);
	for (i = 0; i < program_cnt && !ret; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, programs[i].name);
		if (g->p->link[i])
			ret = fn(ctx, bpf_link__fd(g->p->link[i]), path);
	}
	bpf_object__for_each_map(map, g->p->first) {
		gates_map_path(g, map, path, sizeof(path));
		if (!ret && !bpf_map__is_internal(map))
			ret = fn(ctx, bpf_map__fd(map), path);
	}
	return ret;
}

struct report {
	char *what;
	size_t size;
};

static int find_missing(void *ctx, int fd, const char *path)
{
	struct report *r = ctx;

	(void)fd;
	if (!access(path, F_OK))
		return 0;
	snprintf(r->what, r->size, "%s", path);
	return 1;
}

enum pins_state gates_pins(const struct gates *g, char *ret_what, size_t size)
{
	struct report r = { ret_what, size };

	if (!g->p->opts.pin || g->active.build != g->build)
		return PINS_THERE;
	if (access(WEIR_PIN_DIR, F_OK)) {
		snprintf(ret_what, size, WEIR_PIN_DIR);
		return PINS_GONE;
	}
	return each_pin(g, find_missing, &r) ? PINS_MISSING : PINS_THERE;
}

static int pin_again(void *ctx, int fd, const char *path)
{
	(void)ctx;
	if (!access(path, F_OK))
		return 0;
	return bpf_obj_pin(fd, path) && errno != EEXIST ? -errno : 0;
}

int gates_pin_again(struct gates *g)
{
	char dir[PINS_DIR_MAX];

	pins_build_dir(g->build, dir);
	if (mkdir(dir, 0700) && errno != EEXIST)
		return -errno;
	pins_tables_dir(object_abi(), dir);
	if (mkdir(dir, 0700) && errno != EEXIST)
		return -errno;
	return each_pin(g, pin_again, NULL);
}
