/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_VERSION_H
#define WEIR_CMD_VERSION_H

#define WEIR_VERSION "0.1.0"

#endif /* WEIR_CMD_VERSION_H */
