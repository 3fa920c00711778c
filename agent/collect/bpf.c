// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF: the programs, maps and links of processes that an indicator means, and
 * what is pinned where one means it.
 *
 * A program says little of whose it is; the process that holds it, by a
 * descriptor of its own or by one of the link that runs it, does. What weir
 * itself has pinned is left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <weir/table.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/holder.h"
#include "inventory/host.h"
#include "inventory/root.h"
#include "sense/bpf_objects.h"

#define PINS_MAX 4096
#define DEPTH_MAX 8

struct pin {
	uint64_t object;
	char *path;
	bool is_asked;
};

struct look {
	struct survey *s;
	struct bpf_reader *reader;
	struct holders holders; /* by object */
	struct pin *pins;
	uint32_t pin_cnt;
	uint32_t denied_cnt, over_cnt;
};

static uint64_t object_of(enum bpf_object_kind kind, uint32_t id)
{
	return (uint64_t)kind << 32 | id;
}

/* ---- what the processes hold ---- */

struct owner {
	struct look *look;
	uint32_t index;
};

static const struct {
	const char *target, *key;
	enum bpf_object_kind kind;
} descriptors[] = {
	{ "anon_inode:bpf-prog", "\nprog_id:", BPF_OBJECT_PROG },
	{ "anon_inode:bpf-map", "\nmap_id:", BPF_OBJECT_MAP },
	{ "anon_inode:bpf_link", "\nlink_id:", BPF_OBJECT_LINK },
};

static int hold(struct owner *o, enum bpf_object_kind kind, const char *info, const char *key)
{
	const char *at = strstr(info, key);
	uint32_t id = at ? (uint32_t)strtoul(at + strlen(key), NULL, 10) : 0;

	return id ? holders_add(&o->look->holders, object_of(kind, id), o->index) : 0;
}

static int look_at_fd(void *ctx, const struct task *t, const char *fd, const char *target)
{
	struct owner *o = ctx;
	char name[64], info[4096];
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(descriptors); i++) {
		if (strcmp(target, descriptors[i].target) != 0)
			continue;
		snprintf(name, sizeof(name), "fdinfo/%.20s", fd);
		if (task_text(t, name, info, sizeof(info) - 1) <= 0)
			return 0;
		err = hold(o, descriptors[i].kind, info, descriptors[i].key);
		/* Who holds the link holds its program. */
		if (!err && descriptors[i].kind == BPF_OBJECT_LINK)
			err = hold(o, BPF_OBJECT_PROG, info, descriptors[0].key);
	}
	return err;
}

static int look_at_task(void *ctx, const struct task *t)
{
	struct look *l = ctx;
	struct owner o = { .look = l };
	int err;

	if (t->is_kernel || !task_is_asked(l->s, t))
		return 0;
	err = holders_keep(&l->holders, t, &o.index);
	if (!err)
		err = task_fds_each(t, look_at_fd, &o);
	if (err == -ENOMEM)
		return err;
	l->denied_cnt += err == -EACCES || err == -EPERM;
	return 0;
}

/* ---- what is pinned ---- */

static int add_pin(struct look *l, const char *path)
{
	const struct facts f = { .path = path };
	enum bpf_object_kind kind;
	struct pin *p;
	uint32_t id;

	if (l->pin_cnt == PINS_MAX) {
		l->over_cnt++;
		return 0;
	}
	if (bpf_pin_read(path, &kind, &id))
		return 0; /* nothing of the three, or gone */
	p = &l->pins[l->pin_cnt];
	*p = (struct pin){ .object = object_of(kind, id), .path = strdup(path),
			   .is_asked = survey_is_asked(l->s, &f) };
	if (!p->path)
		return -ENOMEM;
	l->pin_cnt++;
	return 0;
}

static bool is_own(const char *path)
{
	size_t len = strlen(WEIR_PIN_DIR);

	return !strncmp(path, WEIR_PIN_DIR, len) && (!path[len] || path[len] == '/');
}

static int walk_pins(struct look *l, const char *dir, int depth)
{
	int fd = root_open(l->s->root_fd, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	CLEANUP(closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int err = 0;

	while (d && !err && (e = readdir(d))) {
		char path[WEIR_PATH_MAX];
		int len = snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);

		if (e->d_name[0] == '.' || len >= (int)sizeof(path) || is_own(path))
			continue;
		if (e->d_type == DT_DIR && depth < DEPTH_MAX)
			err = walk_pins(l, path, depth + 1);
		else if (e->d_type == DT_REG)
			err = add_pin(l, path);
	}
	return err;
}

/* Each BPF file system that is mounted, wherever. */
static int find_pins(struct look *l)
{
	CLEANUP(fclosep) FILE *f = fopen("/proc/self/mountinfo", "re");
	CLEANUP(freep) char *line = NULL;
	char path[WEIR_PATH_MAX];
	size_t size = 0;
	int err = 0;

	l->pins = calloc(PINS_MAX, sizeof(*l->pins));
	if (!l->pins)
		return -ENOMEM;
	while (f && !err && getline(&line, &size, f) > 0)
		if (strstr(line, " - bpf ") &&
		    sscanf(line, "%*d %*d %*s %*s %4095s", path) == 1)
			err = walk_pins(l, path, 0);
	return err;
}

static const struct pin *pin_of(const struct look *l, uint64_t object)
{
	for (uint32_t i = 0; i < l->pin_cnt; i++)
		if (l->pins[i].object == object)
			return &l->pins[i];
	return NULL;
}

/* ---- telling ---- */

static void format_detail(const struct bpf_object *o, const struct pin *pin, const struct task *t,
			  char *buf, size_t size)
{
	char held[96] = "";

	if (t)
		snprintf(held, sizeof(held), ", held by %s (%u)", t->comm, t->pid);
	snprintf(buf, size, "%s%s%s%s%s%s%s%s%s", o->type, *o->attach ? " at " : "", o->attach,
		 *o->tag ? ", tag " : "", o->tag, pin ? ", pinned at " : "", pin ? pin->path : "",
		 held, o->prog_id || o->kind != BPF_OBJECT_LINK ? "" : ", without a program");
}

static int tell(struct look *l, uint64_t object, const struct pin *pin, const struct task *t,
		const char *path)
{
	struct fact words[TASK_WORDS_MAX];
	struct facts facts = { .path = path, .others = words };
	char where[96], detail[WEIR_PATH_MAX + 512], user[64];
	struct trace tr = { .kind = TRACE_BPF, .flags = TRACE_RUNNING, .where = where,
			    .facts = &facts, .detail = detail };
	struct bpf_object o;
	int err;

	err = bpf_object_read(l->reader, (enum bpf_object_kind)(object >> 32), (uint32_t)object,
			      &o);
	if (err)
		return err == -ENOMEM ? err : 0; /* unloaded meanwhile */
	snprintf(where, sizeof(where), "%s %u%s%s", bpf_object_kind_name(o.kind), o.id,
		 *o.name ? " " : "", o.name);
	format_detail(&o, pin, t, detail, sizeof(detail));
	if (o.load_ns)
		tr.changed = ((int64_t)o.load_ns + host_boot_offset_ns()) / 1000000000;
	if (t) {
		facts.other_cnt = task_words(t, words);
		tr.pid = t->pid;
		tr.user = task_user(l->s, t, user, sizeof(user));
		tr.started_by = t->started_by;
		tr.container = t->container;
	}
	return survey_take(l->s, &tr);
}

static int tell_all(struct look *l)
{
	uint64_t last = UINT64_MAX;
	int err = 0;

	for (uint32_t i = 0; i < l->holders.cnt && !err; i++) {
		const struct task *t = &l->holders.tasks[l->holders.list[i].holder];
		uint64_t object = l->holders.list[i].object;

		/* Of several holders the first is enough. */
		if (object != last)
			err = tell(l, object, pin_of(l, object), t, t->exe);
		last = object;
	}
	for (uint32_t i = 0; i < l->pin_cnt && !err; i++)
		if (l->pins[i].is_asked)
			err = tell(l, l->pins[i].object, &l->pins[i],
				   holders_find(&l->holders, l->pins[i].object), l->pins[i].path);
	return err;
}

static int look_at(struct look *l)
{
	int err = bpf_reader_new(&l->reader);

	if (err == -ENOMEM)
		return err;
	if (err) {
		/* A kernel without BPF has none to tell. */
		if (err != -ENOSYS)
			survey_unread(l->s, err, "BPF programs, maps and links");
		return 0;
	}
	err = tasks_each(l->s, look_at_task, l);
	holders_sort(&l->holders);
	if (!err)
		err = find_pins(l);
	if (!err)
		err = tell_all(l);
	if (l->denied_cnt)
		survey_unread(l->s, -EACCES, "%u processes: which BPF objects they hold",
			      l->denied_cnt);
	if (l->over_cnt)
		survey_unread(l->s, -E2BIG, "%u pinned BPF objects, beyond %d", l->over_cnt,
			      PINS_MAX);
	return err;
}

int collect_bpf(struct survey *s)
{
	struct look l = { .s = s };
	int err = look_at(&l);

	bpf_reader_free(l.reader);
	holders_free(&l.holders);
	for (uint32_t i = 0; i < l.pin_cnt; i++)
		free(l.pins[i].path);
	free(l.pins);
	return err;
}
