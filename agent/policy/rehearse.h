/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rehearsal: what a policy would have done about what was recorded.
 *
 * Records that differ in nothing that a verdict could depend on, and in nothing
 * that a reader wants to know, are folded into one act with a count. Acts are
 * judged when all are in, by the function that answers in the kernel, as if the
 * policy were in force, armed, and every gate could deny: at one moment, and at
 * each later one at which a rule takes a step or an exemption ends. So a
 * journal of any length is judged in the same time and memory.
 *
 * Pure. What cannot be known from the text (which files a freeze lets run, the
 * number of a user) is the caller's to say; where nobody knows, the act is in
 * doubt and says so.
 */
#ifndef WEIR_POLICY_REHEARSE_H
#define WEIR_POLICY_REHEARSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/index.h"
#include "policy/compile.h"

/* Beyond either what is new is counted only. */
#define REHEARSE_ACTS_MAX 65536
#define REHEARSE_BYTES_MAX (64u << 20)

/* Of steps and ends to come; a window every night has one at each dusk and dawn. */
#define REHEARSE_MOMENTS_MAX 256

/* Of the clock that a rehearsal's policy is compiled for. */
#define REHEARSE_BOOT_NS 1000000000ULL

/* Why it cannot be told what would become of it; bits. */
#define DOUBT_PRODUCT 1u  /* this catalogue has no such product */
#define DOUBT_EVIDENCE 2u /* nor the indicator that it was recognised by */
#define DOUBT_FREEZE 4u	  /* nobody has counted what is installed */
#define DOUBT_ADDRESS 8u  /* where to is not in the record */
#define DOUBT_CNT 4

/* A record, as far as it matters here. Texts may be NULL: unknown. */
struct rehearse_record {
	const char *product;	  /* id */
	const char *kind, *value; /* of the indicator that the kernel went by */
	const char *path;	  /* of the file */
	const char *file;	  /* "dev:ino:generation" */
	const char *sha256;
	const char *ip;
	const char *by; /* of an exec the parent's name, else the process's own */
	const char *unit, *user_unit;
	uint64_t size, ctime_ns; /* of the file */
	int64_t time_ms;
	uint32_t uid;
	uint32_t cnt; /* how many it stands for */
	uint16_t port;
	uint8_t protocol;
	uint8_t hook; /* enum weir_hook */
	bool is_portless;
	bool is_guarded; /* nothing may ever stop it */
};

/* Who was, or would have been, stopped: a unit of the system, or a user. */
struct rehearse_who {
	const char *unit; /* NULL: a user */
	uint32_t uid;	  /* of a user */
};

struct rehearse_act {
	struct rehearse_record first; /* texts in the rehearsal's arena */
	uint64_t cnt;
	int64_t first_ms, last_ms;
	uint32_t who;	/* index in rehearsal.whos */
	uint32_t order; /* in which they came */
	/* From here on by rehearse_judge(). */
	struct weir_answer now;
	const struct exemption *exemption; /* by which it is spared now */
	const struct indicator *indicator; /* NULL: none */
	uint32_t rule;	  /* of whose product; 0: none */
	uint32_t doubts;  /* DOUBT_* */
	int64_t begins_s; /* first moment at which it is stopped; INT64_MAX: never */
	uint8_t begins_mode;
};

struct rehearse_moment {
	int64_t at_s;
	uint64_t stopped[WEIR_HOOK_MAX]; /* records */
	uint32_t units, users, products;
};

/* What the policy's text does not say. */
struct rehearse_host {
	/* Is the file of @r one that the freeze of @product lets run? */
	bool (*is_installed)(void *ctx, const struct rehearse_record *r, uint32_t product);
	void *ctx;
	bool is_counted; /* somebody has looked what is installed */
	/* By index in compiled.exemptions: for whom it holds. */
	const uint32_t *uids; /* WEIR_ANYBODY: all */
	const bool *is_void;  /* the user that it names is not on this host */
};

struct rehearsal { /* a zeroed one is empty */
	struct arena arena;
	size_t bytes; /* in it */
	struct index index;
	struct buf key; /* scratch */
	struct rehearse_act *acts;
	uint32_t cnt, cap;
	struct index who_index;
	struct rehearse_who *whos;
	uint32_t who_cnt, who_cap;
	uint64_t uncounted; /* records that found no room: cannot be told */
	/* Filled by rehearse_judge(); the first is the moment itself. */
	struct rehearse_moment *moments;
	uint32_t moment_cnt;
	bool is_cut; /* there are more of them */
};

/* Takes @r in, copied. 0 or -ENOMEM. */
int rehearse_add(struct rehearsal *x, const struct rehearse_record *r);

/* What to judge by. @compiled was made for @at_s and REHEARSE_BOOT_NS. */
struct rehearse_candidate {
	const struct catalog *catalog;
	const struct policy *policy;
	const struct compiled *compiled;
	struct rehearse_host host;
	int64_t at_s;
};

/*
 * What the kernel would be asked about @r at @boot_ns, and what stands in doubt
 * then. @ret_exemption: by which q.cap came about, NULL: none.
 */
struct weir_question rehearse_ask(const struct rehearse_candidate *c,
				  const struct rehearse_record *r, uint64_t boot_ns,
				  uint32_t *ret_doubts, const struct exemption **ret_exemption);

/* Judges all acts and puts them in order. 0 or -ENOMEM. */
int rehearse_judge(struct rehearsal *x, const struct rehearse_candidate *c);
void rehearse_exit(struct rehearsal *x);

/* Is it stopped at the moment itself? Later, see begins_s. */
static inline bool act_is_stopped(const struct rehearse_act *a)
{
	return a->now.verdict != WEIR_ALLOW;
}

/* Seconds since the epoch of a mark on the rehearsal's clock. */
static inline int64_t rehearse_time(const struct rehearse_candidate *c, uint64_t boot_ns)
{
	return c->at_s + (int64_t)((boot_ns - REHEARSE_BOOT_NS) / 1000000000ULL);
}

#endif /* WEIR_POLICY_REHEARSE_H */
