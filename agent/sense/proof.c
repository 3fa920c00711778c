// SPDX-License-Identifier: GPL-2.0-only
#include "sense/proof.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* A canary that hangs must not hold the agent; TCG guests need the second. */
#define PROOF_TIMEOUT_MS 10000

/* What a child says on its pipe; 'R' is said by the canary program itself. */
#define SAYS_DENIED 'E'
#define SAYS_PASSED 'R'
#define SAYS_UNTRIED 'U'

typedef char (*attempt_fn)(const char *canary);

static char verdict_of(int rc, int passed_errno)
{
	if (!rc || errno == passed_errno)
		return SAYS_PASSED;
	return errno == EPERM ? SAYS_DENIED : SAYS_UNTRIED;
}

static void child(attempt_fn attempt, const char *canary, int out)
{
	sigset_t none;
	char says;

	/* The agent blocks signals for its signalfd; a canary must die of them. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	says = attempt(canary);
	_exit(write(STDOUT_FILENO, &says, 1) == 1 ? 0 : 1);
}

static enum proof listen_to(int in, pid_t pid)
{
	struct pollfd p = { .fd = in, .events = POLLIN };
	bool is_late = poll(&p, 1, PROOF_TIMEOUT_MS) <= 0;
	char says = 0;
	int status;
	ssize_t n;

	/* Our own kill must not be taken for the gate's. */
	if (is_late)
		kill(pid, SIGKILL);
	n = read(in, &says, 1);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (is_late)
		return PROOF_UNTRIED;
	if (n == 1 && says == SAYS_DENIED)
		return PROOF_DENIED;
	if (n == 1 && says == SAYS_PASSED)
		return PROOF_PASSED;
	if (n == 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return PROOF_KILLED;
	return PROOF_UNTRIED;
}

/* fork and not vfork: the child must be ours by real_parent, and may be killed. */
static enum proof try_once(attempt_fn attempt, const char *canary)
{
	CLEANUP(close_fdp) int in = -1;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return PROOF_UNTRIED;
	in = ends[0];
	pid = fork();
	if (!pid)
		child(attempt, canary, ends[1]);
	close(ends[1]);
	return pid < 0 ? PROOF_UNTRIED : listen_to(in, pid);
}

/* A host short of processes for a moment must not look like a gate that failed. */
static enum proof try(attempt_fn attempt, const char *canary)
{
	enum proof proof = PROOF_UNTRIED;
	int i;

	for (i = 0; i < 3 && proof == PROOF_UNTRIED; i++)
		proof = try_once(attempt, canary);
	return proof;
}

static char attempt_exec(const char *canary)
{
	char *const argv[] = { (char *)canary, NULL };
	char *const envp[] = { NULL };

	return verdict_of(execve(canary, argv, envp), 0);
}

static char attempt_map(const char *canary, int first, int second)
{
	int fd = open(canary, O_RDONLY | O_CLOEXEC);
	void *at;

	if (fd < 0)
		return SAYS_UNTRIED;
	at = mmap(NULL, 1, first, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return verdict_of(-1, 0);
	return second ? verdict_of(mprotect(at, 1, second), 0) : SAYS_PASSED;
}

static char attempt_load(const char *canary)
{
	return attempt_map(canary, PROT_READ | PROT_EXEC, 0);
}

static char attempt_mprotect(const char *canary)
{
	return attempt_map(canary, PROT_READ, PROT_READ | PROT_EXEC);
}

/* The canary is no module: past the gate the kernel says so. */
static char attempt_module(const char *canary)
{
	int fd = open(canary, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return SAYS_UNTRIED;
	return verdict_of(syscall(SYS_finit_module, fd, "", 0), ENOEXEC);
}

static char attempt_address(int type, int protocol)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PROOF_PORT) };
	const unsigned char addr[4] = PROOF_ADDR4;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return SAYS_UNTRIED;
	__builtin_memcpy(&to.sin_addr, addr, sizeof(addr));
	/* Without a route the kernel gives up after the hooks have run. */
	return verdict_of(connect(fd, (struct sockaddr *)&to, sizeof(to)), ENETUNREACH);
}

static char attempt_connect(const char *canary)
{
	(void)canary;
	return attempt_address(SOCK_DGRAM, 0);
}

static char attempt_raw_connect(const char *canary)
{
	(void)canary;
	return attempt_address(SOCK_RAW, IPPROTO_RAW);
}

enum proof proof_exec(const char *canary)
{
	return try(attempt_exec, canary);
}

enum proof proof_load(const char *canary)
{
	return try(attempt_load, canary);
}

enum proof proof_mprotect(const char *canary)
{
	return try(attempt_mprotect, canary);
}

enum proof proof_module(const char *canary)
{
	return try(attempt_module, canary);
}

enum proof proof_connect(void)
{
	return try(attempt_connect, NULL);
}

enum proof proof_raw_connect(void)
{
	return try(attempt_raw_connect, NULL);
}
