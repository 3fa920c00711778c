/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel module says of itself, if it is there. */
#ifndef WEIR_SENSE_MODULE_STATE_H
#define WEIR_SENSE_MODULE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module_state {
	bool is_loaded;
	uint32_t abi;	  /* WEIR_ABI of its build */
	uint32_t features; /* WEIR_FEATURE_* */
	unsigned int taken, foreign; /* functions of the kernel, by who has them */
};

/* 0, also when it is not loaded; -errno when it is and does not answer. */
int module_state_read(struct module_state *ret);

/* In a few words, for people; cut to fit. */
void module_state_say(const struct module_state *s, char *text, size_t size);

#endif /* WEIR_SENSE_MODULE_STATE_H */
