/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Members: what a host needs to be alive, logged into and repaired.
 *
 * Names only, from a table and from the files in which the host says how it
 * logs people in (PAM, NSS, passwd, shells, sshd, ld.so.preload). That they
 * exist, and what they need in turn, is the guard's to find out.
 */
#ifndef WEIR_INVENTORY_MEMBERS_H
#define WEIR_INVENTORY_MEMBERS_H

enum member_kind {
	MEMBER_PATH,	/* a path, with stars */
	MEMBER_LIBRARY, /* a name for the loader to find */
};

struct member {
	enum member_kind kind;
	const char *name; /* both valid during the call */
	const char *why;
};

/* Non-zero ends the enumeration and is returned. */
typedef int (*member_fn)(void *ctx, const struct member *m);

/*
 * Calls @fn for each member below @root_fd, often more than once for the same.
 * A file that is absent or unreadable names nobody.
 */
int members_each(int root_fd, member_fn fn, void *ctx);

/* Of these the ones that are so on every host: no file is read. */
int members_fixed(member_fn fn, void *ctx);

#endif /* WEIR_INVENTORY_MEMBERS_H */
