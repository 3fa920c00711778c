/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The GNU build-id of a file, which is taken for hostile: every offset and
 * length in it may be a lie, and it may change while it is read.
 *
 * A build-id is a claim that anybody can make. It may stop a file; it never
 * lets one run.
 */
#ifndef WEIR_BUILDID_H
#define WEIR_BUILDID_H

#include <weir/event.h>

struct file;

/*
 * Sleeps. 0; -EINVAL: no regular file that can be read; -ENOEXEC: no ELF file
 * that we understand; -ENODATA: no build-id among the notes we look at.
 */
int weir_file_build_id(struct file *file, struct weir_build_id *ret_id);

#endif /* WEIR_BUILDID_H */
