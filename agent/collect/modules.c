// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules of the kernel that runs: loaded, with what they were built from and
 * what they taint. Those that lie on the disk are in module_files.c; the two
 * meet under this collector's name.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/module_files.h"
#include "inventory/root.h"

/* A kernel has some thousand modules in all. */
#define LIST_BYTES_MAX (4u << 20)

#define DEP_BYTES_MAX (16u << 20)

struct loaded {
	char name[64], users[12], taints[16];
	char state[16];
};

/* "vsock 61440 2 vsock_loopback,vmw_vsock, Live 0x0000000000000000 (OE)" */
static bool read_line(char *line, struct loaded *m)
{
	char *taints;

	*m = (struct loaded){ 0 };
	if (sscanf(line, "%63s %*s %11s %*s %15s", m->name, m->users, m->state) < 2)
		return false;
	taints = strrchr(line, '(');
	if (taints)
		snprintf(m->taints, sizeof(m->taints), "%.*s", (int)strcspn(taints + 1, ")"),
			 taints + 1);
	return true;
}

/* The letters of the kernel's taints that say where a module is from. */
static void describe_taints(const char *letters, char *buf, size_t size)
{
	static const struct {
		char letter;
		const char *what;
	} taints[] = {
		{ 'O', ", not of the kernel's tree" },
		{ 'E', ", not signed" },
		{ 'P', ", not under a free licence" },
		{ 'F', ", loaded by force" },
	};
	size_t len = 0;

	*buf = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(taints) && len < size; i++)
		if (strchr(letters, taints[i].letter))
			len += (size_t)snprintf(buf + len, size - len, "%s", taints[i].what);
}

/* The notes of a loaded module are what its file had: name, type, build-id. */
static void read_build_id(struct survey *s, const char *name, struct facts *f)
{
	char path[160];
	CLEANUP(close_fdp) int fd = -1;
	uint32_t head[3];

	snprintf(path, sizeof(path), "/sys/module/%s/notes/.note.gnu.build-id", name);
	fd = root_open_file(s->root_fd, path, NULL);
	if (fd < 0 || root_read_at(fd, head, sizeof(head), 0))
		return;
	/* A name of four bytes, "GNU", and type 3. */
	if (head[0] != 4 || head[2] != 3 || head[1] < 8 || head[1] > sizeof(f->build_id))
		return;
	if (!root_read_at(fd, f->build_id, head[1], sizeof(head) + 4))
		f->build_id_len = head[1];
}

static char *read_version(struct survey *s, const char *name)
{
	char path[160], *text = NULL;

	snprintf(path, sizeof(path), "/sys/module/%s/version", name);
	if (root_text(s->root_fd, path, 4096, &text))
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* "kernel/net/vsock.ko.xz: ..." of modules.dep; NULL: it was loaded from elsewhere. */
static char *find_file(const char *dep, const char *release, const char *name)
{
	char *path = NULL;

	for (const char *line = dep; line && *line; line = strchr(line, '\n')) {
		size_t len;

		line += *line == '\n';
		len = strcspn(line, ":\n");
		if (!module_file_is(line, len, name))
			continue;
		if (asprintf(&path, "/lib/modules/%s/%.*s", release, (int)len, line) < 0)
			path = NULL;
		break;
	}
	return path;
}

static int tell_loaded(struct survey *s, const struct loaded *m, const char *dep,
		       const char *release)
{
	const struct fact word = { IND_MODULE, m->name };
	struct facts facts = { .others = &word, .other_cnt = 1 };
	CLEANUP(freep) char *version = NULL;
	CLEANUP(freep) char *path = NULL;
	char taints[128], detail[512];
	struct trace tr = { .kind = TRACE_MODULE, .flags = TRACE_RUNNING, .where = m->name,
			    .facts = &facts, .detail = detail };

	read_build_id(s, m->name, &facts);
	path = find_file(dep, release, m->name);
	facts.path = path;
	if (!survey_is_asked(s, &facts))
		return 0;
	version = read_version(s, m->name);
	tr.version = version;
	describe_taints(m->taints, taints, sizeof(taints));
	snprintf(detail, sizeof(detail), "loaded, used by %s, from %.300s%s",
		 *m->users == '-' ? "0" : m->users,
		 path ? path : "a file that is not among the installed ones", taints);
	return survey_take(s, &tr);
}

static int tell_all_loaded(struct survey *s, const char *release)
{
	CLEANUP(freep) char *list = NULL;
	CLEANUP(freep) char *dep = NULL;
	char path[160], *rest, *line;
	struct loaded m;
	int err;

	err = root_text(s->root_fd, "/proc/modules", LIST_BYTES_MAX, &list);
	/* A kernel that was built without modules has no list. */
	if (err == -ENOENT || err == -ENOMEM)
		return err == -ENOMEM ? err : 0;
	if (err) {
		survey_unread(s, err, "/proc/modules");
		return 0;
	}
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	if (root_text(s->root_fd, path, DEP_BYTES_MAX, &dep) == -ENOMEM)
		return -ENOMEM;
	for (rest = list, err = 0; !err && (line = strsep(&rest, "\n"));)
		if (read_line(line, &m))
			err = tell_loaded(s, &m, dep, release);
	return err;
}

int collect_modules(struct survey *s)
{
	struct utsname u;
	int err = 0;

	if (s->is_live && !uname(&u))
		err = tell_all_loaded(s, u.release);
	return err ? err : module_files(s);
}
