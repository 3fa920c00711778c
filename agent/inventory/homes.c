// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/homes.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/pattern.h"
#include "inventory/root.h"

#define PASSWD_BYTES_MAX (4u << 20)

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

static int add_account(struct homes *h, char *line)
{
	char *field[6] = {};

	for (int i = 0; i < 6; i++)
		field[i] = strsep(&line, ":");
	if (!field[5] || !normalize(field[5]) || is_known(h, field[5]))
		return 0;
	return add(h, field[5], field[0], uid_of(field[2]));
}

static int add_directory(void *ctx, const char *path)
{
	struct homes *h = ctx;

	return is_known(h, path) ? 0 : add(h, path, strrchr(path, '/') + 1, HOME_UID_UNKNOWN);
}

int homes_read(int root_fd, struct homes *ret)
{
	CLEANUP(homes_free) struct homes h = {};
	CLEANUP(freep) char *text = NULL;
	char *save = NULL, *line;
	int err;

	err = root_text(root_fd, "/etc/passwd", PASSWD_BYTES_MAX, &text);
	if (err == -ENOMEM)
		return err;
	line = text ? strtok_r(text, "\n", &save) : NULL;
	for (; line; line = strtok_r(NULL, "\n", &save)) {
		err = add_account(&h, line);
		if (err)
			return err;
	}
	if (!is_known(&h, "/root")) {
		err = add(&h, "/root", "root", 0);
		if (err)
			return err;
	}
	err = pattern_each(root_fd, "/home/*", add_directory, &h);
	if (err == -ENOMEM)
		return err;
	*ret = h;
	memset(&h, 0, sizeof(h));
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
