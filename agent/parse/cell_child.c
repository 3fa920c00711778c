// SPDX-License-Identifier: GPL-2.0-only
/*
 * The child of a cell: walls first, then questions until the socket closes.
 *
 * It believes its asker, who is the agent itself. It has no way to complain
 * but to end.
 */
#include <errno.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "parse/cell.h"
#include "parse/frame.h"
#include "parse/needles.h"
#include "parse/sandbox.h"
#include "parse/sink.h"

#if defined(__SANITIZE_ADDRESS__)
#define KEPT_FROM 3 /* a report has to go somewhere */
#else
#define KEPT_FROM 1
#endif

struct asker {
	struct parse_context ctx;
	char *ask; /* CELL_ASK_BYTES_MAX and a NUL */
	struct reply reply;
};

static _Noreturn void give_up(int code)
{
	_exit(code);
}

static int send_all(void *ctx, const void *bytes, size_t len)
{
	const char *at = bytes;

	(void)ctx;
	while (len) {
		ssize_t n = send(FRAME_SOCKET, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			give_up(0); /* the asker has gone */
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static void receive_all(void *buf, size_t len)
{
	char *at = buf;

	while (len) {
		ssize_t n = recv(FRAME_SOCKET, at, len, MSG_WAITALL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			give_up(0);
		at += n;
		len -= (size_t)n;
	}
}

/* What a library reads on its first use, and could not behind the walls. */
static void warm_up(void)
{
	size_t seed = 1;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (size_t)getpid();
	json_object_seed(seed ? seed : 1);
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

static void say_hello(void)
{
	struct {
		struct frame frame;
		struct frame_hello hello;
	} out = { .frame = { .kind = FRAME_HELLO, .len = sizeof(out.hello) } };
	struct sandbox walls;
	int err = sandbox_enter(CELL_MEMORY_BYTES, &walls);

	out.hello.walls = walls.walls;
	out.hello.wall = walls.wall;
	out.hello.err = err;
	send_all(NULL, &out, sizeof(out));
	if (err)
		give_up(1);
}

static struct needles *receive_needles(void)
{
	CLEANUP(freep) const char **list = NULL;
	CLEANUP(freep) char *texts = NULL;
	struct needles *n = NULL;
	struct frame_needles head;
	char *at;

	receive_all(&head, sizeof(head));
	list = calloc(head.cnt + 1UL, sizeof(*list));
	texts = malloc(head.len + 1UL);
	if (!list || !texts)
		give_up(1);
	receive_all(texts, head.len);
	texts[head.len] = '\0';
	at = texts;
	for (uint32_t i = 0; i < head.cnt && at < texts + head.len; i++) {
		list[i] = at;
		at += strlen(at) + 1;
	}
	if (at != texts + head.len || needles_new(list, head.cnt, &n))
		give_up(1);
	return n;
}

/* The question, and its file with it; -1: it has none. */
static int receive_question(struct asker *a, struct frame_question *q)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov[] = { { q, sizeof(*q) }, { a->ask, CELL_ASK_BYTES_MAX } };
	struct msghdr m = { .msg_iov = iov,
			    .msg_iovlen = 2,
			    .msg_control = control.room,
			    .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c;
	int fd = -1;
	ssize_t n;

	do {
		n = recvmsg(FRAME_SOCKET, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		give_up(0);
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if ((size_t)n < sizeof(*q)) {
		receive_all((char *)q + n, sizeof(*q) - (size_t)n);
		n = sizeof(*q);
	}
	n -= (ssize_t)sizeof(*q);
	if (q->ask_len > CELL_ASK_BYTES_MAX || (size_t)n > q->ask_len || !q->has_fd != (fd < 0))
		give_up(1);
	receive_all(a->ask + n, q->ask_len - (size_t)n);
	a->ask[q->ask_len] = '\0';
	return fd;
}

static void answer(struct asker *a)
{
	struct frame_question q;
	CLEANUP(close_fdp) int fd = receive_question(a, &q);
	parse_fn parse = parser_of((enum parser)q.parser);

	a->ctx.deadline_ns = q.deadline_ns;
	a->reply.number = q.number;
	reply_start(&a->reply);
	reply_finish(&a->reply, parse ? parse(&a->ctx, fd, a->ask, q.ask_len, &a->reply) :
					-ENOSYS);
}

_Noreturn void cell_main(void)
{
	struct asker a = { .reply.flush = send_all };

#if KEPT_FROM > 1
	close(1);
#endif
	closefrom(KEPT_FROM);
	prctl(PR_SET_NAME, CELL_ARGV0);
	warm_up();
	say_hello();
	a.ctx.needles = receive_needles();
	a.ask = malloc(CELL_ASK_BYTES_MAX + 1);
	if (!a.ask)
		give_up(1);
	for (;;)
		answer(&a);
}
