// SPDX-License-Identifier: GPL-2.0-only
#include "parse/images.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "parse/bolt.h"
#include "parse/input.h"

/* NULL when it is absent or no text. */
static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void add_names(struct reply *out, const json_t *list)
{
	size_t i;
	json_t *name;

	json_array_foreach(list, i, name)
		reply_text(out, IMAGES_TAG_NAME, json_string_value(name));
}

/* {"Repositories": {"alpine": {"alpine:3": "sha256:...", "alpine@sha256:...": ...}}} */
static int tell_docker(const json_t *root, struct reply *out)
{
	json_t *repositories = json_object_get(root, "Repositories"), *references, *id;
	const char *repository, *reference;
	int err = 0;

	json_object_foreach(repositories, repository, references) {
		json_object_foreach(references, reference, id) {
			reply_begin(out, IMAGES_ROW_IMAGE);
			reply_text(out, IMAGES_TAG_NAME, reference);
			reply_text(out, IMAGES_TAG_ID, json_string_value(id));
			err = reply_end(out);
			if (err)
				return err;
		}
	}
	return 0;
}

static int tell_docker_container(const json_t *root, struct reply *out)
{
	const json_t *state = json_object_get(root, "State");
	const char *title = text_of(root, "Name");

	reply_begin(out, IMAGES_ROW_CONTAINER);
	reply_text(out, IMAGES_TAG_NAME, text_of(json_object_get(root, "Config"), "Image"));
	reply_text(out, IMAGES_TAG_ID, text_of(root, "ID"));
	reply_text(out, IMAGES_TAG_TITLE, title && *title == '/' ? title + 1 : title);
	reply_u64(out, IMAGES_TAG_IS_RUNNING, json_is_true(json_object_get(state, "Running")));
	return reply_end(out);
}

/* [{"id": "...", "names": ["docker.io/library/alpine:3"], "layer": "..."}] */
static int tell_storage(const json_t *root, struct reply *out)
{
	json_t *image;
	int err = 0;
	size_t i;

	json_array_foreach(root, i, image) {
		reply_begin(out, IMAGES_ROW_IMAGE);
		add_names(out, json_object_get(image, "names"));
		add_names(out, json_object_get(image, "names-history"));
		reply_text(out, IMAGES_TAG_ID, text_of(image, "id"));
		reply_text(out, IMAGES_TAG_LAYER, text_of(image, "layer"));
		err = reply_end(out);
		if (err)
			return err;
	}
	return 0;
}

/* What podman knows of a container stands in a text that is JSON again. */
static void add_metadata(struct reply *out, const char *text)
{
	json_auto_t *metadata = NULL;

	if (!text)
		return;
	metadata = json_loads(text, 0, NULL);
	reply_text(out, IMAGES_TAG_NAME, text_of(metadata, "image-name"));
	reply_text(out, IMAGES_TAG_TITLE, text_of(metadata, "name"));
}

static int tell_storage_containers(const json_t *root, struct reply *out)
{
	json_t *container;
	int err = 0;
	size_t i;

	json_array_foreach(root, i, container) {
		const json_t *names = json_object_get(container, "names");

		reply_begin(out, IMAGES_ROW_CONTAINER);
		add_metadata(out, text_of(container, "metadata"));
		reply_text(out, IMAGES_TAG_ID, text_of(container, "id"));
		reply_text(out, IMAGES_TAG_LAYER, text_of(container, "layer"));
		reply_text(out, IMAGES_TAG_TITLE, json_string_value(json_array_get(names, 0)));
		err = reply_end(out);
		if (err)
			return err;
	}
	return 0;
}

static int tell_oci(const json_t *root, struct reply *out)
{
	static const char *const keys[] = {
		"io.containerd.image.name",
		"org.opencontainers.image.ref.name",
	};
	json_t *manifest;
	int err = 0;
	size_t i;

	json_array_foreach(json_object_get(root, "manifests"), i, manifest) {
		const json_t *annotations = json_object_get(manifest, "annotations");

		reply_begin(out, IMAGES_ROW_IMAGE);
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			reply_text(out, IMAGES_TAG_NAME, text_of(annotations, keys[k]));
		reply_text(out, IMAGES_TAG_ID, text_of(manifest, "digest"));
		err = reply_end(out);
		if (err)
			return err;
	}
	return 0;
}

static int (*const tellers[IMAGES_KIND_MAX])(const json_t *root, struct reply *out) = {
	[IMAGES_DOCKER] = tell_docker,
	[IMAGES_DOCKER_CONTAINER] = tell_docker_container,
	[IMAGES_STORAGE] = tell_storage,
	[IMAGES_STORAGE_CONTAINERS] = tell_storage_containers,
	[IMAGES_OCI] = tell_oci,
};

int images_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		 struct reply *out)
{
	json_auto_t *root = NULL;
	CLEANUP(freep) char *text = NULL;
	json_error_t why;
	size_t len;
	int err;

	(void)ctx;
	if (ask_len != 1 || (unsigned char)*ask >= IMAGES_KIND_MAX)
		return -EINVAL;
	if (*ask == IMAGES_CONTAINERD)
		return bolt_images(fd, out);
	err = input_text(fd, IMAGES_BYTES_MAX, &text, &len);
	if (err)
		return err;
	root = json_loadb(text, len, 0, &why);
	if (!root)
		return json_error_code(&why) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
	return tellers[(unsigned char)*ask](root, out);
}
