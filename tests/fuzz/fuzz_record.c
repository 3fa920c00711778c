// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes from the kernel, to the last line that is made of them: whatever
 * decodes must format, as JSON and as text, without a raw control byte.
 */
#include <stdlib.h>
#include <string.h>

#include "out/ocsf.h"
#include "out/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vendor vendors[] = { { .id = "examplewall", .name = "Examplewall" } };
static struct product products[] = { { .id = "examplewall/agent", .name = "Agent" } };
static struct indicator indicators[] = { { .kind = IND_PATH, .value = "/usr/bin/ewctl" } };
static const struct catalog catalog = {
	.vendors = vendors, .vendor_cnt = 1, .products = products, .product_cnt = 1,
	.indicators = indicators, .indicator_cnt = 1,
};

static struct ocsf *formatter(void)
{
	static const struct ocsf_host host = {
		.hostname = "h", .machine_id = "m", .boot_id = "b", .os_name = "o",
		.kernel = "k", .version = "v",
	};
	static struct ocsf *o;

	if (!o && ocsf_new(&host, &o))
		abort();
	return o;
}

static void refuse_control(const struct buf *b)
{
	if (b->err || !b->len || b->data[b->len - 1] != '\n')
		abort();
	for (size_t i = 0; i + 1 < b->len; i++)
		if ((unsigned char)b->data[i] < 0x20 || b->data[i] == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct decide_context ctx = { .catalog = &catalog };
	struct event *ev = NULL;
	struct buf out = { 0 };
	struct decision d;
	int err = event_decode(data, size, &ev);

	if (!err != !event_fault(data, size))
		abort();
	if (err)
		return 0;
	d = decide(&ctx, ev, NULL);
	ocsf_set(formatter(), 1795000000000, (enum argv_mode)(size % 3));
	ocsf_event(formatter(), ev, &d, &out);
	refuse_control(&out);
	buf_clear(&out);
	text_event(&out, 0, ev, &d, false);
	refuse_control(&out);
	buf_free(&out);
	event_free(ev);
	return 0;
}
