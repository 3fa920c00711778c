// SPDX-License-Identifier: GPL-2.0-only
/*
 * The form of a path and how much of a host it takes in.
 *
 * A system directory itself is never a place of one vendor: a rule about it
 * would be a rule about the host. What lies below may be named. A pattern is
 * judged by what it could match: with a star for "bin" it is refused as well.
 */
#include "catalog/place.h"

#include <stddef.h>
#include <string.h>

#define STAR_MAX 4
#define COMPONENT_MAX 255

static const char *const system_dirs[] = {
	"/", "/bin/", "/boot/", "/dev/", "/etc/", "/etc/init.d/",
	"/etc/systemd/", "/home/", "/lib/", "/lib/modules/", "/lib/systemd/",
	"/lib64/", "/media/", "/mnt/", "/opt/", "/proc/", "/root/", "/run/",
	"/sbin/", "/srv/", "/sys/", "/tmp/", "/usr/", "/usr/bin/",
	"/usr/games/", "/usr/include/", "/usr/lib/",
	"/usr/lib/aarch64-linux-gnu/", "/usr/lib/modules/",
	"/usr/lib/systemd/", "/usr/lib/x86_64-linux-gnu/", "/usr/lib64/",
	"/usr/libexec/", "/usr/local/", "/usr/local/bin/", "/usr/local/lib/",
	"/usr/local/sbin/", "/usr/sbin/", "/usr/share/", "/usr/src/", "/var/",
	"/var/cache/", "/var/lib/", "/var/log/", "/var/run/", "/var/spool/",
	"/var/tmp/",
	/* dpkg runs the scripts of every package from there. */
	"/var/lib/dpkg/", "/var/lib/dpkg/info/", "/var/lib/dpkg/tmp.ci/",
};

static const char *component_complaint(const char *name, size_t len)
{
	if (!len)
		return "holds //";
	if (len > COMPONENT_MAX)
		return "has a component of more than 255 bytes";
	if ((len == 1 && *name == '.') || (len == 2 && !memcmp(name, "..", 2)))
		return "holds . or ..";
	return NULL;
}

/* "*" is all there is; what looks like more is a misunderstanding. */
static const char *glob_complaint(const char *path)
{
	const char *p = path;
	int stars = 0;

	for (; (p = strpbrk(p, "*?[]{}\\")); p++) {
		if (*p != '*')
			return "holds one of ? [ ] { } \\; only * is a wildcard";
		if (p[1] == '*')
			return "holds **; * stays inside one component";
		stars++;
	}
	return stars > STAR_MAX ? "has more than four *" : NULL;
}

const char *place_complaint(const char *path)
{
	const char *p = path, *why;

	if (*p != '/')
		return "is not absolute";
	while (p[1]) {
		size_t len = strcspn(++p, "/");

		why = component_complaint(p, len);
		if (why)
			return why;
		p += len;
		if (!*p)
			break;
	}
	return glob_complaint(path);
}

/*
 * Components are matched one by one, so only the last "*" of the one at hand
 * can have taken too little.
 */
bool place_matches(const char *pattern, const char *path)
{
	const char *star = NULL, *retry = NULL;

	while (*path) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = path;
		} else if (*pattern == *path) {
			if (*path == '/')
				star = NULL;
			pattern++;
			path++;
		} else if (star && *retry != '/') {
			pattern = star;
			path = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool takes_in_system_dir(const char *pattern)
{
	size_t i;

	for (i = 0; i < sizeof(system_dirs) / sizeof(system_dirs[0]); i++)
		if (place_matches(pattern, system_dirs[i]))
			return true;
	return false;
}

/* Length of @p without components at its end that are nothing but "*". */
static size_t named_len(const char *p)
{
	size_t len = strlen(p);

	for (;;) {
		if (len >= 3 && !memcmp(p + len - 3, "/*/", 3))
			len -= 2;
		else if (len >= 2 && !memcmp(p + len - 2, "/*", 2))
			len -= 1;
		else
			return len;
	}
}

const char *place_scope_complaint(const char *path)
{
	/* The longest system directory and its NUL fit many times over. */
	char head[128];
	size_t len = named_len(path);

	if (memchr(path + 1, '*', strcspn(path + 1, "/")))
		return "has a * in its first component: that is host-wide";
	if (len + 2 > sizeof(head))
		return NULL;
	memcpy(head, path, len);
	if (head[len - 1] != '/')
		head[len++] = '/';
	head[len] = '\0';
	if (takes_in_system_dir(head))
		return "takes in a system directory; name what lies below";
	return NULL;
}
