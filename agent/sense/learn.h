/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel calls a file: keys of open descriptors, never from stat().
 */
#ifndef WEIR_SENSE_LEARN_H
#define WEIR_SENSE_LEARN_H

#include <weir/event.h>

struct learner;

struct bpf_object;

/* @object has weir_learn loaded and outlives the learner. 0 or -errno. */
int learner_open(struct bpf_object *object, struct learner **ret);
struct learner *learner_close(struct learner *l); /* returns NULL; takes NULL */

/*
 * Keys of @cnt descriptors of this process (O_PATH ones too) into @keys, in
 * one pass. With @l NULL they are made from fstat(2), which is right on file
 * systems whose st_dev is the kernel's own. 0 or -errno; a descriptor that
 * the kernel did not report gets a key of all zeros.
 */
int learner_keys(struct learner *l, const int *fds, struct weir_file *keys, unsigned int cnt);

#endif /* WEIR_SENSE_LEARN_H */
