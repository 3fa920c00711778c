// SPDX-License-Identifier: GPL-2.0-only
#include "collect/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/survey.h"
#include "inventory/root.h"

static const struct {
	const char *database, *system;
} foreign[] = {
	{ "/lib/apk/db/installed", "apk" },
	{ "/usr/lib/apk/db/installed", "apk" },
	{ "/var/lib/pacman/local", "pacman" },
	{ "/var/db/pkg", "portage" },
	{ "/nix/var/nix/db/db.sqlite", "nix" },
};

/* Above the component that is the name. */
static const struct {
	const char *dir;
	enum foreign_kind kind;
} places[] = {
	{ "/snap/", FOREIGN_SNAP },
	{ "/var/lib/snapd/snap/", FOREIGN_SNAP },
	{ "/var/lib/flatpak/app/", FOREIGN_FLATPAK },
	{ "/var/lib/flatpak/runtime/", FOREIGN_FLATPAK },
};

static uint32_t look(struct survey *s, bool tells)
{
	uint32_t cnt = 0;

	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		CLEANUP(close_fdp) int fd = root_open(s->root_fd, foreign[i].database, O_PATH);

		if (fd < 0)
			continue;
		cnt++;
		if (tells)
			survey_unread(s, -EOPNOTSUPP, "%s: packages of %s",
				      foreign[i].database, foreign[i].system);
	}
	return cnt;
}

uint32_t foreign_tell(struct survey *s)
{
	return look(s, true);
}

uint32_t foreign_count(struct survey *s)
{
	return look(s, false);
}

enum foreign_kind foreign_of(const char *path, char *name, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t dir_len = strlen(places[i].dir), len;

		if (strncmp(path, places[i].dir, dir_len) != 0)
			continue;
		len = strcspn(path + dir_len, "/");
		/* What lies in the directory itself is nobody's; "bin" has links to snaps. */
		if (!len || !path[dir_len + len] || len >= size ||
		    (len == 3 && !strncmp(path + dir_len, "bin", len)))
			return FOREIGN_NONE;
		snprintf(name, size, "%.*s", (int)len, path + dir_len);
		return places[i].kind;
	}
	return FOREIGN_NONE;
}
