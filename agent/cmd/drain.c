// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the rings to the journal.
 *
 * A batch is read, decoded, decided, written, and only then given back to the
 * kernel: an agent that dies in between is followed by one that reads the same
 * records again and sees in the journal which ones are written already.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "out/text.h"

/* Records between two writes; bounds what a killed agent reads twice. */
#define BATCH 512

/* Of one ring in a row: whoever fills it must not keep us from all else. */
#define ROUNDS 8

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int64_t boot_ms(void)
{
	return host_boot_offset_ns() / 1000000;
}

void agent_say(struct agent *a, const char *fmt, ...)
{
	va_list ap;

	if (a->opts->json)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* Late records name the table that decided, which may be the one before. */
static struct decide_context context_of(const struct agent *a, const struct event *ev)
{
	const struct regime *r = a->now;

	if (event_is_record(ev) && a->before && a->before->table &&
	    ev->rec.generation == table_generation(a->before->table))
		r = a->before;
	return (struct decide_context){
		.policy = r ? r->sources.policy : NULL,
		.catalog = r ? r->sources.catalog : NULL,
		.generation = r && r->table ? table_generation(r->table) : 0,
		.now_s = time(NULL),
	};
}

/* Whose it was: of listed software only, since only there anybody asks. */
static void name_unit(struct agent *a, const struct event *ev, const struct decision *d)
{
	const struct unit_names *n;

	ocsf_unit(a->ocsf, NULL, NULL);
	if (!event_is_record(ev) || !d->product)
		return;
	n = units_of(&a->units, ev->rec.who.cgroup);
	ocsf_unit(a->ocsf, n->unit, n->user_unit);
}

static void publish(struct agent *a, const struct event *ev, const struct match *found)
{
	struct decide_context ctx = context_of(a, ev);
	struct decision d = decide(&ctx, ev, found);

	name_unit(a, ev, &d);
	buf_clear(&a->line);
	ocsf_event(a->ocsf, ev, &d, &a->line);
	if (a->line.err)
		return;
	journal_append(a->journal, a->line.data, a->line.len, now_ms());
	if (a->opts->json) {
		fwrite(a->line.data, 1, a->line.len, stdout);
	} else if (d.outcome != OUTCOME_UNLISTED) {
		buf_clear(&a->text);
		text_event(&a->text, boot_ms(), ev, &d, a->opts->color);
		fwrite(a->text.data, 1, a->text.len, stdout);
	}
}

void agent_publish(struct agent *a, const struct event *ev)
{
	publish(a, ev, NULL);
}

void agent_note(struct agent *a, enum event_kind kind, struct event_note *note,
		const char *text, const char *path)
{
	struct event_note n = note ? *note : (struct event_note){};
	CLEANUP(event_freep) struct event *ev = NULL;

	n.time_ns = arming_now_ns();
	n.seq = ++a->note_seq;
	n.generation = a->now && a->now->table ? table_generation(a->now->table) : 0;
	n.serial = a->now && a->now->sources.policy ? a->now->sources.policy->serial : 0;
	if (!note || !n.pid) {
		n.auid = ~0u;
		n.session = ~0u;
	}
	if (!event_note(kind, &n, text, path, &ev))
		publish(a, ev, NULL);
}

/*
 * Numbers grow by one per CPU. A task that is preempted between taking its
 * number and its space arrives late, so what is missing is counted down again.
 */
static bool is_repeat(struct agent *a, const struct weir_rec *rec)
{
	uint64_t *last;

	if (rec->ring >= WEIR_RING_MAX)
		return false;
	/* The module's box has one row of numbers, which it looks after itself. */
	if (rec->cpu >= a->resume.cpus)
		return written_has(&a->written, rec);
	last = &a->read[rec->ring][rec->cpu];
	if (rec->seq > *last) {
		a->count.missing += rec->seq - *last - 1;
		*last = rec->seq;
	} else if (a->count.missing) {
		a->count.missing--;
	}
	return written_has(&a->written, rec);
}

/* What a key already names needs no second look. */
static bool wants_identity(const struct event *ev)
{
	return ev->kind == EVENT_NEW ||
	       (event_has_file(ev) && ev->rec.flags & WEIR_REC_FIRST && !ev->rec.key.rule);
}

static uint64_t cookie_of(const struct weir_file *file)
{
	return file->ino ^ (uint64_t)file->dev << 32;
}

/* A path is from the root of its mount namespace: in another one, ask there. */
static void ask_identity(struct agent *a, const struct event *ev)
{
	uint32_t ns = ev->rec.who.ns_mnt;
	uint32_t pid = ns == a->mnt_ns || ns == a->host_mnt_ns ? 0 : ev->rec.who.tgid;

	if (ev->path && ev->path[0] == '/' && a->identify)
		identify_ask(a->identify, cookie_of(&ev->file.file), ev->path, 0, pid);
}

/* So that it has its key before its first run after a restart, too. */
static void remember(struct agent *a, const struct identify_answer *answer,
		     const struct indicator *ind)
{
	const struct catalog *c = a->now->sources.catalog;
	struct known_file f = { .path = answer->question.path,
				.product = (char *)c->products[ind->product].id,
				.value = (char *)ind->value,
				.kind = ind->kind };

	/* Of another mount namespace: the path means something else here. */
	if (answer->question.pid)
		return;
	known_stamp(&f, &answer->identity->st);
	known_add(&a->known, &f);
}

void agent_take_record(void *ctx, const void *bytes, size_t len)
{
	CLEANUP(event_freep) struct event *ev = NULL;
	struct agent *a = ctx;

	if (event_decode(bytes, len, &ev)) {
		a->count.bad_records++;
		return;
	}
	if (ev->rec.flags & WEIR_REC_CANARY || (ev->rec.seq && is_repeat(a, &ev->rec)))
		return;
	if (wants_identity(ev))
		ask_identity(a, ev);
	if (ev->kind == EVENT_NEW)
		return;
	a->count.records++;
	a->count.denials += ev->rec.answer.verdict != WEIR_ALLOW;
	backoff_refused(a, ev);
	if (!fold_take(a, &ev))
		agent_publish(a, ev);
}

void agent_write_down(struct agent *a)
{
	struct event_note note = {};

	journal_flush(a->journal, now_ms());
	if (journal_take_gap(a->journal, &note.gap))
		agent_note(a, EVENT_JOURNAL_GAP, &note, NULL, NULL);
	fflush(stdout);
}

/*
 * The batch is in the journal, and that is noted before its space is given back.
 * We may be killed between any two of these. Whoever comes next passes over what
 * is before the position; of what is behind it, the journal's own end tells
 * which is written down already, hence the place in the journal comes last.
 */
static void note_written(struct agent *a, int ring)
{
	uint64_t file, bytes;

	memcpy(a->resume.last[ring], a->read[ring], a->resume.cpus * sizeof(*a->read[ring]));
	__atomic_store_n(&a->resume.pos[ring], a->gates->ring[ring].pos, __ATOMIC_RELEASE);
	journal_position(a->journal, &file, &bytes);
	__atomic_store_n(&a->resume.journal[1], bytes, __ATOMIC_RELEASE);
	__atomic_store_n(&a->resume.journal[0], file, __ATOMIC_RELEASE);
	ring_commit(&a->gates->ring[ring]);
}

static void take_line(void *ctx, const char *line, size_t len)
{
	written_add(ctx, line, len);
}

int agent_resume(struct agent *a)
{
	const uint64_t *at = a->resume.journal;
	int ring, err = 0;

	if (at[0])
		err = journal_behind(a->journal, at[0], at[1], take_line, &a->written);
	written_sort(&a->written);
	for (ring = 0; ring < WEIR_RING_MAX; ring++)
		ring_skip_to(&a->gates->ring[ring], a->resume.pos[ring]);
	return err;
}

bool agent_drain(struct agent *a)
{
	unsigned int n, rounds;
	bool any = false;
	int ring;

	ocsf_set(a->ocsf, boot_ms(), a->now->sources.policy->arguments);
	any = agent_drain_box(a);
	for (ring = 0; ring < WEIR_RING_MAX; ring++) {
		rounds = 0;
		do {
			n = ring_read(&a->gates->ring[ring], agent_take_record, a, BATCH);
			any |= n > 0;
			if (n)
				agent_write_down(a);
			note_written(a, ring);
		} while (n == BATCH && ++rounds < ROUNDS);
	}
	if (!any)
		agent_write_down(a);
	return any;
}

void agent_report_losses(struct agent *a)
{
	struct weir_losses now, *last = &a->count.lost;
	struct event_note note = {};
	uint64_t grown = 0;
	int t;

	if (gates_losses(a->gates, &now))
		return;
	for (t = 0; t < WEIR_REC_MAX; t++) {
		if (now.by_type[t] < last->by_type[t])
			last->by_type[t] = now.by_type[t]; /* pins are new */
		note.loss.by_type[t] = now.by_type[t] - last->by_type[t];
		grown += note.loss.by_type[t];
	}
	note.loss.denials = now.denials - last->denials;
	if (!grown)
		return;
	*last = now;
	note.loss.since_ns = a->started_ns;
	agent_note(a, EVENT_RECORDS_LOST, &note, NULL, NULL);
	/* Told is what is on disk: an agent that is killed takes its buffer along. */
	agent_write_down(a);
	*a->resume.told = now;
}

/* The kernel's key of @path, if that is still the file that was reported. */
static bool key_of(struct agent *a, const struct identify_question *q, struct weir_file *file)
{
	CLEANUP(close_fdp) int fd = identify_open(q);

	return fd >= 0 && !gates_keys(a->gates, &fd, file, 1) && file->ino &&
	       (!q->cookie || cookie_of(file) == q->cookie);
}

static void note_identified(struct agent *a, const struct identify_answer *answer,
			    const struct weir_key *key)
{
	const struct facts *f = &answer->identity->facts;
	struct event_note note = { .identified = { .key = *key,
						   .size = f->size,
						   .is_hashed = f->is_hashed } };

	memcpy(note.identified.sha256, f->sha256, sizeof(note.identified.sha256));
	agent_note(a, EVENT_IDENTIFIED, &note,
		   "identified after its first run, which passed; known from now on",
		   answer->question.path);
}

/* Changed since it was known, and read whole: it is something else now. */
static void forget(struct agent *a, const struct identify_answer *answer)
{
	const struct identity *id = answer->identity;
	struct known_file *k = known_find(&a->known, answer->question.path);
	struct weir_file file;

	if (!k || k->by_scan || answer->question.pid || id->err)
		return;
	if (known_is_same(k, &id->st) && key_of(a, &answer->question, &file))
		table_drop_file(a->now->table, &file);
	known_drop(&a->known, (uint32_t)(k - a->known.list));
}

/* A product by what only user space can tell: a key for the next time. */
static void learn(struct agent *a, const struct identify_answer *answer)
{
	const struct sources *s = &a->now->sources;
	const struct identity *id = answer->identity;
	struct file_entry e = { .key.kind = WEIR_KEY_FILE };
	const struct evidence *best;

	if (match_facts(a->now->index, &id->facts, &a->match))
		return;
	best = match_best(&a->match);
	if (!best)
		forget(a, answer);
	if (!best || s->catalog->products[best->product].confusable ||
	    !policy_rule_for(s->policy, s->catalog, best->product) ||
	    guard_find(a->now->plan->guard, id->st.st_dev, id->st.st_ino))
		return;
	e.key.rule = best->product + 1;
	e.key.flags = best->may_enforce ? WEIR_KEY_ENFORCE : 0;
	e.key.evidence = best->indicator;
	if (!key_of(a, &answer->question, &e.file))
		return;
	if (table_add_file(a->now->table, &e.file, &e.key)) {
		a->count.keys_refused++;
		return;
	}
	remember(a, answer, &s->catalog->indicators[best->indicator]);
	a->count.keys_added++;
	note_identified(a, answer, &e.key);
}

void agent_take_identified(struct agent *a)
{
	struct identify_answer *answer;

	while ((answer = identify_take(a->identify))) {
		a->count.identified++;
		if (answer->identity && answer->identity->fault)
			agent_note_fault(a, answer);
		if (answer->identity && a->now)
			learn(a, answer);
		identify_answer_free(answer);
	}
}
