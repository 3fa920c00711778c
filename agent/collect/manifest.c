// SPDX-License-Identifier: GPL-2.0-only
#include "collect/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/survey.h"
#include "inventory/names.h"
#include "inventory/root.h"

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && path[len] == '/';
}

/* What dpkg's path-exclude and rpm's --excludedocs leave out. */
static bool is_documentation(const char *path)
{
	static const char *const dirs[] = {
		"/usr/share/doc",    "/usr/share/man",	   "/usr/share/info",
		"/usr/share/locale", "/usr/share/lintian", "/usr/share/licenses",
		"/usr/share/groff",  "/usr/share/help",	   "/usr/share/linda",
	};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (is_below(path, dirs[i]))
			return true;
	return false;
}

/* "libx.so", "libx.so.1.2" */
static bool is_library(const char *base)
{
	const char *so = strstr(base, ".so");

	return so && (!so[3] || so[3] == '.');
}

static bool can_run(const char *path, const struct stat *st)
{
	const char *base = strrchr(path, '/') + 1;
	char module[WEIR_NAME_MAX];

	return st->st_mode & 0111 || is_library(base) ||
	       names_module_of(base, module, sizeof(module));
}

/*
 * 0, or -ENOENT: nothing is there. Of a link *st is the link, a name more for
 * a file that is listed by its own; but of one to a directory the directory.
 */
static int look(int root_fd, const char *path, struct stat *st)
{
	CLEANUP(close_fdp) int fd = root_open(root_fd, path, O_PATH | O_NOFOLLOW);
	CLEANUP(close_fdp) int behind = -1;
	struct stat target;

	if (fd < 0 || fstat(fd, st))
		return -ENOENT;
	if (!S_ISLNK(st->st_mode))
		return 0;
	behind = root_open(root_fd, path, O_PATH);
	if (behind >= 0 && !fstat(behind, &target) && S_ISDIR(target.st_mode))
		*st = target;
	return 0;
}

/* What is absent and has nothing listed below it was a file. */
static void settle_absent(struct manifest *m, const char *next)
{
	if (!m->absent || (next && is_below(next, m->absent)))
		return;
	m->file_cnt++;
	m->missing_cnt += !is_documentation(m->absent);
}

static int add_absent(struct manifest *m, const char *path)
{
	free(m->absent);
	m->absent = strdup(path);
	return m->absent ? 0 : -ENOMEM;
}

/* Where it really is, /usr/bin/x for a listed /bin/x, as who walks the tree would say. */
static int keep(struct manifest *m, const char *path)
{
	int root_fd = m->survey->root_fd;
	CLEANUP(close_fdp) int fd = root_open(root_fd, path, O_PATH | O_NOFOLLOW);
	CLEANUP(freep) char *real = NULL;
	char **runnable;

	if (fd < 0)
		return 0;
	if (root_path_of(root_fd, fd, &real) == -ENOMEM)
		return -ENOMEM;
	if (real)
		path = real;
	runnable = arena_list_add(&m->arena, &m->runnable, sizeof(*runnable));
	if (!runnable)
		return -ENOMEM;
	*runnable = arena_strndup(&m->arena, path, strlen(path));
	return *runnable ? 0 : -ENOMEM;
}

static int add_here(struct manifest *m, const char *path, const struct stat *st)
{

	if (S_ISDIR(st->st_mode))
		return 0;
	m->file_cnt++;
	m->here_cnt++;
	return S_ISREG(st->st_mode) && can_run(path, st) ? keep(m, path) : 0;
}

int manifest_add(struct manifest *m, const char *path)
{
	const char *there = NULL;
	struct stat st;

	if (m->path_cnt++ == MANIFEST_PATHS_MAX)
		return -E2BIG;
	settle_absent(m, path);
	freep(&m->absent);
	m->absent = NULL;
	if (m->diverted)
		there = m->diverted(m->diverted_ctx, path, m->package);
	path = there ? there : path;
	if (look(m->survey->root_fd, path, &st))
		return add_absent(m, path);
	return add_here(m, path, &st);
}

void manifest_close(struct manifest *m)
{
	settle_absent(m, NULL);
	free(m->absent);
	m->absent = NULL;
}

void manifest_detail(const struct manifest *m, char *out, size_t size)
{
	*out = '\0';
	if (!m->file_cnt)
		snprintf(out, size, "its list names no file");
	else if (!m->here_cnt)
		snprintf(out, size, "none of the %u files it lists is there", m->file_cnt);
	else if (m->missing_cnt)
		snprintf(out, size, "%u of %u files are missing", m->missing_cnt, m->file_cnt);
}

int manifest_take(struct manifest *m)
{
	struct fact package = { m->kind, m->package };
	struct facts facts = { .others = &package, .other_cnt = 1 };
	struct trace trace = { .kind = TRACE_FILE, .facts = &facts, .package = m->package };
	char *const *paths = m->runnable.item;
	struct stat st;
	int err = 0;

	for (uint32_t i = 0; i < m->runnable.cnt && !err; i++) {
		if (look(m->survey->root_fd, paths[i], &st))
			continue;
		facts.path = trace.where = paths[i];
		trace.flags = st.st_mode & (S_ISUID | S_ISGID) ? TRACE_SETUID : 0;
		trace.changed = st.st_mtim.tv_sec;
		err = survey_take(m->survey, &trace);
	}
	return err;
}

void manifest_exit(struct manifest *m)
{
	free(m->absent);
	arena_exit(&m->arena);
}
