// SPDX-License-Identifier: GPL-2.0-only
#include "collect/holder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"

int task_fds_each(const struct task *t, task_fd_fn fn, void *ctx)
{
	CLEANUP(closedirp) DIR *d = NULL;
	char target[WEIR_PATH_MAX];
	struct dirent *e;
	int err = 0, cnt = 0, fd = openat(t->dir_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (e = readdir(d))) {
		ssize_t len = -1;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (cnt++ == HOLDER_FDS_MAX)
			return -E2BIG;
		len = readlinkat(dirfd(d), e->d_name, target, sizeof(target) - 1);
		if (len <= 0)
			continue; /* closed meanwhile */
		target[len] = '\0';
		err = fn(ctx, t, e->d_name, target);
	}
	return err;
}

bool task_is_asked(struct survey *s, const struct task *t)
{
	struct fact words[TASK_WORDS_MAX];
	struct facts f = { .path = t->exe, .others = words, .other_cnt = task_words(t, words) };

	return survey_is_asked(s, &f);
}

static void *grown(void *list, uint32_t cnt, uint32_t *cap, size_t size)
{
	uint32_t more = *cap ? *cap * 2 : 16;
	void *p = cnt < *cap ? list : reallocarray(list, more, size);

	if (p && cnt == *cap)
		*cap = more;
	return p;
}

static int copy_text(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

int holders_keep(struct holders *h, const struct task *t, uint32_t *ret)
{
	struct task *list = grown(h->tasks, h->task_cnt, &h->task_cap, sizeof(*list));
	struct task *to;
	int err = 0;

	if (!list)
		return -ENOMEM;
	h->tasks = list;
	to = &list[h->task_cnt];
	*to = *t;
	to->dir_fd = -1;
	memset(to->units, 0, sizeof(to->units));
	err |= copy_text(t->exe, &to->exe);
	err |= copy_text(t->root, &to->root);
	err |= copy_text(t->started_by, &to->started_by);
	err |= copy_text(t->container, &to->container);
	for (int i = 0; i < TASK_UNITS_MAX; i++)
		err |= copy_text(t->units[i], &to->units[i]);
	*ret = h->task_cnt++;
	return err ? -ENOMEM : 0;
}

int holders_add(struct holders *h, uint64_t object, uint32_t holder)
{
	struct holding *list = grown(h->list, h->cnt, &h->cap, sizeof(*list));

	if (!list)
		return -ENOMEM;
	h->list = list;
	list[h->cnt++] = (struct holding){ object, holder };
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;

	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	return (x->holder > y->holder) - (x->holder < y->holder);
}

void holders_sort(struct holders *h)
{
	if (h->cnt)
		qsort(h->list, h->cnt, sizeof(*h->list), compare);
}

const struct task *holders_find(const struct holders *h, uint64_t object)
{
	uint32_t low = 0, high = h->cnt;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (h->list[mid].object < object)
			low = mid + 1;
		else
			high = mid;
	}
	return low < h->cnt && h->list[low].object == object ? &h->tasks[h->list[low].holder] :
							      NULL;
}

void holders_free(struct holders *h)
{
	for (uint32_t i = 0; i < h->task_cnt; i++)
		task_close(&h->tasks[i]);
	free(h->tasks);
	free(h->list);
	*h = (struct holders){ 0 };
}
