/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of the state directory: what one agent leaves to the next.
 *
 * Each is replaced as a whole, so that a crash, a full disk or a power cut
 * leaves the old one. What is read may be damaged all the same.
 */
#ifndef WEIR_CMD_STATE_FILE_H
#define WEIR_CMD_STATE_FILE_H

#include <jansson.h>
#include <stddef.h>

/*
 * The JSON object in the file at @path, owned by the caller. -errno when there
 * is none, -EINVAL when it is not a file, larger than 4 MiB, or not an object.
 */
int state_read(const char *path, json_t **ret);

/* Whole or not at all: @text becomes the file at @path. 0 or -errno. */
int state_write(const char *path, const char *text, size_t len);

/* The same of @all, which may be NULL when there was no memory for it: -ENOMEM. */
int state_write_json(const char *path, const json_t *all);

#endif /* WEIR_CMD_STATE_FILE_H */
