// SPDX-License-Identifier: GPL-2.0-only
/* Each way the bytes of a record can lie is seen, and none is believed. */
#include <errno.h>
#include <stdlib.h>

#include "event/event.h"
#include "record.h"
#include "tap.h"

#define ARGV "/opt/examplewall/agent\0--verbose"

static void check_good(void)
{
	struct event *ev = NULL;
	struct record r;
	uint32_t len;

	record_file(&r, WEIR_REC_EXEC, "/opt/examplewall/agent", ARGV, sizeof(ARGV));
	ok(!event_decode(&r, r.rec.len, &ev), "a whole exec record is an event");
	ok(ev && ev->kind == EVENT_EXEC && !strcmp(ev->path, "/opt/examplewall/agent") &&
	   ev->argv_len == sizeof(ARGV) && !memcmp(ev->argv, ARGV, sizeof(ARGV)) &&
	   !ev->interp && !ev->name && ev->rec.seq == 7 && ev->file.size == 81234,
	   "with everything that was in it");
	memset(&r, 0xee, sizeof(r));
	ok(ev && !strcmp(ev->path, "/opt/examplewall/agent"), "owned: the bytes may go");
	ev = event_free(ev);

	record_connect(&r, 0xcb007109, 443);
	ok(!event_decode(&r, sizeof(r), &ev) && ev->kind == EVENT_CONNECT &&
	   ev->connect.port == 443, "more bytes than the record has are no harm");
	ev = event_free(ev);

	/* Version 2 has a longer fixed part: strings begin later. */
	record_head(&r, WEIR_REC_EXEC, sizeof(struct weir_rec_file) + 64);
	r.rec.version = 2;
	r.file.path_off = record_add(&r, "/bin/x", 7);
	ok(!event_decode(&r, r.rec.len, &ev) && !strcmp(ev->path, "/bin/x"),
	   "a later version is read as far as we know it");
	ev = event_free(ev);

	/* Rings align to 8, netlink to 4. */
	record_file(&r, WEIR_REC_LOAD, "/lib/libewcore.so.3", NULL, 0);
	len = r.rec.len;
	memmove(r.bytes + 3, r.bytes, len);
	ok(!event_decode(r.bytes + 3, len, &ev) && ev->kind == EVENT_LOAD,
	   "an odd address is no harm");
	event_free(ev);
}

static struct record good;
static size_t given;

static void lie(const char *title, const char *why)
{
	struct event *ev = (struct event *)&good; /* must stay as it was */
	const char *fault = event_fault(&good, given);

	ok(event_decode(&good, given, &ev) == -EPROTO && ev == (struct event *)&good && fault &&
	   strstr(fault, why), "%s: \"%s\"", title, fault ? fault : "believed");
	record_file(&good, WEIR_REC_EXEC, "/opt/examplewall/agent", ARGV, sizeof(ARGV));
	given = good.rec.len;
}

#define LIE(change, why)                   \
	do {                               \
		change;                    \
		lie(#change, why);         \
	} while (0)

static void check_lies(void)
{
	record_file(&good, WEIR_REC_EXEC, "/opt/examplewall/agent", ARGV, sizeof(ARGV));
	given = good.rec.len;
	LIE(given = 0, "shorter");
	LIE(given = sizeof(struct weir_rec) - 1, "shorter");
	LIE(given -= 8, "more than was received");
	LIE(good.rec.type = 0, "type");
	LIE(good.rec.type = WEIR_REC_MAX, "type");
	LIE(good.rec.version = 0, "version");
	LIE(good.rec.len = sizeof(struct weir_rec), "less than its type");
	LIE(good.rec.len = 0, "less than its type");
	LIE(good.rec.len = UINT32_MAX, "more than was received");
	LIE(good.rec.len -= 1, "multiple of 8");
	LIE(good.rec.ring = WEIR_RING_MAX, "ring");
	LIE(good.rec.hook = WEIR_HOOK_MAX, "hook");
	LIE(good.rec.mechanism = WEIR_VIA_MAX, "mechanism");
	LIE(good.rec.strength = WEIR_STRENGTH_MAX, "strength");
	LIE(good.rec.answer.verdict = WEIR_VERDICT_MAX, "verdict");
	LIE(good.rec.answer.reason = WEIR_REASON_MAX, "reason");
	LIE(good.rec.answer.mode = WEIR_MODE_MAX, "mode");
	LIE(good.rec.answer.would = 2, "would");
	LIE(good.rec.key.kind = WEIR_KEY_MAX, "kind of key");
	LIE(memset(good.rec.who.comm, 'x', WEIR_COMM_LEN), "name without end");
	LIE(memset(good.rec.who.parent_comm, 'x', WEIR_COMM_LEN), "name without end");
	LIE(good.file.path_source = 3, "source of the path");
	LIE(good.file.argv_source = 3, "source of arguments");
	LIE(good.file.path_off = 8, "path outside"); /* into the fixed part */
	LIE(good.file.path_off = good.rec.len, "path outside");
	LIE(good.file.path_off = UINT32_MAX, "path outside");
	LIE(good.file.interp_off = UINT32_MAX - 7, "interpreter outside");
	LIE(good.file.name_off = 1, "name outside");
	LIE(memset(good.bytes + sizeof(good.file), 'x', good.rec.len - sizeof(good.file)),
	    "path outside or without end");
	LIE(good.file.argv_off = 0, "without place or length");
	LIE(good.file.argv_len = 0, "without place or length");
	LIE(good.file.argv_off = good.rec.len, "arguments outside");
	LIE(good.file.argv_len = UINT32_MAX, "arguments longer");
	LIE(good.file.argv_len -= 1, "arguments without end");
}

static void check_connect(void)
{
	record_connect(&good, 0xcb007109, 443);
	good.connect.family = AF_UNIX;
	given = good.rec.len;
	lie("family", "address family");
	record_connect(&good, 0xcb007109, 443);
	good.connect.call = WEIR_CALL_MAX;
	given = good.rec.len;
	lie("call", "call");
}

static void check_notes(void)
{
	struct event_note note = { .time_ns = 5, .seq = 1 };
	struct event *ev = NULL;

	ok(!event_note(EVENT_IDENTIFIED, &note, "by its hash", "/opt/x", &ev) &&
	   !strcmp(ev->text, "by its hash") && !strcmp(ev->path, "/opt/x") &&
	   event_time_ns(ev) == 5 && !event_is_record(ev), "a note carries its texts");
	ev = event_free(ev);
	ok(event_note(EVENT_EXEC, &note, NULL, NULL, &ev) == -EINVAL && !ev,
	   "a record cannot be made up as a note");
	ok(!strcmp(event_name(EVENT_POLICY_REFUSED), "policy-refused") &&
	   !strcmp(event_name(EVENT_KIND_MAX), "unknown"), "events have stable names");
	ok(!event_free(NULL), "nothing can be freed");
}

int main(void)
{
	check_good();
	check_lies();
	check_connect();
	check_notes();
	return tap_done();
}
