/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_RUN_H
#define WEIR_CMD_RUN_H

int cmd_run(int argc, char **argv);

#endif /* WEIR_CMD_RUN_H */
