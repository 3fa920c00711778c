/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests: somebody's software was refused, and he asks for an exemption.
 *
 * Anybody may ask, by leaving a file in a directory that only the agent reads;
 * who asked is told by the file's owner, not by what stands in it. The agent
 * takes it down, as an event and in a list; nothing follows from it until root
 * grants it.
 */
#ifndef WEIR_CMD_REQUESTS_H
#define WEIR_CMD_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct agent;

#define REQUESTS_SPOOL "/run/weir/requests"
#define REQUESTS_FILE "/var/lib/weir/requests"

/* Kept at a time; each user has a share of it. */
#define REQUESTS_MAX 1000
#define REQUESTS_PER_USER 20

#define REQUEST_TEXT_MAX 512

struct request {
	unsigned int id;
	uid_t uid;
	int64_t time_s;
	char what[4096]; /* an event's uid, or an absolute path */
	char reason[REQUEST_TEXT_MAX];
};

/* 0, or -errno with nothing left behind. */
int request_leave(const char *what, const char *reason);

/*
 * Are @what and @reason, as somebody wrote them, fit to be kept: of their
 * length, without control characters?
 */
bool request_is_fit(const char *what, const char *reason);

/* One of the list, by its number. -ENOENT: none. */
int request_find(unsigned int id, struct request *ret);

/* Each of the list, oldest first. Non-zero ends it and is returned. */
int request_each(int (*fn)(void *ctx, const struct request *r), void *ctx);

/* Makes the spool; without one nobody can ask, which is no reason not to run. */
void requests_open(void);

/* Every second: takes down what lies in the spool. */
void requests_take(struct agent *a);

#endif /* WEIR_CMD_REQUESTS_H */
