// SPDX-License-Identifier: GPL-2.0-only
/* Files of the state directory: what is read back, and what never takes its place. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/state_file.h"
#include "tap.h"

#define LIMIT (4L << 20)

/* A file of @text that is @size bytes long, the rest of it a hole; read. */
static int read_back(const char *dir, const char *text, long size)
{
	char path[128];
	CLEANUP(close_fdp) int fd = -1;
	json_t *all = NULL;
	int err;

	snprintf(path, sizeof(path), "%s/state.json", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 || (size && ftruncate(fd, size)))
		return -EIO;
	err = state_read(path, &all);
	json_decref(all);
	unlink(path);
	return err;
}

int main(void)
{
	char dir[] = "/tmp/weir-state-XXXXXX";
	json_t *all = NULL;

	if (!mkdtemp(dir))
		return 1;
	ok(!read_back(dir, "{\"a\": 1}", 0), "an object is read");
	ok(read_back(dir, "[1]", 0) == -EINVAL, "anything else is damaged");
	ok(read_back(dir, "{\"a\": 1, \"a\": 2}", 0) == -EINVAL, "so is what says a thing twice");
	ok(read_back(dir, "{}", LIMIT + 1) == -EINVAL, "and what is too large");
	ok(state_read(dir, &all) == -EINVAL, "a directory is no state");
	rmdir(dir);
	ok(state_read(dir, &all) == -ENOENT, "what is not there is told apart");
	ok(state_write("/nonexistent/state", "", LIMIT + 1) == -EFBIG,
	   "what could not be read again is not written");
	return tap_done();
}
