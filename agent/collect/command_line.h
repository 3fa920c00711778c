/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a command line says about the program behind an interpreter or behind
 * the dynamic loader. Read from text; no file is touched.
 */
#ifndef WEIR_COLLECT_COMMAND_LINE_H
#define WEIR_COLLECT_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Arguments behind these bounds are not looked at. */
#define COMMAND_LINE_BYTES_MAX (256u * 1024)
#define COMMAND_LINE_ARGS_MAX 4096

struct command_line {
	const char *args[COMMAND_LINE_ARGS_MAX]; /* into the text */
	size_t cnt;
};

/* @text: /proc/PID/cmdline, arguments ended by NUL, one NUL more behind them. */
void command_line_read(const char *text, size_t len, struct command_line *ret);

/* Is @exe the dynamic loader, started by hand with a program as argument? */
bool command_line_is_loader(const char *exe);

/* The program that the loader was given; NULL: none. */
const char *command_line_program(const struct command_line *c);

/*
 * The script or archive that an interpreter was given, as it was written; NULL:
 * @exe is no interpreter, or was given none. A process with the name of an
 * argument (@comm) was started by that "#!" file, whatever the interpreter.
 */
const char *command_line_script(const struct command_line *c, const char *exe, const char *comm);

/*
 * @path, below @cwd when it is relative, without ".", ".." and "//"; the
 * caller's. NULL: no memory.
 */
char *path_join(const char *cwd, const char *path);

#endif /* WEIR_COLLECT_COMMAND_LINE_H */
