// SPDX-License-Identifier: GPL-2.0-only
/* The indexes of container engines, as a parser sees them. */
#include <errno.h>
#include <stdlib.h>

#include "bolt_image.h"
#include "rows.h"
#include "tap.h"

#include "base/cleanup.h"
#include "parse/bolt.h"
#include "parse/images.h"

static const struct {
	enum images_kind kind;
	const char *text, *want, *what;
} cases[] = {
	{ IMAGES_DOCKER,
	  "{\"Repositories\":{\"cyberark/conjur\":{\"cyberark/conjur:1.2\":\"sha256:ab\","
	  "\"cyberark/conjur@sha256:cd\":\"sha256:ab\"}}}",
	  "1: 1=cyberark/conjur:1.2 2=sha256:ab|1: 1=cyberark/conjur@sha256:cd 2=sha256:ab|",
	  "docker's repositories" },
	{ IMAGES_DOCKER_CONTAINER,
	  "{\"ID\":\"c0ffee\",\"Name\":\"/web\",\"State\":{\"Running\":true},"
	  "\"Config\":{\"Image\":\"twistlock/defender:1\"}}",
	  "2: 1=twistlock/defender:1 2=c0ffee 4=web 6=#1|", "a container of docker's" },
	{ IMAGES_STORAGE,
	  "[{\"id\":\"ab\",\"names\":[\"docker.io/library/alpine:3\",7,null],\"layer\":\"cd\"},"
	  "{\"id\":\"ef\"}]",
	  "1: 1=docker.io/library/alpine:3 2=ab 3=cd|1: 2=ef|", "images of podman's" },
	{ IMAGES_STORAGE_CONTAINERS,
	  "[{\"id\":\"ab\",\"names\":[\"web\"],\"layer\":\"cd\","
	  "\"metadata\":\"{\\\"image-name\\\":\\\"quay.io/x/y:1\\\"}\"}]",
	  "2: 1=quay.io/x/y:1 2=ab 3=cd 4=web|", "a container of podman's" },
	{ IMAGES_OCI,
	  "{\"manifests\":[{\"digest\":\"sha256:ab\",\"annotations\":"
	  "{\"org.opencontainers.image.ref.name\":\"x:1\"}},{\"digest\":\"sha256:cd\"}]}",
	  "1: 1=x:1 2=sha256:ab|1: 2=sha256:cd|", "an OCI layout" },
	/* Hostile: other types wherever one was expected. */
	{ IMAGES_DOCKER, "[1,2]", "", "a list for a map" },
	{ IMAGES_DOCKER, "{\"Repositories\":{\"a\":[1],\"b\":7,\"c\":null}}", "", "no maps" },
	{ IMAGES_STORAGE, "{\"names\":[]}", "", "a map for a list" },
	{ IMAGES_STORAGE, "[7,\"x\",null,[]]", "1:|1:|1:|1:|", "images that are none" },
	{ IMAGES_STORAGE_CONTAINERS, "[{\"metadata\":\"{{{\"}]", "2:|", "broken metadata" },
	{ IMAGES_OCI, "{\"manifests\":{\"a\":1}}", "", "manifests that are no list" },
};

static void test_json(void)
{
	char *deep = malloc(IMAGES_BYTES_MAX + 1);
	struct rows r;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = rows_of_text(&r, PARSER_IMAGES, (int)cases[i].kind,
						cases[i].text);

		if (!ok(!strcmp(text, cases[i].want) && !r.err, "%s", cases[i].what))
			printf("# %s (%d)\n", text, r.err);
	}
	rows_of_text(&r, PARSER_IMAGES, IMAGES_DOCKER, "{");
	ok(r.err == -EBADMSG, "what is no JSON is told to be none");
	rows_of_text(&r, PARSER_IMAGES, IMAGES_STORAGE, "[{\"id\":\"\xff\"}]");
	ok(r.err == -EBADMSG, "nor is what is no UTF-8");
	memset(deep, '[', IMAGES_BYTES_MAX + 1);
	rows_of(&r, PARSER_IMAGES, IMAGES_STORAGE, deep, IMAGES_BYTES_MAX);
	ok(r.err == -EBADMSG, "six million brackets end early");
	rows_of(&r, PARSER_IMAGES, IMAGES_STORAGE, deep, IMAGES_BYTES_MAX + 1);
	ok(r.err == -EFBIG, "one more is refused");
	rows_of(&r, PARSER_IMAGES, IMAGES_KIND_MAX, "[]", 2);
	ok(r.err == -EINVAL, "an unknown engine is refused");
	free(deep);
}

#define PAGES 6

/* v1 / k8s.io / images / NAME and containers / ID / image, on four pages. */
static void write_database(unsigned char image[PAGES * BOLT_PAGE])
{
	unsigned char version[512], spaces[16], images[16], containers[1024], one[512];
	const struct bolt_item of_one[] = { { "image", "reg.test:5000/a/b@sha256:cd", 27, 0 },
					    { "runtime", "", 0, 1 } };
	const struct bolt_item of_images[] = {
		{ "docker.io/cyberark/conjur:1.2", one, bolt_inline(one, NULL, 0), 1 },
		{ "reg.test/x:1", one, bolt_inline(one, NULL, 0), 1 },
	};
	struct bolt_item item;
	size_t len;

	memset(image, 0, PAGES * BOLT_PAGE);
	bolt_meta(image, 3);
	/* Page 5: images. */
	bolt_leaf(image + 5 * BOLT_PAGE, 5, of_images, 2);
	bolt_bucket(images, 5);
	/* Page 4: the namespace, with the containers within. */
	item = (struct bolt_item){ "c0ffee", one, bolt_inline(one, of_one, 2), 1 };
	len = bolt_inline(containers, &item, 1);
	bolt_leaf(image + 4 * BOLT_PAGE, 4,
		  (const struct bolt_item[]){ { "containers", containers, len, 1 },
					      { "images", images, 16, 1 },
					      { "leases", containers, len, 1 } },
		  3);
	bolt_bucket(spaces, 4);
	item = (struct bolt_item){ "k8s.io", spaces, 16, 1 };
	len = bolt_inline(version, &item, 1);
	item = (struct bolt_item){ "v1", version, len, 1 };
	bolt_leaf(image + 3 * BOLT_PAGE, 3, &item, 1);
}

static void set_flags(unsigned char *page, uint16_t flags)
{
	memcpy(page + 8, &flags, sizeof(flags));
}

static void test_bolt(void)
{
	static unsigned char image[PAGES * BOLT_PAGE];
	uint32_t branch[4] = { 16, 0, 3, 0 };
	const char *text;
	struct rows r;

	write_database(image);
	text = rows_of(&r, PARSER_IMAGES, IMAGES_CONTAINERD, image, sizeof(image));
	ok(!strcmp(text, "2: 1=reg.test:5000/a/b@sha256:cd 2=c0ffee 5=k8s.io|"
			 "1: 1=docker.io/cyberark/conjur:1.2 5=k8s.io|"
			 "1: 1=reg.test/x:1 5=k8s.io|") && !r.err,
	   "containerd's names are read from its database");
	if (r.err || !*text)
		printf("# %s (%d)\n", text, r.err);
	rows_of(&r, PARSER_IMAGES, IMAGES_CONTAINERD, image, 3 * BOLT_PAGE);
	ok(r.err == -EBADMSG && !r.cnt, "a database that was cut off is told to be one");
	image[16 + 20] ^= 1;
	rows_of(&r, PARSER_IMAGES, IMAGES_CONTAINERD, image, sizeof(image));
	ok(r.err == -EBADMSG && !r.cnt, "one whose checksum is wrong is none");
	/* A branch that leads to itself. */
	write_database(image);
	set_flags(image + 3 * BOLT_PAGE, 1);
	memcpy(image + 3 * BOLT_PAGE + 16, branch, sizeof(branch));
	rows_of(&r, PARSER_IMAGES, IMAGES_CONTAINERD, image, sizeof(image));
	ok(r.err == -EBADMSG && !r.cnt, "a page that leads to itself ends");
	/* Many that lead to themselves: the number of visits ends it. */
	for (uint16_t i = 0, cnt = 200; i < cnt; i++) {
		memcpy(image + 3 * BOLT_PAGE + 16 + 16u * i, branch, sizeof(branch));
		memcpy(image + 3 * BOLT_PAGE + 10, &cnt, sizeof(cnt));
	}
	rows_of(&r, PARSER_IMAGES, IMAGES_CONTAINERD, image, sizeof(image));
	ok(r.err == -E2BIG, "and two hundred ways to itself do too");
	rows_of(&r, PARSER_IMAGES, IMAGES_CONTAINERD, "x", 1);
	ok(r.err == -EBADMSG, "no database at all is told to be none");
}

int main(void)
{
	test_json();
	test_bolt();
	return tap_done();
}
