// SPDX-License-Identifier: GPL-2.0-only
/* ELF files, honest and hostile, in memory and on disk. */
#include <stdbool.h>
#include <sys/resource.h>

#include "elf_image.h"
#include "memory_file.h"
#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "inventory/digest.h"
#include "parse/elf.h"
#include "parse/needles.h"
#include "inventory/root.h"

static struct elf_image honest(void)
{
	struct elf_image e;

	elf_image_init(&e, "/lib64/ld-linux-x86-64.so.2");
	elf_image_tag(&e, DT_SONAME, "libewcore.so.3");
	elf_image_tag(&e, DT_NEEDED, "libc.so.6");
	elf_image_tag(&e, DT_NEEDED, "libew.so.1");
	elf_image_tag(&e, DT_RUNPATH, "$ORIGIN/lib");
	memset(e.note.id, 0xab, sizeof(e.note.id));
	strcat(e.note.package, "{\"type\":\"deb\",\"name\":\"ew-agent\"}");
	strcat(e.text, "Examplewall Endpoint Agent, version 7");
	return e;
}

static bool same(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

static void test_honest(void)
{
	CLEANUP(elf_freep) struct elf_facts *f = NULL;
	struct elf_image e = honest();

	ok(!elf_read_memory(&e, ELF_IMAGE_BYTES, &f), "an honest file is read");
	ok(same(f->soname, "libewcore.so.3"), "its soname");
	ok(f->needed_cnt == 2 && same(f->needed[1], "libew.so.1"), "what it needs, in order");
	ok(same(f->interp, "/lib64/ld-linux-x86-64.so.2"), "its loader");
	ok(same(f->runpath, "$ORIGIN/lib") && !f->rpath, "its runpath");
	ok(f->build_id.len == 20 && f->build_id.id[19] == 0xab, "its build-id");
	ok(f->package && strstr(f->package, "ew-agent"), "its package note");
	ok(f->load_cnt == 1 && !f->cut, "its segment, and nothing was cut");
}

struct lie {
	const char *title;
	void (*tell)(struct elf_image *e);
	bool keeps_soname, keeps_build_id;
};

static void huge_phnum(struct elf_image *e) { e->head.e_phnum = 0xffff; }
static void odd_phentsize(struct elf_image *e) { e->head.e_phentsize = 1; }
static void far_phoff(struct elf_image *e) { e->head.e_phoff = UINT64_MAX - 7; }
static void bad_sections(struct elf_image *e)
{
	e->head.e_shoff = UINT64_MAX;
	e->head.e_shnum = 0xfff0;
	e->head.e_shentsize = 3;
}
static void huge_note(struct elf_image *e) { e->note.head.n_descsz = UINT32_MAX; }
static void huge_note_name(struct elf_image *e) { e->note.head.n_namesz = UINT32_MAX - 2; }
static void long_id(struct elf_image *e) { e->note.head.n_descsz = 65; }
static void note_over_all(struct elf_image *e)
{
	e->phdrs[IMAGE_NOTE].p_offset = 0;
	e->phdrs[IMAGE_NOTE].p_filesz = UINT64_MAX;
}
static void dynamic_past_end(struct elf_image *e)
{
	e->phdrs[IMAGE_DYNAMIC].p_offset = ELF_IMAGE_BYTES - 8;
}
static void strtab_nowhere(struct elf_image *e) { e->dyn[0].d_un.d_val = UINT64_MAX - 1; }
static void strsz_huge(struct elf_image *e) { e->dyn[1].d_un.d_val = UINT64_MAX; }
static void soname_far(struct elf_image *e) { e->dyn[2].d_un.d_val = UINT64_MAX - 3; }
static void load_wraps(struct elf_image *e)
{
	e->phdrs[IMAGE_LOAD].p_filesz = UINT64_MAX;
	e->phdrs[IMAGE_LOAD].p_memsz = UINT64_MAX;
}
static void interp_unended(struct elf_image *e) { memset(e->interp, 'a', sizeof(e->interp)); }

static const struct lie lies[] = {
	{ "a table of 65,535 program headers", huge_phnum, false, false },
	{ "program headers of one byte", odd_phentsize, false, false },
	{ "program headers at the end of all numbers", far_phoff, false, false },
	/* No loader reads them: the file runs, so its facts count. */
	{ "section headers that cannot be", bad_sections, true, true },
	{ "a note of 4 GiB", huge_note, true, false },
	{ "a note with a name of 4 GiB", huge_note_name, true, false },
	{ "a build-id longer than any", long_id, true, false },
	{ "notes that overlap everything", note_over_all, true, false },
	{ "a dynamic section past the end", dynamic_past_end, false, true },
	{ "strings at no address", strtab_nowhere, false, true },
	{ "strings without end", strsz_huge, true, true },
	{ "a soname far away", soname_far, false, true },
	{ "a segment larger than the file", load_wraps, true, true },
	{ "a loader without end", interp_unended, true, true },
};

static void test_lies(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		CLEANUP(elf_freep) struct elf_facts *f = NULL;
		struct elf_image e = honest();
		int err;

		lies[i].tell(&e);
		err = elf_read_memory(&e, ELF_IMAGE_BYTES, &f);
		ok(!err && !!f->soname == lies[i].keeps_soname &&
			   !!f->build_id.len == lies[i].keeps_build_id,
		   "%s hides only itself", lies[i].title);
	}
}

static void test_truncated(void)
{
	struct elf_image e = honest();
	unsigned int read = 0;

	for (size_t len = 0; len <= ELF_IMAGE_BYTES; len++) {
		CLEANUP(elf_freep) struct elf_facts *f = NULL;
		/* Exactly as long, so that the sanitizer sees one byte too many. */
		void *cut = malloc(len ? len : 1);

		memcpy(cut, &e, len);
		read += !elf_read_memory(cut, len, &f);
		free(cut);
	}
	ok(read == ELF_IMAGE_BYTES - sizeof(Elf64_Ehdr) + 1,
	   "a file cut anywhere is read as far as it goes");
}

static int find_in(const struct tree *t, const char *path, const char *const *texts,
		   uint32_t cnt, bool *found)
{
	CLEANUP(close_fdp) int fd = root_open_file(t->fd, path, NULL);
	CLEANUP(needles_freep) struct needles *n = NULL;
	CLEANUP(elf_freep) struct elf_facts *f = NULL;
	int err;

	err = needles_new(texts, cnt, &n);
	if (!err)
		err = elf_read(fd, &f);
	return err ? err : needles_find(n, fd, f->loads, f->load_cnt, 0, found);
}

static void test_needles(const struct tree *t)
{
	static const char *const texts[] = { "Examplewall Endpoint Agent, version",
					     "Examplewall Endpoint Agent, verse", "Exam",
					     "beyond the segment" };
	size_t size = 600000;
	char *big = calloc(1, size);
	struct elf_image e = honest();
	bool found[4] = {};

	e.phdrs[IMAGE_LOAD].p_filesz = size - 100;
	memset(e.text, 0, sizeof(e.text));
	memcpy(big, &e, ELF_IMAGE_BYTES);
	/* Across the border of two chunks of 256 KiB. */
	memcpy(big + 256 * 1024 - 9, texts[0], strlen(texts[0]));
	memcpy(big + size - 50, texts[3], strlen(texts[3]));
	tree_bytes(t, "/big", big, size);
	free(big);
	ok(!find_in(t, "/big", texts, 4, found), "a file is searched for texts");
	ok(found[0] && found[2], "a text across two chunks is found");
	ok(!found[1] && !found[3], "a near miss and what no segment maps are not");
	ok(find_in(t, "/big", (const char *const[]){ "abc" }, 1, found) == -EINVAL,
	   "a text of three bytes is refused");
}

/* Not every position is asked: so each place of a text, at each length of the shortest. */
static void test_every_place(void)
{
	static const char text[] = "Examplewall Endpoint Agent, version";
	static char bytes[3 * 256 * 1024];
	unsigned int missed = 0, wrong = 0;

	for (size_t shortest = NEEDLE_LEN_MIN; shortest < 24; shortest++) {
		const char *const texts[] = { text, &text[sizeof(text) - 1 - shortest], "not there" };
		CLEANUP(needles_freep) struct needles *n = NULL;

		tree_must(!needles_new(texts, 3, &n), "needles_new");
		for (size_t at = 0; at < 40; at++) {
			/* At the start of the file and astride the border of two chunks. */
			size_t where = at % 2 ? at : 256 * 1024 - 20 + at;
			struct elf_range whole = { 0, where + sizeof(text) - 1 };
			CLEANUP(close_fdp) int fd = -1;
			bool found[3] = {};

			memset(bytes, 'v', where);
			memcpy(bytes + where, text, sizeof(text) - 1);
			fd = memory_file(bytes, whole.len);
			tree_must(!needles_find(n, fd, &whole, 1, 0, found), "needles_find");
			missed += !found[0] || !found[1];
			wrong += found[2];
		}
	}
	ok(!missed && !wrong, "a text is found wherever it stands");
}

static void test_disk(const struct tree *t)
{
	CLEANUP(elf_freep) struct elf_facts *f = NULL;
	CLEANUP(close_fdp) int fd = -1, null = -1;
	struct elf_image e = honest();
	uint8_t sum[WEIR_SHA256_LEN];
	char path[128];

	tree_bytes(t, "/elf", &e, ELF_IMAGE_BYTES);
	snprintf(path, sizeof(path), "%s/elf", t->base);
	/* 4 GiB of which nearly all is a hole, and a note that spans it. */
	tree_must(!truncate(path, 4LL << 30), path);
	fd = root_open_file(t->fd, "/elf", NULL);
	ok(!elf_read(fd, &f) && same(f->soname, "libewcore.so.3"),
	   "a sparse file of 4 GiB is read");
	ok(digest_file(fd, 1 << 20, sum, NULL) == -EFBIG, "and not hashed");
	snprintf(path, sizeof(path), "%s/fifo", t->base);
	tree_must(!mkfifo(path, 0600), path);
	ok(root_open_file(t->fd, "/fifo", NULL) == -EINVAL, "a FIFO is refused, not waited for");
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	f = elf_free(f);
	ok(elf_read(null, &f) == -EINVAL, "a device is refused");
	ok(root_open_file(t->fd, "/", NULL) == -EINVAL, "a directory is refused");
}

static void test_digest(const struct tree *t)
{
	static const uint8_t want[4] = { 0xba, 0x78, 0x16, 0xbf }; /* of "abc", FIPS 180-4 */
	CLEANUP(close_fdp) int fd = -1;
	uint8_t sum[WEIR_SHA256_LEN];
	uint64_t size = 0;

	tree_text(t, "/abc", "abc");
	fd = root_open_file(t->fd, "/abc", NULL);
	ok(!digest_file(fd, 3, sum, &size) && !memcmp(sum, want, 4) && size == 3,
	   "SHA-256 of abc is the standard's");
}

static void test_self(void)
{
	CLEANUP(elf_freep) struct elf_facts *f = NULL;
	CLEANUP(close_fdp) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	ok(!elf_read(fd, &f) && f->interp && f->needed_cnt && !f->cut,
	   "this test's own file is read without a cut");
}

int main(void)
{
	struct tree t;

	tree_init(&t);
	test_honest();
	test_lies();
	test_truncated();
	test_needles(&t);
	test_every_place();
	test_disk(&t);
	test_digest(&t);
	test_self();
	tree_exit(&t);
	return tap_done();
}
