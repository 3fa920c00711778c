// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actor, process, file and connection of an OCSF event; see ocsf_parts.h.
 */
#include "out/ocsf_parts.h"

#include <netinet/in.h>

#include "out/text.h"

/* Numbers that OCSF wants as text: user, group and session ids. */
static void add_uid(struct jout *j, const char *key, uint64_t v)
{
	jout_key(j, key);
	jout_digits(j, v);
}

static void add_user(struct jout *j, uint32_t uid)
{
	jout_add_object(j, "user");
	add_uid(j, "uid", uid);
	jout_end(j);
}

/* boot:pid:start: a pid alone is used again, after a reboot even its start time. */
static void add_process_uid(struct jout *j, const struct ocsf *o, uint32_t tgid,
			    uint64_t start_ns)
{
	jout_key(j, "uid");
	jout_raw(j, "\"", 1);
	buf_add_str(j->out, o->boot_id);
	buf_add_char(j->out, ':');
	buf_add_u64(j->out, tgid);
	buf_add_char(j->out, ':');
	buf_add_u64(j->out, start_ns);
	buf_add_char(j->out, '"');
}

static void add_identity(struct jout *j, const struct ocsf *o, uint32_t tgid,
			 uint64_t start_ns)
{
	jout_add_u64(j, "pid", tgid);
	add_process_uid(j, o, tgid, start_ns);
	jout_key(j, "created_time");
	jout_i64(j, o->boot_ms + (int64_t)(start_ns / 1000000));
}

static void add_parent(struct jout *j, const struct ocsf *o, const struct weir_subject *who)
{
	jout_add_object(j, "parent_process");
	add_identity(j, o, who->ppid, who->parent_start_ns);
	jout_add_str(j, "name", who->parent_comm);
	jout_end(j);
}

static void add_users(struct jout *j, const struct weir_subject *who)
{
	add_user(j, who->uid);
	jout_add_object(j, "group");
	add_uid(j, "uid", who->gid);
	jout_end(j);
	jout_add_u64(j, "euid", who->euid);
	if (who->auid != UINT32_MAX)
		jout_add_u64(j, "auid", who->auid);
	if (who->session == UINT32_MAX)
		return;
	jout_add_object(j, "session");
	add_uid(j, "uid", who->session);
	jout_end(j);
}

void ocsf_actor(struct jout *j, const struct ocsf *o, const struct event *ev)
{
	const struct weir_subject *who = &ev->rec.who;

	jout_add_object(j, "actor");
	jout_add_object(j, "process");
	add_identity(j, o, who->tgid, who->start_ns);
	if (who->pid != who->tgid)
		jout_add_u64(j, "tid", who->pid);
	jout_add_str(j, "name", who->comm);
	add_users(j, who);
	/* An exec makes no process: there "process" is this one and tells the rest. */
	if (ev->kind != EVENT_EXEC && ev->kind != EVENT_NEW)
		add_parent(j, o, who);
	jout_end(j);
	add_user(j, who->uid);
	jout_end(j);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static const char *file_path(const struct event *ev)
{
	return ev->path ? ev->path : ev->name;
}

static void add_cmd_line(struct jout *j, const struct ocsf *o, const struct event *ev)
{
	struct buf line = { 0 };

	if (!ev->argv || o->arguments == ARGV_NONE)
		return;
	redact_argv(&line, ev->argv, ev->argv_len,
		    o->arguments == ARGV_FULL ? NULL : o->redactor);
	jout_key(j, "cmd_line");
	jout_strn(j, line.len ? line.data : "", line.len);
	if (line.err)
		j->out->err = line.err;
	buf_free(&line);
}

void ocsf_process(struct jout *j, const struct ocsf *o, const struct event *ev,
		  const struct decision *d)
{
	const struct weir_subject *who = &ev->rec.who;
	const char *path = file_path(ev);

	jout_add_object(j, "process");
	add_identity(j, o, who->tgid, who->start_ns);
	jout_add_str(j, "name", path ? last_part(path) : who->comm);
	add_cmd_line(j, o, ev);
	ocsf_file(j, ev, d);
	add_user(j, who->uid);
	if (who->auid != UINT32_MAX)
		jout_add_u64(j, "auid", who->auid);
	add_parent(j, o, who);
	jout_end(j);
}

/* dev:ino:generation, as the kernel's own key has it. */
static void add_file_uid(struct jout *j, const struct weir_file *file)
{
	jout_key(j, "uid");
	jout_raw(j, "\"", 1);
	buf_add_u64(j->out, file->dev);
	buf_add_char(j->out, ':');
	buf_add_u64(j->out, file->ino);
	buf_add_char(j->out, ':');
	buf_add_u64(j->out, file->gen);
	buf_add_char(j->out, '"');
}

static void add_product(struct jout *j, const struct decision *d)
{
	const struct product *p = d->product;

	jout_add_object(j, "product");
	jout_add_str(j, "name", p->name ? p->name : p->id);
	jout_add_str(j, "uid", p->id);
	if (d->catalog && d->catalog->vendors[p->vendor].name)
		jout_add_str(j, "vendor_name", d->catalog->vendors[p->vendor].name);
	jout_end(j);
}

static void add_hashes(struct jout *j, const uint8_t *sha256)
{
	jout_add_array(j, "hashes");
	jout_object(j);
	jout_add_str(j, "algorithm", "SHA-256");
	jout_add_u64(j, "algorithm_id", 3);
	jout_key(j, "value");
	jout_hex(j, sha256, WEIR_SHA256_LEN);
	jout_end(j);
	jout_end(j);
}

void ocsf_file(struct jout *j, const struct event *ev, const struct decision *d)
{
	const struct weir_rec_file *f = &ev->file;
	const char *path = file_path(ev);

	jout_add_object(j, "file");
	jout_add_str(j, "name", path ? last_part(path) : "unknown");
	if (path)
		jout_add_str(j, "path", path);
	/* 8 executable file, 1 regular file */
	jout_add_u64(j, "type_id", ev->kind == EVENT_MODULE ? 1 : 8);
	if (f->file.ino) {
		jout_add_u64(j, "size", f->size);
		add_file_uid(j, &f->file);
	}
	if (f->rec.flags & WEIR_REC_HASHED)
		add_hashes(j, f->sha256);
	if (d->product)
		add_product(j, d);
	jout_end(j);
}

static const char *protocol_name(uint16_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return NULL;
	}
}

void ocsf_connection(struct jout *j, const struct event *ev)
{
	const struct weir_rec_connect *c = &ev->connect;

	jout_add_object(j, "dst_endpoint");
	jout_key(j, "ip");
	jout_raw(j, "\"", 1);
	text_ip(j->out, c);
	buf_add_char(j->out, '"');
	if (!(c->rec.flags & WEIR_REC_PORTLESS))
		jout_add_u64(j, "port", c->port);
	jout_end(j);
	jout_add_object(j, "connection_info");
	jout_add_str(j, "direction", "Outbound");
	jout_add_u64(j, "direction_id", 2);
	if (protocol_name(c->protocol))
		jout_add_str(j, "protocol_name", protocol_name(c->protocol));
	jout_add_u64(j, "protocol_num", c->protocol);
	jout_add_u64(j, "protocol_ver_id", c->family == AF_INET ? 4 : 6);
	jout_end(j);
}
