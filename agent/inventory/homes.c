// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/homes.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/mounts.h"
#include "inventory/pattern.h"
#include "inventory/root.h"

#define PASSWD_BYTES_MAX (4u << 20)

/* One pass over the accounts. */
struct reader {
	struct homes homes;
	int root_fd;
	bool trusts_all; /* the root itself is remote, and whoever asks knows it */
};

static bool is_prompt_here(const struct reader *r, const char *path)
{
	CLEANUP(close_fdp) int fd = root_open(r->root_fd, path, O_PATH);

	/* What is not there keeps nobody waiting. */
	return fd < 0 || mounts_is_prompt(fd, 0);
}

/* From the top, so that nothing is looked up in a directory that may not answer. */
static bool is_prompt(const struct reader *r, const char *path)
{
	char above[WEIR_PATH_MAX];

	if (r->trusts_all)
		return true;
	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(above, sizeof(above), "%.*s", (int)(p - path), path);
		if (!is_prompt_here(r, above))
			return false;
	}
	return is_prompt_here(r, path);
}

static bool is_known(const struct homes *h, const char *path)
{
	for (uint32_t i = 0; i < h->cnt; i++)
		if (!strcmp(h->list[i].path, path))
			return true;
	return false;
}

static int add(struct homes *h, const char *path, const char *user, uint32_t uid)
{
	CLEANUP(freep) char *own_path = NULL;
	CLEANUP(freep) char *own_user = NULL;
	struct home *list;

	if (h->cnt == HOMES_MAX) {
		h->is_cut = true;
		return 0;
	}
	if (h->cnt == h->cap) {
		list = reallocarray(h->list, h->cap ? h->cap * 2 : 16, sizeof(*list));
		if (!list)
			return -ENOMEM;
		h->list = list;
		h->cap = h->cap ? h->cap * 2 : 16;
	}
	own_path = strdup(path);
	own_user = strdup(user);
	if (!own_path || !own_user)
		return -ENOMEM;
	h->list[h->cnt++] = (struct home){
		.path = take_ptr(own_path),
		.user = take_ptr(own_user),
		.uid = uid,
	};
	return 0;
}

/* Without the slashes at its end. False: no home at all. */
static bool normalize(char *path)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		path[--len] = '\0';
	return path[0] == '/' && len < WEIR_PATH_MAX / 2;
}

static uint32_t uid_of(const char *text)
{
	unsigned long uid;
	char *end;

	if (!isdigit((unsigned char)*text))
		return HOME_UID_UNKNOWN;
	errno = 0;
	uid = strtoul(text, &end, 10);
	return *end || errno || uid >= HOME_UID_UNKNOWN ? HOME_UID_UNKNOWN : (uint32_t)uid;
}

/* As add(), unless nobody knows when it would answer. */
static int add_prompt(struct reader *r, const char *path, const char *user, uint32_t uid)
{
	if (is_prompt(r, path))
		return add(&r->homes, path, user, uid);
	r->homes.remote_cnt++;
	return 0;
}

static int add_account(struct reader *r, char *line)
{
	char *field[6] = {};

	for (int i = 0; i < 6; i++)
		field[i] = strsep(&line, ":");
	if (!field[5] || !normalize(field[5]) || is_known(&r->homes, field[5]))
		return 0;
	return add_prompt(r, field[5], field[0], uid_of(field[2]));
}

static int add_directory(void *ctx, const char *path)
{
	struct reader *r = ctx;

	if (is_known(&r->homes, path))
		return 0;
	return add_prompt(r, path, strrchr(path, '/') + 1, HOME_UID_UNKNOWN);
}

static int add_all(struct reader *r)
{
	CLEANUP(freep) char *text = NULL;
	char *save = NULL, *line;
	int err;

	err = root_text(r->root_fd, "/etc/passwd", PASSWD_BYTES_MAX, &text);
	if (err == -ENOMEM)
		return err;
	err = 0;
	line = text ? strtok_r(text, "\n", &save) : NULL;
	for (; !err && line; line = strtok_r(NULL, "\n", &save))
		err = add_account(r, line);
	if (!err && !is_known(&r->homes, "/root"))
		err = add_prompt(r, "/root", "root", 0);
	if (err || !is_prompt(r, "/home"))
		return err;
	err = pattern_each(r->root_fd, "/home/*", add_directory, r);
	return err == -ENOMEM ? err : 0;
}

int homes_read(int root_fd, struct homes *ret)
{
	struct reader r = { .root_fd = root_fd, .trusts_all = !mounts_is_prompt(root_fd, 0) };
	int err;

	err = add_all(&r);
	if (err) {
		homes_free(&r.homes);
		return err;
	}
	*ret = r.homes;
	return 0;
}

void homes_free(struct homes *h)
{
	for (uint32_t i = 0; i < h->cnt; i++) {
		free(h->list[i].path);
		free(h->list[i].user);
	}
	free(h->list);
	memset(h, 0, sizeof(*h));
}
