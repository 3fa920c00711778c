/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * weir events: what was recorded.
 */
#ifndef WEIR_CMD_EVENTS_H
#define WEIR_CMD_EVENTS_H

/* argv[0] is the verb. Returns the exit code: 0, 2 usage, 4 something unread. */
int cmd_events(int argc, char **argv);

#endif /* WEIR_CMD_EVENTS_H */
