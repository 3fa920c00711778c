// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line per event, for people; see text.h.
 */
#include "out/text.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "base/utf8.h"

/* What a reader looks for first: capitals for what was really stopped, or should have been. */
static const struct {
	const char *word, *color;
} words[] = {
	[OUTCOME_NOTE] = { "weir", "36" },
	[OUTCOME_CANARY] = { "canary", "2" },
	[OUTCOME_UNLISTED] = { "unlisted", "2" },
	[OUTCOME_SEEN] = { "seen", "36" },
	[OUTCOME_ALLOWED] = { "allowed", "32" },
	[OUTCOME_WOULD_BLOCK] = { "would block", "33" },
	[OUTCOME_WEAK] = { "cannot block", "1;33" },
	[OUTCOME_BLOCKED] = { "BLOCKED", "1;31" },
	[OUTCOME_KILLED] = { "KILLED", "1;31" },
	[OUTCOME_SLIPPED] = { "SLIPPED", "1;7;31" },
};
_Static_assert(ARRAY_SIZE(words) == OUTCOME_MAX, "every outcome has a word");

void text_time(struct buf *out, int64_t ms)
{
	int64_t day = ms / 86400000, rest = ms % 86400000;
	struct date d = { 0 };

	if (rest < 0) {
		rest += 86400000;
		day--;
	}
	date_from_days(day, &d);
	buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year, d.mon, d.day,
		 (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
		 (int)(rest % 1000));
}

/* Invisible, or able to reorder what stands around it on a terminal. */
static bool is_treacherous(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c < 0xe0100);
}

static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '\\';
}

void text_escaped(struct buf *out, const char *s, size_t len)
{
	uint32_t c = 0;
	size_t n;

	for (size_t at = 0; at < len; at += n ? n : 1) {
		for (n = 0; at + n < len && is_plain(s[at + n]);)
			n++;
		buf_add(out, s + at, n);
		if (n)
			continue;
		n = utf8_step(s + at, len - at, &c);
		if (!n || (n == 1 && is_treacherous(c)))
			buf_addf(out, "\\x%02x", (unsigned int)(unsigned char)s[at]);
		else if (is_treacherous(c))
			buf_addf(out, "\\u{%x}", c);
		else if (c == '\\')
			buf_add(out, "\\\\", 2);
		else
			buf_add(out, s + at, n);
	}
}

void text_ip(struct buf *out, const struct weir_rec_connect *rec)
{
	char ip[INET6_ADDRSTRLEN] = "";

	inet_ntop(rec->family, rec->addr, ip, sizeof(ip));
	buf_add_str(out, ip);
}

static const char *protocol_name(uint16_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return NULL;
	}
}

void text_address(struct buf *out, const struct weir_rec_connect *rec)
{
	const char *name = protocol_name(rec->protocol);

	if (rec->family == AF_INET6)
		buf_add_char(out, '[');
	text_ip(out, rec);
	if (rec->family == AF_INET6)
		buf_add_char(out, ']');
	if (!(rec->rec.flags & WEIR_REC_PORTLESS)) {
		buf_add_char(out, ':');
		buf_add_u64(out, rec->port);
	}
	buf_add_char(out, '/');
	if (name)
		buf_add_str(out, name);
	else
		buf_add_u64(out, rec->protocol);
}

static const char *const record_names[] = {
	[WEIR_REC_EXEC] = "exec",
	[WEIR_REC_LOAD] = "load",
	[WEIR_REC_MODULE] = "module",
	[WEIR_REC_CONNECT] = "connect",
	[WEIR_REC_NEW] = "new",
};
_Static_assert(ARRAY_SIZE(record_names) == WEIR_REC_MAX, "every type has a name");

static void add_loss(struct buf *out, const struct event_loss *loss)
{
	uint64_t sum = 0;
	bool is_first = true;

	for (size_t i = 0; i < WEIR_REC_MAX; i++)
		sum += loss->by_type[i];
	buf_addf(out, "%llu records found the ring full and are lost (",
		 (unsigned long long)sum);
	for (size_t i = WEIR_REC_EXEC; i < WEIR_REC_MAX; i++) {
		if (!loss->by_type[i])
			continue;
		buf_addf(out, "%s%llu %s", is_first ? "" : ", ",
			 (unsigned long long)loss->by_type[i], record_names[i]);
		is_first = false;
	}
	buf_addf(out, "%s%llu denials among them); what was denied stayed denied",
		 is_first ? "" : "; ", (unsigned long long)loss->denials);
}

static void add_gap(struct buf *out, const struct event_gap *gap)
{
	char why[128];

	buf_addf(out, "%llu events were not written between ", (unsigned long long)gap->lines);
	text_time(out, gap->first_ms);
	buf_add_str(out, " and ");
	text_time(out, gap->last_ms);
	buf_add_str(out, " because: ");
	buf_add_str(out, strerror_r(gap->error, why, sizeof(why)));
}

/* What a note says when nobody gave it more words. */
static const char *const note_texts[EVENT_KIND_MAX] = {
	[EVENT_START] = "the agent started",
	[EVENT_STOP] = "the agent stopped",
	[EVENT_ARM] = "armed until confirmed",
	[EVENT_CONFIRM] = "arming confirmed",
	[EVENT_DISARM] = "disarmed: nothing is blocked",
	[EVENT_POLICY_LOADED] = "policy taken",
	[EVENT_POLICY_REFUSED] = "policy refused, the running one stays",
	[EVENT_TABLE_SWAPPED] = "a new table is in force",
	[EVENT_IDENTIFIED] = "first run passed; key added",
	[EVENT_INVENTORY] = "inventory",
	[EVENT_PARSER_FAILED] = "a file could not be read",
	[EVENT_HOLD] = "one product",
	[EVENT_PHASE] = "a mode has changed",
	[EVENT_PHASE_AHEAD] = "a mode will go up",
	[EVENT_EXEMPTION] = "an exemption",
	[EVENT_REQUEST] = "an exemption is asked for",
	[EVENT_RUNNING] = "it runs",
	[EVENT_UNIT] = "a unit",
	[EVENT_STEP_HELD] = "a step is held",
	[EVENT_UNPROTECTED] = "without protection",
};

static void add_note(struct buf *out, const struct event *ev)
{
	size_t before = out->len;

	if (ev->kind == EVENT_RECORDS_LOST)
		add_loss(out, &ev->note.loss);
	else if (ev->kind == EVENT_JOURNAL_GAP)
		add_gap(out, &ev->note.gap);
	else if (ev->kind == EVENT_GATE_PROVEN || ev->kind == EVENT_GATE_LOST)
		buf_addf(out, "%s gate by %s: %s", hook_name(ev->note.gate.hook),
			 mechanism_name(ev->note.gate.mechanism),
			 strength_name(ev->note.gate.strength));
	else if (note_texts[ev->kind])
		buf_add_str(out, note_texts[ev->kind]);
	if (ev->note.serial)
		buf_addf(out, " (policy serial %lld)", (long long)ev->note.serial);
	if (ev->text) {
		if (out->len != before)
			buf_add_str(out, ": ");
		buf_add_str(out, ev->text);
	}
}

void text_reason(struct buf *out, const struct event *ev, const struct decision *d)
{
	if (ev->repeats)
		buf_addf(out, "%llu times in %llu s: ", (unsigned long long)ev->repeats,
			 (unsigned long long)(event_time_ns(ev) - ev->first_ns) / 1000000000);
	if (event_is_record(ev))
		decision_text(d, out);
	else
		add_note(out, ev);
}

static void add_object(struct buf *out, const char *s, size_t len)
{
	bool has_space = memchr(s, ' ', len);

	if (has_space)
		buf_add_char(out, '"');
	text_escaped(out, s, len);
	if (has_space)
		buf_add_char(out, '"');
}

void text_line(struct buf *out, const struct text_line *line, bool has_color)
{
	text_time(out, line->time_ms);
	if (has_color)
		buf_addf(out, " \033[%sm%-12s\033[0m ", words[line->outcome].color,
			 words[line->outcome].word);
	else
		buf_addf(out, " %-12s ", words[line->outcome].word);
	text_escaped(out, line->event, strlen(line->event));
	if (line->object) {
		buf_add_char(out, ' ');
		add_object(out, line->object, line->object_len);
	}
	if (line->who) {
		buf_add_str(out, " by ");
		add_object(out, line->who, strlen(line->who));
		buf_addf(out, "[%u] uid %u", line->pid, line->uid);
	}
	if (line->product) {
		buf_add_char(out, ' ');
		text_escaped(out, line->product, strlen(line->product));
	}
	if (line->reason && *line->reason) {
		buf_add_str(out, ": ");
		text_escaped(out, line->reason, strlen(line->reason));
	}
	buf_add_char(out, '\n');
}

void text_event(struct buf *out, int64_t boot_ms, const struct event *ev,
		const struct decision *d, bool has_color)
{
	struct text_line line = {
		.time_ms = event_time_ms(ev, boot_ms),
		.outcome = d->outcome,
		.event = event_name(ev->kind),
		.object = ev->path ? ev->path : ev->name,
		.product = d->product ? d->product->id : NULL,
	};
	struct buf reason = { 0 }, address = { 0 };

	text_reason(&reason, ev, d);
	line.reason = buf_str(&reason);
	if (ev->kind == EVENT_CONNECT) {
		text_address(&address, &ev->connect);
		line.object = buf_str(&address);
	}
	line.object_len = line.object ? strlen(line.object) : 0;
	if (event_is_record(ev)) {
		line.who = ev->rec.who.comm;
		line.pid = ev->rec.who.tgid;
		line.uid = ev->rec.who.uid;
	}
	text_line(out, &line, has_color);
	buf_free(&reason);
	buf_free(&address);
}
