/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Jobs: one file of lines that start something, told as traces.
 */
#ifndef WEIR_COLLECT_JOBS_H
#define WEIR_COLLECT_JOBS_H

#include "collect/asked.h"
#include "parse/crontab.h"

/* Traces of one line. */
#define JOB_PATHS_MAX 16

struct jobs {
	struct survey *s;
	enum crontab_kind kind;
	enum trace_kind trace;
	const char *what; /* "login script": one clause; NULL: the line says when */
	uint32_t flags;	  /* of each trace */
	const char *path; /* the file at hand */
	const char *started_by; /* of a unit; a job starts itself */
	const char *user; /* whose file it is; NULL: the line says, or nobody */
	struct library_places places;
};

/* The lines of @path that name what an indicator means, and the file if one means it. */
int jobs_tell(struct jobs *j, const char *path);
void jobs_exit(struct jobs *j);

#endif /* WEIR_COLLECT_JOBS_H */
