// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/login.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/pattern.h"
#include "inventory/root.h"

#define CONF_BYTES_MAX (1U << 20)
#define CONF_FILES_MAX 512

/* Files that include each other. */
#define CONF_DEPTH_MAX 8

/* Each is looked for in every library's folder; beyond that, once for each line. */
#define PAM_MODULES_MAX 256

/* The first account that belongs to a person: UID_MIN of login.defs. */
#define UID_PERSON 1000
#define UID_NOBODY 65534

struct reader {
	int root_fd;
	member_fn fn;
	void *ctx;
	const char *path; /* being read */
	unsigned int depth, files;
	char *modules[PAM_MODULES_MAX]; /* that were looked for */
	unsigned int module_cnt;
	/* One line without its end; may cut it up. */
	int (*take)(struct reader *r, char *line);
};

static int name_it(struct reader *r, enum member_kind kind, const char *name, const char *what)
{
	char why[WEIR_PATH_MAX + 64];
	struct member m = { .kind = kind, .name = name, .why = why };

	snprintf(why, sizeof(why), "%s in %s", what, r->path);
	return r->fn(r->ctx, &m);
}

/* Programs count only by absolute path: anything else is a word of the format. */
static int name_program(struct reader *r, const char *name, const char *what)
{
	return name && name[0] == '/' ? name_it(r, MEMBER_PATH, name, what) : 0;
}

/* A backslash at the end of a line goes on in the next. */
static void join_lines(char *text)
{
	for (char *p = text; *p; p++) {
		if (p[0] == '\\' && p[1] == '\n')
			p[0] = p[1] = ' ';
	}
}

static int read_lines(void *ctx, const char *path)
{
	CLEANUP(freep) char *text = NULL;
	struct reader *r = ctx;
	const char *outer = r->path;
	char *save = NULL;
	int err;

	if (r->depth == CONF_DEPTH_MAX || r->files++ >= CONF_FILES_MAX)
		return 0;
	err = root_text(r->root_fd, path, CONF_BYTES_MAX, &text);
	if (err)
		return err == -ENOMEM ? err : 0;
	join_lines(text);
	r->path = path;
	r->depth++;
	for (char *line = strtok_r(text, "\n", &save); !err && line;
	     line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " \t");
		if (*line != '#')
			err = r->take(r, line);
	}
	r->depth--;
	r->path = outer;
	return err;
}

static int read_all(struct reader *r, const char *pattern, int (*take)(struct reader *, char *))
{
	int err;

	r->take = take;
	err = pattern_each(r->root_fd, pattern, read_lines, r);
	return err == -E2BIG || err == -EINVAL ? 0 : err;
}

static int take_shell(struct reader *r, char *line)
{
	char *save = NULL;

	return name_program(r, strtok_r(line, " \t", &save), "shell");
}

static int take_account(struct reader *r, char *line)
{
	char *field[7] = {};
	unsigned long uid;
	char *end;

	for (int i = 0; i < 7; i++)
		field[i] = strsep(&line, ":");
	if (!field[6] || !isdigit((unsigned char)field[2][0]))
		return 0;
	uid = strtoul(field[2], &end, 10);
	if (*end || uid == UID_NOBODY || (uid && uid < UID_PERSON))
		return 0;
	return name_program(r, field[6], "login shell");
}

static int take_preload(struct reader *r, char *line)
{
	char *save = NULL, *word;
	int err = 0;

	for (word = strtok_r(line, " \t:", &save); !err && word;
	     word = strtok_r(NULL, " \t:", &save)) {
		if (*word == '#')
			return 0;
		err = name_it(r, MEMBER_LIBRARY, word, "preloaded library");
	}
	return err;
}

/* "passwd: files [NOTFOUND=return] sss" means libnss_sss.so.2. */
static int take_nss(struct reader *r, char *line)
{
	char *save = NULL, *word, name[WEIR_NAME_MAX];
	bool in_action = false;
	int err = 0;

	line = strchr(line, ':');
	if (!line)
		return 0;
	line[strcspn(line, "#")] = '\0';
	for (word = strtok_r(line + 1, " \t", &save); !err && word;
	     word = strtok_r(NULL, " \t", &save)) {
		if (*word == '[')
			in_action = true;
		if (!in_action) {
			snprintf(name, sizeof(name), "libnss_%s.so.2", word);
			err = name_it(r, MEMBER_LIBRARY, name, "NSS module");
		} else if (strchr(word, ']')) {
			in_action = false;
		}
	}
	return err;
}

/* Most services name the same few modules. */
static bool was_looked_for(struct reader *r, const char *module)
{
	for (unsigned int i = 0; i < r->module_cnt; i++)
		if (!strcmp(r->modules[i], module))
			return true;
	if (r->module_cnt < PAM_MODULES_MAX) {
		r->modules[r->module_cnt] = strdup(module);
		r->module_cnt += r->modules[r->module_cnt] != NULL;
	}
	return false;
}

static int name_pam_module(struct reader *r, const char *module)
{
	static const char *const places[] = {
		"/lib/security/",   "/lib64/security/",	  "/usr/lib/security/",
		"/usr/lib64/security/", "/lib/*/security/", "/usr/lib/*/security/",
	};
	char path[WEIR_PATH_MAX];
	int err = 0;

	if (module[0] == '/')
		return name_it(r, MEMBER_PATH, module, "PAM module");
	if (strchr(module, '*') || strlen(module) >= WEIR_NAME_MAX ||
	    was_looked_for(r, module))
		return 0;
	for (size_t i = 0; !err && i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s%s", places[i], module);
		err = name_it(r, MEMBER_PATH, path, "PAM module");
	}
	return err;
}

/* Only absolute ones: the others lie in folders that are read anyway. */
static int pam_include(struct reader *r, const char *path)
{
	return path && path[0] == '/' && !strchr(path, '*') ? read_lines(r, path) : 0;
}

/* What follows the type: control, module, arguments. */
static int take_pam_rest(struct reader *r, char *rest)
{
	char *save = NULL, *control, *module, *word;
	int err;

	rest += strspn(rest, " \t");
	if (*rest == '[') {
		control = rest;
		rest = strchr(rest, ']');
		if (!rest)
			return 0;
		rest++;
	} else {
		control = strsep(&rest, " \t");
		if (!rest)
			return 0;
	}
	module = strtok_r(rest, " \t", &save);
	if (!module)
		return 0;
	if (!strcmp(control, "include") || !strcmp(control, "substack"))
		return pam_include(r, module);
	err = name_pam_module(r, module);
	/* pam_exec and its like run what their arguments name. */
	while (!err && (word = strtok_r(NULL, " \t[]", &save)))
		err = name_program(r, strchr(word, '/') ? strchr(word, '/') : word,
				   "PAM argument");
	return err;
}

static int take_pam(struct reader *r, char *line)
{
	char *word;

	line[strcspn(line, "#")] = '\0';
	word = strsep(&line, " \t");
	if (!line)
		return 0;
	if (!strcmp(word, "@include"))
		return pam_include(r, line + strspn(line, " \t"));
	return take_pam_rest(r, line);
}

/* pam.conf has the service in front. */
static int take_pam_conf(struct reader *r, char *line)
{
	strsep(&line, " \t");
	return line ? take_pam(r, line + strspn(line, " \t")) : 0;
}

static int sshd_include(struct reader *r, char *patterns)
{
	char *save = NULL, *word, path[WEIR_PATH_MAX];
	int err = 0;

	for (word = strtok_r(patterns, " \t\"", &save); !err && word;
	     word = strtok_r(NULL, " \t\"", &save)) {
		snprintf(path, sizeof(path), "%s%s", *word == '/' ? "" : "/etc/ssh/", word);
		err = pattern_each(r->root_fd, path, read_lines, r);
		if (err == -E2BIG || err == -EINVAL)
			err = 0;
	}
	return err;
}

static int take_sshd(struct reader *r, char *line)
{
	static const char *const commands[] = {
		"ForceCommand", "AuthorizedKeysCommand", "AuthorizedPrincipalsCommand",
		"Subsystem",	"SecurityKeyProvider",	 "SshdSessionPath",
		"SshdAuthPath",
	};
	char *save = NULL, *key, *word;
	int err = 0;

	key = strtok_r(line, " \t=", &save);
	if (!key)
		return 0;
	if (!strcasecmp(key, "Include"))
		return sshd_include(r, save);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcasecmp(key, commands[i]))
			continue;
		while (!err && (word = strtok_r(NULL, " \t=\"", &save)))
			err = name_program(r, word, commands[i]);
		return err;
	}
	return 0;
}

/* PKCS#11, GSS and sudo plug-ins are named elsewhere: "Plugin x /path/x.so". */
static int take_sudo(struct reader *r, char *line)
{
	char *save = NULL, *word;
	int err = 0;

	for (word = strtok_r(line, " \t", &save); !err && word;
	     word = strtok_r(NULL, " \t", &save))
		err = name_program(r, word, "sudo plugin");
	return err;
}

static const struct {
	const char *pattern;
	int (*take)(struct reader *r, char *line);
} sources[] = {
	{ "/etc/ld.so.preload", take_preload },
	{ "/etc/shells", take_shell },
	{ "/etc/passwd", take_account },
	{ "/etc/nsswitch.conf", take_nss },
	{ "/usr/etc/nsswitch.conf", take_nss },
	{ "/etc/pam.d/*", take_pam },
	{ "/usr/lib/pam.d/*", take_pam },
	{ "/usr/etc/pam.d/*", take_pam },
	{ "/etc/pam.conf", take_pam_conf },
	{ "/etc/ssh/sshd_config", take_sshd },
	{ "/usr/etc/ssh/sshd_config", take_sshd },
	{ "/etc/sudo.conf", take_sudo },
};

int login_members(int root_fd, member_fn fn, void *ctx)
{
	struct reader r = { .root_fd = root_fd, .fn = fn, .ctx = ctx };
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(sources); i++)
		err = read_all(&r, sources[i].pattern, sources[i].take);
	while (r.module_cnt)
		free(r.modules[--r.module_cnt]);
	return err;
}
