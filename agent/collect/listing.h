/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listing: the names in a directory, a batch at a time, each batch in the
 * order of the inodes.
 */
#ifndef WEIR_COLLECT_LISTING_H
#define WEIR_COLLECT_LISTING_H

#include <stddef.h>
#include <stdint.h>

/* A batch that has all the room, and one that holds at least the longest name. */
#define LISTING_BYTES_MAX (256u * 1024)
#define LISTING_BYTES_MIN 512u

/* As getdents64() writes it. */
struct listing_entry {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type; /* DT_REG, ... */
	char name[];
};

/* A zeroed one is empty. */
struct listing {
	const struct listing_entry **list; /* without "." and ".." */
	uint32_t cnt, cap;
	int64_t off; /* where the next batch begins */
	char bytes[LISTING_BYTES_MAX] __attribute__((aligned(8)));
};

/* The next batch of @fd, of at most @room bytes. 1, 0 at the end, or -errno. */
int listing_read(struct listing *l, int fd, size_t room);
void listing_exit(struct listing *l);

/* The type, also where the file system does not say; @dir_fd: what it is in. */
uint8_t listing_type(int dir_fd, const struct listing_entry *e);

#endif /* WEIR_COLLECT_LISTING_H */
