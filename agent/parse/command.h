/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command: the absolute paths in a line that some shell or systemd will run.
 *
 * The program itself is rarely the first word (env, nice, sh -c, an interpreter
 * and its script), and each runner has quoting of its own. So nobody is
 * imitated: every place where a path can begin is taken for one, as the reader
 * compares whole paths with a catalogue and what is too much is not in it.
 */
#ifndef WEIR_PARSE_COMMAND_H
#define WEIR_PARSE_COMMAND_H

#include <stddef.h>

/* As the kernel has it, with the NUL. */
#define COMMAND_PATH_MAX 4096

/* Paths of one line; more are left out. */
#define COMMAND_PATHS_MAX 256

/* Non-zero ends the search and is returned. */
typedef int (*command_fn)(void *ctx, const char *path);

/*
 * Calls @fn for each absolute path in the @len bytes of @text, without "//",
 * "." and "..". A quoted one with blanks is told whole and up to its first
 * blank. URLs are passed over.
 */
int command_paths(const char *text, size_t len, command_fn fn, void *ctx);

/*
 * The program, when it is a name that the runner looks up in its path:
 * "vmtoolsd" of "-vmtoolsd --log". Its length, *ret in @text; 0: none.
 */
size_t command_name(const char *text, size_t len, const char **ret);

#endif /* WEIR_PARSE_COMMAND_H */
