// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of an account in words: what there is by a name on this host, what evidence
 * is missing, and what else could have been meant.
 */
#include <string.h>

#include "base/nearest.h"
#include "cmd/account.h"
#include "out/scan_row.h"
#include "out/text.h"

static void add_package(const struct account *a, struct buf *out)
{
	const struct presence *p = &a->subject->presence;
	const struct catalog *c = a->sources->catalog;

	buf_addf(out, "  package of %s, version ", p->manager);
	text_escaped(out, p->version, strlen(p->version));
	if (p->vendor) {
		buf_add_str(out, ", made by ");
		text_escaped(out, p->vendor, strlen(p->vendor));
	}
	if (p->is_removed)
		buf_add_str(out, ", removed, its configuration is left");
	buf_addf(out, ", %u file%s, %u of them where something is listed\n", p->file_cnt,
		 p->file_cnt == 1 ? "" : "s", p->listed_cnt);
	for (uint32_t i = 0; i < p->told_cnt; i++) {
		buf_add_str(out, "    ");
		text_escaped(out, p->files[i].path, strlen(p->files[i].path));
		buf_addf(out, " (%s)\n", c->products[p->files[i].product].id);
	}
	if (p->told_cnt < p->listed_cnt)
		buf_addf(out, "    and %u more\n", p->listed_cnt - p->told_cnt);
}

static void add_things(const struct account *a, struct buf *out)
{
	const struct scan_report r = { .catalog = a->sources->catalog };
	struct thing **things;
	uint32_t cnt;

	things = findings_things(a->subject->presence.look.findings, &cnt);
	for (uint32_t i = 0; i < cnt; i++) {
		const struct finding_row row = {
			.thing = things[i],
			.state = finding_state_of(r.catalog, things[i],
						  a->evidence ? a->evidence->product : 0),
			.is_alone = true,
		};

		scan_row(&r, &row, 0, out);
	}
}

void account_here(const struct account *a, struct buf *out)
{
	const struct presence *p = &a->subject->presence;

	if (!p->look.findings)
		return;
	if (!presence_is_here(p)) {
		buf_add_str(out, a->evidence ? "Nothing of that name was seen here.\n" : "");
		return;
	}
	buf_add_str(out, "Here:\n");
	add_things(a, out);
	if (p->version)
		add_package(a, out);
}

void account_missing(const struct account *a, struct buf *out)
{
	const struct evidence *e = a->evidence;
	const char *between = "";

	if (!e || a->is_finding || e->cleared_by != MATCH_NONE)
		return;
	buf_add_str(out, "  Missing: an indicator that is enough alone, or one of another "
			 "family:\n  ");
	for (unsigned int i = 0; i < FAMILY_MAX; i++) {
		if (e->families & 1u << i)
			continue;
		buf_addf(out, "%s%s", between, family_name(i));
		between = ", ";
	}
	buf_add_str(out, ".\n");
}

/* More would make somebody wait who only mistyped. */
#define WORDS_MAX 100000

/* Two slips: with more, any short service would be like any other. */
#define SLIPS_MAX 2

const char *account_suggest(const struct account *a)
{
	const struct catalog *c = a->sources->catalog;
	struct nearest near = { .word = a->subject->asked };
	const char *id = catalog_suggest(c, near.word);

	for (uint32_t i = 0; i < c->indicator_cnt && c->indicator_cnt <= WORDS_MAX; i++) {
		const struct indicator *ind = &c->indicators[i];

		if (!c->products[ind->product].confusable && subject_is_word(ind->kind))
			nearest_offer(&near, ind->value);
	}
	if (near.best && near.distance > SLIPS_MAX)
		near.best = NULL;
	if (id)
		nearest_offer(&near, id);
	return near.best;
}
