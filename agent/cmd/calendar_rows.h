/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A calendar that was worked out, and how it is told: to a person, and as JSON.
 */
#ifndef WEIR_CMD_CALENDAR_ROWS_H
#define WEIR_CMD_CALENDAR_ROWS_H

#include "base/buf.h"
#include "cmd/phases.h"
#include "policy/calendar.h"

/* Changes of recurring windows told of one phase when nobody said until when. */
#define CALENDAR_WINDOWS 10

/* Nobody reads more, and ten years of nightly windows are fewer. */
#define CALENDAR_ROWS_MAX 10000

struct calendar_row {
	const struct phase_seen *seen; /* whose mode changes; NULL: an exemption ends */
	struct change change;
	const struct exemption *exemption;
};

struct calendar {
	const struct policy *policy;   /* borrowed */
	const struct catalog *catalog; /* borrowed */
	const char *host;
	bool has_machine_id;
	int64_t now_s, until_s;
	int64_t kernel_s; /* now as the table in force has it; INT64_MIN: the same */
	bool has_until;
	struct phases phases; /* the rules that decide about something here */
	struct calendar_row *rows;
	uint32_t row_cnt;
	uint32_t held_cnt; /* rules whose phases the clock alone would not have begun */
	bool has_more; /* windows that were left out */
	bool is_cut;   /* even of what was asked for */
};

void calendar_text(const struct calendar *c, struct buf *out);
void calendar_json(const struct calendar *c, struct buf *out);

#endif /* WEIR_CMD_CALENDAR_ROWS_H */
