// SPDX-License-Identifier: GPL-2.0-only
#include "parse/elf_rows.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "parse/elf.h"
#include "parse/needles.h"

static void reply_member(struct reply *out, uint16_t tag, const json_t *note, const char *key)
{
	reply_text(out, tag, json_string_value(json_object_get(note, key)));
}

/* The package note is the builder's word: a hint, whatever it says. */
static void reply_note(struct reply *out, const char *package)
{
	json_t *note = package ? json_loads(package, 0, NULL) : NULL;

	reply_member(out, ELF_NOTE_TYPE, note, "type");
	reply_member(out, ELF_NOTE_NAME, note, "name");
	json_decref(note);
}

static int reply_facts(struct reply *out, const struct elf_facts *f)
{
	reply_begin(out, ELF_FILE);
	reply_u64(out, ELF_MACHINE, f->machine);
	reply_u64(out, ELF_TYPE, f->type);
	reply_u64(out, ELF_CLASS, f->class);
	reply_u64(out, ELF_CUT, f->cut);
	if (f->build_id.len)
		reply_bytes(out, ELF_BUILD_ID, f->build_id.id, f->build_id.len);
	reply_text(out, ELF_SONAME, f->soname);
	reply_text(out, ELF_INTERP, f->interp);
	reply_text(out, ELF_RPATH, f->rpath);
	reply_text(out, ELF_RUNPATH, f->runpath);
	reply_note(out, f->package);
	for (uint32_t i = 0; i < f->needed_cnt; i++)
		reply_text(out, ELF_NEEDED, f->needed[i]);
	return reply_end(out);
}

static int reply_found(struct reply *out, const bool *found, uint32_t cnt)
{
	uint32_t in_row = 0;
	int err = 0;

	for (uint32_t i = 0; i < cnt && !err; i++) {
		if (!found[i])
			continue;
		if (!in_row)
			reply_begin(out, ELF_FOUND);
		reply_u64(out, ELF_NEEDLE, i);
		if (++in_row == REPLY_FIELDS_MAX) {
			err = reply_end(out);
			in_row = 0;
		}
	}
	return err || !in_row ? err : reply_end(out);
}

static int search(const struct parse_context *ctx, int fd, const struct elf_facts *f,
		  struct reply *out)
{
	uint32_t cnt = needles_cnt(ctx->needles);
	CLEANUP(freep) bool *found = NULL;
	struct elf_range whole = {};
	/* What has no segments is no program but an object: all of it counts. */
	bool has_loads = f->load_cnt > 0;
	struct stat st;
	int err, told;

	if (!cnt)
		return 0;
	if (fstat(fd, &st))
		return -errno;
	whole.len = (uint64_t)st.st_size;
	found = calloc(cnt, sizeof(*found));
	if (!found)
		return -ENOMEM;
	err = needles_find(ctx->needles, fd, has_loads ? f->loads : &whole,
			   has_loads ? f->load_cnt : 1, ctx->deadline_ns, found);
	told = reply_found(out, found, cnt);
	/* -ETIME is the asker's word for a child that hangs. */
	return told ? told : err == -ETIME ? -ETIMEDOUT : err;
}

int elf_rows(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
	     struct reply *out)
{
	CLEANUP(elf_freep) struct elf_facts *f = NULL;
	int err;

	err = elf_read(fd, &f);
	if (!err)
		err = reply_facts(out, f);
	if (err || !ctx->needles || (ask_len && *ask == ELF_ASK_FACTS))
		return err;
	return search(ctx, fd, f, out);
}
