/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ownership at a glance: a variable marked CLEANUP(f) is given to f when it
 * goes out of scope, and `return take_ptr(x)` hands it over instead.
 */
#ifndef WEIR_BASE_CLEANUP_H
#define WEIR_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(f) __attribute__((__cleanup__(f)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define take_ptr(p)                              \
	({                                       \
		__typeof__(p) taken_ = (p);      \
		(p) = NULL;                      \
		taken_;                          \
	})

#define take_fd(fd)                              \
	({                                       \
		int taken_ = (fd);               \
		(fd) = -1;                       \
		taken_;                          \
	})

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void close_fdp(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

#endif /* WEIR_BASE_CLEANUP_H */
