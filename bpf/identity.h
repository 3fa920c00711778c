/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identity: what a file is, cheapest question first.
 *
 * Known file, place, content, build-id; each only when the one before gave no
 * key that may enforce. Every miss and every failure ends in "no key", which
 * means allow: an empty or damaged table must never stop a host. The one
 * exception is the policy's own: `unhashable: deny`.
 */
#ifndef WEIR_BPF_IDENTITY_H
#define WEIR_BPF_IDENTITY_H

#include "climb.h"
#include "maps.h"
#include "overlay.h"

/* What the helper returns for SHA-256 (uapi/linux/hash_info.h). */
#define HASH_ALGO_SHA256 4

#define PAGE_SIZE 4096

#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

/* Bit 31 of the nanoseconds says "ctime was asked for" from 6.13 on. */
#define CTIME_NSEC_MASK 0x7fffffff

/* x86_64 only, 0 elsewhere: how a struct page becomes an address. */
const volatile __u64 weir_vmemmap;
const volatile __u64 weir_page_offset;
const volatile __u64 weir_page_size;

/* The same of an inode that the verifier knows the type of, and of any other. */
static __always_inline void known_file_key(struct inode *inode, struct weir_file *key)
{
	key->ino = READ(inode, i_ino);
	key->dev = READ(inode, i_sb, s_dev);
	key->gen = READ(inode, i_generation);
}

static __always_inline void file_key(struct inode *inode, struct weir_file *key)
{
	key->ino = PEEK(inode, inode, i_ino);
	key->dev = PEEK(inode, inode, i_sb, s_dev);
	key->gen = PEEK(inode, inode, i_generation);
}

static __always_inline __u64 file_ctime(struct inode *inode)
{
	struct inode___v66 *v66 = (void *)inode;
	struct inode___v611 *v611 = (void *)inode;
	__u64 sec, nsec;

	if (bpf_core_field_exists(inode->i_ctime)) {
		sec = READ(inode, i_ctime.tv_sec);
		nsec = READ(inode, i_ctime.tv_nsec);
	} else if (bpf_core_field_exists(v66->__i_ctime)) {
		sec = READ(v66, __i_ctime.tv_sec);
		nsec = READ(v66, __i_ctime.tv_nsec);
	} else {
		sec = READ(v611, i_ctime_sec);
		nsec = READ(v611, i_ctime_nsec);
	}
	return sec * 1000000000ULL + (nsec & CTIME_NSEC_MASK);
}

static __always_inline void look_at(struct file *file, const struct weir_control *c,
				    struct weir_look *look)
{
	struct inode *inode = READ(file, f_inode);

	known_file_key(inode, &look->file);
	look->size = READ(inode, i_size);
	look->ctime_ns = file_ctime(inode);
	look->mode = READ(inode, i_mode);
	look->generation = c->generation;
	if (!READ(inode, i_nlink))
		look->flags |= WEIR_REC_DELETED;
}

static __always_inline bool take_key(struct weir_look *look, const struct weir_key *key)
{
	/* A weak key is kept until a strong one turns up. */
	if (key && (!look->key.rule || key->flags & WEIR_KEY_ENFORCE))
		look->key = *key;
	return look->key.flags & WEIR_KEY_ENFORCE;
}

/*
 * Functions that are not static are looked at by the verifier once, and not
 * again for each state that leads to them; that is what keeps the time to load
 * within seconds. On 5.10 they take and return numbers only, so a key that
 * they find comes back in one word; its kind is known to the caller.
 */
#define FOUND_NONE 0ULL
/* Beside what was found: the walk ended before its end. No rule's number is so high. */
#define FOUND_CUT_OFF (1ULL << 31)

static __always_inline __u64 pack_key(const struct weir_key *key)
{
	if (!key)
		return FOUND_NONE;
	return (__u64)key->evidence << 32 | key->rule << 1 | (key->flags & WEIR_KEY_ENFORCE);
}

static __always_inline void take_packed(struct weir_look *look, __u64 found, __u16 kind)
{
	struct weir_key key = {
		.rule = (__u32)found >> 1,
		.kind = kind,
		.flags = found & WEIR_KEY_ENFORCE,
		.evidence = found >> 32,
	};

	if (found != FOUND_NONE)
		take_key(look, &key);
}

struct place {
	struct climb climb;
	void *dirs; /* the table, asked at each step */
	__u64 found;
};

STEP_FUNCTION place_step(__u32 i, void *ctx)
{
	struct place *p = ctx;
	struct weir_file dir;
	struct weir_key *key;
	struct dentry *dentry;

	if (climb(&p->climb) == CLIMB_END) {
		p->climb.done = 1;
		return 1;
	}
	dentry = p->climb.dentry;
	file_key(PEEK(dentry, dentry, d_inode), &dir);
	key = bpf_map_lookup_elem(p->dirs, &dir);
	if (!key || (p->found != FOUND_NONE && !(key->flags & WEIR_KEY_ENFORCE)))
		return 0;
	p->found = pack_key(key);
	if (!(key->flags & WEIR_KEY_ENFORCE))
		return 0;
	p->climb.done = 1;
	return 1;
}

/*
 * The nearest directory above a dentry that is enough by itself, whatever weaker
 * ones lie below it: who may make a directory inside must not get out by that.
 * Else the nearest there is.
 */
__noinline __u64 place_of(__u64 dentry, __u64 mount, __u64 generation)
{
	struct place p = { .dirs = table_of(weir_dirs, &generation), .found = FOUND_NONE };

	if (!p.dirs)
		return FOUND_NONE;
	p.climb.dentry = (void *)dentry;
	climb_enter(&p.climb, (void *)mount);
	p.climb.whole_fs = true;
	each_upto(CLIMB_MAX, place_step, &p);
	return p.climb.done ? p.found : p.found | FOUND_CUT_OFF;
}

static __always_inline void by_place(struct file *file, struct weir_look *look)
{
	struct climb c;
	__u64 found;

	climb_start(&c, file, true);
	found = place_of((__u64)c.dentry, (__u64)c.mount, look->generation);
	if (found & FOUND_CUT_OFF)
		look->flags |= WEIR_REC_TOO_DEEP;
	take_packed(look, found & ~FOUND_CUT_OFF, WEIR_KEY_DIR);
}

/*
 * SHA-256 by the kernel, asked only when the catalogue knows the file's size.
 * The helper is right on memfd, tmpfs and overlayfs and is never stale; on a
 * device it would hash nothing and say so as the digest of the empty string.
 */
static __always_inline void by_content(struct file *file, const struct weir_control *c,
				       struct weir_look *look)
{
	struct weir_key *sized;
	struct weir_sha256 digest;

	if ((look->mode & S_IFMT) != S_IFREG || !look->size)
		return;
	sized = table_get(weir_sizes, &look->generation, &look->size);
	if (!sized)
		return;
	if (bpf_ima_file_hash(file, &digest, sizeof(digest)) != HASH_ALGO_SHA256) {
		look->flags |= WEIR_REC_UNHASHED;
		if (c->deny_unhashable)
			take_key(look, sized);
		return;
	}
	look->flags |= WEIR_REC_HASHED;
	__builtin_memcpy(look->sha256, digest.digest, sizeof(look->sha256));
	take_key(look, table_get(weir_hashes, &look->generation, &digest));
}

/* Address of a file's first page in the page cache, 0 when it is not there. */
static __always_inline const void *first_page(struct inode *inode)
{
	unsigned long entry = (unsigned long)PEEK(inode, inode, i_mapping, i_pages.xa_head);
	struct xa_node *node;

	/* Low bits 10 mark a node; six of them span any file. */
#pragma unroll
	for (int i = 0; i < 6; i++) {
		node = (void *)(entry & ~3ul);
		if ((entry & 3) == 2)
			entry = (unsigned long)PEEK(xa_node, node, slots[0]);
	}
	if (!entry || entry & 3 || entry < weir_vmemmap)
		return NULL;
	return (void *)((entry - weir_vmemmap) / weir_page_size * PAGE_SIZE + weir_page_offset);
}

/* Where the headers of an ELF file stand, for both classes. */
struct elf_shape {
	__u64 phoff;
	__u32 phsize;
	__u32 phcnt;
	bool is64;
};

static __always_inline bool elf_shape(const void *page, struct elf_shape *e)
{
	__u8 ident[64];

	if (bpf_probe_read_kernel(ident, sizeof(ident), page))
		return false;
	/* Magic, little-endian; the class tells where the rest stands. */
	if (*(__u32 *)ident != ELF_MAGIC || ident[5] != 1)
		return false;
	e->is64 = ident[4] == 2;
	e->phoff = e->is64 ? *(__u64 *)(ident + 32) : *(__u32 *)(ident + 28);
	e->phsize = e->is64 ? 56 : 32;
	e->phcnt = e->is64 ? *(__u16 *)(ident + 56) : *(__u16 *)(ident + 44);
	return e->phoff < PAGE_SIZE;
}

/* A search through notes: where it stands, and the id when it was found. */
struct note_search {
	struct elf_shape shape;
	const void *page;
	__u64 off, end; /* of what is left of the notes of one segment */
	struct weir_build_id id;
};

/* One note further; true: that was the build-id, or there is no more. */
static __always_inline bool next_note(struct note_search *s)
{
	struct {
		__u32 name_len, desc_len, type, name;
	} note;
	__u64 off = s->off;
	__u32 len;

	if (off + sizeof(note) > s->end || off > PAGE_SIZE - sizeof(note) ||
	    bpf_probe_read_kernel(&note, sizeof(note), s->page + off) ||
	    note.name_len > 64 || note.desc_len > 1024)
		return true;
	s->off = off + 12 + ((note.name_len + 3) & ~3u) + ((note.desc_len + 3) & ~3u);
	if (note.type != 3 || note.name_len != 4 || note.name != 0x554e47)
		return false;
	len = note.desc_len;
	/* Kept from being merged with the next test: the verifier would lose it. */
	barrier_var(len);
	if (len > WEIR_BUILD_ID_MAX)
		return true;
	if (off + 16 + note.desc_len <= PAGE_SIZE &&
	    !bpf_probe_read_kernel(s->id.id, len, s->page + off + 16))
		s->id.len = len;
	return true;
}

/* Sets the search on segment @ph if it is a note that begins on the page. */
static __always_inline bool open_notes(struct note_search *s, __u64 ph)
{
	__u8 head[56];
	__u64 len;

	if (ph > PAGE_SIZE - sizeof(head) || PEEK(elf64_phdr, s->page + ph, p_type) != PT_NOTE ||
	    bpf_probe_read_kernel(head, sizeof(head), s->page + ph))
		return false;
	s->off = s->shape.is64 ? *(__u64 *)(head + 8) : *(__u32 *)(head + 4);
	len = s->shape.is64 ? *(__u64 *)(head + 32) : *(__u32 *)(head + 16);
	if (s->off >= PAGE_SIZE || len > PAGE_SIZE)
		return false;
	s->end = s->off + len;
	return true;
}

STEP_FUNCTION segment_step(__u32 i, void *ctx)
{
	struct note_search *s = ctx;

	if (i >= s->shape.phcnt)
		return 1;
	if (!open_notes(s, s->shape.phoff + (__u64)i * s->shape.phsize))
		return 0;
	if (!next_note(s) && !next_note(s))
		next_note(s);
	return s->id.len != 0;
}

/*
 * The key of a file's GNU build-id, read from the page cache: exec has just
 * read the first page, so it is there. Survives appended bytes and changed
 * times; the only identity by content that a program which may not sleep can
 * have.
 */
__noinline __u64 build_id_key(__u64 inode, __u64 generation)
{
	struct note_search s = {};
	__u64 real;

	if (!weir_page_size)
		return FOUND_NONE;
	real = real_inode(inode);
	s.page = first_page((void *)(real ? real : inode));
	if (!s.page || !elf_shape(s.page, &s.shape))
		return FOUND_NONE;
	each_upto(WEIR_PHDR_MAX, segment_step, &s);
	if (!s.id.len)
		return FOUND_NONE;
	return pack_key(table_get(weir_build_ids, &generation, &s.id));
}

static __always_inline void by_build_id(struct file *file, struct weir_look *look)
{
	__u64 inode = (__u64)BPF_CORE_READ(file, f_inode);

	take_packed(look, build_id_key(inode, look->generation), WEIR_KEY_BUILD_ID);
}

/* A known file, seen through an overlay. */
static __always_inline void by_real_file(struct file *file, struct weir_look *look)
{
	__u64 real = real_inode((__u64)BPF_CORE_READ(file, f_inode));
	struct weir_file key;

	if (!real)
		return;
	file_key((void *)real, &key);
	take_key(look, table_get(weir_files, &look->generation, &key));
}

/* @may_hash: a compile-time constant, true in sleepable programs only. */
static __always_inline void identify(struct file *file, const struct weir_control *c,
				     struct weir_look *look, bool may_hash)
{
	if (c->flags & WEIR_HAS_FILES) {
		if (take_key(look, table_get(weir_files, &look->generation, &look->file)))
			return;
		by_real_file(file, look);
		if (look->key.flags & WEIR_KEY_ENFORCE)
			return;
	}
	if (c->flags & WEIR_HAS_DIRS) {
		by_place(file, look);
		if (look->key.flags & WEIR_KEY_ENFORCE)
			return;
	}
	if (may_hash && c->flags & WEIR_HAS_HASHES) {
		by_content(file, c, look);
		if (look->key.flags & WEIR_KEY_ENFORCE)
			return;
	}
	if (c->flags & WEIR_HAS_BUILD_IDS)
		by_build_id(file, look);
}

#endif /* WEIR_BPF_IDENTITY_H */
