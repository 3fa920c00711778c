/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_ARM_H
#define WEIR_CMD_ARM_H

int cmd_arm(int argc, char **argv);
int cmd_confirm(int argc, char **argv);
int cmd_disarm(int argc, char **argv);
int cmd_remove_window(int argc, char **argv);

#endif /* WEIR_CMD_ARM_H */
