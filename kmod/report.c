// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "audit.h"
#include "blackbox.h"

/* Is there something to be told? Of a canary only that it was stopped. */
static bool is_news(const struct weir_look *look)
{
	if (!(look->flags & WEIR_REC_CANARY))
		return look->answer.verdict != WEIR_ALLOW;
	if (look->answer.verdict != WEIR_ALLOW)
		weir_box_count_canary(look->hook);
	return false;
}

static void fill_head(struct weir_box_record *r, const struct weir_look *look, u16 type)
{
	r->kind = WEIR_BOX_DENIED;
	r->rec.type = type;
	r->rec.flags = look->flags;
	r->rec.generation = look->generation;
	r->rec.ring = WEIR_RING_DENIALS;
	r->rec.hook = look->hook;
	r->rec.mechanism = look->mechanism;
	r->rec.strength = look->strength;
	r->rec.answer = look->answer;
	r->rec.key = look->key;
}

/* What a name ends in once its file has none. */
static const char deleted[] = " (deleted)";

static void take_path(struct weir_box_record *r, const char *path)
{
	size_t len = strlen(path), end = sizeof(deleted) - 1;

	if (r->rec.flags & WEIR_REC_DELETED && len > end && !strcmp(path + len - end, deleted))
		len -= end;
	if (len > sizeof(r->path) - 1) {
		path += len - (sizeof(r->path) - 1);
		len = sizeof(r->path) - 1;
		r->rec.flags |= WEIR_REC_PATH_CUT;
	}
	memcpy(r->path, path, len);
	r->file.path_off = sizeof(r->file);
	r->file.path_source = WEIR_PATH_WALK;
}

/* As its process sees it, from its own root. May not sleep, so may be without memory. */
static void fill_path(struct weir_box_record *r, struct file *file)
{
	char *room = kmalloc(PATH_MAX, GFP_ATOMIC | __GFP_NOWARN);
	char *path = room ? file_path(file, room, PATH_MAX) : NULL;

	if (!IS_ERR_OR_NULL(path))
		take_path(r, path);
	kfree(room);
}

static const u16 types[WEIR_HOOK_MAX] = {
	[WEIR_HOOK_EXEC] = WEIR_REC_EXEC,
	[WEIR_HOOK_LOAD] = WEIR_REC_LOAD,
	[WEIR_HOOK_MODULE] = WEIR_REC_MODULE,
};

void weir_report_file(const struct weir_candidate *c)
{
	struct weir_box_record r = {};

	if (!is_news(&c->look))
		return;
	fill_head(&r, &c->look, types[c->look.hook]);
	r.rec.len = sizeof(r.file) + sizeof(r.path);
	r.file.file = c->look.file;
	r.file.size = c->look.size;
	r.file.ctime_ns = c->look.ctime_ns;
	r.file.mode = c->mode;
	memcpy(r.file.sha256, c->look.sha256, sizeof(r.file.sha256));
	fill_path(&r, c->file);
	weir_box_add(&r);
	weir_audit_denial(&r, c->file);
}

void weir_report_dest(const struct weir_look *look, const struct weir_dest *d)
{
	struct weir_box_record r = {};

	if (!is_news(look))
		return;
	fill_head(&r, look, WEIR_REC_CONNECT);
	r.rec.len = sizeof(r.connect);
	if (d->is_portless)
		r.rec.flags |= WEIR_REC_PORTLESS;
	r.connect.call = d->call;
	r.connect.family = d->family;
	r.connect.port = d->port;
	r.connect.protocol = d->protocol;
	memcpy(r.connect.addr, d->addr, sizeof(r.connect.addr));
	weir_box_add(&r);
	weir_audit_denial(&r, NULL);
}
