/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the kinds and classes, as tables that a reader can offer.
 */
#ifndef WEIR_CATALOG_KIND_H
#define WEIR_CATALOG_KIND_H

#include "catalog/catalog.h"

extern const char *const kind_names[IND_KIND_MAX];
extern const char *const class_names[CLASS_MAX];

#endif /* WEIR_CATALOG_KIND_H */
