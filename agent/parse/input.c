// SPDX-License-Identifier: GPL-2.0-only
#include "parse/input.h"

#include <errno.h>

#include "base/cleanup.h"

/* What a text is read by; most are smaller. */
#define STEP_BYTES 16384

int input_read_some(int fd, void *buf, size_t len, uint64_t off, size_t *ret_got)
{
	size_t done = 0;
	ssize_t got;

	if (off > INT64_MAX - len) {
		*ret_got = 0;
		return 0;
	}
	while (done < len) {
		got = pread(fd, (char *)buf + done, len - done, (off_t)(off + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		done += (size_t)got;
	}
	*ret_got = done;
	return 0;
}

int input_read_at(int fd, void *buf, size_t len, uint64_t off)
{
	size_t got;
	int err;

	err = input_read_some(fd, buf, len, off, &got);
	if (err)
		return err;
	return got == len ? 0 : -ENODATA;
}

int input_text(int fd, size_t max, char **ret, size_t *ret_len)
{
	CLEANUP(freep) char *text = NULL;
	size_t len = 0, room = 0, got;
	int err;

	/* Not by st_size: files of /proc and /sys say 0 or a page. */
	do {
		char *grown;

		if (len > max)
			return -EFBIG;
		room = room ? room * 2 : STEP_BYTES;
		grown = realloc(text, room + 1);
		if (!grown)
			return -ENOMEM;
		text = grown;
		err = input_read_some(fd, text + len, room - len, len, &got);
		if (err)
			return err;
		len += got;
	} while (len == room);
	if (len > max)
		return -EFBIG;
	text[len] = '\0';
	*ret_len = len;
	*ret = take_ptr(text);
	return 0;
}
