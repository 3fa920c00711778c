/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the control group of a process says about it: the systemd units and
 * the container it runs in. Read from text, as the kernel shows it.
 */
#ifndef WEIR_COLLECT_CGROUP_PATH_H
#define WEIR_COLLECT_CGROUP_PATH_H

#include <stddef.h>

/*
 * @text: /proc/PID/cgroup; it is cut up. The services on the way, the innermost
 * first, go to @services; *ret_unit is the innermost unit of any kind but a
 * slice, *ret_container the engine's id or the machine's name; NULL where there
 * is none. All are the caller's to free(). 0 or -ENOMEM.
 */
int cgroup_names(char *text, char **services, size_t service_max, char **ret_unit,
		 char **ret_container);

#endif /* WEIR_COLLECT_CGROUP_PATH_H */
