// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/zoneinfo.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "cmd/posixtz.h"
#include "inventory/root.h"

#define DAY_S 86400

/* The longest name in tzdata has 32 bytes; a policy takes 64. */
#define ZONE_NAME_MAX 65

/* "TZif", version, 15 reserved bytes, then six counts. */
struct tzif_header {
	char magic[4];
	uint8_t version;
	uint8_t reserved[15];
	uint32_t isut, isstd, leap, time, type, name; /* big-endian */
};
_Static_assert(sizeof(struct tzif_header) == 44, "RFC 8536, 3.1");

/* What is left to read. */
struct cursor {
	const uint8_t *at;
	size_t left;
};

/* The next @cnt things of @size bytes; NULL: there are not so many. */
static const uint8_t *take(struct cursor *c, uint64_t cnt, uint64_t size)
{
	const uint8_t *at = c->at;

	if (cnt > ZONEINFO_BYTES_MAX || cnt * size > c->left)
		return NULL;
	c->at += cnt * size;
	c->left -= cnt * size;
	return at;
}

static bool take_header(struct cursor *c, struct tzif_header *h)
{
	const uint8_t *bytes = take(c, 1, sizeof(*h));

	if (!bytes)
		return false;
	memcpy(h, bytes, sizeof(*h));
	h->isut = be32toh(h->isut);
	h->isstd = be32toh(h->isstd);
	h->leap = be32toh(h->leap);
	h->time = be32toh(h->time);
	h->type = be32toh(h->type);
	h->name = be32toh(h->name);
	return !memcmp(h->magic, "TZif", 4) && h->version >= '2';
}

/* What stands between two newlines after the data. */
static bool take_rule(struct cursor *c, struct zoneinfo *z)
{
	const uint8_t *end;
	struct posixtz tz;
	size_t len;

	if (!c->left || *c->at != '\n')
		return false;
	end = memchr(c->at + 1, '\n', c->left - 1);
	len = end ? (size_t)(end - c->at) - 1 : sizeof(z->rule);
	if (len >= sizeof(z->rule))
		return false;
	memcpy(z->rule, c->at + 1, len);
	z->rule[len] = '\0';
	return !len || !posixtz_parse(z->rule, &tz);
}

int zoneinfo_parse(const uint8_t *bytes, size_t len, struct zoneinfo *ret)
{
	struct cursor c = { bytes, len };
	struct zoneinfo z = { 0 };
	struct tzif_header h;

	/* First the same again in 32 bits, for readers of before 2005. */
	if (!take_header(&c, &h) || !take(&c, h.time, 5) || !take(&c, h.type, 6) ||
	    !take(&c, h.name, 1) || !take(&c, h.leap, 8) || !take(&c, h.isstd, 1) ||
	    !take(&c, h.isut, 1))
		return -EINVAL;
	/* With leap seconds ("right/") its epoch is not the kernel's. */
	if (!take_header(&c, &h) || !h.type || h.leap)
		return -EINVAL;
	z.time_cnt = h.time;
	z.type_cnt = h.type;
	z.times = take(&c, h.time, 8);
	z.indices = z.times ? take(&c, h.time, 1) : NULL;
	z.types = z.indices ? take(&c, h.type, 6) : NULL;
	if (!z.types || !take(&c, h.name, 1) || !take(&c, h.isstd, 1) || !take(&c, h.isut, 1))
		return -EINVAL;
	for (uint32_t i = 0; i < z.time_cnt; i++)
		if (z.indices[i] >= z.type_cnt)
			return -EINVAL;
	if (!take_rule(&c, &z))
		return -EINVAL;
	*ret = z;
	return 0;
}

static int64_t time_at(const struct zoneinfo *z, uint32_t i)
{
	uint64_t be;

	memcpy(&be, z->times + 8UL * i, sizeof(be));
	return (int64_t)be64toh(be);
}

/* Within a day and a bit, as RFC 8536 wants it, however damaged the file. */
static int32_t type_offset(const struct zoneinfo *z, uint32_t type)
{
	uint32_t be;
	int32_t offset;

	memcpy(&be, z->types + 6UL * type, sizeof(be));
	offset = (int32_t)be32toh(be);
	return offset < -93600 || offset > 93600 ? 0 : offset;
}

static int32_t offset_at(const struct zoneinfo *z, int64_t epoch_s)
{
	uint32_t low = 0, high = z->time_cnt;
	struct posixtz tz;

	/* How many changes were before? */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (time_at(z, middle) <= epoch_s)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z->time_cnt && !posixtz_parse(z->rule, &tz))
		return posixtz_offset(&tz, epoch_s);
	return type_offset(z, low ? z->indices[low - 1] : 0);
}

int64_t zoneinfo_to_epoch(const struct zoneinfo *z, int64_t local_s)
{
	/* No offset is longer than a day, no two changes are that near. */
	int32_t before = offset_at(z, local_s - DAY_S);
	int32_t after = offset_at(z, local_s + DAY_S);

	if (offset_at(z, local_s - before) == before)
		return local_s - before;
	if (offset_at(z, local_s - after) == after)
		return local_s - after;
	/* Left out: the change is between the two, and nothing else is. */
	for (int64_t low = local_s - after, high = local_s - before;;) {
		int64_t middle = low + (high - low) / 2;

		if (high - low <= 1)
			return high;
		if (offset_at(z, middle) == before)
			low = middle;
		else
			high = middle;
	}
}

static bool is_utc(const char *zone)
{
	return !strcmp(zone, "UTC") || !strcmp(zone, "Etc/UTC");
}

static bool is_safe_name(const char *zone)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";

	return *zone && *zone != '/' && strlen(zone) < ZONE_NAME_MAX &&
	       !zone[strspn(zone, set)];
}

static int read_zone(const char *zone, uint8_t *bytes, size_t size, size_t *ret_len)
{
	char path[sizeof(ZONEINFO_DIR) + ZONE_NAME_MAX];
	CLEANUP(close_fdp) int where = -1;
	CLEANUP(close_fdp) int fd = -1;
	struct stat st;

	if (!is_safe_name(zone))
		return -EINVAL;
	snprintf(path, sizeof(path), ZONEINFO_DIR "/%s", zone);
	where = open(path, O_PATH | O_CLOEXEC);
	if (where < 0)
		return -errno;
	fd = root_reopen(where);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	if ((uint64_t)st.st_size > size)
		return -EFBIG;
	*ret_len = (size_t)st.st_size;
	return root_read_at(fd, bytes, *ret_len, 0);
}

/*
 * The zone that was asked for last: a policy asks thousands of times for its
 * one zone, through functions that take no context.
 */
static _Thread_local struct {
	char name[ZONE_NAME_MAX];
	bool is_there;
	struct zoneinfo zone;
	uint8_t bytes[ZONEINFO_BYTES_MAX];
} last;

static const struct zoneinfo *zone_named(const char *zone)
{
	size_t len = 0;

	if (!is_safe_name(zone))
		return NULL;
	if (strcmp(last.name, zone) != 0) {
		last.is_there = !read_zone(zone, last.bytes, sizeof(last.bytes), &len) &&
				!zoneinfo_parse(last.bytes, len, &last.zone);
		snprintf(last.name, sizeof(last.name), "%s", zone);
	}
	return last.is_there ? &last.zone : NULL;
}

void zoneinfo_forget(void)
{
	last.name[0] = '\0';
}

bool zoneinfo_exists(const char *zone)
{
	return is_utc(zone) || zone_named(zone);
}

int64_t zoneinfo_time(const char *zone, int year, int mon, int day, int hour, int min, int sec)
{
	struct date d = { .year = year, .mon = mon, .day = day, .hour = hour, .min = min,
			  .sec = sec };
	const struct zoneinfo *z = is_utc(zone) ? NULL : zone_named(zone);
	int64_t local_s = date_to_epoch(&d);

	/* zoneinfo_exists() was asked first, so NULL is UTC. */
	return z ? zoneinfo_to_epoch(z, local_s) : local_s;
}

int32_t zoneinfo_offset(const char *zone, int64_t epoch_s)
{
	const struct zoneinfo *z = is_utc(zone) ? NULL : zone_named(zone);

	return z ? offset_at(z, epoch_s) : 0;
}

bool zoneinfo_is_installed(void)
{
	/* Not the directory: an empty one is left behind in many images. */
	return !access(ZONEINFO_DIR "/Etc/UTC", F_OK) || !access(ZONEINFO_DIR "/UTC", F_OK) ||
	       !access(ZONEINFO_DIR "/Asia", F_OK);
}
