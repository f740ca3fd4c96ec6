/* elf.c - an enclave's program: a static-pie ELF64 for x86-64 [SGX 9]. */
#include "measure/elf.h"

#include "base/err.h"
#include "base/rd.h"
#include "measure/elf64.h"
#include "measure/stream.h"

#include <string.h>

enum {
	PHDRS_MAX = 64,
	MAGIC = 0x464c457f,
	CLASS_64 = 2,
	DATA_LSB = 1,
	VERSION = 1,
	OSABI_SYSV = 0,
	OSABI_GNU = 3, /* static programs with IFUNC say so */
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

static bool check_count(struct assay_err *err, size_t at, const char *what,
                        size_t n, size_t max)
{
	return (n >= 1 && n <= max) ||
	       assay_fail(err, ASSAY_S_ELF_COUNT, ASSAY_DOC_PROGRAM, at,
	                  "got %zu %s, want 1 to %zu", n, what, max);
}

/* A field of the header, and what it may be: one of two. */
struct field {
	size_t at;
	const char *name;
	uint32_t got, want, other;
};

static bool check_fields(const struct assay_ehdr *h, struct assay_err *err)
{
	const uint8_t *id = h->ident.ptr;
	const uint32_t magic = (uint32_t)id[3] << 24 | (uint32_t)id[2] << 16 |
	                       (uint32_t)id[1] << 8 | id[0];
	/* clang-format off */
	const struct field fields[] = {
		{ 0, "magic", magic, MAGIC, MAGIC },
		{ 4, "class", id[4], CLASS_64, CLASS_64 },
		{ 5, "data", id[5], DATA_LSB, DATA_LSB },
		{ 6, "version", id[6], VERSION, VERSION },
		{ 7, "OS ABI", id[7], OSABI_SYSV, OSABI_GNU },
		{ 16, "e_type", h->type, ELF_DYN, ELF_DYN },
		{ 18, "e_machine", h->machine, ELF_X86_64, ELF_X86_64 },
		{ 20, "e_version", h->version, VERSION, VERSION },
		{ 52, "e_ehsize", h->ehsize, ELF_EHDR_LEN, ELF_EHDR_LEN },
		{ 54, "e_phentsize", h->phentsize, ELF_PHDR_LEN, ELF_PHDR_LEN },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct field *f = &fields[i];

		if (f->got != f->want && f->got != f->other)
			return assay_fail(err, ASSAY_S_ELF, ASSAY_DOC_PROGRAM,
			                  f->at, "%s: got 0x%x, want 0x%x",
			                  f->name, f->got, f->want);
	}
	return true;
}

/* `phdrs` reads the table of program headers. */
static bool read_header(struct assay_elf *elf, struct assay_rd *phdrs,
                        struct assay_bytes in, struct assay_err *err)
{
	struct assay_rd r = assay_rd(in);
	struct assay_ehdr h = assay_ehdr_read(&r);
	const size_t len = (size_t)h.phnum * ELF_PHDR_LEN;

	if (!assay_rd_ok(&r))
		return out_of_file(err, 0, "ELF header", 0, ELF_EHDR_LEN,
		                   in.len);
	if (!check_fields(&h, err) ||
	    !check_count(err, ELF_E_PHNUM, "program headers", h.phnum,
	                 PHDRS_MAX))
		return false;
	if (h.phoff > in.len || len > in.len - h.phoff)
		return out_of_file(err, ELF_E_PHOFF, "program headers", h.phoff,
		                   len, in.len);
	elf->entry = h.entry;
	phdrs->pos = (size_t)h.phoff;
	phdrs->end = phdrs->pos + len;
	return true;
}

/* ---- program headers */

static bool bad_rights(struct assay_err *err, const struct assay_phdr *h,
                       const char *what)
{
	return assay_fail(err, ASSAY_S_ELF_RIGHTS, ASSAY_DOC_PROGRAM,
	                  h->at + ELF_P_FLAGS, "p_flags 0x%x: %s", h->flags,
	                  what);
}

static bool check_rights(const struct assay_phdr *h, struct assay_err *err)
{
	if (!(h->flags & ELF_R))
		return bad_rights(err, h, "the segment is not readable");
	if (h->flags & ELF_W && h->flags & ELF_X)
		return bad_rights(err, h, "it is writable and executable");
	return true;
}

static bool bad_memory(struct assay_err *err, size_t at, const char *what,
                       uint64_t got)
{
	return assay_fail(err, ASSAY_S_ELF_MEMORY, ASSAY_DOC_PROGRAM, at,
	                  "%s: got 0x%llx", what, (unsigned long long)got);
}

static bool check_memory(const struct assay_phdr *h, struct assay_err *err)
{
	if (h->memsz == 0)
		return bad_memory(err, h->at + ELF_P_MEMSZ,
		                  "p_memsz: want at least 1", 0);
	if (h->filesz > h->memsz)
		return bad_memory(err, h->at + ELF_P_FILESZ,
		                  "p_filesz: want at most p_memsz", h->filesz);
	if (h->memsz > ASSAY_ELF_IMAGE_MAX)
		return bad_memory(err, h->at + ELF_P_MEMSZ,
		                  "p_memsz: want at most 0x10000000", h->memsz);
	if (h->vaddr > ASSAY_ELF_IMAGE_MAX - h->memsz)
		return bad_memory(err, h->at + ELF_P_VADDR,
		                  "p_vaddr: want an end below 0x10000000",
		                  h->vaddr);
	return true;
}

static bool check_file(const struct assay_phdr *h, size_t file_len,
                       struct assay_err *err)
{
	if (h->offset > file_len || h->filesz > file_len - h->offset)
		return out_of_file(err, h->at + ELF_P_OFFSET, "segment",
		                   h->offset, h->filesz, file_len);
	return h->offset % ASSAY_PAGE == h->vaddr % ASSAY_PAGE ||
	       assay_fail(err, ASSAY_S_ELF_ALIGN, ASSAY_DOC_PROGRAM,
	                  h->at + ELF_P_VADDR,
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

static bool check_place(const struct assay_elf *elf, const struct assay_phdr *h,
                        struct assay_err *err)
{
	return h->vaddr - h->vaddr % ASSAY_PAGE >= assay_elf_end(elf) ||
	       assay_fail(err, ASSAY_S_ELF_OVERLAP, ASSAY_DOC_PROGRAM,
	                  h->at + ELF_P_VADDR,
	                  "p_vaddr: got 0x%llx, want at least 0x%llx, behind "
	                  "the segment before it",
	                  (unsigned long long)h->vaddr,
	                  (unsigned long long)assay_elf_end(elf));
}

static bool add_load(struct assay_elf *elf, const struct assay_phdr *h,
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
		assay_phdr_rights(h),
		{ in.ptr + h->offset, (size_t)h->filesz }
	};
	return true;
}

static bool take_phdr(struct assay_elf *elf, const struct assay_phdr *h,
                      struct assay_bytes in, struct assay_err *err)
{
	switch (h->type) {
	case ELF_LOAD:
		return add_load(elf, h, in, err);
	case ELF_INTERP:
		return assay_fail(err, ASSAY_S_ELF_INTERP, ASSAY_DOC_PROGRAM,
		                  h->at, "it asks for an interpreter");
	case ELF_GNU_STACK:
		return !(h->flags & ELF_X) ||
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
	return assay_fail(err, ASSAY_S_ELF_ENTRY, ASSAY_DOC_PROGRAM,
	                  ELF_E_ENTRY,
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
		struct assay_phdr h = assay_phdr_read(&phdrs);

		if (!take_phdr(elf, &h, in, err))
			return false;
	}
	return check_count(err, ELF_E_PHNUM, "segments to load", elf->n_loads,
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
