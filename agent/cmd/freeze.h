/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freeze: what is installed, turned into what the kernel can look up.
 */
#ifndef WEIR_CMD_FREEZE_H
#define WEIR_CMD_FREEZE_H

#include "inventory/installed.h"
#include "sense/gates.h"

#define FREEZE_INSTALLED "/var/lib/weir/installed.json"

/* Of the products that some phase freezes; sorted as it comes. */
struct freeze {
	struct weir_installed *files;
	struct weir_sha256 *hashes; /* for a file that was only touched since */
	size_t file_cnt, hash_cnt;
};

/* 0 and *ret for freeze_exit(), or -errno. */
int freeze_make(struct gates *g, const struct installed *in, const struct compiled *t,
		const struct catalog *c, int root_fd, struct freeze *ret);
void freeze_exit(struct freeze *f);

/* Does any rule of @t ever freeze? */
bool freeze_is_meant(const struct compiled *t);

#endif /* WEIR_CMD_FREEZE_H */
