// SPDX-License-Identifier: GPL-2.0-only
/* Files identified by the worker threads. */
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "cell_hook.h"
#include "elf_image.h"
#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "inventory/host.h"
#include "inventory/identify.h"
#include "inventory/mounts.h"

#define TEXT "Examplewall Endpoint Agent, version"

static struct expectation *expect(void)
{
	static struct indicator list[] = {
		{ .kind = IND_SHA256, .value = "", .size = 3 },
		{ .kind = IND_ELF_STRING, .value = TEXT },
		{ .kind = IND_ELF_STRING, .value = "abc" }, /* too short to look for */
		{ .kind = IND_PATH, .value = "/x" },
	};
	struct catalog c = { .indicators = list, .indicator_cnt = ARRAY_SIZE(list) };
	struct expectation *x = NULL;

	tree_must(!expectation_new(&c, &x), "expectation");
	return x;
}

static struct identify_answer *wait_answer(struct identify *id)
{
	struct pollfd p = { .fd = identify_fd(id), .events = POLLIN };

	return poll(&p, 1, 20000) == 1 ? identify_take(id) : NULL;
}

/* The answer about a file of the tree; its device and mount are real. */
static struct identify_answer *ask(struct identify *id, const struct tree *t, const char *name,
				   uint64_t ino)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", t->base, name);
	return identify_ask(id, 7, path, ino, (uint32_t)getpid()) ? NULL : wait_answer(id);
}

static void plant(const struct tree *t)
{
	struct elf_image e;
	char path[128];

	elf_image_init(&e, "");
	elf_image_tag(&e, DT_SONAME, "libewcore.so.3");
	strcpy(e.text, "x" TEXT " 7");
	strcpy(e.note.package, "{\"type\":\"deb\",\"name\":\"ew-agent\"}");
	tree_bytes(t, "/elf", &e, ELF_IMAGE_BYTES);
	tree_text(t, "/abc", "abc");
	tree_text(t, "/text", "neither listed nor ELF");
	snprintf(path, sizeof(path), "%s/fifo", t->base);
	tree_must(!mkfifo(path, 0600), path);
}

static void test_elf(struct identify *id, const struct tree *t)
{
	struct identify_answer *a = ask(id, t, "/elf", 0);
	const struct facts *f = a && a->identity ? &a->identity->facts : NULL;

	ok(a && !a->err && f && !a->identity->err && a->question.cookie == 7,
	   "an ELF file is identified");
	ok(f && f->soname && !strcmp(f->soname, "libewcore.so.3"), "by its soname");
	ok(f && f->other_cnt == 1 && f->others[0].kind == IND_ELF_STRING &&
		   !strcmp(f->others[0].value, TEXT),
	   "by a text of the catalogue");
	ok(f && f->note.name && !strcmp(f->note.name, "ew-agent"), "by its package note");
	ok(f && !f->is_hashed, "and not hashed, as no listed file has its size");
	identify_answer_free(a);
}

static void test_others(struct identify *id, const struct tree *t)
{
	struct identify_answer *a = ask(id, t, "/abc", 0);

	ok(a && a->identity && a->identity->facts.is_hashed &&
		   a->identity->facts.sha256[0] == 0xba,
	   "a file of a listed size is hashed");
	identify_answer_free(a);
	a = ask(id, t, "/text", 0);
	ok(a && a->identity && !a->identity->err && !a->identity->is_elf, "a text is only a path");
	identify_answer_free(a);
	a = ask(id, t, "/fifo", 0);
	ok(a && a->identity && a->identity->err == -EINVAL && a->identity->facts.path,
	   "a FIFO is not waited for");
	identify_answer_free(a);
	a = ask(id, t, "/absent", 0);
	ok(a && a->err == -ENOENT && !a->identity, "an absent file is told");
	identify_answer_free(a);
	a = ask(id, t, "/abc", 1);
	ok(a && a->err == -ESTALE, "another inode under that path is not the one meant");
	identify_answer_free(a);
	ok(!identify_take(id), "then there is no answer left");
}

static void test_process(struct identify *id)
{
	struct identify_answer *a;
	struct stat st;
	pid_t child;

	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	tree_must(!stat("/proc/self/exe", &st), "stat");
	identify_ask(id, 1, "/no/longer/there", st.st_ino, (uint32_t)child);
	a = wait_answer(id);
	ok(a && a->identity && a->identity->is_elf,
	   "a running file that lost its name is identified through its process");
	identify_answer_free(a);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void test_full(struct expectation *x, const struct tree *t)
{
	struct identify_counts counts;
	struct identify *id = NULL;
	char path[128];

	tree_must(!identify_new(1, x, &id), "identify_new");
	snprintf(path, sizeof(path), "%s/abc", t->base);
	ok(!identify_ask(id, 1, path, 0, 0) && identify_ask(id, 2, path, 0, 0) == -EBUSY,
	   "a full queue refuses");
	identify_count(id, &counts);
	ok(counts.asked == 2 && counts.dropped == 1, "and counts it");
	identify_answer_free(wait_answer(id));
	ok(!identify_ask(id, 3, path, 0, 0), "a taken answer makes room");
	identify_tend(id);
	identify_free(id); /* with a question under way */
}

static atomic_bool is_over;

static void *wobble(void *arg)
{
	int fd = open(arg, O_WRONLY | O_CLOEXEC);

	while (!is_over) {
		tree_must(!ftruncate(fd, 70), "ftruncate");
		tree_must(!ftruncate(fd, 1 << 20), "ftruncate");
	}
	close(fd);
	return NULL;
}

static void test_changing(struct identify *id, const struct tree *t)
{
	unsigned int answers = 0;
	pthread_t thread;
	char path[128];

	snprintf(path, sizeof(path), "%s/elf", t->base);
	pthread_create(&thread, NULL, wobble, path);
	for (int i = 0; i < 200; i++) {
		struct identify_answer *a = ask(id, t, "/elf", 0);

		answers += a && a->identity;
		identify_answer_free(a);
	}
	is_over = true;
	pthread_join(thread, NULL);
	ok(answers == 200, "a file that grows and shrinks meanwhile is survived");
}

static void test_mounts(void)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_CLOEXEC);

	ok(mounts_is_prompt(root, 0), "the root file system answers at once");
	ok(!mounts_type_is_prompt("fuse.sshfs") && !mounts_type_is_prompt("nfs4") &&
		   mounts_type_is_prompt("ext4") && mounts_type_is_prompt("overlay"),
	   "FUSE and network file systems may not");
}

static void test_host(void)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct host h;
	int64_t drift;

	host_read(root, &h);
	ok(h.name[0] && h.kernel[0] && strlen(h.boot_id) == 36, "the host has a name and a boot");
	drift = host_boot_offset_ns() - host_boot_offset_ns();
	ok(drift < 50000000 && drift > -50000000, "the boot offset is the same twice");
}

int main(void)
{
	struct expectation *x = expect();
	struct identify *id = NULL;
	struct tree t;

	tree_init(&t);
	plant(&t);
	ok(!identify_new(64, x, &id), "the workers start");
	test_elf(id, &t);
	test_others(id, &t);
	test_process(id);
	test_changing(id, &t);
	identify_free(id);
	test_full(x, &t);
	test_mounts();
	test_host();
	expectation_put(x);
	tree_exit(&t);
	return tap_done();
}
