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
 * it. Behind fmod_ret it stands as a backstop: those programs are skipped when
 * one is already active on the CPU.
 */
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
	bool first = BPF_CORE_READ(bprm, interp) == BPF_CORE_READ(bprm, filename);

	if (first)
		bpf_map_delete_elem(&weir_looks, &id);
	if (look->flags & WEIR_REC_SCRIPT || !(look->key.rule || look->flags & WEIR_REC_CANARY))
		return;
	if (bpf_map_update_elem(&weir_looks, &id, look, BPF_ANY))
		count_loss(WEIR_REC_EXEC, false);
}

static __always_inline void mark_judged(struct linux_binprm *bprm)
{
	__u64 id = bpf_get_current_pid_tgid(), file = address(bprm->file);

	bpf_map_update_elem(&weir_judged, &id, &file, BPF_ANY);
}

static __always_inline int exec_gate(struct linux_binprm *bprm, int ret, __u8 mechanism,
				     bool may_hash)
{
	struct weir_look look = {
		.hook = WEIR_HOOK_EXEC,
		.mechanism = mechanism,
		.strength = WEIR_CAN_DENY,
	};
	const struct weir_control *c;
	bool denied;

	/* Somebody before us already said no: never turn that into a yes. */
	if (ret)
		return ret;
	c = acting();
	if (!c || c->gate[WEIR_HOOK_EXEC] != mechanism)
		return 0;
	judge_file(bprm->file, c, &look, may_hash);
	denied = look.answer.verdict != WEIR_ALLOW;
	if (is_check(bprm))
		return errno_of(&look.answer);
	if (is_interpreted(bprm))
		look.flags |= WEIR_REC_SCRIPT;
	keep_for_tracepoint(bprm, &look);
	if (mechanism == WEIR_VIA_FMOD_RET)
		mark_judged(bprm);
	if (denied || (look.key.rule && look.flags & WEIR_REC_SCRIPT))
		record(&look, bprm->file, bprm, WEIR_REC_EXEC, ARGS_OF_CALLER);
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

SEC("fmod_ret/security_bprm_check")
int BPF_PROG(weir_exec_fmod, struct linux_binprm *bprm, int ret)
{
	return exec_gate(bprm, ret, WEIR_VIA_FMOD_RET, false);
}

/*
 * The kernel skips a tracing program that is active on the CPU already, so a
 * task that was preempted inside one lets the next task past it. Each spare
 * takes one more such task; it finds out by a mark whether it is needed.
 */
static __always_inline int spare(struct linux_binprm *bprm, int ret)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u64 *judged = bpf_map_lookup_elem(&weir_judged, &id);

	if (ret || (judged && *judged == address(bprm->file)))
		return ret;
	return exec_gate(bprm, ret, WEIR_VIA_FMOD_RET, false);
}

SEC("fmod_ret/security_bprm_check")
int BPF_PROG(weir_exec_fmod2, struct linux_binprm *bprm, int ret)
{
	return spare(bprm, ret);
}

SEC("fmod_ret/security_bprm_check")
int BPF_PROG(weir_exec_fmod3, struct linux_binprm *bprm, int ret)
{
	return spare(bprm, ret);
}

SEC("fmod_ret/security_bprm_check")
int BPF_PROG(weir_exec_fmod4, struct linux_binprm *bprm, int ret)
{
	return spare(bprm, ret);
}

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

static __always_inline void judge_late(struct linux_binprm *bprm, const struct weir_control *c,
				       struct weir_look *look)
{
	bool backstop = c->gate[WEIR_HOOK_EXEC] == WEIR_VIA_FMOD_RET;

	look->mechanism = WEIR_VIA_TRACEPOINT;
	look->strength = backstop || c->kill ? WEIR_CAN_KILL : WEIR_WATCH;
	judge_file(bprm->file, c, look, false);
	if (look->answer.verdict != WEIR_KILL)
		return;
	if (backstop)
		look->flags |= WEIR_REC_SLIPPED;
	bpf_send_signal(9);
}

static __always_inline int exec_seen(int old_pid, struct linux_binprm *bprm)
{
	struct weir_look look = { .hook = WEIR_HOOK_EXEC };
	const struct weir_control *c = acting();
	__u64 id = bpf_get_current_pid_tgid();
	bool wanted;

	if (!c)
		return 0;
	/* The gate ran under the thread's own id, which exec has changed. */
	id = (id & ~0xffffffffULL) | (__u32)old_pid;
	bpf_map_delete_elem(&weir_judged, &id);
	if (!take_pending(id, &look)) {
		if (c->gate[WEIR_HOOK_EXEC] == WEIR_VIA_LSM) {
			look.mechanism = WEIR_VIA_LSM;
			look.strength = WEIR_CAN_DENY;
			look.answer.reason = WEIR_BY_NO_KEY;
			look_at(bprm->file, c, &look);
		} else {
			judge_late(bprm, c, &look);
		}
	}
	if (first_sight(&look))
		look.flags |= WEIR_REC_FIRST;
	wanted = look.key.rule || look.flags & WEIR_REC_CANARY ||
		 look.answer.verdict != WEIR_ALLOW || records_all(c);
	if (!wanted && !(look.flags & WEIR_REC_FIRST && look.answer.reason == WEIR_BY_NO_KEY))
		return 0;
	record(&look, bprm->file, bprm, wanted ? WEIR_REC_EXEC : WEIR_REC_NEW, ARGS_OF_STARTED);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(weir_exec_tp, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return exec_seen(old_pid, bprm);
}
