/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is a product stopped at this moment, with all that it takes: the policy's
 * flag, the arm, the product's own hold, no exemption of all of it, and a gate
 * that can do what the policy requires?
 */
#ifndef WEIR_CMD_FORCE_H
#define WEIR_CMD_FORCE_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/verdict.h>

struct agent;

/* The mode of @product by the table in force; observe where its class is not enforced. */
uint8_t force_mode(const struct agent *a, uint32_t product);

/* Is @mode, or one beyond it, in force on @product? */
bool force_is(const struct agent *a, uint32_t product, enum weir_mode mode);

/* Why it is not in force although the mode says so, a clause; NULL: it is. */
const char *force_missing(const struct agent *a, uint32_t product);

/*
 * Why the gate would let @uid start the file at @path although its @product is
 * blocked, a clause; NULL: it would not. WEIR_ANYBODY: a user nobody knows. By
 * place and inventory alone: what only its content says counts as too little.
 */
const char *force_spares(const struct agent *a, uint32_t product, const char *path,
			 uint32_t uid);

/* The same of exemptions alone. */
bool force_is_exempt(const struct agent *a, uint32_t product, const char *path, uint32_t uid);

#endif /* WEIR_CMD_FORCE_H */
