// SPDX-License-Identifier: GPL-2.0-only
/* The module's black box into the journal: nothing twice, nothing missing unsaid. */
#include "../../agent/cmd/box.c"

#include "tap.h"

/* --- a module and an agent, as far as they are asked --- */

#define KEPT 8 /* records that the box has room for */

static struct weir_box_record box[64];
static uint64_t made; /* number of the last one */
static uint64_t loaded_ns;
static uint8_t head[WEIR_SHA256_LEN];

static uint64_t taken[64], taken_cnt;
static char noted[256];
static int written_down;

static void make(uint32_t kind)
{
	struct weir_box_record *r = &box[++made];
	uint8_t both[WEIR_SHA256_LEN + sizeof(*r)];
	const size_t len = offsetof(struct weir_box_record, digest);

	*r = (struct weir_box_record){ .seq = made, .kind = kind };
	r->rec.seq = made;
	r->rec.time_ns = loaded_ns;
	memcpy(both, head, sizeof(head));
	memcpy(both + sizeof(head), r, len);
	EVP_Digest(both, sizeof(head) + len, r->digest, NULL, EVP_sha256(), NULL);
	memcpy(head, r->digest, sizeof(head));
}

/* Another load of it begins another chain: its first record differs by its time. */
static void load_module(uint64_t time_ns)
{
	memset(head, 0, sizeof(head));
	made = 0;
	loaded_ns = time_ns;
	make(WEIR_BOX_LOADED);
}

int module_gate_next(struct module_gate *m, uint64_t *ret_seq)
{
	(void)m;
	*ret_seq = made + 1;
	return 0;
}

int module_gate_read(struct module_gate *m, uint64_t seq, module_gate_fn fn, void *ctx)
{
	uint64_t oldest = made > KEPT ? made - KEPT + 1 : 1;

	(void)m;
	for (seq = seq < oldest ? oldest : seq; seq <= made; seq++)
		fn(ctx, &box[seq]);
	return 0;
}

void agent_take_record(void *ctx, const void *bytes, size_t len)
{
	const struct weir_rec *rec = bytes;

	(void)ctx;
	(void)len;
	taken[taken_cnt++] = rec->seq;
}

void agent_note(struct agent *a, enum event_kind kind, struct event_note *note, const char *text,
		const char *path)
{
	(void)a;
	(void)kind;
	(void)note;
	(void)path;
	snprintf(noted, sizeof(noted), "%s", text);
}

void agent_write_down(struct agent *a)
{
	(void)a;
	written_down++;
}

/* --- */

static uint64_t place[2]; /* what is pinned */

/* An agent that comes up: it knows what is pinned, and nothing else. */
static struct agent start(void)
{
	static struct gates gates = { .module = (struct module_gate *)&gates };

	return (struct agent){ .gates = &gates, .resume.box = place, .started_ns = 1 };
}

static void forget(void)
{
	taken_cnt = 0;
	noted[0] = '\0';
}

static bool took(uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i <= to; i++)
		if (i - from >= taken_cnt || taken[i - from] != i)
			return false;
	return taken_cnt == to - from + 1;
}

int main(void)
{
	struct agent a = start();
	int i;

	load_module(10);
	for (i = 0; i < 3; i++)
		make(WEIR_BOX_DENIED);
	ok(agent_drain_box(&a) && took(2, 4), "what was refused before any agent came is told");
	ok(written_down == 1 && place[0] == 4, "and is on disk before it is noted as told");
	forget();
	ok(!agent_drain_box(&a) && !taken_cnt, "and not again");
	make(WEIR_BOX_DENIED);
	ok(agent_drain_box(&a) && took(5, 5), "one more is one more");
	forget();
	a = start();
	ok(!agent_drain_box(&a) && !taken_cnt, "the next agent tells nothing twice");
	make(WEIR_BOX_DENIED);
	a = start();
	ok(agent_drain_box(&a) && took(6, 6) && !noted[0], "and goes on where it ended");
	forget();
	for (i = 0; i < 12; i++)
		make(WEIR_BOX_DENIED);
	ok(agent_drain_box(&a) && took(11, 18), "of what is overwritten the rest is told");
	ok(strstr(noted, "full: 4 of its"), "and how many are missing");
	forget();
	make(WEIR_BOX_DENIED);
	make(WEIR_BOX_DENIED);
	box[20].rec.flags ^= 1;
	ok(agent_drain_box(&a) && strstr(noted, "1 records") && took(19, 20),
	   "one that does not follow from the one before is said");
	forget();
	load_module(20);
	make(WEIR_BOX_DENIED);
	ok(agent_drain_box(&a) && took(2, 2) && !noted[0],
	   "a module that was loaded anew is read from its beginning");
	forget();
	load_module(30);
	make(WEIR_BOX_DENIED);
	make(WEIR_BOX_DENIED);
	make(WEIR_BOX_DENIED);
	a = start();
	ok(agent_drain_box(&a) && took(2, 4) && !noted[0],
	   "also when it has made more than the one before had");
	return tap_done();
}
