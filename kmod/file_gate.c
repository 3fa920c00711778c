// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec, load and module: files that are about to be run, mapped executable or
 * taken into the kernel.
 *
 * The file that exec itself maps is skipped: exec has judged it, and a table
 * swapped between the two would turn a clean EPERM into a SIGSEGV. The loader
 * of a program is opened by exec too but is not the program; it is judged as it
 * is mapped and nowhere else. mprotect runs under mmap_lock: it looks up and
 * never reads a file.
 */
#include "gates.h"

#include <linux/binfmts.h>
#include <linux/kernel_read_file.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/personality.h>

#include "judge.h"
#include "report.h"

static int judge(struct file *file, u8 hook, bool may_sleep, bool is_check)
{
	struct weir_candidate c = {
		.file = file,
		.look.hook = hook,
		.look.mechanism = WEIR_VIA_MODULE,
		.look.strength = WEIR_CAN_DENY,
		.may_sleep = may_sleep,
	};
	const struct weir_state *state = weir_state_get();

	weir_judge_file(&c, state);
	if (!is_check)
		weir_report_file(&c);
	weir_state_put(state);
	return weir_errno(&c.look);
}

/* A question of access(2)'s kind, from 6.14 on, is answered and not told. */
static bool is_check(const struct linux_binprm *bprm)
{
#ifdef WEIR_HAVE_BPRM_IS_CHECK
	return bprm->is_check;
#else
	return false;
#endif
}

static enum weir_turn turn_of(int err)
{
	return err ? WEIR_REFUSE : WEIR_PASS;
}

static enum weir_turn ask_exec(struct weir_regs *regs)
{
	struct linux_binprm *bprm = (void *)weir_regs_argument(regs, 0);

	if (weir_site_may_detour())
		return WEIR_DETOUR;
	return turn_of(judge(bprm->file, WEIR_HOOK_EXEC, false, is_check(bprm)));
}

static int detour_exec(struct linux_binprm *bprm)
{
	int (*original)(struct linux_binprm *bprm) = (void *)weir_site_exec.original;
	int err = judge(bprm->file, WEIR_HOOK_EXEC, true, is_check(bprm));

	if (!err)
		err = original(bprm);
	weir_site_leave();
	return err;
}

struct weir_site weir_site_exec = {
	.function = "security_bprm_check",
	.hooks = BIT(WEIR_HOOK_EXEC),
	.ask = ask_exec,
	.detour = detour_exec,
};

static bool is_execs_own(const struct file *file)
{
	return file->f_flags & __FMODE_EXEC && current->mm &&
	       rcu_access_pointer(current->mm->exe_file) == file;
}

/* We see what the caller asked for, before the kernel adds PROT_EXEC. */
static bool is_mapping(const struct file *file, unsigned long prot)
{
	if (!file)
		return false;
	if (prot & PROT_READ && current->personality & READ_IMPLIES_EXEC)
		prot |= PROT_EXEC;
	return prot & PROT_EXEC && !is_execs_own(file);
}

static enum weir_turn ask_mmap(struct weir_regs *regs)
{
	struct file *file = (void *)weir_regs_argument(regs, 0);

	if (!is_mapping(file, weir_regs_argument(regs, 1)))
		return WEIR_PASS;
	if (weir_site_may_detour())
		return WEIR_DETOUR;
	return turn_of(judge(file, WEIR_HOOK_LOAD, false, false));
}

static int detour_mmap(struct file *file, unsigned long prot, unsigned long flags)
{
	int (*original)(struct file *file, unsigned long prot, unsigned long flags) =
		(void *)weir_site_mmap.original;
	int err = judge(file, WEIR_HOOK_LOAD, true, false);

	if (!err)
		err = original(file, prot, flags);
	weir_site_leave();
	return err;
}

struct weir_site weir_site_mmap = {
	.function = "security_mmap_file",
	.hooks = BIT(WEIR_HOOK_LOAD),
	.ask = ask_mmap,
	.detour = detour_mmap,
};

static enum weir_turn ask_mprotect(struct weir_regs *regs)
{
	struct vm_area_struct *vma = (void *)weir_regs_argument(regs, 0);
	unsigned long prot = weir_regs_argument(regs, 1) | weir_regs_argument(regs, 2);

	if (!is_mapping(vma->vm_file, prot))
		return WEIR_PASS;
	return turn_of(judge(vma->vm_file, WEIR_HOOK_LOAD, false, false));
}

struct weir_site weir_site_mprotect = {
	.function = "security_file_mprotect",
	.hooks = BIT(WEIR_HOOK_LOAD),
	.ask = ask_mprotect,
};

static bool is_module(enum kernel_read_file_id id)
{
#ifdef WEIR_HAVE_READING_MODULE_COMPRESSED
	if (id == READING_MODULE_COMPRESSED)
		return true;
#endif
	return id == READING_MODULE;
}

static enum weir_turn ask_read_file(struct weir_regs *regs)
{
	struct file *file = (void *)weir_regs_argument(regs, 0);

	if (!file || !is_module(weir_regs_argument(regs, 1)))
		return WEIR_PASS;
	if (weir_site_may_detour())
		return WEIR_DETOUR;
	return turn_of(judge(file, WEIR_HOOK_MODULE, false, false));
}

static int detour_read_file(struct file *file, enum kernel_read_file_id id, bool contents)
{
	int (*original)(struct file *file, enum kernel_read_file_id id, bool contents) =
		(void *)weir_site_read_file.original;
	int err = judge(file, WEIR_HOOK_MODULE, true, false);

	if (!err)
		err = original(file, id, contents);
	weir_site_leave();
	return err;
}

struct weir_site weir_site_read_file = {
	.function = "security_kernel_read_file",
	.hooks = BIT(WEIR_HOOK_MODULE),
	.ask = ask_read_file,
	.detour = detour_read_file,
};
