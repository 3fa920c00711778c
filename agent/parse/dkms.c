// SPDX-License-Identifier: GPL-2.0-only
#include "parse/dkms.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "parse/input.h"

/* A name or a version, with the NUL. */
#define VALUE_MAX 256

/* Modules of one package. */
#define MODULES_MAX 256

struct package {
	char name[VALUE_MAX], version[VALUE_MAX];
	bool is_auto;
	unsigned int module_cnt;
	char modules[MODULES_MAX][VALUE_MAX];
};

static const char *value_of(const struct package *p, const char *name, size_t len)
{
	if (len == 12 && !memcmp(name, "PACKAGE_NAME", len))
		return p->name;
	if (len == 15 && !memcmp(name, "PACKAGE_VERSION", len))
		return p->version;
	return NULL;
}

/* $NAME or ${NAME} at @at: its end, *ret its value. NULL: not one that is known. */
static const char *expand(const struct package *p, const char *at, const char **ret)
{
	bool has_brace = at[1] == '{';
	const char *name = at + 1 + has_brace;
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	*ret = value_of(p, name, len);
	if (!*ret || (has_brace && name[len] != '}'))
		return NULL;
	return name + len + has_brace;
}

/* The right side of an assignment: quotes are dropped, it ends at a blank outside. */
static void evaluate(const struct package *p, const char *at, char out[VALUE_MAX])
{
	size_t len = 0;
	char quote = 0;

	while (*at && (quote || !strchr(" \t;#&|", *at)) && len + 1 < VALUE_MAX) {
		const char *value, *end = NULL;

		if (*at == '$' && quote != '\'')
			end = expand(p, at, &value);

		if (end) {
			size_t more = strnlen(value, VALUE_MAX - 1 - len);

			memcpy(out + len, value, more);
			len += more;
			at = end;
		} else if (*at == quote) {
			quote = 0;
			at++;
		} else if (!quote && (*at == '"' || *at == '\'')) {
			quote = *at++;
		} else {
			out[len++] = *at++;
		}
	}
	out[len] = '\0';
}

static void take(struct package *p, char *line)
{
	char *equals, value[VALUE_MAX];

	line += strspn(line, " \t");
	if (!strncmp(line, "export ", 7))
		line += 7;
	equals = strchr(line, '=');
	if (!equals)
		return;
	*equals = '\0';
	evaluate(p, equals + 1, value);
	if (!strcmp(line, "PACKAGE_NAME"))
		snprintf(p->name, sizeof(p->name), "%s", value);
	else if (!strcmp(line, "PACKAGE_VERSION"))
		snprintf(p->version, sizeof(p->version), "%s", value);
	else if (!strcmp(line, "AUTOINSTALL"))
		p->is_auto = !strncasecmp(value, "y", 1);
	else if ((!strncmp(line, "BUILT_MODULE_NAME", 17) ||
		  !strncmp(line, "DEST_MODULE_NAME", 16)) &&
		 *value && p->module_cnt < MODULES_MAX)
		snprintf(p->modules[p->module_cnt++], VALUE_MAX, "%s", value);
}

int dkms_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
	       struct reply *out)
{
	CLEANUP(freep) struct package *p = NULL;
	CLEANUP(freep) char *text = NULL;
	char *at, *line;
	size_t len;
	int err;

	(void)ctx;
	(void)ask;
	(void)ask_len;
	err = input_text(fd, DKMS_BYTES_MAX, &text, &len);
	if (err)
		return err;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	for (at = text; (line = strsep(&at, "\n"));)
		take(p, line);
	if (!p->name[0])
		return 0;
	reply_begin(out, DKMS_ROW_PACKAGE);
	reply_text(out, DKMS_TAG_NAME, p->name);
	if (p->version[0])
		reply_text(out, DKMS_TAG_VERSION, p->version);
	reply_u64(out, DKMS_TAG_IS_AUTO, p->is_auto);
	/* As DKMS has it: one module needs no name of its own. */
	if (!p->module_cnt)
		reply_text(out, DKMS_TAG_MODULE, p->name);
	for (unsigned int i = 0; i < p->module_cnt; i++)
		reply_text(out, DKMS_TAG_MODULE, p->modules[i]);
	return reply_end(out);
}
