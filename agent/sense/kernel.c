// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking the kernel what it has: BTF for types and helpers, securityfs for the
 * active modules, one throw-away program for trampolines, kallsyms for where
 * the page array lies.
 */
#include "sense/kernel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>

#include "base/cleanup.h"

static void btf_freep(struct btf **btf)
{
	btf__free(*btf);
}

/* Is @value one of those of @name, an enum? */
static bool has_value(const struct btf *btf, const char *name, const char *value)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const struct btf_enum *e;
	int i;

	if (!t)
		return false;
	e = btf_enum(t);
	for (i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, e[i].name_off), value))
			return true;
	return false;
}

/*
 * The kernel's own name says how it was built: PREEMPT, PREEMPT_DYNAMIC,
 * PREEMPT_RT. Whether a dynamic one preempts now may change at any time.
 */
static bool may_preempt(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.version, "PREEMPT");
}

static int probe_trampoline(const struct btf *btf);

/* One reading of the kernel's types answers all of it. */
static void probe_btf(struct kernel *k)
{
	CLEANUP(btf_freep) struct btf *btf = btf__load_vmlinux_btf();
	int id;

	k->trampoline = ENOENT;
	if (!btf)
		return;
	k->has_btf = true;
	k->trampoline = probe_trampoline(btf);
	k->has_loop = has_value(btf, "bpf_func_id", "BPF_FUNC_loop");
	k->has_hash = has_value(btf, "bpf_func_id", "BPF_FUNC_ima_file_hash");
	k->has_modules = btf__find_by_name_kind(btf, "btf_trace_module_load", BTF_KIND_TYPEDEF) > 0;
	if (btf__find_by_name_kind(btf, "bpf_lsm_bprm_check_security", BTF_KIND_FUNC) > 0)
		k->lsm = LSM_UNKNOWN;
	k->has_cast = btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	k->preempts = may_preempt() && has_value(btf, "bpf_link_type", "BPF_LINK_TYPE_PERF_EVENT");
	id = btf__find_by_name_kind(btf, "page", BTF_KIND_STRUCT);
	if (id > 0)
		k->page_size = btf__resolve_size(btf, id);
}

/* securityfs is often not mounted in small systems; asking must not need it. */
static int read_lsm_list(char *list, size_t size)
{
	CLEANUP(fclosep) FILE *f = fopen("/sys/kernel/security/lsm", "re");

	if (!f && !mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL))
		f = fopen("/sys/kernel/security/lsm", "re");
	if (!f)
		return -errno;
	if (!fgets(list, size, f))
		return -EIO;
	list[strcspn(list, "\n")] = '\0';
	return 0;
}

static bool list_has(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *at = list;

	while ((at = strstr(at, word))) {
		if ((at == list || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
		at += len;
	}
	return false;
}

static void probe_lsm(struct kernel *k)
{
	if (k->lsm == LSM_NOT_BUILT || read_lsm_list(k->lsm_list, sizeof(k->lsm_list)))
		return;
	k->lsm = list_has(k->lsm_list, "bpf") ? LSM_ACTIVE : LSM_INACTIVE;
}

/* On arm64 before 6.4 a trampoline loads and only its attach fails. */
static int probe_trampoline(const struct btf *btf)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	CLEANUP(close_fdp) int prog = -1;
	CLEANUP(close_fdp) int link = -1;
	int id = btf__find_by_name_kind(btf, "security_bprm_check", BTF_KIND_FUNC);

	if (id < 0)
		return -id;
	opts.attach_btf_id = id;
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "weir_probe", "GPL", insns,
			     ARRAY_SIZE(insns), &opts);
	if (prog < 0)
		return errno;
	link = bpf_raw_tracepoint_open(NULL, prog);
	return link < 0 ? errno : 0;
}

static uint64_t read_kernel_word(uint64_t addr);

/*
 * x86_64 only: where struct page 0 and physical address 0 are mapped. The
 * values are in two variables whose addresses kallsyms names.
 */
static void probe_pages(struct kernel *k)
{
	CLEANUP(fclosep) FILE *f = fopen("/proc/kallsyms", "re");
	CLEANUP(freep) char *line = NULL;
	uint64_t vmemmap = 0, offset = 0;
	unsigned long long addr;
	size_t size = 0;
	char name[32];

	if (!f || !k->page_size)
		return;
	while ((!vmemmap || !offset) && getline(&line, &size, f) > 0) {
		if (sscanf(line, "%llx %*c %31s", &addr, name) != 2)
			continue;
		if (!strcmp(name, "vmemmap_base"))
			vmemmap = addr;
		else if (!strcmp(name, "page_offset_base"))
			offset = addr;
	}
	if (!vmemmap || !offset)
		return;
	k->vmemmap = read_kernel_word(vmemmap);
	k->page_offset = read_kernel_word(offset);
}

#define INSN(c, d, s, o, i) \
	{ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }

/* One word of kernel memory, by a program that is run once; 0: refused. */
static uint64_t read_kernel_word(uint64_t addr)
{
	LIBBPF_OPTS(bpf_map_create_opts, map_opts);
	LIBBPF_OPTS(bpf_test_run_opts, run);
	CLEANUP(close_fdp) int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "weir_word", 4, 8, 1,
						    &map_opts);
	CLEANUP(close_fdp) int prog = -1;
	struct bpf_insn insns[] = {
		/* r0 = map_lookup_elem(map, &zero) */
		INSN(BPF_ST | BPF_W | BPF_MEM, BPF_REG_10, 0, -4, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
		INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 5, 0),
		/* probe_read_kernel(r0, 8, addr) */
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 8),
		INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_3, 0, 0, (int)addr),
		INSN(0, 0, 0, 0, (int)(addr >> 32)),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	char packet[64] = {};
	uint64_t word = 0;
	uint32_t zero = 0;

	prog = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "weir_word", "GPL", insns, ARRAY_SIZE(insns),
			     NULL);
	run.data_in = packet;
	run.data_size_in = sizeof(packet);
	if (prog < 0 || bpf_prog_test_run_opts(prog, &run) ||
	    bpf_map_lookup_elem(map, &zero, &word))
		return 0;
	return word;
}

void kernel_probe(struct kernel *k)
{
	memset(k, 0, sizeof(*k));
	probe_btf(k);
	probe_lsm(k);
	probe_pages(k);
	if (!k->vmemmap || !k->page_offset)
		k->page_size = 0; /* no build-id from the page cache */
}
