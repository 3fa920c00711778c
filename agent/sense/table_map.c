// SPDX-License-Identifier: GPL-2.0-only
#include "sense/table_map.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "sense/module_gate.h"

/* Room for files that are identified while the table is in force. */
#define SPARE_FILES 4096

/* Entries a system call takes at once; older kernels take them one by one. */
#define BATCH 4096

/* Bytes that go to the module at once: an attribute has 64 KiB. */
#define PIECE 60000

/* Loaded from a buffer a module has no file: what is known of it is not the module's. */
#define NOT_THERE WEIR_KIND_MAX

static const struct {
	const char *outer;
	enum bpf_map_type type;
	uint32_t key_size, value_size, flags;
	uint32_t has; /* WEIR_HAS_* when it is not empty */
	uint32_t there; /* what the kernel module calls it, or NOT_THERE */
} kinds[] = {
	[KIND_RULES] = { "weir_rules", BPF_MAP_TYPE_HASH, 4, sizeof(struct weir_rule), 0, 0,
			 WEIR_KIND_RULES },
	[KIND_GUARD] = { "weir_guard", BPF_MAP_TYPE_HASH, sizeof(struct weir_file), 4, 0, 0,
			 WEIR_KIND_GUARD },
	[KIND_FILES] = { "weir_files", BPF_MAP_TYPE_HASH, sizeof(struct weir_file),
			 sizeof(struct weir_key), 0, WEIR_HAS_FILES, WEIR_KIND_FILES },
	[KIND_DIRS] = { "weir_dirs", BPF_MAP_TYPE_HASH, sizeof(struct weir_file),
			sizeof(struct weir_key), 0, WEIR_HAS_DIRS, WEIR_KIND_DIRS },
	[KIND_MODULES] = { "weir_modules", BPF_MAP_TYPE_HASH, sizeof(struct weir_module_name),
			   sizeof(struct weir_key), 0, WEIR_HAS_MODULES, NOT_THERE },
	[KIND_SIZES] = { "weir_sizes", BPF_MAP_TYPE_HASH, 8, sizeof(struct weir_key), 0,
			 WEIR_HAS_HASHES, WEIR_KIND_SIZES },
	[KIND_HASHES] = { "weir_hashes", BPF_MAP_TYPE_HASH, WEIR_SHA256_LEN,
			  sizeof(struct weir_key), 0, WEIR_HAS_HASHES, WEIR_KIND_HASHES },
	[KIND_BUILD_IDS] = { "weir_build_ids", BPF_MAP_TYPE_HASH, sizeof(struct weir_build_id),
			     sizeof(struct weir_key), 0, WEIR_HAS_BUILD_IDS, WEIR_KIND_BUILD_IDS },
	[KIND_PREFIX4] = { "weir_prefix4", BPF_MAP_TYPE_LPM_TRIE, sizeof(struct weir_prefix4),
			   sizeof(struct weir_ports), BPF_F_NO_PREALLOC, WEIR_HAS_PREFIX4,
			   WEIR_KIND_PREFIX4 },
	[KIND_PREFIX6] = { "weir_prefix6", BPF_MAP_TYPE_LPM_TRIE, sizeof(struct weir_prefix6),
			   sizeof(struct weir_ports), BPF_F_NO_PREALLOC, WEIR_HAS_PREFIX6,
			   WEIR_KIND_PREFIX6 },
	[KIND_EXEMPTIONS] = { "weir_exemptions", BPF_MAP_TYPE_HASH, sizeof(struct weir_scope),
			      sizeof(struct weir_exemptions), 0, WEIR_HAS_EXEMPTIONS,
			      WEIR_KIND_EXEMPTIONS },
	[KIND_INSTALLED] = { "weir_installed", BPF_MAP_TYPE_HASH, sizeof(struct weir_installed),
			     4, 0, WEIR_HAS_INSTALLED, WEIR_KIND_INSTALLED },
	[KIND_CONTENTS] = { "weir_contents", BPF_MAP_TYPE_HASH, sizeof(struct weir_sha256), 4, 0,
			    WEIR_HAS_INSTALLED, WEIR_KIND_CONTENTS },
};
_Static_assert(ARRAY_SIZE(kinds) == KIND_MAX, "every kind has a row");

/* Keys and values of one map on their way into the kernel. */
struct filling {
	int map;
	uint32_t key_size, value_size, cnt;
	bool singly; /* this kernel has no batches for the type */
	char *keys, *values;
	struct module_gate *module; /* gets the same; NULL: nothing */
	enum table_kind kind;
};

static void filling_free(struct filling *f)
{
	free(f->keys);
	free(f->values);
}

static int filling_start(struct filling *f, int map, enum table_kind kind,
			 struct module_gate *module)
{
	*f = (struct filling){ .map = map,
			       .key_size = kinds[kind].key_size,
			       .value_size = kinds[kind].value_size,
			       .module = kinds[kind].there == NOT_THERE ? NULL : module,
			       .kind = kind };
	f->keys = malloc((size_t)BATCH * f->key_size);
	f->values = malloc((size_t)BATCH * f->value_size);
	return f->keys && f->values ? 0 : -ENOMEM;
}

static int put_singly(struct filling *f)
{
	uint32_t i;

	for (i = 0; i < f->cnt; i++)
		if (bpf_map_update_elem(f->map, f->keys + (size_t)i * f->key_size,
					f->values + (size_t)i * f->value_size, BPF_ANY))
			return -errno;
	return 0;
}

/* Key and value back to back, in as many pieces as it takes. */
static int tell_module(const struct filling *f)
{
	const size_t each = f->key_size + f->value_size;
	CLEANUP(freep) char *piece = malloc(PIECE);
	size_t len = 0;
	int err = piece ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < f->cnt && !err; i++) {
		memcpy(piece + len, f->keys + (size_t)i * f->key_size, f->key_size);
		memcpy(piece + len + f->key_size, f->values + (size_t)i * f->value_size,
		       f->value_size);
		len += each;
		if (len + each <= PIECE && i + 1 < f->cnt)
			continue;
		err = module_gate_add(f->module, kinds[f->kind].there, piece, len);
		len = 0;
	}
	return err;
}

static int filling_flush(struct filling *f)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t cnt = f->cnt;
	int err = f->module ? tell_module(f) : 0;

	if (err)
		return err;
	if (cnt && !f->singly && bpf_map_update_batch(f->map, f->keys, f->values, &cnt, &opts))
		f->singly = true;
	if (f->singly)
		err = put_singly(f);
	f->cnt = 0;
	return err;
}

static int put(struct filling *f, const void *key, const void *value)
{
	memcpy(f->keys + (size_t)f->cnt * f->key_size, key, f->key_size);
	memcpy(f->values + (size_t)f->cnt * f->value_size, value, f->value_size);
	return ++f->cnt == BATCH ? filling_flush(f) : 0;
}

static int put_rules(struct filling *f, const struct table_plan *p)
{
	uint32_t i;
	int err = 0;

	for (i = 1; i < p->compiled->rule_cnt && !err; i++)
		err = put(f, &i, &p->compiled->rules[i]);
	return err;
}

static int put_guard(struct filling *f, const struct table_plan *p)
{
	uint32_t one = 1;
	size_t i;
	int err = 0;

	for (i = 0; i < p->guard_cnt && !err; i++)
		err = put(f, &p->guard[i], &one);
	return err;
}

static int put_files(struct filling *f, const struct file_entry *e, size_t cnt)
{
	size_t i;
	int err = 0;

	for (i = 0; i < cnt && !err; i++)
		err = put(f, &e[i].file, &e[i].key);
	return err;
}

static int put_modules(struct filling *f, const struct table_plan *p)
{
	size_t i;
	int err = 0;

	for (i = 0; i < p->module_cnt && !err; i++)
		err = put(f, &p->modules[i].name, &p->modules[i].key);
	return err;
}

static int put_sizes(struct filling *f, const struct table_plan *p)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < p->compiled->hash_cnt && !err; i++)
		err = put(f, &p->compiled->hashes[i].size, &p->compiled->hashes[i].key);
	return err;
}

static int put_hashes(struct filling *f, const struct table_plan *p)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < p->compiled->hash_cnt && !err; i++)
		err = put(f, p->compiled->hashes[i].sha256, &p->compiled->hashes[i].key);
	return err;
}

static int put_build_ids(struct filling *f, const struct table_plan *p)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < p->compiled->build_id_cnt && !err; i++)
		err = put(f, &p->compiled->build_ids[i].id, &p->compiled->build_ids[i].key);
	return err;
}

static int put_prefixes(struct filling *f, const struct table_plan *p, int family)
{
	const struct prefix_key *k;
	struct weir_prefix6 key;
	uint32_t i;
	int err = 0;

	/* Both key types begin alike; the shorter one is the front of the longer. */
	for (i = 0; i < p->compiled->prefix_cnt && !err; i++) {
		k = &p->compiled->prefixes[i];
		if (k->family != family)
			continue;
		key.len = k->len;
		memcpy(key.addr, k->addr, sizeof(key.addr));
		err = put(f, &key, &k->ports);
	}
	return err;
}

static int put_exemptions(struct filling *f, const struct table_plan *p)
{
	int err = 0;

	for (size_t i = 0; i < p->exemption_cnt && !err; i++)
		err = put(f, &p->exemptions[i].scope, &p->exemptions[i].of);
	return err;
}

static int put_installed(struct filling *f, const struct table_plan *p)
{
	uint32_t one = 1;
	int err = 0;

	for (size_t i = 0; i < p->installed_cnt && !err; i++)
		err = put(f, &p->installed[i], &one);
	return err;
}

static int put_contents(struct filling *f, const struct table_plan *p)
{
	uint32_t one = 1;
	int err = 0;

	for (size_t i = 0; i < p->content_cnt && !err; i++)
		err = put(f, &p->contents[i], &one);
	return err;
}

static int put_kind(struct filling *f, const struct table_plan *p, enum table_kind kind)
{
	switch (kind) {
	case KIND_RULES:
		return put_rules(f, p);
	case KIND_GUARD:
		return put_guard(f, p);
	case KIND_FILES:
		return put_files(f, p->files, p->file_cnt);
	case KIND_DIRS:
		return put_files(f, p->dirs, p->dir_cnt);
	case KIND_MODULES:
		return put_modules(f, p);
	case KIND_SIZES:
		return put_sizes(f, p);
	case KIND_HASHES:
		return put_hashes(f, p);
	case KIND_BUILD_IDS:
		return put_build_ids(f, p);
	case KIND_EXEMPTIONS:
		return put_exemptions(f, p);
	case KIND_INSTALLED:
		return put_installed(f, p);
	case KIND_CONTENTS:
		return put_contents(f, p);
	case KIND_PREFIX4:
		return put_prefixes(f, p, AF_INET);
	default:
		return put_prefixes(f, p, AF_INET6);
	}
}

static size_t entries_of(const struct table_plan *p, enum table_kind kind)
{
	switch (kind) {
	case KIND_RULES:
		return p->compiled->rule_cnt;
	case KIND_GUARD:
		return p->guard_cnt;
	case KIND_FILES:
		return p->file_cnt;
	case KIND_DIRS:
		return p->dir_cnt;
	case KIND_MODULES:
		return p->module_cnt;
	case KIND_SIZES:
	case KIND_HASHES:
		return p->compiled->hash_cnt;
	case KIND_BUILD_IDS:
		return p->compiled->build_id_cnt;
	case KIND_EXEMPTIONS:
		return p->exemption_cnt;
	case KIND_INSTALLED:
		return p->installed_cnt;
	case KIND_CONTENTS:
		return p->content_cnt;
	default:
		return p->compiled->prefix_cnt;
	}
}

static int fill(int map, const struct table_plan *p, enum table_kind kind,
		struct module_gate *module)
{
	CLEANUP(filling_free) struct filling f = {};
	int err = filling_start(&f, map, kind, module);

	if (!err)
		err = put_kind(&f, p, kind);
	return err ? err : filling_flush(&f);
}

const char *table_map_outer(enum table_kind kind)
{
	return kinds[kind].outer;
}

int table_map_new(const struct table_plan *p, enum table_kind kind, struct module_gate *module,
		  uint32_t *has)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = kinds[kind].flags);
	CLEANUP(close_fdp) int map = -1;
	size_t cnt = entries_of(p, kind);
	int err;

	if (cnt)
		*has |= kinds[kind].has;
	/* Files are added while the table is in force, so there is always room. */
	if (kind == KIND_GUARD)
		cnt += SPARE_FILES;
	if (kind == KIND_FILES) {
		cnt += SPARE_FILES;
		*has |= WEIR_HAS_FILES;
	}
	map = bpf_map_create(kinds[kind].type, "weir_table", kinds[kind].key_size,
			     kinds[kind].value_size, cnt ? cnt : 1, &opts);
	if (map < 0)
		return -errno;
	err = fill(map, p, kind, module);
	return err ? err : take_fd(map);
}
