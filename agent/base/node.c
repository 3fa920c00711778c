// SPDX-License-Identifier: GPL-2.0-only
/*
 * libyaml behind a door. It is given the encoding, so that no byte order mark
 * can turn a file into UTF-16, and only its events are used: its document
 * interface expands aliases and keeps the whole tree.
 */
#include "base/node.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/utf8.h"

struct nodes {
	yaml_parser_t parser;
	yaml_event_t event;
	const char *file;
	struct diag *diag;
	bool started;
};

int nodes_new(const char *file, const char *text, size_t len, struct diag *d,
	     struct nodes **ret)
{
	CLEANUP(nodes_freep) struct nodes *y = calloc(1, sizeof(*y));

	if (!y)
		return -ENOMEM;
	y->file = file;
	y->diag = d;
	if (!yaml_parser_initialize(&y->parser))
		return -ENOMEM;
	/* Told the encoding, libyaml takes a byte order mark for text. */
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	yaml_parser_set_encoding(&y->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&y->parser, (const unsigned char *)text,
				     len);
	*ret = take_ptr(y);
	return 0;
}

struct nodes *nodes_free(struct nodes *y)
{
	if (!y)
		return NULL;
	yaml_event_delete(&y->event);
	yaml_parser_delete(&y->parser);
	free(y);
	return NULL;
}

void nodes_freep(struct nodes **y)
{
	nodes_free(*y);
}

static struct mark mark_of(const yaml_mark_t *m)
{
	return (struct mark){ .line = (unsigned int)m->line + 1,
			      .col = (unsigned int)m->column + 1 };
}

static int refuse(struct nodes *y, const yaml_mark_t *m, const char *why)
{
	struct mark at = mark_of(m);

	return diag_set(y->diag, y->file, at.line, at.col, "%s", why);
}

/* What libyaml itself could not read. */
static int syntax_error(struct nodes *y)
{
	const yaml_parser_t *p = &y->parser;
	struct mark at = mark_of(&p->problem_mark);

	if (p->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (p->context)
		return diag_set(y->diag, y->file, at.line, at.col,
				"not valid YAML: %s, %s", p->context,
				p->problem);
	return diag_set(y->diag, y->file, at.line, at.col, "not valid YAML: %s",
			p->problem ? p->problem : "unreadable");
}

static int begin_document(struct nodes *y)
{
	const yaml_event_t *e = &y->event;

	if (y->started)
		return refuse(y, &e->start_mark,
			      "a second document; one file holds one");
	if (e->data.document_start.version_directive ||
	    e->data.document_start.tag_directives.start !=
		    e->data.document_start.tag_directives.end)
		return refuse(y, &e->start_mark,
			      "a YAML directive (%); none is allowed");
	y->started = true;
	return 0;
}

/* A value means what it says and nothing else. */
static int refuse_ornaments(struct nodes *y, const yaml_char_t *anchor,
			    const yaml_char_t *tag)
{
	if (anchor)
		return refuse(y, &y->event.start_mark,
			      "an anchor (&); write the value out");
	if (tag)
		return refuse(y, &y->event.start_mark,
			      "a tag (!); types follow from the key");
	return 0;
}

static int take_scalar(struct nodes *y, struct node *n)
{
	const yaml_event_t *e = &y->event;

	n->type = NODE_SCALAR;
	n->text = (const char *)e->data.scalar.value;
	n->len = e->data.scalar.length;
	n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return refuse_ornaments(y, e->data.scalar.anchor, e->data.scalar.tag);
}

/* The event at hand as a node. -EAGAIN: it is none, read on. */
static int take_event(struct nodes *y, struct node *n)
{
	const yaml_event_t *e = &y->event;
	int err;

	switch (e->type) {
	case YAML_STREAM_END_EVENT:
		n->type = NODE_DONE;
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		err = begin_document(y);
		return err ? err : -EAGAIN;
	case YAML_ALIAS_EVENT:
		return refuse(y, &e->start_mark,
			      "an alias (*); write the value out");
	case YAML_SCALAR_EVENT:
		return take_scalar(y, n);
	case YAML_SEQUENCE_START_EVENT:
		n->type = NODE_LIST;
		return refuse_ornaments(y, e->data.sequence_start.anchor,
					e->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		n->type = NODE_MAP;
		return refuse_ornaments(y, e->data.mapping_start.anchor,
					e->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		n->type = NODE_END;
		return 0;
	default:
		return -EAGAIN;
	}
}

int nodes_next(struct nodes *y, struct node *ret)
{
	int err;

	do {
		struct node n = { 0 };

		yaml_event_delete(&y->event);
		if (!yaml_parser_parse(&y->parser, &y->event))
			return syntax_error(y);
		n.at = mark_of(&y->event.start_mark);
		err = take_event(y, &n);
		if (!err)
			*ret = n;
	} while (err == -EAGAIN);
	return err;
}

static struct mark place_of(const char *text, size_t off)
{
	struct mark at = { 1, 1 };
	size_t i;

	for (i = 0; i < off; i++) {
		if (text[i] == '\n')
			at = (struct mark){ at.line + 1, 1 };
		else if (((unsigned char)text[i] & 0xc0) != 0x80)
			at.col++;
	}
	return at;
}

static bool may_stand(uint32_t ch, size_t off)
{
	if (ch == '\n' || ch == '\t' || ch == '\r')
		return true;
	/* A byte order mark in front is what some editors leave. */
	return !utf8_is_control(ch) || (!off && ch == 0xfeff);
}

int nodes_check_text(const char *file, const char *text, size_t len,
		    struct diag *d)
{
	size_t i = 0;

	while ((i += utf8_plain_run(text + i, len - i)) < len) {
		uint32_t ch = 0;
		size_t n = utf8_step(text + i, len - i, &ch);
		struct mark at;

		if (n && may_stand(ch, i)) {
			i += n;
			continue;
		}
		at = place_of(text, i);
		if (!n)
			return diag_set(d, file, at.line, at.col,
					"not UTF-8: byte 0x%02x",
					(unsigned char)text[i]);
		return diag_set(d, file, at.line, at.col,
				"a control character (U+%04X)", ch);
	}
	return 0;
}
