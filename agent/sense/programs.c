// SPDX-License-Identifier: GPL-2.0-only
#include "sense/programs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define LSM_S (1u << CHOICE_LSM_SLEEPABLE)
#define LSM (1u << CHOICE_LSM)
#define FMOD (1u << CHOICE_FMOD_RET)
#define LAST (1u << CHOICE_LAST)
#define ALWAYS (LSM_S | LSM | FMOD | LAST)

/* Those of one gate, see bpf/marks.h: as many as bpf/ has. */
#define FOUR(spare, a, b, c, d) spare(a), spare(b), spare(c), spare(d)
#define EXEC_SPARE(n)                                                         \
	{ "weir_exec_spare" #n, FAMILY_EXEC, FMOD, FOR_PREEMPTION, ROW_EXEC }
#define MMAP_SPARE(n)                                                         \
	{ "weir_mmap_spare" #n, FAMILY_LOAD, FMOD, FOR_PREEMPTION, ROW_MMAP }
#define MPROTECT_SPARE(n)                                                     \
	{ "weir_mprotect_spare" #n, FAMILY_LOAD, FMOD, FOR_PREEMPTION, ROW_MPROTECT }
#define MODULE_SPARE(n)                                                       \
	{ "weir_module_spare" #n, FAMILY_LOAD, FMOD, FOR_PREEMPTION | FOR_MODULES, ROW_MODULE }

/* clang-format off */
const struct program programs[] = {
	{ "weir_exec_lsm_s",    FAMILY_EXEC,    LSM_S,       0, ROW_NONE },
	{ "weir_exec_lsm",      FAMILY_EXEC,    LSM,         0, ROW_NONE },
	{ "weir_exec_fmod",     FAMILY_EXEC,    FMOD,        HAS_SPARES, ROW_NONE },
	{ "weir_exec_fresh",    FAMILY_EXEC,    FMOD,        FOR_PREEMPTION, ROW_NONE },
	FOUR(EXEC_SPARE, 1, 2, 3, 4),
	FOUR(EXEC_SPARE, 5, 6, 7, 8),
	FOUR(EXEC_SPARE, 9, 10, 11, 12),
	FOUR(EXEC_SPARE, 13, 14, 15, 16),
	{ "weir_exec_tp",       FAMILY_EXEC,    ALWAYS,      0, ROW_NONE },
	{ "weir_exec_last",     FAMILY_EXEC,    ALWAYS,      FOR_PREEMPTION, ROW_NONE },
	{ "weir_mmap_lsm_s",    FAMILY_LOAD,    LSM_S,       0, ROW_NONE },
	{ "weir_mmap_lsm",      FAMILY_LOAD,    LSM,         0, ROW_NONE },
	{ "weir_mmap_fmod",     FAMILY_LOAD,    FMOD,        HAS_SPARES, ROW_NONE },
	FOUR(MMAP_SPARE, 1, 2, 3, 4),
	FOUR(MMAP_SPARE, 5, 6, 7, 8),
	{ "weir_mprotect_lsm",  FAMILY_LOAD,    LSM_S | LSM, 0, ROW_NONE },
	{ "weir_mprotect_fmod", FAMILY_LOAD,    FMOD,        HAS_SPARES, ROW_NONE },
	FOUR(MPROTECT_SPARE, 1, 2, 3, 4),
	{ "weir_module_lsm_s",  FAMILY_LOAD,    LSM_S,       FOR_MODULES, ROW_NONE },
	{ "weir_module_lsm",    FAMILY_LOAD,    LSM,         FOR_MODULES, ROW_NONE },
	{ "weir_module_fmod",   FAMILY_LOAD,    FMOD,        FOR_MODULES | HAS_SPARES, ROW_NONE },
	FOUR(MODULE_SPARE, 1, 2, 3, 4),
	{ "weir_module_tp",     FAMILY_LOAD,    ALWAYS,      FOR_MODULES, ROW_NONE },
	{ "weir_connect4",      FAMILY_CONNECT, LAST,        0, ROW_NONE },
	{ "weir_connect6",      FAMILY_CONNECT, LAST,        0, ROW_NONE },
	{ "weir_sendmsg4",      FAMILY_CONNECT, LAST,        0, ROW_NONE },
	{ "weir_sendmsg6",      FAMILY_CONNECT, LAST,        0, ROW_NONE },
	{ "weir_connect_lsm",   FAMILY_SOCKET,  LSM,         0, ROW_NONE },
	{ "weir_connect_fmod",  FAMILY_SOCKET,  FMOD,        0, ROW_NONE },
	{ "weir_sendmsg_lsm",   FAMILY_SOCKET,  LSM,         0, ROW_NONE },
	{ "weir_sendmsg_fmod",  FAMILY_SOCKET,  FMOD,        0, ROW_NONE },
	{ "weir_connectx_lsm",  FAMILY_SOCKET,  LSM,         0, ROW_NONE },
	{ "weir_connectx_fmod", FAMILY_SOCKET,  FMOD,        0, ROW_NONE },
	{ "weir_learn",         FAMILY_LEARN,   LAST,        0, ROW_NONE },
};
/* clang-format on */
const unsigned int program_cnt = ARRAY_SIZE(programs);
_Static_assert(ARRAY_SIZE(programs) <= PROGRAM_MAX, "a set of them is one word");

const struct gate_slot gate_slots[ROW_MAX] = {
	[ROW_EXEC] = { "weir_exec_fmod", "weir_exec_gate" },
	[ROW_MMAP] = { "weir_mmap_fmod", "weir_mmap_gate" },
	[ROW_MPROTECT] = { "weir_mprotect_fmod", "weir_mprotect_gate" },
	[ROW_MODULE] = { "weir_module_fmod", "weir_module_gate" },
};

bool program_fits(const struct program *prog, const struct kernel *k)
{
	if (prog->what & FOR_MODULES && !k->has_modules)
		return false;
	return !(prog->what & FOR_PREEMPTION) || k->preempts;
}

bool program_attaches(const struct program *prog, const struct kernel *k)
{
	return !(prog->what & HAS_SPARES && k->preempts);
}

static bool no(char *why, size_t size, const char *text, const char *more)
{
	snprintf(why, size, "%s%s", text, more);
	return false;
}

static bool lsm_possible(const struct kernel *k, char *why, size_t size)
{
	if (k->lsm == LSM_NOT_BUILT)
		return no(why, size, "kernel built without CONFIG_BPF_LSM", "");
	if (k->lsm != LSM_INACTIVE)
		return true;
	snprintf(why, size, "BPF LSM is built but not active: boot with lsm=%s,bpf", k->lsm_list);
	return false;
}

bool choice_possible(enum choice choice, const struct kernel *k, char *why, size_t size)
{
	if (choice == CHOICE_LAST)
		return true;
	if (!k->has_btf)
		return no(why, size, "kernel built without BTF (CONFIG_DEBUG_INFO_BTF)", "");
	if (k->trampoline)
		return no(why, size, "this kernel refuses BPF trampolines: ",
			  k->trampoline == 524 ? "not supported on this architecture before 6.4" :
						 strerror(k->trampoline));
	if (choice == CHOICE_FMOD_RET)
		return true;
	if (!lsm_possible(k, why, size))
		return false;
	if (choice == CHOICE_LSM_SLEEPABLE && !k->has_hash)
		return no(why, size, "no SHA-256 for BPF before 5.18: known files, places and "
				     "build-ids only", "");
	return true;
}

enum weir_mechanism choice_mechanism(enum choice choice, enum family family)
{
	switch (choice) {
	case CHOICE_LSM_SLEEPABLE:
	case CHOICE_LSM:
		return WEIR_VIA_LSM;
	case CHOICE_FMOD_RET:
		return WEIR_VIA_FMOD_RET;
	default:
		return family == FAMILY_CONNECT ? WEIR_VIA_CGROUP : WEIR_VIA_TRACEPOINT;
	}
}

bool choice_offered(enum family family, enum choice choice)
{
	unsigned int i;

	for (i = 0; i < program_cnt; i++)
		if (programs[i].family == family && programs[i].choices & 1u << choice)
			return true;
	return false;
}

enum family hook_family(enum weir_hook hook)
{
	switch (hook) {
	case WEIR_HOOK_EXEC:
		return FAMILY_EXEC;
	case WEIR_HOOK_CONNECT:
		return FAMILY_CONNECT;
	default:
		return FAMILY_LOAD;
	}
}
