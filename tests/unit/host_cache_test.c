// SPDX-License-Identifier: GPL-2.0-only
/* What files said is remembered, and nothing that could be wrong by now. */
#include <stdbool.h>
#include <string.h>

#include "elf_image.h"
#include "survey.h"
#include "tap.h"
#include "tree.h"

#include "inventory/cache.h"

#define NAME "facts"
#define SECOND 1000000000LL
#define NOW (1900000000 * SECOND)

static struct indicator list[] = {
	{ .kind = IND_SONAME, .value = "libewcore.so.3" },
	{ .kind = IND_SHA256, .value = "00", .size = 77 },
	{ .kind = IND_PATH, .value = "/usr/bin/ewctl" },
};

static const struct catalog catalog = { .indicators = list, .indicator_cnt = ARRAY_SIZE(list) };

static const char *const needed[] = { "libc.so.6", "libewbase.so.1" };
static const struct fact others[] = { { IND_ELF_STRING, "Examplewall Agent" } };

static struct facts said_facts(void)
{
	struct facts f = {
		.build_id_len = 20,
		.soname = "libewcore.so.3",
		.needed = needed,
		.needed_cnt = ARRAY_SIZE(needed),
		.note = { "deb", "ew-agent" },
		.others = others,
		.other_cnt = ARRAY_SIZE(others),
	};

	memset(f.build_id, 0xab, 20);
	return f;
}

static struct stat file(unsigned int ino)
{
	struct stat st = { .st_dev = 5, .st_ino = ino, .st_size = 4000 };

	st.st_ctim.tv_sec = 1800000000;
	st.st_ctim.tv_nsec = 123456789;
	return st;
}

static struct identity_cache *new_cache(const struct catalog *c)
{
	struct identity_cache *x = NULL;

	tree_must(!identity_cache_new(c, &x), "identity_cache_new");
	return x;
}

static enum cache_answer ask(struct identity_cache *x, struct stat st)
{
	struct facts f;

	return identity_cache_get(x, &st, &f);
}

static bool is_said(struct identity_cache *x, struct stat st)
{
	struct facts f;

	return identity_cache_get(x, &st, &f) == CACHE_SAID && f.size == 4000 &&
	       f.build_id_len == 20 && f.build_id[19] == 0xab &&
	       !strcmp(f.soname, "libewcore.so.3") && f.needed_cnt == 2 &&
	       !strcmp(f.needed[1], "libewbase.so.1") && !strcmp(f.note.name, "ew-agent") &&
	       f.other_cnt == 1 && f.others[0].kind == IND_ELF_STRING &&
	       !strcmp(f.others[0].value, "Examplewall Agent");
}

static struct identity_cache *filled(void)
{
	struct identity_cache *x = new_cache(&catalog);
	struct facts f = said_facts();

	for (unsigned int i = 1; i <= 1000; i++) {
		struct stat st = file(i);

		tree_must(!identity_cache_put(x, &st, NOW, i % 100 ? NULL : &f), "put");
	}
	return x;
}

static void test_memory(void)
{
	struct identity_cache *x = filled();
	struct facts f = said_facts();
	struct cache_counts counts;
	struct stat st = file(1);

	ok(ask(x, st) == CACHE_SILENT, "that a file says nothing is remembered");
	ok(is_said(x, file(100)), "and what another said");
	ok(ask(x, file(1001)) == CACHE_UNKNOWN, "a file that was never seen is not known");
	st.st_ctim.tv_nsec++;
	ok(ask(x, st) == CACHE_UNKNOWN, "nor one that changed since");
	st = file(1);
	st.st_size++;
	ok(ask(x, st) == CACHE_UNKNOWN, "nor one of another size");
	st = file(1);
	st.st_dev++;
	ok(ask(x, st) == CACHE_UNKNOWN, "nor one of another file system");
	st = file(2000);
	st.st_ctim.tv_sec = NOW / SECOND - 59;
	tree_must(!identity_cache_put(x, &st, NOW, NULL), "put");
	ok(ask(x, st) == CACHE_UNKNOWN, "what changed within the last minute is not taken");
	st.st_ctim.tv_sec = NOW / SECOND + 1;
	tree_must(!identity_cache_put(x, &st, NOW, &f), "put");
	ok(ask(x, st) == CACHE_UNKNOWN, "nor what changed in the future");
	identity_cache_count(x, &counts);
	ok(counts.silent == 990 && counts.said == 10 && counts.known == 2, "all are counted");
	identity_cache_free(x);
}

static void test_disk(const struct tree *t)
{
	struct identity_cache *x = filled(), *y = new_cache(&catalog);
	struct indicator other[] = { { .kind = IND_SONAME, .value = "libewcore.so.4" } };
	struct indicator more_paths[] = { list[0], list[1], { .kind = IND_PATH, .value = "/x" } };
	struct catalog c = { .indicators = other, .indicator_cnt = 1 };
	struct cache_counts counts;

	ok(identity_cache_load(y, t->fd, NAME) == -ENOENT, "there is none at first");
	ok(!identity_cache_save(x, t->fd, NAME), "it is written");
	ok(!identity_cache_load(y, t->fd, NAME) && ask(y, file(7)) == CACHE_SILENT &&
		   is_said(y, file(200)),
	   "and knows the same when it is read");
	identity_cache_free(y);
	y = new_cache(&c);
	ok(identity_cache_load(y, t->fd, NAME) == -ESTALE && ask(y, file(7)) == CACHE_UNKNOWN,
	   "with another catalogue it is void");
	identity_cache_free(y);
	c = (struct catalog){ .indicators = more_paths, .indicator_cnt = 3 };
	y = new_cache(&c);
	ok(!identity_cache_load(y, t->fd, NAME), "unless only places differ");
	/* Three inventories in which nobody asks for any but one. */
	for (unsigned int i = 0; i < 4; i++) {
		struct stat st = file(5000 + i);

		tree_must(ask(y, file(100)) == CACHE_SAID, "kept");
		tree_must(!identity_cache_put(y, &st, NOW, NULL), "put");
		tree_must(!identity_cache_save(y, t->fd, NAME), "save");
		identity_cache_free(y);
		y = new_cache(&c);
		tree_must(!identity_cache_load(y, t->fd, NAME), "load");
	}
	identity_cache_count(y, &counts);
	ok(counts.silent < 10 && counts.said == 1 && is_said(y, file(100)),
	   "what nobody asks for is forgotten (%u left)", counts.silent);
	identity_cache_free(y);
	identity_cache_free(x);
}

static size_t read_back(const struct tree *t, uint8_t *bytes, size_t size)
{
	int fd = openat(t->fd, NAME, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, bytes, size);

	tree_must(len > 0, NAME);
	close(fd);
	return (size_t)len;
}

static int load_bytes(const struct tree *t, const uint8_t *bytes, size_t len, bool *ret_empty)
{
	struct identity_cache *x = new_cache(&catalog);
	struct cache_counts counts;
	int err;

	tree_bytes(t, "/" NAME, bytes, len);
	err = identity_cache_load(x, t->fd, NAME);
	identity_cache_count(x, &counts);
	*ret_empty = !counts.silent && !counts.said;
	identity_cache_free(x);
	return err;
}

static void test_damage(const struct tree *t)
{
	static uint8_t bytes[65536], bad[65536];
	struct identity_cache *x = filled();
	unsigned int wrong = 0;
	bool is_empty;
	size_t len;

	tree_must(!identity_cache_save(x, t->fd, NAME), "save");
	identity_cache_free(x);
	len = read_back(t, bytes, sizeof(bytes));
	for (size_t at = 0; at < len; at += at < 100 ? 1 : 97) {
		memcpy(bad, bytes, len);
		bad[at] ^= 0x40;
		wrong += load_bytes(t, bad, len, &is_empty) != -EBADMSG || !is_empty;
	}
	ok(!wrong, "one wrong bit anywhere, and nothing of it is used (%u)", wrong);
	for (size_t at = 1; at < len; at += at < 200 ? 1 : 211)
		wrong += load_bytes(t, bytes, at, &is_empty) != -EBADMSG || !is_empty;
	ok(!wrong, "nor when its end is missing (%u)", wrong);
	ok(!load_bytes(t, bytes, len, &is_empty) && !is_empty, "whole, it is used");
	tree_must(!fchmodat(t->fd, NAME, 0666, 0), "chmod");
	x = new_cache(&catalog);
	ok(identity_cache_load(x, t->fd, NAME) == -EBADMSG, "what others may write is not trusted");
	tree_must(!unlinkat(t->fd, NAME, 0) && !mkfifoat(t->fd, NAME, 0600), "mkfifo");
	ok(identity_cache_load(x, t->fd, NAME) == -EBADMSG, "a FIFO is not waited for");
	unlinkat(t->fd, NAME, 0);
	identity_cache_free(x);
}

/* Twice what it may hold. */
static void test_bounds(const struct tree *t)
{
	struct identity_cache *x = new_cache(&catalog);
	static char text[8000];
	struct facts f = { .soname = text };
	struct cache_counts counts;
	struct stat st;

	memset(text, 's', sizeof(text) - 1);
	for (unsigned int i = 0; i < 3 * (CACHE_SAID_BYTES_MAX / sizeof(text)); i++) {
		st = file(i);
		tree_must(!identity_cache_put(x, &st, NOW, &f), "put");
	}
	identity_cache_count(x, &counts);
	ok(counts.said && counts.bytes < CACHE_SAID_BYTES_MAX + (1u << 20),
	   "what files say takes a bounded room (%u)", counts.said);
	for (unsigned int i = 0; i < 500000; i++) {
		st = file(i + 100000);
		tree_must(!identity_cache_put(x, &st, NOW, NULL), "put");
	}
	tree_must(!identity_cache_save(x, t->fd, NAME), "save");
	identity_cache_count(x, &counts);
	ok(counts.silent == 500000 && counts.bytes < (18u << 20),
	   "half a million silent files take %llu KiB", (unsigned long long)counts.bytes / 1024);
	identity_cache_free(x);
	x = new_cache(&catalog);
	tree_must(!identity_cache_load(x, t->fd, NAME), "load");
	for (unsigned int i = 0; i < CACHE_SILENT_MAX; i++) {
		st = file(i + 1000000);
		tree_must(!identity_cache_put(x, &st, NOW, NULL), "put");
	}
	identity_cache_count(x, &counts);
	st = file(1000000);
	ok(counts.silent <= CACHE_SILENT_MAX && ask(x, st) == CACHE_SILENT &&
		   ask(x, file(100000)) == CACHE_UNKNOWN,
	   "the oldest make room for the new");
	identity_cache_free(x);
}

static const char vendor[] =
	"vendor: examplewall\nname: Examplewall Inc.\nproducts:\n  - product: agent\n"
	"    name: Examplewall Endpoint Agent\n    class: vendor_product\n    indicators:\n"
	"      - {kind: soname, value: libewcore.so.3}\n"
	"      - {kind: path, value: /opt/lib/libother.so}\n";

/* A file whose content is no longer what it was, without anything that could tell. */
static void test_survey(const struct tree *t)
{
	struct survey_test s;
	struct cache_counts counts;
	struct elf_image e;
	struct stat st;

	elf_image_init(&e, "");
	elf_image_tag(&e, DT_SONAME, "libewcore.so.3");
	tree_bytes(t, "/tree/libewcore.so", &e, ELF_IMAGE_BYTES);
	tree_text(t, "/tree/script.so", "#!/bin/sh\n");
	survey_test_init(&s, t->fd, vendor, NULL);
	tree_must(!identity_cache_new(s.catalog, &s.s.cache), "cache");
	survey_test_run(&s, "files");
	identity_cache_count(s.s.cache, &counts);
	ok(s.seen_cnt == 1 && counts.asked && !counts.silent && !counts.said,
	   "files that are new are read and not remembered (%llu asked)",
	   (unsigned long long)counts.asked);
	/* As if they had been read a day later. */
	tree_must(!fstatat(t->fd, "tree/script.so", &st, 0), "stat");
	identity_cache_put(s.s.cache, &st, (st.st_ctim.tv_sec + 86400) * SECOND, NULL);
	tree_must(!fstatat(t->fd, "tree/libewcore.so", &st, 0), "stat");
	identity_cache_put(s.s.cache, &st, (st.st_ctim.tv_sec + 86400) * SECOND,
			   &(struct facts){ .soname = "libewcore.so.3", .build_id_len = 1 });
	survey_test_forget(&s);
	survey_test_run(&s, "files");
	ok(s.seen_cnt == 1 && s.seen[0].build_id_len == 1 && seen_is(&s.seen[0], "examplewall/agent"),
	   "what is remembered is told without reading the file");
	identity_cache_free(s.s.cache);
	survey_test_exit(&s);
}

int main(void)
{
	struct tree t;

	setlinebuf(stdout);
	test_memory();
	tree_init(&t);
	test_disk(&t);
	test_damage(&t);
	test_bounds(&t);
	test_survey(&t);
	tree_exit(&t);
	return tap_done();
}
