/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's zone database, /usr/share/zoneinfo: local time to seconds since
 * the epoch.
 *
 * The C library knows one zone per process, TZ. A policy has a zone of its
 * own, and to change TZ under running threads is not safe; so the files are
 * read here (TZif, RFC 8536), each read bounded by the file's own length.
 */
#ifndef WEIR_CMD_ZONEINFO_H
#define WEIR_CMD_ZONEINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZONEINFO_DIR "/usr/share/zoneinfo"

/* The largest file of tzdata has 3.5 KiB. */
#define ZONEINFO_BYTES_MAX 65536

/* The bytes of one zone file, parts borrowed from them. */
struct zoneinfo {
	const uint8_t *times;	/* time_cnt big-endian seconds */
	const uint8_t *indices; /* time_cnt indices of types */
	const uint8_t *types;	/* type_cnt of six bytes: offset, is it summer, name */
	uint32_t time_cnt, type_cnt;
	char rule[128]; /* POSIX TZ, for after the last of times; "": none */
};

/* 0, or -EINVAL: no TZif of version 2 or later, damaged, or with leap seconds. */
int zoneinfo_parse(const uint8_t *bytes, size_t len, struct zoneinfo *ret);

/*
 * @local_s: what the zone's clock shows, as if it were UTC. The first moment at
 * which it shows that or more: of an hour that comes twice in the first pass,
 * and of one that is left out the moment of the change.
 */
int64_t zoneinfo_to_epoch(const struct zoneinfo *z, int64_t local_s);

/* For struct policy_context. UTC and Etc/UTC are there without a database. */
bool zoneinfo_exists(const char *zone);
int64_t zoneinfo_time(const char *zone, int year, int mon, int day, int hour, int min,
		      int sec);

/* Seconds that @zone's clock is east of UTC at @epoch_s. */
int32_t zoneinfo_offset(const char *zone, int64_t epoch_s);

/* Is there a database at all? */
bool zoneinfo_is_installed(void);

/* Reads zones anew from now on: the database may have been upgraded. */
void zoneinfo_forget(void);

#endif /* WEIR_CMD_ZONEINFO_H */
