// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/identity.h"

#include <errno.h>
#include <jansson.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "inventory/digest.h"
#include "inventory/mounts.h"
#include "inventory/root.h"

struct expectation {
	atomic_uint refs;
	uint64_t *sizes; /* of listed files, sorted */
	uint32_t size_cnt;
	struct needles *needles;
};

static int compare_sizes(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct expectation *expectation_get(struct expectation *x)
{
	atomic_fetch_add(&x->refs, 1);
	return x;
}

void expectation_put(struct expectation *x)
{
	if (!x || atomic_fetch_sub(&x->refs, 1) != 1)
		return;
	needles_free(x->needles);
	free(x->sizes);
	free(x);
}

static void expectation_putp(struct expectation **x)
{
	expectation_put(*x);
}

static bool is_needle(const struct indicator *ind)
{
	size_t len = ind->kind == IND_ELF_STRING ? strlen(ind->value) : 0;

	return len >= NEEDLE_LEN_MIN && len <= NEEDLE_LEN_MAX;
}

static int collect(struct expectation *x, const struct catalog *c)
{
	CLEANUP(freep) const char **texts = NULL;
	uint32_t texts_cnt = 0, sizes = 0, strings = 0;

	for (uint32_t i = 0; i < c->indicator_cnt; i++) {
		sizes += c->indicators[i].kind == IND_SHA256 && c->indicators[i].size;
		strings += is_needle(&c->indicators[i]);
	}
	x->sizes = calloc(sizes + 1UL, sizeof(*x->sizes));
	texts = calloc(strings + 1UL, sizeof(*texts));
	if (!x->sizes || !texts)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->indicator_cnt; i++) {
		const struct indicator *ind = &c->indicators[i];

		if (ind->kind == IND_SHA256 && ind->size)
			x->sizes[x->size_cnt++] = ind->size;
		if (is_needle(ind))
			texts[texts_cnt++] = ind->value;
	}
	qsort(x->sizes, x->size_cnt, sizeof(*x->sizes), compare_sizes);
	return needles_new(texts, texts_cnt, &x->needles);
}

int expectation_new(const struct catalog *c, struct expectation **ret)
{
	CLEANUP(expectation_putp) struct expectation *x = calloc(1, sizeof(*x));
	int err;

	if (!x)
		return -ENOMEM;
	atomic_init(&x->refs, 1);
	err = collect(x, c);
	if (err)
		return err;
	*ret = take_ptr(x);
	return 0;
}

struct identity *identity_free(struct identity *i)
{
	if (!i)
		return NULL;
	elf_free(i->elf);
	free(i->others);
	free(i->note_type);
	free(i->note_name);
	free(i->path);
	expectation_put(i->expectation);
	free(i);
	return NULL;
}

void identity_freep(struct identity **i)
{
	*i = identity_free(*i);
}

/* The first thing that went wrong is the one to tell. */
static int keep_error(struct identity *i, int err)
{
	if (err == -ENOMEM)
		return err;
	if (err && !i->err)
		i->err = err;
	return 0;
}

static int add_digest(struct identity *i, int fd)
{
	const struct expectation *x = i->expectation;
	uint64_t size = (uint64_t)i->st.st_size;
	int err;

	if (!bsearch(&size, x->sizes, x->size_cnt, sizeof(size), compare_sizes))
		return 0;
	err = digest_file(fd, IDENTITY_HASH_BYTES_MAX, i->facts.sha256, &i->facts.size);
	i->facts.is_hashed = !err;
	return keep_error(i, err);
}

static char *copy_member(const json_t *note, const char *key)
{
	const char *text = json_string_value(json_object_get(note, key));

	return text ? strdup(text) : NULL;
}

/* The package note is the builder's word: a hint, whatever it says. */
static void add_note(struct identity *i)
{
	json_t *note = i->elf->package ? json_loads(i->elf->package, 0, NULL) : NULL;

	if (!note)
		return;
	i->note_type = copy_member(note, "type");
	i->note_name = copy_member(note, "name");
	json_decref(note);
	i->facts.note.type = i->note_type;
	i->facts.note.name = i->note_name;
}

static int add_strings(struct identity *i, int fd)
{
	const struct needles *n = i->expectation->needles;
	const struct elf_range whole = { 0, (uint64_t)i->st.st_size };
	/* What has no segments is no program but an object: all of it counts. */
	bool has_loads = i->elf->load_cnt > 0;
	CLEANUP(freep) bool *found = NULL;
	uint32_t cnt = needles_cnt(n);
	struct timespec now;
	int err;

	if (!cnt)
		return 0;
	found = calloc(cnt, sizeof(*found));
	i->others = calloc(cnt, sizeof(*i->others));
	if (!found || !i->others)
		return -ENOMEM;
	clock_gettime(CLOCK_MONOTONIC, &now);
	err = needles_find(n, fd, has_loads ? i->elf->loads : &whole,
			   has_loads ? i->elf->load_cnt : 1,
			   (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec +
				   IDENTITY_TIME_NS,
			   found);
	for (uint32_t k = 0; k < cnt; k++) {
		if (found[k])
			i->others[i->facts.other_cnt++] =
				(struct fact){ IND_ELF_STRING, needles_text(n, k) };
	}
	i->facts.others = i->others;
	return keep_error(i, err);
}

static int add_elf(struct identity *i, int fd)
{
	struct facts *f = &i->facts;
	int err;

	err = elf_read(fd, &i->elf);
	if (err == -ENOEXEC)
		return 0;
	if (err)
		return keep_error(i, err);
	i->is_elf = true;
	f->soname = i->elf->soname;
	f->needed = (const char *const *)i->elf->needed;
	f->needed_cnt = i->elf->needed_cnt;
	f->build_id_len = i->elf->build_id.len;
	memcpy(f->build_id, i->elf->build_id.id, sizeof(f->build_id));
	add_note(i);
	return add_strings(i, fd);
}

static int fill(struct identity *i, int path_fd, uint32_t pid)
{
	CLEANUP(close_fdp) int fd = -1;
	int err;

	/* Ahead of any question to the file system: it may never answer. */
	if (!mounts_is_prompt(path_fd, pid))
		return keep_error(i, -EREMOTE);
	if (fstat(path_fd, &i->st))
		return keep_error(i, -errno);
	i->facts.size = (uint64_t)i->st.st_size;
	fd = root_reopen(path_fd);
	if (fd < 0)
		return keep_error(i, fd);
	err = add_digest(i, fd);
	return err ? err : add_elf(i, fd);
}

int identity_of(struct expectation *x, int path_fd, const char *path, uint32_t pid,
		struct identity **ret)
{
	CLEANUP(identity_freep) struct identity *i = calloc(1, sizeof(*i));
	int err;

	if (!i)
		return -ENOMEM;
	i->expectation = expectation_get(x);
	i->path = strdup(path);
	if (!i->path)
		return -ENOMEM;
	i->facts.path = i->path;
	err = fill(i, path_fd, pid);
	if (err)
		return err;
	*ret = take_ptr(i);
	return 0;
}
