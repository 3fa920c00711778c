/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel modules on the disk: the installed ones of every kernel, and the
 * files that say which to load at boot. Works for a root that does not run.
 */
#ifndef WEIR_COLLECT_MODULE_FILES_H
#define WEIR_COLLECT_MODULE_FILES_H

#include "collect/survey.h"

/* 0, -ENOMEM, or what the survey's take() returned. */
int module_files(struct survey *s);

/* Is the file at @path, @len bytes long, that of the module @name ("-" is "_")? */
bool module_file_is(const char *path, size_t len, const char *name);

/*
 * The name of the module in the file @path, as the kernel writes it, into @buf;
 * false: it is no module's. "x-y.ko.xz" is x_y.
 */
bool module_name_of(const char *path, size_t len, char *buf, size_t size);

#endif /* WEIR_COLLECT_MODULE_FILES_H */
