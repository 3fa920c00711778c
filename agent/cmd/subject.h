/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Subject: what somebody asks about, a file, a process, an address or a name,
 * turned into the facts that can be known of it here and now.
 */
#ifndef WEIR_CMD_SUBJECT_H
#define WEIR_CMD_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "catalog/catalog.h"
#include "cmd/presence.h"
#include "inventory/identity.h"
#include "match/facts.h"

enum subject_kind { SUBJECT_PATH, SUBJECT_PID, SUBJECT_ADDRESS, SUBJECT_NAME, SUBJECT_MAX };

/* Not to be moved: facts point into it. */
struct subject {
	enum subject_kind kind;
	const char *asked; /* as written; borrowed */
	struct facts facts; /* borrows from the rest */
	/* A file, also that of a process. */
	char *path; /* absolute, after links */
	char *link; /* as asked, when links lead elsewhere; else NULL */
	bool is_here, is_dir, is_deleted;
	struct stat st; /* when is_here */
	/* A process. */
	uint32_t pid;
	bool is_kernel; /* no executable: a thread of the kernel, or a zombie */
	char comm[WEIR_COMM_LEN];
	/* A name: at most one of these. */
	const struct vendor *vendor;
	const struct product *product;
	const struct directive *directive;
	struct presence presence; /* with none of these: what there is by the name */
	/* An address. */
	bool is_port_guessed; /* none was given, the facts have a listed one */
	/* 0, or why not all that can be known is known. */
	int err;
	/* private */
	struct identity *identity;
	struct fact *others;
	char module[WEIR_NAME_MAX];
};

/*
 * @c decides what a word can be. @root: the tree to look in for a path or a
 * name; NULL: this host. 0 and *ret is to be given to subject_exit(), with
 * subject.err telling what could not be read; -EINVAL: a tree has no such
 * thing; -ENOMEM and the like.
 */
int subject_read(const struct catalog *c, const char *root, const char *asked,
		 struct subject *ret);
void subject_exit(struct subject *s);

/* Can a word without a slash be the value of such an indicator? */
bool subject_is_word(enum indicator_kind kind);

/* "path", "pid", "address", "name" */
const char *subject_kind_name(enum subject_kind kind);

/* Is @ind a prefix around the address, on whatever port? */
bool subject_is_in(const struct indicator *ind, const struct facts *f);

/* ADDR, ADDR:PORT, [ADDR]:PORT, each with "/tcp", "/udp" or "/sctp" or without. */
bool subject_parse_address(const char *text, struct facts *ret);

#endif /* WEIR_CMD_SUBJECT_H */
