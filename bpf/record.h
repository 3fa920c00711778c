/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record about a file: one function for exec, load and module, looked at
 * by the verifier once per program (bpf/identity.h says why that matters).
 */
#ifndef WEIR_BPF_RECORD_H
#define WEIR_BPF_RECORD_H

#include "argv.h"
#include "emit.h"
#include "group.h"
#include "judge.h"

/* Which arguments a record takes along, if the policy lets it. */
enum args { ARGS_NONE, ARGS_OF_STARTED, ARGS_OF_CALLER };

/* The number in a pointer, which the verifier would not let us pass as one. */
static __always_inline __u64 address(const void *pointer)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

/* What a record is about, as far as the program knows. */
struct about {
	void *file;
	struct linux_binprm *bprm;
	const void *name; /* where there is no @bprm */
};

static __always_inline void fill_names(struct file_record *r, struct linux_binprm *bprm)
{
	const char *name = PEEK(linux_binprm, bprm, filename);
	const char *interp = PEEK(linux_binprm, bprm, interp);

	fill_name(r, name);
	if (interp == name)
		return;
	r->f.rec.flags |= WEIR_REC_SCRIPT;
	fill_interp(r, interp);
}

/*
 * Writes what is in this task's record slot; 0: there was no room for it.
 * @file, @bprm and @name are addresses, 0 for none; the record is made even
 * then, because a denial that nobody can read did not happen.
 */
__noinline int record_file(__u64 file, __u64 bprm, __u64 name, __u64 type, __u64 args)
{
	__u64 slot = bpf_get_current_pid_tgid() | RECORD_SLOT;
	struct weir_look *look = bpf_map_lookup_elem(&weir_looks, &slot);
	const struct weir_control *c = control();
	struct file_record *r;
	struct weir_answer answer;
	__u32 ring;
	__u64 seq = 0;

	if (!look || !c) {
		count_loss(type, false);
		return 0;
	}
	if (look->key.rule)
		use_result(name_group(bpf_get_current_cgroup_id()));
	answer = look->answer;
	ring = answer.verdict != WEIR_ALLOW ? WEIR_RING_DENIALS : WEIR_RING_RECORDS;
	/* What is not written down has no number: the journal shall have no holes. */
	if (type != WEIR_REC_NEW && !(look->flags & WEIR_REC_CANARY))
		seq = next_seq(ring);
	if (ring == WEIR_RING_DENIALS)
		r = reserve(&weir_denials, sizeof(*r), type, true);
	else
		r = reserve(&weir_records, sizeof(*r), type, false);
	if (!r)
		return 0;
	__builtin_memset(&r->f, 0, sizeof(r->f));
	fill_head(&r->f.rec, type, ring, look, seq);
	fill_file(&r->f, look);
	if (file)
		fill_path(r, (void *)file);
	if (bprm)
		fill_names(r, (void *)bprm);
	else if (name)
		fill_name(r, (void *)name);
	if (args == ARGS_OF_STARTED && !c->argv)
		argv_from_stack(r);
	if (args == ARGS_OF_CALLER && !c->argv)
		argv_from_regs(r);
	submit(r, &answer);
	return 1;
}

static __always_inline void record(const struct weir_look *look, const struct about *what,
				   __u32 type, enum args args)
{
	__u64 slot = bpf_get_current_pid_tgid() | RECORD_SLOT;

	if (bpf_map_update_elem(&weir_looks, &slot, look, BPF_ANY)) {
		count_loss(type, look->answer.verdict != WEIR_ALLOW);
		return;
	}
	if (!record_file(address(what->file), address(what->bprm), address(what->name), type,
			 args) &&
	    look->flags & WEIR_REC_FIRST)
		forget_sight(look);
	bpf_map_delete_elem(&weir_looks, &slot);
}

#endif /* WEIR_BPF_RECORD_H */
