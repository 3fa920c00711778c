// SPDX-License-Identifier: GPL-2.0-only
#include "agent.h"

#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include <weir/genl.h>

#include "audit.h"
#include "blackbox.h"
#include "site.h"
#include "state.h"

static struct {
	u32 portid; /* 0: there is none */
	u32 pid;
	unsigned long heard; /* jiffies */
	bool is_silent; /* that has been told */
} agent;
static DEFINE_SPINLOCK(lock);

static bool was_lapsed;

static void tell(u32 kind, const char *what)
{
	u64 generation;

	rcu_read_lock();
	generation = weir_state_peek()->control.generation;
	rcu_read_unlock();
	weir_box_note(kind, generation);
	weir_audit_change(what, generation);
}

static void note_silence(void)
{
	bool is_news;

	spin_lock(&lock);
	is_news = agent.portid && !agent.is_silent &&
		  time_after(jiffies, agent.heard + WEIR_GENL_SILENCE_S * HZ);
	agent.is_silent |= is_news;
	spin_unlock(&lock);
	if (is_news)
		tell(WEIR_BOX_AGENT_SILENT, "agent-silent");
}

static void note_lapse(const struct weir_state *state)
{
	bool is_lapsed = state->control.enforce &&
			 state->control.lapse_ns <= ktime_get_boottime_ns();

	if (is_lapsed && !was_lapsed)
		tell(WEIR_BOX_LAPSED, "lapsed");
	was_lapsed = is_lapsed;
}

/* Nobody watches, and nothing is to be stopped. */
static void leave_if_idle(const struct weir_state *state)
{
	if (!weir_sites_any() || weir_agent_pid() || weir_state_is_armed(state))
		return;
	weir_sites_detach();
	tell(WEIR_BOX_DETACHED, "detached");
}

/* On the queue for long work: leaving functions, and settling, wait for every task. */
static void look(struct work_struct *work);
static DECLARE_DELAYED_WORK(looking, look);

static void look(struct work_struct *work)
{
	const struct weir_state *state;

	note_silence();
	/* Locked first: what is in force then stays so until the gates are left. */
	weir_state_lock();
	state = weir_state_get();
	note_lapse(state);
	leave_if_idle(state);
	weir_state_put(state);
	weir_state_unlock();
	weir_sites_settle();
	queue_delayed_work(system_long_wq, &looking, HZ);
}

void weir_agent_look(void)
{
	mod_delayed_work(system_long_wq, &looking, 0);
}

void weir_agent_is(u32 portid)
{
	spin_lock(&lock);
	agent.portid = portid;
	agent.pid = task_tgid_nr(current);
	agent.heard = jiffies;
	agent.is_silent = false;
	spin_unlock(&lock);
	tell(WEIR_BOX_AGENT_HERE, "agent-here");
}

void weir_agent_heard(u32 portid)
{
	spin_lock(&lock);
	if (agent.portid == portid) {
		agent.heard = jiffies;
		agent.is_silent = false;
	}
	spin_unlock(&lock);
}

bool weir_agent_sent(u32 portid)
{
	bool is_agents;

	spin_lock(&lock);
	is_agents = agent.portid && agent.portid == portid;
	spin_unlock(&lock);
	return is_agents;
}

u32 weir_agent_pid(void)
{
	u32 pid;

	spin_lock(&lock);
	pid = agent.portid ? agent.pid : 0;
	spin_unlock(&lock);
	return pid;
}

/* Of every netlink socket of the host that is closed; must not sleep. */
static int socket_closed(struct notifier_block *block, unsigned long event, void *data)
{
	const struct netlink_notify *n = data;
	bool is_ours;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC ||
	    !net_eq(n->net, &init_net))
		return NOTIFY_DONE;
	spin_lock(&lock);
	is_ours = agent.portid && agent.portid == n->portid;
	if (is_ours)
		agent.portid = 0;
	spin_unlock(&lock);
	if (is_ours) {
		tell(WEIR_BOX_AGENT_GONE, "agent-gone");
		weir_agent_look();
	}
	return NOTIFY_DONE;
}

static struct notifier_block closing = { .notifier_call = socket_closed };

int weir_agent_init(void)
{
	int err = netlink_register_notifier(&closing);

	if (!err)
		queue_delayed_work(system_long_wq, &looking, HZ);
	return err;
}

void weir_agent_exit(void)
{
	netlink_unregister_notifier(&closing);
	cancel_delayed_work_sync(&looking);
}
