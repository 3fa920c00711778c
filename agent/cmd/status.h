/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_STATUS_H
#define WEIR_CMD_STATUS_H

#include <stddef.h>
#include <stdint.h>

int cmd_status(int argc, char **argv);

/* Name and serial of the policy in force, from the running agent; -errno. */
int status_policy(char *name, size_t size, int64_t *serial);

#endif /* WEIR_CMD_STATUS_H */
