// SPDX-License-Identifier: GPL-2.0-only
/*
 * Complaints about a text, in the form that editors jump to.
 *
 * A complaint is filled once, by whoever found the fault, and carried up
 * untouched: nobody in between prints, so that the pure folders stay silent
 * and a caller can put the same words into a journal.
 */
#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The end of a path says more than its beginning. */
static void set_file(struct diag *d, const char *file)
{
	size_t len = strlen(file);

	if (len < sizeof(d->file))
		memcpy(d->file, file, len + 1);
	else
		snprintf(d->file, sizeof(d->file), "...%s",
			 file + len - (sizeof(d->file) - 4));
}

int diag_set(struct diag *d, const char *file, unsigned int line,
	     unsigned int col, const char *fmt, ...)
{
	va_list ap;

	set_file(d, file);
	d->line = line;
	d->col = col;
	va_start(ap, fmt);
	vsnprintf(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void diag_format(const struct diag *d, char *out, size_t size)
{
	if (d->line)
		snprintf(out, size, "%s:%u:%u: error: %s", d->file, d->line,
			 d->col, d->text);
	else
		snprintf(out, size, "%s: error: %s", d->file, d->text);
}
