/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event: what happened, decoded and owned.
 *
 * Either the kernel's record, checked (event_decode), or a note that the agent
 * makes about itself (event_note). One allocation each: nothing in it points
 * into a ring or anywhere outside. Behind event_decode() every enum is in
 * range and every string ends, so the rest of the agent may relax.
 */
#ifndef WEIR_EVENT_EVENT_H
#define WEIR_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/event.h>

enum event_kind {
	/* From the kernel; the order of enum weir_rec_type less one. */
	EVENT_EXEC,
	EVENT_LOAD,
	EVENT_MODULE,
	EVENT_CONNECT,
	EVENT_NEW,
	/* Lifecycle of the agent. */
	EVENT_START,
	EVENT_STOP,
	EVENT_ARM,
	EVENT_CONFIRM,
	EVENT_DISARM,
	EVENT_POLICY_LOADED,
	EVENT_POLICY_REFUSED,
	EVENT_GATE_PROVEN,
	EVENT_GATE_LOST,
	EVENT_TABLE_SWAPPED,
	/* What is missing, and why. */
	EVENT_RECORDS_LOST,
	EVENT_JOURNAL_GAP,
	/* A file was identified after its first run; a key was added. */
	EVENT_IDENTIFIED,
	/* A pass of the inventory has ended. */
	EVENT_INVENTORY,
	/* A file was too much for what reads files. */
	EVENT_PARSER_FAILED,
	/* One product was disarmed, armed or given a removal window. */
	EVENT_HOLD,
	/* A rule's mode has changed, by its calendar or its policy. */
	EVENT_PHASE,
	/* It goes up in 30, 7 or 1 days. */
	EVENT_PHASE_AHEAD,
	/* One has ended. */
	EVENT_EXEMPTION,
	/* Somebody asks for one. */
	EVENT_REQUEST,
	/* Of a product whose mode has become block: what runs, what became of its units. */
	EVENT_RUNNING,
	EVENT_UNIT,
	/* A step to offline or beyond is not taken yet, or is after all. */
	EVENT_STEP_HELD,
	/* A security product is stopped, and nothing is in its place. */
	EVENT_UNPROTECTED,
	EVENT_KIND_MAX,
};

/* Records that found no room: how many since the last such event. */
struct event_loss {
	uint64_t by_type[WEIR_REC_MAX];
	uint64_t denials; /* of these, how many said "denied" */
	uint64_t since_ns;
};

/* Lines that could not be written: between when and when, and why. */
struct event_gap {
	uint64_t lines;
	int64_t first_ms, last_ms; /* UTC */
	int error;		   /* errno, positive */
};

struct event_gate {
	uint8_t hook;	   /* enum weir_hook */
	uint8_t mechanism; /* enum weir_mechanism */
	uint8_t strength;  /* enum weir_strength, as the canary proved */
};

struct event_identified {
	struct weir_key key; /* that was added: product, kind, evidence */
	uint64_t size;
	uint8_t sha256[WEIR_SHA256_LEN];
	bool is_hashed;
};

struct event_phase {
	int64_t at_s;	  /* when, seconds since the epoch: it may be told late */
	uint8_t from, to; /* enum weir_mode */
	uint32_t line;	  /* of the rule */
};

struct event_running {
	uint32_t pid, uid;
};

/* The agent's note. Who asked is 0 and ~0 for the agent by itself. */
struct event_note {
	uint64_t time_ns; /* CLOCK_BOOTTIME */
	uint64_t seq;	  /* of the agent's own events, from 1 */
	uint64_t generation;
	int64_t serial; /* of the policy */
	uint32_t pid, uid, auid, session;
	union {
		struct event_loss loss;
		struct event_gap gap;
		struct event_gate gate;
		struct event_identified identified;
		struct event_phase phase;
		struct event_running running;
	};
};

struct event {
	enum event_kind kind;
	union { /* the fixed part as it came, checked */
		struct weir_rec rec;
		struct weir_rec_file file;
		struct weir_rec_connect connect;
		struct event_note note;
	};
	/* Of a refusal that stands for several: how many, and when the first was. */
	uint64_t repeats, first_ns;
	/* Below: NULL when absent; in this allocation. */
	const char *path;   /* of a file, also of some notes, such as EVENT_IDENTIFIED */
	const char *interp; /* what runs a script */
	const char *name;   /* the file as the caller wrote it */
	const char *argv;   /* argv_len bytes, the last one NUL */
	uint32_t argv_len;
	const char *text; /* of a note: one sentence for people */
	char strings[];
};

/*
 * Decodes @len bytes from the kernel. On success *ret is the caller's for
 * event_free(). -EPROTO: they are no record, event_fault() says why; -ENOMEM.
 */
int event_decode(const void *bytes, size_t len, struct event **ret);

/* Why @bytes are no record, NULL when they are one. */
const char *event_fault(const void *bytes, size_t len);

/* A note of @kind (EVENT_START and later), copied; @text, @path may be NULL. */
int event_note(enum event_kind kind, const struct event_note *note,
	       const char *text, const char *path, struct event **ret);

struct event *event_free(struct event *ev); /* returns NULL; takes NULL */
void event_freep(struct event **ev);

/* "exec", "policy-loaded"; a stable word, also the event code in the journal. */
const char *event_name(enum event_kind kind);

static inline bool event_is_record(const struct event *ev)
{
	return ev->kind <= EVENT_NEW;
}

/* Has it a struct weir_rec_file? */
static inline bool event_has_file(const struct event *ev)
{
	return event_is_record(ev) && ev->kind != EVENT_CONNECT;
}

static inline uint64_t event_time_ns(const struct event *ev)
{
	return event_is_record(ev) ? ev->rec.time_ns : ev->note.time_ns;
}

/* UTC, @boot_ms being that of CLOCK_BOOTTIME 0; of a change when it was, not when told. */
static inline int64_t event_time_ms(const struct event *ev, int64_t boot_ms)
{
	if (ev->kind == EVENT_PHASE && ev->note.phase.at_s)
		return ev->note.phase.at_s * 1000;
	return boot_ms + (int64_t)(event_time_ns(ev) / 1000000);
}

const char *hook_name(enum weir_hook hook);
const char *mechanism_name(enum weir_mechanism mechanism);
const char *strength_name(enum weir_strength strength);
const char *mode_name(enum weir_mode mode);

#endif /* WEIR_EVENT_EVENT_H */
