// SPDX-License-Identifier: GPL-2.0-only
#include "parse/elf_ask.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "parse/elf_rows.h"

struct asking {
	struct elf_facts *facts;
	bool *found;
	uint32_t found_cnt;
};

/* NULL when there is none, or it is longer than the parser gives. */
static int copy_text(const struct row *row, enum elf_tag tag, size_t max, char **ret)
{
	const char *text = row_text(row, tag);

	if (!text || strlen(text) >= max)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int copy_needed(const struct row *row, struct elf_facts *f)
{
	const char *name;
	uint32_t at = 0;

	f->needed = calloc(ELF_NEEDED_MAX, sizeof(*f->needed));
	if (!f->needed)
		return -ENOMEM;
	while (f->needed_cnt < ELF_NEEDED_MAX && (name = row_next_text(row, ELF_NEEDED, &at))) {
		if (strlen(name) >= ELF_NAME_MAX)
			continue;
		f->needed[f->needed_cnt] = strdup(name);
		if (!f->needed[f->needed_cnt])
			return -ENOMEM;
		f->needed_cnt++;
	}
	return 0;
}

static int take_facts(struct asking *a, const struct row *row)
{
	CLEANUP(elf_freep) struct elf_facts *f = calloc(1, sizeof(*f));
	const void *id;
	size_t len;
	int err;

	if (!f)
		return -ENOMEM;
	f->machine = (uint16_t)row_u64(row, ELF_MACHINE, 0);
	f->type = (uint16_t)row_u64(row, ELF_TYPE, 0);
	f->class = (uint8_t)row_u64(row, ELF_CLASS, 0);
	f->cut = row->is_cut || row_u64(row, ELF_CUT, 1);
	id = row_bytes(row, ELF_BUILD_ID, &len);
	if (id && len <= sizeof(f->build_id.id)) {
		memcpy(f->build_id.id, id, len);
		f->build_id.len = (uint32_t)len;
	}
	err = copy_text(row, ELF_SONAME, ELF_NAME_MAX, &f->soname);
	if (!err)
		err = copy_text(row, ELF_INTERP, WEIR_PATH_MAX, &f->interp);
	if (!err)
		err = copy_text(row, ELF_RPATH, WEIR_PATH_MAX, &f->rpath);
	if (!err)
		err = copy_text(row, ELF_RUNPATH, WEIR_PATH_MAX, &f->runpath);
	if (!err)
		err = copy_text(row, ELF_NOTE_TYPE, ELF_NAME_MAX, &f->note_type);
	if (!err)
		err = copy_text(row, ELF_NOTE_NAME, ELF_NAME_MAX, &f->note_name);
	if (!err)
		err = copy_needed(row, f);
	if (err)
		return err;
	a->facts = take_ptr(f);
	return 0;
}

static void take_found(const struct asking *a, const struct row *row)
{
	for (uint32_t i = 0; i < row->field_cnt; i++) {
		uint64_t n = UINT64_MAX;

		if (row->fields[i].tag == ELF_NEEDLE && row->fields[i].len == sizeof(n))
			memcpy(&n, row->fields[i].bytes, sizeof(n));
		if (n < a->found_cnt)
			a->found[n] = true;
	}
}

static int take_row(void *ctx, const struct row *row)
{
	struct asking *a = ctx;

	/* Of two, the child means one to be overlooked. */
	if (row->kind == ELF_FILE)
		return a->facts ? -EPROTO : take_facts(a, row);
	if (row->kind == ELF_FOUND && a->found)
		take_found(a, row);
	return 0;
}

int elf_ask(struct cell *c, int fd, bool *found, uint32_t found_cnt, uint64_t time_ns,
	    struct elf_facts **ret)
{
	static const char only_facts = ELF_ASK_FACTS;
	struct asking a = { .found = found, .found_cnt = found ? found_cnt : 0 };
	int err;

	err = cell_ask(c, PARSER_ELF, fd, found ? NULL : &only_facts, !found, time_ns, take_row,
		       &a);
	/* All is well, and nothing was said: no parser of ours. */
	if (!err && !a.facts)
		err = -EPROTO;
	*ret = a.facts;
	return err;
}
