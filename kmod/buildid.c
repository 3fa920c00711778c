// SPDX-License-Identifier: GPL-2.0-only
#include "buildid.h"

#include <linux/elf.h>
#include <linux/fs.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "identity.h"

/* NT_GNU_BUILD_ID of the C library; kernels have no name for it. */
#define BUILD_ID 3

/* Of one segment of notes. Linkers make some hundred bytes. */
#define NOTES_MAX 4096

/* Where the headers of a segment stand, for both classes. */
struct shape {
	u64 phoff;
	u32 phsize, phcnt;
	bool is_64;
};

/* Exactly @len bytes at @off of the file, or an error. */
static int read_at(struct file *file, u64 off, void *buf, size_t len)
{
	u64 size = i_size_read(file_inode(file));
	loff_t pos = off;

	if (off > size || len > size - off)
		return -ENOEXEC;
	return kernel_read(file, buf, len, &pos) == (ssize_t)len ? 0 : -ENOEXEC;
}

static int read_shape(struct file *file, struct shape *s)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr e32;
		Elf64_Ehdr e64;
	} h;
	int err = read_at(file, 0, &h.e32, sizeof(h.e32));

	if (err)
		return err;
	if (memcmp(h.ident, ELFMAG, SELFMAG) || h.ident[EI_DATA] != ELFDATA2LSB)
		return -ENOEXEC;
	s->is_64 = h.ident[EI_CLASS] == ELFCLASS64;
	if (!s->is_64 && h.ident[EI_CLASS] != ELFCLASS32)
		return -ENOEXEC;
	if (s->is_64) {
		err = read_at(file, 0, &h.e64, sizeof(h.e64));
		if (err)
			return err;
	}
	s->phoff = s->is_64 ? h.e64.e_phoff : h.e32.e_phoff;
	s->phcnt = s->is_64 ? h.e64.e_phnum : h.e32.e_phnum;
	s->phsize = s->is_64 ? h.e64.e_phentsize : h.e32.e_phentsize;
	if (s->phsize != (s->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return -ENOEXEC;
	return 0;
}

/* The note segment that header @i describes; -ENODATA: another kind of segment. */
static int read_segment(struct file *file, const struct shape *s, u32 i, u64 *off, u64 *len)
{
	union {
		Elf32_Phdr p32;
		Elf64_Phdr p64;
	} h;
	u64 at;
	int err;

	if (check_add_overflow(s->phoff, (u64)i * s->phsize, &at))
		return -ENOEXEC;
	err = read_at(file, at, &h, s->phsize);
	if (err)
		return err;
	if ((s->is_64 ? h.p64.p_type : h.p32.p_type) != PT_NOTE)
		return -ENODATA;
	*off = s->is_64 ? h.p64.p_offset : h.p32.p_offset;
	*len = s->is_64 ? h.p64.p_filesz : h.p32.p_filesz;
	return 0;
}

/* 64 bits, so that no length a note can claim makes this overflow. */
static u64 padded(u32 len)
{
	return ALIGN((u64)len, 4);
}

static int take_id(const void *desc, u32 len, struct weir_build_id *ret_id)
{
	if (!len || len > sizeof(ret_id->id))
		return -ENODATA;
	memset(ret_id, 0, sizeof(*ret_id));
	ret_id->len = len;
	memcpy(ret_id->id, desc, len);
	return 0;
}

/* Looks through @len bytes of notes; each step leads forward by a header at least. */
static int find_id(const u8 *notes, u64 len, struct weir_build_id *ret_id)
{
	Elf32_Nhdr n;
	u64 name, desc, at = 0;

	while (at + sizeof(n) <= len) {
		memcpy(&n, notes + at, sizeof(n));
		name = at + sizeof(n);
		desc = name + padded(n.n_namesz);
		at = desc + padded(n.n_descsz);
		if (desc > len || n.n_descsz > len - desc)
			return -ENODATA;
		if (n.n_type == BUILD_ID && n.n_namesz == 4 &&
		    !memcmp(notes + name, "GNU", 4))
			return take_id(notes + desc, n.n_descsz, ret_id);
	}
	return -ENODATA;
}

static int read_notes(struct file *file, u64 off, u64 len, struct weir_build_id *ret_id)
{
	u8 *notes;
	int err;

	if (!len || len > NOTES_MAX)
		return -ENODATA;
	notes = kmalloc(len, GFP_KERNEL);
	if (!notes)
		return -ENOMEM;
	err = read_at(file, off, notes, len);
	if (!err)
		err = find_id(notes, len, ret_id);
	kfree(notes);
	return err;
}

int weir_file_build_id(struct file *file, struct weir_build_id *ret_id)
{
	struct shape s;
	u64 off, len;
	u32 i;
	int err;

	if (!weir_file_is_readable(file))
		return -EINVAL;
	err = read_shape(file, &s);
	if (err)
		return err;
	for (i = 0; i < min_t(u32, s.phcnt, WEIR_PHDR_MAX); i++) {
		err = read_segment(file, &s, i, &off, &len);
		if (!err)
			err = read_notes(file, off, len, ret_id);
		if (err != -ENODATA)
			return err;
	}
	return -ENODATA;
}
