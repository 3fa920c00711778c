/* SPDX-License-Identifier: GPL-2.0-only */
/* What somebody asks of weir arm, confirm, disarm and remove-window. */
#ifndef WEIR_CMD_ARM_WISH_H
#define WEIR_CMD_ARM_WISH_H

#include <stdbool.h>
#include <stdint.h>

struct arm_wish {
	/* Texts are of the command line. @product and @catalog: NULL, not given. */
	const char *verb, *reason, *product, *catalog;
	uint64_t for_s; /* 0: not given */
	uint64_t for_s_max; /* 0: the verb knows no time */
	bool close, help;
};

/*
 * Fills @w, whose @verb and @for_s_max are set. False: not to be understood, or help is
 * asked for; then the caller ends with arm_wish_usage().
 */
bool arm_wish_parse(int argc, char **argv, struct arm_wish *w);

/* Prints it, and returns the code to end with. */
int arm_wish_usage(const struct arm_wish *w);

#endif /* WEIR_CMD_ARM_WISH_H */
