/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit state: what `systemctl show` said of the units that a systemd knows.
 *
 * One row a unit: properties that this does not know are passed over. The
 * text may come from the systemd of a user, and be whatever that user wants.
 */
#ifndef WEIR_PARSE_UNIT_STATE_H
#define WEIR_PARSE_UNIT_STATE_H

#include "parse/parsers.h"

#define UNIT_STATE_BYTES_MAX (16u << 20)

/* What to ask systemctl for: the argument of -p. */
#define UNIT_STATE_PROPERTIES                                                       \
	"Id,Names,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,MainPID," \
	"NRestarts,TriggeredBy,User"

enum unit_state_row { UNIT_STATE_ROW = 1 };

enum unit_state_tag {
	UNIT_STATE_ID = 1,
	UNIT_STATE_NAMES, /* one field a name, the id among them */
	UNIT_STATE_LOAD,  /* "loaded", "masked" */
	UNIT_STATE_ACTIVE, /* "active", "failed" */
	UNIT_STATE_SUB,	   /* "running" */
	UNIT_STATE_FILE,   /* "enabled" */
	UNIT_STATE_FRAGMENT,
	UNIT_STATE_PID,	     /* u64 */
	UNIT_STATE_RESTARTS, /* u64 */
	UNIT_STATE_TRIGGERED_BY, /* one field a unit */
	UNIT_STATE_USER,
	UNIT_STATE_TAG_MAX,
};

int unit_state_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		     struct reply *out);

#endif /* WEIR_PARSE_UNIT_STATE_H */
