// SPDX-License-Identifier: GPL-2.0-only
/*
 * OCSF and text of one event of every kind and outcome. With --dump the lines
 * go to stdout instead: tests/cli/20-ocsf.t holds them against the schema and
 * the golden file.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "out/ocsf.h"
#include "out/text.h"
#include "record.h"
#include "tap.h"

#define BOOT_MS 1795000000000ll
#define ARGV "/opt/examplewall/agent\0--token\0t0ps3cret\0--server=https://me:pw@gw.test/"
#define HOSTILE "/opt/examplewall/\x1b[2J\xff\xfe \xe2\x80\xae\n.exe"

static struct vendor vendors[] = { { .id = "examplewall", .name = "Examplewall Inc." } };
static struct product products[] = {
	{ .id = "examplewall/agent", .name = "Examplewall Endpoint Agent" },
};
static struct indicator indicators[] = {
	{ .kind = IND_DIR, .value = "/opt/examplewall/", .confidence = CONFIDENCE_HIGH,
	  .sufficient = true, .line = 10 },
	{ .kind = IND_COMM, .value = "ewagentd", .confidence = CONFIDENCE_MEDIUM, .line = 17 },
};
static const struct catalog catalog = {
	.vendors = vendors, .vendor_cnt = 1, .products = products, .product_cnt = 1,
	.indicators = indicators, .indicator_cnt = 2,
};
static const struct policy policy = { .name = "plant-a", .serial = 12 };
static const struct rule rule = { .level = RULE_PRODUCT, .target = "examplewall/agent",
				  .line = 9 };

static struct ocsf *ocsf;

/* Made by hand, so that each outcome is there whatever decide() thinks. */
static struct decision decision_of(const struct event *ev, enum outcome outcome)
{
	bool is_listed = outcome > OUTCOME_UNLISTED;

	return (struct decision){
		.outcome = outcome,
		.reason = event_is_record(ev) ? ev->rec.answer.reason : WEIR_BY_NO_KEY,
		.mode = event_is_record(ev) ? ev->rec.answer.mode : WEIR_OBSERVE,
		.policy = &policy,
		.catalog = &catalog,
		.product = is_listed ? &products[0] : NULL,
		.rule = is_listed && outcome != OUTCOME_ALLOWED ? &rule : NULL,
		.indicator = is_listed ? &indicators[0] : NULL,
	};
}

static void emit_times(struct record *r, enum outcome outcome, uint64_t repeats, struct buf *out)
{
	struct event *ev = NULL;
	struct decision d;

	if (event_decode(r, r->rec.len, &ev))
		return;
	ev->repeats = repeats;
	ev->first_ns = event_time_ns(ev) - 2500000000ull;
	d = decision_of(ev, outcome);
	ocsf_event(ocsf, ev, &d, out);
	event_free(ev);
}

static void emit(struct record *r, enum outcome outcome, struct buf *out)
{
	emit_times(r, outcome, 0, out);
}

/* Verdict and reason that go with an outcome. */
static void answer(struct record *r, enum outcome outcome)
{
	static const struct weir_answer answers[OUTCOME_MAX] = {
		[OUTCOME_CANARY] = { WEIR_DENY, WEIR_BY_CANARY, 0, 0 },
		[OUTCOME_UNLISTED] = { WEIR_ALLOW, WEIR_BY_NO_KEY, 0, 0 },
		[OUTCOME_SEEN] = { WEIR_ALLOW, WEIR_BY_MODE, WEIR_OBSERVE, 0 },
		[OUTCOME_ALLOWED] = { WEIR_ALLOW, WEIR_BY_GUARD, 0, 0 },
		[OUTCOME_WOULD_BLOCK] = { WEIR_ALLOW, WEIR_BY_FLAG, WEIR_BLOCK, 1 },
		[OUTCOME_WEAK] = { WEIR_ALLOW, WEIR_BY_STRENGTH, WEIR_BLOCK, 1 },
		[OUTCOME_BLOCKED] = { WEIR_DENY, WEIR_BY_RULE, WEIR_BLOCK, 1 },
		[OUTCOME_KILLED] = { WEIR_KILL, WEIR_BY_RULE, WEIR_BLOCK, 1 },
		[OUTCOME_SLIPPED] = { WEIR_ALLOW, WEIR_BY_RULE, WEIR_BLOCK, 1 },
	};

	record_answer(r, 0, 0, 0, 0, 0);
	r->rec.answer = answers[outcome];
	r->rec.flags |= outcome == OUTCOME_SLIPPED ? WEIR_REC_SLIPPED : 0;
	if (outcome == OUTCOME_UNLISTED)
		r->rec.key = (struct weir_key){ 0 };
}

static void emit_files(struct buf *out)
{
	struct record r;

	for (int o = OUTCOME_CANARY; o < OUTCOME_MAX; o++) {
		record_file(&r, WEIR_REC_EXEC, "/opt/examplewall/agent", ARGV, sizeof(ARGV));
		answer(&r, (enum outcome)o);
		r.rec.flags |= WEIR_REC_HASHED;
		memset(r.file.sha256, 0xab, sizeof(r.file.sha256));
		emit(&r, (enum outcome)o, out);
	}
	record_file(&r, WEIR_REC_LOAD, "/opt/examplewall/libewcore.so.3", NULL, 0);
	answer(&r, OUTCOME_BLOCKED);
	emit(&r, OUTCOME_BLOCKED, out);
	record_file(&r, WEIR_REC_MODULE, "/lib/modules/6.1/ewfilter.ko", NULL, 0);
	answer(&r, OUTCOME_WOULD_BLOCK);
	emit(&r, OUTCOME_WOULD_BLOCK, out);
	record_file(&r, WEIR_REC_MODULE, NULL, NULL, 0);
	answer(&r, OUTCOME_SEEN);
	r.file.file.ino = 0;
	r.rec.flags = WEIR_REC_INIT_MOD;
	emit(&r, OUTCOME_SEEN, out);
	record_file(&r, WEIR_REC_NEW, HOSTILE, "\xff\0\x01", 4);
	r.file.interp_off = record_add(&r, "/bin/sh", 8);
	r.file.name_off = record_add(&r, "./x", 4);
	answer(&r, OUTCOME_UNLISTED);
	r.rec.who.auid = ~0u;
	r.rec.who.session = ~0u;
	r.rec.who.pid++;
	emit(&r, OUTCOME_UNLISTED, out);
}

static void emit_connects(struct buf *out)
{
	struct record r;

	record_connect(&r, 0xcb007109, 443);
	answer(&r, OUTCOME_BLOCKED);
	emit(&r, OUTCOME_BLOCKED, out);
	emit_times(&r, OUTCOME_BLOCKED, 240, out);
	answer(&r, OUTCOME_SEEN);
	r.connect.family = AF_INET6;
	memcpy(r.connect.addr, "\x20\x01\x0d\xb8\0\7", 6);
	r.connect.protocol = IPPROTO_UDP;
	r.connect.call = WEIR_CALL_SEND;
	emit(&r, OUTCOME_SEEN, out);
	r.connect.protocol = IPPROTO_ICMPV6;
	r.rec.flags = WEIR_REC_PORTLESS;
	emit(&r, OUTCOME_SEEN, out);
}

static struct event *note_of(enum event_kind kind)
{
	struct event_note note = {
		.time_ns = 5000000000ull, .seq = (uint64_t)kind, .generation = 3, .serial = 12,
		.pid = kind == EVENT_ARM ? 4711 : 0, .uid = 0, .auid = 1000, .session = 5,
	};
	struct event *ev = NULL;

	if (kind == EVENT_RECORDS_LOST)
		note.loss = (struct event_loss){ .by_type = { 0, 12, 0, 0, 25, 0 },
						 .denials = 3, .since_ns = 4000000000ull };
	if (kind == EVENT_JOURNAL_GAP)
		note.gap = (struct event_gap){ .lines = 12, .first_ms = BOOT_MS,
					       .last_ms = BOOT_MS + 5000, .error = 28 };
	if (kind == EVENT_GATE_LOST || kind == EVENT_GATE_PROVEN)
		note.gate = (struct event_gate){ WEIR_HOOK_EXEC, WEIR_VIA_LSM, WEIR_CAN_DENY };
	if (kind == EVENT_IDENTIFIED)
		note.identified.key = (struct weir_key){ 1, WEIR_KEY_FILE, 0, 0 };
	if (kind == EVENT_PHASE || kind == EVENT_PHASE_AHEAD)
		note.phase = (struct event_phase){ .at_s = BOOT_MS / 1000 - 86400,
						   .from = WEIR_FREEZE, .to = WEIR_BLOCK,
						   .line = 9 };
	if (kind == EVENT_RUNNING)
		note.running = (struct event_running){ 4712, 1000 };
	event_note(kind, &note, kind == EVENT_ARM ? "for 10 minutes by admin" : NULL,
		   kind == EVENT_IDENTIFIED || kind == EVENT_PARSER_FAILED ||
				   kind == EVENT_RUNNING ? HOSTILE : NULL, &ev);
	return ev;
}

static void emit_notes(struct buf *out)
{
	for (int kind = EVENT_START; kind < EVENT_KIND_MAX; kind++) {
		struct event *ev = note_of((enum event_kind)kind);
		struct decision d = decision_of(ev, OUTCOME_NOTE);

		ocsf_event(ocsf, ev, &d, out);
		event_free(ev);
	}
}

static bool has_control(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 && s[i] != '\n')
			return true;
	return false;
}

static void check_lines(const char *text)
{
	size_t bad = 0, cnt = 0, doubled = 0;
	json_error_t error;

	for (const char *end; (end = strchr(text, '\n')); text = end + 1, cnt++) {
		json_t *line = json_loadb(text, (size_t)(end - text), 0, &error);

		bad += !line || has_control(text, (size_t)(end - text));
		json_decref(line);
		line = json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES, &error);
		doubled += !line;
		json_decref(line);
	}
	ok(cnt == 9 + 4 + 4 + (EVENT_KIND_MAX - EVENT_START), "one line an event");
	ok(!bad, "each is JSON without control bytes");
	ok(!doubled, "and has no key twice");
}

static void check_secrets(struct buf *all)
{
	struct buf full = { 0 };

	ok(!strstr(buf_str(all), "t0ps3cret") && !strstr(buf_str(all), "me:pw") &&
	   strstr(buf_str(all), "--token *** --server=https://***@gw.test/"),
	   "secrets of the command line are hidden");
	ocsf_set(ocsf, BOOT_MS, ARGV_FULL);
	emit_files(&full);
	ok(strstr(buf_str(&full), "t0ps3cret"), "unless the policy says full");
	buf_clear(&full);
	ocsf_set(ocsf, BOOT_MS, ARGV_NONE);
	emit_files(&full);
	ok(!strstr(buf_str(&full), "cmd_line"), "and are absent when it says none");
	ocsf_set(ocsf, BOOT_MS, ARGV_REDACTED);
	buf_free(&full);
}

static void check_text(void)
{
	struct event *ev = NULL;
	struct buf b = { 0 };
	struct decision d;
	struct record r;

	record_file(&r, WEIR_REC_EXEC, "/opt/examplewall/agent", NULL, 0);
	answer(&r, OUTCOME_BLOCKED);
	event_decode(&r, r.rec.len, &ev);
	d = decision_of(ev, OUTCOME_BLOCKED);
	text_event(&b, BOOT_MS, ev, &d, false);
	ok(!strcmp(buf_str(&b), "2026-11-18T11:08:43.456Z BLOCKED      exec "
	   "/opt/examplewall/agent by bash[812] uid 1000 examplewall/agent: blocked: rule at "
	   "line 9 (product examplewall/agent, block)\n"), "a denied exec: %s", buf_str(&b));
	buf_clear(&b);
	text_event(&b, BOOT_MS, ev, &d, true);
	ok(strstr(buf_str(&b), "\033[1;31mBLOCKED"), "in colour when asked");
	ev = event_free(ev);

	record_file(&r, WEIR_REC_EXEC, HOSTILE, NULL, 0);
	memcpy(r.rec.who.comm, "a\033]0;\xff", 7);
	answer(&r, OUTCOME_SEEN);
	event_decode(&r, r.rec.len, &ev);
	d = decision_of(ev, OUTCOME_SEEN);
	buf_clear(&b);
	text_event(&b, BOOT_MS, ev, &d, false);
	ok(!has_control(buf_str(&b), b.len - 1) &&
	   strstr(buf_str(&b), "\"/opt/examplewall/\\x1b[2J\\xff\\xfe \\u{202e}\\x0a.exe\" by "
			       "a\\x1b]0;\\xff[812]"), "hostile names are shown, not obeyed");
	event_free(ev);

	ev = note_of(EVENT_JOURNAL_GAP);
	d = decision_of(ev, OUTCOME_NOTE);
	buf_clear(&b);
	text_event(&b, BOOT_MS, ev, &d, false);
	ok(strstr(buf_str(&b), "12 events were not written between 2026-11-18T11:06:40.000Z and "
			       "2026-11-18T11:06:45.000Z because: No space left on device"),
	   "a gap says how many, when and why");
	event_free(ev);
	buf_free(&b);
}

int main(int argc, char **argv)
{
	const struct ocsf_host host = {
		.hostname = "plant-a-7", .machine_id = "0123456789abcdef0123456789abcdef",
		.boot_id = "6f1e0c5e-0000-4000-8000-000000000001",
		.os_name = "Debian GNU/Linux 12 (bookworm)", .kernel = "6.1.0-50-amd64",
		.version = "0.1",
	};
	struct buf all = { 0 };

	if (ocsf_new(&host, &ocsf))
		return 1;
	ocsf_set(ocsf, BOOT_MS, ARGV_REDACTED);
	emit_files(&all);
	emit_connects(&all);
	emit_notes(&all);
	if (argc > 1 && !strcmp(argv[1], "--dump")) {
		fputs(buf_str(&all), stdout);
	} else {
		check_lines(buf_str(&all));
		ok(strstr(buf_str(&all), "\"path_hex\":\"2f6f70742f6578616d706c6577616c6c2f1b5b"),
		   "a path that is no text is there in digits");
		ok(strstr(buf_str(&all), "\"uid\":\"6f1e0c5e-0000-4000-8000-000000000001:812:"
					 "100000000000\""), "a process has a name of its own");
		check_secrets(&all);
		check_text();
	}
	buf_free(&all);
	ocsf_free(ocsf);
	return argc > 1 ? 0 : tap_done();
}
