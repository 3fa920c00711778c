/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_BUNDLE_H
#define WEIR_CMD_BUNDLE_H

int cmd_bundle(int argc, char **argv);

/* bundle_make.c */
int bundle_make(int argc, char **argv);

#endif /* WEIR_CMD_BUNDLE_H */
