/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_CANARY_H
#define WEIR_CMD_CANARY_H

#include <stddef.h>

/* Where the canary is: installed, else beside this program. */
void canary_path(char *path, size_t size);

#endif /* WEIR_CMD_CANARY_H */
