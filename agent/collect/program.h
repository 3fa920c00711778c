/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Program: one of the host's own, asked what only it can read.
 *
 * It runs as nobody, in a session and a network of its own where we may make
 * one, with bounds on time, memory and what it writes, and with no variable
 * of ours. Its output goes to a file, which the cell may then read.
 */
#ifndef WEIR_COLLECT_PROGRAM_H
#define WEIR_COLLECT_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/* What the kernel calls nobody; when we are not root, it runs as we do. */
#define PROGRAM_UID 65534

#define PROGRAM_MEMORY_BYTES (2ULL << 30)

struct program {
	const char *const *argv; /* the first is an absolute path; NULL-terminated */
	int out_fd;
	uint64_t out_bytes_max;
	uint64_t time_ns;
};

/*
 * 0 when it ended well; -ETIME, -EFBIG, -ECANCELED (by a signal), -EIO (it
 * says so, @why has its first line), or -errno when it could not be started.
 */
int program_run(const struct program *p, char *why, size_t why_size);

#endif /* WEIR_COLLECT_PROGRAM_H */
