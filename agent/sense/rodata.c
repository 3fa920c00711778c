// SPDX-License-Identifier: GPL-2.0-only
#include "sense/rodata.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

int rodata_set(struct bpf_object *object, const char *name, uint64_t value)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	const struct btf_var_secinfo *var;
	const struct btf_type *sec, *t;
	CLEANUP(freep) char *data = NULL;
	const void *initial;
	size_t size = 0;
	int i, id;

	id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
	if (!map || id < 0)
		return -ENOENT;
	initial = bpf_map__initial_value(map, &size);
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	memcpy(data, initial, size);
	sec = btf__type_by_id(btf, id);
	var = btf_var_secinfos(sec);
	for (i = 0; i < btf_vlen(sec); i++) {
		t = btf__type_by_id(btf, var[i].type);
		if (strcmp(btf__name_by_offset(btf, t->name_off), name))
			continue;
		if (var[i].size > sizeof(value) || var[i].offset + var[i].size > size)
			return -EINVAL;
		memcpy(data + var[i].offset, &value, var[i].size);
		return bpf_map__set_initial_value(map, data, size);
	}
	return -ENOENT;
}
