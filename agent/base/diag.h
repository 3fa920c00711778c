/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is wrong with a text, and where: the one complaint that a reader of
 * policies and catalogues hands back instead of printing it.
 */
#ifndef WEIR_BASE_DIAG_H
#define WEIR_BASE_DIAG_H

#include <stddef.h>

struct diag {
	char file[256]; /* as given by the caller, cut with "..." in front */
	unsigned int line; /* from 1; 0: the file as a whole */
	unsigned int col;  /* from 1 */
	char text[512];
};

/* Fills @d with @file:@line:@col and a printf text. Returns -EINVAL. */
int diag_set(struct diag *d, const char *file, unsigned int line,
	     unsigned int col, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* "file:line:col: error: text" without newline into @out. */
void diag_format(const struct diag *d, char *out, size_t size);

#endif /* WEIR_BASE_DIAG_H */
