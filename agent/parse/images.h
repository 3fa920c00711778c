/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images: the indexes in which container engines keep the names of images, and
 * of which image each container is.
 *
 * One row for each. The question is one byte, enum images_kind. The formats
 * are the engines' own, JSON but for containerd's, which is a bolt database.
 */
#ifndef WEIR_PARSE_IMAGES_H
#define WEIR_PARSE_IMAGES_H

#include "parse/parsers.h"

/* A larger file of JSON: -EFBIG. In memory it takes twenty times as much. */
#define IMAGES_BYTES_MAX (6u << 20)

enum images_kind {
	IMAGES_DOCKER,		 /* image/DRIVER/repositories.json */
	IMAGES_DOCKER_CONTAINER, /* containers/ID/config.v2.json */
	IMAGES_STORAGE,		 /* containers-storage: DRIVER-images/images.json */
	IMAGES_STORAGE_CONTAINERS, /* DRIVER-containers/containers.json */
	IMAGES_OCI,		   /* index.json of an OCI layout */
	IMAGES_CONTAINERD,	   /* io.containerd.metadata.v1.bolt/meta.db */
	IMAGES_KIND_MAX,
};

enum images_row { IMAGES_ROW_IMAGE = 1, IMAGES_ROW_CONTAINER };

enum images_tag {
	IMAGES_TAG_NAME = 1, /* of the image, as the engine has it; more than one */
	IMAGES_TAG_ID,	     /* of the image or the container */
	IMAGES_TAG_LAYER,    /* the topmost */
	IMAGES_TAG_TITLE,    /* what a container is called */
	IMAGES_TAG_SPACE,    /* containerd's namespace: "k8s.io" */
	IMAGES_TAG_IS_RUNNING, /* u64; as it was written last */
};

int images_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		 struct reply *out);

#endif /* WEIR_PARSE_IMAGES_H */
