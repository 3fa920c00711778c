// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/force.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "inventory/root.h"
#include "policy/compile.h"

/* A start of a program, as far as exemptions ask about it. */
struct start {
	const char *path; /* links resolved */
	struct stat st;
	uint32_t uid;
};

uint8_t force_mode(const struct agent *a, uint32_t product)
{
	const struct weir_rule *rule = &a->now->plan->compiled->rules[product + 1];

	return rule->id && rule->flags & WEIR_RULE_ENFORCE ? weir_mode_at(rule, arming_now_ns()) :
							     WEIR_OBSERVE;
}

static bool is_at(const struct agent *a, const char *path, const struct start *what)
{
	CLEANUP(close_fdp) int fd = -1;
	struct stat st;

	if (path[strlen(path) - 1] == '/')
		return !strncmp(what->path, path, strlen(path));
	if (!strcmp(what->path, path))
		return true;
	fd = root_open(a->root_fd, path, O_PATH | O_CLOEXEC);
	return what->st.st_ino && fd >= 0 && !fstat(fd, &st) && st.st_dev == what->st.st_dev &&
	       st.st_ino == what->st.st_ino;
}

static bool covers(const struct agent *a, uint32_t index, const struct start *what)
{
	const struct policy *p = a->now->sources.policy;
	const struct exemption *e = &p->exemptions[index];
	uint32_t uid = exempt_user_of(&a->now->plan->exempt, p, index);

	if (!what)
		return !e->path && !e->user;
	if (e->user && (uid == WEIR_ANYBODY || uid != what->uid))
		return false;
	return !e->path || is_at(a, e->path, what);
}

/* @what NULL: does one spare the product as a whole, and not only a file or a user of it? */
static bool is_exempt(const struct agent *a, uint32_t product, uint8_t mode,
		      const struct start *what)
{
	const struct policy *p = a->now->sources.policy;
	int64_t now_s = time(NULL);

	for (uint32_t i = 0; i < p->exemption_cnt; i++) {
		const struct exemption *e = &p->exemptions[i];

		if (e->product_at == product && e->here && e->cap < mode && e->until > now_s &&
		    covers(a, i, what))
			return true;
	}
	return false;
}

static bool is_armed(const struct agent *a)
{
	struct weir_arm arm = {};
	uint32_t zero = 0;

	return !gates_map_get(gates_map(a->gates, "weir_arm"), &zero, &arm) &&
	       arming_state(&arm, arming_now_ns()) != ARMED_NO;
}

/* What the kernel asks of the arm and of the product's hold, in its order. */
static const char *not_armed(const struct agent *a, uint32_t product)
{
	uint64_t number = a->now->plan->compiled->rules[product + 1].product;
	uint64_t now = arming_now_ns();
	struct weir_hold hold = {};

	if (gates_map_get(gates_map(a->gates, "weir_holds"), &number, &hold))
		hold = (struct weir_hold){};
	if (hold.disarmed_ns > now)
		return "the product is disarmed";
	if (!is_armed(a) && hold.armed_ns <= now)
		return "the host is not armed";
	return hold.window_ns > now ? "its removal window is open" : NULL;
}

static bool is_strong(const struct agent *a)
{
	return a->gates->hook[WEIR_HOOK_EXEC].strength >= a->now->sources.policy->require_exec;
}

const char *force_missing(const struct agent *a, uint32_t product)
{
	uint8_t mode = force_mode(a, product);
	const char *why;

	if (!a->gates->control.enforce)
		return arming_is_off() ? "weir.off is on the kernel command line" :
					 "the policy says enforce: false";
	why = not_armed(a, product);
	if (why)
		return why;
	if (is_exempt(a, product, mode, NULL))
		return "it is exempt";
	return is_strong(a) ? NULL : "the exec gate is weaker than the policy requires";
}

bool force_is(const struct agent *a, uint32_t product, enum weir_mode mode)
{
	return force_mode(a, product) >= mode && !force_missing(a, product);
}

static bool has_strong_place(const struct agent *a, uint32_t product, const char *path)
{
	struct match m = { 0 };
	bool is_strong = false;

	if (!match_facts(a->now->index, &(struct facts){ .path = path }, &m))
		for (uint32_t i = 0; i < m.product_cnt; i++)
			is_strong |= m.products[i].product == product && m.products[i].may_enforce;
	match_free(&m);
	return is_strong;
}

/* By what the kernel has as a key, or will have. */
static bool has_strong_key(const struct agent *a, uint32_t product, const struct start *what)
{
	const struct sources *s = &a->now->sources;
	const struct known_file *k = known_find(&a->known, what->path);
	struct weir_key key;

	if (what->st.st_ino && k && known_is_unchanged(k, &what->st) &&
	    plan_key(a->now->plan, s->catalog, s->policy, k, &what->st, &key) &&
	    key.rule == product + 1 && key.flags & WEIR_KEY_ENFORCE)
		return true;
	return has_strong_place(a, product, what->path);
}

static void read_start(const struct agent *a, const char *path, uint32_t uid,
		       struct start *ret, char **real)
{
	CLEANUP(close_fdp) int fd = root_open(a->root_fd, path, O_PATH | O_CLOEXEC);

	*ret = (struct start){ .uid = uid, .path = path };
	/* What runs may have been removed: then its place is all there is. */
	if (fd < 0 || fstat(fd, &ret->st) || root_path_of(a->root_fd, fd, real))
		ret->st = (struct stat){ 0 };
	else
		ret->path = *real;
}

bool force_is_exempt(const struct agent *a, uint32_t product, const char *path, uint32_t uid)
{
	CLEANUP(freep) char *real = NULL;
	struct start what;

	read_start(a, path, uid, &what, &real);
	return is_exempt(a, product, WEIR_BLOCK, &what);
}

const char *force_spares(const struct agent *a, uint32_t product, const char *path, uint32_t uid)
{
	CLEANUP(freep) char *real = NULL;
	struct start what;

	read_start(a, path, uid, &what, &real);
	if (real && guard_find(a->now->plan->guard, what.st.st_dev, what.st.st_ino))
		return "a host cannot do without that file";
	if (!has_strong_key(a, product, &what))
		return "what it is known by is not enough to block it";
	return is_exempt(a, product, WEIR_BLOCK, &what) ? "it is exempt" : NULL;
}
