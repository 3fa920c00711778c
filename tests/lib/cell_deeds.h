/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parsers that do what one taken over by its input would do, for
 * host_cell_test.
 *
 * The table of parsers is here too, so the linker leaves the agent's out of
 * the test, and the agent has nothing of these.
 */
#ifndef WEIR_TESTS_CELL_DEEDS_H
#define WEIR_TESTS_CELL_DEEDS_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "parse/frame.h"
#include "parse/needles.h"
#include "parse/parsers.h"

/* Of the parsers that the agent has as many. */
enum { ECHO, STATE, LARGE, MISBEHAVE };

/* What MISBEHAVE is asked to do. */
enum deed {
	DO_CRASH,
	DO_ABORT,
	DO_EXIT,
	DO_HANG,
	DO_HANG_AFTER_ROW,
	DO_HOARD,
	DO_OPEN,
	DO_OPENAT2,
	DO_STAT,
	DO_SOCKET,
	DO_CONNECT,
	DO_EXEC,
	DO_FORK,
	DO_KILL_ASKER,
	DO_PTRACE,
	DO_MAP_CODE,
	DO_MAP_FILE,
	DO_WRITE_FILE,
	DO_CHANGE_ROOT_BACK,
	DO_SAY_RUBBISH,
	DO_SAY_LONG,
	DO_SAY_TWICE,
	DO_SAY_POSITIVE,
	DO_SAY_WITHOUT_END,
	DO_SEND_DESCRIPTOR,
};

enum tag { TAG_TEXT = 1, TAG_LIST, TAG_NUMBER, TAG_BYTES, TAG_PID };

static int echo(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		struct reply *out)
{
	char text[64] = "";

	if (fd >= 0 && pread(fd, text, sizeof(text) - 1, 0) < 0)
		return -errno;
	reply_begin(out, 7);
	reply_text(out, TAG_TEXT, text);
	reply_bytes(out, TAG_BYTES, ask, ask_len);
	reply_text(out, TAG_LIST, "one");
	reply_bytes(out, TAG_LIST, "a\0b", 3);
	reply_text(out, TAG_LIST, NULL);
	reply_text_n(out, TAG_LIST, "three and more", 5);
	reply_u64(out, TAG_NUMBER, UINT64_MAX - 1);
	reply_end(out);
	reply_begin(out, 8);
	reply_u64(out, TAG_NUMBER, needles_cnt(ctx->needles));
	if (needles_cnt(ctx->needles) > 1)
		reply_text(out, TAG_TEXT, needles_text(ctx->needles, 1));
	reply_end(out);
	reply_begin(out, 9); /* not ended: not told */
	return ask_len ? -ENOEXEC : 0;
}

static int open_descriptors(void)
{
	struct stat st;
	int cnt = 0;

	for (int fd = 0; fd < 1024; fd++)
		cnt += !fstat(fd, &st);
	return cnt;
}

static int state(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		 struct reply *out)
{
	(void)ctx;
	(void)fd;
	(void)ask;
	(void)ask_len;
	reply_begin(out, 1);
	reply_u64(out, TAG_PID, (uint64_t)getpid());
	reply_u64(out, TAG_NUMBER, (uint64_t)open_descriptors());
	return reply_end(out);
}

/* @ask: how many rows, and how long is each. */
static int large(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		 struct reply *out)
{
	static char text[300000];
	uint32_t want[2];
	int err = 0;

	(void)ctx;
	(void)fd;
	(void)ask_len;
	memcpy(want, ask, sizeof(want));
	memset(text, 'x', sizeof(text));
	for (uint32_t i = 0; !err && i < want[0]; i++) {
		reply_begin(out, 1);
		reply_u64(out, TAG_NUMBER, i);
		reply_text_n(out, TAG_TEXT, text, want[1]);
		err = reply_end(out);
	}
	return err;
}

static volatile int nothing;

/* Not -ENOMEM as an honest parser: on and on, as one that was taken over. */
static int hoard(void)
{
	for (;;) {
		char *more = malloc(1 << 20);

		if (!more)
			return -ENOMEM;
		memset(more, 1, 1 << 20);
	}
}

static void say(const void *bytes, size_t len)
{
	send(FRAME_SOCKET, bytes, len, MSG_NOSIGNAL);
}

static void say_frame(uint32_t kind, uint32_t len, int32_t result)
{
	struct {
		struct frame head;
		struct frame_end end;
	} f = { { kind, len }, { result, 0 } };

	say(&f, sizeof(f));
}

static void send_descriptor(int fd)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	*c = (struct cmsghdr){ CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	sendmsg(FRAME_SOCKET, &m, 0);
}

static int call_kernel(enum deed deed, int fd)
{
	static char *const argv[] = { (char *)"/bin/true", NULL };
	uint64_t how[3] = {};
	struct stat st;

	switch (deed) {
	case DO_OPEN:
		return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	case DO_OPENAT2:
		return (int)syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof(how));
	case DO_STAT:
		return stat("/etc/passwd", &st);
	case DO_SOCKET:
		return socket(AF_INET, SOCK_STREAM, 0);
	case DO_CONNECT:
		return connect(FRAME_SOCKET, NULL, 0);
	case DO_EXEC:
		return execv(argv[0], argv);
	case DO_FORK:
		return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	case DO_KILL_ASKER:
		return kill(getppid(), SIGTERM);
	case DO_PTRACE:
		return (int)syscall(SYS_ptrace, 0, 0, 0, 0);
	case DO_MAP_CODE:
		return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0) == MAP_FAILED;
	case DO_MAP_FILE:
		return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED;
	case DO_WRITE_FILE:
		return (int)pwrite(fd, "x", 1, 0);
	case DO_CHANGE_ROOT_BACK:
		return chroot(".");
	case DO_SEND_DESCRIPTOR:
		send_descriptor(fd);
		return 0;
	default:
		return -1;
	}
}

static int misbehave(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		     struct reply *out)
{
	static const char rubbish[64] = "this is no frame, and nothing of ours says it";
	static struct {
		struct frame head;
		struct frame_row row;
	} many_rows[4096];

	(void)ctx;
	(void)ask_len;
	for (size_t i = 0; i < ARRAY_SIZE(many_rows); i++)
		many_rows[i].head = (struct frame){ FRAME_ROW, sizeof(struct frame_row) };
	switch ((enum deed)*ask) {
	case DO_CRASH:
		/* Not by a wild pointer: the compiler and the sanitizer would have their say. */
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		return 0;
	case DO_ABORT:
		abort();
	case DO_EXIT:
		_exit(0);
	case DO_HANG_AFTER_ROW:
		for (int i = 0; i < 9000; i++) {
			reply_begin(out, 1);
			reply_text(out, TAG_TEXT, "seen");
			reply_end(out);
		}
		/* fall through */
	case DO_HANG:
		for (;;)
			nothing++;
	case DO_HOARD:
		return hoard();
	case DO_SAY_RUBBISH:
		say(rubbish, sizeof(rubbish));
		return 0;
	case DO_SAY_LONG:
		say_frame(FRAME_ROW, UINT32_MAX, 0);
		return 0;
	case DO_SAY_TWICE:
		say_frame(FRAME_END, sizeof(struct frame_end), 0);
		return 0;
	case DO_SAY_POSITIVE:
		say_frame(FRAME_END, sizeof(struct frame_end), 1);
		return 0;
	case DO_SAY_WITHOUT_END:
		for (;;)
			say(many_rows, sizeof(many_rows));
	default:
		call_kernel((enum deed)*ask, fd);
		return 0;
	}
}

parse_fn parser_of(enum parser parser)
{
	static const parse_fn parsers[] = {
		[ECHO] = echo, [STATE] = state, [LARGE] = large, [MISBEHAVE] = misbehave,
	};

	return (size_t)parser < ARRAY_SIZE(parsers) ? parsers[parser] : NULL;
}

const char *parser_name(enum parser parser)
{
	(void)parser;
	return "test";
}

#endif /* WEIR_TESTS_CELL_DEEDS_H */
