/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_GRANT_H
#define WEIR_CMD_GRANT_H

int cmd_request(int argc, char **argv);
int cmd_grant(int argc, char **argv);

#endif /* WEIR_CMD_GRANT_H */
