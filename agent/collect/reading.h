/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading: one file handed to the cell, as most collectors do it.
 *
 * What is not there is nothing; what is there and cannot be read, or what the
 * cell cannot make sense of, is told as unread and the collector goes on.
 */
#ifndef WEIR_COLLECT_READING_H
#define WEIR_COLLECT_READING_H

#include "collect/survey.h"
#include "inventory/pattern.h"

/* No question: the parser knows what to do. */
#define READING_PLAIN (-1)

/*
 * The rows that @parser finds in @path below the root. @question: one byte, or
 * READING_PLAIN. 0, -ENOMEM, or what @fn returned.
 */
int reading_file(struct survey *s, enum parser parser, int question, const char *path,
		 cell_row_fn fn, void *ctx);

/* The same of a file that is open, called @what when it is told as unread. */
int reading_fd(struct survey *s, enum parser parser, int question, int fd, const char *what,
	       cell_row_fn fn, void *ctx);

/* pattern_each() below the root; a walk that ended early is told as unread. */
int reading_each(struct survey *s, const char *pattern, pattern_fn fn, void *ctx);

#endif /* WEIR_COLLECT_READING_H */
