// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/holds.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/state_file.h"
#include "policy/compile.h"
#include "sense/pins.h"

#define HOLDS_FILE ARMING_STATE "/holds.json"
#define HOLDS_BYTES_MAX (1u << 20)

#define NS_PER_S 1000000000ULL
#define REMIND_NS (3600 * NS_PER_S)

/* In the file: seconds since the epoch; 0: not, -1: without end. */
static int64_t to_wall(uint64_t boot_ns, uint64_t now_ns)
{
	if (boot_ns == WEIR_NEVER)
		return -1;
	return boot_ns > now_ns ? time(NULL) + (int64_t)((boot_ns - now_ns) / NS_PER_S) : 0;
}

static uint64_t to_boot(int64_t wall_s, uint64_t now_ns)
{
	int64_t left = wall_s - time(NULL);

	if (wall_s == -1)
		return WEIR_NEVER;
	return wall_s > 0 && left > 0 ? now_ns + (uint64_t)left * NS_PER_S : 0;
}

void holds_forget(void)
{
	unlink(HOLDS_FILE);
}

enum hold_state hold_state(const struct weir_hold *h, uint64_t now_ns)
{
	if (h->window_ns > now_ns)
		return HOLD_WINDOW;
	if (h->disarmed_ns > now_ns)
		return HOLD_DISARMED;
	return h->armed_ns > now_ns ? HOLD_ARMED : HOLD_NONE;
}

/* An object by product; an empty one when there is no file, or a damaged one. */
static json_t *read_all(void)
{
	json_t *all = NULL;

	return state_read(HOLDS_FILE, &all) ? json_object() : all;
}

int holds_remember(const char *product, const struct weir_hold *h, const char *reason)
{
	json_auto_t *all = read_all();
	uint64_t now = arming_now_ns();
	json_t *one;

	/* An arm that is not confirmed yet must not survive a power cycle. */
	one = json_pack("{s:I, s:I, s:I, s:I, s:s}", "disarmed_until",
			(json_int_t)to_wall(h->disarmed_ns, now), "window_until",
			(json_int_t)to_wall(h->window_ns, now), "armed_until",
			(json_int_t)(h->armed_ns == WEIR_NEVER ? -1 : 0), "uid",
			(json_int_t)h->uid, "reason", reason ? reason : "no reason given");
	if (!one || json_object_set_new(all, product, one))
		return -ENOMEM;
	return state_write_json(HOLDS_FILE, all);
}

static int64_t member(const json_t *one, const char *key)
{
	return json_integer_value(json_object_get(one, key));
}

unsigned int holds_restore(void)
{
	json_auto_t *all = read_all();
	uint64_t now = arming_now_ns();
	unsigned int restored = 0;
	const char *product;
	json_t *one;

	json_object_foreach(all, product, one) {
		struct weir_hold there, h = {
			.disarmed_ns = to_boot(member(one, "disarmed_until"), now),
			.window_ns = to_boot(member(one, "window_until"), now),
			.armed_ns = to_boot(member(one, "armed_until"), now),
			.since_ns = now,
			.session = ~0u,
			.uid = (uint32_t)member(one, "uid"),
		};

		if (hold_state(&h, now) == HOLD_NONE ||
		    pins_read_hold(product_number(product), &there) || there.since_ns)
			continue;
		restored += !pins_write_hold(product_number(product), &h);
	}
	return restored;
}

/* The products that were ever held: those of the file. Read when it has changed. */
static void learn_products(struct agent *a)
{
	json_auto_t *all = NULL;
	struct hold_seen *more;
	const char *product;
	struct stat st;
	json_t *one;

	if (stat(HOLDS_FILE, &st) || (st.st_ino == a->holds_ino &&
				      st.st_mtim.tv_nsec == a->holds_mtime.tv_nsec &&
				      st.st_mtim.tv_sec == a->holds_mtime.tv_sec))
		return;
	a->holds_ino = st.st_ino;
	a->holds_mtime = st.st_mtim;
	all = read_all();
	json_object_foreach(all, product, one) {
		uint32_t i = 0;

		while (i < a->hold_cnt && strcmp(a->holds[i].product, product) != 0)
			i++;
		if (i < a->hold_cnt || a->hold_cnt == HOLDS_MAX)
			continue;
		more = reallocarray(a->holds, a->hold_cnt + 1UL, sizeof(*more));
		if (!more)
			return;
		a->holds = more;
		more[a->hold_cnt] = (struct hold_seen){ .product = strdup(product) };
		a->hold_cnt += more[a->hold_cnt].product != NULL;
	}
}

static uint64_t end_of(const struct hold_seen *s)
{
	switch (s->state) {
	case HOLD_WINDOW:
		return s->hold.window_ns;
	case HOLD_DISARMED:
		return s->hold.disarmed_ns;
	default:
		return s->hold.armed_ns;
	}
}

static void note(struct agent *a, const struct hold_seen *s, const char *what)
{
	struct event_note n = { .pid = 0, .uid = s->hold.uid, .session = s->hold.session };
	uint64_t now = arming_now_ns(), end = end_of(s);
	char text[256];

	if (s->state != HOLD_NONE && end != WEIR_NEVER)
		snprintf(text, sizeof(text), "%s: %s, for another %" PRIu64 " min", s->product,
			 what, (uint64_t)((end - now + 60 * NS_PER_S - 1) / (60 * NS_PER_S)));
	else
		snprintf(text, sizeof(text), "%s: %s", s->product, what);
	n.auid = ~0u;
	agent_note(a, EVENT_HOLD, &n, text, NULL);
}

static void note_begin(struct agent *a, const struct hold_seen *s, enum hold_state before)
{
	static const char *const begun[HOLD_STATE_MAX] = {
		[HOLD_WINDOW] = "removal window open, nothing of it is stopped",
		[HOLD_DISARMED] = "disarmed, nothing of it is stopped",
		[HOLD_ARMED] = "armed, though the host may not be",
	};
	static const char *const ended[HOLD_STATE_MAX] = {
		[HOLD_WINDOW] = "removal window closed",
		[HOLD_DISARMED] = "no longer disarmed: armed as the host is",
		[HOLD_ARMED] = "no longer armed by itself",
	};

	note(a, s, begun[s->state] ? begun[s->state] : ended[before]);
}

void agent_watch_holds(struct agent *a)
{
	static const char *const still[HOLD_STATE_MAX] = {
		[HOLD_WINDOW] = "removal window is still open",
		[HOLD_DISARMED] = "is still disarmed",
	};
	uint64_t now = arming_now_ns();
	uint32_t i;

	learn_products(a);
	for (i = 0; i < a->hold_cnt; i++) {
		struct hold_seen *s = &a->holds[i];
		enum hold_state before = s->state;
		uint64_t number = product_number(s->product);

		if (gates_map_get(gates_map(a->gates, "weir_holds"), &number, &s->hold))
			memset(&s->hold, 0, sizeof(s->hold));
		s->state = hold_state(&s->hold, now);
		if (s->state != before) {
			s->reminded_ns = now;
			note_begin(a, s, before);
		} else if (still[s->state] && now - s->reminded_ns >= REMIND_NS) {
			s->reminded_ns = now;
			note(a, s, still[s->state]);
		}
	}
}

void holds_status(const struct agent *a, struct jout *j)
{
	static const char *const names[HOLD_STATE_MAX] = { "none", "disarmed", "window", "armed" };
	uint64_t now = arming_now_ns();

	jout_add_array(j, "holds");
	for (uint32_t i = 0; i < a->hold_cnt; i++) {
		const struct hold_seen *s = &a->holds[i];

		if (s->state == HOLD_NONE || end_of(s) <= now)
			continue;
		jout_object(j);
		jout_add_str(j, "product", s->product);
		jout_add_str(j, "state", names[s->state]);
		if (end_of(s) != WEIR_NEVER)
			jout_add_u64(j, "left_s", (end_of(s) - now) / NS_PER_S);
		jout_end(j);
	}
	jout_end(j);
}
