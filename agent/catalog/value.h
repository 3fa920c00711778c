/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the value of an indicator may be, kind by kind.
 */
#ifndef WEIR_CATALOG_VALUE_H
#define WEIR_CATALOG_VALUE_H

#include "catalog/catalog.h"

/*
 * What is wrong with @value ("is ...", "has ..."), or NULL: then it stands in
 * its one spelling.
 */
const char *value_complaint(enum indicator_kind kind, char *value);

#endif /* WEIR_CATALOG_VALUE_H */
