// SPDX-License-Identifier: GPL-2.0-only
/*
 * What weir's programs cost while a command runs, by the kernel's own count:
 *
 *   bpfstat run OUT COMMAND...   appends "PROGRAM RUNS NS" lines to OUT
 *   bpfstat maps                 prints the bytes that the tables' maps take
 *   bpfstat gone                 waits until the kernel has let go of all programs
 *
 * Statistics are on only while this runs. Beside weir a program that returns
 * at once stands on cgroup/connect4: "floor", what the measuring itself costs.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAMS_MAX 64

struct count {
	__u32 id;
	char name[BPF_OBJ_NAME_LEN];
	__u64 runs, ns;
};

struct counts {
	struct count of[PROGRAMS_MAX];
	int cnt;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bpfstat: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int cgroup_root(void)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int fd = -1;

	while (f && fd < 0 && (m = getmntent(f)))
		if (!strcmp(m->mnt_type, "cgroup2"))
			fd = open(m->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f)
		endmntent(f);
	return fd;
}

/* r0 = 1; exit. Its link ends with this process. */
static void attach_floor(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_CGROUP_INET4_CONNECT);
	int prog = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "floor", "GPL", code, 2, &opts);

	if (prog < 0 ||
	    bpf_link_create(prog, cgroup_root(), BPF_CGROUP_INET4_CONNECT, NULL) < 0)
		fprintf(stderr, "bpfstat: no floor: %s\n", strerror(errno));
}

static bool is_ours(const char *name)
{
	return !strncmp(name, "weir_", 5) || !strcmp(name, "floor");
}

static void count_all(struct counts *c)
{
	struct bpf_prog_info info;
	__u32 id = 0, len;
	int fd;

	c->cnt = 0;
	while (!bpf_prog_get_next_id(id, &id) && c->cnt < PROGRAMS_MAX) {
		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue;
		len = sizeof(info);
		memset(&info, 0, sizeof(info));
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && is_ours(info.name)) {
			c->of[c->cnt] = (struct count){ .id = id, .runs = info.run_cnt,
							.ns = info.run_time_ns };
			memcpy(c->of[c->cnt++].name, info.name, sizeof(info.name));
		}
		close(fd);
	}
}

static const struct count *find(const struct counts *c, __u32 id)
{
	for (int i = 0; i < c->cnt; i++)
		if (c->of[i].id == id)
			return &c->of[i];
	return NULL;
}

static void print_difference(const struct counts *from, const struct counts *to, const char *out)
{
	FILE *f = fopen(out, "ae");

	if (!f)
		die(out);
	for (int i = 0; i < to->cnt; i++) {
		const struct count *t = &to->of[i], *b = find(from, t->id);
		__u64 runs = t->runs - (b ? b->runs : 0), ns = t->ns - (b ? b->ns : 0);

		if (runs)
			fprintf(f, "%s %llu %.1f\n", t->name, runs, (double)ns / runs);
	}
	fclose(f);
}

static int run(const char *out, char **command)
{
	struct counts before, after;
	int status = -1;
	pid_t pid;

	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
		die("statistics");
	attach_floor();
	count_all(&before);
	pid = fork();
	if (!pid) {
		execv(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		die(command[0]);
	count_all(&after);
	print_difference(&before, &after, out);
	return status ? 1 : 0;
}

static unsigned long long memory_of(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (f)
		fclose(f);
	return bytes;
}

static int print_maps(void)
{
	struct bpf_map_info info;
	unsigned long long sum = 0;
	__u32 id = 0, len;
	int fd;

	while (!bpf_map_get_next_id(id, &id)) {
		fd = bpf_map_get_fd_by_id(id);
		if (fd < 0)
			continue;
		len = sizeof(info);
		memset(&info, 0, sizeof(info));
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && !strcmp(info.name, "weir_table"))
			sum += memory_of(fd);
		close(fd);
	}
	printf("%llu\n", sum);
	return 0;
}

/*
 * A link that was closed is taken down later, by a worker: until then its
 * program still runs. Nobody tells, so this asks.
 */
static int wait_gone(void)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000000L };
	struct counts c;

	for (int tries = 3000; tries; tries--) {
		count_all(&c);
		if (!c.cnt)
			return 0;
		nanosleep(&pause, NULL);
	}
	fprintf(stderr, "bpfstat: %d programs do not go away\n", c.cnt);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "run"))
		return run(argv[2], argv + 3);
	if (argc == 2 && !strcmp(argv[1], "maps"))
		return print_maps();
	if (argc == 2 && !strcmp(argv[1], "gone"))
		return wait_gone();
	fputs("Usage: bpfstat run OUT COMMAND... | bpfstat maps | bpfstat gone\n", stderr);
	return 2;
}
