/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One indicator while it is read: private to agent/catalog.
 */
#ifndef WEIR_CATALOG_INDICATOR_H
#define WEIR_CATALOG_INDICATOR_H

#include "catalog/catalog.h"
#include "catalog/ports.h"

struct indicator_draft {
	struct indicator ind;
	char *value; /* in the arena, given its one spelling there */
	int8_t sufficient; /* -1: not written */
	struct ports ports;
};

#endif /* WEIR_CATALOG_INDICATOR_H */
