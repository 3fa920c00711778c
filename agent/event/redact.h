/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments as one line, without the secrets in them.
 *
 * Passwords and tokens on a command line must not end in a journal that many
 * may read. A value is replaced by "***" when the option, variable or header
 * in front of it is named like a secret, when a table says so, and when it is
 * the user part of a URL. Better one value too many than one too few: what was
 * hidden is still in the process, and `arguments: full` shows it.
 */
#ifndef WEIR_EVENT_REDACT_H
#define WEIR_EVENT_REDACT_H

#include <stddef.h>

#include "base/buf.h"

/* An option whose value is a secret although its name does not say so. */
struct secret_option {
	const char *program; /* last part of argv[0]; NULL: of any program */
	const char *option;  /* with its dashes, or a plain word */
};

struct redactor {
	const struct secret_option *options;
	size_t option_cnt;
};

/* The usual ones, with those of VPN and endpoint products. */
extern const struct redactor redact_default;

/*
 * Appends @len bytes of NUL-terminated arguments to @out, quoted like a shell
 * would need it; @how NULL: in full.
 */
void redact_argv(struct buf *out, const char *argv, size_t len,
		 const struct redactor *how);

#endif /* WEIR_EVENT_REDACT_H */
