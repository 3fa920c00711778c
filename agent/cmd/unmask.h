/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Units that an agent has masked at run time, taken back where there is no
 * agent any more that would do so.
 */
#ifndef WEIR_CMD_UNMASK_H
#define WEIR_CMD_UNMASK_H

/* Those of @product, NULL: all; says how many. The caller holds the agents' lock. */
void unmask_units(const char *product);

/* The same when no agent runs. One that does follows what the kernel says by itself. */
void unmask_without_agent(const char *product);

#endif /* WEIR_CMD_UNMASK_H */
