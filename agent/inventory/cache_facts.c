// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts as bytes: counts and build-id first, then texts, each with its NUL.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "inventory/cache_private.h"

struct packed {
	uint16_t needed_cnt, other_cnt;
	uint8_t has_soname, has_note, build_id_len, zero;
	uint8_t build_id[WEIR_BUILD_ID_MAX];
};

static void pack_text(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text) + 1);
}

void facts_pack(struct buf *out, const struct facts *f)
{
	struct packed p = {
		.needed_cnt = (uint16_t)f->needed_cnt,
		.other_cnt = (uint16_t)f->other_cnt,
		.has_soname = f->soname != NULL,
		.has_note = f->note.type && f->note.name,
		.build_id_len = (uint8_t)f->build_id_len,
	};

	/* More than any file has; it is then read again each time. */
	if (f->needed_cnt > UINT16_MAX || f->other_cnt > UINT16_MAX)
		p = (struct packed){ 0 };
	memcpy(p.build_id, f->build_id, sizeof(p.build_id));
	buf_add(out, &p, sizeof(p));
	if (p.has_soname)
		pack_text(out, f->soname);
	if (p.has_note) {
		pack_text(out, f->note.type);
		pack_text(out, f->note.name);
	}
	for (unsigned int i = 0; i < p.needed_cnt; i++)
		pack_text(out, f->needed[i]);
	for (unsigned int i = 0; i < p.other_cnt; i++) {
		buf_add_char(out, (char)f->others[i].kind);
		pack_text(out, f->others[i].value);
	}
}

struct reader {
	const uint8_t *at, *end;
};

/* NULL: there is none that ends. */
static const char *unpack_text(struct reader *r)
{
	const char *text = (const char *)r->at;
	const uint8_t *nul = r->at < r->end ? memchr(r->at, 0, (size_t)(r->end - r->at)) : NULL;

	if (!nul)
		return NULL;
	r->at = nul + 1;
	return text;
}

static int make_room(struct facts_scratch *s, const struct packed *p)
{
	if (p->needed_cnt > s->needed_cap) {
		const char **more = reallocarray(s->needed, p->needed_cnt, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->needed = more;
		s->needed_cap = p->needed_cnt;
	}
	if (p->other_cnt > s->other_cap) {
		struct fact *more = reallocarray(s->others, p->other_cnt, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->others = more;
		s->other_cap = p->other_cnt;
	}
	return 0;
}

static bool unpack_lists(struct reader *r, const struct packed *p, struct facts_scratch *s)
{
	for (unsigned int i = 0; i < p->needed_cnt; i++) {
		s->needed[i] = unpack_text(r);
		if (!s->needed[i])
			return false;
	}
	for (unsigned int i = 0; i < p->other_cnt; i++) {
		if (r->at == r->end || *r->at >= IND_KIND_MAX)
			return false;
		s->others[i].kind = *r->at++;
		s->others[i].value = unpack_text(r);
		if (!s->others[i].value)
			return false;
	}
	return true;
}

int facts_unpack(const uint8_t *bytes, uint32_t len, struct facts_scratch *s, struct facts *f)
{
	struct reader r = { bytes + sizeof(struct packed), bytes + len };
	struct packed p;
	int err;

	if (len < sizeof(p))
		return -EBADMSG;
	memcpy(&p, bytes, sizeof(p));
	if (p.build_id_len > WEIR_BUILD_ID_MAX)
		return -EBADMSG;
	f->soname = p.has_soname ? unpack_text(&r) : NULL;
	f->note.type = p.has_note ? unpack_text(&r) : NULL;
	f->note.name = p.has_note ? unpack_text(&r) : NULL;
	if ((p.has_soname && !f->soname) || (p.has_note && !f->note.name))
		return -EBADMSG;
	err = make_room(s, &p);
	if (err)
		return err;
	if (!unpack_lists(&r, &p, s) || r.at != r.end)
		return -EBADMSG;
	f->build_id_len = p.build_id_len;
	memcpy(f->build_id, p.build_id, sizeof(f->build_id));
	f->needed = s->needed;
	f->needed_cnt = p.needed_cnt;
	f->others = s->others;
	f->other_cnt = p.other_cnt;
	return 0;
}

void facts_scratch_exit(struct facts_scratch *s)
{
	free(s->needed);
	free(s->others);
	memset(s, 0, sizeof(*s));
}
