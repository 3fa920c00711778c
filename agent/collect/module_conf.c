// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files are words between blanks, one line a statement: less than what a
 * parser of its own would have to check. The "#" of a comment is no module and
 * no verb.
 */
#include "collect/module_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/root.h"

#define FILE_BYTES_MAX (1u << 20)

/* A directory with more files, or a file with more lines, is read up to here. */
#define FILES_MAX 4096
#define WORDS_MAX 64

static const char blanks[] = " \t\r\n\f\v";

struct statement {
	struct survey *s;
	const char *path;
	char *words[WORDS_MAX];
	size_t word_cnt;
};

static void spell(const char *word, char *buf, size_t size)
{
	snprintf(buf, size, "%s", word);
	for (; *buf; buf++)
		if (*buf == '-')
			*buf = '_';
}

static int tell(const struct statement *st, const char *word, uint32_t flags, const char *detail)
{
	char module[WEIR_NAME_MAX];
	const struct fact fact = { IND_MODULE, module };
	const struct facts facts = { .path = st->path, .others = &fact, .other_cnt = 1 };
	const struct trace tr = { .kind = TRACE_MODULE, .flags = flags, .where = st->path,
				  .facts = &facts, .detail = detail };

	spell(word, module, sizeof(module));
	return survey_is_asked(st->s, &facts) ? survey_take(st->s, &tr) : 0;
}

/* "vsock", in /etc/modules with parameters behind it */
static int read_load(const struct statement *st)
{
	return tell(st, st->words[0], TRACE_ENABLED, "loaded at boot");
}

static bool is_refusal(const struct statement *st)
{
	return st->word_cnt == 3 &&
	       (strstr(st->words[2], "/false") || strstr(st->words[2], "/true"));
}

static int read_softdep(const struct statement *st)
{
	int err = 0;

	for (size_t i = 1; i < st->word_cnt && !err; i++)
		if (!strchr(st->words[i], ':'))
			err = tell(st, st->words[i], 0, "a soft dependency of modprobe's");
	return err;
}

static int read_modprobe(const struct statement *st)
{
	const char *verb = st->words[0];

	if (st->word_cnt < 2)
		return 0;
	if (!strcmp(verb, "blacklist"))
		return tell(st, st->words[1], TRACE_MASKED, "never loaded by an alias");
	if (!strcmp(verb, "install") || !strcmp(verb, "remove"))
		return tell(st, st->words[1], is_refusal(st) ? TRACE_MASKED : 0,
			    is_refusal(st) ? "never loaded by modprobe" :
					     "loaded or removed by a command");
	if (!strcmp(verb, "options"))
		return tell(st, st->words[1], 0, "has options for modprobe");
	if (!strcmp(verb, "softdep") || !strcmp(verb, "weakdep"))
		return read_softdep(st);
	if (!strcmp(verb, "alias") && st->word_cnt > 2)
		return tell(st, st->words[2], 0, "loaded by an alias");
	return 0;
}

typedef int (*statement_fn)(const struct statement *st);

static int read_text(struct survey *s, const char *path, char *text, statement_fn fn)
{
	char *rest = text, *line, *word;
	int err = 0;

	while (!err && (line = strsep(&rest, "\n"))) {
		struct statement st = { .s = s, .path = path };

		while (st.word_cnt < WORDS_MAX && (word = strsep(&line, blanks)))
			if (*word)
				st.words[st.word_cnt++] = word;
		if (st.word_cnt)
			err = fn(&st);
	}
	return err;
}

static int read_file(struct survey *s, const char *path, statement_fn fn)
{
	CLEANUP(freep) char *text = NULL;
	int err = root_text(s->root_fd, path, FILE_BYTES_MAX, &text);

	if (err == -ENOMEM)
		return err;
	/* A link to /dev/null switches a file off. */
	if (err && err != -ENOENT && err != -EINVAL)
		survey_unread(s, err, "%s", path);
	return err ? 0 : read_text(s, path, text, fn);
}

/* @last: the directory before it, which may be the same one under another name. */
static int read_directory(struct survey *s, const char *dir, struct stat *last, statement_fn fn)
{
	int fd = root_open(s->root_fd, dir, O_RDONLY | O_DIRECTORY);
	CLEANUP(closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	char path[WEIR_PATH_MAX];
	struct stat st = { 0 };
	struct dirent *e;
	int err = 0;

	if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR)
		survey_unread(s, fd, "%s", dir);
	if (!d || fstat(fd, &st) || (st.st_dev == last->st_dev && st.st_ino == last->st_ino))
		return 0;
	*last = st;
	for (int i = 0; !err && i < FILES_MAX && (e = readdir(d)); i++) {
		size_t len = strlen(e->d_name);

		if (len < 6 || strcmp(e->d_name + len - 5, ".conf") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		err = read_file(s, path, fn);
	}
	return err;
}

int module_conf(struct survey *s)
{
	static const struct {
		const char *dir;
		statement_fn fn;
	} directories[] = {
		{ "/etc/modules-load.d", read_load },
		{ "/run/modules-load.d", read_load },
		{ "/usr/local/lib/modules-load.d", read_load },
		{ "/usr/lib/modules-load.d", read_load },
		{ "/etc/modprobe.d", read_modprobe },
		{ "/run/modprobe.d", read_modprobe },
		{ "/usr/local/lib/modprobe.d", read_modprobe },
		{ "/usr/lib/modprobe.d", read_modprobe },
		{ "/lib/modprobe.d", read_modprobe },
	};
	struct stat last = { 0 };
	int err = read_file(s, "/etc/modules", read_load);

	if (!err)
		err = read_file(s, "/etc/initramfs-tools/modules", read_load);
	for (size_t i = 0; i < ARRAY_SIZE(directories) && !err; i++)
		err = read_directory(s, directories[i].dir, &last, directories[i].fn);
	return err;
}
