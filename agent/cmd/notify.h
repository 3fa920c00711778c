/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sd_notify(3)'s protocol without its library: one datagram to $NOTIFY_SOCKET.
 */
#ifndef WEIR_CMD_NOTIFY_H
#define WEIR_CMD_NOTIFY_H

/* Nobody listening is fine. */
void notify_state(const char *state);

#endif /* WEIR_CMD_NOTIFY_H */
