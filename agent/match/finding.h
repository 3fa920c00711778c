/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings: what of the catalogue is on a host, from all that its collectors saw.
 *
 * Traces of the same kind and place are one thing. Each thing is judged by
 * itself, as match.h says; then the things of one product are put together,
 * and insufficient ones of two families make a finding of the whole. A value
 * that a confusable has as well speaks for neither side there, and one family
 * alone is never enough. What is no finding is kept apart: cleared, with the
 * confusable that explains it, or merely suspicious.
 *
 * Pure, and bounded: of one product and kind a limited number of things is
 * kept, the others are counted. The order of the answer does not depend on
 * the order in which things were told.
 */
#ifndef WEIR_MATCH_FINDING_H
#define WEIR_MATCH_FINDING_H

#include "base/arena.h"
#include "match/match.h"
#include "match/trace.h"

/* Things kept of one product and kind; the others are counted. */
#define FINDING_THINGS_MAX 4096

/* From the weakest claim to the strongest. */
enum finding_state {
	STATE_RESIDUE,	  /* configuration, logs, data, a user: left behind */
	STATE_INSTALLER,  /* something that would install it lies about */
	STATE_UNVERIFIED, /* a package entry that no file bears out */
	STATE_INSTALLED,
	STATE_LOADED, /* into the kernel */
	STATE_RUNNING,
	STATE_MAX,
};

/* Something that was seen, once or more often. All text is the findings' own. */
struct thing {
	enum trace_kind kind;
	uint32_t flags; /* enum trace_flag */
	const char *where;
	const char *container; /* NULL: none; also of those below */
	const char *path;	/* the file behind it, when that is not @where */
	const char *version, *package, *user, *detail;
	struct arena_list started_by; /* of const char *, each once */
	uint32_t pid;		      /* 0: none */
	int64_t changed;	      /* seconds since the epoch; 0: unknown */
	uint32_t *hits;		      /* indices of indicators, each once */
	uint32_t hit_cnt;
};

/* How one thing speaks for one product. */
struct finding_row {
	const struct thing *thing;
	enum finding_state state;
	enum confidence confidence; /* of the best hit */
	uint8_t families;
	bool is_sufficient;
	bool is_alone;	     /* it is a finding by itself */
	uint32_t cleared_by; /* product that explains it; MATCH_NONE */
	int64_t first_seen;  /* seconds since the epoch; the caller's to fill */
};

/* One product. */
struct finding {
	uint32_t product;
	enum finding_state state;
	enum confidence confidence;
	uint8_t families;
	bool is_sufficient; /* some hit was enough alone */
	bool is_combined;   /* no thing was enough alone, all together are */
	bool may_enforce;
	const char *version; /* of a package or module; NULL: none, or several */
	struct finding_row *rows;
	uint32_t row_cnt;
	uint32_t more;			/* things that were counted only */
	int64_t first_seen, last_seen; /* the caller's to fill */
};

/* Things of one product, or taken for it, that make no finding. */
struct suspicion {
	uint32_t product;    /* MATCH_NONE: a look-alike that hit nothing else */
	uint32_t cleared_by; /* MATCH_NONE: too weak */
	struct finding_row row;
};

struct findings {
	struct finding *items; /* by the product's id */
	uint32_t cnt;
	struct suspicion *cleared; /* by what clears, then by place */
	struct suspicion *weak;
	uint32_t cleared_cnt, weak_cnt;
	uint64_t seen; /* traces in all */
	struct findings_store *store; /* private */
};

/* On success *ret is the caller's for findings_free(); borrows @x and its catalogue. */
int findings_new(const struct match_index *x, struct findings **ret);
struct findings *findings_free(struct findings *f); /* NULL; takes NULL */
void findings_freep(struct findings **f);

/* Takes a copy of what is of interest. 0 or -ENOMEM. */
int findings_add(struct findings *f, const struct trace *t);

/* After the last trace, once: fills items, cleared and weak. 0 or -ENOMEM. */
int findings_conclude(struct findings *f);

/* The thing of that kind and place without a container; NULL: none was seen. */
struct thing *findings_thing(const struct findings *f, enum trace_kind kind, const char *where);

/* All things that were kept, for who knows more of them; before findings_conclude(). */
struct thing **findings_things(const struct findings *f, uint32_t *ret_cnt);

/* The package that owns a file, or that none does (NULL). 0 or -ENOMEM. */
int findings_set_owner(struct findings *f, struct thing *t, const char *package);

/* Of one thing: the hits that are of @product, in order. The number of them. */
uint32_t thing_hits_of(const struct thing *t, const struct catalog *c, uint32_t product,
		       uint32_t *ret, uint32_t max);

/* What @t says of @product. */
enum finding_state finding_state_of(const struct catalog *c, const struct thing *t,
				    uint32_t product);

/* "running", "residue" */
const char *finding_state_name(enum finding_state state);

/* Of a bit of enum trace_flag: "enabled", "restarts". */
const char *finding_flag_name(unsigned int bit);
#define FINDING_FLAG_CNT 12

#endif /* WEIR_MATCH_FINDING_H */
