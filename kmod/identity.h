/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identity: what a file is, cheapest question first.
 *
 * Known file, place, content, build-id; each only when the one before gave no
 * key that may enforce. Every miss and every failure ends in "no key", which
 * means allow. The one exception is the policy's own: `unhashable: deny`.
 */
#ifndef WEIR_IDENTITY_H
#define WEIR_IDENTITY_H

#include <linux/fs.h>

#include "state.h"

/**
 * struct weir_candidate - a file that a gate was asked about
 * @file:	borrowed from the hook's caller
 * @look:	what was found out
 * @mode:	i_mode
 * @may_sleep:	its content may be read
 */
struct weir_candidate {
	struct file *file;
	struct weir_look look;
	umode_t mode;
	bool may_sleep;
};

void weir_file_key(const struct inode *inode, struct weir_file *key);

/* Fills in what needs no table. */
void weir_look_at(struct weir_candidate *c);

/* Looks for a key; fills c->look.key. */
void weir_identify(struct weir_candidate *c, const struct weir_state *state);

/* A regular file that was opened for reading? Of others the kernel would complain. */
bool weir_file_is_readable(const struct file *file);

/*
 * SHA-256 of a regular file. Sleeps; ends early, with an error, when the caller
 * is killed, when the file changes its size, and after half a minute.
 */
int weir_file_sha256(struct file *file, struct weir_sha256 *digest);

#endif /* WEIR_IDENTITY_H */
