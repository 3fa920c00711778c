// SPDX-License-Identifier: GPL-2.0-only
/*
 * load: files mapped executable (libraries, the loader started by hand,
 * preloads, dlopen) and kernel modules.
 *
 * The file that exec itself maps is skipped: exec has judged it, and a table
 * swapped between the two hooks would turn a clean EPERM into a SIGSEGV. The
 * loader of a program (PT_INTERP) is opened by exec too but is not the
 * program; it is judged here and nowhere else. mprotect runs under mmap_lock:
 * it looks up and never hashes.
 */
#include "marks.h"
#include "record.h"

static __always_inline bool is_execs_own(struct file *file)
{
	struct task_struct *task = current_task();

	return READ(file, f_flags) & FMODE_EXEC && READ(task, mm, exe_file) == file;
}

static __always_inline void mark_loaded(const struct weir_look *look)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct weir_mark *mark = mark_of(task);

	if (mark)
		mark->loaded = mark_moment(task, look);
}

/* For the members of a row: is there nothing left to ask about @file? */
static __always_inline bool load_judged(struct file *file)
{
	const struct weir_control *c = acting();
	__u64 task = bpf_get_current_pid_tgid();
	struct weir_mark *mark = mark_of(task);
	struct weir_look look = {};

	if (!c)
		return true;
	if (!mark)
		return false;
	look_at(file, c, &look);
	return mark->loaded == mark_moment(task, &look);
}

static __always_inline int judge_load(struct file *file, struct weir_look *look, __u32 type,
				      bool may_hash)
{
	const struct weir_control *c = control();
	struct about what = { .file = file };
	enum role as = role(c);
	bool wanted;

	/* The mask says what is so: 5.10 loses track of a byte on the stack. */
	if (!c || as == ROLE_NONE || c->gate[look->hook & (WEIR_HOOK_MAX - 1)] != look->mechanism)
		return 0;
	judge_file(file, c, look, may_hash);
	if (look->mechanism == WEIR_VIA_FMOD_RET && look->answer.verdict == WEIR_ALLOW)
		mark_loaded(look);
	if (look->answer.reason == WEIR_BY_GUARD ||
	    (as == ROLE_RETIRING && look->answer.verdict == WEIR_ALLOW))
		return 0;
	if (first_sight(look))
		look->flags |= WEIR_REC_FIRST;
	wanted = look->key.rule || look->answer.verdict != WEIR_ALLOW ||
		 look->flags & WEIR_REC_CANARY || records_all(c);
	if (wanted || look->flags & WEIR_REC_FIRST)
		record(look, &what, wanted ? type : WEIR_REC_NEW, ARGS_NONE);
	return errno_of(&look->answer);
}

static __always_inline bool is_mapping(struct file *file, unsigned long prot)
{
	return file && prot & PROT_EXEC && !is_execs_own(file);
}

static __always_inline int map_gate(struct file *file, unsigned long prot, int ret,
				    __u8 mechanism, bool may_hash)
{
	struct weir_look look = {
		.hook = WEIR_HOOK_LOAD,
		.mechanism = mechanism,
		.strength = WEIR_CAN_DENY,
	};

	if (ret || !is_mapping(file, prot))
		return ret;
	return judge_load(file, &look, WEIR_REC_LOAD, may_hash);
}

/* fmod_ret sees what the caller asked for, before the kernel adds PROT_EXEC. */
static __always_inline unsigned long implied(unsigned long prot)
{
	struct task_struct *task = current_task();

	if (prot & PROT_READ && READ(task, personality) & READ_IMPLIES_EXEC)
		prot |= PROT_EXEC;
	return prot;
}

SEC("lsm.s/mmap_file")
int BPF_PROG(weir_mmap_lsm_s, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags, int ret)
{
	return map_gate(file, prot, ret, WEIR_VIA_LSM, true);
}

SEC("lsm/mmap_file")
int BPF_PROG(weir_mmap_lsm, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags, int ret)
{
	return map_gate(file, prot, ret, WEIR_VIA_LSM, false);
}

/* For the members of a row, as load_judged(). */
static __always_inline bool mapping_judged(struct file *file, unsigned long prot)
{
	return !is_mapping(file, prot) || load_judged(file);
}

GATE_SLOT(weir_mmap_gate);

SEC("fmod_ret/security_mmap_file")
int BPF_PROG(weir_mmap_fmod, struct file *file, unsigned long prot, unsigned long flags, int ret)
{
	NEVER_JUMP(ctx, weir_mmap_gate, ret);
	return map_gate(file, implied(prot), ret, WEIR_VIA_FMOD_RET, false);
}

#define MMAP_SPARE(n)                                                         \
	SEC("fmod_ret/security_mmap_file")                                    \
	int BPF_PROG(weir_mmap_spare##n, struct file *file, unsigned long prot, \
		     unsigned long flags, int ret)                            \
	{                                                                     \
		SPARE(ctx, weir_mmap_gate, ret,                               \
		      mapping_judged(file, implied(prot)));   \
	}

MMAP_SPARE(1)
MMAP_SPARE(2)
MMAP_SPARE(3)
MMAP_SPARE(4)
MMAP_SPARE(5)
MMAP_SPARE(6)
MMAP_SPARE(7)
MMAP_SPARE(8)

SEC("lsm/file_mprotect")
int BPF_PROG(weir_mprotect_lsm, struct vm_area_struct *vma, unsigned long reqprot,
	     unsigned long prot, int ret)
{
	return map_gate(vma->vm_file, prot, ret, WEIR_VIA_LSM, false);
}

GATE_SLOT(weir_mprotect_gate);

SEC("fmod_ret/security_file_mprotect")
int BPF_PROG(weir_mprotect_fmod, struct vm_area_struct *vma, unsigned long reqprot,
	     unsigned long prot, int ret)
{
	NEVER_JUMP(ctx, weir_mprotect_gate, ret);
	return map_gate(vma->vm_file, implied(reqprot) | prot, ret, WEIR_VIA_FMOD_RET, false);
}

#define MPROTECT_SPARE(n)                                                     \
	SEC("fmod_ret/security_file_mprotect")                                \
	int BPF_PROG(weir_mprotect_spare##n, struct vm_area_struct *vma,      \
		     unsigned long reqprot, unsigned long prot, int ret)      \
	{                                                                     \
		SPARE(ctx, weir_mprotect_gate, ret,                           \
		      mapping_judged(vma->vm_file, implied(reqprot) | prot));   \
	}

MPROTECT_SPARE(1)
MPROTECT_SPARE(2)
MPROTECT_SPARE(3)
MPROTECT_SPARE(4)

static __always_inline bool is_module(enum kernel_read_file_id id)
{
	if (id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE))
		return true;
	return bpf_core_enum_value_exists(enum kernel_read_file_id, READING_MODULE_COMPRESSED) &&
	       id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE_COMPRESSED);
}

/* finit_module gives a file; a module loaded from a buffer passes unseen here. */
static __always_inline int module_gate(struct file *file, enum kernel_read_file_id id, int ret,
				       __u8 mechanism, bool may_hash)
{
	struct weir_look look = {
		.hook = WEIR_HOOK_MODULE,
		.mechanism = mechanism,
		.strength = WEIR_CAN_DENY,
	};

	if (ret || !file || !is_module(id))
		return ret;
	return judge_load(file, &look, WEIR_REC_MODULE, may_hash);
}

SEC("lsm.s/kernel_read_file")
int BPF_PROG(weir_module_lsm_s, struct file *file, enum kernel_read_file_id id, bool contents,
	     int ret)
{
	return module_gate(file, id, ret, WEIR_VIA_LSM, true);
}

SEC("lsm/kernel_read_file")
int BPF_PROG(weir_module_lsm, struct file *file, enum kernel_read_file_id id, bool contents,
	     int ret)
{
	return module_gate(file, id, ret, WEIR_VIA_LSM, false);
}

GATE_SLOT(weir_module_gate);

SEC("fmod_ret/security_kernel_read_file")
int BPF_PROG(weir_module_fmod, struct file *file, enum kernel_read_file_id id, bool contents,
	     int ret)
{
	NEVER_JUMP(ctx, weir_module_gate, ret);
	return module_gate(file, id, ret, WEIR_VIA_FMOD_RET, false);
}

#define MODULE_SPARE(n)                                                       \
	SEC("fmod_ret/security_kernel_read_file")                             \
	int BPF_PROG(weir_module_spare##n, struct file *file,                 \
		     enum kernel_read_file_id id, bool contents, int ret)     \
	{                                                                     \
		SPARE(ctx, weir_module_gate, ret,                             \
		      !file || !is_module(id) || load_judged(file));            \
	}

MODULE_SPARE(1)
MODULE_SPARE(2)
MODULE_SPARE(3)
MODULE_SPARE(4)

static __always_inline void module_name(struct module *mod, struct weir_module_name *name)
{
	bpf_probe_read_kernel_str(name->name, sizeof(name->name), &mod->name);
}

/* A module has no file by now; its name goes where the caller's would. */
static __always_inline void record_module(struct weir_look *look,
					  const struct weir_module_name *name)
{
	__u64 seq = next_seq(WEIR_RING_RECORDS);
	struct file_record *r = reserve(&weir_records, sizeof(*r), WEIR_REC_MODULE, false);

	if (!r)
		return;
	__builtin_memset(&r->f, 0, sizeof(r->f));
	fill_head(&r->f.rec, WEIR_REC_MODULE, WEIR_RING_RECORDS, look, seq);
	r->f.rec.len = sizeof(*r);
	fill_name(r, name->name);
	submit(r, &look->answer);
}

/*
 * A module is in, by whichever road: from a buffer it had no file to refuse,
 * and where no gate could be attached nothing was asked. By name, watch only.
 */
SEC("tp_btf/module_load")
int BPF_PROG(weir_module_tp, struct module *mod)
{
	struct weir_look look = {
		.hook = WEIR_HOOK_MODULE,
		.mechanism = WEIR_VIA_TRACEPOINT,
		.strength = WEIR_WATCH,
		.flags = WEIR_REC_INIT_MOD,
	};
	const struct weir_control *c = acting();
	struct weir_module_name name = {};

	if (!c || !(c->flags & WEIR_HAS_MODULES || records_all(c)))
		return 0;
	look.generation = c->generation;
	module_name(mod, &name);
	take_key(&look, table_get(weir_modules, &look.generation, &name));
	decide(c, &look, 0);
	if (look.key.rule || records_all(c))
		record_module(&look, &name);
	return 0;
}
