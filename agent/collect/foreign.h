/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Foreign: packages of systems whose databases are not read here.
 *
 * No indicator names a package of theirs, but they own files: it must not be
 * said that nobody does. Snaps and flatpaks show in the path.
 */
#ifndef WEIR_COLLECT_FOREIGN_H
#define WEIR_COLLECT_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

struct survey;

/* Tells each database that is there and is not read. How many there are. */
uint32_t foreign_tell(struct survey *s);

/* The same, untold. */
uint32_t foreign_count(struct survey *s);

enum foreign_kind { FOREIGN_NONE, FOREIGN_SNAP, FOREIGN_FLATPAK };

/* Whose a path is, by its place, with the name in @name. */
enum foreign_kind foreign_of(const char *path, char *name, size_t size);

#endif /* WEIR_COLLECT_FOREIGN_H */
