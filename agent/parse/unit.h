/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit: what a file of systemd's kind says: units, their drop-ins, and the
 * .desktop and D-Bus files that have the same form.
 *
 * One row for each assignment that matters, in their order, since a later one
 * may take back an earlier one; merging a unit with its drop-ins is the
 * asker's. Specifiers ("%i") stand as they are.
 */
#ifndef WEIR_PARSE_UNIT_H
#define WEIR_PARSE_UNIT_H

#include "parse/parsers.h"

/* A larger file: -EFBIG. */
#define UNIT_BYTES_MAX (16u << 20)

enum unit_row { UNIT_ROW_ASSIGN = 1 };

enum unit_tag {
	UNIT_TAG_KEY = 1, /* u64, enum unit_key */
	UNIT_TAG_LINE,	  /* u64, from 1: the last line of the assignment */
	UNIT_TAG_PATH,	  /* more than one: of a key that runs or names something */
	UNIT_TAG_NAME,	  /* a program that is looked up */
	UNIT_TAG_TEXT,	  /* of other keys; of a list, a field a word. None: taken back */
};

/* Those that run a program come first, then those that name a place. */
enum unit_key {
	UNIT_EXEC_START,
	UNIT_EXEC_START_PRE,
	UNIT_EXEC_START_POST,
	UNIT_EXEC_CONDITION,
	UNIT_EXEC_RELOAD,
	UNIT_EXEC_STOP,
	UNIT_EXEC_STOP_PRE, /* sockets */
	UNIT_EXEC_STOP_POST,
	UNIT_EXEC, /* .desktop, D-Bus */
	UNIT_TRY_EXEC,
	UNIT_RUNS_MAX,
	UNIT_ENVIRONMENT = UNIT_RUNS_MAX,
	UNIT_ENVIRONMENT_FILE,
	UNIT_WORKING_DIRECTORY,
	UNIT_ROOT_DIRECTORY,
	UNIT_ROOT_IMAGE,
	UNIT_PID_FILE,
	UNIT_WHAT,
	UNIT_WHERE,
	UNIT_LISTEN_STREAM,
	UNIT_LISTEN_DATAGRAM,
	UNIT_LISTEN_SEQPACKET,
	UNIT_LISTEN_FIFO,
	UNIT_PATH_EXISTS,
	UNIT_PATH_EXISTS_GLOB,
	UNIT_PATH_CHANGED,
	UNIT_PATH_MODIFIED,
	UNIT_DIRECTORY_NOT_EMPTY,
	UNIT_SOURCE_PATH,
	UNIT_PATHS_MAX,
	UNIT_RESTART = UNIT_PATHS_MAX,
	UNIT_WATCHDOG,
	UNIT_TYPE,
	UNIT_USER,
	UNIT_UNIT,    /* Unit= of a timer or path, Service= of a socket */
	UNIT_SYSTEMD_SERVICE, /* D-Bus */
	UNIT_HIDDEN,  /* .desktop */
	UNIT_WORDS_AT,
	UNIT_WANTS = UNIT_WORDS_AT, /* from here on lists of units */
	UNIT_REQUIRES,
	UNIT_BINDS_TO,
	UNIT_UPHOLDS,
	UNIT_ON_FAILURE,
	UNIT_ON_SUCCESS,
	UNIT_SOCKETS,
	UNIT_ALIAS,
	UNIT_ALSO,
	UNIT_WANTED_BY,
	UNIT_REQUIRED_BY,
	UNIT_UPHELD_BY,
	UNIT_KEY_MAX,
};

/* "ExecStart" */
const char *unit_key_name(enum unit_key key);

/* A parse_fn; asks for nothing. */
int unit_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
	       struct reply *out);

#endif /* WEIR_PARSE_UNIT_H */
