/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BPF objects of anybody: programs, maps and links by their ids, and what is
 * pinned. Only read; opening one holds it for the moment of the question.
 */
#ifndef WEIR_SENSE_BPF_OBJECTS_H
#define WEIR_SENSE_BPF_OBJECTS_H

#include <stdint.h>

enum bpf_object_kind { BPF_OBJECT_PROG, BPF_OBJECT_MAP, BPF_OBJECT_LINK, BPF_OBJECT_KIND_MAX };

struct bpf_object {
	enum bpf_object_kind kind;
	uint32_t id;
	uint32_t prog_id;  /* of a link: what it runs, 0: nothing */
	char name[32];	   /* as its maker called it, may be "" */
	char type[40];	   /* "kprobe", "hash", "type 33" */
	char attach[256];  /* where: "lsm_mac of bprm_check_security"; "": not known */
	char tag[17];	   /* of a program: which code it is */
	uint64_t load_ns;  /* of a program: since boot */
};

struct bpf_reader; /* private: the kernel's types, read when first needed */

/* 0 and *ret the caller's, -EPERM: not for us, or -ENOMEM. */
int bpf_reader_new(struct bpf_reader **ret);
struct bpf_reader *bpf_reader_free(struct bpf_reader *r); /* NULL; takes NULL */

/* 0, -ENOENT: gone, or -errno. */
int bpf_object_read(struct bpf_reader *r, enum bpf_object_kind kind, uint32_t id,
		    struct bpf_object *ret);

/* Which object the file @path of a BPF file system is. 0 or -errno. */
int bpf_pin_read(const char *path, enum bpf_object_kind *ret_kind, uint32_t *ret_id);

/* "program", "map", "link" */
const char *bpf_object_kind_name(enum bpf_object_kind kind);

#endif /* WEIR_SENSE_BPF_OBJECTS_H */
