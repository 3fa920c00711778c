/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_CALENDAR_H
#define WEIR_CMD_CALENDAR_H

int cmd_calendar(int argc, char **argv);

#endif /* WEIR_CMD_CALENDAR_H */
