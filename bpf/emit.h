/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records leave here. They are written where they will be read: a per-CPU
 * scratch buffer would be clobbered by a second program on the same CPU as
 * soon as programs sleep or are preempted. Nothing sleeps between reserve and
 * submit, since one busy record stalls the ring.
 */
#ifndef WEIR_BPF_EMIT_H
#define WEIR_BPF_EMIT_H

#include "climb.h"
#include "maps.h"

/*
 * A file record with all its tail. The path grows backwards from the end of
 * its room, one name of up to NAME_MAX at a time; the slack behind it keeps
 * every such write inside the record, which is what the verifier asks.
 */
struct file_record {
	struct weir_rec_file f;
	char path[WEIR_PATH_MAX + WEIR_NAME_MAX];
	char argv[WEIR_ARGV_MAX + WEIR_NAME_MAX];
	char name[WEIR_NAME_MAX];
	char interp[WEIR_NAME_MAX];
};

static __always_inline __u64 next_seq(__u32 ring)
{
	__u64 *seq = bpf_map_lookup_elem(&weir_seq, &ring);

	if (!seq)
		return 0;
#ifdef WEIR_FLOOR
	/* No fetching atomics before 5.12; nor are programs preempted there. */
	return ++*seq;
#else
	return __sync_fetch_and_add(seq, 1) + 1;
#endif
}

static __always_inline void count_loss(__u32 type, bool denied)
{
	__u32 zero = 0;
	struct weir_losses *l = bpf_map_lookup_elem(&weir_losses, &zero);

	if (!l || type >= WEIR_REC_MAX)
		return;
	__sync_fetch_and_add(&l->by_type[type], 1);
	if (denied)
		__sync_fetch_and_add(&l->denials, 1);
}

static __always_inline __u64 capabilities(const struct cred *cred)
{
	__u64 caps = 0;

	bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	return caps;
}

static __always_inline void fill_ids(struct weir_subject *s, struct task_struct *task)
{
	const struct cred *cred = READ(task, cred);

	s->uid = READ(cred, uid.val);
	s->gid = READ(cred, gid.val);
	s->euid = READ(cred, euid.val);
	s->caps = capabilities(cred);
	s->ns_user = READ(cred, user_ns, ns.inum);
	s->auid = ~0u;
	s->session = ~0u;
	if (bpf_core_field_exists(task->loginuid)) {
		s->auid = READ(task, loginuid.val);
		s->session = READ(task, sessionid);
	}
}

static __always_inline __u32 pid_namespace_of(struct task_struct *task)
{
	struct pid *pid = READ(task, thread_pid);
	__u32 level = READ(pid, level);
	struct pid_namespace *ns = NULL;
	/* Masked last: 6.1 loses the bounds of a product. */
	void *upid = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
		     (level * bpf_core_type_size(struct upid) & 511);

	bpf_probe_read_kernel(&ns, sizeof(ns), upid + bpf_core_field_offset(struct upid, ns));
	return PEEK(pid_namespace, ns, ns.inum);
}

static __noinline int fill_subject(struct weir_subject *s)
{
	struct task_struct *task = current_task();
	struct task_struct *parent = READ(task, real_parent, group_leader);

	if (!s)
		return 0;
	s->pid = READ(task, pid);
	s->tgid = READ(task, tgid);
	s->ppid = READ(parent, tgid);
	s->start_ns = READ(task, group_leader, start_boottime);
	s->parent_start_ns = READ(parent, start_boottime);
	s->cgroup = bpf_get_current_cgroup_id();
	s->ns_mnt = READ(task, nsproxy, mnt_ns, ns.inum);
	s->ns_net = READ(task, nsproxy, net_ns, ns.inum);
	s->ns_pid = pid_namespace_of(task);
	fill_ids(s, task);
	bpf_core_read(s->comm, sizeof(s->comm), &task->comm);
	bpf_core_read(s->parent_comm, sizeof(s->parent_comm), &parent->comm);
	return 0;
}

static __always_inline void *reserve(void *ring, __u64 size, __u32 type, bool denied)
{
	void *rec = bpf_ringbuf_reserve(ring, size, 0);

	if (!rec)
		count_loss(type, denied);
	return rec;
}

struct path_climb {
	struct climb climb;
	char *path;
	__u32 pos; /* of the first byte written so far */
	__u32 cut;
};

#define WITHIN_PATH(pos) ((pos) & (WEIR_PATH_MAX - 1))

/*
 * Puts @len bytes of @name in front of what is there, and @lead before them.
 * The position is masked as it is stored: so the verifier sees the same range
 * in every round and need not follow each one.
 */
static __always_inline bool prepend(struct path_climb *p, const void *name, __u32 len, char lead)
{
	__u32 pos = p->pos;

	if (pos < len + 1)
		return false;
	pos = WITHIN_PATH(pos - len);
	bpf_probe_read_kernel(p->path + pos, len & (WEIR_NAME_MAX - 1), name);
	if (lead) {
		pos = WITHIN_PATH(pos - 1);
		p->path[pos] = lead;
	}
	p->pos = pos;
	return true;
}

STEP_FUNCTION path_step(__u32 i, void *ctx)
{
	struct path_climb *p = ctx;
	struct dentry *dentry = p->climb.dentry;
	const unsigned char *name = PEEK(dentry, dentry, d_name.name);
	__u32 len = PEEK(dentry, dentry, d_name.len);

	switch (climb(&p->climb)) {
	case CLIMB_END:
		p->climb.done = 1;
		return 1;
	case CLIMB_MOUNT:
		return 0;
	case CLIMB_NAME:
		break;
	}
	if (prepend(p, name, len & (WEIR_NAME_MAX - 1), '/'))
		return 0;
	p->cut = 1;
	return 1;
}

/* A file that never had a place, such as a memfd: its name stands alone. */
static __always_inline void path_of_nameless(struct path_climb *p, struct file *file)
{
	struct dentry *d = PEEK(file, file, f_path.dentry);

	prepend(p, PEEK(dentry, d, d_name.name),
		PEEK(dentry, d, d_name.len) & (WEIR_NAME_MAX - 1), 0);
}

static __always_inline void fill_path(struct file_record *r, struct file *file)
{
	struct path_climb p = { .path = r->path, .pos = WEIR_PATH_MAX - 1 };

	r->path[WEIR_PATH_MAX - 1] = 0;
	climb_start(&p.climb, file, false);
	each_upto(CLIMB_MAX, path_step, &p);
	if (p.pos == WEIR_PATH_MAX - 1)
		path_of_nameless(&p, file);
	if (!p.climb.done)
		r->f.rec.flags |= WEIR_REC_PATH_CUT;
	r->f.path_source = WEIR_PATH_WALK;
	r->f.path_off = __builtin_offsetof(struct file_record, path) + p.pos;
}

static __always_inline void fill_head(struct weir_rec *rec, __u32 type, __u32 ring,
				      const struct weir_look *look, __u64 seq)
{
	rec->type = type;
	rec->version = WEIR_REC_VERSION;
	rec->seq = seq;
	rec->time_ns = bpf_ktime_get_boot_ns();
	rec->cpu = bpf_get_smp_processor_id();
	rec->flags = look->flags;
	rec->generation = look->generation;
	rec->ring = ring;
	rec->hook = look->hook;
	rec->mechanism = look->mechanism;
	rec->strength = look->strength;
	rec->answer = look->answer;
	rec->key = look->key;
	fill_subject(&rec->who);
}

static __always_inline void fill_file(struct weir_rec_file *f, const struct weir_look *look)
{
	f->rec.len = sizeof(struct file_record);
	f->file = look->file;
	f->size = look->size;
	f->ctime_ns = look->ctime_ns;
	f->mode = look->mode;
	__builtin_memcpy(f->sha256, look->sha256, sizeof(f->sha256));
}

static __always_inline void fill_name(struct file_record *r, const char *name)
{
	if (bpf_probe_read_kernel_str(r->name, sizeof(r->name), name) > 0)
		r->f.name_off = __builtin_offsetof(struct file_record, name);
}

static __always_inline void fill_interp(struct file_record *r, const char *interp)
{
	if (bpf_probe_read_kernel_str(r->interp, sizeof(r->interp), interp) > 0)
		r->f.interp_off = __builtin_offsetof(struct file_record, interp);
}

/* A denial wakes the agent at once; the rest waits for its timer. */
static __always_inline void submit(void *rec, const struct weir_answer *answer)
{
	bpf_ringbuf_submit(rec, answer->verdict != WEIR_ALLOW ? BPF_RB_FORCE_WAKEUP :
								 BPF_RB_NO_WAKEUP);
}

#endif /* WEIR_BPF_EMIT_H */
