// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/layers.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/homes.h"
#include "inventory/pattern.h"
#include "inventory/root.h"
#include "inventory/stores.h"

/* An id is 64 digits; people and engines show twelve. */
#define ID_SHOWN 12

struct finder {
	struct layers layers;
	int root_fd;
	const char *word; /* what the label begins with */
	const char *store;
	bool is_parent; /* the layer's name is that of the directory above it */
};

/* Below a store. A last part other than the star only says which half is meant. */
static const struct {
	enum store_kind kind;
	const char *pattern, *word;
} store_layers[] = {
	{ STORE_DOCKER, "overlay2/*/diff", "docker layer" },
	{ STORE_DOCKER, "fuse-overlayfs/*/diff", "docker layer" },
	{ STORE_DOCKER, "overlay/*/root", "docker layer" },
	{ STORE_DOCKER, "overlay/*/upper", "docker layer" },
	{ STORE_DOCKER, "aufs/diff/*", "docker layer" },
	{ STORE_DOCKER, "vfs/dir/*", "docker layer" },
	{ STORE_DOCKER, "btrfs/subvolumes/*", "docker layer" },
	{ STORE_CONTAINERD, "io.containerd.snapshotter.v1.*/snapshots/*/fs",
	  "containerd snapshot" },
	{ STORE_CONTAINERD, "io.containerd.snapshotter.v1.native/snapshots/*",
	  "containerd snapshot" },
	{ STORE_CONTAINERD, "io.containerd.snapshotter.v1.btrfs/*/*", "containerd snapshot" },
	{ STORE_CONTAINERS, "overlay/*/diff", "podman layer" },
	{ STORE_CONTAINERS, "vfs/dir/*", "podman layer" },
	{ STORE_CONTAINERS, "btrfs/subvolumes/*", "podman layer" },
};

/* Whole systems, named by those who made them. */
static const struct {
	const char *pattern, *word;
} systems[] = {
	{ "/var/lib/lxc/*/rootfs", "lxc" },
	{ "/var/lib/lxd/containers/*/rootfs", "lxd" },
	{ "/var/lib/lxd/storage-pools/*/containers/*/rootfs", "lxd" },
	{ "/var/lib/lxd/storage-pools/*/images/*/rootfs", "lxd image" },
	{ "/var/snap/lxd/common/lxd/storage-pools/*/containers/*/rootfs", "lxd" },
	{ "/var/snap/lxd/common/lxd/storage-pools/*/images/*/rootfs", "lxd image" },
	{ "/var/lib/incus/storage-pools/*/containers/*/rootfs", "incus" },
	{ "/var/lib/incus/storage-pools/*/images/*/rootfs", "incus image" },
	{ "/var/lib/machines/*", "machine" },
	{ "/var/lib/portables/*", "portable" },
	{ "/var/lib/buildkit/*/snapshots/snapshots/*/fs", "buildkit snapshot" },
};

/* No link, so that no store of a user's can point at the host itself. */
static bool is_directory(int root_fd, const char *path)
{
	CLEANUP(close_fdp) int fd = -1;

	fd = root_open(root_fd, path, O_PATH | O_NOFOLLOW | O_DIRECTORY);
	return fd >= 0;
}

static size_t id_len(const char *name, size_t len)
{
	return len >= 32 && strspn(name, "0123456789abcdef") >= 32 ? ID_SHOWN : len;
}

/* "docker layer 3f9c0a1b2c3d": what may be shown, whatever the name holds. */
static int make_label(const char *word, const char *name, size_t len, char **ret)
{
	char *text;

	if (asprintf(&text, "%s %.*s", word, (int)id_len(name, len), name) < 0)
		return -ENOMEM;
	for (char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = '?';
	*ret = text;
	return 0;
}

static int add(struct finder *f, const char *path)
{
	CLEANUP(freep) char *own_path = NULL;
	const char *end = path + strlen(path), *name;
	struct layers *l = &f->layers;
	char *label;
	int err;

	if (f->is_parent)
		while (*--end != '/')
			;
	for (name = end; name[-1] != '/'; name--)
		;
	if (l->cnt == l->cap) {
		uint32_t cap = l->cap ? l->cap * 2 : 64;
		struct layer *list = reallocarray(l->list, cap, sizeof(*list));

		if (!list)
			return -ENOMEM;
		l->list = list;
		l->cap = cap;
	}
	own_path = strdup(path);
	if (!own_path)
		return -ENOMEM;
	err = make_label(f->word, name, (size_t)(end - name), &label);
	if (err)
		return err;
	l->list[l->cnt++] = (struct layer){ .path = take_ptr(own_path), .label = label };
	return 0;
}

static int take(void *ctx, const char *path)
{
	struct finder *f = ctx;

	if (!is_directory(f->root_fd, path))
		return 0;
	if (f->layers.cnt == LAYERS_MAX) {
		f->layers.is_cut = true;
		return -E2BIG;
	}
	return add(f, path);
}

static int find(struct finder *f, const char *pattern, const char *word)
{
	int err;

	f->word = word;
	f->is_parent = pattern[strlen(pattern) - 1] != '*';
	err = pattern_each(f->root_fd, pattern, take, f);
	if (err == -E2BIG) {
		f->layers.is_cut = true;
		return 0;
	}
	/* -EINVAL: the path of a store or a home has stars of its own. */
	return err == -ENOMEM ? err : 0;
}

static struct layer *find_path(const struct layers *l, const char *path, size_t len)
{
	uint32_t low = 0, high = l->cnt;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const char *at = l->list[mid].path;
		int order = strncmp(at, path, len);

		if (!order && !at[len])
			return &l->list[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* .../image/DRIVER/layerdb/mounts/CONTAINER/mount-id holds the name of its layer. */
static int take_mount(void *ctx, const char *path)
{
	static const char *const ends[] = { "/diff", "-init/diff" };
	CLEANUP(freep) char *id = NULL;
	struct finder *f = ctx;
	const char *end = strrchr(path, '/'), *name = end;
	char layer[WEIR_PATH_MAX];
	int err;

	if (root_text(f->root_fd, path, 128, &id))
		return 0;
	id[strcspn(id, "\n/")] = '\0';
	while (name[-1] != '/')
		name--;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct layer *l;
		char *label;

		if ((size_t)snprintf(layer, sizeof(layer), "%s/overlay2/%s%s", f->store, id,
				     ends[i]) >= sizeof(layer))
			return 0;
		l = find_path(&f->layers, layer, strlen(layer));
		if (!l)
			continue;
		err = make_label("docker container", name, (size_t)(end - name), &label);
		if (err)
			return err;
		free(l->label);
		l->label = label;
	}
	return 0;
}

static int find_in_store(void *ctx, enum store_kind kind, const char *path)
{
	char pattern[WEIR_PATH_MAX];
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(store_layers); i++) {
		if (store_layers[i].kind != kind)
			continue;
		snprintf(pattern, sizeof(pattern), "%s/%s", path, store_layers[i].pattern);
		err = find(ctx, pattern, store_layers[i].word);
	}
	return err;
}

static int name_in_store(void *ctx, enum store_kind kind, const char *path)
{
	char pattern[WEIR_PATH_MAX];
	struct finder *f = ctx;
	int err;

	if (kind != STORE_DOCKER)
		return 0;
	f->store = path;
	snprintf(pattern, sizeof(pattern), "%s/image/*/layerdb/mounts/*/mount-id", path);
	err = pattern_each(f->root_fd, pattern, take_mount, f);
	return err == -ENOMEM ? err : 0;
}

static int find_in_homes(struct finder *f)
{
	CLEANUP(homes_free) struct homes homes = {};
	char pattern[WEIR_PATH_MAX];
	int err;

	err = homes_read(f->root_fd, &homes);
	for (uint32_t i = 0; !err && i < homes.cnt; i++) {
		snprintf(pattern, sizeof(pattern), "%s/.local/share/lxc/*/rootfs",
			 homes.list[i].path);
		err = find(f, pattern, "lxc");
	}
	return err;
}

static int find_all(struct finder *f)
{
	int err;

	err = stores_each(f->root_fd, find_in_store, f);
	for (size_t i = 0; !err && i < ARRAY_SIZE(systems); i++)
		err = find(f, systems[i].pattern, systems[i].word);
	return err ? err : find_in_homes(f);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct layer *)a)->path, ((const struct layer *)b)->path);
}

static void free_layer(struct layer *l)
{
	free(l->path);
	free(l->label);
}

static void sort(struct layers *l)
{
	uint32_t kept = 0;

	if (!l->cnt)
		return;
	qsort(l->list, l->cnt, sizeof(*l->list), by_path);
	for (uint32_t i = 1; i < l->cnt; i++) {
		if (strcmp(l->list[kept].path, l->list[i].path))
			l->list[++kept] = l->list[i];
		else
			free_layer(&l->list[i]);
	}
	l->cnt = kept + 1;
}

int layers_find(int root_fd, struct layers *ret)
{
	struct finder f = { .root_fd = root_fd };
	int err;

	err = find_all(&f);
	sort(&f.layers);
	if (!err)
		err = stores_each(root_fd, name_in_store, &f);
	if (err) {
		layers_free(&f.layers);
		return err;
	}
	*ret = f.layers;
	return 0;
}

void layers_free(struct layers *l)
{
	for (uint32_t i = 0; i < l->cnt; i++)
		free_layer(&l->list[i]);
	free(l->list);
	memset(l, 0, sizeof(*l));
}

const struct layer *layers_hold(const struct layers *l, const char *path)
{
	/* From the longest: a layer may lie in another one. */
	for (size_t len = strlen(path); len > 0; len--) {
		const struct layer *found;

		if (path[len] && path[len] != '/')
			continue;
		found = find_path(l, path, len);
		if (found)
			return found;
	}
	return NULL;
}
