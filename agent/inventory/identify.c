// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/identify.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/cleanup.h"
#include "inventory/root.h"

/* How long identify_free() waits for workers that are merely busy. */
#define FAREWELL_NS 500000000ULL

#define STACK_BYTES (512 * 1024)

/* A worker without work keeps its cell for so long: a child is some megabytes. */
#define CELL_IDLE_NS 30000000000ULL

struct job {
	struct identify_answer answer; /* first: an answer is a job to free */
	struct expectation *expectation;
	struct job *next;
};

struct list {
	struct job *first, **end;
};

struct worker {
	uint64_t since_ns; /* of its job, CLOCK_MONOTONIC; 0: idle */
	bool is_alive, is_given_up;
};

/*
 * Shared by the caller and the workers: the last to leave frees it, as a
 * stuck worker may outlive identify_free(). All below the lock.
 */
struct identify {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct list todo, done;
	uint32_t under_way, queue_max;
	uint32_t refs;
	bool is_closing;
	int ready_fd;
	struct expectation *expectation;
	struct identify_counts counts;
	struct worker workers[IDENTIFY_THREADS_MAX];
};

/* A worker's own, for as long as the expectation is the same. */
struct tool {
	struct cell *cell;
	struct expectation *expectation;
};

struct start {
	struct identify *id;
	struct worker *self;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static void put(struct list *l, struct job *job)
{
	job->next = NULL;
	*l->end = job;
	l->end = &job->next;
}

static struct job *get(struct list *l)
{
	struct job *job = l->first;

	if (job) {
		l->first = job->next;
		if (!l->first)
			l->end = &l->first;
	}
	return job;
}

struct identify_answer *identify_answer_free(struct identify_answer *a)
{
	struct job *job = (struct job *)a;

	if (!job)
		return NULL;
	identity_free(job->answer.identity);
	free(job->answer.question.path);
	expectation_put(job->expectation);
	free(job);
	return NULL;
}

static void drop_list(struct list *l)
{
	struct job *job;

	while ((job = get(l)))
		identify_answer_free(&job->answer);
}

/* Called with the lock held; gives it up. */
static void leave(struct identify *id)
{
	bool is_last = --id->refs == 0;

	pthread_cond_broadcast(&id->changed);
	pthread_mutex_unlock(&id->lock);
	if (!is_last)
		return;
	drop_list(&id->todo);
	drop_list(&id->done);
	expectation_put(id->expectation);
	close_fdp(&id->ready_fd);
	pthread_cond_destroy(&id->changed);
	pthread_mutex_destroy(&id->lock);
	free(id);
}

static bool is_meant(int fd, uint64_t ino)
{
	struct statx st;

	/* Not synced: a question to FUSE or NFS could hang. */
	if (!ino)
		return true;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &st))
		return false;
	return st.stx_ino == ino;
}

/* The kernel's paths hold no links; one that appears was put there since. */
static int open_below(const char *root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
	};
	CLEANUP(close_fdp) int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (root_fd < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

static int open_ours(const char *path)
{
	CLEANUP(close_fdp) int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root_fd < 0 ? -errno : root_open(root_fd, path, O_PATH);
}

int identify_open(const struct identify_question *question)
{
	CLEANUP(close_fdp) int fd = -1;
	char link[32];

	if (question->pid) {
		/* No walk, so no file system is asked, and no name can have moved. */
		snprintf(link, sizeof(link), "/proc/%u/exe", question->pid);
		fd = question->ino ? open(link, O_PATH | O_CLOEXEC) : -1;
		if (fd >= 0 && is_meant(fd, question->ino))
			return take_fd(fd);
		close_fdp(&fd);
		snprintf(link, sizeof(link), "/proc/%u/root", question->pid);
		fd = open_below(link, question->path);
		if (fd >= 0 && is_meant(fd, question->ino))
			return take_fd(fd);
		close_fdp(&fd);
	}
	fd = open_ours(question->path);
	if (fd < 0)
		return fd;
	return is_meant(fd, question->ino) ? take_fd(fd) : -ESTALE;
}

static void tool_exit(struct tool *t)
{
	t->cell = cell_free(t->cell);
	expectation_put(t->expectation);
	t->expectation = NULL;
}

static int tool_for(struct tool *t, struct expectation *x)
{
	if (t->cell && t->expectation == x)
		return 0;
	tool_exit(t);
	t->expectation = expectation_get(x);
	return expectation_cell(x, &t->cell);
}

static void work_on(struct job *job, struct tool *tool)
{
	CLEANUP(close_fdp) int fd = -1;
	struct identify_answer *a = &job->answer;

	fd = identify_open(&a->question);
	if (fd < 0) {
		a->err = fd;
		return;
	}
	a->err = tool_for(tool, job->expectation);
	if (!a->err)
		a->err = identity_of(job->expectation, tool->cell, fd, a->question.path,
				     a->question.pid, &a->identity);
}

/* Called with the lock held; gives it up while it works. */
static void work(struct identify *id, struct worker *self, struct job *job, struct tool *tool)
{
	self->since_ns = now_ns();
	pthread_mutex_unlock(&id->lock);
	work_on(job, tool);
	pthread_mutex_lock(&id->lock);
	self->since_ns = 0;
	if (job->answer.identity)
		id->counts.faults[job->answer.identity->fault]++;
	if (self->is_given_up) {
		/* Its place in the queue was given back when it was given up. */
		identify_answer_free(&job->answer);
		return;
	}
	put(&id->done, job);
	id->counts.answered++;
	eventfd_write(id->ready_fd, 1);
}

/* Called with the lock held; gives it up, as a child may be slow to die. */
static void put_down(struct identify *id, struct tool *tool)
{
	pthread_mutex_unlock(&id->lock);
	tool_exit(tool);
	pthread_mutex_lock(&id->lock);
}

/* Called with the lock held; gives it up while it waits. */
static void wait_for_job(struct identify *id, struct tool *tool)
{
	uint64_t until_ns = now_ns() + CELL_IDLE_NS;
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / 1000000000ULL),
		.tv_nsec = (long)(until_ns % 1000000000ULL),
	};

	if (!tool->cell)
		pthread_cond_wait(&id->changed, &id->lock);
	else if (pthread_cond_timedwait(&id->changed, &id->lock, &until))
		put_down(id, tool);
}

static void *run(void *arg)
{
	struct tool tool = {};
	CLEANUP(freep) struct start *start = arg;
	struct worker *self = start->self;
	struct identify *id = start->id;

	pthread_mutex_lock(&id->lock);
	while (!id->is_closing && !self->is_given_up) {
		struct job *job = get(&id->todo);

		if (job)
			work(id, self, job, &tool);
		else
			wait_for_job(id, &tool);
	}
	put_down(id, &tool);
	self->is_alive = self->is_given_up = false;
	leave(id);
	return NULL;
}

/* Called with the lock held. Signals are the main loop's. */
static int start_worker(struct identify *id, struct worker *self)
{
	struct start *start = malloc(sizeof(*start));
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	if (!start)
		return -ENOMEM;
	*start = (struct start){ id, self };
	*self = (struct worker){ .is_alive = true };
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	id->refs++;
	err = pthread_create(&thread, &attr, run, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (err) {
		id->refs--;
		self->is_alive = false;
		free(start);
	}
	return -err;
}

static int start_free_worker(struct identify *id)
{
	for (size_t i = 0; i < IDENTIFY_THREADS_MAX; i++) {
		if (!id->workers[i].is_alive)
			return start_worker(id, &id->workers[i]);
	}
	return -EAGAIN;
}

static int init(struct identify *id)
{
	pthread_condattr_t attr;
	int err;

	pthread_mutex_init(&id->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&id->changed, &attr);
	pthread_condattr_destroy(&attr);
	id->refs = 1;
	id->todo.end = &id->todo.first;
	id->done.end = &id->done.first;
	id->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (id->ready_fd < 0)
		return -errno;
	pthread_mutex_lock(&id->lock);
	for (int i = 0; i < IDENTIFY_WORKERS; i++) {
		err = start_free_worker(id);
		if (err)
			break;
	}
	pthread_mutex_unlock(&id->lock);
	return err;
}

int identify_new(uint32_t queue_max, struct expectation *x, struct identify **ret)
{
	struct identify *id = calloc(1, sizeof(*id));
	int err;

	if (!id)
		return -ENOMEM;
	id->queue_max = queue_max;
	id->expectation = expectation_get(x);
	err = init(id);
	if (err) {
		identify_free(id);
		return err;
	}
	*ret = id;
	return 0;
}

struct identify *identify_free(struct identify *id)
{
	uint64_t until_ns = now_ns() + FAREWELL_NS;
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / 1000000000ULL),
		.tv_nsec = (long)(until_ns % 1000000000ULL),
	};

	if (!id)
		return NULL;
	pthread_mutex_lock(&id->lock);
	id->is_closing = true;
	pthread_cond_broadcast(&id->changed);
	while (id->refs > 1) {
		if (pthread_cond_timedwait(&id->changed, &id->lock, &until))
			break;
	}
	leave(id);
	return NULL;
}

void identify_expect(struct identify *id, struct expectation *x)
{
	struct expectation *old;

	pthread_mutex_lock(&id->lock);
	old = id->expectation;
	id->expectation = expectation_get(x);
	pthread_mutex_unlock(&id->lock);
	expectation_put(old);
}

int identify_ask(struct identify *id, uint64_t cookie, const char *path, uint64_t ino,
		 uint32_t pid)
{
	struct job *job;
	int err = 0;

	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->answer.question = (struct identify_question){
		.cookie = cookie, .ino = ino, .pid = pid, .path = strdup(path),
	};
	if (!job->answer.question.path) {
		free(job);
		return -ENOMEM;
	}
	pthread_mutex_lock(&id->lock);
	id->counts.asked++;
	if (id->under_way >= id->queue_max) {
		id->counts.dropped++;
		err = -EBUSY;
	} else {
		id->under_way++;
		job->expectation = expectation_get(id->expectation);
		put(&id->todo, job);
		pthread_cond_signal(&id->changed);
	}
	pthread_mutex_unlock(&id->lock);
	if (err)
		identify_answer_free(&job->answer);
	return err;
}

int identify_fd(const struct identify *id)
{
	return id->ready_fd;
}

struct identify_answer *identify_take(struct identify *id)
{
	struct job *job;
	eventfd_t many;

	pthread_mutex_lock(&id->lock);
	job = get(&id->done);
	if (job)
		id->under_way--;
	/* Cleared only when the list is: an answer is never left unannounced. */
	if (!id->done.first)
		eventfd_read(id->ready_fd, &many);
	pthread_mutex_unlock(&id->lock);
	return job ? &job->answer : NULL;
}

void identify_tend(struct identify *id)
{
	uint64_t now = now_ns();

	pthread_mutex_lock(&id->lock);
	for (size_t i = 0; i < IDENTIFY_THREADS_MAX; i++) {
		struct worker *w = &id->workers[i];

		if (!w->is_alive || w->is_given_up || !w->since_ns ||
		    now - w->since_ns < IDENTIFY_STUCK_NS)
			continue;
		/* With no thread left it stays in charge: then questions drop. */
		if (start_free_worker(id))
			break;
		w->is_given_up = true;
		id->under_way--;
		id->counts.stuck++;
	}
	pthread_mutex_unlock(&id->lock);
}

void identify_count(struct identify *id, struct identify_counts *ret)
{
	pthread_mutex_lock(&id->lock);
	*ret = id->counts;
	pthread_mutex_unlock(&id->lock);
}
