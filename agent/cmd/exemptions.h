/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_EXEMPTIONS_H
#define WEIR_CMD_EXEMPTIONS_H

int cmd_exemptions(int argc, char **argv);

#endif /* WEIR_CMD_EXEMPTIONS_H */
