// SPDX-License-Identifier: GPL-2.0-only
#include "bundle/archive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define BLOCK 512
#define BLOCKS_AT_END 2

struct header { /* POSIX.1-1988, ustar */
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8];
	char type;
	char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8];
	char prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static const char zeros[BLOCK];

static int fail(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

bool archive_is(const char *bytes, size_t len)
{
	return len >= BLOCK && !memcmp(bytes + offsetof(struct header, magic), "ustar", 6);
}

/* As if the field of the sum were blanks. */
static unsigned int sum_of(const struct header *h)
{
	const unsigned char *byte = (const unsigned char *)h;
	unsigned int sum = 0;

	for (size_t i = 0; i < sizeof(*h); i++)
		sum += i - offsetof(struct header, sum) < sizeof(h->sum) ? ' ' : byte[i];
	return sum;
}

/* Octal digits, then nothing but NULs and blanks, of which there is one at least. */
static bool read_octal(const char *field, size_t size, uint64_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < size && field[i] >= '0' && field[i] <= '7')
		n = n << 3 | (uint64_t)(field[i++] - '0');
	if (!i || i == size)
		return false;
	while (i < size && (!field[i] || field[i] == ' '))
		i++;
	*ret = n;
	return i == size;
}

static int check_header(const struct header *h, uint64_t *ret_len, const char **why)
{
	uint64_t sum;

	if (memcmp(h->magic, "ustar", 6) != 0 || memcmp(h->version, "00", 2) != 0)
		return fail(why, "it is no ustar archive");
	if (!read_octal(h->sum, sizeof(h->sum), &sum) || sum != sum_of(h))
		return fail(why, "a checksum in it is wrong");
	if (h->type != '0' || *h->link)
		return fail(why, "it holds something else than regular files");
	if (!*h->name || h->name[ARCHIVE_NAME_MAX - 1] || *h->prefix)
		return fail(why, "a name in it is empty or longer than 99 bytes");
	if (!read_octal(h->size, sizeof(h->size), ret_len))
		return fail(why, "a size in it is no number");
	return 0;
}

static bool is_zero(const char *bytes, size_t len)
{
	size_t piece;

	for (; len; bytes += piece, len -= piece) {
		piece = len < BLOCK ? len : BLOCK;
		if (memcmp(bytes, zeros, piece) != 0)
			return false;
	}
	return true;
}

static int add_file(struct archive *a, const struct header *h, const char *data, size_t len,
		    const char **why)
{
	struct archive_file *more;

	if (a->cnt == ARCHIVE_FILES_MAX)
		return fail(why, "it holds more than 4,096 files");
	if (a->cnt && strcmp(a->files[a->cnt - 1].name, h->name) >= 0)
		return fail(why, "its files are not in the order of their names, each once");
	if (!(a->cnt & (a->cnt - 1))) {
		more = reallocarray(a->files, a->cnt ? a->cnt * 2UL : 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		a->files = more;
	}
	more = &a->files[a->cnt++];
	memcpy(more->name, h->name, sizeof(more->name));
	more->data = data;
	more->len = len;
	return 0;
}

/* One file at @at; *ret is how far it reaches. */
static int read_file(struct archive *a, const char *at, size_t left, size_t *ret, const char **why)
{
	struct header h;
	uint64_t len;
	size_t padded;
	int err;

	memcpy(&h, at, sizeof(h));
	err = check_header(&h, &len, why);
	if (err)
		return err;
	left -= BLOCK;
	padded = (len + BLOCK - 1) / BLOCK * BLOCK;
	if (len > left || padded > left)
		return fail(why, "it is cut");
	if (!is_zero(at + BLOCK + len, padded - len))
		return fail(why, "bytes stand where it has to be empty");
	*ret = BLOCK + padded;
	return add_file(a, &h, at + BLOCK, len, why);
}

static int read_files(struct archive *a, const char *bytes, size_t len, const char **why)
{
	size_t at = 0, step;
	int err = 0;

	if (len % BLOCK)
		return fail(why, "it is cut");
	while (!err && at < len && !is_zero(bytes + at, BLOCK)) {
		err = read_file(a, bytes + at, len - at, &step, why);
		if (!err)
			at += step;
	}
	if (err)
		return err;
	if (len - at < BLOCKS_AT_END * BLOCK)
		return fail(why, "it is cut");
	return is_zero(bytes + at, len - at) ? 0 : fail(why, "something follows its end");
}

int archive_read(const char *bytes, size_t len, struct archive *ret, const char **why)
{
	CLEANUP(archive_exit) struct archive a = { 0 };
	int err = read_files(&a, bytes, len, why);

	if (err)
		return err;
	*ret = a;
	a = (struct archive){ 0 };
	return 0;
}

void archive_exit(struct archive *a)
{
	free(a->files);
	*a = (struct archive){ 0 };
}

const struct archive_file *archive_find(const struct archive *a, const char *name)
{
	for (uint32_t i = 0; i < a->cnt; i++)
		if (!strcmp(a->files[i].name, name))
			return &a->files[i];
	return NULL;
}

static void write_octal(char *field, size_t size, uint64_t value)
{
	field[size - 1] = '\0';
	for (size_t i = size - 1; i--; value >>= 3)
		field[i] = (char)('0' + (value & 7));
}

void archive_add(struct buf *out, const char *name, const void *data, size_t len, int64_t mtime_s)
{
	struct header h = { .type = '0', .magic = "ustar", .version = { '0', '0' },
			    .user = "root", .group = "root" };

	snprintf(h.name, sizeof(h.name), "%s", name);
	write_octal(h.mode, sizeof(h.mode), 0644);
	write_octal(h.uid, sizeof(h.uid), 0);
	write_octal(h.gid, sizeof(h.gid), 0);
	write_octal(h.major, sizeof(h.major), 0);
	write_octal(h.minor, sizeof(h.minor), 0);
	write_octal(h.size, sizeof(h.size), len);
	write_octal(h.mtime, sizeof(h.mtime), mtime_s > 0 ? (uint64_t)mtime_s : 0);
	/* Six digits, a NUL, a blank: as everybody has written it since 1979. */
	write_octal(h.sum, sizeof(h.sum) - 1, sum_of(&h));
	h.sum[sizeof(h.sum) - 1] = ' ';
	buf_add(out, &h, sizeof(h));
	buf_add(out, data, len);
	buf_add(out, zeros, (BLOCK - len % BLOCK) % BLOCK);
}

void archive_end(struct buf *out)
{
	for (int i = 0; i < BLOCKS_AT_END; i++)
		buf_add(out, zeros, BLOCK);
}
