// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/canary.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void canary_path(char *path, size_t size)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	snprintf(path, size, "/usr/lib/weir/canary");
	if (!access(path, X_OK) || n <= 0)
		return;
	self[n] = '\0';
	slash = strrchr(self, '/');
	*slash = '\0';
	snprintf(path, size, "%s/canary", self);
}
