// SPDX-License-Identifier: GPL-2.0-only
#include "sense/bpf_objects.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

struct bpf_reader {
	struct btf *types; /* NULL: not read yet, or there are none */
	bool is_asked;
};

static const char *const kind_names[BPF_OBJECT_KIND_MAX] = {
	[BPF_OBJECT_PROG] = "program",
	[BPF_OBJECT_MAP] = "map",
	[BPF_OBJECT_LINK] = "link",
};

const char *bpf_object_kind_name(enum bpf_object_kind kind)
{
	return kind_names[kind];
}

int bpf_reader_new(struct bpf_reader **ret)
{
	uint32_t next;

	/* Without the right to list, every other question fails the same way. */
	if (bpf_prog_get_next_id(0, &next) && errno != ENOENT)
		return -errno;
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

struct bpf_reader *bpf_reader_free(struct bpf_reader *r)
{
	if (r)
		btf__free(r->types);
	free(r);
	return NULL;
}

/* Is this the id of the kernel's own types? Modules and programs have theirs. */
static bool is_kernel_types(uint32_t object)
{
	CLEANUP(close_fdp) int fd = object ? bpf_btf_get_fd_by_id(object) : -1;
	struct bpf_btf_info info = { 0 };
	uint32_t len = sizeof(info);
	char name[64] = "";

	info.name = (uint64_t)(uintptr_t)name;
	info.name_len = sizeof(name);
	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf &&
	       !strcmp(name, "vmlinux");
}

/* The kernel function with this id among the types @object; NULL: not known. */
static const char *function_name(struct bpf_reader *r, uint32_t object, uint32_t id)
{
	const struct btf_type *t;

	if (!id || !is_kernel_types(object))
		return NULL;
	if (!r->is_asked) {
		r->is_asked = true;
		r->types = btf__load_vmlinux_btf();
	}
	t = r->types ? btf__type_by_id(r->types, id) : NULL;
	return t ? btf__name_by_offset(r->types, t->name_off) : NULL;
}

/* Kernels know more types than the library that was built against. */
static void keep_type(struct bpf_object *o, const char *name, uint32_t type)
{
	if (name)
		snprintf(o->type, sizeof(o->type), "%s", name);
	else
		snprintf(o->type, sizeof(o->type), "type %u", type);
}

static const char *attach_name(uint32_t type)
{
	const char *name = libbpf_bpf_attach_type_str((enum bpf_attach_type)type);

	return name ? name : "attached";
}

static int read_prog(struct bpf_reader *r, int fd, struct bpf_object *o)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	const char *target;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	keep_type(o, libbpf_bpf_prog_type_str((enum bpf_prog_type)info.type), info.type);
	snprintf(o->name, sizeof(o->name), "%.*s", (int)sizeof(info.name), info.name);
	for (size_t i = 0; i < sizeof(info.tag); i++)
		snprintf(o->tag + i * 2, 3, "%02x", info.tag[i]);
	o->load_ns = info.load_time;
	target = function_name(r, info.attach_btf_obj_id, info.attach_btf_id);
	if (target)
		snprintf(o->attach, sizeof(o->attach), "%s", target);
	return 0;
}

static int read_map(int fd, struct bpf_object *o)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	keep_type(o, libbpf_bpf_map_type_str((enum bpf_map_type)info.type), info.type);
	snprintf(o->name, sizeof(o->name), "%.*s", (int)sizeof(info.name), info.name);
	return 0;
}

static void describe_link(struct bpf_reader *r, const struct bpf_link_info *info, const char *text,
			  struct bpf_object *o)
{
	const char *target;

	switch (info->type) {
	case BPF_LINK_TYPE_RAW_TRACEPOINT:
	case BPF_LINK_TYPE_ITER:
		snprintf(o->attach, sizeof(o->attach), "%s", text);
		break;
	case BPF_LINK_TYPE_TRACING:
		target = function_name(r, info->tracing.target_obj_id,
				       info->tracing.target_btf_id);
		snprintf(o->attach, sizeof(o->attach), "%s%s%s",
			 attach_name(info->tracing.attach_type), target ? " of " : "",
			 target ? target : "");
		break;
	case BPF_LINK_TYPE_CGROUP:
		snprintf(o->attach, sizeof(o->attach), "%s of control group %llu",
			 attach_name(info->cgroup.attach_type),
			 (unsigned long long)info->cgroup.cgroup_id);
		break;
	case BPF_LINK_TYPE_NETNS:
		snprintf(o->attach, sizeof(o->attach), "%s of network namespace %u",
			 attach_name(info->netns.attach_type), info->netns.netns_ino);
		break;
	case BPF_LINK_TYPE_XDP:
		snprintf(o->attach, sizeof(o->attach), "interface %u", info->xdp.ifindex);
		break;
	default:
		break;
	}
}

static int read_link(struct bpf_reader *r, int fd, struct bpf_object *o)
{
	struct bpf_link_info info = { 0 };
	uint32_t len = sizeof(info);
	char text[128] = "";

	/* The first question tells the type; only two of them have a text to fill in. */
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.type == BPF_LINK_TYPE_RAW_TRACEPOINT || info.type == BPF_LINK_TYPE_ITER) {
		uint32_t type = info.type;

		info = (struct bpf_link_info){ 0 };
		if (type == BPF_LINK_TYPE_ITER) {
			info.iter.target_name = (uint64_t)(uintptr_t)text;
			info.iter.target_name_len = sizeof(text);
		} else {
			info.raw_tracepoint.tp_name = (uint64_t)(uintptr_t)text;
			info.raw_tracepoint.tp_name_len = sizeof(text);
		}
		len = sizeof(info);
		if (bpf_obj_get_info_by_fd(fd, &info, &len))
			return -errno;
	}
	keep_type(o, libbpf_bpf_link_type_str((enum bpf_link_type)info.type), info.type);
	o->prog_id = info.prog_id;
	describe_link(r, &info, text, o);
	return 0;
}

int bpf_object_read(struct bpf_reader *r, enum bpf_object_kind kind, uint32_t id,
		    struct bpf_object *ret)
{
	static int (*const open_by_id[BPF_OBJECT_KIND_MAX])(uint32_t id) = {
		[BPF_OBJECT_PROG] = bpf_prog_get_fd_by_id,
		[BPF_OBJECT_MAP] = bpf_map_get_fd_by_id,
		[BPF_OBJECT_LINK] = bpf_link_get_fd_by_id,
	};
	CLEANUP(close_fdp) int fd = open_by_id[kind](id);
	struct bpf_object o = { .kind = kind, .id = id };
	int err;

	if (fd < 0)
		return -errno;
	if (kind == BPF_OBJECT_PROG)
		err = read_prog(r, fd, &o);
	else if (kind == BPF_OBJECT_MAP)
		err = read_map(fd, &o);
	else
		err = read_link(r, fd, &o);
	if (!err)
		*ret = o;
	return err;
}

int bpf_pin_read(const char *path, enum bpf_object_kind *ret_kind, uint32_t *ret_id)
{
	static const char *const targets[BPF_OBJECT_KIND_MAX] = {
		[BPF_OBJECT_PROG] = "anon_inode:bpf-prog",
		[BPF_OBJECT_MAP] = "anon_inode:bpf-map",
		[BPF_OBJECT_LINK] = "anon_inode:bpf_link",
	};
	CLEANUP(close_fdp) int fd = bpf_obj_get(path);
	/* All three begin with type and id. */
	struct bpf_prog_info info = { 0 };
	uint32_t len = 8;
	char link[32], target[64];
	ssize_t got;

	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	got = readlink(link, target, sizeof(target) - 1);
	if (got <= 0)
		return -EIO;
	target[got] = '\0';
	for (unsigned int kind = 0; kind < BPF_OBJECT_KIND_MAX; kind++) {
		if (strcmp(target, targets[kind]) != 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &len))
			return -errno;
		*ret_kind = kind;
		*ret_id = info.id;
		return 0;
	}
	return -EINVAL;
}
