// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "inventory/root.h"

/* Descriptors held at once while their keys are asked of the kernel. */
#define HANDFUL 64

static bool freezes(const struct weir_rule *rule)
{
	return rule->id && rule_begins(rule, WEIR_FREEZE) != WEIR_NEVER;
}

bool freeze_is_meant(const struct compiled *t)
{
	for (uint32_t i = 1; i < t->rule_cnt; i++)
		if (freezes(&t->rules[i]))
			return true;
	return false;
}

void freeze_exit(struct freeze *f)
{
	free(f->files);
	free(f->hashes);
	*f = (struct freeze){ 0 };
}

static bool is_meant(const struct known_file *f, const struct compiled *t,
		     const struct catalog *c)
{
	const struct product *p = f->product ? catalog_product(c, f->product) : NULL;

	return p && freezes(&t->rules[p - c->products + 1]);
}

struct hand {
	int fd[HANDFUL];
	const struct known_file *of[HANDFUL];
	unsigned int cnt;
};

static int flush(struct gates *g, struct hand *h, struct freeze *f)
{
	struct weir_file file[HANDFUL];
	int err = h->cnt ? gates_keys(g, h->fd, file, h->cnt) : 0;

	for (unsigned int i = 0; i < h->cnt; i++) {
		close(h->fd[i]);
		if (err || !file[i].ino)
			continue;
		f->files[f->file_cnt++] = (struct weir_installed){
			.file = file[i],
			.size = h->of[i]->size,
			.ctime_ns = (uint64_t)h->of[i]->changed_ns,
		};
	}
	h->cnt = 0;
	return err;
}

/* The file that was there is asked for; one that has taken its name is not it. */
static void take(struct hand *h, const struct known_file *k, int root_fd)
{
	CLEANUP(close_fdp) int fd = root_open(root_fd, k->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !known_is_same(k, &st))
		return;
	h->of[h->cnt] = k;
	h->fd[h->cnt++] = take_fd(fd);
}

int freeze_make(struct gates *g, const struct installed *in, const struct compiled *t,
		const struct catalog *c, int root_fd, struct freeze *ret)
{
	CLEANUP(freeze_exit) struct freeze f = { 0 };
	struct hand h = { .cnt = 0 };
	int err = 0;

	f.files = calloc(in->files.cnt + 1UL, sizeof(*f.files));
	f.hashes = calloc(in->files.cnt + 1UL, sizeof(*f.hashes));
	if (!f.files || !f.hashes)
		return -ENOMEM;
	for (uint32_t i = 0; i < in->files.cnt && !err; i++) {
		const struct known_file *k = &in->files.list[i];

		if (!is_meant(k, t, c))
			continue;
		if (k->is_hashed)
			memcpy(f.hashes[f.hash_cnt++].digest, k->sha256, sizeof(k->sha256));
		take(&h, k, root_fd);
		if (h.cnt == HANDFUL)
			err = flush(g, &h, &f);
	}
	if (!err)
		err = flush(g, &h, &f);
	if (err)
		return err;
	*ret = f;
	f = (struct freeze){ 0 };
	return 0;
}
