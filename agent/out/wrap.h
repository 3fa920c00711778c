/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text in columns: paddings, widths and lines that are broken at blanks.
 */
#ifndef WEIR_OUT_WRAP_H
#define WEIR_OUT_WRAP_H

#include "base/buf.h"

#define WRAP_COLUMNS 80

/* Blanks from column @from to column @to. */
void wrap_pad(struct buf *out, size_t from, size_t to);

/* Columns, near enough: characters, each one wide. */
size_t wrap_width(const char *text, size_t len);

/*
 * Appends @text, whose first line stands at column @at already, broken at
 * blanks before WRAP_COLUMNS, with @indent blanks before each further line and
 * a newline at the end. A word that is longer than a line is not broken.
 */
void wrap_text(struct buf *out, size_t at, size_t indent, const char *text);

#endif /* WEIR_OUT_WRAP_H */
