/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Task: one process, read so that all of it is of the same one.
 *
 * The directory of a process in /proc stays with the process it was opened
 * for: whoever gets the number next is not read by mistake, a process that
 * ends meanwhile answers ESRCH. One that calls exec meanwhile is read again.
 * Nothing here touches the file systems that its files are on.
 */
#ifndef WEIR_COLLECT_TASK_H
#define WEIR_COLLECT_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weir/limits.h>

#include "collect/survey.h"

#define TASK_UNITS_MAX 4

struct task {
	uint32_t pid;
	int dir_fd; /* /proc/PID */
	char comm[64]; /* those of kernel threads are longer than 15 bytes */
	bool is_kernel; /* a kernel thread */
	bool is_deleted; /* its executable has no name any more */
	uid_t uid;
	int64_t started; /* seconds since the epoch, 0: unknown */
	uint64_t start_ns; /* the same by CLOCK_BOOTTIME */
	int err;	 /* -EACCES: its executable is not for us to see */
	char *exe;	 /* as its root sees it; NULL: none, or not to be seen */
	char *root;	 /* its root directory as ours sees it, "/"; NULL: not to be seen */
	char *units[TASK_UNITS_MAX]; /* services it runs in, the innermost first */
	char *started_by;	     /* the innermost unit of any kind; NULL: none */
	char *container;	     /* NULL: none that could be told */
};

/* 0, -ESRCH when it is gone, or -ENOMEM. *ret is for task_close() in any case. */
int task_open(int proc_fd, uint32_t pid, struct task *ret);
void task_close(struct task *t);

/* Non-zero ends the walk and is returned. */
typedef int (*task_fn)(void *ctx, const struct task *t);

/* Each process there is. 0, -ENOMEM, or what @fn returned. */
int tasks_each(struct survey *s, task_fn fn, void *ctx);

/* Are there processes that we are not shown (hidepid, a user's view)? */
bool tasks_are_hidden(struct survey *s);

/*
 * @path without the root that its process has and without the mark of a
 * deleted file, in place.
 */
void task_own_path(const struct task *t, char *path);

/* A file of /proc/PID, NUL-terminated and cut at @max bytes: its length, or -errno. */
ssize_t task_text(const struct task *t, const char *name, char *buf, size_t max);

/* The target of a link of /proc/PID, the caller's to free(). 0 or -errno. */
int task_link(const struct task *t, const char *name, char **ret);

/*
 * The words that say which process it is: its name and its units. How many of
 * @ret, which has room for TASK_WORDS_MAX; they borrow from @t.
 */
#define TASK_WORDS_MAX (1 + TASK_UNITS_MAX)
size_t task_words(const struct task *t, struct fact *ret);

/* Its user by name, or by number where there is none, in @buf. */
const char *task_user(struct survey *s, const struct task *t, char *buf, size_t size);

#endif /* WEIR_COLLECT_TASK_H */
