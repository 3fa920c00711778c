// SPDX-License-Identifier: GPL-2.0-only
#include "site.h"

#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include <weir/genl.h>

#include "state.h"

static bool lookups_only;
module_param(lookups_only, bool, 0444);
MODULE_PARM_DESC(lookups_only, "Never read a file's content, as on CPUs with IBT");

/* Tasks on a detour. */
static atomic_t in_flight;

/* Under weir_state_lock(): do gates hold the module, and how often were they put up? */
static bool is_pinned;
static u64 attached_cnt;

bool weir_site_may_detour(void)
{
	return !lookups_only && !weir_has_ibt();
}

void weir_site_leave(void)
{
	atomic_dec(&in_flight);
}

/* What a refused function is replaced by. */
static long refused(void)
{
	return -EPERM;
}

/* ftrace calls from a few bytes behind the beginning: the last one before that. */
static struct weir_site *site_at(unsigned long ip)
{
	struct weir_site *const *site;
	struct weir_site *best = NULL;

	for (site = weir_sites; *site; site++)
		if ((*site)->original <= ip && (!best || best->original < (*site)->original))
			best = *site;
	return best;
}

static void notrace site_entered(unsigned long ip, unsigned long parent_ip,
				 struct ftrace_ops *ops, struct weir_regs *regs)
{
	struct weir_site *site = site_at(ip);

	/* The latter: our own detour calls the original. */
	if (!site || within_module(parent_ip, THIS_MODULE))
		return;
	switch (site->ask(regs)) {
	case WEIR_PASS:
		break;
	case WEIR_REFUSE:
		weir_regs_redirect(regs, refused);
		break;
	case WEIR_DETOUR:
		atomic_inc(&in_flight);
		weir_regs_redirect(regs, site->detour);
		break;
	}
}

/* The kernel exports no way to ask; a probe that is never armed finds it out. */
static int find_original(struct weir_site *site)
{
	struct kprobe probe = {
		.symbol_name = site->function,
		.flags = KPROBE_FLAG_DISABLED,
	};
	int err = register_kprobe(&probe);

	if (err)
		return err;
	site->original = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

/*
 * By address: for a name ftrace looks up those of all functions there are. Only
 * where it calls from elsewhere than the beginning (arm64 before 6.0) by name.
 */
static int add_to_filter(struct ftrace_ops *ops, const struct weir_site *site)
{
	char name[KSYM_NAME_LEN];
	int err = ftrace_set_filter_ip(ops, site->original, 0, 0);

	if (err != -EINVAL)
		return err;
	strscpy(name, site->function, sizeof(name));
	return ftrace_set_filter(ops, name, strlen(name), 0);
}

static bool is_wanted(const struct weir_site *site, u32 hooks)
{
	return site->hooks & hooks && site->state != WEIR_SITE_TAKEN && site->original;
}

static int fill_filter(struct ftrace_ops *ops, u32 hooks)
{
	struct weir_site *const *site;
	int err = 0;

	for (site = weir_sites; *site && !err; site++)
		if (is_wanted(*site, hooks))
			err = add_to_filter(ops, *site);
	return err;
}

/*
 * Before the functions of @only, or of all of @hooks that are wanted, by the ops
 * of @owner. The filter is whole before it is registered: only then ftrace tells
 * the trampolines that BPF has on them already to leave us the last word.
 */
static int hook_functions(struct weir_site *owner, const struct weir_site *only, u32 hooks)
{
	struct ftrace_ops *ops = &owner->ops;
	int err;

	memset(ops, 0, sizeof(*ops));
	ops->func = site_entered;
	ops->flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT | WEIR_FTRACE_FLAGS;
	err = only ? add_to_filter(ops, only) : fill_filter(ops, hooks);
	if (!err)
		err = register_ftrace_function(ops);
	if (err)
		weir_forget_filter(ops);
	owner->is_hooked = !err;
	return err;
}

static u32 state_after(int err)
{
	switch (err) {
	case 0:
		return WEIR_SITE_TAKEN;
	case -EBUSY:
		return WEIR_SITE_FOREIGN;
	default:
		return WEIR_SITE_ABSENT;
	}
}

static void settled(struct weir_site *site, int err)
{
	site->state = state_after(err);
	site->error = -err;
	if (err)
		pr_notice("weir: %s: no gate: error %d%s\n", site->function, err,
			  err == -EBUSY ? ", hooked by somebody else, or tracing is off" : "");
}

/* Which functions there are. The first of those that are wanted, or NULL. */
static struct weir_site *find_originals(u32 hooks)
{
	struct weir_site *const *site;
	struct weir_site *first = NULL;
	int err;

	for (site = weir_sites; *site; site++) {
		if (!((*site)->hooks & hooks))
			continue;
		err = (*site)->original ? 0 : find_original(*site);
		if (err)
			settled(*site, err);
		else if (!first && is_wanted(*site, hooks))
			first = *site;
	}
	return first;
}

/*
 * All at once, since each registration costs ftrace a walk over every function
 * there is, and each end of one a grace period. When one of them is somebody
 * else's that fails as a whole; then it is one by one.
 */
static void attach(u32 hooks)
{
	struct weir_site *first = find_originals(hooks);
	struct weir_site *const *site;
	int err = first ? hook_functions(first, NULL, hooks) : 0;

	for (site = weir_sites; first && *site; site++) {
		if (!is_wanted(*site, hooks))
			continue;
		settled(*site, err ? hook_functions(*site, *site, 0) : 0);
	}
}

void weir_sites_attach(u32 hooks)
{
	/* Ahead of the gates: while rmmod is going, nothing may come to stand here. */
	if (!is_pinned && !try_module_get(THIS_MODULE))
		return;
	is_pinned = true;
	attached_cnt++;
	attach(hooks);
}

/* If that fails it still calls us: the module stays, and so do its gates. */
static bool unhook(struct weir_site *owner)
{
	if (!owner->is_hooked)
		return true;
	if (WARN_ON_ONCE(unregister_ftrace_function(&owner->ops)))
		return false;
	weir_forget_filter(&owner->ops);
	owner->is_hooked = false;
	return true;
}

void weir_sites_detach(void)
{
	struct weir_site *const *site;
	bool is_left = true;

	for (site = weir_sites; *site; site++)
		is_left &= unhook(*site);
	for (site = weir_sites; *site && is_left; site++)
		(*site)->state = WEIR_SITE_FREE;
}

/* Pinned by gates that we have left, or that we never got; nobody is on a detour. */
static bool is_empty(void)
{
	return is_pinned && !weir_sites_any() && !atomic_read(&in_flight);
}

void weir_sites_settle(void)
{
	u64 was_cnt;
	bool is_left;

	weir_state_lock();
	is_left = is_empty();
	was_cnt = attached_cnt;
	weir_state_unlock();
	if (!is_left)
		return;
	/* From the last count to the last return, and in the stub. */
	synchronize_rcu_tasks();
	weir_state_lock();
	if (is_empty() && attached_cnt == was_cnt) {
		is_pinned = false;
		module_put(THIS_MODULE);
	}
	weir_state_unlock();
}

bool weir_sites_any(void)
{
	struct weir_site *const *site;

	for (site = weir_sites; *site; site++)
		if ((*site)->is_hooked)
			return true;
	return false;
}
