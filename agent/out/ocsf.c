// SPDX-License-Identifier: GPL-2.0-only
/*
 * One event as one OCSF line; see ocsf.h. Rows and ids are those of the
 * tables in the event documentation; the schema in tests/fixtures checks them.
 */
#include "out/ocsf_parts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "out/text.h"

/* security_control and status, by what became of it. */
static const struct {
	uint8_t action_id, disposition_id, status_id, severity_id;
	bool is_alert;
	const char *action, *disposition, *status_code;
} rows[] = {
	[OUTCOME_NOTE] = { 0 },
	[OUTCOME_CANARY] = { 3, 17, 1, 1, false, "Observed", "Logged", NULL },
	[OUTCOME_UNLISTED] = { 3, 17, 1, 1, false, "Observed", "Logged", NULL },
	[OUTCOME_SEEN] = { 3, 15, 1, 4, true, "Observed", "Detected", NULL },
	[OUTCOME_ALLOWED] = { 1, 1, 1, 2, false, "Allowed", "Allowed", NULL },
	[OUTCOME_WOULD_BLOCK] = { 3, 16, 1, 3, true, "Observed", "No Action", NULL },
	/* Not "denied": only what was stopped is ever called so. */
	[OUTCOME_WEAK] = { 3, 16, 2, 4, true, "Observed", "No Action", "WATCH" },
	[OUTCOME_BLOCKED] = { 2, 2, 2, 4, true, "Denied", "Blocked", "EPERM" },
	[OUTCOME_KILLED] = { 2, 2, 2, 4, true, "Denied", "Blocked", "SIGKILL" },
	[OUTCOME_SLIPPED] = { 2, 27, 2, 5, true, "Denied", "Error", "SLIPPED" },
};
_Static_assert(ARRAY_SIZE(rows) == OUTCOME_MAX, "every outcome has a row");

/* Class and activity of each kind; of notes also how bad they are. */
static const struct {
	uint16_t class_uid;
	uint8_t category_uid, activity_id, severity_id, status_id;
	const char *activity;
} kinds[] = {
	[EVENT_EXEC] = { 1007, 1, 1, 0, 0, "Launch" },
	[EVENT_LOAD] = { 1005, 1, 1, 0, 0, "Load" },
	[EVENT_MODULE] = { 1002, 1, 1, 0, 0, "Load" },
	[EVENT_CONNECT] = { 4001, 4, 1, 0, 0, "Open" },
	[EVENT_NEW] = { 1007, 1, 1, 0, 0, "Launch" },
	[EVENT_START] = { 6002, 6, 3, 1, 1, "Start" },
	[EVENT_STOP] = { 6002, 6, 4, 2, 1, "Stop" },
	[EVENT_ARM] = { 6002, 6, 6, 2, 1, "Enable" },
	[EVENT_CONFIRM] = { 6002, 6, 6, 2, 1, "Enable" },
	[EVENT_DISARM] = { 6002, 6, 7, 3, 1, "Disable" },
	[EVENT_POLICY_LOADED] = { 6002, 6, 8, 1, 1, "Update" },
	[EVENT_POLICY_REFUSED] = { 6002, 6, 8, 4, 2, "Update" },
	[EVENT_GATE_PROVEN] = { 6002, 6, 6, 1, 1, "Enable" },
	[EVENT_GATE_LOST] = { 6002, 6, 7, 5, 2, "Disable" },
	[EVENT_TABLE_SWAPPED] = { 6002, 6, 8, 1, 1, "Update" },
	[EVENT_RECORDS_LOST] = { 6002, 6, 99, 4, 2, "Records Lost" },
	[EVENT_JOURNAL_GAP] = { 6002, 6, 99, 4, 2, "Journal Gap" },
	[EVENT_IDENTIFIED] = { 6002, 6, 8, 3, 1, "Update" },
	[EVENT_INVENTORY] = { 6002, 6, 8, 1, 1, "Update" },
	[EVENT_PARSER_FAILED] = { 6002, 6, 99, 4, 2, "Parser Failed" },
	[EVENT_HOLD] = { 6002, 6, 8, 3, 1, "Update" },
	[EVENT_PHASE] = { 6002, 6, 8, 3, 1, "Update" },
	[EVENT_PHASE_AHEAD] = { 6002, 6, 99, 2, 1, "Phase Ahead" },
	[EVENT_EXEMPTION] = { 6002, 6, 8, 3, 1, "Update" },
	[EVENT_REQUEST] = { 6002, 6, 99, 2, 1, "Exemption Requested" },
	[EVENT_RUNNING] = { 6002, 6, 99, 3, 1, "Running" },
	[EVENT_UNIT] = { 6002, 6, 99, 3, 1, "Unit" },
	[EVENT_STEP_HELD] = { 6002, 6, 99, 3, 1, "Step Held" },
	[EVENT_UNPROTECTED] = { 6002, 6, 99, 4, 1, "Unprotected" },
};
_Static_assert(ARRAY_SIZE(kinds) == EVENT_KIND_MAX, "every kind has a class");

static void render_product(struct buf *out, const struct ocsf_host *host)
{
	struct jout j = jout_to(out);

	jout_object(&j);
	jout_add_str(&j, "name", "weir");
	jout_add_str(&j, "vendor_name", "weir");
	jout_add_str(&j, "version", host->version);
	jout_end(&j);
	jout_close(&j);
}

static void render_device(struct buf *out, const struct ocsf_host *host)
{
	struct jout j = jout_to(out);

	jout_object(&j);
	jout_add_str(&j, "hostname", host->hostname);
	jout_add_str(&j, "uid", host->machine_id);
	jout_add_u64(&j, "type_id", 0); /* server or desktop: not ours to say */
	jout_add_object(&j, "os");
	jout_add_str(&j, "name", host->os_name);
	jout_add_u64(&j, "type_id", 200); /* Linux */
	jout_add_str(&j, "kernel_release", host->kernel);
	jout_end(&j);
	jout_end(&j);
	jout_close(&j);
}

/* What goes between two quotes later: escaped once, here. */
static char *escaped(const char *s)
{
	struct buf b = { 0 };
	struct jout j = jout_to(&b);

	jout_strn(&j, s, strlen(s));
	buf_str(&b);
	if (b.err) {
		buf_free(&b);
		return NULL;
	}
	b.data[b.len - 1] = '\0';
	memmove(b.data, b.data + 1, b.len - 1);
	return b.data;
}

int ocsf_new(const struct ocsf_host *host, struct ocsf **ret)
{
	CLEANUP(ocsf_freep) struct ocsf *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	render_product(&o->product, host);
	render_device(&o->device, host);
	o->boot_id = escaped(host->boot_id);
	o->version = strdup(host->version);
	o->redactor = host->redactor ? host->redactor : &redact_default;
	if (o->product.err || o->device.err || !o->boot_id || !o->version)
		return -ENOMEM;
	*ret = take_ptr(o);
	return 0;
}

struct ocsf *ocsf_free(struct ocsf *o)
{
	if (!o)
		return NULL;
	buf_free(&o->product);
	buf_free(&o->device);
	free(o->boot_id);
	free(o->version);
	free(o);
	return NULL;
}

void ocsf_freep(struct ocsf **o)
{
	*o = ocsf_free(*o);
}

void ocsf_set(struct ocsf *o, int64_t boot_ms, enum argv_mode arguments)
{
	o->boot_ms = boot_ms;
	o->arguments = arguments;
}

void ocsf_unit(struct ocsf *o, const char *unit, const char *user_unit)
{
	o->unit = unit;
	o->user_unit = user_unit;
}

/* boot-ring-cpu-seq: the record's own name, the same however often it is sent. */
static void add_event_uid(struct jout *j, const struct ocsf *o, const struct event *ev)
{
	jout_key(j, "uid");
	jout_raw(j, "\"", 1);
	buf_add_str(j->out, o->boot_id);
	if (event_is_record(ev)) {
		buf_add_char(j->out, '-');
		buf_add_u64(j->out, ev->rec.ring);
		buf_add_char(j->out, '-');
		buf_add_u64(j->out, ev->rec.cpu);
		buf_add_char(j->out, '-');
		buf_add_u64(j->out, ev->rec.seq);
	} else {
		buf_add_str(j->out, "-agent-");
		buf_add_u64(j->out, ev->note.seq);
	}
	buf_add_char(j->out, '"');
}

static void add_metadata(struct jout *j, const struct ocsf *o, const struct event *ev)
{
	static const char profiles[] = "[\"host\",\"security_control\",\"linux/linux_users\"]";
	static const char host_only[] = "[\"host\"]";

	jout_add_object(j, "metadata");
	jout_add_str(j, "version", "1.8.0");
	jout_key(j, "product");
	jout_raw(j, o->product.data, o->product.len);
	add_event_uid(j, o, ev);
	jout_add_u64(j, "sequence", event_is_record(ev) ? ev->rec.seq : ev->note.seq);
	jout_add_str(j, "event_code", event_name(ev->kind));
	jout_add_str(j, "log_name", "weir");
	if (ev->kind == EVENT_PHASE) {
		jout_key(j, "logged_time");
		jout_i64(j, o->boot_ms + (int64_t)(event_time_ns(ev) / 1000000));
	}
	jout_key(j, "profiles");
	if (event_is_record(ev))
		jout_raw(j, profiles, sizeof(profiles) - 1);
	else
		jout_raw(j, host_only, sizeof(host_only) - 1);
	jout_end(j);
}

static void add_class(struct jout *j, const struct event *ev, const struct decision *d)
{
	uint64_t class_uid = kinds[ev->kind].class_uid;
	uint64_t activity_id = kinds[ev->kind].activity_id;
	const char *activity = kinds[ev->kind].activity;

	if (ev->kind == EVENT_CONNECT && d->outcome == OUTCOME_BLOCKED) {
		activity_id = 5;
		activity = "Refuse";
	}
	jout_add_u64(j, "category_uid", kinds[ev->kind].category_uid);
	jout_add_u64(j, "class_uid", class_uid);
	jout_add_u64(j, "activity_id", activity_id);
	jout_add_str(j, "activity_name", activity);
	jout_add_u64(j, "type_uid", class_uid * 100 + activity_id);
}

static void add_status(struct jout *j, uint64_t severity_id, uint64_t status_id)
{
	jout_add_u64(j, "severity_id", severity_id);
	jout_add_u64(j, "status_id", status_id);
	jout_add_str(j, "status", status_id == 1 ? "Success" : "Failure");
}

static void add_policy(struct jout *j, const struct decision *d)
{
	if (!d->policy)
		return;
	jout_add_object(j, "policy");
	jout_add_str(j, "uid", d->policy->name);
	jout_add_str(j, "name", d->policy->name);
	jout_key(j, "version");
	jout_digits(j, (uint64_t)d->policy->serial);
	jout_add_bool(j, "is_applied",
		      d->outcome == OUTCOME_BLOCKED || d->outcome == OUTCOME_KILLED);
	jout_end(j);
}

static void add_control(struct jout *j, const struct decision *d)
{
	add_status(j, rows[d->outcome].severity_id, rows[d->outcome].status_id);
	if (rows[d->outcome].status_code)
		jout_add_str(j, "status_code", rows[d->outcome].status_code);
	jout_add_u64(j, "action_id", rows[d->outcome].action_id);
	jout_add_str(j, "action", rows[d->outcome].action);
	jout_add_u64(j, "disposition_id", rows[d->outcome].disposition_id);
	jout_add_str(j, "disposition", rows[d->outcome].disposition);
	jout_add_bool(j, "is_alert", rows[d->outcome].is_alert);
	add_policy(j, d);
}

static void add_message(struct jout *j, const struct event *ev, const struct decision *d)
{
	struct buf text = { 0 };

	text_reason(&text, ev, d);
	jout_key(j, "message");
	jout_strn(j, text.len ? text.data : "", text.len);
	if (text.err)
		j->out->err = text.err;
	buf_free(&text);
}

/* The object of the class: what was launched, mapped, loaded or asked for. */
static void add_target(struct jout *j, const struct ocsf *o, const struct event *ev,
		       const struct decision *d)
{
	switch (ev->kind) {
	case EVENT_LOAD:
		jout_add_object(j, "module");
		jout_add_u64(j, "load_type_id", 4);
		jout_add_str(j, "load_type", "Mapped");
		ocsf_file(j, ev, d);
		jout_end(j);
		break;
	case EVENT_MODULE:
		jout_add_object(j, "driver");
		ocsf_file(j, ev, d);
		jout_end(j);
		break;
	case EVENT_CONNECT:
		ocsf_connection(j, ev);
		break;
	default:
		jout_add_u64(j, "launch_type_id", 3);
		jout_add_str(j, "launch_type", "Exec");
		ocsf_process(j, o, ev, d);
		break;
	}
}

/* Who asked the agent, when somebody did. */
static void add_asker(struct jout *j, const struct event_note *note)
{
	if (!note->pid)
		return;
	jout_add_object(j, "actor");
	jout_add_object(j, "process");
	jout_add_u64(j, "pid", note->pid);
	jout_end(j);
	jout_add_object(j, "user");
	jout_key(j, "uid");
	jout_digits(j, note->uid);
	jout_end(j);
	if (note->session != UINT32_MAX) {
		jout_add_object(j, "session");
		jout_key(j, "uid");
		jout_digits(j, note->session);
		jout_end(j);
	}
	jout_end(j);
}

static void add_record(struct jout *j, const struct ocsf *o, const struct event *ev,
		       const struct decision *d)
{
	add_control(j, d);
	add_message(j, ev, d);
	ocsf_actor(j, o, ev);
	add_target(j, o, ev, d);
	ocsf_unmapped(j, o, ev, d);
}

static void add_note(struct jout *j, const struct ocsf *o, const struct event *ev,
		     const struct decision *d)
{
	add_status(j, kinds[ev->kind].severity_id, kinds[ev->kind].status_id);
	add_message(j, ev, d);
	jout_key(j, "app");
	jout_raw(j, o->product.data, o->product.len);
	add_asker(j, &ev->note);
	ocsf_unmapped_note(j, ev, d);
}

/* It stands for several of its kind: how many, from when to when. */
static void add_span(struct jout *j, const struct ocsf *o, const struct event *ev)
{
	jout_add_u64(j, "count", ev->repeats);
	jout_key(j, "start_time");
	jout_i64(j, o->boot_ms + (int64_t)(ev->first_ns / 1000000));
	jout_key(j, "end_time");
	jout_i64(j, o->boot_ms + (int64_t)(event_time_ns(ev) / 1000000));
}

void ocsf_event(const struct ocsf *o, const struct event *ev, const struct decision *d,
		struct buf *out)
{
	struct jout j = jout_to(out);

	jout_object(&j);
	add_metadata(&j, o, ev);
	jout_key(&j, "time");
	jout_i64(&j, event_time_ms(ev, o->boot_ms));
	if (ev->repeats)
		add_span(&j, o, ev);
	add_class(&j, ev, d);
	jout_key(&j, "device");
	jout_raw(&j, o->device.data, o->device.len);
	if (event_is_record(ev))
		add_record(&j, o, ev, d);
	else
		add_note(&j, o, ev, d);
	jout_end(&j);
	jout_close(&j);
	buf_add_char(out, '\n');
}
