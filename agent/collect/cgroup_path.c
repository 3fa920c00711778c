// SPDX-License-Identifier: GPL-2.0-only
#include "collect/cgroup_path.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Ids of Docker, Podman, containerd and CRI-O. */
#define ID_LEN 64

/* Deeper hierarchies exist in nobody's system. */
#define PARTS_MAX 64

struct names {
	char **services, **unit, **container;
	size_t service_cnt, service_max;
};

static bool ends_in(const char *name, const char *tail)
{
	size_t len = strlen(name), tail_len = strlen(tail);

	return len > tail_len && !strcmp(name + len - tail_len, tail);
}

static int keep(const char *text, size_t len, char **ret)
{
	if (*ret)
		return 0;
	*ret = strndup(text, len);
	return *ret ? 0 : -ENOMEM;
}

static size_t hex_len(const char *text)
{
	size_t len = 0;

	while (isxdigit((unsigned char)text[len]))
		len++;
	return len;
}

/* "docker-ID.scope", "cri-containerd-ID.scope", "libpod-ID", "ID" */
static int read_id(const char *part, char **ret)
{
	const char *p = part;

	for (;;) {
		size_t len = hex_len(p);

		if (len == ID_LEN && (!p[len] || p[len] == '.'))
			return keep(p, len, ret);
		p = strchr(p, '-');
		if (!p)
			return 0;
		p++;
	}
}

/* Machines: "machine-web1.scope", "systemd-nspawn@web1.service", "lxc.payload.web1". */
static int read_machine(const char *part, char **ret)
{
	static const struct {
		const char *head, *tail;
	} forms[] = {
		{ "machine-", ".scope" },
		{ "systemd-nspawn@", ".service" },
		{ "lxc.payload.", "" },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t head = strlen(forms[i].head), tail = strlen(forms[i].tail);
		size_t len = strlen(part);

		if (len <= head + tail || strncmp(part, forms[i].head, head) != 0 ||
		    strcmp(part + len - tail, forms[i].tail) != 0)
			continue;
		return keep(part + head, len - head - tail, ret);
	}
	return 0;
}

static int read_part(struct names *n, const char *part)
{
	int err;

	/* So systemd writes a name that would collide with a file of the kernel's. */
	if (part[0] == '_')
		part++;
	err = read_id(part, n->container);
	if (!err)
		err = read_machine(part, n->container);
	if (err)
		return err;
	if (ends_in(part, ".service") && n->service_cnt < n->service_max) {
		err = keep(part, strlen(part), &n->services[n->service_cnt]);
		n->service_cnt += !err;
	}
	if (!err && (ends_in(part, ".service") || ends_in(part, ".scope")))
		err = keep(part, strlen(part), n->unit);
	return err;
}

/* From the end, so that the innermost comes first. */
static int read_path(struct names *n, char *path)
{
	char *slash = path;
	int err = 0;

	for (int i = 0; slash && i < PARTS_MAX && !err; i++) {
		slash = strrchr(path, '/');
		err = read_part(n, slash ? slash + 1 : path);
		if (slash)
			*slash = '\0';
	}
	return err;
}

int cgroup_names(char *text, char **services, size_t service_max, char **ret_unit,
		 char **ret_container)
{
	struct names n = { .services = services, .service_max = service_max,
			   .unit = ret_unit, .container = ret_container };
	char *rest = text, *line;
	int err = 0;

	/* "0::/system.slice/x.service", "1:name=systemd:/...", "4:memory:/..." */
	while (!err && (line = strsep(&rest, "\n"))) {
		char *owner = strchr(line, ':');
		char *path = owner ? strchr(owner + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		/* Other hierarchies repeat it, or are their engine's own: then for the id. */
		if (*ret_unit && owner[1] && strcmp(owner + 1, "name=systemd") != 0)
			continue;
		err = read_path(&n, path);
		if (*ret_unit)
			n.service_max = n.service_cnt; /* told once */
	}
	return err;
}
