/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit scope: the units of one manager, from directories to traces.
 */
#ifndef WEIR_COLLECT_UNIT_SCOPE_H
#define WEIR_COLLECT_UNIT_SCOPE_H

#include "collect/survey.h"

struct unit_scope {
	/* In their order of precedence; NULL-terminated. */
	const char *const *directories;
	/*
	 * How many of them are this scope's own. When others follow, a unit that
	 * only they have a part in is another scope's to tell, unless it runs here.
	 */
	unsigned int own_cnt;
	const char *user; /* NULL: the system's manager */
	bool is_user;	  /* units are told by their file: names are the system's */
	int state_fd;	  /* what systemctl said, see unit_state.h; -1: nothing */
};

/* 0, -ENOMEM, or what survey_take() returned. */
int unit_scope_collect(struct survey *s, const struct unit_scope *scope);

#endif /* WEIR_COLLECT_UNIT_SCOPE_H */
