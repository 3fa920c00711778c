// SPDX-License-Identifier: GPL-2.0-only
#include "sense/learn.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"

/* As bpf/learn.bpf.c writes it. */
struct learned {
	uint64_t fd;
	struct weir_file file;
};

struct learner {
	struct bpf_link *link;
};

static void learner_closep(struct learner **l)
{
	learner_close(*l);
}

struct learner *learner_close(struct learner *l)
{
	if (!l)
		return NULL;
	bpf_link__destroy(l->link);
	free(l);
	return NULL;
}

/* 6.1 and later walk one task only; before, every descriptor of the host. */
static struct bpf_link *attach(struct bpf_program *prog)
{
	union bpf_iter_link_info one = { .task = { .tid = getpid() } };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	struct bpf_link *link;

	/* Set one by one: libbpf refuses options whose padding is not zero. */
	opts.link_info = &one;
	opts.link_info_len = sizeof(one);
	link = bpf_program__attach_iter(prog, &opts);
	return link ? link : bpf_program__attach_iter(prog, NULL);
}

int learner_open(struct bpf_object *object, struct learner **ret)
{
	CLEANUP(learner_closep) struct learner *l = calloc(1, sizeof(*l));
	struct bpf_program *prog = bpf_object__find_program_by_name(object, "weir_learn");

	if (!l)
		return -ENOMEM;
	if (!prog || !bpf_program__autoload(prog))
		return -ENOENT;
	l->link = attach(prog);
	if (!l->link)
		return -errno;
	*ret = take_ptr(l);
	return 0;
}

static void key_from_stat(int fd, struct weir_file *key)
{
	struct stat st;

	memset(key, 0, sizeof(*key));
	if (fstat(fd, &st))
		return;
	key->ino = st.st_ino;
	key->dev = major(st.st_dev) << 20 | minor(st.st_dev);
}

static void take(const struct learned *got, const int *fds, struct weir_file *keys,
		 unsigned int cnt)
{
	unsigned int i;

	for (i = 0; i < cnt; i++)
		if (fds[i] == (int)got->fd)
			keys[i] = got->file;
}

int learner_keys(struct learner *l, const int *fds, struct weir_file *keys, unsigned int cnt)
{
	CLEANUP(close_fdp) int it = -1;
	struct learned got[64];
	unsigned int i;
	ssize_t n;

	if (!l) {
		for (i = 0; i < cnt; i++)
			key_from_stat(fds[i], &keys[i]);
		return 0;
	}
	memset(keys, 0, cnt * sizeof(*keys));
	it = bpf_iter_create(bpf_link__fd(l->link));
	if (it < 0)
		return -errno;
	while ((n = read(it, got, sizeof(got))) > 0)
		for (i = 0; i < n / sizeof(got[0]); i++)
			take(&got[i], fds, keys, cnt);
	return n < 0 ? -errno : 0;
}
