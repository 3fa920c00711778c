// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of everything that crosses the boundary: what the BPF compiler
 * made of include/weir, by its BTF, against what ours did. WEIR_BUILD names the
 * directory of the objects, default "build". No privilege is needed.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weir/table.h>

#include "base/cleanup.h"
#include "tap.h"

struct place {
	const char *member;
	uint32_t off;
};

/* A struct as ours is: its size, and all its members with their offsets. */
struct layout {
	const char *name;
	uint32_t size;
	const struct place *places;
	uint32_t cnt;
};

#define AT(m) { #m, offsetof(struct TYPE, m) }
#define LAYOUT(name, places) { #name, sizeof(struct name), places, ARRAY_SIZE(places) }

#define TYPE weir_file
static const struct place in_file[] = { AT(ino), AT(dev), AT(gen) };
#undef TYPE
#define TYPE weir_subject
static const struct place in_subject[] = {
	AT(start_ns), AT(parent_start_ns), AT(cgroup), AT(caps), AT(pid), AT(tgid), AT(ppid),
	AT(uid), AT(gid), AT(auid), AT(euid), AT(session), AT(ns_mnt), AT(ns_pid), AT(ns_net),
	AT(ns_user), AT(comm), AT(parent_comm),
};
#undef TYPE
#define TYPE weir_rec
static const struct place in_rec[] = {
	AT(type), AT(version), AT(len), AT(seq), AT(time_ns), AT(cpu), AT(flags), AT(generation),
	AT(ring), AT(hook), AT(mechanism), AT(strength), AT(answer), AT(key), AT(reserved), AT(who),
};
#undef TYPE
#define TYPE weir_rec_file
static const struct place in_rec_file[] = {
	AT(rec), AT(file), AT(size), AT(ctime_ns), AT(mode), AT(path_off), AT(path_source),
	AT(argv_source), AT(argv_off), AT(argv_len), AT(interp_off), AT(sha256), AT(name_off),
	AT(reserved),
};
#undef TYPE
#define TYPE weir_rec_connect
static const struct place in_connect[] = {
	AT(rec), AT(family), AT(protocol), AT(port), AT(call), AT(addr),
};
#undef TYPE
#define TYPE weir_rule
static const struct place in_rule[] = {
	AT(at_ns), AT(mode), AT(product), AT(id), AT(flags),
};
#undef TYPE
#define TYPE weir_key
static const struct place in_key[] = { AT(rule), AT(kind), AT(flags), AT(evidence) };
#undef TYPE
#define TYPE weir_switches
static const struct place in_switches[] = { AT(lapse_ns), AT(armed_ns), AT(enforce), AT(reserved) };
#undef TYPE
#define TYPE weir_question
static const struct place in_question[] = {
	AT(now_ns), AT(host), AT(key), AT(rule_flags), AT(mode), AT(cap), AT(reserved),
	AT(strength), AT(flags), AT(reserved2),
};
#undef TYPE
#define TYPE weir_answer
static const struct place in_answer[] = { AT(verdict), AT(reason), AT(mode), AT(would) };
#undef TYPE
#define TYPE weir_control
static const struct place in_control[] = {
	AT(generation), AT(agent), AT(gate), AT(lapse_ns), AT(record_until_ns), AT(enforce),
	AT(flags), AT(argv), AT(deny_unhashable), AT(kill), AT(trial), AT(links), AT(reserved),
};
#undef TYPE
#define TYPE weir_active
static const struct place in_active[] = {
	AT(build), AT(retiring), AT(since_ns), AT(abi), AT(reserved), AT(later),
};
#undef TYPE
#define TYPE weir_arm
static const struct place in_arm[] = {
	AT(until_ns), AT(off_ns), AT(since_ns), AT(session), AT(uid),
};
#undef TYPE
#define TYPE weir_hold
static const struct place in_hold[] = {
	AT(disarmed_ns), AT(window_ns), AT(armed_ns), AT(since_ns), AT(session), AT(uid),
};
#undef TYPE
#define TYPE weir_scope
static const struct place in_scope[] = { AT(file), AT(rule), AT(uid) };
#undef TYPE
#define TYPE weir_exemption
static const struct place in_exemption[] = {
	AT(until_ns), AT(used), AT(index), AT(cap), AT(reserved),
};
#undef TYPE
#define TYPE weir_exemptions
static const struct place in_exemptions[] = { AT(of) };
#undef TYPE
#define TYPE weir_installed
static const struct place in_installed[] = { AT(file), AT(size), AT(ctime_ns) };
#undef TYPE
#define TYPE weir_canary
static const struct place in_canary[] = { AT(file), AT(addr4), AT(port), AT(reserved) };
#undef TYPE
#define TYPE weir_seen
static const struct place in_seen[] = { AT(file), AT(size), AT(ctime_ns), AT(generation) };
#undef TYPE
#define TYPE weir_look
static const struct place in_look[] = {
	AT(file), AT(size), AT(ctime_ns), AT(generation), AT(key), AT(answer), AT(flags), AT(mode),
	AT(hook), AT(mechanism), AT(strength), AT(reserved), AT(sha256),
};
#undef TYPE
#define TYPE weir_group
static const struct place in_group[] = { AT(name) };
#undef TYPE
#define TYPE weir_port
static const struct place in_port[] = {
	AT(first), AT(last), AT(protocol), AT(spares), AT(reserved), AT(key),
};
#undef TYPE
#define TYPE weir_ports
static const struct place in_ports[] = { AT(cnt), AT(port) };
#undef TYPE
#define TYPE weir_losses
static const struct place in_losses[] = { AT(by_type), AT(denials) };
#undef TYPE

static const struct layout layouts[] = {
	LAYOUT(weir_file, in_file),
	LAYOUT(weir_subject, in_subject),   LAYOUT(weir_rec, in_rec),
	LAYOUT(weir_rec_file, in_rec_file), LAYOUT(weir_rec_connect, in_connect),
	LAYOUT(weir_rule, in_rule),	    LAYOUT(weir_key, in_key),
	LAYOUT(weir_switches, in_switches), LAYOUT(weir_question, in_question),
	LAYOUT(weir_answer, in_answer),	    LAYOUT(weir_control, in_control),
	LAYOUT(weir_active, in_active),
	LAYOUT(weir_arm, in_arm),	    LAYOUT(weir_canary, in_canary),
	LAYOUT(weir_seen, in_seen),	    LAYOUT(weir_look, in_look),
	LAYOUT(weir_port, in_port),	    LAYOUT(weir_ports, in_ports),
	LAYOUT(weir_losses, in_losses),	    LAYOUT(weir_hold, in_hold),
	LAYOUT(weir_scope, in_scope),	    LAYOUT(weir_exemption, in_exemption),
	LAYOUT(weir_exemptions, in_exemptions), LAYOUT(weir_installed, in_installed),
	LAYOUT(weir_group, in_group),
};

static void btf_freep(struct btf **btf)
{
	btf__free(*btf);
}

static const struct layout *layout_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		if (!strcmp(layouts[i].name, name))
			return &layouts[i];
	return NULL;
}

static const struct place *place_of(const struct layout *l, const char *member)
{
	for (uint32_t i = 0; i < l->cnt; i++)
		if (!strcmp(l->places[i].member, member))
			return &l->places[i];
	return NULL;
}

/* How many members are elsewhere; each is told. */
static unsigned int misplaced(const struct btf *btf, const struct btf_type *t,
			      const struct layout *l)
{
	const struct btf_member *m = btf_members(t);
	unsigned int wrong = 0;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(btf, m[i].name_off);
		const struct place *ours = place_of(l, name);
		uint32_t bits = btf_member_bit_offset(t, i);

		if (ours && ours->off * 8 == bits)
			continue;
		wrong++;
		printf("# %s.%s is at bit %u there, %s\n", l->name, name, bits,
		       ours ? "elsewhere here" : "and not listed in this test");
	}
	return wrong;
}

static void check_struct(const struct btf *btf, const struct layout *l)
{
	int id = btf__find_by_name_kind(btf, l->name, BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	bool is_same = t && t->size == l->size && btf_vlen(t) == l->cnt && !misplaced(btf, t, l);

	if (!ok(is_same, "struct %s has %u bytes and the same members on both sides", l->name,
		l->size) && t)
		printf("# there it has %u bytes and %u members\n", t->size, btf_vlen(t));
}

/* What the kernel side puts into struct weir_layout must be among ours. */
static void check_members(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "weir_layout", BTF_KIND_STRUCT);
	const struct btf_type *t, *of;
	unsigned int unknown = 0;

	if (!ok(id > 0, "the object has struct weir_layout"))
		return;
	t = btf__type_by_id(btf, (uint32_t)id);
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		of = btf__type_by_id(btf, btf_members(t)[i].type);
		if (layout_of(btf__name_by_offset(btf, of->name_off)))
			continue;
		unknown++;
		printf("# struct %s is not listed in this test\n",
		       btf__name_by_offset(btf, of->name_off));
	}
	ok(!unknown, "each struct of it is compared here");
}

int main(void)
{
	const char *build = getenv("WEIR_BUILD");
	CLEANUP(btf_freep) struct btf *btf = NULL;
	char path[4096];

	snprintf(path, sizeof(path), "%s/layout.bpf.o", build ? build : "build");
	if (access(path, R_OK)) {
		printf("ok 1 - the layouts agree # SKIP %s: %s\n1..1\n", path, strerror(errno));
		return 0;
	}
	btf = btf__parse(path, NULL);
	if (libbpf_get_error(btf)) {
		btf = NULL;
		ok(false, "%s has BTF", path);
		return tap_done();
	}
	check_members(btf);
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		check_struct(btf, &layouts[i]);
	return tap_done();
}
