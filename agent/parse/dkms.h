/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DKMS: which kernel modules a dkms.conf would build.
 *
 * It is a shell script by definition and a list of assignments in practice;
 * these are read, with the two variables that every package uses in them.
 * Nothing is run: what another variable or a command would give stands as it is.
 */
#ifndef WEIR_PARSE_DKMS_H
#define WEIR_PARSE_DKMS_H

#include "parse/parsers.h"

/* A larger file: -EFBIG. */
#define DKMS_BYTES_MAX (256u * 1024)

enum dkms_row { DKMS_ROW_PACKAGE = 1 };

enum dkms_tag {
	DKMS_TAG_NAME = 1,
	DKMS_TAG_VERSION,
	DKMS_TAG_MODULE, /* more than one */
	DKMS_TAG_IS_AUTO, /* u64: built again for each new kernel */
};

int dkms_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
	       struct reply *out);

#endif /* WEIR_PARSE_DKMS_H */
