// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/stores.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/homes.h"
#include "inventory/pattern.h"
#include "inventory/root.h"

#define CONF_BYTES_MAX (256u * 1024)

struct search {
	int root_fd;
	store_fn fn;
	void *ctx;
	enum store_kind kind;
};

/* A star may stand in a place of the table, and nowhere else. */
static const struct {
	enum store_kind kind;
	const char *path;
} places[] = {
	{ STORE_DOCKER, "/var/lib/docker" },
	{ STORE_DOCKER, "/var/lib/docker/*.*" }, /* userns-remap: UID.GID */
	{ STORE_DOCKER, "/var/snap/docker/common/var-lib-docker" },
	{ STORE_CONTAINERD, "/var/lib/containerd" },
	{ STORE_CONTAINERD, "/var/lib/rancher/k3s/agent/containerd" },
	{ STORE_CONTAINERD, "/var/lib/rancher/rke2/agent/containerd" },
	{ STORE_CONTAINERD, "/var/lib/k0s/containerd" },
	{ STORE_CONTAINERD, "/var/snap/microk8s/common/var/lib/containerd" },
	{ STORE_CONTAINERS, "/var/lib/containers/storage" },
};

static const struct {
	enum store_kind kind;
	const char *path; /* below a home */
} home_places[] = {
	{ STORE_DOCKER, ".local/share/docker" },
	{ STORE_CONTAINERD, ".local/share/containerd" },
	{ STORE_CONTAINERS, ".local/share/containers/storage" },
};

static const struct {
	enum store_kind kind;
	const char *file, *key;
} settings[] = {
	{ STORE_DOCKER, "/etc/docker/daemon.json", "data-root" },
	{ STORE_DOCKER, "/etc/docker/daemon.json", "graph" }, /* its name before 17.05 */
	{ STORE_CONTAINERD, "/etc/containerd/config.toml", "root" },
	{ STORE_CONTAINERS, "/etc/containers/storage.conf", "graphroot" },
	{ STORE_CONTAINERS, "/usr/share/containers/storage.conf", "graphroot" },
};

static int tell(struct search *s, enum store_kind kind, const char *path)
{
	char inner[WEIR_PATH_MAX];
	int err;

	err = s->fn(s->ctx, kind, path);
	if (err || kind != STORE_DOCKER)
		return err;
	/* Docker 23 and later may leave images to a containerd of its own. */
	if ((size_t)snprintf(inner, sizeof(inner), "%s/containerd/daemon", path) >=
	    sizeof(inner))
		return 0;
	return s->fn(s->ctx, STORE_CONTAINERD, inner);
}

static int tell_found(void *ctx, const char *path)
{
	struct search *s = ctx;

	return tell(s, s->kind, path);
}

static int tell_places(struct search *s)
{
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(places); i++) {
		s->kind = places[i].kind;
		err = pattern_each(s->root_fd, places[i].path, tell_found, s);
		if (err == -E2BIG)
			err = 0;
	}
	return err;
}

/* Does a setting begin here: nothing but blanks or a brace before it on its line? */
static bool begins(const char *text, const char *at)
{
	if (at > text && at[-1] == '"')
		at--;
	while (at > text && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	return at == text || at[-1] == '\n' || at[-1] == '{' || at[-1] == ',';
}

/* What KEY = "/path" or "KEY": "/path" says of @key; false: nothing of use. */
static bool find_setting(const char *text, const char *key, char *out, size_t size)
{
	size_t len;

	for (const char *at = strstr(text, key); at; at = strstr(at + 1, key)) {
		const char *p = at + strlen(key);

		if (!begins(text, at))
			continue;
		p += *p == '"';
		p += strspn(p, " \t");
		if (*p != '=' && *p != ':')
			continue;
		p++;
		p += strspn(p, " \t\r\n");
		if (p[0] != '"' || p[1] != '/')
			continue;
		len = strcspn(++p, "\"\\*\n");
		while (len > 1 && p[len - 1] == '/')
			len--;
		if (len < 2 || len >= size)
			continue;
		memcpy(out, p, len);
		out[len] = '\0';
		return true;
	}
	return false;
}

static int tell_settings(struct search *s)
{
	char path[WEIR_PATH_MAX / 2];
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(settings); i++) {
		CLEANUP(freep) char *text = NULL;

		err = root_text(s->root_fd, settings[i].file, CONF_BYTES_MAX, &text);
		if (err == -ENOMEM)
			return err;
		if (!err && find_setting(text, settings[i].key, path, sizeof(path)))
			err = tell(s, settings[i].kind, path);
		else
			err = 0;
	}
	return err;
}

static int tell_homes(struct search *s)
{
	CLEANUP(homes_free) struct homes homes = {};
	char path[WEIR_PATH_MAX];
	int err;

	err = homes_read(s->root_fd, &homes);
	for (uint32_t i = 0; !err && i < homes.cnt; i++) {
		for (size_t k = 0; !err && k < ARRAY_SIZE(home_places); k++) {
			snprintf(path, sizeof(path), "%s/%s", homes.list[i].path,
				 home_places[k].path);
			err = tell(s, home_places[k].kind, path);
		}
	}
	return err;
}

int stores_each(int root_fd, store_fn fn, void *ctx)
{
	struct search s = { .root_fd = root_fd, .fn = fn, .ctx = ctx };
	int err;

	err = tell_places(&s);
	if (!err)
		err = tell_settings(&s);
	return err ? err : tell_homes(&s);
}
