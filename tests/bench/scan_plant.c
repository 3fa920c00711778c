// SPDX-License-Identifier: GPL-2.0-only
/*
 * A made-up tree to scan, the same one each time:
 *
 *   scan_plant DIR COUNT      COUNT files below DIR; prints "files dirs elf scripts bytes"
 *
 * As on a host with much installed: mostly small files that nothing runs, some
 * twelve in a directory, 2.5 % ELF files of 16 KiB to 1 MiB whose bytes are not
 * all alike, 1.5 % scripts. What no scan reads has holes.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_image.h"

#define PER_DIR 12
#define DIRS_PER_DIR 6
#define BLOCK_BYTES (1u << 20)

struct counts {
	unsigned long files, dirs, elf, scripts, bytes;
};

static uint64_t state = 88172645463325252ULL;
static char block[2 * BLOCK_BYTES];

static uint64_t rnd(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static void must(bool fine, const char *what)
{
	if (fine)
		return;
	perror(what);
	exit(1);
}

static void name_file(char *name, size_t size, const char *end)
{
	static const char *const words[] = { "config", "index", "lib",	"data", "test", "main",
					     "locale", "icon",	"page", "util", "read", "theme" };

	snprintf(name, size, "%s-%s%lx%s", words[rnd(12)], words[rnd(12)], rnd(1ul << 32), end);
}

static void put(int dir, const char *name, mode_t mode, const void *bytes, size_t len,
		off_t size)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	must(fd >= 0, name);
	must(write(fd, bytes, len) == (ssize_t)len, name);
	must(size <= (off_t)len || !ftruncate(fd, size), name);
	close(fd);
}

static void put_elf(int dir, struct counts *c)
{
	size_t len = 16384ul << rnd(3);
	struct elf_image e;
	char name[64], text[32];

	/* Few are large, and these make up most of the bytes. */
	len = rnd(20) ? len + rnd(len) : BLOCK_BYTES / 2 + rnd(BLOCK_BYTES / 2);
	elf_image_init(&e, "/lib64/ld-linux-x86-64.so.2");
	snprintf(text, sizeof(text), "libmade%lx.so.1", rnd(1ul << 32));
	elf_image_tag(&e, DT_SONAME, text);
	elf_image_tag(&e, DT_NEEDED, "libc.so.6");
	e.phdrs[IMAGE_LOAD].p_filesz = e.phdrs[IMAGE_LOAD].p_memsz = len;
	for (size_t i = 0; i < sizeof(e.note.id); i++)
		e.note.id[i] = (uint8_t)rnd(256);
	memcpy(block, &e, ELF_IMAGE_BYTES);
	/* Whatever comes behind differs from file to file by where it begins. */
	memcpy(block + ELF_IMAGE_BYTES, block + BLOCK_BYTES + rnd(4096), len - ELF_IMAGE_BYTES - 8192);
	name_file(name, sizeof(name), rnd(3) ? ".so.1" : "");
	put(dir, name, 0755, block, len, 0);
	c->elf++;
	c->bytes += len;
}

static void put_file(int dir, struct counts *c)
{
	static const char *const ends[] = { ".txt", ".py", ".h", ".png", ".mo", ".svg", ".pyc", "" };
	uint64_t kind = rnd(1000);
	char name[64];
	off_t size;

	if (kind < 25) {
		put_elf(dir, c);
		return;
	}
	if (kind < 40) {
		name_file(name, sizeof(name), "");
		put(dir, name, 0755, "#!/bin/sh\nexit 0\n", 17, 0);
		c->scripts++;
		return;
	}
	name_file(name, sizeof(name), ends[rnd(8)]);
	size = (off_t)rnd(kind < 700 ? 2048 : kind < 950 ? 8192 : 131072) + 1;
	put(dir, name, 0644, block + BLOCK_BYTES, 64, size);
	c->bytes += (unsigned long)size;
}

/* Directories breadth first, so that each is full before those below it. */
int main(int argc, char **argv)
{
	unsigned long want = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct counts c = { 0 };
	char path[64] = "";

	if (!want) {
		fprintf(stderr, "Usage: scan_plant DIR COUNT\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char)(rnd(4) ? rnd(96) + 32 : rnd(256));
	must(!chdir(argv[1]), argv[1]);
	for (unsigned long d = 0; c.files < want; d++) {
		unsigned long at = d;
		char *p = path + sizeof(path) - 1;
		int fd;

		/* d1/d0/d4: the number of the directory in base DIRS_PER_DIR, without zero */
		for (*p = '\0'; at; at = (at - 1) / DIRS_PER_DIR) {
			*--p = (char)('a' + (at - 1) % DIRS_PER_DIR);
			*--p = '/';
		}
		must(!d || !mkdir(p + 1, 0755), "mkdir");
		fd = open(d ? p + 1 : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		must(fd >= 0, "directory");
		c.dirs++;
		for (uint64_t n = rnd(2 * PER_DIR) + 1; n && c.files < want; n--, c.files++)
			put_file(fd, &c);
		close(fd);
	}
	printf("%lu %lu %lu %lu %lu\n", c.files, c.dirs, c.elf, c.scripts, c.bytes);
	return 0;
}
