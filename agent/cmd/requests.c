// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/requests.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "cmd/agent.h"

/* Taken in one go; the rest waits for the next second. */
#define ROUND 64

bool request_is_fit(const char *what, const char *reason)
{
	size_t what_len = strlen(what), reason_len = strlen(reason);

	if (!what_len || what_len >= sizeof(((struct request *)0)->what) || !reason_len ||
	    reason_len >= REQUEST_TEXT_MAX || (*what != '/' && strchr(what, '/')))
		return false;
	for (const char *p = what; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	for (const char *p = reason; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return true;
}

int request_leave(const char *what, const char *reason)
{
	char path[] = REQUESTS_SPOOL "/XXXXXX", text[8192];
	int len = snprintf(text, sizeof(text), "%s\n%s\n", what, reason);
	CLEANUP(close_fdp) int fd = mkstemp(path);

	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)len) != len) {
		unlink(path);
		return -EIO;
	}
	return 0;
}

/* "ID UID TIME\tWHAT\tREASON", without control characters in either text. */
static bool parse_line(char *line, struct request *r)
{
	char *what = strchr(line, '\t'), *reason = what ? strchr(what + 1, '\t') : NULL;
	unsigned int uid;

	if (!reason || sscanf(line, "%u %u %" SCNd64, &r->id, &uid, &r->time_s) != 3)
		return false;
	*reason++ = '\0';
	reason[strcspn(reason, "\n")] = '\0';
	r->uid = uid;
	snprintf(r->what, sizeof(r->what), "%s", what + 1);
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	return true;
}

int request_each(int (*fn)(void *ctx, const struct request *r), void *ctx)
{
	CLEANUP(fclosep) FILE *f = fopen(REQUESTS_FILE, "re");
	CLEANUP(freep) char *line = NULL;
	struct request r;
	size_t size = 0;
	int err = 0;

	while (f && !err && getline(&line, &size, f) > 0)
		if (parse_line(line, &r))
			err = fn(ctx, &r);
	return err;
}

struct search {
	unsigned int id;
	struct request *ret;
};

static int compare(void *ctx, const struct request *r)
{
	struct search *s = ctx;

	if (r->id != s->id)
		return 0;
	*s->ret = *r;
	return 1;
}

int request_find(unsigned int id, struct request *ret)
{
	struct search s = { .id = id, .ret = ret };

	return request_each(compare, &s) ? 0 : -ENOENT;
}

struct census {
	uid_t uid;
	unsigned int all, his, last_id;
};

static int count(void *ctx, const struct request *r)
{
	struct census *c = ctx;

	c->all++;
	c->his += r->uid == c->uid;
	if (r->id > c->last_id)
		c->last_id = r->id;
	return 0;
}

static int keep(struct request *r)
{
	struct census c = { .uid = r->uid };
	CLEANUP(fclosep) FILE *f = NULL;

	request_each(count, &c);
	if (c.all >= REQUESTS_MAX || c.his >= REQUESTS_PER_USER)
		return -EDQUOT;
	r->id = c.last_id + 1;
	f = fopen(REQUESTS_FILE, "ae");
	if (!f || fprintf(f, "%u %u %" PRId64 "\t%s\t%s\n", r->id, r->uid, r->time_s, r->what,
			  r->reason) < 0 || fflush(f))
		return -EIO;
	return 0;
}

/* It was written by anybody: a regular file with one name, two lines, no more. */
static bool read_request(int dir, const char *name, struct request *ret)
{
	CLEANUP(close_fdp) int fd =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[sizeof(ret->what) + REQUEST_TEXT_MAX + 4], *reason;
	struct stat st;
	ssize_t len;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_nlink != 1)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	if (len <= 0 || memchr(text, '\0', (size_t)len))
		return false;
	text[len] = '\0';
	reason = strchr(text, '\n');
	if (!reason)
		return false;
	*reason++ = '\0';
	reason[strcspn(reason, "\n")] = '\0';
	if (!request_is_fit(text, reason))
		return false;
	*ret = (struct request){ .uid = st.st_uid, .time_s = time(NULL) };
	/* Both are short enough: that is part of being fit. */
	memcpy(ret->what, text, strlen(text) + 1);
	memcpy(ret->reason, reason, strlen(reason) + 1);
	return true;
}

static void take(struct agent *a, int dir, const char *name)
{
	struct event_note note = {};
	struct request r;
	char text[5000];
	bool is_fit = read_request(dir, name, &r);
	int err;

	unlinkat(dir, name, 0);
	if (!is_fit)
		return;
	err = keep(&r);
	if (err)
		return;
	note.uid = r.uid;
	note.auid = ~0u;
	snprintf(text, sizeof(text), "number %u by uid %u for %s: %s", r.id, r.uid, r.what,
		 r.reason);
	agent_note(a, EVENT_REQUEST, &note, text, NULL);
}

void requests_open(void)
{
	/* Anybody may leave a file there, and see or take away only his own. */
	if ((mkdir(REQUESTS_SPOOL, 01733) && errno != EEXIST) || chmod(REQUESTS_SPOOL, 01733))
		fprintf(stderr, "weir: %s: %s: nobody can ask for an exemption\n", REQUESTS_SPOOL,
			strerror(errno));
}

void requests_take(struct agent *a)
{
	CLEANUP(closedirp) DIR *d = opendir(REQUESTS_SPOOL);
	const struct dirent *e;
	int n = 0;

	while (d && n < ROUND && (e = readdir(d))) {
		if (*e->d_name == '.')
			continue;
		take(a, dirfd(d), e->d_name);
		n++;
	}
}
