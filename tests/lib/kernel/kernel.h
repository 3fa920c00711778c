/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel as the module's pure parts need, for user space: so the
 * sanitizers see what parses hostile files. The headers in linux/ all lead here.
 */
#ifndef WEIR_TESTS_KERNEL_H
#define WEIR_TESTS_KERNEL_H

#include <elf.h>
#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef unsigned short umode_t;
typedef struct {
	int refs;
} refcount_t;
struct rcu_work {
	int unused;
};

#define GFP_KERNEL 0
#define __GFP_NOWARN 0
#define __GFP_RETRY_MAYFAIL 0
#define kvzalloc(size, gfp) calloc(1, size)
#define kvfree free
#define kmalloc(size, gfp) malloc(size)
#define kfree free
#define struct_size(p, member, cnt) (sizeof(*(p)) + sizeof((p)->member[0]) * (cnt))
#define check_add_overflow(a, b, ret) __builtin_add_overflow(a, b, ret)
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define ALIGN(x, to) (((x) + (to) - 1) / (to) * (to))
#define DIV_ROUND_UP(x, by) (((x) + (by) - 1) / (by))

static inline void sort(void *base, size_t cnt, size_t size,
			int (*compare)(const void *a, const void *b), void *swap)
{
	(void)swap;
	qsort(base, cnt, size, compare);
}

/* A file in memory. */
struct inode {
	umode_t i_mode;
	size_t size;
};

struct file {
	struct inode inode;
	const u8 *bytes;
};

static inline struct inode *file_inode(struct file *file)
{
	return &file->inode;
}

static inline loff_t i_size_read(const struct inode *inode)
{
	return inode->size;
}

static inline ssize_t kernel_read(struct file *file, void *buf, size_t len, loff_t *pos)
{
	if ((size_t)*pos > file->inode.size || len > file->inode.size - *pos)
		abort(); /* it is to be asked for what is there */
	memcpy(buf, file->bytes + *pos, len);
	*pos += len;
	return len;
}

#endif /* WEIR_TESTS_KERNEL_H */
