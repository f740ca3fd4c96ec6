/* elf.c - an enclave's program: a static-pie ELF64 for x86-64 [SGX 9]. */
#include "measure/elf.h"

#include "base/err.h"
#include "base/rd.h"
#include "measure/stream.h"

#include <string.h>

enum {
	EHDR_LEN = 64,
	PHDR_LEN = 56,
	PHDRS_MAX = 64,
	MAGIC = 0x464c457f,
	CLASS_64 = 2,
	DATA_LSB = 1,
	VERSION = 1,
	OSABI_SYSV = 0,
	OSABI_GNU = 3, /* static programs with IFUNC say so */
	TYPE_DYN = 3,
	MACHINE_X86_64 = 62,
	PT_LOAD = 1,
	PT_INTERP = 3,
	PT_GNU_STACK = 0x6474e551,
	PF_X = 1,
	PF_W = 2,
	PF_R = 4,
};

/* A program header, and where it stands in the file. */
struct phdr {
	size_t at;
	uint32_t type, flags;
	uint64_t offset, vaddr, filesz, memsz;
};

/* Its fields' places. */
enum {
	P_FLAGS = 4,
	P_OFFSET = 8,
	P_VADDR = 16,
	P_FILESZ = 32,
	P_MEMSZ = 40,
};

static bool out_of_file(struct assay_err *err, size_t at, const char *what,
                        uint64_t from, uint64_t len, size_t file_len)
{
	return assay_fail(err, ASSAY_S_ELF_BOUNDS, ASSAY_DOC_PROGRAM, at,
	                  "%s: 0x%llx bytes at 0x%llx of a file of 0x%zx", what,
	                  (unsigned long long)len, (unsigned long long)from,
	                  file_len);
}

/* ---- the file's header */

/* Reads a number of n bytes, and says whether it is one of two. */
static bool is_field(struct assay_rd *r, const char *name, size_t n,
                     uint32_t want, uint32_t other, struct assay_err *err)
{
	size_t at = r->pos;
	uint32_t got = n == 1   ? assay_rd_u8(r, name)
	               : n == 2 ? assay_rd_u16le(r, name)
	                        : assay_rd_u32le(r, name);

	return got == want || got == other ||
	       assay_fail(err, ASSAY_S_ELF, ASSAY_DOC_PROGRAM, at,
	                  "%s: got 0x%x, want 0x%x", name, got, want);
}

static bool check_count(struct assay_err *err, size_t at, const char *what,
                        size_t n, size_t max)
{
	return (n >= 1 && n <= max) ||
	       assay_fail(err, ASSAY_S_ELF_COUNT, ASSAY_DOC_PROGRAM, at,
	                  "got %zu %s, want 1 to %zu", n, what, max);
}

/* `phdrs` reads the table of program headers. */
static bool read_header(struct assay_elf *elf, struct assay_rd *phdrs,
                        struct assay_bytes in, struct assay_err *err)
{
	struct assay_rd r = assay_rd(in);
	uint64_t phoff;
	uint16_t n;

	if (in.len < EHDR_LEN)
		return out_of_file(err, 0, "ELF header", 0, EHDR_LEN, in.len);
	if (!is_field(&r, "magic", 4, MAGIC, MAGIC, err) ||
	    !is_field(&r, "class", 1, CLASS_64, CLASS_64, err) ||
	    !is_field(&r, "data", 1, DATA_LSB, DATA_LSB, err) ||
	    !is_field(&r, "version", 1, VERSION, VERSION, err) ||
	    !is_field(&r, "OS ABI", 1, OSABI_SYSV, OSABI_GNU, err))
		return false;
	assay_rd_bytes(&r, 8, "padding");
	if (!is_field(&r, "e_type", 2, TYPE_DYN, TYPE_DYN, err) ||
	    !is_field(&r, "e_machine", 2, MACHINE_X86_64, MACHINE_X86_64,
	              err) ||
	    !is_field(&r, "e_version", 4, VERSION, VERSION, err))
		return false;
	elf->entry = assay_rd_u64le(&r, "e_entry");
	size_t phoff_at = r.pos;
	phoff = assay_rd_u64le(&r, "e_phoff");
	assay_rd_bytes(&r, 12, "e_shoff, e_flags");
	if (!is_field(&r, "e_ehsize", 2, EHDR_LEN, EHDR_LEN, err) ||
	    !is_field(&r, "e_phentsize", 2, PHDR_LEN, PHDR_LEN, err))
		return false;
	size_t n_at = r.pos;
	n = assay_rd_u16le(&r, "e_phnum");
	if (!check_count(err, n_at, "program headers", n, PHDRS_MAX))
		return false;
	if (phoff > in.len || (size_t)n * PHDR_LEN > in.len - phoff)
		return out_of_file(err, phoff_at, "program headers", phoff,
		                   (uint64_t)n * PHDR_LEN, in.len);
	phdrs->pos = (size_t)phoff;
	phdrs->end = phdrs->pos + (size_t)n * PHDR_LEN;
	return true;
}

/* ---- program headers */

static struct phdr read_phdr(struct assay_rd *r)
{
	struct phdr h = { .at = r->pos };

	h.type = assay_rd_u32le(r, "p_type");
	h.flags = assay_rd_u32le(r, "p_flags");
	h.offset = assay_rd_u64le(r, "p_offset");
	h.vaddr = assay_rd_u64le(r, "p_vaddr");
	assay_rd_bytes(r, 8, "p_paddr");
	h.filesz = assay_rd_u64le(r, "p_filesz");
	h.memsz = assay_rd_u64le(r, "p_memsz");
	assay_rd_bytes(r, 8, "p_align");
	return h;
}

static bool bad_rights(struct assay_err *err, const struct phdr *h,
                       const char *what)
{
	return assay_fail(err, ASSAY_S_ELF_RIGHTS, ASSAY_DOC_PROGRAM,
	                  h->at + P_FLAGS, "p_flags 0x%x: %s", h->flags, what);
}

static bool check_rights(const struct phdr *h, struct assay_err *err)
{
	if (!(h->flags & PF_R))
		return bad_rights(err, h, "the segment is not readable");
	if (h->flags & PF_W && h->flags & PF_X)
		return bad_rights(err, h, "it is writable and executable");
	return true;
}

static bool bad_memory(struct assay_err *err, size_t at, const char *what,
                       uint64_t got)
{
	return assay_fail(err, ASSAY_S_ELF_MEMORY, ASSAY_DOC_PROGRAM, at,
	                  "%s: got 0x%llx", what, (unsigned long long)got);
}

static bool check_memory(const struct phdr *h, struct assay_err *err)
{
	if (h->memsz == 0)
		return bad_memory(err, h->at + P_MEMSZ,
		                  "p_memsz: want at least 1", 0);
	if (h->filesz > h->memsz)
		return bad_memory(err, h->at + P_FILESZ,
		                  "p_filesz: want at most p_memsz", h->filesz);
	if (h->memsz > ASSAY_ELF_IMAGE_MAX)
		return bad_memory(err, h->at + P_MEMSZ,
		                  "p_memsz: want at most 0x10000000", h->memsz);
	if (h->vaddr > ASSAY_ELF_IMAGE_MAX - h->memsz)
		return bad_memory(err, h->at + P_VADDR,
		                  "p_vaddr: want an end below 0x10000000",
		                  h->vaddr);
	return true;
}

static bool check_file(const struct phdr *h, size_t file_len,
                       struct assay_err *err)
{
	if (h->offset > file_len || h->filesz > file_len - h->offset)
		return out_of_file(err, h->at + P_OFFSET, "segment", h->offset,
		                   h->filesz, file_len);
	return h->offset % ASSAY_PAGE == h->vaddr % ASSAY_PAGE ||
	       assay_fail(err, ASSAY_S_ELF_ALIGN, ASSAY_DOC_PROGRAM,
	                  h->at + P_VADDR,
	                  "p_vaddr 0x%llx and p_offset 0x%llx differ in their "
	                  "last 12 bits",
	                  (unsigned long long)h->vaddr,
	                  (unsigned long long)h->offset);
}

uint64_t assay_elf_end(const struct assay_elf *elf)
{
	const struct assay_elf_load *l;

	if (elf->n_loads == 0)
		return 0;
	l = &elf->load[elf->n_loads - 1];
	return (l->vaddr + l->memsz + ASSAY_PAGE - 1) &
	       ~(uint64_t)(ASSAY_PAGE - 1);
}

static bool check_place(const struct assay_elf *elf, const struct phdr *h,
                        struct assay_err *err)
{
	return h->vaddr - h->vaddr % ASSAY_PAGE >= assay_elf_end(elf) ||
	       assay_fail(err, ASSAY_S_ELF_OVERLAP, ASSAY_DOC_PROGRAM,
	                  h->at + P_VADDR,
	                  "p_vaddr: got 0x%llx, want at least 0x%llx, behind "
	                  "the segment before it",
	                  (unsigned long long)h->vaddr,
	                  (unsigned long long)assay_elf_end(elf));
}

static unsigned rights(uint32_t flags)
{
	return (flags & PF_R ? ASSAY_PAGE_R : 0u) |
	       (flags & PF_W ? ASSAY_PAGE_W : 0u) |
	       (flags & PF_X ? ASSAY_PAGE_X : 0u);
}

static bool add_load(struct assay_elf *elf, const struct phdr *h,
                     struct assay_bytes in, struct assay_err *err)
{
	if (!check_count(err, h->at, "segments to load", elf->n_loads + 1,
	                 ASSAY_ELF_MAX_LOADS) ||
	    !check_rights(h, err) || !check_memory(h, err) ||
	    !check_file(h, in.len, err) || !check_place(elf, h, err))
		return false;
	elf->load[elf->n_loads++] = (struct assay_elf_load){
		h->vaddr,
		h->memsz,
		rights(h->flags),
		{ in.ptr + h->offset, (size_t)h->filesz }
	};
	return true;
}

static bool take_phdr(struct assay_elf *elf, const struct phdr *h,
                      struct assay_bytes in, struct assay_err *err)
{
	switch (h->type) {
	case PT_LOAD:
		return add_load(elf, h, in, err);
	case PT_INTERP:
		return assay_fail(err, ASSAY_S_ELF_INTERP, ASSAY_DOC_PROGRAM,
		                  h->at, "it asks for an interpreter");
	case PT_GNU_STACK:
		return !(h->flags & PF_X) ||
		       bad_rights(err, h, "the stack is executable");
	}
	return true;
}

static bool check_entry(const struct assay_elf *elf, struct assay_err *err)
{
	for (size_t i = 0; i < elf->n_loads; i++) {
		const struct assay_elf_load *l = &elf->load[i];

		if (l->rights & ASSAY_PAGE_X && elf->entry >= l->vaddr &&
		    elf->entry - l->vaddr < l->file.len)
			return true;
	}
	return assay_fail(err, ASSAY_S_ELF_ENTRY, ASSAY_DOC_PROGRAM, 24,
	                  "e_entry: 0x%llx is in no executable segment",
	                  (unsigned long long)elf->entry);
}

static bool read_elf(struct assay_elf *elf, struct assay_bytes in,
                     struct assay_err *err)
{
	struct assay_rd phdrs = assay_rd(in);

	if (!read_header(elf, &phdrs, in, err))
		return false;
	while (assay_rd_left(&phdrs) > 0) {
		struct phdr h = read_phdr(&phdrs);

		if (!take_phdr(elf, &h, in, err))
			return false;
	}
	return check_count(err, 56, "segments to load", elf->n_loads,
	                   ASSAY_ELF_MAX_LOADS) &&
	       check_entry(elf, err);
}

bool assay_elf_read(struct assay_elf *elf, struct assay_bytes in,
                    struct assay_err *err)
{
	memset(elf, 0, sizeof(*elf));
	if (read_elf(elf, in, err))
		return true;
	memset(elf, 0, sizeof(*elf));
	return false;
}
