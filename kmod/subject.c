// SPDX-License-Identifier: GPL-2.0-only
#include "subject.h"

#include <linux/audit.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

static void fill_ids(struct weir_subject *s, const struct cred *cred)
{
	s->uid = from_kuid(&init_user_ns, cred->uid);
	s->gid = from_kgid(&init_user_ns, cred->gid);
	s->euid = from_kuid(&init_user_ns, cred->euid);
	s->auid = from_kuid(&init_user_ns, audit_get_loginuid(current));
	s->session = audit_get_sessionid(current);
	BUILD_BUG_ON(sizeof(s->caps) != sizeof(cred->cap_effective));
	memcpy(&s->caps, &cred->cap_effective, sizeof(s->caps));
	s->ns_user = cred->user_ns->ns.inum;
}

/* A task that is on its end has left its namespaces. */
static void fill_namespaces(struct weir_subject *s)
{
	struct pid_namespace *pids = task_active_pid_ns(current);

	if (current->nsproxy)
		s->ns_net = current->nsproxy->net_ns->ns.inum;
	if (pids)
		s->ns_pid = pids->ns.inum;
}

static void fill_parent(struct weir_subject *s)
{
	const struct task_struct *parent = rcu_dereference(current->real_parent)->group_leader;

	s->ppid = task_tgid_nr(current->real_parent);
	s->parent_start_ns = parent->start_boottime;
	strscpy_pad(s->parent_comm, parent->comm, sizeof(s->parent_comm));
}

void weir_subject_now(struct weir_subject *s)
{
	s->pid = task_pid_nr(current);
	s->tgid = task_tgid_nr(current);
	s->start_ns = current->group_leader->start_boottime;
	/* Without its lock: a name that is being changed is either. */
	strscpy_pad(s->comm, current->comm, sizeof(s->comm));
	fill_ids(s, current_cred());
	fill_namespaces(s);
	rcu_read_lock();
	fill_parent(s);
	s->cgroup = cgroup_id(task_dfl_cgroup(current));
	rcu_read_unlock();
}
