// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict in the kernel against the vector file: the same rows as in
 * verdict_test, answered by the same function as the BPF compiler made it.
 * Needs root and a kernel that lets it load programs. WEIR_BUILD names the
 * directory of the objects, default "build".
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tap.h"
#include "vector.h"

/* As in bpf/vector.bpf.c. */
#define ROOM 16

static void object_closep(struct bpf_object **obj)
{
	bpf_object__close(*obj);
}

__attribute__((format(printf, 2, 0))) static int
stay_quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level != LIBBPF_WARN)
		return 0;
	printf("# ");
	return vprintf(fmt, ap);
}

/* 0, or -errno of the call. */
static int ask_kernel(int prog_fd, const struct weir_question *q, struct weir_answer *ret)
{
	unsigned char packet[ROOM + sizeof(*q)] = { 0 }, out[sizeof(packet)];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	int err;

	memcpy(packet + ROOM, q, sizeof(*q));
	err = bpf_prog_test_run_opts(prog_fd, &opts);
	if (err)
		return err;
	if (opts.retval)
		return -EPROTO;
	memcpy(ret, out + ROOM, sizeof(*ret));
	return 0;
}

static void replay(int prog_fd, FILE *f)
{
	struct vector v = { 0 };
	unsigned int rows = 0, wrong = 0, failed = 0;
	int more, err = 0;

	while ((more = vector_next(f, &v)) > 0) {
		struct weir_answer got = { 0 };

		rows++;
		err = ask_kernel(prog_fd, &v.q, &got);
		failed += err != 0;
		if (err || !memcmp(&got, &v.want, sizeof(got)))
			continue;
		if (wrong++ < 10)
			printf("# line %u: verdict %u reason %u mode %u would %u\n", v.line,
			       got.verdict, got.reason, got.mode, got.would);
	}
	ok(!more && rows > 1000, "%u rows are read to the end", rows);
	if (!ok(!failed, "the kernel runs the program on each"))
		printf("# %u times not: %s\n", failed, strerror(err ? -err : 0));
	ok(!wrong, "the kernel answers every question as the rules demand");
}

static int skip(const char *why, int err)
{
	printf("ok 1 - the verdict in the kernel # SKIP %s%s%s\n1..1\n", why, err ? ": " : "",
	       err ? strerror(-err) : "");
	return 0;
}

int main(void)
{
	const char *build = getenv("WEIR_BUILD");
	CLEANUP(object_closep) struct bpf_object *obj = NULL;
	CLEANUP(fclosep) FILE *f = fopen(VECTOR_FILE, "r");
	const struct bpf_program *prog;
	char path[4096];
	int err;

	snprintf(path, sizeof(path), "%s/vector.bpf.o", build ? build : "build");
	if (geteuid())
		return skip("only root may load BPF programs", 0);
	if (access(path, R_OK))
		return skip(path, -errno);
	libbpf_set_print(stay_quiet);
	obj = bpf_object__open_file(path, NULL);
	err = obj ? bpf_object__load(obj) : -errno;
	/* A container's root: not a fault of the program, which is loaded below. */
	if (err == -EPERM)
		return skip("this root may not load BPF programs", err);
	if (!ok(!err, "the program passes the verifier")) {
		printf("# %s: %s\n", path, strerror(-err));
		return tap_done();
	}
	prog = bpf_object__find_program_by_name(obj, "weir_vector");
	if (ok(prog, "it is called weir_vector") && ok(f, "the vector file is there"))
		replay(bpf_program__fd(prog), f);
	return tap_done();
}
