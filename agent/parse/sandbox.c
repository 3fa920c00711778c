// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of the walls: first what needs rights (bounding set, root
 * directory, user), then the rights themselves, then what nobody can take
 * back. The filter of system calls is last, since it forbids the others.
 */
#include "parse/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "parse/frame.h"

/* "nobody", and owner of nothing, everywhere; what a user namespace maps unknown ids to. */
#define NOBODY 65534

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

/* The socket, a question's file, and under a sanitizer where it complains to. */
#define DESCRIPTORS (IS_SANITIZED ? 4 : 2)

/* Of linux/landlock.h, whose copy on a build host may be older than the kernel. */
struct landlock_rules {
	uint64_t fs, net, scoped;
};

/* By ABI less one: which accesses there are to handle, and how long the struct is. */
static const struct {
	struct landlock_rules rules;
	size_t size;
} landlock_abis[] = {
	{ { 0x1fff, 0, 0 }, 8 },
	{ { 0x3fff, 0, 0 }, 8 },  /* refer */
	{ { 0x7fff, 0, 0 }, 8 },  /* truncate */
	{ { 0x7fff, 3, 0 }, 16 }, /* TCP bind, connect */
	{ { 0xffff, 3, 0 }, 16 }, /* ioctl on devices */
	{ { 0xffff, 3, 3 }, 24 }, /* abstract sockets, signals */
};

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif
#define LANDLOCK_VERSION 1u

/* When memory is short, the child is what the kernel takes first. */
static void offer_to_oom(void)
{
	CLEANUP(close_fdp) int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "1000", 4) < 0)
		return;
}

static bool may(unsigned int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, capability);
}

/* What lies there is this process's descriptors: no name leads anywhere else. */
static bool leave_root(void)
{
	return may(CAP_SYS_CHROOT) && !chroot("/proc/self/fdinfo") && !chdir("/");
}

static bool leave_user(void)
{
	if (geteuid())
		return true;
	/* Under a unit that gives no such right it stays root, with no power of root's. */
	return may(CAP_SETGID) && may(CAP_SETUID) && !setgroups(0, NULL) &&
	       !setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY);
}

static int drop_capabilities(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return -EPERM;
	/* Before 4.3 there were none of these. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return 0;
}

static int limit(int resource, uint64_t value)
{
	struct rlimit now, want = { value, value };

	/* A lower one that was there before stays. */
	if (getrlimit(resource, &now))
		return -errno;
	if (now.rlim_max < value)
		want.rlim_cur = want.rlim_max = now.rlim_max;
	return setrlimit(resource, &want) ? -errno : 0;
}

static int set_limits(uint64_t memory_bytes)
{
	static const int none[] = { RLIMIT_CORE, RLIMIT_NPROC, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE };
	int err = 0;

	/* A sanitizer's shadow alone is terabytes of addresses; its report may go to a file. */
	if (!IS_SANITIZED)
		err = limit(RLIMIT_AS, memory_bytes);
	if (!err && !IS_SANITIZED)
		err = limit(RLIMIT_FSIZE, 0);
	if (!err)
		err = limit(RLIMIT_NOFILE, DESCRIPTORS);
	for (size_t i = 0; !err && i < ARRAY_SIZE(none); i++)
		err = limit(none[i], 0);
	return err;
}

/* A ruleset that handles everything and allows nothing. */
static bool raise_landlock(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	CLEANUP(close_fdp) int fd = -1;

	if (abi < 1)
		return false;
	if (abi > (long)ARRAY_SIZE(landlock_abis))
		abi = ARRAY_SIZE(landlock_abis);
	fd = (int)syscall(SYS_landlock_create_ruleset, &landlock_abis[abi - 1].rules,
			  landlock_abis[abi - 1].size, 0);
	return fd >= 0 && !syscall(SYS_landlock_restrict_self, fd, 0);
}

/* With any arguments: none of these reaches beyond the process and what it has open. */
static const int free_calls[] = {
	SCMP_SYS(brk),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(close),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(fstat),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(lseek),
	SCMP_SYS(madvise),
	SCMP_SYS(munmap),
	SCMP_SYS(pread64),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction), /* abort() */
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity), /* glibc asks for the number of processors */
	SCMP_SYS(sysinfo),	     /* and qsort() for the size of memory */
	SCMP_SYS(time),
#if IS_SANITIZED
	SCMP_SYS(sched_yield),
	SCMP_SYS(sigaltstack),
#endif
};

static int allow_free(scmp_filter_ctx f)
{
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(free_calls); i++)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, free_calls[i], 0);
	return err;
}

#define ALLOW_IF(f, call, ...)                                                            \
	seccomp_rule_add_array((f), SCMP_ACT_ALLOW, SCMP_SYS(call),                      \
			       ARRAY_SIZE(((const struct scmp_arg_cmp[]){ __VA_ARGS__ })), \
			       (const struct scmp_arg_cmp[]){ __VA_ARGS__ })

static int allow_some(scmp_filter_ctx f)
{
	scmp_datum_t self = (scmp_datum_t)getpid();
	int err;

	/* glibc's fstat() of 2.33 to 2.38. With a name it could ask whether a file exists. */
	err = ALLOW_IF(f, newfstatat, SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH));
	if (!err)
		err = ALLOW_IF(f, recvmsg, SCMP_A0(SCMP_CMP_EQ, FRAME_SOCKET));
	if (!err)
		err = ALLOW_IF(f, recvfrom, SCMP_A0(SCMP_CMP_EQ, FRAME_SOCKET));
	/* To the asker, to no other address. */
	if (!err)
		err = ALLOW_IF(f, sendto, SCMP_A0(SCMP_CMP_EQ, FRAME_SOCKET),
			       SCMP_A4(SCMP_CMP_EQ, 0));
	/* Memory, never a file, never to be executed. */
	if (!err)
		err = ALLOW_IF(f, mmap, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
			       SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	if (!err)
		err = ALLOW_IF(f, mprotect, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mremap), 0);
	/* abort(): so that it dies of what it says it dies of. */
	if (!err)
		err = ALLOW_IF(f, tgkill, SCMP_A0(SCMP_CMP_EQ, self));
	if (!err && IS_SANITIZED)
		err = ALLOW_IF(f, write, SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO));
	return err;
}

static int filter_calls(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err;

	if (!f)
		return -ENOMEM;
	/* A call by another architecture's numbers is nobody's mistake. */
	err = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!err)
		err = allow_free(f);
	if (!err)
		err = allow_some(f);
	if (!err)
		err = seccomp_load(f);
	seccomp_release(f);
	return err;
}

static int stand(struct sandbox *s, enum sandbox_wall wall, int err)
{
	if (err) {
		s->wall = wall;
		s->err = err;
	} else {
		s->walls |= wall;
	}
	return err;
}

static void may_stand(struct sandbox *s, enum sandbox_wall wall, bool stands)
{
	s->walls |= stands ? wall : 0u;
}

int sandbox_enter(uint64_t memory_bytes, struct sandbox *ret)
{
	int err;

	*ret = (struct sandbox){};
	offer_to_oom();
	capng_get_caps_process();
	may_stand(ret, SANDBOX_ROOT, leave_root());
	/* Without the right to it there is nothing in the set that could be had. */
	for (unsigned long c = 0; c < 64 && may(CAP_SETPCAP); c++)
		prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	may_stand(ret, SANDBOX_USER, leave_user());
	err = stand(ret, SANDBOX_CAPABILITIES, drop_capabilities());
	if (err)
		return err;
	/* Both after the change of user, which resets them. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	err = stand(ret, SANDBOX_LIMITS, set_limits(memory_bytes));
	if (err)
		return err;
	may_stand(ret, SANDBOX_LANDLOCK, raise_landlock());
	return stand(ret, SANDBOX_SYSCALLS, filter_calls());
}

void sandbox_text(uint32_t walls, char *text, size_t size)
{
	static const char *const names[] = {
		"no capabilities", "seccomp", "limits", "not root", "empty root", "landlock",
	};
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names) && len < size; i++) {
		if (walls >> i & 1)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "",
						names[i]);
	}
}
