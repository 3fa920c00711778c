/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The root of the cgroup v2 hierarchy, where the connect programs hang. On
 * hosts that boot with v1 controllers a v2 hierarchy exists all the same; when
 * it is mounted nowhere it is mounted privately at @fallback.
 */
#ifndef WEIR_SENSE_CGROUP_H
#define WEIR_SENSE_CGROUP_H

/* A descriptor that the caller closes, or -errno. */
int cgroup_root_open(const char *fallback);

#endif /* WEIR_SENSE_CGROUP_H */
