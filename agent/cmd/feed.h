/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_FEED_H
#define WEIR_CMD_FEED_H

int cmd_feed(int argc, char **argv);

#endif /* WEIR_CMD_FEED_H */
