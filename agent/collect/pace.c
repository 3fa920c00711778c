// SPDX-License-Identifier: GPL-2.0-only
#include "collect/pace.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int pace_idle(void)
{
	const struct sched_param none = { 0 };
	int err = 0;

	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		    IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)))
		err = -errno;
	if (setpriority(PRIO_PROCESS, 0, 19))
		err = -errno;
	/* Not SCHED_IDLE: on a busy host the inventory would never end. */
	if (sched_setscheduler(0, SCHED_BATCH, &none))
		err = -errno;
	return err;
}
