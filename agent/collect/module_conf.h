/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which modules the boot loads, and what modprobe was told about them.
 */
#ifndef WEIR_COLLECT_MODULE_CONF_H
#define WEIR_COLLECT_MODULE_CONF_H

#include "collect/survey.h"

/* 0, -ENOMEM, or what the survey's take() returned. */
int module_conf(struct survey *s);

#endif /* WEIR_COLLECT_MODULE_CONF_H */
