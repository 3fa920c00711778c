/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes as a regular file that has no name, for parsers. */
#ifndef WEIR_TESTS_MEMORY_FILE_H
#define WEIR_TESTS_MEMORY_FILE_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The caller's to close(). */
static inline int memory_file(const void *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (fd < 0 || (len && pwrite(fd, bytes, len, 0) != (ssize_t)len))
		abort();
	return fd;
}

static inline int memory_text(const char *text)
{
	return memory_file(text, strlen(text));
}

#endif /* WEIR_TESTS_MEMORY_FILE_H */
