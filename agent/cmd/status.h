/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_STATUS_H
#define WEIR_CMD_STATUS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int cmd_status(int argc, char **argv);

/* Name and serial of the policy in force, from the running agent; -errno. */
int status_policy(char *name, size_t size, int64_t *serial);

/* Where these are that the running agent reads; else they stay as they are. */
void status_sources(char *policy, size_t policy_size, char *catalog, size_t catalog_size);

/* The running agent's, -1: none answers. */
pid_t status_pid(void);

#endif /* WEIR_CMD_STATUS_H */
