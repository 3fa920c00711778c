// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are wrong in one way each, and what is said about them.
 *
 * For every tests/fixtures/bad/NAME.yaml there is NAME.err with the message,
 * place included; everything in tests/fixtures/good is taken. With
 * WEIR_GOLDEN=write in the environment the messages are written instead.
 */
#include "fixture.h"
#include "tap.h"

/* As `weir check --catalog tests/fixtures/catalog FILE` does. */
static int check(const char *path, const char *text, size_t len, struct diag *d)
{
	CLEANUP(catalog_freep) struct catalog *c = fixture_catalog();
	struct policy_context ctx = fixture_context(c);
	CLEANUP(policy_freep) struct policy *p = NULL;
	int err;

	if (!c)
		return -ENOENT;
	if (doc_kind_of(text, len) == DOC_POLICY)
		return policy_parse(&ctx, path, text, len, &p, d);
	err = catalog_add(c, path, text, len, d);
	return err ? err : catalog_seal(c, d);
}

static void check_bad(const char *name)
{
	CLEANUP(freep) char *text = NULL, *want = NULL;
	char path[300], golden[300], got[1024];
	struct diag d = { .text = "" };
	size_t len = 0, want_len = 0;
	int err;

	snprintf(path, sizeof(path), FIXTURES "/bad/%s.yaml", name);
	snprintf(golden, sizeof(golden), FIXTURES "/bad/%s.err", name);
	text = fixture_read(path, &len);
	err = text ? check(path, text, len, &d) : -ENOENT;
	diag_format(&d, got, sizeof(got) - 1);
	if (err == -EINVAL && getenv("WEIR_GOLDEN")) {
		CLEANUP(fclosep) FILE *f = fopen(golden, "w");

		if (f)
			fprintf(f, "%s\n", got);
	}
	want = fixture_read(golden, &want_len);
	if (want_len && want[want_len - 1] == '\n')
		want[want_len - 1] = '\0';
	if (!ok(err == -EINVAL && want && !strcmp(got, want),
		"%s is refused, and the message says where and why", name))
		printf("# %d got  %s\n# want %s\n", err, got, want ? want : "(none)");
}

static void check_good(const char *name)
{
	CLEANUP(freep) char *text = NULL;
	struct diag d = { .text = "" };
	char path[300];
	size_t len = 0;
	int err;

	snprintf(path, sizeof(path), FIXTURES "/good/%s.yaml", name);
	text = fixture_read(path, &len);
	err = text ? check(path, text, len, &d) : -ENOENT;
	if (!ok(!err, "%s is taken", name))
		printf("# %d %u:%u %s\n", err, d.line, d.col, d.text);
}

static int is_yaml(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len > 5 && !strcmp(e->d_name + len - 5, ".yaml");
}

static int each(const char *dir, void (*fn)(const char *name))
{
	struct dirent **list = NULL;
	int i, cnt = scandir(dir, &list, is_yaml, alphasort);

	for (i = 0; i < cnt; i++) {
		list[i]->d_name[strlen(list[i]->d_name) - 5] = '\0';
		fn(list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return cnt;
}

int main(void)
{
	ok(each(FIXTURES "/bad", check_bad) > 100, "there are bad files to refuse");
	ok(each(FIXTURES "/good", check_good) > 3, "there are good files to take");
	return tap_done();
}
