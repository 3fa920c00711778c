/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parsers that the cell has.
 */
#ifndef WEIR_PARSE_PARSERS_H
#define WEIR_PARSE_PARSERS_H

#include <stddef.h>
#include <stdint.h>

#include "parse/reply.h"

/* One line each in parsers.c; append here. */
enum parser {
	PARSER_ELF,	    /* elf_rows.h: what an ELF file says, and which needles it holds */
	PARSER_DPKG_STATUS, /* dpkg.h: /var/lib/dpkg/status */
	PARSER_DPKG_LIST,   /* dpkg.h: /var/lib/dpkg/info/X.list */
	PARSER_RPM,	    /* rpm.h: what rpm's query printed */
	PARSER_UNIT,	    /* unit.h: a unit file or a drop-in of systemd */
	PARSER_CRONTAB,	    /* crontab.h */
	PARSER_CERTIFICATE, /* certificate.h: PEM or DER */
	PARSER_PASSWD,	    /* passwd.h */
	PARSER_IMAGES,	    /* images.h: the index of a container image store */
	PARSER_DKMS,	    /* dkms.h: a dkms.conf */
	PARSER_UNIT_STATE,  /* unit_state.h: what systemctl printed */
	PARSER_MAX,
};

struct needles;

/* What a parser has beside its file; lives as long as the child. */
struct parse_context {
	const struct needles *needles;
	uint64_t deadline_ns; /* CLOCK_MONOTONIC: be done by then; 0: none */
};

/*
 * Reads @fd, which is hostile, from its start whatever its offset, and writes
 * rows. 0 or -errno; what was written before an error stays true.
 */
typedef int (*parse_fn)(const struct parse_context *ctx, int fd, const char *ask,
			size_t ask_len, struct reply *out);

/* NULL: there is none. */
parse_fn parser_of(enum parser parser);
const char *parser_name(enum parser parser);

#endif /* WEIR_PARSE_PARSERS_H */
