/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The agent, as the module knows it: a netlink socket that said so.
 *
 * When the socket goes, by whatever end of its process, that is recorded; a
 * process that is there but says nothing is noticed by the clock. Neither
 * shortens what is in force. With nobody to watch and nothing armed, the gates
 * are taken away: a host that was disarmed is to have nothing of ours in its way.
 */
#ifndef WEIR_AGENT_H
#define WEIR_AGENT_H

#include <linux/types.h>

int weir_agent_init(void);
void weir_agent_exit(void);

/* The sender @portid is the agent from now on, until it goes. */
void weir_agent_is(u32 portid);

/* @portid has said something. */
void weir_agent_heard(u32 portid);

/* Is @portid the agent's? It had CAP_SYS_ADMIN when it said so. */
bool weir_agent_sent(u32 portid);

/* tgid of the agent, 0: there is none. */
u32 weir_agent_pid(void);

/* Looks at once whether the gates are still wanted. */
void weir_agent_look(void);

#endif /* WEIR_AGENT_H */
