/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holders: which process has which kernel object open, by /proc/PID/fd.
 *
 * What the kernel lists (a socket, a BPF program) says nothing of whose it is;
 * the process that holds it does.
 */
#ifndef WEIR_COLLECT_HOLDER_H
#define WEIR_COLLECT_HOLDER_H

#include "collect/task.h"

/* A process with more is read up to here. */
#define HOLDER_FDS_MAX 65536

/* "socket:[123]" or "anon_inode:bpf-prog"; a file's path is told too. */
typedef int (*task_fd_fn)(void *ctx, const struct task *t, const char *fd, const char *target);

/* 0, -EACCES..., -E2BIG when there were more, or what @fn returned. */
int task_fds_each(const struct task *t, task_fd_fn fn, void *ctx);

/* Does an indicator mean this process, by its executable's path, its name or its units? */
bool task_is_asked(struct survey *s, const struct task *t);

struct holding {
	uint64_t object; /* an inode, or an id of a kind */
	uint32_t holder; /* index in holders.tasks */
};

struct holders {
	struct task *tasks; /* without their descriptors */
	uint32_t task_cnt, task_cap;
	struct holding *list; /* sorted by object after holders_sort() */
	uint32_t cnt, cap;
};

/* Keeps a copy of @t; *ret is its index. 0 or -ENOMEM. */
int holders_keep(struct holders *h, const struct task *t, uint32_t *ret);
int holders_add(struct holders *h, uint64_t object, uint32_t holder);
void holders_sort(struct holders *h);

/* The first that holds @object; NULL: nobody, as far as is known. */
const struct task *holders_find(const struct holders *h, uint64_t object);
void holders_free(struct holders *h);

#endif /* WEIR_COLLECT_HOLDER_H */
