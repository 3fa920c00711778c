// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one event costs the agent, in CPU time: decode, decide and format, and
 * the line's way into the journal. Prints "NAME,UNIT,VALUE" lines, ROUNDS of
 * each, interleaved:
 *
 *   events DIR      the journal is written to DIR/journal
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "journal/journal.h"
#include "out/ocsf.h"
#include "out/text.h"
#include "record.h"

#define ROUNDS 9
#define TIMES 20000
#define PER_FLUSH 100
#define BOOT_MS 1795000000000ll

/* Length of a file record as bpf/emit.h submits it, with its unused room. */
#define FULL_RECORD 6416

static const char vendor[] =
	"vendor: examplewall\nname: Example\nproducts:\n  - product: agent\n"
	"    name: Examplewall Endpoint Agent\n    class: vendor_product\n    indicators:\n"
	"      - {kind: path, value: /usr/bin/ewctl, confidence: high}\n";
static const char rules[] =
	"policy: plant-a\nserial: 12\nenforce: true\nrules:\n"
	"  - product: examplewall/agent\n    mode: block\n";
static const char argv_bytes[] =
	"/opt/examplewall/agent\0--token\0t0ps3cret\0--server=https://me:pw@gw.test/\0"
	"--verbose\0-c\0/etc/examplewall/agent.conf";

struct bench {
	struct catalog *catalog;
	struct policy *policy;
	struct ocsf *ocsf;
	struct journal *journal;
	struct decide_context ctx;
	struct buf buf;
};

struct sample {
	const char *name;
	struct record rec;
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "events: %s\n", what);
	exit(1);
}

static struct event *decoded(const struct record *r)
{
	struct event *ev;

	if (event_decode(r, r->rec.len, &ev))
		die("a record is refused");
	return ev;
}

static void do_decode(struct bench *b, const struct record *r)
{
	(void)b;
	event_free(decoded(r));
}

static void do_json(struct bench *b, const struct record *r)
{
	struct event *ev = decoded(r);
	struct decision d = decide(&b->ctx, ev, NULL);

	buf_clear(&b->buf);
	ocsf_event(b->ocsf, ev, &d, &b->buf);
	event_free(ev);
}

static void do_text(struct bench *b, const struct record *r)
{
	struct event *ev = decoded(r);
	struct decision d = decide(&b->ctx, ev, NULL);

	buf_clear(&b->buf);
	text_event(&b->buf, BOOT_MS, ev, &d, false);
	event_free(ev);
}

static void time_one(struct bench *b, const struct sample *s, const char *what,
		     void (*one)(struct bench *b, const struct record *r))
{
	double begin = now_ns();

	for (int i = 0; i < TIMES; i++)
		one(b, &s->rec);
	printf("%s: %s,ns,%.0f\n", s->name, what, (now_ns() - begin) / TIMES);
}

static void time_journal(struct bench *b, const struct sample *s)
{
	double begin;

	do_json(b, &s->rec);
	begin = now_ns();
	for (int i = 0; i < TIMES; i++) {
		journal_append(b->journal, b->buf.data, b->buf.len, BOOT_MS + i);
		if (i % PER_FLUSH == PER_FLUSH - 1)
			journal_flush(b->journal, BOOT_MS + i);
	}
	printf("%s: journal append,ns,%.0f\n", s->name, (now_ns() - begin) / TIMES);
	printf("%s: journal line,bytes,%zu\n", s->name, b->buf.len);
}

static void set_up(struct bench *b, const char *dir)
{
	static const struct ocsf_host host = {
		.hostname = "plant-a-7",
		.machine_id = "0123456789abcdef0123456789abcdef",
		.boot_id = "6f1e0c5e-0000-4000-8000-000000000001",
		.os_name = "Debian GNU/Linux 12",
		.kernel = "6.1.0",
		.version = "0.1",
	};
	struct policy_context context = {};
	struct journal_options journal = { .dir = dir };
	struct diag d;

	if (catalog_new(&b->catalog) ||
	    catalog_add(b->catalog, "vendor", vendor, sizeof(vendor) - 1, &d) ||
	    catalog_seal(b->catalog, &d))
		die("the catalogue is refused");
	context.catalog = b->catalog;
	if (policy_parse(&context, "policy", rules, sizeof(rules) - 1, &b->policy, &d))
		die("the policy is refused");
	if (ocsf_new(&host, &b->ocsf))
		die("no memory");
	ocsf_set(b->ocsf, BOOT_MS, ARGV_REDACTED);
	if (journal_open(&journal, BOOT_MS, &b->journal))
		die("the journal cannot be opened");
	b->ctx = (struct decide_context){ .policy = b->policy, .catalog = b->catalog,
					  .generation = 3, .now_s = BOOT_MS / 1000 };
}

static void tear_down(struct bench *b)
{
	journal_close(b->journal, BOOT_MS);
	ocsf_free(b->ocsf);
	policy_free(b->policy);
	catalog_free(b->catalog);
	buf_free(&b->buf);
}

int main(int argc, char **argv)
{
	static struct sample denied = { .name = "exec denied" }, plain = { .name = "exec unlisted" },
			     connect = { .name = "connect denied" };
	const struct sample *all[] = { &denied, &plain, &connect };
	struct bench b = {};

	if (argc != 2)
		die("usage: events DIR");
	record_file(&denied.rec, WEIR_REC_EXEC, "/opt/examplewall/bin/agent", argv_bytes,
		    sizeof(argv_bytes));
	record_answer(&denied.rec, 0, WEIR_DENY, WEIR_BY_RULE, WEIR_BLOCK, 1);
	denied.rec.rec.flags |= WEIR_REC_HASHED;
	denied.rec.rec.len = FULL_RECORD;
	record_file(&plain.rec, WEIR_REC_EXEC, "/usr/bin/true", "true\0x", 7);
	plain.rec.rec.answer.reason = WEIR_BY_NO_KEY;
	plain.rec.rec.len = FULL_RECORD;
	record_connect(&connect.rec, 0xcb007109, 443);
	record_answer(&connect.rec, 0, WEIR_DENY, WEIR_BY_RULE, WEIR_BLOCK, 1);
	set_up(&b, argv[1]);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			time_one(&b, all[i], "decode", do_decode);
			time_one(&b, all[i], "decode+decide+json", do_json);
			time_one(&b, all[i], "decode+decide+text", do_text);
			time_journal(&b, all[i]);
		}
	tear_down(&b);
	return 0;
}
