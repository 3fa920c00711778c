// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands behind a place in the journal. An agent that died between writing
 * a batch and noting that it did is followed by one that asks this.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "journal/segment.h"

/* A batch is a fraction of it; more is read by nobody who waits for a start. */
#define TAIL_MAX (16u << 20)

/* From @from to the end, at most TAIL_MAX; the last line may be half a one. */
static int read_from(int fd, uint64_t from, char **ret, size_t *ret_len)
{
	CLEANUP(freep) char *text = NULL;
	struct stat st;
	size_t len = 0, size;
	ssize_t n = 1;

	if (fstat(fd, &st))
		return -errno;
	size = (uint64_t)st.st_size > from ? (uint64_t)st.st_size - from : 0;
	if (size > TAIL_MAX)
		return -EFBIG;
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	while (len < size && n > 0) {
		n = pread(fd, text + len, size - len, (off_t)(from + len));
		if (n < 0)
			return -errno;
		len += (size_t)n;
	}
	*ret_len = len;
	*ret = take_ptr(text);
	return 0;
}

static int lines_from(int fd, uint64_t from, segment_fn fn, void *ctx)
{
	CLEANUP(freep) char *text = NULL;
	const char *line, *end, *stop;
	size_t len = 0;
	int err = read_from(fd, from, &text, &len);

	if (err)
		return err;
	stop = text + len;
	for (line = text; line < stop; line = end + 1) {
		end = memchr(line, '\n', (size_t)(stop - line));
		if (!end)
			break;
		fn(ctx, line, (size_t)(end - line));
	}
	return 0;
}

int segments_behind(int dir_fd, uint64_t file, uint64_t bytes, segment_fn fn, void *ctx)
{
	struct segments s = { 0 };
	bool is_behind = false;
	struct stat st;
	int err = segments_list(dir_fd, &s);

	for (size_t i = 0; i < s.cnt && !err; i++) {
		CLEANUP(close_fdp) int fd = openat(dir_fd, s.at[i].name,
						   O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &st))
			continue;
		if (!is_behind && st.st_ino != file)
			continue;
		err = lines_from(fd, is_behind ? 0 : bytes, fn, ctx);
		is_behind = true;
	}
	segments_free(&s);
	return err;
}
