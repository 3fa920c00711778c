// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal keeps what it is given, says what it could not keep, and reads
 * back whatever it finds. The full disk is a small tmpfs in a mount namespace
 * of this process alone; without the right to make one that part is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "journal/journal.h"
#include "journal/read.h"
#include "journal/segment.h"
#include "tap.h"

#define NOW_MS 1795000000000ll

static char root[] = "/tmp/weir-journal-XXXXXX";
static char dir[64];
static int run;

/* A directory that is not there yet, of its own for each part. */
static void fresh(void)
{
	snprintf(dir, sizeof(dir), "%s/%d", root, ++run);
}

static struct journal *opened(uint64_t segment, uint64_t total, size_t pending)
{
	const struct journal_options o = { dir, segment, total, pending };
	struct journal *j = NULL;
	int err = journal_open(&o, NOW_MS, &j);

	if (err)
		printf("# journal_open: %s\n", strerror(-err));
	return j;
}

static void put(struct journal *j, int n, size_t pad)
{
	char line[4096];
	int len = snprintf(line, sizeof(line), "{\"time\":%lld,\"n\":%d,\"pad\":\"%0*d\"}\n",
			   NOW_MS + n, n, (int)pad, 0);

	journal_append(j, line, (size_t)len, NOW_MS + n);
}

static struct segments listed(void)
{
	CLEANUP(close_fdp) int fd = open(dir, O_RDONLY | O_DIRECTORY);
	struct segments s = { 0 };

	segments_list(fd, &s);
	return s;
}

struct tally {
	int good, bad, first, last;
	bool in_order;
};

static struct tally read_back(int64_t since_ms)
{
	CLEANUP(journal_reader_freep) struct journal_reader *r = NULL;
	struct tally t = { .first = -1, .last = -1, .in_order = true };
	struct journal_line line;

	if (journal_reader_new(dir, since_ms, &r))
		return t;
	while (journal_reader_next(r, &line) > 0) {
		int n;

		if (!line.event) {
			t.bad++;
			continue;
		}
		n = (int)json_integer_value(json_object_get(line.event, "n"));
		t.in_order = t.in_order && n > t.last;
		t.first = t.first < 0 ? n : t.first;
		t.last = n;
		t.good++;
	}
	return t;
}

static void check_plain(void)
{
	struct journal *j, *second = NULL;
	struct journal_options o = { .dir = dir };
	struct segments s;
	struct stat st;
	struct tally t;

	fresh();
	j = opened(0, 0, 0);
	ok(j && !stat(dir, &st) && (st.st_mode & 07777) == 0700, "the directory is private");
	for (int n = 0; n < 1000; n++)
		put(j, n, 10);
	ok(!journal_flush(j, NOW_MS), "a thousand lines are written");
	s = listed();
	ok(s.cnt == 1 && !strcmp(s.at[0].name, "weir-20261118T110640-000001.ndjson"),
	   "into one segment, named by time and number");
	segments_free(&s);
	ok(journal_open(&o, NOW_MS, &second) == -EBUSY, "a second writer is refused");
	journal_close(j, NOW_MS);
	t = read_back(INT64_MIN);
	ok(t.good == 1000 && !t.bad && t.in_order, "and come back in order");
	t = read_back(NOW_MS + 990);
	ok(t.good == 10 && t.first == 990, "from a time on");
	chmod(dir, 0777);
	ok(journal_open(&o, NOW_MS, &second) == -EPERM, "where others may write it does not");
	o.dir = "/proc/weir-no-such/x";
	ok(journal_open(&o, NOW_MS, &second) == -ENOENT && !journal_close(NULL, 0),
	   "a directory without a parent is an error");
}

static void check_storm(void)
{
	struct event_gap gap;
	struct journal *j;
	struct tally t;

	fresh();
	j = opened(0, 0, 20000);
	for (int n = 0; n < 5000; n++)
		put(j, n, 60);
	journal_close(j, NOW_MS);
	t = read_back(INT64_MIN);
	ok(t.good == 5000 && t.in_order, "a storm between two flushes loses nothing");
	j = opened(0, 0, 100);
	put(j, 0, 500);
	ok(journal_take_gap(j, &gap) && gap.lines == 1 && gap.error == ENOBUFS,
	   "a line beyond the buffer is counted");
	journal_close(j, NOW_MS);
}

static void check_rotation(void)
{
	char other[128];
	struct journal *j;
	struct segments s;
	struct tally t;
	int fd;

	fresh();
	j = opened(10000, 50000, 0);
	snprintf(other, sizeof(other), "%s/notes.ndjson", dir);
	fd = open(other, O_WRONLY | O_CREAT, 0600);
	ok(fd >= 0 && !ftruncate(fd, 1 << 20), "a big file of somebody else lies there");
	close(fd);
	for (int n = 0; n < 3000; n++) {
		put(j, n, 60);
		journal_flush(j, NOW_MS + n);
	}
	journal_close(j, NOW_MS);
	s = listed();
	ok(s.cnt >= 4 && s.cnt <= 7 && s.at[s.cnt - 1].number > 20,
	   "old segments go: %zu of %llu are left", s.cnt,
	   (unsigned long long)(s.cnt ? s.at[s.cnt - 1].number : 0));
	segments_free(&s);
	t = read_back(INT64_MIN);
	ok(t.last == 2999 && t.good == 3000 - t.first && t.in_order, "the newest are whole");
	ok(!access(other, F_OK), "what is not ours stays");
}

/* Appends to the only segment of @dir, as a crash or a vandal would. */
static void scribble(const char *text)
{
	struct segments s = listed();
	char path[192];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, s.at[s.cnt - 1].name);
	fd = open(path, O_WRONLY | O_APPEND);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("# scribble: %s\n", strerror(errno));
	close(fd);
	segments_free(&s);
}

static void check_torn(void)
{
	struct journal *j;
	struct segments s;
	struct tally t;

	fresh();
	j = opened(0, 0, 0);
	put(j, 0, 5);
	journal_close(j, NOW_MS);
	scribble("{\"time\":17950000");
	t = read_back(INT64_MIN);
	ok(t.good == 1 && t.bad == 1, "half a line is told");
	j = opened(0, 0, 0);
	put(j, 1, 5);
	journal_close(j, NOW_MS);
	s = listed();
	ok(s.cnt == 1, "a restart goes on in the same segment");
	segments_free(&s);
	scribble("[]\n\n{\"time\":\"now\"}\n\x01\xff\n");
	t = read_back(INT64_MIN);
	ok(t.good == 2 && t.bad == 5 && t.last == 1, "the next line is whole, bad ones are skipped");
}

static void check_removed(void)
{
	struct journal *j;
	struct segments s;
	char path[192];
	struct tally t;

	fresh();
	j = opened(0, 0, 0);
	put(j, 0, 5);
	journal_flush(j, NOW_MS);
	s = listed();
	snprintf(path, sizeof(path), "%s/%s", dir, s.at[0].name);
	segments_free(&s);
	unlink(path);
	put(j, 1, 5);
	ok(!journal_flush(j, NOW_MS), "a segment that was removed is followed by another");
	journal_close(j, NOW_MS);
	t = read_back(INT64_MIN);
	ok(t.good == 1 && t.first == 1, "and nothing is written into the void");
}

static void check_follow(void)
{
	CLEANUP(journal_reader_freep) struct journal_reader *r = NULL;
	struct journal_line line;
	struct journal *j;
	int seen = 0;

	fresh();
	j = opened(200, 0, 0);
	put(j, 0, 5);
	journal_flush(j, NOW_MS);
	ok(!journal_reader_new(dir, INT64_MIN, &r) && !journal_reader_follow(r), "following");
	ok(journal_reader_next(r, &line) == 1 && journal_reader_next(r, &line) == 0,
	   "the past is read");
	scribble("{\"time\":5,");
	ok(journal_reader_wait(r, 1000) == 1 && journal_reader_next(r, &line) == 0,
	   "half a line is waited for");
	scribble("\"n\":7}\n");
	ok(journal_reader_wait(r, 1000) == 1 && journal_reader_next(r, &line) == 1 &&
	   line.event && line.number == 2, "until it is whole");
	for (int n = 8; n < 20; n++) {
		put(j, n, 50);
		journal_flush(j, NOW_MS);
	}
	while (journal_reader_next(r, &line) == 1)
		seen += line.event != NULL;
	ok(seen == 12, "over many segments");
	ok(journal_reader_wait(r, 0) == 1 && journal_reader_wait(r, 0) == 0,
	   "and sleeps when there is no more");
	journal_close(j, NOW_MS);
}

static bool small_disk(void)
{
	fresh();
	if (mkdir(dir, 0700) || unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return false;
	return !mount("weir-test", dir, "tmpfs", 0, "size=64k,mode=0700");
}

static void check_full_disk(void)
{
	struct event_gap gap = { 0 };
	struct journal *j;
	char ballast[80];
	struct tally t;
	int fd, err = 0, n = 0;

	if (!small_disk()) {
		ok(true, "a full disk # SKIP no right to mount a tmpfs");
		return;
	}
	snprintf(ballast, sizeof(ballast), "%s/ballast", dir);
	fd = open(ballast, O_WRONLY | O_CREAT, 0600);
	if (posix_fallocate(fd, 0, 32 << 10))
		printf("# no ballast\n");
	close(fd);
	j = opened(0, 0, 20000);
	while (!err && n < 10000) {
		put(j, n, 100);
		err = journal_flush(j, NOW_MS + n++);
	}
	ok(err == -ENOSPC && journal_trouble(j) == ENOSPC, "the disk fills up at line %d", n);
	for (int more = 0; more < 300; more++, n++) {
		put(j, n, 100);
		journal_flush(j, NOW_MS + n);
	}
	ok(journal_lost(j) > 0 && !journal_take_gap(j, &gap), "lines are lost: %llu",
	   (unsigned long long)journal_lost(j));
	unlink(ballast);
	ok(journal_flush(j, NOW_MS + n) == -ENOSPC, "no try before its time");
	ok(!journal_flush(j, NOW_MS + n + 2000), "room again: written again");
	ok(journal_take_gap(j, &gap) && gap.lines == journal_lost(j) && gap.error == ENOSPC &&
	   gap.first_ms < gap.last_ms && gap.last_ms == NOW_MS + n - 1, "the gap is told");
	ok(!journal_take_gap(j, &gap), "once");
	put(j, n, 100);
	journal_close(j, NOW_MS + n);
	t = read_back(INT64_MIN);
	ok(!t.bad && t.in_order && t.last == n && t.good + (int)gap.lines == n + 1,
	   "no line is torn, and kept and lost make all: %d + %llu", t.good,
	   (unsigned long long)gap.lines);
}

static void check_names(void)
{
	uint64_t n = 0;

	ok(segment_parse("weir-20261118T110640-000042.ndjson", &n) && n == 42, "a name is read");
	ok(segment_parse("weir-20261118T110640-1000000.ndjson", &n) && n == 1000000,
	   "of a long life too");
	ok(!segment_parse("weir-20261118T110640-42.ndjson", &n) &&
	   !segment_parse("weir-20261118T110640-000042.ndjson.gz", &n) &&
	   !segment_parse("weir-2026111-T110640-000042.ndjson", &n) &&
	   !segment_parse("weir-", &n) && !segment_parse("", &n) &&
	   !segment_parse("weir-20261118T110640-0000000000000000042.ndjson", &n),
	   "what only resembles one is not ours");
}

int main(void)
{
	char cmd[] = "rm", flag[] = "-rf";
	char *argv[] = { cmd, flag, root, NULL };
	pid_t pid;

	if (!mkdtemp(root))
		return 1;
	check_names();
	check_plain();
	check_storm();
	check_rotation();
	check_torn();
	check_removed();
	check_follow();
	check_full_disk();
	if (!chdir("/") && umount(dir))
		printf("# nothing mounted\n");
	pid = fork();
	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	return tap_done();
}
