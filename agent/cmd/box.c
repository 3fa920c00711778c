// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the kernel module's black box to the journal.
 *
 * The box keeps what was refused, whether or not anybody was there to read it.
 * Its records are those of the rings and become the same events. How far it has
 * been written down is noted where the next agent finds it; an agent that was
 * killed before it could note so is followed by one that knows the records by
 * their numbers. What was overwritten meanwhile is a hole in the numbers, and
 * told; so is a record that does not follow from the one before.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "cmd/agent.h"
#include "sense/module_gate.h"

/* Reading under way. */
struct folding {
	struct agent *agent;
	uint64_t last; /* number of the last record that was read; 0: none */
	uint64_t mark; /* of that one; 0: not known */
	uint8_t digest[WEIR_SHA256_LEN]; /* the same, whole */
	bool has_digest;
	bool is_other; /* what was read last is of another load of the module */
	uint64_t missing, broken;
};

static uint64_t mark_of(const struct weir_box_record *r)
{
	uint64_t mark;

	memcpy(&mark, r->digest, sizeof(mark));
	return mark;
}

static bool follows(const struct folding *f, const struct weir_box_record *r)
{
	uint8_t both[WEIR_SHA256_LEN + sizeof(*r)], digest[EVP_MAX_MD_SIZE];
	const size_t len = offsetof(struct weir_box_record, digest);

	memcpy(both, f->digest, WEIR_SHA256_LEN);
	memcpy(both + WEIR_SHA256_LEN, r, len);
	return EVP_Digest(both, WEIR_SHA256_LEN + len, digest, NULL, EVP_sha256(), NULL) &&
	       !memcmp(digest, r->digest, WEIR_SHA256_LEN);
}

/* What happened while nobody was there to tell of it. The rest others tell of. */
static void tell_change(struct agent *a, const struct weir_box_record *r)
{
	struct event_note note = { .pid = r->rec.who.tgid, .uid = r->rec.who.uid,
				   .auid = r->rec.who.auid, .session = r->rec.who.session };

	if (r->rec.time_ns >= a->started_ns)
		return;
	if (r->kind == WEIR_BOX_LAPSED)
		agent_note(a, EVENT_GATE_LOST, &note, "with no agent the table lapsed: everything "
						      "was allowed from then on", NULL);
	if (r->kind == WEIR_BOX_DETACHED)
		agent_note(a, EVENT_GATE_LOST, &note, "the kernel module took its gates away",
			   NULL);
}

/* Takes up the chain at the record that was read last. True: it was this one, and is no news. */
static bool take_up(struct folding *f, const struct weir_box_record *r)
{
	if (f->has_digest || r->seq > f->last)
		return false;
	f->is_other = mark_of(r) != f->mark;
	memcpy(f->digest, r->digest, sizeof(f->digest));
	f->has_digest = true;
	return true;
}

static void take(void *ctx, const struct weir_box_record *r)
{
	struct folding *f = ctx;

	if (f->is_other || take_up(f, r))
		return;
	if (r->seq > f->last + 1)
		f->missing += r->seq - f->last - 1;
	else if (f->has_digest && !follows(f, r))
		f->broken++;
	f->last = r->seq;
	f->mark = mark_of(r);
	memcpy(f->digest, r->digest, sizeof(f->digest));
	f->has_digest = true;
	if (r->kind == WEIR_BOX_DENIED)
		agent_take_record(f->agent, &r->rec, sizeof(r->file) + sizeof(r->path));
	else
		tell_change(f->agent, r);
}

static void tell_holes(struct agent *a, const struct folding *f)
{
	char text[128];

	if (f->missing) {
		snprintf(text, sizeof(text), "the kernel module's black box was full: %llu of its "
			 "records gave way to newer ones", (unsigned long long)f->missing);
		agent_note(a, EVENT_RECORDS_LOST, NULL, text, NULL);
	}
	if (f->broken) {
		snprintf(text, sizeof(text), "%llu records of the kernel module's black box do not "
			 "follow from those before", (unsigned long long)f->broken);
		agent_note(a, EVENT_RECORDS_LOST, NULL, text, NULL);
	}
}

/* On disk first; then, for the next agent, how far. */
static void note_written(struct agent *a, const struct folding *f)
{
	agent_write_down(a);
	__atomic_store_n(&a->resume.box[1], f->mark, __ATOMIC_RELEASE);
	__atomic_store_n(&a->resume.box[0], f->last, __ATOMIC_RELEASE);
}

/*
 * From the last one on that is known, to see that it is still there; from the
 * beginning, whose first record follows 32 zero bytes, if nothing is.
 */
static bool fold(struct agent *a, uint64_t last, uint64_t mark)
{
	struct folding f = { .agent = a, .last = last, .mark = mark, .has_digest = !last };

	if (module_gate_read(a->gates->module, last ? last : 1, take, &f))
		return false;
	if (f.is_other)
		return fold(a, 0, 0);
	if (f.last == last)
		return false;
	tell_holes(a, &f);
	note_written(a, &f);
	return true;
}

bool agent_drain_box(struct agent *a)
{
	uint64_t next;

	/* The question alone tells the module that we are alive. */
	if (!a->gates->module || module_gate_next(a->gates->module, &next))
		return false;
	if (next == a->resume.box[0] + 1 && a->is_box_read)
		return false;
	a->is_box_read = true;
	/* Behind what the module has made: of an earlier load of it. */
	if (next <= a->resume.box[0])
		return fold(a, 0, 0);
	return fold(a, a->resume.box[0], a->resume.box[1]);
}
