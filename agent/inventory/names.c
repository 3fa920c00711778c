// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "inventory/pattern.h"
#include "inventory/root.h"

/* /lib/modules/RELEASE/kernel/drivers/net/... is at most nine deep. */
#define MODULE_DEPTH_MAX 16

struct lookup {
	const struct name_key *names;
	uint32_t cnt;
	uint32_t name; /* being resolved */
	int root_fd;
	names_fn fn;
	void *ctx;
};

/* A module that the catalogue names, spelled as the kernel does. */
struct wanted {
	char module[WEIR_NAME_MAX];
	uint32_t name;
};

struct module_walk {
	struct lookup *lookup;
	struct wanted *wanted;
	size_t cnt;
	unsigned int depth;
	DIR *dirs[MODULE_DEPTH_MAX];
	size_t lens[MODULE_DEPTH_MAX];
	char path[WEIR_PATH_MAX];
};

static int is_out_of_room(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM;
}

static int hand_over(void *ctx, const char *path)
{
	struct lookup *l = ctx;
	struct resolved r = { .path = path, .name = l->name };
	CLEANUP(close_fdp) int link = -1;
	struct stat st;
	int err;

	r.fd = root_open(l->root_fd, path, O_PATH);
	if (r.fd < 0)
		return is_out_of_room(r.fd) ? r.fd : 0;
	if (fstat(r.fd, &r.st)) {
		close(r.fd);
		return -errno;
	}
	if (l->names[l->name].kind == IND_DIR ? !S_ISDIR(r.st.st_mode) :
						!S_ISREG(r.st.st_mode)) {
		close(r.fd);
		return 0;
	}
	link = root_open(l->root_fd, path, O_PATH | O_NOFOLLOW);
	r.is_link = link >= 0 && !fstat(link, &st) && S_ISLNK(st.st_mode);
	err = l->fn(l->ctx, &r);
	close_fdp(&r.fd);
	return err;
}

static char canonical(char c)
{
	return c == '-' ? '_' : c;
}

static bool module_name(const char *name, size_t len, char *out, size_t size)
{
	if (!len || len >= size)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = canonical(name[i]);
	out[len] = '\0';
	return true;
}

bool names_module_of(const char *file_name, char *out, size_t size)
{
	static const char *const suffixes[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz" };
	size_t len = strlen(file_name);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t tail = strlen(suffixes[i]);

		if (len > tail && !strcmp(file_name + len - tail, suffixes[i]))
			return module_name(file_name, len - tail, out, size);
	}
	return false;
}

static int compare_wanted(const void *a, const void *b)
{
	return strcmp(((const struct wanted *)a)->module, ((const struct wanted *)b)->module);
}

static int offer_module(struct module_walk *w, const char *file_name)
{
	const struct wanted *hit;
	struct wanted key;
	int err = 0;

	if (!names_module_of(file_name, key.module, sizeof(key.module)))
		return 0;
	hit = bsearch(&key, w->wanted, w->cnt, sizeof(key), compare_wanted);
	if (!hit)
		return 0;
	while (hit > w->wanted && !compare_wanted(hit - 1, &key))
		hit--;
	for (; !err && hit < w->wanted + w->cnt && !compare_wanted(hit, &key); hit++) {
		w->lookup->name = hit->name;
		err = hand_over(w->lookup, w->path);
	}
	return err;
}

static void walk_close(struct module_walk *w)
{
	while (w->depth)
		closedir(w->dirs[--w->depth]);
}

/* Links to directories (build, source) lead out of the tree: not followed. */
static int enter(struct module_walk *w, int flags)
{
	CLEANUP(close_fdp) int fd = -1;

	if (w->depth == MODULE_DEPTH_MAX)
		return 0;
	fd = root_open(w->lookup->root_fd, w->path, O_RDONLY | O_DIRECTORY | flags);
	if (fd < 0)
		return is_out_of_room(fd) ? fd : 0;
	w->dirs[w->depth] = fdopendir(fd);
	if (!w->dirs[w->depth])
		return -errno;
	fd = -1;
	w->lens[w->depth++] = strlen(w->path);
	return 0;
}

static int module_step(struct module_walk *w)
{
	size_t len = w->lens[w->depth - 1];
	const struct dirent *entry = readdir(w->dirs[w->depth - 1]);

	if (!entry) {
		closedir(w->dirs[--w->depth]);
		return 0;
	}
	if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
		return 0;
	if (len + 1 + strlen(entry->d_name) >= sizeof(w->path))
		return 0;
	snprintf(w->path + len, sizeof(w->path) - len, "/%s", entry->d_name);
	if (entry->d_type == DT_DIR)
		return enter(w, O_NOFOLLOW);
	if (entry->d_type == DT_UNKNOWN && !strchr(entry->d_name, '.'))
		return enter(w, O_NOFOLLOW);
	return offer_module(w, entry->d_name);
}

static int walk_modules(struct lookup *l, struct wanted *wanted, size_t cnt)
{
	CLEANUP(walk_close) struct module_walk w = {
		.lookup = l,
		.wanted = wanted,
		.cnt = cnt,
	};
	struct utsname host;
	int err;

	qsort(wanted, cnt, sizeof(*wanted), compare_wanted);
	if (uname(&host))
		return -errno;
	snprintf(w.path, sizeof(w.path), "/lib/modules/%s", host.release);
	err = enter(&w, 0);
	while (!err && w.depth)
		err = module_step(&w);
	return err;
}

static int resolve_modules(struct lookup *l)
{
	CLEANUP(freep) struct wanted *wanted = NULL;
	size_t cnt = 0;

	for (uint32_t i = 0; i < l->cnt; i++)
		cnt += l->names[i].kind == IND_MODULE;
	if (!cnt)
		return 0;
	wanted = calloc(cnt, sizeof(*wanted));
	if (!wanted)
		return -ENOMEM;
	cnt = 0;
	for (uint32_t i = 0; i < l->cnt; i++) {
		const char *name = l->names[i].pattern;

		if (l->names[i].kind != IND_MODULE ||
		    !module_name(name, strlen(name), wanted[cnt].module,
				 sizeof(wanted[cnt].module)))
			continue;
		wanted[cnt++].name = i;
	}
	return walk_modules(l, wanted, cnt);
}

int names_resolve(const struct name_key *names, uint32_t cnt, int root_fd, names_fn fn,
		  void *ctx)
{
	struct lookup l = {
		.names = names,
		.cnt = cnt,
		.root_fd = root_fd,
		.fn = fn,
		.ctx = ctx,
	};
	bool is_cut = false;
	int err;

	for (l.name = 0; l.name < cnt; l.name++) {
		if (names[l.name].kind == IND_MODULE)
			continue;
		err = pattern_each(root_fd, names[l.name].pattern, hand_over, &l);
		if (err == -E2BIG)
			is_cut = true;
		else if (err)
			return err;
	}
	err = resolve_modules(&l);
	if (err)
		return err;
	return is_cut ? -E2BIG : 0;
}
