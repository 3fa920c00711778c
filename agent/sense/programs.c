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

/* clang-format off */
const struct program programs[] = {
	{ "weir_exec_lsm_s",     FAMILY_EXEC,    LSM_S,       false },
	{ "weir_exec_lsm",       FAMILY_EXEC,    LSM,         false },
	{ "weir_exec_fmod",      FAMILY_EXEC,    FMOD,        false },
	{ "weir_exec_fmod2",     FAMILY_EXEC,    FMOD,        false },
	{ "weir_exec_fmod3",     FAMILY_EXEC,    FMOD,        false },
	{ "weir_exec_fmod4",     FAMILY_EXEC,    FMOD,        false },
	{ "weir_exec_tp",        FAMILY_EXEC,    ALWAYS,      false },
	{ "weir_mmap_lsm_s",     FAMILY_LOAD,    LSM_S,       false },
	{ "weir_mmap_lsm",       FAMILY_LOAD,    LSM,         false },
	{ "weir_mmap_fmod",      FAMILY_LOAD,    FMOD,        false },
	{ "weir_mprotect_lsm",   FAMILY_LOAD,    LSM_S | LSM, false },
	{ "weir_mprotect_fmod",  FAMILY_LOAD,    FMOD,        false },
	{ "weir_module_lsm_s",   FAMILY_LOAD,    LSM_S,       true },
	{ "weir_module_lsm",     FAMILY_LOAD,    LSM,         true },
	{ "weir_module_fmod",    FAMILY_LOAD,    FMOD,        true },
	{ "weir_module_tp",      FAMILY_LOAD,    ALWAYS,      true },
	{ "weir_connect4",       FAMILY_CONNECT, LAST,        false },
	{ "weir_connect6",       FAMILY_CONNECT, LAST,        false },
	{ "weir_sendmsg4",       FAMILY_CONNECT, LAST,        false },
	{ "weir_sendmsg6",       FAMILY_CONNECT, LAST,        false },
	{ "weir_connect_lsm",    FAMILY_SOCKET,  LSM,         false },
	{ "weir_connect_fmod",   FAMILY_SOCKET,  FMOD,        false },
	{ "weir_sendmsg_lsm",    FAMILY_SOCKET,  LSM,         false },
	{ "weir_sendmsg_fmod",   FAMILY_SOCKET,  FMOD,        false },
	{ "weir_connectx_lsm",   FAMILY_SOCKET,  LSM,         false },
	{ "weir_connectx_fmod",  FAMILY_SOCKET,  FMOD,        false },
	{ "weir_learn",          FAMILY_LEARN,   LAST,        false },
};
/* clang-format on */
const unsigned int program_cnt = ARRAY_SIZE(programs);

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
