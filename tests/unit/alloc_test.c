// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory running out at every single allocation: the readers and the compiler
 * say -ENOMEM, leave what they were given as it was and leak nothing (which
 * the sanitizers' build checks).
 *
 * malloc() and its kin are replaced by the ones below, so that libyaml's
 * allocations fail as well; under the sanitizers they hand on to theirs.
 */
#include "fixture.h"
#include "policy/compile.h"
#include "tap.h"

static bool counting;
static long allocations, fail_at;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t cnt, size_t size);
void *__libc_realloc(void *p, size_t size);
__attribute__((weak)) void *__interceptor_malloc(size_t size);
__attribute__((weak)) void *__interceptor_calloc(size_t cnt, size_t size);
__attribute__((weak)) void *__interceptor_realloc(void *p, size_t size);

static bool must_fail(void)
{
	return counting && ++allocations == fail_at;
}

void *malloc(size_t size)
{
	if (must_fail())
		return NULL;
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t cnt, size_t size)
{
	if (must_fail())
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(cnt, size) : __libc_calloc(cnt, size);
}

void *realloc(void *p, size_t size)
{
	if (must_fail())
		return NULL;
	return __interceptor_realloc ? __interceptor_realloc(p, size) : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t cnt, size_t size)
{
	return cnt && size > SIZE_MAX / cnt ? NULL : realloc(p, cnt * size);
}

struct input {
	char *text;
	size_t len;
};

static struct input vendor, policy;

/* One try; @step counts how far it came. */
static int work(struct catalog *c, const struct policy_context *ctx, int *step)
{
	CLEANUP(policy_freep) struct policy *p = NULL;
	CLEANUP(compiled_freep) struct compiled *t = NULL;
	struct diag d;
	int err;

	*step = 0;
	err = catalog_add(c, "vendor", vendor.text, vendor.len, &d);
	if (err)
		return err;
	*step = 1;
	err = catalog_seal(c, &d);
	if (!err)
		err = policy_parse(ctx, "policy", policy.text, policy.len, &p, &d);
	if (!err)
		err = compile(c, p, 0, 0, &t, &d);
	return err;
}

/* The catalogue that the vendor's file is added to. */
static struct catalog *base(void)
{
	CLEANUP(catalog_freep) struct catalog *c = NULL;
	struct diag d;

	if (catalog_new(&c) ||
	    fixture_add(c, FIXTURES "/catalog/directives/test-2031.yaml", &d) ||
	    fixture_add(c, FIXTURES "/catalog/confusables/lookalikes.yaml", &d))
		return NULL;
	return take_ptr(c);
}

/* Fails the @n-th allocation. 1: it came so far, 0: it needed fewer. */
static int try_at(long n, unsigned int *wrong)
{
	CLEANUP(catalog_freep) struct catalog *c = base();
	struct policy_context ctx = fixture_context(c);
	const struct catalog before = *c;
	struct diag d;
	int step, err;

	allocations = 0;
	fail_at = n;
	counting = true;
	err = work(c, &ctx, &step);
	counting = false;
	if (allocations < n) {
		*wrong += err != 0;
		return 0;
	}
	if (err != -ENOMEM && ++*wrong < 10)
		printf("# allocation %ld: %d at step %d\n", n, err, step);
	if (!step) {
		*wrong += before.vendor_cnt != c->vendor_cnt ||
			  before.indicator_cnt != c->indicator_cnt ||
			  before.product_cnt != c->product_cnt;
		/* And the same file is taken when there is memory again. */
		*wrong += catalog_add(c, "vendor", vendor.text, vendor.len, &d) != 0;
	}
	return 1;
}

int main(void)
{
	unsigned int wrong = 0;
	long n = 1;

	vendor.text = fixture_read(FIXTURES "/catalog/vendors/examplewall.yaml", &vendor.len);
	policy.text = fixture_read(FIXTURES "/good/policy-design.yaml", &policy.len);
	if (!ok(vendor.text && policy.text, "the fixtures are there"))
		return tap_done();
	while (try_at(n, &wrong))
		n++;
	ok(n > 100, "%ld allocations were made to fail", n - 1);
	ok(!wrong, "each is told as -ENOMEM and leaves no trace");
	free(vendor.text);
	free(policy.text);
	return tap_done();
}
