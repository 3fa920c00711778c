// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seeds for fuzz_record: one record of each type, written to files below the
 * directory that is named.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "record.h"

#define ARGV "/opt/examplewall/agent\0--token\0x\0https://a:b@c.test/?token=d"

static int save(const char *dir, const char *name, const struct record *r)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f)
		return -errno;
	fwrite(r->bytes, 1, r->rec.len, f);
	return fclose(f) ? -errno : 0;
}

static int save_all(const char *dir)
{
	struct record r;
	int err;

	record_file(&r, WEIR_REC_EXEC, "/opt/examplewall/agent", ARGV, sizeof(ARGV));
	record_answer(&r, 0, WEIR_DENY, WEIR_BY_RULE, WEIR_BLOCK, 1);
	r.rec.flags = WEIR_REC_HASHED;
	r.file.interp_off = record_add(&r, "/bin/sh", 8);
	r.file.name_off = record_add(&r, "./agent", 8);
	err = save(dir, "exec", &r);
	if (err)
		return err;
	record_file(&r, WEIR_REC_LOAD, "/opt/\xff\x1b[2J\xe2\x80\xae.so", NULL, 0);
	record_answer(&r, 0, WEIR_ALLOW, WEIR_BY_FLAG, WEIR_BLOCK, 1);
	err = save(dir, "load", &r);
	if (err)
		return err;
	record_file(&r, WEIR_REC_MODULE, NULL, NULL, 0);
	r.rec.flags = WEIR_REC_INIT_MOD;
	err = save(dir, "module", &r);
	if (err)
		return err;
	record_file(&r, WEIR_REC_NEW, "/usr/bin/new", "new", 4);
	err = save(dir, "new", &r);
	if (err)
		return err;
	record_connect(&r, 0xcb007109, 443);
	return save(dir, "connect", &r);
}

int main(int argc, char **argv)
{
	int err;

	if (argc != 2) {
		fprintf(stderr, "Usage: record_corpus DIR\n");
		return 2;
	}
	err = mkdir(argv[1], 0755) && errno != EEXIST ? -errno : save_all(argv[1]);
	if (err)
		fprintf(stderr, "record_corpus: %s: %s\n", argv[1], strerror(-err));
	return err ? 1 : 0;
}
