// SPDX-License-Identifier: GPL-2.0-only
/* The growing buffer: what goes in comes out, errors stick. */
#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>

#include "tap.h"

int main(void)
{
	struct buf b = { 0 };
	char big[5000];

	ok(!strcmp(buf_str(&b), ""), "an empty buffer is an empty text");
	buf_add_str(&b, "one");
	buf_add_char(&b, ' ');
	buf_add_u64(&b, UINT64_MAX);
	buf_add_char(&b, ' ');
	buf_add_u64(&b, 0);
	ok(!strcmp(buf_str(&b), "one 18446744073709551615 0"), "numbers to their limits");

	buf_clear(&b);
	buf_add_hex(&b, "\x00\xff\x1a", 3);
	ok(!strcmp(buf_str(&b), "00ff1a"), "bytes as digits");

	buf_clear(&b);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		buf_add_str(&b, big);
	ok(b.len == 100 * (sizeof(big) - 1) && !b.err, "it grows as far as it must");

	buf_clear(&b);
	buf_addf(&b, "%s|%d", big, 42);
	ok(b.len == sizeof(big) - 1 + 3 && !strcmp(buf_str(&b) + sizeof(big) - 1, "|42"),
	   "a format longer than the guess");

	buf_clear(&b);
	buf_add_str(&b, "0123456789");
	buf_drop(&b, 4);
	ok(!strcmp(buf_str(&b), "456789"), "dropping takes from the front");
	buf_drop(&b, 100);
	ok(b.len == 0, "dropping more than there is empties it");

	ok(!buf_reserve(&b, SIZE_MAX - 4) && b.err == -ENOMEM, "an absurd size is refused");
	buf_add_str(&b, "later");
	ok(b.len == 0 && b.err == -ENOMEM, "and the error sticks");
	buf_clear(&b);
	buf_add_str(&b, "anew");
	ok(!strcmp(buf_str(&b), "anew") && !b.err, "until it is cleared");
	buf_free(&b);
	ok(!b.data && !b.cap, "freed and empty");
	return tap_done();
}
