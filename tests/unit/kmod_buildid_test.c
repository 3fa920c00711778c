// SPDX-License-Identifier: GPL-2.0-only
/* The module's build-id parser over files that lie; the sanitizers watch. */
#include "kernel.h"

#include "../../kmod/buildid.c"

#include "tap.h"

bool weir_file_is_readable(const struct file *file)
{
	return S_ISREG(file->inode.i_mode);
}

#define ID_LEN 20

/* A file of one class: header, two segments, the second of them notes. */
struct image {
	u8 bytes[1024];
	size_t size, note;
};

static void put_note(struct image *m, const char *name, u32 type, u32 len)
{
	Elf32_Nhdr n = { .n_namesz = 4, .n_descsz = len, .n_type = type };

	memcpy(m->bytes + m->size, &n, sizeof(n));
	memcpy(m->bytes + m->size + sizeof(n), name, 4);
	memset(m->bytes + m->size + sizeof(n) + 4, 0xab, len);
	m->size += sizeof(n) + 4 + ALIGN(len, 4);
}

static void finish64(struct image *m)
{
	Elf64_Ehdr h = { .e_phoff = sizeof(h), .e_phnum = 2, .e_phentsize = sizeof(Elf64_Phdr) };
	Elf64_Phdr p[2] = { { .p_type = PT_LOAD },
			    { .p_type = PT_NOTE, .p_offset = m->note,
			      .p_filesz = m->size - m->note } };

	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	memcpy(m->bytes, &h, sizeof(h));
	memcpy(m->bytes + sizeof(h), p, sizeof(p));
}

static void finish32(struct image *m)
{
	Elf32_Ehdr h = { .e_phoff = sizeof(h), .e_phnum = 2, .e_phentsize = sizeof(Elf32_Phdr) };
	Elf32_Phdr p[2] = { { .p_type = PT_LOAD },
			    { .p_type = PT_NOTE, .p_offset = m->note,
			      .p_filesz = m->size - m->note } };

	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS32;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	memcpy(m->bytes, &h, sizeof(h));
	memcpy(m->bytes + sizeof(h), p, sizeof(p));
}

static struct image image(int bits, u32 id_len)
{
	struct image m = { .size = 256, .note = 256 };

	put_note(&m, "GNU", 1, 16);
	put_note(&m, "Go\0\0", BUILD_ID, 8);
	put_note(&m, "GNU", BUILD_ID, id_len);
	if (bits == 64)
		finish64(&m);
	else
		finish32(&m);
	return m;
}

/* In memory of its own, so that a read beyond it is seen. */
static int parse(const struct image *m, size_t size, struct weir_build_id *id)
{
	u8 *bytes = malloc(size ? size : 1);
	struct file file = { .inode = { S_IFREG, size }, .bytes = bytes };
	int err;

	memcpy(bytes, m->bytes, size);
	err = weir_file_build_id(&file, id);
	free(bytes);
	return err;
}

static void sound(int bits)
{
	struct image m = image(bits, ID_LEN);
	struct weir_build_id id = {};

	ok(!parse(&m, m.size, &id) && id.len == ID_LEN && id.id[0] == 0xab &&
		   id.id[ID_LEN - 1] == 0xab && !id.id[ID_LEN],
	   "of a sound file of %d bits the id is found behind other notes", bits);
	m = image(bits, 0);
	ok(parse(&m, m.size, &id) == -ENODATA, "an id of no length is none");
	m = image(bits, WEIR_BUILD_ID_MAX + 1);
	ok(parse(&m, m.size, &id) == -ENODATA, "nor is one that is too long");
}

static void shortened(int bits)
{
	struct image m = image(bits, ID_LEN);
	struct weir_build_id id;
	size_t size, found = 0;

	for (size = 0; size < m.size; size++)
		found += !parse(&m, size, &id);
	ok(!found, "cut anywhere, a file of %d bits has no id", bits);
}

static void mutated(int bits)
{
	struct image good = image(bits, ID_LEN), m;
	struct weir_build_id id;
	unsigned int i, n, found = 0, refused = 0, wrong = 0;
	int err;

	srandom(7);
	for (i = 0; i < 100000; i++) {
		m = good;
		for (n = random() % 4 + 1; n; n--)
			m.bytes[random() % (random() % 4 ? 180 : (long)m.size)] = random();
		err = parse(&m, m.size - (random() % 8 ? 0 : random() % 8), &id);
		found += !err;
		refused += err == -ENOEXEC || err == -ENODATA;
		wrong += !err && (!id.len || id.len > WEIR_BUILD_ID_MAX);
	}
	ok(found && refused && found + refused == i && !wrong,
	   "of 100,000 mutated files of %d bits %u have an id and %u none", bits, found, refused);
}

int main(void)
{
	struct image m = image(64, ID_LEN);
	struct file device = { .inode = { S_IFCHR, m.size }, .bytes = m.bytes };
	struct weir_build_id id;
	int bits;

	ok(weir_file_build_id(&device, &id) == -EINVAL, "a device is not read at all");
	for (bits = 32; bits <= 64; bits += 32) {
		sound(bits);
		shortened(bits);
		mutated(bits);
	}
	return tap_done();
}
