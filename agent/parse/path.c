// SPDX-License-Identifier: GPL-2.0-only
#include "parse/path.h"

#include <string.h>

#include <weir/limits.h>

bool path_is_normal(const char *path)
{
	if (*path != '/' || strlen(path) >= WEIR_PATH_MAX)
		return false;
	if (!path[1])
		return true;
	while (*path) {
		size_t len = strcspn(++path, "/");

		if (!len || (len <= 2 && !strncmp(path, "..", len)))
			return false;
		path += len;
	}
	return true;
}
