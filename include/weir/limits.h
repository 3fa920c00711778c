/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sizes that the kernel side and the agent must agree on.
 *
 * Each is a promise about a record, a table or a walk. Changing one changes
 * the layout of pinned maps or records, so it raises WEIR_ABI.
 */
#ifndef WEIR_LIMITS_H
#define WEIR_LIMITS_H

/* Raised by any change to a struct in this folder; part of the build id. */
#ifndef WEIR_ABI
#define WEIR_ABI 3
#endif

/* PATH_MAX with its NUL: the longest path that the kernel hands out. */
#define WEIR_PATH_MAX 4096

/* One name of a path, NAME_MAX with its NUL. */
#define WEIR_NAME_MAX 256

/* Names of a control group and those above it, the longest of units with room. */
#define WEIR_GROUP_DEPTH 8
#define WEIR_GROUP_NAME 128

/* Arguments kept of one exec. More is said by WEIR_REC_ARGV_CUT. */
#define WEIR_ARGV_MAX 1024
#define WEIR_ARGV_CNT 32

#define WEIR_COMM_LEN 16
#define WEIR_SHA256_LEN 32

/* A build-id is 16 to 128 hexadecimal digits in the catalogue. */
#define WEIR_BUILD_ID_MAX 64

/* ELF program headers looked at for a note; linkers make 8 to 14. */
#define WEIR_PHDR_MAX 20

/* Tables at a time: in force, about to be, and those that sleepers may be reading. */
#define WEIR_GENERATIONS 4

/* Port rules on one prefix, with those its ancestors pushed down. */
#define WEIR_PORTS_MAX 8

/* Exemptions that cover one thing at a time: by cap and end, the lowest cap wins. */
#define WEIR_EXEMPT_MAX 4

#endif /* WEIR_LIMITS_H */
