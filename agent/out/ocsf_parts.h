/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects that an OCSF event is made of; for ocsf.c only.
 */
#ifndef WEIR_OUT_OCSF_PARTS_H
#define WEIR_OUT_OCSF_PARTS_H

#include "base/json.h"
#include "out/ocsf.h"

struct ocsf {
	struct buf product;  /* metadata.product, JSON */
	struct buf device;   /* JSON */
	char *boot_id;
	char *version;
	const struct redactor *redactor;
	int64_t boot_ms;
	enum argv_mode arguments;
	const char *unit, *user_unit; /* borrowed: of the event that is next */
};

/* "actor": who did it. */
void ocsf_actor(struct jout *j, const struct ocsf *o, const struct event *ev);

/* "process": what was launched. */
void ocsf_process(struct jout *j, const struct ocsf *o, const struct event *ev,
		  const struct decision *d);

/* "file": what was launched, mapped or loaded. */
void ocsf_file(struct jout *j, const struct event *ev, const struct decision *d);

/* dst_endpoint and connection_info. */
void ocsf_connection(struct jout *j, const struct event *ev);

/* "unmapped" of a record and of a note. */
void ocsf_unmapped(struct jout *j, const struct ocsf *o, const struct event *ev,
		   const struct decision *d);
void ocsf_unmapped_note(struct jout *j, const struct event *ev, const struct decision *d);

#endif /* WEIR_OUT_OCSF_PARTS_H */
