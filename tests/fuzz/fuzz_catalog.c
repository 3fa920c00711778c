// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a vendor, directive or confusables file.
 *
 * Beyond not crashing: what is refused has a place and a reason, and leaves
 * no trace; what is taken can be sealed or is refused with a reason as well.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "catalog/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(catalog_freep) struct catalog *c = NULL;
	struct diag d = { .text = "" };
	int err = catalog_new(&c);

	if (err)
		return 0;
	err = catalog_add(c, "fuzz.yaml", (const char *)data, size, &d);
	if (err == -EINVAL && (!d.line || !d.col || !*d.text))
		abort();
	if (err && (c->vendor_cnt || c->product_cnt || c->indicator_cnt || c->directive_cnt))
		abort();
	if (!err && catalog_seal(c, &d) && !*d.text)
		abort();
	return 0;
}
