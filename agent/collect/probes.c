// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes: kprobes, uprobes and ftrace handlers, as debugfs and tracefs list
 * them. Who set a probe is not always told; the modules that a line names, the
 * probed one or the handler's, and the file that a uprobe is in, are.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/survey.h"
#include "inventory/root.h"

/* The function tracer enables all functions of a kernel: some 60,000. */
#define LINES_MAX 500000

/* Modules that one line names. */
#define MODULES_MAX 16

struct probe {
	const char *what; /* "kprobe" */
	char where[400];
	char path[4096]; /* of a uprobe */
	char modules[MODULES_MAX][64];
	size_t module_cnt;
};

/* Takes a line apart; false: it says nothing of a probe. */
typedef bool (*line_fn)(char *line, struct probe *p);

static void add_module(struct probe *p, const char *name, size_t len)
{
	if (!len || len >= sizeof(p->modules[0]) || p->module_cnt == MODULES_MAX)
		return;
	memcpy(p->modules[p->module_cnt], name, len);
	p->modules[p->module_cnt++][len] = '\0';
}

/* Every "[name]" is a module, or a flag, which no indicator means. */
static void add_bracketed(struct probe *p, const char *line)
{
	const char *open, *close;

	for (; (open = strchr(line, '[')); line = close) {
		close = strchr(open, ']');
		if (!close)
			return;
		add_module(p, open + 1, (size_t)(close - open - 1));
	}
}

/* "ffffffffc0a1 k vfs_read+0x0 [FTRACE]", "... k foo+0x0 module [DISABLED]" */
static bool read_kprobe(char *line, struct probe *p)
{
	char symbol[200], module[64] = "";

	if (sscanf(line, "%*s %*s %199s %63s", symbol, module) < 1)
		return false;
	snprintf(p->where, sizeof(p->where), "kprobe at %s", symbol);
	if (*module && *module != '[')
		add_module(p, module, strlen(module));
	add_bracketed(p, line);
	return true;
}

/* "p:kprobes/name module:symbol+0 arg=%di" */
static bool read_kprobe_event(char *line, struct probe *p)
{
	char event[100], symbol[200], *colon;

	if (sscanf(line, "%99s %199s", event, symbol) != 2)
		return false;
	colon = strchr(symbol, ':');
	if (colon)
		add_module(p, symbol, (size_t)(colon - symbol));
	snprintf(p->where, sizeof(p->where), "kprobe event %s at %s", event, symbol);
	return true;
}

/* "p:uprobes/name /usr/bin/tool:0x0000000000001234 arg=%di"; a path may hold anything. */
static bool read_uprobe_event(char *line, struct probe *p)
{
	char *path = strchr(line, ' '), *offset = NULL;

	if (!path || path[1] != '/')
		return false;
	*path++ = '\0';
	for (char *at = path; (at = strstr(at, ":0x")); at++)
		offset = at;
	if (!offset || (size_t)(offset - path) >= sizeof(p->path))
		return false;
	*offset = '\0';
	snprintf(p->path, sizeof(p->path), "%s", path);
	snprintf(p->where, sizeof(p->where), "uprobe event %.80s in %.200s", line, path);
	return true;
}

/* "schedule (1) R I  tramp: 0xffff (handler [module]+0x0/0x20) ->..." */
static bool read_function(char *line, struct probe *p)
{
	if (!*line || line[0] == '\t' || line[0] == ' ')
		return false;
	snprintf(p->where, sizeof(p->where), "ftrace of %.*s", (int)strcspn(line, " "), line);
	add_bracketed(p, line);
	return true;
}

static const struct source {
	const char *what;
	const char *places[2]; /* tracefs was part of debugfs, and is still seen there */
	line_fn read;
} sources[] = {
	{ "kprobes", { "/sys/kernel/debug/kprobes/list" }, read_kprobe },
	{ "kprobe events",
	  { "/sys/kernel/tracing/kprobe_events", "/sys/kernel/debug/tracing/kprobe_events" },
	  read_kprobe_event },
	{ "uprobe events",
	  { "/sys/kernel/tracing/uprobe_events", "/sys/kernel/debug/tracing/uprobe_events" },
	  read_uprobe_event },
	{ "ftrace functions",
	  { "/sys/kernel/tracing/enabled_functions",
	    "/sys/kernel/debug/tracing/enabled_functions" },
	  read_function },
};

static int tell(struct survey *s, const struct probe *p, const char *line)
{
	struct fact words[MODULES_MAX];
	const struct facts facts = { .path = *p->path ? p->path : NULL,
				     .others = words,
				     .other_cnt = p->module_cnt };
	char detail[300];
	const struct trace tr = { .kind = TRACE_PROBE, .flags = TRACE_RUNNING, .where = p->where,
				  .facts = &facts, .detail = detail };

	for (size_t i = 0; i < p->module_cnt; i++)
		words[i] = (struct fact){ IND_MODULE, p->modules[i] };
	if (!survey_is_asked(s, &facts))
		return 0;
	snprintf(detail, sizeof(detail), "%.250s", line);
	return survey_take(s, &tr);
}

static int read_lines(struct survey *s, const struct source *source, FILE *f)
{
	CLEANUP(freep) struct probe *p = malloc(sizeof(*p));
	CLEANUP(freep) char *line = NULL;
	size_t size = 0;
	int err = 0;

	if (!p)
		return -ENOMEM;
	for (unsigned int i = 0; !err && getline(&line, &size, f) > 0; i++) {
		CLEANUP(freep) char *whole = NULL;

		if (i == LINES_MAX) {
			survey_unread(s, -E2BIG, "%s, beyond %d", source->what, LINES_MAX);
			break;
		}
		line[strcspn(line, "\n")] = '\0';
		whole = strdup(line);
		if (!whole)
			return -ENOMEM;
		*p->where = *p->path = '\0';
		p->module_cnt = 0;
		if (source->read(line, p))
			err = tell(s, p, whole);
	}
	return err;
}

static int read_source(struct survey *s, const struct source *source)
{
	int fd = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(source->places) && source->places[i] && fd == -ENOENT;
	     i++)
		fd = root_open_file(s->root_fd, source->places[i], NULL);
	if (fd >= 0) {
		CLEANUP(fclosep) FILE *f = fdopen(fd, "re");

		if (f)
			return read_lines(s, source, f);
		close(fd);
		return -ENOMEM;
	}
	/* A kernel that was built without has no such file. */
	if (fd != -ENOENT)
		survey_unread(s, fd, "%s", source->what);
	return 0;
}

static bool is_mounted(struct survey *s, const char *path, long magic)
{
	CLEANUP(close_fdp) int fd = root_open(s->root_fd, path, O_PATH | O_DIRECTORY);
	struct statfs fs;

	/* What is not for us to see may well be there. */
	return fd < 0 ? fd != -ENOENT : !fstatfs(fd, &fs) && (long)fs.f_type == magic;
}

static bool knows_type(struct survey *s, const char *type)
{
	CLEANUP(freep) char *text = NULL;

	return !root_text(s->root_fd, "/proc/filesystems", 65536, &text) && strstr(text, type);
}

/* Absent where the kernel has it is not the same as absent. */
static void tell_absent(struct survey *s)
{
	static const struct {
		const char *type, *path;
		long magic;
	} needed[] = {
		{ "debugfs", "/sys/kernel/debug", DEBUGFS_MAGIC },
		{ "tracefs", "/sys/kernel/tracing", TRACEFS_MAGIC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (knows_type(s, needed[i].type) &&
		    !is_mounted(s, needed[i].path, needed[i].magic))
			survey_unread(s, -ENOENT, "probes: %s is not mounted at %s",
				      needed[i].type, needed[i].path);
}

int collect_probes(struct survey *s)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources) && !err; i++)
		err = read_source(s, &sources[i]);
	if (!err)
		tell_absent(s);
	return err;
}
