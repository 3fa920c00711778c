// SPDX-License-Identifier: GPL-2.0-only
#include "sense/module_gate.h"

#include <errno.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sense/boot_clock.h"
#include "sense/module.h"

struct module_gate {
	struct module *module;
	uint32_t features;
	uint64_t generation; /* in force there */
};

/* What STATUS says, as far as it is asked here. */
struct status {
	uint32_t version, abi, features;
	struct weir_control control;
	struct weir_arm arm;
	struct weir_box_counters counters;
	uint64_t seq;
	uint32_t had, lacked; /* hooks: some function of it is ours, is not */
	unsigned int taken;
	char why[96];
};

static void take_site(struct status *s, struct nlattr *site)
{
	struct nlattr *a[WEIR_A_MAX];
	uint32_t state, hooks, error = 0;

	if (nla_parse_nested(a, WEIR_A_MAX - 1, site, NULL) || !a[WEIR_A_SITE_NAME] ||
	    !module_take(a[WEIR_A_SITE_STATE], &state, sizeof(state)) ||
	    !module_take(a[WEIR_A_HOOKS], &hooks, sizeof(hooks)))
		return;
	if (state == WEIR_SITE_TAKEN) {
		s->had |= hooks;
		s->taken++;
		return;
	}
	module_take(a[WEIR_A_SITE_ERROR], &error, sizeof(error));
	/* A function that this kernel does not have needs no gate. */
	if (state == WEIR_SITE_ABSENT && error == ENOENT)
		return;
	s->lacked |= hooks;
	if (state != WEIR_SITE_FREE)
		snprintf(s->why, sizeof(s->why), "%s is %s", nla_get_string(a[WEIR_A_SITE_NAME]),
			 state == WEIR_SITE_FOREIGN ? "hooked by somebody else" :
						      strerror((int)error));
}

static void take_status(void *ctx, struct nlattr *const *attrs)
{
	struct status *s = ctx;
	struct nlattr *site;
	int left;

	module_take(attrs[WEIR_A_VERSION], &s->version, sizeof(s->version));
	module_take(attrs[WEIR_A_ABI], &s->abi, sizeof(s->abi));
	module_take(attrs[WEIR_A_FEATURES], &s->features, sizeof(s->features));
	module_take(attrs[WEIR_A_CONTROL], &s->control, sizeof(s->control));
	module_take(attrs[WEIR_A_ARM], &s->arm, sizeof(s->arm));
	module_take(attrs[WEIR_A_COUNTERS], &s->counters, sizeof(s->counters));
	module_take(attrs[WEIR_A_BOX_SEQ], &s->seq, sizeof(s->seq));
	if (!attrs[WEIR_A_SITES])
		return;
	nla_for_each_nested(site, attrs[WEIR_A_SITES], left)
		take_site(s, site);
}

static int read_status(struct module *m, struct status *s)
{
	memset(s, 0, sizeof(*s));
	return module_ask(m, WEIR_C_STATUS, NULL, 0, take_status, s);
}

static int hello(struct module_gate *m, char *why, size_t size)
{
	uint32_t version = WEIR_GENL_VERSION;
	struct module_attr attrs[] = { { WEIR_A_VERSION, &version, sizeof(version) },
				       { WEIR_A_AGENT, NULL, 0 } };
	struct status s;
	int err = read_status(m->module, &s);

	if (err) {
		snprintf(why, size, "the kernel module does not answer: %s", strerror(-err));
		return err;
	}
	if (s.abi != WEIR_ABI || s.version != WEIR_GENL_VERSION) {
		snprintf(why, size, "the kernel module is of another build (its tables are version "
			 "%u, ours %u): unload it, load this build's", s.abi, WEIR_ABI);
		return -EPROTO;
	}
	m->features = s.features;
	m->generation = s.control.generation;
	err = module_ask(m->module, WEIR_C_HELLO, attrs, 2, NULL, NULL);
	if (err)
		snprintf(why, size, "the kernel module takes no agent: %s", strerror(-err));
	return err;
}

int module_gate_open(struct module_gate **ret, char *why, size_t size)
{
	struct module_gate *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	err = module_open(&m->module);
	if (err)
		snprintf(why, size, "the kernel module is not %s%s",
			 err == -ENOENT ? "loaded: modprobe weir" : "to be spoken to: ",
			 err == -ENOENT ? "" : strerror(-err));
	else
		err = hello(m, why, size);
	if (err) {
		module_gate_close(m);
		return err;
	}
	*ret = m;
	return 0;
}

struct module_gate *module_gate_close(struct module_gate *m)
{
	if (m)
		module_close(m->module);
	free(m);
	return NULL;
}

int module_gate_attach(struct module_gate *m, uint32_t hooks)
{
	struct module_attr attr = { WEIR_A_HOOKS, &hooks, sizeof(hooks) };

	return module_ask(m->module, WEIR_C_ATTACH, &attr, 1, NULL, NULL);
}

uint32_t module_gate_hooks(struct module_gate *m, char *why, size_t size)
{
	struct status s;
	int err = read_status(m->module, &s);

	snprintf(why, size, "%s", err ? strerror(-err) : s.why);
	return err ? 0 : s.had & ~s.lacked;
}

bool module_gate_hashes(const struct module_gate *m)
{
	return m->features & WEIR_FEATURE_CONTENT;
}

/* Everything else of the control there stays. */
int module_gate_canary(struct module_gate *m, const struct weir_canary *canary)
{
	struct status s;
	struct module_attr attrs[] = { { WEIR_A_CONTROL, &s.control, sizeof(s.control) },
				       { WEIR_A_CANARY, canary, sizeof(*canary) } };
	int err = read_status(m->module, &s);

	if (err)
		return err;
	s.control.agent = (uint32_t)getpid();
	return module_ask(m->module, WEIR_C_CONTROL, attrs, 2, NULL, NULL);
}

int module_gate_canaries(struct module_gate *m, uint64_t ret[WEIR_HOOK_MAX])
{
	struct status s;
	int err = read_status(m->module, &s);

	if (!err)
		memcpy(ret, s.counters.canaries, sizeof(s.counters.canaries));
	return err;
}

int module_gate_control(struct module_gate *m, const struct weir_control *c)
{
	struct module_attr attr = { WEIR_A_CONTROL, c, sizeof(*c) };

	if (c->generation != m->generation)
		return 0;
	return module_ask(m->module, WEIR_C_CONTROL, &attr, 1, NULL, NULL);
}

int module_gate_begin(struct module_gate *m, uint64_t generation, uint32_t prefix4_cnt,
		      uint32_t prefix6_cnt)
{
	struct module_attr attrs[] = { { WEIR_A_GENERATION, &generation, sizeof(generation) },
				       { WEIR_A_PREFIX4_CNT, &prefix4_cnt, sizeof(prefix4_cnt) },
				       { WEIR_A_PREFIX6_CNT, &prefix6_cnt, sizeof(prefix6_cnt) } };

	return module_ask(m->module, WEIR_C_TABLE_BEGIN, attrs, 3, NULL, NULL);
}

static int send_entries(struct module_gate *m, int command, uint32_t kind, const void *entries,
			size_t len)
{
	struct module_attr attrs[] = { { WEIR_A_KIND, &kind, sizeof(kind) },
				       { WEIR_A_ENTRIES, entries, len } };

	return module_ask(m->module, command, attrs, 2, NULL, NULL);
}

int module_gate_add(struct module_gate *m, uint32_t kind, const void *entries, size_t len)
{
	return send_entries(m, WEIR_C_TABLE_ADD, kind, entries, len);
}

int module_gate_commit(struct module_gate *m, const struct weir_control *c)
{
	struct module_attr attr = { WEIR_A_CONTROL, c, sizeof(*c) };
	int err = module_ask(m->module, WEIR_C_TABLE_COMMIT, &attr, 1, NULL, NULL);

	if (!err)
		m->generation = c->generation;
	return err;
}

static int put_entry(struct module *m, uint32_t kind, const void *key, size_t key_len,
		     const void *value, size_t value_len)
{
	char both[256];
	struct module_attr attrs[] = { { WEIR_A_KIND, &kind, sizeof(kind) },
				       { WEIR_A_ENTRIES, both, key_len + value_len } };

	if (key_len + value_len > sizeof(both))
		return -E2BIG;
	memcpy(both, key, key_len);
	if (value_len)
		memcpy(both + key_len, value, value_len);
	return module_ask(m, value_len ? WEIR_C_PUT : WEIR_C_DROP, attrs, 2, NULL, NULL);
}

int module_gate_put(struct module_gate *m, uint32_t kind, const void *key, size_t key_len,
		    const void *value, size_t value_len)
{
	return put_entry(m->module, kind, key, key_len, value, value_len);
}

/* In the words of weir(8), so that the black box has them. */
static int arm_command(const struct weir_arm *was, const struct weir_arm *arm)
{
	uint64_t now = boot_clock_ns();

	if (arm->until_ns <= now || arm->off_ns > now)
		return WEIR_C_DISARM;
	if (arm->until_ns == WEIR_NEVER && was->until_ns > now && was->until_ns != WEIR_NEVER)
		return WEIR_C_CONFIRM;
	return WEIR_C_ARM;
}

static int set_arm(struct module *m, const struct weir_arm *arm)
{
	struct module_attr attr = { WEIR_A_ARM, arm, sizeof(*arm) };
	struct status s;
	int command, err = read_status(m, &s);

	/* Nothing changes: no line in the black box. */
	if (err || !memcmp(&s.arm, arm, sizeof(*arm)))
		return err;
	command = arm_command(&s.arm, arm);
	return module_ask(m, command, &attr, command != WEIR_C_CONFIRM, NULL, NULL);
}

int module_gate_arm(struct module_gate *m, const struct weir_arm *arm)
{
	return set_arm(m->module, arm);
}

int module_gate_hold(struct module_gate *m, uint64_t product, const struct weir_hold *hold)
{
	return put_entry(m->module, WEIR_KIND_HOLDS, &product, sizeof(product), hold,
			 sizeof(*hold));
}

int module_gate_tell_arm(const struct weir_arm *arm)
{
	struct module *m;
	int err = module_open(&m);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = set_arm(m, arm);
	module_close(m);
	return err;
}

int module_gate_tell_hold(uint64_t product, const struct weir_hold *hold)
{
	struct module *m;
	int err = module_open(&m);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = put_entry(m, WEIR_KIND_HOLDS, &product, sizeof(product), hold, sizeof(*hold));
	module_close(m);
	return err;
}

bool module_gate_stands(void)
{
	struct status s = { 0 };
	struct module *m;

	if (module_open(&m))
		return false;
	if (read_status(m, &s))
		s.taken = 0;
	module_close(m);
	return s.taken;
}

int module_gate_leave(void)
{
	struct module *m;
	int err = module_open(&m);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = module_ask(m, WEIR_C_DISARM, NULL, 0, NULL, NULL);
	if (!err)
		err = module_ask(m, WEIR_C_DETACH, NULL, 0, NULL, NULL);
	module_close(m);
	return err;
}

int module_gate_next(struct module_gate *m, uint64_t *ret_seq)
{
	struct status s;
	int err = read_status(m->module, &s);

	if (!err)
		*ret_seq = s.seq;
	return err;
}

struct reading {
	module_gate_fn fn;
	void *ctx;
};

static void take_record(void *ctx, struct nlattr *const *attrs)
{
	struct reading *r = ctx;
	struct weir_box_record record;

	if (module_take(attrs[WEIR_A_BOX_RECORD], &record, sizeof(record)))
		r->fn(r->ctx, &record);
}

int module_gate_read(struct module_gate *m, uint64_t seq, module_gate_fn fn, void *ctx)
{
	struct module_attr attr = { WEIR_A_BOX_SEQ, &seq, sizeof(seq) };
	struct reading r = { fn, ctx };

	return module_dump(m->module, WEIR_C_BOX_DUMP, &attr, 1, take_record, &r);
}
