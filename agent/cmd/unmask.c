// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/unmask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/lock.h"

void unmask_units(const char *product)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unsigned int cnt, left;
	struct host h = { 0 };

	host_read(root, &h);
	cnt = switch_undo(SWITCH_FILE, h.boot_id, product, &left);
	if (cnt)
		printf("weir: %u units unmasked; none is started\n", cnt);
	if (left)
		fprintf(stderr, "weir: %u units could not be unmasked: they stay so until the next "
				"boot, or `systemctl --runtime unmask`\n", left);
}

void unmask_without_agent(const char *product)
{
	CLEANUP(close_fdp) int lock = -1;

	/* Nothing was ever masked: not even the lock's directory is made. */
	if (access(SWITCH_FILE, F_OK))
		return;
	lock = lock_keep_out(AGENT_LOCK, false);
	if (lock >= 0)
		unmask_units(product);
}
