// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/identity.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/cleanup.h"
#include "inventory/digest.h"
#include "inventory/mounts.h"
#include "inventory/root.h"
#include "parse/elf_ask.h"
#include "parse/needles.h"

/* A disk that many others use. */
#define SLOW_BYTES_PER_MS 20000

struct expectation {
	atomic_uint refs;
	uint64_t *sizes; /* of listed files, sorted */
	uint32_t size_cnt;
	char **texts; /* that are looked for in ELF files */
	uint32_t text_cnt;
};

static int compare_sizes(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

bool expectation_has_size(const struct expectation *x, uint64_t size)
{
	return x->size_cnt && bsearch(&size, x->sizes, x->size_cnt, sizeof(size), compare_sizes);
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
	for (uint32_t i = 0; i < x->text_cnt; i++)
		free(x->texts[i]);
	free(x->texts);
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
	uint32_t sizes = 0, strings = 0;

	for (uint32_t i = 0; i < c->indicator_cnt; i++) {
		sizes += c->indicators[i].kind == IND_SHA256 && c->indicators[i].size;
		strings += is_needle(&c->indicators[i]);
	}
	x->sizes = calloc(sizes + 1UL, sizeof(*x->sizes));
	x->texts = calloc(strings + 1UL, sizeof(*x->texts));
	if (!x->sizes || !x->texts)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->indicator_cnt; i++) {
		const struct indicator *ind = &c->indicators[i];

		if (ind->kind == IND_SHA256 && ind->size)
			x->sizes[x->size_cnt++] = ind->size;
		if (!is_needle(ind))
			continue;
		x->texts[x->text_cnt] = strdup(ind->value);
		if (!x->texts[x->text_cnt])
			return -ENOMEM;
		x->text_cnt++;
	}
	qsort(x->sizes, x->size_cnt, sizeof(*x->sizes), compare_sizes);
	return 0;
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

int expectation_cell(const struct expectation *x, struct cell **ret)
{
	return cell_new((const char *const *)x->texts, x->text_cnt, ret);
}

struct identity *identity_free(struct identity *i)
{
	if (!i)
		return NULL;
	elf_free(i->elf);
	free(i->others);
	free(i->why);
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
	int err;

	if (!expectation_has_size(x, (uint64_t)i->st.st_size))
		return 0;
	err = digest_file(fd, IDENTITY_HASH_BYTES_MAX, i->facts.sha256, &i->facts.size);
	i->facts.is_hashed = !err;
	return keep_error(i, err);
}

static void take_facts(struct identity *i)
{
	struct facts *f = &i->facts;

	i->is_elf = true;
	f->soname = i->elf->soname;
	f->needed = (const char *const *)i->elf->needed;
	f->needed_cnt = i->elf->needed_cnt;
	f->build_id_len = i->elf->build_id.len;
	memcpy(f->build_id, i->elf->build_id.id, sizeof(f->build_id));
	/* The package note is the builder's word: a hint, whatever it says. */
	f->note.type = i->elf->note_type;
	f->note.name = i->elf->note_name;
}

static void take_texts(struct identity *i, const bool *found)
{
	for (uint32_t k = 0; k < i->expectation->text_cnt; k++) {
		if (found[k])
			i->others[i->facts.other_cnt++] =
				(struct fact){ IND_ELF_STRING, i->expectation->texts[k] };
	}
	i->facts.others = i->others;
}

static int keep_fault(struct identity *i, const struct cell *cell)
{
	i->fault = cell_fault(cell);
	if (i->fault == CELL_FINE)
		return 0;
	i->why = strdup(cell_why(cell));
	return i->why ? 0 : -ENOMEM;
}

static int add_elf(struct identity *i, struct cell *cell, int fd, uint64_t time_ns)
{
	uint32_t cnt = i->expectation->text_cnt;
	CLEANUP(freep) bool *found = NULL;
	int err;

	if (cnt) {
		found = calloc(cnt, sizeof(*found));
		i->others = calloc(cnt, sizeof(*i->others));
		if (!found || !i->others)
			return -ENOMEM;
	}
	err = elf_ask(cell, fd, found, cnt, time_ns, &i->elf);
	if (i->elf)
		take_facts(i);
	if (found)
		take_texts(i, found);
	if (keep_fault(i, cell))
		return -ENOMEM;
	return err == -ENOEXEC ? 0 : keep_error(i, err);
}

/* Who may wait gives a cell as long as a slow disk needs for a large file. */
static uint64_t patience(uint64_t size)
{
	if (size > NEEDLES_BYTES_MAX)
		size = NEEDLES_BYTES_MAX;
	return CELL_TIME_NS + size / SLOW_BYTES_PER_MS * 1000000;
}

static int fill(struct identity *i, struct cell *cell, int fd, bool may_wait)
{

	int err;

	if (fstat(fd, &i->st))
		return keep_error(i, -errno);
	i->facts.size = (uint64_t)i->st.st_size;
	err = add_digest(i, fd);
	return err ? err : add_elf(i, cell, fd, may_wait ? patience(i->facts.size) : 0);
}

static int open_and_fill(struct identity *i, struct cell *cell, int path_fd, uint32_t pid)
{
	CLEANUP(close_fdp) int fd = -1;

	/* Ahead of any question to the file system: it may never answer. */
	if (!mounts_is_prompt(path_fd, pid))
		return keep_error(i, -EREMOTE);
	if (fstat(path_fd, &i->st))
		return keep_error(i, -errno);
	i->facts.size = (uint64_t)i->st.st_size;
	fd = root_reopen(path_fd);
	return fd < 0 ? keep_error(i, fd) : fill(i, cell, fd, false);
}

static int begin(struct expectation *x, const char *path, struct identity **ret)
{
	CLEANUP(identity_freep) struct identity *i = calloc(1, sizeof(*i));

	if (!i)
		return -ENOMEM;
	i->expectation = expectation_get(x);
	i->path = strdup(path);
	if (!i->path)
		return -ENOMEM;
	i->facts.path = i->path;
	*ret = take_ptr(i);
	return 0;
}

int identity_of(struct expectation *x, struct cell *cell, int path_fd, const char *path,
		uint32_t pid, struct identity **ret)
{
	CLEANUP(identity_freep) struct identity *i = NULL;
	int err = begin(x, path, &i);

	if (!err)
		err = open_and_fill(i, cell, path_fd, pid);
	if (err)
		return err;
	*ret = take_ptr(i);
	return 0;
}

int identity_of_open(struct expectation *x, struct cell *cell, int fd, const char *path,
		     struct identity **ret)
{
	CLEANUP(identity_freep) struct identity *i = NULL;
	int err = begin(x, path, &i);

	if (!err)
		err = fill(i, cell, fd, true);
	if (err)
		return err;
	*ret = take_ptr(i);
	return 0;
}
