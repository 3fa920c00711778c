// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec: the gates that can refuse it, and the tracepoint that saw it happen.
 *
 * A gate judges each file that execve opens to run: the program, and once
 * more per interpreter of a script. Denied: the record leaves, the caller gets
 * EPERM. Allowed but listed: what was found is kept for the tracepoint, which
 * alone knows that the exec succeeded and can read the arguments; a script is
 * recorded at once, since later only its interpreter is left.
 *
 * Where no gate can be attached the tracepoint judges by itself, and then the
 * most it can do is to kill before the first instruction, if the policy lets
 * it. Behind fmod_ret it stands as a backstop.
 *
 * Kernels that preempt need more, since they skip a program that another task
 * has been preempted in (bpf/marks.h): the gate by fmod_ret is then a row of
 * small programs, each of which takes one such task and calls the gate for the
 * rest of its way; and behind the tracepoint stands perf's, which runs with
 * preemption off, so that nothing gets past it.
 */
#include "marks.h"
#include "record.h"

static __always_inline bool is_check(struct linux_binprm *bprm)
{
	struct linux_binprm___check *b = (void *)bprm;

	return bpf_core_field_exists(b->is_check) && BPF_CORE_READ_BITFIELD_PROBED(b, is_check);
}

/* What something else will run: a script, or a file of binfmt_misc. */
static __always_inline bool is_interpreted(struct linux_binprm *bprm)
{
	__u32 magic = 0;

	bpf_core_read(&magic, sizeof(magic), &bprm->buf);
	return magic != ELF_MAGIC;
}

/* What an earlier exec left behind that then failed must not be believed. */
static __always_inline void keep_for_tracepoint(struct linux_binprm *bprm,
						struct weir_look *look)
{
	__u64 id = bpf_get_current_pid_tgid();
	bool first = READ(bprm, interp) == READ(bprm, filename);

	if (first)
		bpf_map_delete_elem(&weir_looks, &id);
	if (look->flags & WEIR_REC_SCRIPT || !(look->key.rule || look->flags & WEIR_REC_CANARY))
		return;
	if (bpf_map_update_elem(&weir_looks, &id, look, BPF_ANY))
		count_loss(WEIR_REC_EXEC, false);
}

static __always_inline void mark_judged(const struct weir_look *look)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct weir_mark *mark = mark_of(task);

	if (mark)
		mark->judged = mark_file(task, look) | (look->key.rule ? MARK_LISTED : 0);
}

static __always_inline int exec_gate(struct linux_binprm *bprm, int ret, __u8 mechanism,
				     bool may_hash)
{
	struct weir_look look = {
		.hook = WEIR_HOOK_EXEC,
		.mechanism = mechanism,
		.strength = WEIR_CAN_DENY,
	};
	struct about what = { .file = bprm->file, .bprm = bprm };
	const struct weir_control *c;
	enum role as;
	bool denied;

	/* Somebody before us already said no: never turn that into a yes. */
	if (ret)
		return ret;
	c = control();
	as = role(c);
	if (!c || as == ROLE_NONE || c->gate[WEIR_HOOK_EXEC] != mechanism)
		return 0;
	judge_file(bprm->file, c, &look, may_hash);
	denied = look.answer.verdict != WEIR_ALLOW;
	if (is_check(bprm) || (as == ROLE_RETIRING && !denied))
		return errno_of(&look.answer);
	if (is_interpreted(bprm))
		look.flags |= WEIR_REC_SCRIPT;
	keep_for_tracepoint(bprm, &look);
	if (mechanism == WEIR_VIA_FMOD_RET && !denied)
		mark_judged(&look);
	if (denied || (look.key.rule && look.flags & WEIR_REC_SCRIPT))
		record(&look, &what, WEIR_REC_EXEC, ARGS_OF_CALLER);
	return errno_of(&look.answer);
}

SEC("lsm.s/bprm_check_security")
int BPF_PROG(weir_exec_lsm_s, struct linux_binprm *bprm, int ret)
{
	return exec_gate(bprm, ret, WEIR_VIA_LSM, true);
}

SEC("lsm/bprm_check_security")
int BPF_PROG(weir_exec_lsm, struct linux_binprm *bprm, int ret)
{
	return exec_gate(bprm, ret, WEIR_VIA_LSM, false);
}

GATE_SLOT(weir_exec_gate);

SEC("fmod_ret/security_bprm_check")
int BPF_PROG(weir_exec_fmod, struct linux_binprm *bprm, int ret)
{
	NEVER_JUMP(ctx, weir_exec_gate, ret);
	return exec_gate(bprm, ret, WEIR_VIA_FMOD_RET, false);
}

/* Before any spare: what an earlier exec of this task left is not about this one. */
SEC("fentry/security_bprm_check")
int BPF_PROG(weir_exec_fresh, struct linux_binprm *bprm)
{
	struct weir_mark *mark = mark_of(bpf_get_current_pid_tgid());

	if (mark)
		mark->judged = 0;
	return 0;
}

static __always_inline bool exec_judged(struct file *file)
{
	const struct weir_control *c = acting();
	__u64 task = bpf_get_current_pid_tgid();
	struct weir_mark *mark = mark_of(task);
	struct weir_look look = {};

	if (!c)
		return true;
	if (!mark || !mark->judged)
		return false;
	look_at(file, c, &look);
	return (mark->judged & ~MARK_LISTED) == mark_file(task, &look);
}

#define EXEC_SPARE(n)                                                         \
	SEC("fmod_ret/security_bprm_check")                                   \
	int BPF_PROG(weir_exec_spare##n, struct linux_binprm *bprm, int ret)  \
	{                                                                     \
		SPARE(ctx, weir_exec_gate, ret, exec_judged(bprm->file));       \
	}

EXEC_SPARE(1)
EXEC_SPARE(2)
EXEC_SPARE(3)
EXEC_SPARE(4)
EXEC_SPARE(5)
EXEC_SPARE(6)
EXEC_SPARE(7)
EXEC_SPARE(8)
EXEC_SPARE(9)
EXEC_SPARE(10)
EXEC_SPARE(11)
EXEC_SPARE(12)
EXEC_SPARE(13)
EXEC_SPARE(14)
EXEC_SPARE(15)
EXEC_SPARE(16)

/* True when the gate left word about this very exec. */
static __always_inline bool take_pending(__u64 id, struct weir_look *look)
{
	struct weir_look *kept = bpf_map_lookup_elem(&weir_looks, &id);

	if (!kept)
		return false;
	*look = *kept;
	bpf_map_delete_elem(&weir_looks, &id);
	return true;
}

static __always_inline void judge_late(struct file *file, const struct weir_control *c,
				       struct weir_look *look)
{
	bool backstop = c->gate[WEIR_HOOK_EXEC] == WEIR_VIA_FMOD_RET;

	look->mechanism = WEIR_VIA_TRACEPOINT;
	look->strength = backstop || c->kill ? WEIR_CAN_KILL : WEIR_WATCH;
	judge_file(file, c, look, false);
	if (look->answer.verdict != WEIR_KILL)
		return;
	if (backstop)
		look->flags |= WEIR_REC_SLIPPED;
	bpf_send_signal(9);
}

/* The gate left no word: it found no key, or it was not there or not asked. */
static __always_inline void judge_unspoken(struct file *file, const struct weir_control *c,
					   struct weir_look *look, __u64 judged, __u64 task)
{
	look->mechanism = c->gate[WEIR_HOOK_EXEC];
	look->strength = WEIR_CAN_DENY;
	look->answer.reason = WEIR_BY_NO_KEY;
	look_at(file, c, look);
	if (look->mechanism == WEIR_VIA_LSM ||
	    (look->mechanism == WEIR_VIA_FMOD_RET && judged == mark_file(task, look)))
		return;
	judge_late(file, c, look);
}

/* @task: the thread that called execve, whose id exec has changed since. */
static __always_inline int exec_seen(__u64 task, const struct about *what)
{
	struct weir_look look = { .hook = WEIR_HOOK_EXEC };
	const struct weir_control *c = acting();
	struct weir_mark *mark = mark_of(task);
	__u64 exec = mark_exec(task);
	bool wanted;

	/* On trial, one of the set in force has been here before us. */
	if (!c || !mark || (mark->seen == exec && !c->trial))
		return 0;
	mark->seen = exec;
	if (!take_pending(task, &look))
		judge_unspoken(what->file, c, &look, mark->judged, task);
	if (first_sight(&look))
		look.flags |= WEIR_REC_FIRST;
	wanted = look.key.rule || look.flags & WEIR_REC_CANARY ||
		 look.answer.verdict != WEIR_ALLOW || records_all(c);
	if (!wanted && !(look.flags & WEIR_REC_FIRST && look.answer.reason == WEIR_BY_NO_KEY))
		return 0;
	record(&look, what, wanted ? WEIR_REC_EXEC : WEIR_REC_NEW, ARGS_OF_STARTED);
	return 0;
}

static __always_inline __u64 caller(int old_pid)
{
	return (bpf_get_current_pid_tgid() & ~0xffffffffULL) | (__u32)old_pid;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(weir_exec_tp, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct about what = { .file = bprm->file, .bprm = bprm };

	return exec_seen(caller(old_pid), &what);
}

/* Does what the one above has not done; it knows the program, not the script. */
SEC("tp/sched/sched_process_exec")
int weir_exec_last(struct trace_event_raw_sched_process_exec *ctx)
{
	struct task_struct *current = current_task();
	struct about what = {
		.file = READ(current, mm, exe_file),
		.name = (void *)ctx + (ctx->__data_loc_filename & 0xffff),
	};

	return exec_seen(caller(ctx->old_pid), &what);
}
