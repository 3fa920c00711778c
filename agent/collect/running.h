/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running: the distinct files that code runs from on this host, each identified
 * once, however many processes have it mapped.
 *
 * Most are nobody's: of these only that is kept. A file is known by its inode
 * and its path together, as overlays show one inode for two files.
 */
#ifndef WEIR_COLLECT_RUNNING_H
#define WEIR_COLLECT_RUNNING_H

#include "collect/mapping.h"

/* More distinct files are told as unread. */
#define RUNNING_FILES_MAX 65536

struct running_file {
	dev_t dev;
	ino_t ino;
	uint64_t path_hash;
	struct identity *identity; /* NULL: no indicator means it, or it could not be read */
	uint32_t pid;	 /* the first process that has it as a library */
	uint32_t user_cnt; /* such processes */
	uint32_t last_pid;
	bool is_deleted;
	char comm[16];
	char *container; /* of the first process */
};

struct running {
	struct running_file *files; /* hash table; dev and ino are 0 in empty slots */
	uint32_t cnt, cap;
	uint32_t unread_cnt; /* files that could not be opened or not be read whole */
	int unread_err;
	char *unread_path; /* the first of them */
	dev_t memory; /* what memfd_create() makes files on; 0: not asked yet */
	bool is_full;
	struct running_device *devices; /* which answer promptly */
	uint32_t device_cnt;
};

/*
 * The file behind @m, identified when it was not before. *ret is valid until
 * the next call. 0, -ENOSPC when the table is full, or -ENOMEM.
 */
int running_find(struct running *r, struct survey *s, const struct task *t,
		 const struct mapping *m, struct running_file **ret);

void running_free(struct running *r);

#endif /* WEIR_COLLECT_RUNNING_H */
