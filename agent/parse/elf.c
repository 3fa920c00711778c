// SPDX-License-Identifier: GPL-2.0-only
#include "parse/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "parse/input.h"

/* Of https://uapi-group.org/specifications/specs/package_metadata_for_executable_files */
#define NOTE_PACKAGE 0xcafe1a7eU

struct elf_file {
	int fd;		       /* -1: the bytes are in memory */
	const uint8_t *memory;
	uint64_t size;
	bool is_64, is_big;
	struct elf_facts *facts;
	uint8_t *phdrs; /* as they stand in the file */
	uint32_t phdr_cnt;
	uint64_t shoff;
	uint32_t shdr_cnt, shdr_size;
};

struct segment {
	uint32_t type;
	uint64_t off, vaddr, filesz, align;
};

/* Where the strings of the dynamic section are. */
struct dynamic {
	uint64_t strtab; /* offset in the file */
	uint64_t strsz;
};

struct elf_facts *elf_free(struct elf_facts *f)
{
	if (!f)
		return NULL;
	for (uint32_t i = 0; i < f->needed_cnt; i++)
		free(f->needed[i]);
	free(f->needed);
	free(f->soname);
	free(f->interp);
	free(f->rpath);
	free(f->runpath);
	free(f->package);
	free(f->note_type);
	free(f->note_name);
	free(f->loads);
	free(f);
	return NULL;
}

void elf_freep(struct elf_facts **f)
{
	*f = elf_free(*f);
}

static int read_at(const struct elf_file *e, void *buf, size_t len, uint64_t off)
{
	if (off > e->size || len > e->size - off)
		return -ENODATA;
	if (e->fd >= 0)
		return input_read_at(e->fd, buf, len, off);
	memcpy(buf, e->memory + off, len);
	return 0;
}

static uint64_t number(const struct elf_file *e, const uint8_t *p, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n = n << 8 | p[e->is_big ? i : len - 1 - i];
	return n;
}

/* A field of a structure whose layout depends on the file's class. */
#define FIELD(e, p, type, member)                                                  \
	((e)->is_64 ? number((e), (p) + offsetof(Elf64_##type, member),            \
			     sizeof(((Elf64_##type *)0)->member)) :                \
		      number((e), (p) + offsetof(Elf32_##type, member),            \
			     sizeof(((Elf32_##type *)0)->member)))

#define SIZE_OF(e, type) ((e)->is_64 ? sizeof(Elf64_##type) : sizeof(Elf32_##type))

/* A part of the file in memory of its own; NULL and "cut" when it is a lie. */
static int part(struct elf_file *e, uint64_t off, uint64_t len, uint8_t **ret)
{
	CLEANUP(freep) uint8_t *buf = NULL;
	int err;

	*ret = NULL;
	if (!len)
		return 0;
	if (len > ELF_PART_BYTES_MAX) {
		e->facts->cut = true;
		len = ELF_PART_BYTES_MAX;
	}
	buf = malloc(len);
	if (!buf)
		return -ENOMEM;
	err = read_at(e, buf, len, off);
	if (err == -ENODATA) {
		e->facts->cut = true;
		return 0;
	}
	if (err)
		return err;
	*ret = take_ptr(buf);
	return 0;
}

/* A string of at most @max bytes; not ended within them: cut, and left out. */
static int text(struct elf_file *e, uint64_t off, uint64_t max, char **ret)
{
	char buf[WEIR_PATH_MAX];
	uint64_t len = max < sizeof(buf) ? max : sizeof(buf);
	int err;

	if (*ret) /* the first one counts, as for the loader */
		return 0;
	if (off >= e->size || !len) {
		e->facts->cut = true;
		return 0;
	}
	if (len > e->size - off)
		len = e->size - off;
	err = read_at(e, buf, len, off);
	if (err && err != -ENODATA)
		return err;
	if (err || !memchr(buf, '\0', len)) {
		e->facts->cut = true;
		return 0;
	}
	*ret = strdup(buf);
	return *ret ? 0 : -ENOMEM;
}

static struct segment segment(const struct elf_file *e, uint32_t i)
{
	const uint8_t *p = e->phdrs + i * SIZE_OF(e, Phdr);

	return (struct segment){
		.type = (uint32_t)FIELD(e, p, Phdr, p_type),
		.off = FIELD(e, p, Phdr, p_offset),
		.vaddr = FIELD(e, p, Phdr, p_vaddr),
		.filesz = FIELD(e, p, Phdr, p_filesz),
		.align = FIELD(e, p, Phdr, p_align),
	};
}

static int read_header(struct elf_file *e)
{
	uint8_t h[sizeof(Elf64_Ehdr)] = {};
	size_t want;
	int err;

	err = read_at(e, h, EI_NIDENT, 0);
	if (err)
		return err == -ENODATA ? -ENOEXEC : err;
	if (memcmp(h, ELFMAG, SELFMAG))
		return -ENOEXEC;
	if (h[EI_CLASS] != ELFCLASS32 && h[EI_CLASS] != ELFCLASS64)
		return -ENOEXEC;
	if (h[EI_DATA] != ELFDATA2LSB && h[EI_DATA] != ELFDATA2MSB)
		return -ENOEXEC;
	e->is_64 = h[EI_CLASS] == ELFCLASS64;
	e->is_big = h[EI_DATA] == ELFDATA2MSB;
	want = SIZE_OF(e, Ehdr);
	err = read_at(e, h, want, 0);
	if (err)
		return err == -ENODATA ? -ENOEXEC : err;

	e->facts->class = h[EI_CLASS];
	e->facts->type = (uint16_t)FIELD(e, h, Ehdr, e_type);
	e->facts->machine = (uint16_t)FIELD(e, h, Ehdr, e_machine);
	e->phdr_cnt = (uint32_t)FIELD(e, h, Ehdr, e_phnum);
	if (FIELD(e, h, Ehdr, e_phentsize) != SIZE_OF(e, Phdr) ||
	    e->phdr_cnt * SIZE_OF(e, Phdr) > ELF_PHDR_BYTES_MAX) {
		/* The kernel does not run it either. */
		e->facts->cut |= e->phdr_cnt > 0;
		e->phdr_cnt = 0;
	}
	e->shoff = FIELD(e, h, Ehdr, e_shoff);
	e->shdr_cnt = (uint32_t)FIELD(e, h, Ehdr, e_shnum);
	e->shdr_size = (uint32_t)FIELD(e, h, Ehdr, e_shentsize);
	err = part(e, FIELD(e, h, Ehdr, e_phoff), e->phdr_cnt * SIZE_OF(e, Phdr), &e->phdrs);
	if (!e->phdrs)
		e->phdr_cnt = 0;
	return err;
}

static int take_note(struct elf_file *e, uint32_t type, const uint8_t *name,
		     size_t name_len, const uint8_t *desc, size_t desc_len)
{
	struct weir_build_id *id = &e->facts->build_id;

	if (name_len != 4)
		return 0;
	if (type == NT_GNU_BUILD_ID && !memcmp(name, "GNU", 4)) {
		if (id->len || !desc_len || desc_len > sizeof(id->id))
			return 0;
		memcpy(id->id, desc, desc_len);
		id->len = (uint32_t)desc_len;
	}
	if (type == NOTE_PACKAGE && !memcmp(name, "FDO", 4)) {
		if (e->facts->package || !desc_len)
			return 0;
		e->facts->package = strndup((const char *)desc, desc_len);
		return e->facts->package ? 0 : -ENOMEM;
	}
	return 0;
}

static int read_notes(struct elf_file *e, uint64_t off, uint64_t len, uint64_t align)
{
	CLEANUP(freep) uint8_t *notes = NULL;
	uint64_t pad = align == 8 ? 7 : 3, at = 0;
	int err;

	err = part(e, off, len, &notes);
	if (!notes)
		return err;
	if (len > ELF_PART_BYTES_MAX)
		len = ELF_PART_BYTES_MAX;
	while (len - at >= sizeof(Elf64_Nhdr)) {
		const uint8_t *h = notes + at;
		uint64_t name_len = FIELD(e, h, Nhdr, n_namesz);
		uint64_t desc_len = FIELD(e, h, Nhdr, n_descsz);
		/* Of 64 bits, and the lengths of 32: no sum wraps. */
		uint64_t name = at + sizeof(Elf64_Nhdr);
		uint64_t desc = (name + name_len + pad) & ~pad;

		if (desc + desc_len > len) {
			e->facts->cut = true;
			return 0;
		}
		err = take_note(e, (uint32_t)FIELD(e, h, Nhdr, n_type), notes + name,
				name_len, notes + desc, desc_len);
		if (err)
			return err;
		at = (desc + desc_len + pad) & ~pad;
		if (at > len)
			return 0;
	}
	return 0;
}

/* Where in the file address @vaddr comes from, and what is there of it. */
static bool file_offset(const struct elf_file *e, uint64_t vaddr, uint64_t *ret_off,
			uint64_t *ret_len)
{
	for (uint32_t i = 0; i < e->phdr_cnt; i++) {
		struct segment s = segment(e, i);

		if (s.type != PT_LOAD || vaddr < s.vaddr || vaddr - s.vaddr >= s.filesz)
			continue;
		if (s.off > e->size || vaddr - s.vaddr > e->size - s.off)
			continue;
		*ret_off = s.off + (vaddr - s.vaddr);
		*ret_len = e->size - *ret_off;
		if (*ret_len > s.filesz - (vaddr - s.vaddr))
			*ret_len = s.filesz - (vaddr - s.vaddr);
		return true;
	}
	return false;
}

static bool find_strings(const struct elf_file *e, const uint8_t *dyn, size_t cnt,
			 struct dynamic *ret)
{
	uint64_t addr = 0, size = 0, room = 0;

	for (size_t i = 0; i < cnt; i++) {
		const uint8_t *p = dyn + i * SIZE_OF(e, Dyn);
		uint64_t tag = FIELD(e, p, Dyn, d_tag);

		if (tag == DT_NULL)
			break;
		if (tag == DT_STRTAB)
			addr = FIELD(e, p, Dyn, d_un);
		if (tag == DT_STRSZ)
			size = FIELD(e, p, Dyn, d_un);
	}
	if (!addr || !file_offset(e, addr, &ret->strtab, &room))
		return false;
	/* A wrong DT_STRSZ does not stop the loader, so it stops nobody here. */
	ret->strsz = size && size < room ? size : room;
	return true;
}

static int take_needed(struct elf_file *e, uint64_t off, uint64_t max)
{
	struct elf_facts *f = e->facts;
	char *name = NULL, **grown;
	int err;

	if (f->needed_cnt == ELF_NEEDED_MAX) {
		f->cut = true;
		return 0;
	}
	err = text(e, off, max < ELF_NAME_MAX ? max : ELF_NAME_MAX, &name);
	if (!name)
		return err;
	grown = reallocarray(f->needed, f->needed_cnt + 1, sizeof(*grown));
	if (!grown) {
		free(name);
		return -ENOMEM;
	}
	f->needed = grown;
	f->needed[f->needed_cnt++] = name;
	return 0;
}

static int take_tag(struct elf_file *e, const struct dynamic *d, uint64_t tag, uint64_t val)
{
	struct elf_facts *f = e->facts;
	uint64_t off = d->strtab + val, max = d->strsz - val;

	if (tag != DT_NEEDED && tag != DT_SONAME && tag != DT_RPATH && tag != DT_RUNPATH)
		return 0;
	if (val >= d->strsz) {
		f->cut = true;
		return 0;
	}
	if (tag == DT_NEEDED)
		return take_needed(e, off, max);
	if (tag == DT_SONAME)
		return text(e, off, max < ELF_NAME_MAX ? max : ELF_NAME_MAX, &f->soname);
	return text(e, off, max, tag == DT_RPATH ? &f->rpath : &f->runpath);
}

static int read_dynamic(struct elf_file *e, const struct segment *s)
{
	CLEANUP(freep) uint8_t *dyn = NULL;
	struct dynamic d = {};
	size_t cnt;
	int err;

	err = part(e, s->off, s->filesz, &dyn);
	if (!dyn)
		return err;
	cnt = (s->filesz < ELF_PART_BYTES_MAX ? s->filesz : ELF_PART_BYTES_MAX) /
	      SIZE_OF(e, Dyn);
	if (!find_strings(e, dyn, cnt, &d)) {
		e->facts->cut |= cnt > 0;
		return 0;
	}
	for (size_t i = 0; !err && i < cnt; i++) {
		const uint8_t *p = dyn + i * SIZE_OF(e, Dyn);
		uint64_t tag = FIELD(e, p, Dyn, d_tag);

		if (tag == DT_NULL)
			break;
		err = take_tag(e, &d, tag, FIELD(e, p, Dyn, d_un));
	}
	return err;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct elf_range *x = a, *y = b;

	return (x->off > y->off) - (x->off < y->off);
}

/* Segments may overlap a thousand times; what is read of them must not. */
static void merge_loads(struct elf_facts *f)
{
	uint32_t out = 0;

	qsort(f->loads, f->load_cnt, sizeof(*f->loads), compare_ranges);
	for (uint32_t i = 1; i < f->load_cnt; i++) {
		struct elf_range *last = &f->loads[out], *next = &f->loads[i];

		if (next->off > last->off + last->len) {
			f->loads[++out] = *next;
			continue;
		}
		if (next->off + next->len > last->off + last->len)
			last->len = next->off + next->len - last->off;
	}
	f->load_cnt = f->load_cnt ? out + 1 : 0;
}

static int read_loads(struct elf_file *e)
{
	struct elf_facts *f = e->facts;

	if (!e->phdr_cnt)
		return 0;
	f->loads = calloc(e->phdr_cnt, sizeof(*f->loads));
	if (!f->loads)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->phdr_cnt; i++) {
		struct segment s = segment(e, i);

		if (s.type != PT_LOAD || !s.filesz || s.off >= e->size)
			continue;
		if (s.filesz > e->size - s.off)
			s.filesz = e->size - s.off;
		f->loads[f->load_cnt++] = (struct elf_range){ s.off, s.filesz };
	}
	merge_loads(f);
	return 0;
}

static int read_segments(struct elf_file *e)
{
	struct segment dynamic = {};
	int err;

	err = read_loads(e);
	for (uint32_t i = 0; !err && i < e->phdr_cnt; i++) {
		struct segment s = segment(e, i);

		if (s.type == PT_NOTE)
			err = read_notes(e, s.off, s.filesz, s.align);
		else if (s.type == PT_INTERP) /* of several, the kernel takes the first */
			err = text(e, s.off, s.filesz, &e->facts->interp);
		else if (s.type == PT_DYNAMIC) /* of several, the loader takes the last */
			dynamic = s;
	}
	return err ? err : read_dynamic(e, &dynamic);
}

/* A kernel module has no program headers: its notes hang on sections. */
static int read_sections(struct elf_file *e)
{
	uint8_t h[sizeof(Elf64_Shdr)];
	int err;

	if (e->shdr_size != SIZE_OF(e, Shdr) || e->shdr_cnt > ELF_SECTIONS_MAX) {
		e->facts->cut = true;
		return 0;
	}
	for (uint32_t i = 0; i < e->shdr_cnt; i++) {
		err = read_at(e, h, e->shdr_size, e->shoff + (uint64_t)i * e->shdr_size);
		if (err == -ENODATA) {
			e->facts->cut = true;
			return 0;
		}
		if (err)
			return err;
		if (FIELD(e, h, Shdr, sh_type) != SHT_NOTE)
			continue;
		err = read_notes(e, FIELD(e, h, Shdr, sh_offset), FIELD(e, h, Shdr, sh_size),
				 FIELD(e, h, Shdr, sh_addralign));
		if (err)
			return err;
	}
	return 0;
}

static int read_file(struct elf_file *e, struct elf_facts **ret)
{
	CLEANUP(elf_freep) struct elf_facts *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	e->facts = f;
	err = read_header(e);
	if (!err)
		err = read_segments(e);
	if (!err && f->type == ET_REL)
		err = read_sections(e);
	free(e->phdrs);
	if (err)
		return err;
	*ret = take_ptr(f);
	return 0;
}

int elf_read(int fd, struct elf_facts **ret)
{
	struct elf_file e = { .fd = fd };
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	e.size = (uint64_t)st.st_size;
	return read_file(&e, ret);
}

int elf_read_memory(const void *image, size_t len, struct elf_facts **ret)
{
	struct elf_file e = { .fd = -1, .memory = image, .size = len };

	return read_file(&e, ret);
}
