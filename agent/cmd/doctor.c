// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir doctor: what this kernel can do, and why not more.
 *
 * It does not reason from versions: it raises every gate in a rehearsal that
 * pins nothing and blocks nothing but its own canary, looks what held, and
 * takes it all down again. Safe beside a running agent.
 */
#include "cmd/doctor.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <weir/genl.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "cmd/canary.h"
#include "cmd/exit.h"
#include "event/event.h"
#include "parse/cell.h"
#include "sense/gates.h"
#include "sense/module_state.h"

/* What no gate of this build stops, with the strength it has instead. */
struct gap {
	const char *what, *strength, *why;
};

static const struct gap always[] = {
	{ "a hard link or rename out of a listed directory", "watch",
	  "if the file is known by its place only; known files and contents stay known" },
	{ "a script given to its interpreter (sh script)", "watch",
	  "the kernel sees a file read, not an exec" },
	{ "AF_PACKET sockets", "blind", "frames pass no connect or send hook with an address" },
	{ "a module loaded from a buffer (init_module)", "watch",
	  "no file reaches the gate; seen by its name" },
	{ "a raw socket to a rule that names a port", "watch", "raw sends carry no port" },
};

static const struct gap without_hash = {
	"a copy without build-id", "watch",
	"this exec gate cannot hash: known files, places and build-ids only"
};

static const struct gap by_fmod_ret = {
	"an exec in a storm, where the kernel preempts (lazy, full)", "kill",
	"fmod_ret may be skipped while busy: then killed before its first instruction"
};

static const char *const lsm_names[] = {
	[LSM_NOT_BUILT] = "not built",
	[LSM_INACTIVE] = "built, not active",
	[LSM_ACTIVE] = "active",
	[LSM_UNKNOWN] = "unknown",
};

static void print_gate(const char *name, const struct gate_state *g)
{
	printf("  %-8s %-11s %-7s %s\n", name, mechanism_name(g->mechanism),
	       strength_name(g->strength),
	       g->strength == WEIR_CAN_DENY ? "its canary was refused with EPERM" :
	       g->strength == WEIR_CAN_KILL ? "its canary was killed before it ran" :
	       g->strength == WEIR_WATCH    ? "its canary ran and left a record" :
					      "its canary ran and left no trace");
	if (g->why_not[0])
		printf("             not stronger because: %s\n", g->why_not);
}

static void print_gap(const struct gap *gap)
{
	printf("  %-46s %-6s %s\n", gap->what, gap->strength, gap->why);
}

static void print_module(void)
{
	struct module_state s;
	char text[128];
	int err = module_state_read(&s);

	module_state_say(&s, text, sizeof(text));
	printf("kernel module: %s\n", err ? strerror(-err) : text);
}

static void print_text(const struct gates *g)
{
	struct utsname u;
	size_t i;
	int hook;

	uname(&u);
	printf("kernel %s %s: BTF %s, BPF LSM %s (%s), trampolines %s, SHA-256 in kernel %s\n",
	       u.release, u.machine, g->kernel.has_btf ? "yes" : "no", lsm_names[g->kernel.lsm],
	       g->kernel.lsm_list[0] ? g->kernel.lsm_list : "list not readable",
	       g->kernel.trampoline ? strerror(g->kernel.trampoline) : "yes",
	       g->hook[WEIR_HOOK_EXEC].hashes ? "yes" : "no");
	puts("  hook     mechanism   strength proof");
	for (hook = 0; hook < WEIR_HOOK_MAX; hook++)
		print_gate(hook_name(hook), &g->hook[hook]);
	print_gate("socket", &g->socket);
	print_module();
	printf("what attackers may have written is read behind: %s\n", cell_walls());
	puts("not stopped on this host:");
	for (i = 0; i < ARRAY_SIZE(always); i++)
		print_gap(&always[i]);
	if (!g->hook[WEIR_HOOK_EXEC].hashes)
		print_gap(&without_hash);
	if (g->hook[WEIR_HOOK_EXEC].mechanism == WEIR_VIA_FMOD_RET)
		print_gap(&by_fmod_ret);
	if (!g->kernel.page_size)
		puts("  build-ids cannot be read from the page cache here");
}

static void json_gate(struct jout *j, const char *name, const struct gate_state *g)
{
	jout_object(j);
	jout_add_str(j, "hook", name);
	jout_add_str(j, "mechanism", mechanism_name(g->mechanism));
	jout_add_str(j, "strength", strength_name(g->strength));
	jout_add_bool(j, "proven", g->strength != WEIR_BLIND);
	jout_add_bool(j, "hashes", g->hashes);
	jout_add_str(j, "why", g->why_not);
	jout_end(j);
}

static void json_gap(struct jout *j, const struct gap *gap)
{
	jout_object(j);
	jout_add_str(j, "what", gap->what);
	jout_add_str(j, "strength", gap->strength);
	jout_add_str(j, "why", gap->why);
	jout_end(j);
}

static void json_kernel(struct jout *j, const struct gates *g)
{
	struct utsname u;

	uname(&u);
	jout_add_object(j, "kernel");
	jout_add_str(j, "release", u.release);
	jout_add_str(j, "machine", u.machine);
	jout_add_bool(j, "btf", g->kernel.has_btf);
	jout_add_str(j, "lsm", lsm_names[g->kernel.lsm]);
	jout_add_str(j, "lsm_list", g->kernel.lsm_list);
	jout_add_bool(j, "trampolines", !g->kernel.trampoline);
	jout_add_bool(j, "build_ids", g->kernel.page_size != 0);
	jout_end(j);
}

static void json_module(struct jout *j)
{
	struct module_state s;
	int err = module_state_read(&s);

	jout_add_object(j, "module");
	jout_add_bool(j, "loaded", s.is_loaded);
	jout_add_bool(j, "answers", s.is_loaded && !err);
	jout_add_bool(j, "same_abi", s.abi == WEIR_ABI);
	jout_add_bool(j, "reads_content", s.features & WEIR_FEATURE_CONTENT);
	jout_add_u64(j, "functions", s.taken);
	jout_add_u64(j, "foreign", s.foreign);
	jout_end(j);
}

static void print_json(const struct gates *g)
{
	CLEANUP(buf_free) struct buf out = {};
	struct jout j = jout_to(&out);
	size_t i;
	int hook;

	jout_object(&j);
	json_kernel(&j, g);
	jout_add_array(&j, "gates");
	for (hook = 0; hook < WEIR_HOOK_MAX; hook++)
		json_gate(&j, hook_name(hook), &g->hook[hook]);
	json_gate(&j, "socket", &g->socket);
	jout_end(&j);
	json_module(&j);
	jout_add_str(&j, "parser_walls", cell_walls());
	jout_add_array(&j, "not_stopped");
	for (i = 0; i < ARRAY_SIZE(always); i++)
		json_gap(&j, &always[i]);
	if (!g->hook[WEIR_HOOK_EXEC].hashes)
		json_gap(&j, &without_hash);
	if (g->hook[WEIR_HOOK_EXEC].mechanism == WEIR_VIA_FMOD_RET)
		json_gap(&j, &by_fmod_ret);
	jout_end(&j);
	jout_end(&j);
	printf("%s\n", buf_str(&out));
}

static int usage(FILE *out, int rc)
{
	fputs("Usage: weir doctor [--json] [--canary FILE]\n", out);
	return rc;
}

int cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "canary", required_argument, NULL, 'y' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct gates_options opts = { .connect = true };
	char canary[4200];
	struct gates *g;
	bool as_json = false, denies;
	int opt, err;

	canary_path(canary, sizeof(canary));
	opts.canary = canary;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'j')
			as_json = true;
		else if (opt == 'y')
			opts.canary = optarg;
		else
			return opt == 'h' ? usage(stdout, EXIT_FINE) : usage(stderr, EXIT_USAGE);
	}
	if (optind < argc)
		return usage(stderr, EXIT_USAGE);
	err = gates_open(&opts, &g);
	if (err) {
		fprintf(stderr, "weir: doctor: no gate can be raised: %s%s\n", strerror(-err),
			geteuid() ? " (root is needed)" : "");
		return EXIT_CANNOT;
	}
	if (as_json)
		print_json(g);
	else
		print_text(g);
	denies = g->hook[WEIR_HOOK_EXEC].strength == WEIR_CAN_DENY;
	gates_close(g);
	return denies ? EXIT_FINE : EXIT_CANNOT;
}
