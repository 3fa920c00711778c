// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/upgrade.h"

#include <ctype.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/members.h"
#include "inventory/pattern.h"

/* Hexadecimal digits that rpm appends to a name, behind a semicolon. */
#define RPM_DIGITS 8

/* A directory stands for all in it, else it is one file. */
static const char *const login_files[] = {
	"/etc/pam.d/",	     "/etc/pam.conf",		"/etc/ld.so.preload",
	"/etc/nsswitch.conf", "/etc/shells",		"/etc/passwd",
	"/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/",
};

size_t upgrade_final_len(const char *path)
{
	static const char dpkg[] = ".dpkg-new";
	size_t len = strlen(path), digits = 0;

	if (len > sizeof(dpkg) - 1 && !strcmp(path + len - (sizeof(dpkg) - 1), dpkg))
		return len - (sizeof(dpkg) - 1);
	while (digits < RPM_DIGITS && digits < len &&
	       isxdigit((unsigned char)path[len - 1 - digits]))
		digits++;
	if (digits == RPM_DIGITS && len > RPM_DIGITS + 1 && path[len - 1 - RPM_DIGITS] == ';')
		return len - 1 - RPM_DIGITS;
	return len;
}

static const char *skip_version(const char *p)
{
	return p + strspn(p, "0123456789.");
}

/* The same name but for versions: libtinfo.so.6.4 and libtinfo.so.6.5. */
static bool is_release_of(const char *is, const char *was)
{
	while (*is && *was) {
		if (isdigit((unsigned char)*is) && isdigit((unsigned char)*was)) {
			is = skip_version(is);
			was = skip_version(was);
		} else if (*is++ != *was++) {
			return false;
		}
	}
	return *is == *was;
}

/* Not the directory: /opt/v1 is no release of /opt/v2. */
static bool takes_place(const char *path, size_t dir_len, const char *guarded)
{
	const char *slash = strrchr(guarded, '/');

	return (size_t)(slash - guarded) == dir_len && !strncmp(path, guarded, dir_len) &&
	       is_release_of(path + dir_len, slash);
}

struct wanted {
	const char *path, *name; /* name: the last component of path */
};

/* A member without a star is in the guard by its path, or was not there. */
static int meets_member(void *ctx, const struct member *m)
{
	const struct wanted *w = ctx;
	const char *slash = strrchr(m->name, '/');
	size_t dir_len = slash ? (size_t)(slash - m->name) + 1 : 0;

	return m->kind == MEMBER_PATH && slash && !memchr(m->name, '*', dir_len) &&
	       (size_t)(w->name - w->path) == dir_len && !strncmp(w->path, m->name, dir_len) &&
	       pattern_matches(slash + 1, strlen(slash + 1), w->name);
}

bool upgrade_is_expected(const struct guard *g, const char *path)
{
	char final[WEIR_PATH_MAX + WEIR_NAME_MAX];
	size_t len = upgrade_final_len(path);
	struct wanted w = { .path = final };
	const char *slash;

	if (len >= sizeof(final))
		return false;
	memcpy(final, path, len);
	final[len] = '\0';
	slash = strrchr(final, '/');
	if (!slash)
		return false;
	w.name = slash + 1;
	for (uint32_t i = 0; i < g->cnt; i++)
		if (takes_place(final, (size_t)(slash - final), g->entries[i].path))
			return true;
	return members_fixed(meets_member, &w) > 0;
}

bool upgrade_is_login_file(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(login_files); i++) {
		size_t len = strlen(login_files[i]);

		if (login_files[i][len - 1] == '/' ? !strncmp(path, login_files[i], len) :
						     !strcmp(path, login_files[i]))
			return true;
	}
	return false;
}

void upgrade_login_places(void (*fn)(void *ctx, const char *path), void *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(login_files); i++)
		fn(ctx, login_files[i]);
}
