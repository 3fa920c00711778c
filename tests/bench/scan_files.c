// SPDX-License-Identifier: GPL-2.0-only
/*
 * What looking at the files of a tree costs, the catalogue apart:
 *
 *   scan_files DIR CATALOG [CACHE]    prints "wall_us cpu_us peak_kb own_kb found known"
 *
 * The time begins when the catalogue is read and its index made; the processor
 * time is that of the cell too. peak_kb is the largest memory of this process,
 * own_kb what came on top of the catalogue and its index. With CACHE, a
 * directory, what files said is read from it and written there.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/cleanup.h"
#include "cmd/sources.h"
#include "collect/survey.h"
#include "inventory/cache.h"
#include "parse/cell.h"

struct result {
	unsigned long found, unread;
};

static void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "scan_files: %s: %s\n", what, strerror(-err));
	exit(1);
}

static int take(void *ctx, const struct trace *t)
{
	(void)t;
	((struct result *)ctx)->found++;
	return 0;
}

static void unread(void *ctx, const char *what, int err)
{
	fprintf(stderr, "scan_files: %s: %s\n", what, strerror(-err));
	((struct result *)ctx)->unread++;
}

static double wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double cpu_us(void)
{
	struct rusage own, cell;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &cell);
	return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec + cell.ru_utime.tv_sec +
			cell.ru_stime.tv_sec) * 1e6 +
	       (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec + cell.ru_utime.tv_usec +
			cell.ru_stime.tv_usec);
}

static long status_kb(const char *key)
{
	CLEANUP(fclosep) FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	size_t len = strlen(key);

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && line[len] == ':')
			return strtol(line + len + 1, NULL, 10);
	return 0;
}

/* The largest memory from here on, not that of reading the catalogue. */
static void forget_peak(void)
{
	CLEANUP(fclosep) FILE *f = NULL;

	malloc_trim(0);
	f = fopen("/proc/self/clear_refs", "we");
	if (f)
		fputs("5", f);
}

static void look(struct survey *s, int cache_fd)
{
	static const char *const only[] = { "files", NULL };
	int err;

	if (cache_fd >= 0) {
		must(identity_cache_new(s->catalog, &s->cache), "cache");
		err = identity_cache_load(s->cache, cache_fd, "files");
		must(err == -ENOENT || err == -ESTALE ? 0 : err, "cache");
	}
	must(expectation_cell(s->expectation, &s->cell), "cell");
	must(survey_run(s, only), "survey");
	cell_free(s->cell);
	if (s->cache)
		must(identity_cache_save(s->cache, cache_fd, "files"), "cache");
}

int main(int argc, char **argv)
{
	struct sources_wish wish = { .catalog = argv[2] };
	struct cache_counts counts = { 0 };
	struct result r = { 0 };
	struct sources src;
	struct survey s = { .take = take, .unread = unread, .ctx = &r };
	struct match_index *index;
	struct diag d = { .text = "" };
	double wall, cpu;
	long base_kb;
	int cache_fd;

	if (!strcmp(argv[0], CELL_ARGV0))
		cell_main();
	if (argc < 3)
		return 2;
	cache_fd = argc > 3 ? open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	s.root_fd = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(s.root_fd < 0 ? -errno : 0, argv[1]);
	must(sources_load(&wish, &src, &d), d.text);
	s.catalog = src.catalog;
	must(match_index_new(s.catalog, &index), "index");
	s.index = index;
	must(expectation_new(s.catalog, &s.expectation), "expectation");
	forget_peak();
	base_kb = status_kb("VmRSS");
	wall = wall_us();
	cpu = cpu_us();
	look(&s, cache_fd);
	wall = wall_us() - wall;
	cpu = cpu_us() - cpu;
	if (s.cache)
		identity_cache_count(s.cache, &counts);
	printf("%.0f %.0f %ld %ld %lu %llu\n", wall, cpu, status_kb("VmHWM"),
	       status_kb("VmHWM") - base_kb, r.found, (unsigned long long)counts.known);
	return r.unread ? 1 : 0;
}
