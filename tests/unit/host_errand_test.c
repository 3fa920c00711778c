// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errands: a command that answers, fails, hangs, or that nobody wants to hear from
 * any more; none of them holds up whoever looks in.
 */
#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/errand.h"
#include "tap.h"

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void rest(void)
{
	const struct timespec t = { .tv_nsec = 10 * 1000000L };

	nanosleep(&t, NULL);
}

/* What it comes to within @ms; *ret_longest is the longest look. */
static int wait_for(struct errand *e, int ms, int64_t *ret_longest)
{
	int64_t end = now_ms() + ms;
	int rc = -EAGAIN;

	*ret_longest = 0;
	while (rc == -EAGAIN && now_ms() < end) {
		int64_t from = now_ms();

		rc = errand_poll(e);
		if (now_ms() - from > *ret_longest)
			*ret_longest = now_ms() - from;
		if (rc == -EAGAIN)
			rest();
	}
	return rc;
}

static int start(struct errand *e, const char *script)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return errand_start(e, argv);
}

int main(void)
{
	CLEANUP(errand_end) struct errand e = { 0 };
	int64_t longest;
	pid_t child;

	ok(errand_poll(&e) == -EAGAIN, "nobody was sent");
	ok(!start(&e, "echo yes") && start(&e, "echo no") == -EBUSY, "one is out at a time");
	ok(!wait_for(&e, 20000, &longest) && !strcmp(buf_str(&e.answer), "yes\n"),
	   "the answer of one that is done");
	ok(!start(&e, "echo no; exit 3") && wait_for(&e, 20000, &longest) == 3,
	   "the status of one that failed");
	ok(!start(&e, "exec >&- 2>&-; exec sleep 3") && wait_for(&e, 1500, &longest) == -EAGAIN &&
	   longest < 1000, "one that has closed its output and lives is not waited for: %d ms",
	   (int)longest);
	child = e.child;
	errand_cancel(&e);
	ok(wait_for(&e, 20000, &longest) == -ECANCELED && longest < 1000 && kill(child, 0),
	   "one that is not wanted any more ends, and is buried");
	ok(!start(&e, "echo old"), "an answer that has come");
	for (int i = 0; i < 20; i++)
		rest();
	errand_cancel(&e);
	ok(wait_for(&e, 20000, &longest) == -ECANCELED, "is none either");
	ok(!start(&e, "echo new") && !wait_for(&e, 20000, &longest) &&
	   !strcmp(buf_str(&e.answer), "new\n"), "the next one is");
	return tap_done();
}
