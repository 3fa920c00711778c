// SPDX-License-Identifier: GPL-2.0-only
#include "parse/cell.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "parse/answer.h"
#include "parse/child.h"
#include "parse/frame.h"
#include "parse/sandbox.h"

/* After a start that failed none is tried for this long, doubled each time. */
#define BACKOFF_FIRST_NS 250000000ULL
#define BACKOFF_MAX_NS 60000000000ULL

/* More than a million texts; a cell cannot hold them all. */
#define NEEDLES_BYTES_SENT_MAX (64u << 20)

/* One frame at its largest, and what came with its end. */
#define ROOM_BYTES (ANSWER_FRAME_MAX + 65536)

struct cell {
	struct child child;
	struct buf needles; /* a struct frame_needles with all that follows */
	struct cell_counts counts;
	enum cell_fault fault;
	char why[192];
	uint32_t answered; /* by this child */
	uint64_t backoff_ns, not_before_ns;
	struct row_field *fields;
	char *room;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

struct cell *cell_free(struct cell *c)
{
	if (!c)
		return NULL;
	child_stop(&c->child);
	buf_free(&c->needles);
	free(c->fields);
	free(c->room);
	free(c);
	return NULL;
}

void cell_freep(struct cell **c)
{
	*c = cell_free(*c);
}

int cell_new(const char *const *needles, uint32_t needle_cnt, struct cell **ret)
{
	CLEANUP(cell_freep) struct cell *c = calloc(1, sizeof(*c));
	struct frame_needles head = { .cnt = needle_cnt };

	if (!c)
		return -ENOMEM;
	c->fields = calloc(REPLY_FIELDS_MAX, sizeof(*c->fields));
	c->room = malloc(ROOM_BYTES);
	buf_add(&c->needles, &head, sizeof(head));
	for (uint32_t i = 0; i < needle_cnt; i++) {
		buf_add(&c->needles, needles[i], strlen(needles[i]) + 1);
		if (c->needles.len > NEEDLES_BYTES_SENT_MAX)
			return -E2BIG;
	}
	if (!c->fields || !c->room || c->needles.err)
		return -ENOMEM;
	head.len = (uint32_t)(c->needles.len - sizeof(head));
	memcpy(c->needles.data, &head, sizeof(head));
	*ret = take_ptr(c);
	return 0;
}

/* How the last child ended, as a clause. */
static void describe_end(int status, char *text, size_t size)
{
	if (status == -1)
		snprintf(text, size, "it is gone");
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		snprintf(text, size, "it made a system call that no parser makes");
	else if (WIFSIGNALED(status))
		snprintf(text, size, "it died of signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "it ended with code %d", WEXITSTATUS(status));
}

static int absent(struct cell *c)
{
	c->fault = CELL_ABSENT;
	return -ECHILD;
}

static int start(struct cell *c)
{
	uint64_t left_ns = CELL_TIME_NS, now = now_ns();
	char why[128];
	int err;

	if (now < c->not_before_ns)
		return absent(c);
	err = child_start(&c->child, why, sizeof(why));
	if (!err) {
		err = child_send(&c->child, c->needles.data, c->needles.len, NULL, 0, -1, &left_ns);
		if (err) {
			snprintf(why, sizeof(why), "it does not listen: %s", strerror(-err));
			child_stop(&c->child);
		}
	}
	if (err) {
		c->backoff_ns = c->backoff_ns ? c->backoff_ns * 2 : BACKOFF_FIRST_NS;
		if (c->backoff_ns > BACKOFF_MAX_NS)
			c->backoff_ns = BACKOFF_MAX_NS;
		c->not_before_ns = now + c->backoff_ns;
		snprintf(c->why, sizeof(c->why), "no parser can be started: %s", why);
		return absent(c);
	}
	c->backoff_ns = c->not_before_ns = 0;
	c->answered = 0;
	c->counts.started++;
	return 0;
}

static int fail(struct cell *c, enum cell_fault fault)
{
	static const int errors[] = { [CELL_CRASHED] = -EIO,
				      [CELL_HUNG] = -ETIME,
				      [CELL_LIED] = -EPROTO };

	child_stop(&c->child);
	c->fault = fault;
	if (fault == CELL_CRASHED) {
		c->counts.crashed++;
		describe_end(c->child.status, c->why, sizeof(c->why));
	} else if (fault == CELL_HUNG) {
		c->counts.hung++;
		snprintf(c->why, sizeof(c->why), "it did not answer in time");
	} else {
		c->counts.lied++;
		snprintf(c->why, sizeof(c->why), "it answered what no parser of ours answers");
	}
	return errors[fault];
}

static int receive(struct cell *c, struct answer *a, uint64_t left_ns)
{
	size_t len = 0, taken;

	while (!a->is_over) {
		ssize_t n = child_receive(&c->child, c->room + len, ROOM_BYTES - len, &left_ns);

		if (n == -ETIME)
			return fail(c, CELL_HUNG);
		if (n <= 0)
			return fail(c, CELL_CRASHED);
		len += (size_t)n;
		if (answer_take(a, c->room, len, &taken))
			return fail(c, CELL_LIED);
		len -= taken;
		memmove(c->room, c->room + taken, len);
	}
	if (a->result == -ENOMEM) {
		fail(c, CELL_HUNG);
		snprintf(c->why, sizeof(c->why), "it wanted more memory than it may have");
		return -ETIME;
	}
	if (++c->answered == CELL_QUESTIONS_MAX)
		child_stop(&c->child);
	return a->fn_result ? a->fn_result : a->result;
}

static int send_question(struct cell *c, const struct frame_question *q, int fd,
			 const void *ask, uint64_t *left_ns)
{
	int err = -EPIPE;

	if (c->child.pid)
		err = child_send(&c->child, q, sizeof(*q), ask, q->ask_len, fd, left_ns);
	if (err != -EPIPE)
		return err;
	/* It died since its last answer, by no fault of this question. */
	child_stop(&c->child);
	err = start(c);
	return err ? err : child_send(&c->child, q, sizeof(*q), ask, q->ask_len, fd, left_ns);
}

static int check_file(int fd)
{
	struct stat st;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st))
		return -errno;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

int cell_ask(struct cell *c, enum parser parser, int fd, const void *ask, uint32_t ask_len,
	     uint64_t time_ns, cell_row_fn fn, void *ctx)
{
	struct answer a = { .fn = fn, .ctx = ctx, .fields = c->fields,
			    .number = (uint32_t)c->counts.asked + 1 };
	uint64_t left_ns = time_ns ? time_ns : CELL_TIME_NS;
	struct frame_question q = { .parser = parser,
				    .has_fd = fd >= 0,
				    .ask_len = ask_len,
				    .number = a.number,
				    .deadline_ns = now_ns() + left_ns / 2 };
	int err = check_file(fd);

	c->fault = CELL_FINE;
	if (err)
		return err;
	if (ask_len > CELL_ASK_BYTES_MAX)
		return -E2BIG;
	c->counts.asked++;
	err = send_question(c, &q, fd, ask, &left_ns);
	if (err == -ETIME)
		return fail(c, CELL_HUNG);
	if (err == -ECHILD)
		return err;
	if (err)
		return fail(c, CELL_CRASHED);
	return receive(c, &a, left_ns);
}

void cell_count(const struct cell *c, struct cell_counts *ret)
{
	*ret = c->counts;
}

enum cell_fault cell_fault(const struct cell *c)
{
	return c->fault;
}

const char *cell_why(const struct cell *c)
{
	return c->why;
}

const char *cell_fault_name(enum cell_fault fault)
{
	static const char *const names[] = { "answered", "crashed", "hung", "lied", "absent" };

	return (size_t)fault < ARRAY_SIZE(names) ? names[fault] : "unknown";
}

const char *cell_walls(void)
{
	static char text[256];
	struct child child = {};
	char why[192];

	if (child_start(&child, why, sizeof(why))) {
		snprintf(text, sizeof(text), "no parser can be started: %s", why);
		return text;
	}
	child_stop(&child);
	sandbox_text(child.walls, text, sizeof(text));
	return text;
}
