// SPDX-License-Identifier: GPL-2.0-only
/* The cell, with parsers that do what one taken over by its input would do. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "cell_deeds.h"
#include "cell_hook.h"
#include "memory_file.h"
#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "parse/here.h"
#include "parse/needles.h"

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

static struct cell *new_cell(void)
{
	static const char *const texts[] = { "needle", "second needle" };
	struct cell *c = NULL;

	tree_must(!cell_new(texts, 2, &c), "cell_new");
	return c;
}

/* Is it the answer of echo(), as far as it goes? */
static int check_echo(void *ctx, const struct row *row)
{
	unsigned int *right = ctx;
	uint32_t at = 0;
	const char *text;
	size_t len = 0;

	if (row->kind == 8) {
		text = row_text(row, TAG_TEXT);
		*right += row_u64(row, TAG_NUMBER, 0) == 2 && text &&
			  !strcmp(text, "second needle");
		return 0;
	}
	text = row_text(row, TAG_TEXT);
	*right += row->kind == 7 && !row->is_cut && text && !strcmp(text, "the file");
	text = row_bytes(row, TAG_BYTES, &len);
	*right += len == 3 && !memcmp(text, "ask", 3);
	text = row_next_text(row, TAG_LIST, &at);
	*right += text && !strcmp(text, "one");
	/* The one with a NUL inside is no text. */
	text = row_next_text(row, TAG_LIST, &at);
	*right += text && !strcmp(text, "three");
	*right += !row_next_text(row, TAG_LIST, &at);
	*right += row_u64(row, TAG_NUMBER, 5) == UINT64_MAX - 1;
	*right += row_u64(row, TAG_LIST, 5) == 5 && row_u64(row, 99, 6) == 6;
	*right += !row_text(row, 99) && !row_bytes(row, 99, &len);
	return 0;
}

static void test_round_trip(void)
{
	CLEANUP(close_fdp) int fd = memory_text("the file");
	CLEANUP(needles_freep) struct needles *n = NULL;
	CLEANUP(cell_freep) struct cell *c = new_cell();
	unsigned int right = 0;
	int err;

	err = cell_ask(c, (enum parser)ECHO, fd, "ask", 3, 0, check_echo, &right);
	ok(err == -ENOEXEC && right == 9, "rows come over as they were written");
	ok(cell_fault(c) == CELL_FINE, "an error of the parser is no fault of the cell");
	ok(!cell_ask(c, (enum parser)ECHO, -1, NULL, 0, 0, NULL, NULL),
	   "a question without a file, and one that nobody listens to");
	ok(cell_ask(c, (enum parser)60, fd, NULL, 0, 0, NULL, NULL) == -ENOSYS,
	   "a parser that there is not");
	right = 0;
	tree_must(!needles_new((const char *const[]){ "needle", "second needle" }, 2, &n), "n");
	err = parse_here((enum parser)ECHO, &(struct parse_context){ .needles = n }, fd, "ask", 3,
			 check_echo, &right);
	ok(err == -ENOEXEC && right == 9, "and the same without a cell");
}

static void test_refused(void)
{
	CLEANUP(cell_freep) struct cell *c = new_cell();
	CLEANUP(close_fdp) int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct cell_counts counts;

	ok(cell_ask(c, (enum parser)ECHO, null, NULL, 0, 0, NULL, NULL) == -EINVAL,
	   "a device is not handed over");
	ok(cell_ask(c, (enum parser)ECHO, 1000, NULL, 0, 0, NULL, NULL) == -EBADF,
	   "nor a descriptor that is none");
	ok(cell_ask(c, (enum parser)ECHO, -1, "", CELL_ASK_BYTES_MAX + 1, 0, NULL, NULL) == -E2BIG,
	   "nor a question that is too long");
	cell_count(c, &counts);
	ok(!counts.asked && !counts.started, "no child is started for these");
}

struct seen {
	uint32_t rows, cut;
	uint64_t bytes;
	uint32_t stop_at;
};

static int count_rows(void *ctx, const struct row *row)
{
	struct seen *s = ctx;
	size_t len = 0;

	s->rows++;
	s->cut += row->is_cut;
	if (row_bytes(row, TAG_TEXT, &len))
		s->bytes += len;
	return s->stop_at && s->rows == s->stop_at ? 42 : 0;
}

static int ask_large(struct cell *c, uint32_t rows, uint32_t bytes, struct seen *s)
{
	uint32_t want[2] = { rows, bytes };

	return cell_ask(c, (enum parser)LARGE, -1, want, sizeof(want), 0, count_rows, s);
}

static void test_large(void)
{
	CLEANUP(cell_freep) struct cell *c = new_cell();
	CLEANUP(freep) char *ask = calloc(1, CELL_ASK_BYTES_MAX);
	struct cell_counts counts;
	struct seen s = {};

	ok(!ask_large(c, 30000, 100, &s) && s.rows == 30000 && s.bytes == 3000000 && !s.cut,
	   "many rows");
	s = (struct seen){};
	ok(!ask_large(c, 20, 250000, &s) && s.rows == 20 && s.bytes == 5000000 && !s.cut,
	   "long rows");
	s = (struct seen){};
	ok(!ask_large(c, 2, 270000, &s) && s.rows == 2 && s.cut == 2 && !s.bytes,
	   "a row that is too long is cut, and says so");
	s = (struct seen){ .stop_at = 5 };
	ok(ask_large(c, 5000, 1000, &s) == 42 && s.rows == 5, "the asker may stop listening");
	s = (struct seen){};
	ok(ask_large(c, 2000, 250000, &s) == -E2BIG && s.bytes < (128u << 20) &&
		   s.bytes > (100u << 20),
	   "an answer without end is ended");
	ok(!cell_ask(c, (enum parser)LARGE, -1, ask, CELL_ASK_BYTES_MAX, 0, NULL, NULL),
	   "a question of a megabyte");
	cell_count(c, &counts);
	ok(counts.started == 1 && !counts.crashed && !counts.lied, "all by one child");
}

static int do_deed(struct cell *c, enum deed deed, int fd)
{
	/* What does not hang is not to be hurried: this host may be slow. */
	bool hangs = deed == DO_HANG || deed == DO_HANG_AFTER_ROW;
	uint64_t time_ns = hangs ? 500000000ULL : 60000000000ULL;
	char ask = (char)deed;
	struct seen s = {};

	return cell_ask(c, (enum parser)MISBEHAVE, fd, &ask, 1, time_ns, count_rows, &s);
}

static const struct {
	const char *title;
	enum deed deed;
	int want;
	const char *why;
} deeds[] = {
	{ "a crash", DO_CRASH, -EIO, "signal 11" },
	{ "abort()", DO_ABORT, -EIO, "signal 6" },
	{ "an exit that says all is well", DO_EXIT, -EIO, "code 0" },
	{ "a hang", DO_HANG, -ETIME, "in time" },
	{ "rows, and then a hang", DO_HANG_AFTER_ROW, -ETIME, "in time" },
	{ "open()", DO_OPEN, -EIO, "system call" },
	{ "openat2()", DO_OPENAT2, -EIO, "system call" },
	{ "a question whether a file exists", DO_STAT, -EIO, "system call" },
	{ "socket()", DO_SOCKET, -EIO, "system call" },
	{ "connect()", DO_CONNECT, -EIO, "system call" },
	{ "execve()", DO_EXEC, -EIO, "system call" },
	{ "fork()", DO_FORK, -EIO, "system call" },
	{ "a signal to the asker", DO_KILL_ASKER, -EIO, "system call" },
	{ "ptrace()", DO_PTRACE, -EIO, "system call" },
	{ "memory that can be executed", DO_MAP_CODE, -EIO, "system call" },
	{ "a mapped file", DO_MAP_FILE, -EIO, "system call" },
	{ "a write to the file", DO_WRITE_FILE, -EIO, "system call" },
	{ "chroot()", DO_CHANGE_ROOT_BACK, -EIO, "system call" },
	{ "a descriptor sent to the asker", DO_SEND_DESCRIPTOR, -EIO, "system call" },
	{ "rubbish", DO_SAY_RUBBISH, -EPROTO, "no parser of ours" },
	{ "a row of 4 GiB", DO_SAY_LONG, -EPROTO, "no parser of ours" },
	{ "two ends", DO_SAY_TWICE, -EPROTO, "no parser of ours" },
	{ "an error that is none", DO_SAY_POSITIVE, -EPROTO, "no parser of ours" },
	{ "rows without end", DO_SAY_WITHOUT_END, -EPROTO, "no parser of ours" },
};

static void test_deeds(void)
{
	CLEANUP(close_fdp) int fd = memory_text("the file");
	CLEANUP(cell_freep) struct cell *c = new_cell();
	struct cell_counts counts;

	for (size_t i = 0; i < ARRAY_SIZE(deeds); i++) {
		int err = do_deed(c, deeds[i].deed, fd);

		/* A lie about the end may be seen at the next question only. */
		if (!err && deeds[i].want == -EPROTO)
			err = cell_ask(c, (enum parser)ECHO, -1, NULL, 0, 0, NULL, NULL);
		ok(err == deeds[i].want && strstr(cell_why(c), deeds[i].why), "%s is stopped",
		   deeds[i].title);
		if (err != deeds[i].want || !strstr(cell_why(c), deeds[i].why))
			printf("# %d: %s\n", err, cell_why(c));
		ok(!cell_ask(c, (enum parser)ECHO, fd, NULL, 0, 0, NULL, NULL),
		   "and the next question is answered");
	}
	cell_count(c, &counts);
	ok(counts.crashed == 17 && counts.hung == 2 && counts.lied == 5, "each is counted");
	printf("# crashed %llu, hung %llu, lied %llu\n", (unsigned long long)counts.crashed,
	       (unsigned long long)counts.hung, (unsigned long long)counts.lied);
}

/* There is no such limit below a sanitizer, which wants terabytes. */
static void test_memory(void)
{
	CLEANUP(cell_freep) struct cell *c = new_cell();
	struct cell_counts counts;
	char ask = DO_HOARD;
	int err;

	/* A sanitizer needs more address space than any limit: as shipped it is asked. */
	if (IS_SANITIZED)
		return;
	err = cell_ask(c, (enum parser)MISBEHAVE, -1, &ask, 1, 20000000000ULL, NULL, NULL);
	cell_count(c, &counts);
	ok(err == -ETIME && counts.hung == 1 && strstr(cell_why(c), "memory"),
	   "memory without end is stopped");
	ok(!cell_ask(c, (enum parser)ECHO, -1, NULL, 0, 0, NULL, NULL),
	   "and the next question is answered");
}

/* "Name:\tvalue" of /proc/PID/status */
static bool status_is(const char *status, const char *name, const char *value)
{
	const char *line = strstr(status, name);

	return line && (line += strlen(name), line += strspn(line, ":\t "),
			!strncmp(line, value, strlen(value)) && line[strlen(value)] == '\n');
}

/* The child of this process that is not the one which looks. */
static pid_t find_child(void)
{
	char path[64], list[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	for (int tries = 0; tries < 2000 && !*list; tries++) {
		f = fopen(path, "re");
		if (f && !fgets(list, sizeof(list), f))
			*list = '\0';
		if (f)
			fclose(f);
		usleep(5000);
	}
	return (pid_t)strtol(list, NULL, 10);
}

static bool wait_status(pid_t pid, char *status, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	/* Until its last wall stands. */
	for (int tries = 0; tries < 2000; tries++) {
		FILE *f = fopen(path, "re");
		size_t n = f ? fread(status, 1, size - 1, f) : 0;

		status[n] = '\0';
		if (f)
			fclose(f);
		if (status_is(status, "Seccomp", "2"))
			return true;
		usleep(5000);
	}
	return false;
}

static int take_state(void *ctx, const struct row *row)
{
	uint64_t *seen = ctx;

	seen[0] = row_u64(row, TAG_PID, 0);
	seen[1] = row_u64(row, TAG_NUMBER, 0);
	return 0;
}

static void look_from_outside(void)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
	static const char none[] = "0000000000000000";
	static char status[8192];
	unsigned int empty = 0;
	pid_t pid = find_child();

	ok(wait_status(pid, status, sizeof(status)), "the child has a filter of system calls");
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		empty += status_is(status, sets[i], none);
	ok(empty == ARRAY_SIZE(sets), "it has no capabilities");
	if (geteuid())
		ok(true, "nor can it be given any # SKIP not root");
	else
		ok(status_is(status, "CapBnd", none), "nor can it be given any");
	ok(status_is(status, "NoNewPrivs", "1"), "nor new privileges");
	ok(geteuid() || (strstr(status, "Uid:\t65534\t65534\t65534\t65534\n") &&
			 strstr(status, "Gid:\t65534\t65534\t65534\t65534\n") &&
			 status_is(status, "Groups", " ") + status_is(status, "Groups", "")),
	   "it is nobody, in no group");
}

static void test_state(void)
{
	CLEANUP(close_fdp) int fd = memory_text("the file");
	CLEANUP(cell_freep) struct cell *c = new_cell();
	uint64_t seen[2] = {};
	/* Inheritable, as a shell leaves them: none of the child's business. */
	CLEANUP(close_fdp) int inherited = open("/dev/null", O_RDONLY);

	tree_must(inherited >= 0, "/dev/null");
	ok(!cell_ask(c, (enum parser)ECHO, -1, NULL, 0, 0, NULL, NULL), "the child is there");
	look_from_outside();
	ok(!cell_ask(c, (enum parser)STATE, fd, NULL, 0, 0, take_state, seen) &&
		   seen[1] == 2 + IS_SANITIZED,
	   "it has its socket and the question's file, nothing else");
	ok((pid_t)seen[0] == find_child(), "it is the one that was looked at");
}

int main(void)
{
	test_round_trip();
	test_refused();
	test_large();
	test_deeds();
	test_memory();
	test_state();
	ok(strstr(cell_walls(), "no capabilities, seccomp, limits"), "its walls: %s", cell_walls());
	return tap_done();
}
