// SPDX-License-Identifier: GPL-2.0-only
#include "out/scan_ocsf.h"

#include <string.h>

#include "base/json.h"
#include "policy/decide.h"

/* Of one finding; the JSON of a scan has them all. */
#define EVIDENCES_MAX 100

/* Of what could not be read. */
#define UNREAD_MAX 100

struct lines {
	const struct scan_report *r;
	struct buf *out;
	uint64_t sequence;
};

/* How bad: what runs is worse than what lies there. */
static const uint8_t severities[STATE_MAX] = {
	[STATE_RESIDUE] = 1,   [STATE_INSTALLER] = 2, [STATE_UNVERIFIED] = 2,
	[STATE_INSTALLED] = 3, [STATE_LOADED] = 4,    [STATE_RUNNING] = 4,
};

static const char *const severity_words[] = { NULL, "Informational", "Low", "Medium", "High" };
static const char *const confidence_words[] = { "Low", "Medium", "High" };

static int64_t milliseconds(int64_t s)
{
	return s * 1000;
}

static void add_id(struct jout *j, const char *key, const char *key_word, uint64_t id,
		   const char *word)
{
	jout_add_u64(j, key, id);
	jout_add_str(j, key_word, word);
}

static void add_metadata(struct jout *j, struct lines *l, const char *code)
{
	const struct scan_report *r = l->r;
	struct buf uid = { 0 };

	l->sequence++;
	buf_addf(&uid, "%s:scan:%lld:%llu", r->host.machine_id, (long long)r->time_s,
		 (unsigned long long)l->sequence);
	jout_add_object(j, "metadata");
	jout_add_str(j, "version", "1.8.0");
	jout_add_object(j, "product");
	jout_add_str(j, "name", "weir");
	jout_add_str(j, "vendor_name", "weir");
	jout_add_str(j, "version", r->version);
	jout_end(j);
	jout_add_array(j, "profiles");
	jout_str(j, "host");
	jout_end(j);
	jout_add_str(j, "uid", buf_str(&uid));
	jout_add_u64(j, "sequence", l->sequence);
	jout_add_str(j, "log_name", "scan");
	jout_add_str(j, "event_code", code);
	jout_end(j);
	buf_free(&uid);
}

static void add_device(struct jout *j, const struct scan_host *host)
{
	jout_add_object(j, "device");
	jout_add_str(j, "hostname", host->name);
	jout_add_str(j, "uid", host->machine_id);
	jout_add_u64(j, "type_id", 0); /* server or desktop: not ours to say */
	jout_add_object(j, "os");
	jout_add_str(j, "name", host->os);
	jout_add_u64(j, "type_id", 200); /* Linux */
	jout_add_str(j, "kernel_release", host->kernel);
	jout_end(j);
	jout_end(j);
}

/* What every line has: class and activity, time, severity, device. */
static void begin(struct jout *j, struct lines *l, unsigned int class, unsigned int activity,
		  const char *activity_word, unsigned int severity)
{
	static const char *const codes[] = { [2] = "finding", [5] = "inventory", [6] = "scan" };

	jout_object(j);
	add_metadata(j, l, codes[class / 1000]);
	jout_key(j, "time");
	jout_i64(j, milliseconds(l->r->time_s));
	jout_add_u64(j, "category_uid", class / 1000);
	jout_add_u64(j, "class_uid", class);
	add_id(j, "activity_id", "activity_name", activity, activity_word);
	jout_add_u64(j, "type_uid", class * 100ULL + activity);
	add_id(j, "severity_id", "severity", severity, severity_words[severity]);
	add_device(j, &l->r->host);
}

static void finish(struct jout *j, struct lines *l)
{
	jout_end(j);
	jout_close(j);
	buf_add_char(l->out, '\n');
}

/* Text that may be no UTF-8, where only text is wanted. */
static void add_name(struct jout *j, const char *key, const char *text)
{
	jout_key(j, key);
	jout_str(j, text);
}

static void add_component(struct jout *j, const char *name, const char *version)
{
	jout_object(j);
	add_name(j, "name", name);
	/* Required, and not always known. */
	add_name(j, "version", version ? version : "unknown");
	jout_end(j);
}

static bool is_component(const struct finding_row *row)
{
	enum trace_kind kind = row->thing->kind;

	return row->state >= STATE_INSTALLED &&
	       (kind == TRACE_PACKAGE || kind == TRACE_MODULE || kind == TRACE_IMAGE);
}

static void add_bill(struct jout *j, const struct scan_report *r, const struct finding *item)
{
	const struct product *p = &r->catalog->products[item->product];
	const struct vendor *v = &r->catalog->vendors[p->vendor];
	const char *name = p->name ? p->name : v->name;
	uint32_t cnt = 0;

	jout_add_object(j, "sbom");
	jout_add_object(j, "package");
	jout_add_str(j, "name", name);
	add_name(j, "version", item->version ? item->version : "unknown");
	jout_add_str(j, "vendor_name", v->name);
	jout_add_u64(j, "type_id", 1); /* application */
	jout_end(j);
	jout_add_array(j, "software_components");
	for (uint32_t i = 0; i < item->row_cnt; i++) {
		const struct thing *t = item->rows[i].thing;

		if (!is_component(&item->rows[i]) || cnt == EVIDENCES_MAX)
			continue;
		add_component(j, t->where, t->version);
		cnt++;
	}
	/* What came without a package consists of itself. */
	if (!cnt)
		add_component(j, name, item->version);
	jout_end(j);
	jout_end(j);
}

static void add_product(struct jout *j, const struct scan_report *r, const struct finding *item)
{
	const struct product *p = &r->catalog->products[item->product];
	const struct vendor *v = &r->catalog->vendors[p->vendor];

	jout_add_object(j, "product");
	jout_add_str(j, "name", p->name ? p->name : v->name);
	jout_add_str(j, "uid", p->id);
	jout_add_str(j, "vendor_name", v->name);
	if (item->version)
		add_name(j, "version", item->version);
	jout_end(j);
}

static void add_unmapped(struct jout *j, const struct scan_report *r, const struct finding *item)
{
	const struct product *p = &r->catalog->products[item->product];

	jout_add_object(j, "unmapped");
	jout_add_str(j, "product", p->id);
	jout_add_str(j, "class", product_class_name(p->class));
	jout_add_str(j, "state", finding_state_name(item->state));
	jout_add_bool(j, "combined", item->is_combined);
	jout_add_array(j, "directives");
	for (uint32_t i = 0; i < r->catalog->directive_cnt; i++) {
		const struct directive *d = &r->catalog->directives[i];
		const char *status = scan_status_in(r, d, p->vendor);

		if (!status)
			continue;
		jout_object(j);
		jout_add_str(j, "id", d->id);
		jout_add_str(j, "status", status);
		jout_end(j);
	}
	jout_end(j);
	jout_add_u64(j, "things", item->row_cnt + (uint64_t)item->more);
	jout_end(j);
}

static void add_inventory(struct lines *l, const struct finding *item)
{
	const struct scan_report *r = l->r;
	const struct product *p = &r->catalog->products[item->product];
	struct jout j = jout_to(l->out);
	struct buf text = { 0 };

	begin(&j, l, 5020, 2, "Collect", 1);
	add_bill(&j, r, item);
	add_product(&j, r, item);
	buf_addf(&text, "%s is %s", p->id, finding_state_name(item->state));
	jout_add_str(&j, "message", buf_str(&text));
	add_unmapped(&j, r, item);
	finish(&j, l);
	buf_free(&text);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void add_file(struct jout *j, const char *path)
{
	size_t len = strlen(path);

	jout_add_object(j, "file");
	add_name(j, "name", last_part(path));
	add_name(j, "path", path);
	/* 1 regular file, 2 folder */
	jout_add_u64(j, "type_id", len && path[len - 1] == '/' ? 2 : 1);
	jout_end(j);
}

static void add_data(struct jout *j, const struct scan_report *r, const struct finding_row *row,
		     uint32_t product)
{
	uint32_t hits[EVIDENCES_MAX], cnt;

	jout_add_object(j, "data");
	jout_add_str(j, "kind", trace_kind_name(row->thing->kind));
	jout_add_str(j, "state", finding_state_name(row->state));
	jout_key(j, "where");
	if (!jout_str(j, row->thing->where)) {
		jout_key(j, "where_hex");
		jout_hex(j, row->thing->where, strlen(row->thing->where));
	}
	jout_add_array(j, "indicators");
	cnt = thing_hits_of(row->thing, r->catalog, product, hits, EVIDENCES_MAX);
	for (uint32_t i = 0; i < cnt; i++) {
		const struct indicator *ind = &r->catalog->indicators[hits[i]];

		jout_object(j);
		jout_add_str(j, "kind", indicator_kind_name(ind->kind));
		jout_add_str(j, "value", ind->value);
		jout_add_str(j, "confidence", confidence_name(ind->confidence));
		jout_end(j);
	}
	jout_end(j);
	jout_end(j);
}

static void add_evidences(struct jout *j, const struct scan_report *r,
			  const struct finding *item)
{
	jout_add_array(j, "evidences");
	for (uint32_t i = 0; i < item->row_cnt && i < EVIDENCES_MAX; i++) {
		const struct thing *t = item->rows[i].thing;

		jout_object(j);
		jout_add_str(j, "name", trace_kind_name(t->kind));
		if (t->kind == TRACE_FILE)
			add_file(j, t->where);
		if (t->kind == TRACE_PROCESS && t->pid) {
			jout_add_object(j, "process");
			jout_add_u64(j, "pid", t->pid);
			if (t->path)
				add_file(j, t->path);
			jout_end(j);
		}
		add_data(j, r, &item->rows[i], item->product);
		jout_end(j);
	}
	jout_end(j);
}

/* The same for every scan of this host, or of the tree that says it is it. */
static void add_info(struct jout *j, const struct scan_report *r, const char *product,
		     const char *title, int64_t first_s, int64_t last_s)
{
	struct buf uid = { 0 };

	buf_addf(&uid, "%s:%s", *r->host.machine_id ? r->host.machine_id : r->host.name, product);
	jout_add_object(j, "finding_info");
	jout_add_str(j, "uid", buf_str(&uid));
	jout_add_str(j, "title", title);
	jout_add_object(j, "analytic");
	jout_add_str(j, "name", "weir catalogue");
	jout_add_str(j, "uid", product);
	add_id(j, "type_id", "type", 1, "Rule");
	jout_end(j);
	if (first_s) {
		jout_key(j, "first_seen_time");
		jout_i64(j, milliseconds(first_s));
	}
	if (last_s) {
		jout_key(j, "last_seen_time");
		jout_i64(j, milliseconds(last_s));
	}
	jout_end(j);
	buf_free(&uid);
}

static void add_resource(struct jout *j, const struct scan_report *r)
{
	jout_add_array(j, "resources");
	jout_object(j);
	jout_add_str(j, "type", "host");
	jout_add_str(j, "name", r->host.name);
	jout_add_str(j, "uid", r->host.machine_id);
	jout_end(j);
	jout_end(j);
}

static void add_remediation(struct jout *j, const struct product *p)
{
	struct buf text = { 0 };

	if (p->remove_cmd)
		buf_add_str(&text, p->remove_cmd);
	for (const char *const *path = p->remove_paths; path && *path; path++)
		buf_addf(&text, "%s%s", text.len ? "; " : "", *path);
	if (p->remove_note)
		buf_addf(&text, "%s%s", text.len ? "; " : "", p->remove_note);
	if (text.len) {
		jout_add_object(j, "remediation");
		jout_add_str(j, "desc", buf_str(&text));
		jout_end(j);
	}
	buf_free(&text);
}

/* Nobody is to be woken for what a distribution or a mainline kernel brings. */
static unsigned int severity_of(const struct product *p, const struct finding *item)
{
	return p->class == CLASS_VENDOR_PRODUCT || p->class == CLASS_OEM_EMBEDDED ?
		       severities[item->state] : 1;
}

static void add_finding(struct lines *l, const struct finding *item)
{
	const struct scan_report *r = l->r;
	const struct product *p = &r->catalog->products[item->product];
	bool is_new = !item->first_seen || item->first_seen >= r->time_s;
	struct jout j = jout_to(l->out);
	struct buf title = { 0 };

	buf_addf(&title, "%s is %s", p->name ? p->name : p->id, finding_state_name(item->state));
	begin(&j, l, 2004, is_new ? 1 : 2, is_new ? "Create" : "Update", severity_of(p, item));
	add_info(&j, r, p->id, buf_str(&title), item->first_seen, item->last_seen);
	add_id(&j, "status_id", "status", is_new ? 1 : 99, is_new ? "New" : "Present");
	add_id(&j, "confidence_id", "confidence", item->confidence + 1u,
	       confidence_words[item->confidence]);
	jout_add_bool(&j, "is_alert", is_new && severity_of(p, item) > 2);
	add_evidences(&j, r, item);
	add_resource(&j, r);
	add_remediation(&j, p);
	jout_add_str(&j, "message", buf_str(&title));
	add_unmapped(&j, r, item);
	finish(&j, l);
	buf_free(&title);
}

static void add_gone(struct lines *l, const struct scan_gone *gone)
{
	struct jout j = jout_to(l->out);
	struct buf title = { 0 };

	buf_addf(&title, "%s is gone", gone->product);
	begin(&j, l, 2004, 3, "Close", 1);
	add_info(&j, l->r, gone->product, buf_str(&title), gone->first_seen, gone->last_seen);
	add_id(&j, "status_id", "status", 4, "Resolved");
	jout_add_bool(&j, "is_alert", false);
	add_resource(&j, l->r);
	jout_add_str(&j, "message", buf_str(&title));
	jout_add_object(&j, "unmapped");
	jout_add_str(&j, "product", gone->product);
	jout_end(&j);
	finish(&j, l);
	buf_free(&title);
}

static void add_unread(struct jout *j, const struct scan_report *r)
{
	jout_add_array(j, "unread");
	for (uint32_t i = 0; i < r->unread_cnt && i < UNREAD_MAX; i++) {
		jout_object(j);
		add_name(j, "what", r->unread[i].what);
		jout_add_str(j, "error", strerror(-r->unread[i].err));
		jout_end(j);
	}
	jout_end(j);
}

static void add_scan(struct lines *l)
{
	const struct scan_report *r = l->r;
	bool is_complete = scan_is_complete(r);
	struct jout j = jout_to(l->out);

	begin(&j, l, 6007, 2, "Completed", is_complete ? 1 : 3);
	jout_add_object(&j, "scan");
	jout_add_str(&j, "name", "weir scan");
	add_id(&j, "type_id", "type", 1, "Manual");
	jout_end(&j);
	add_id(&j, "status_id", "status", is_complete ? 1 : 2,
	       is_complete ? "Success" : "Failure");
	if (!is_complete)
		jout_add_str(&j, "status_code", "INCOMPLETE");
	jout_add_u64(&j, "num_detections", r->findings->cnt);
	jout_add_u64(&j, "num_skipped_items", r->unread_cnt + r->unread_more);
	jout_add_str(&j, "message", is_complete ? "the scan is complete" :
						  "some things could not be read");
	jout_add_object(&j, "unmapped");
	add_name(&j, "root", r->root);
	jout_add_u64(&j, "cleared", r->findings->cleared_cnt);
	jout_add_u64(&j, "weak", r->findings->weak_cnt);
	add_unread(&j, r);
	jout_end(&j);
	finish(&j, l);
}

void scan_ocsf(const struct scan_report *r, struct buf *out)
{
	struct lines l = { .r = r, .out = out };

	for (uint32_t i = 0; i < r->findings->cnt; i++)
		if (r->findings->items[i].state >= STATE_INSTALLED)
			add_inventory(&l, &r->findings->items[i]);
	for (uint32_t i = 0; i < r->findings->cnt; i++)
		add_finding(&l, &r->findings->items[i]);
	/* Closed once, and not by a scan that may have passed it over. */
	for (uint32_t i = 0; i < r->gone_cnt && scan_is_complete(r); i++)
		if (r->gone[i].is_new)
			add_gone(&l, &r->gone[i]);
	add_scan(&l);
}
