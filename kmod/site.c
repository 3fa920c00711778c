// SPDX-License-Identifier: GPL-2.0-only
#include "site.h"

#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include <weir/genl.h>

static bool lookups_only;
module_param(lookups_only, bool, 0444);
MODULE_PARM_DESC(lookups_only, "Never read a file's content, as on CPUs with IBT");

bool weir_site_may_detour(void)
{
	return !lookups_only && !weir_has_ibt();
}

/* What a refused function is replaced by. */
static long refused(void)
{
	return -EPERM;
}

static void notrace site_entered(unsigned long ip, unsigned long parent_ip,
				 struct ftrace_ops *ops, struct weir_regs *regs)
{
	struct weir_site *site = container_of(ops, struct weir_site, ops);

	/* The call of the original from our own detour. */
	if (within_module(parent_ip, THIS_MODULE))
		return;
	switch (site->ask(regs)) {
	case WEIR_PASS:
		break;
	case WEIR_REFUSE:
		weir_regs_redirect(regs, refused);
		break;
	case WEIR_DETOUR:
		atomic_inc(&site->in_flight);
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

/* ftrace keeps the filter with the ops, until it is told another. */
static void forget_filter(struct weir_site *site)
{
	ftrace_set_filter(&site->ops, NULL, 0, 1);
}

static int hook_function(struct weir_site *site)
{
	char name[KSYM_NAME_LEN];
	int err;

	memset(&site->ops, 0, sizeof(site->ops));
	site->ops.func = site_entered;
	site->ops.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT | WEIR_FTRACE_FLAGS;
	strscpy(name, site->function, sizeof(name));
	err = ftrace_set_filter(&site->ops, name, strlen(name), 1);
	if (err)
		return err;
	err = register_ftrace_function(&site->ops);
	if (err)
		forget_filter(site);
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

static void attach(struct weir_site *site)
{
	int err = site->original ? 0 : find_original(site);

	if (!err)
		err = hook_function(site);
	site->state = state_after(err);
	site->error = -err;
	if (err) {
		pr_notice("weir: %s: no gate: error %d%s\n", site->function, err,
			  err == -EBUSY ? ", hooked by somebody else, or tracing is off" : "");
		return;
	}
	if (!site->is_pinned)
		__module_get(THIS_MODULE);
	site->is_pinned = true;
}

void weir_sites_attach(u32 hooks)
{
	struct weir_site *const *site;

	for (site = weir_sites; *site; site++)
		if ((*site)->hooks & hooks && (*site)->state != WEIR_SITE_TAKEN)
			attach(*site);
}

static void detach(struct weir_site *site)
{
	int err = unregister_ftrace_function(&site->ops);

	/* Then it still calls us: better never unloaded than a jump into nothing. */
	if (WARN_ON_ONCE(err))
		return;
	forget_filter(site);
	site->state = WEIR_SITE_FREE;
}

void weir_sites_detach(void)
{
	struct weir_site *const *site;

	for (site = weir_sites; *site; site++)
		if ((*site)->state == WEIR_SITE_TAKEN)
			detach(*site);
}

/* Pinned by a site that we have left. */
static bool is_left(const struct weir_site *site)
{
	return site->is_pinned && site->state != WEIR_SITE_TAKEN;
}

bool weir_sites_settle(void)
{
	struct weir_site *const *site;
	bool is_any = false;

	for (site = weir_sites; *site; site++) {
		is_any |= is_left(*site);
		if (is_left(*site) && atomic_read(&(*site)->in_flight))
			return false;
	}
	if (!is_any)
		return true;
	/* From the last count to the last return, and in the stub. */
	synchronize_rcu_tasks();
	for (site = weir_sites; *site; site++) {
		if (!is_left(*site))
			continue;
		(*site)->is_pinned = false;
		module_put(THIS_MODULE);
	}
	return true;
}

bool weir_sites_any(void)
{
	struct weir_site *const *site;

	for (site = weir_sites; *site; site++)
		if ((*site)->state == WEIR_SITE_TAKEN)
			return true;
	return false;
}
