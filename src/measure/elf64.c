/* elf64.c - the headers of an ELF file of 64 bits, as they stand [ELF]. */
#include "measure/elf64.h"

#include "measure/stream.h"

#include <string.h>

struct assay_ehdr assay_ehdr_read(struct assay_rd *r)
{
	struct assay_ehdr h = { .ident = assay_rd_bytes(r, 16, "e_ident") };

	h.type = assay_rd_u16le(r, "e_type");
	h.machine = assay_rd_u16le(r, "e_machine");
	h.version = assay_rd_u32le(r, "e_version");
	h.entry = assay_rd_u64le(r, "e_entry");
	h.phoff = assay_rd_u64le(r, "e_phoff");
	h.shoff = assay_rd_u64le(r, "e_shoff");
	assay_rd_bytes(r, 4, "e_flags");
	h.ehsize = assay_rd_u16le(r, "e_ehsize");
	h.phentsize = assay_rd_u16le(r, "e_phentsize");
	h.phnum = assay_rd_u16le(r, "e_phnum");
	h.shentsize = assay_rd_u16le(r, "e_shentsize");
	h.shnum = assay_rd_u16le(r, "e_shnum");
	h.shstrndx = assay_rd_u16le(r, "e_shstrndx");
	return h;
}

bool assay_ehdr_is_elf64(const struct assay_ehdr *h)
{
	static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

	return h->ident.len >= sizeof(ident) &&
	       memcmp(h->ident.ptr, ident, sizeof(ident)) == 0;
}

struct assay_phdr assay_phdr_read(struct assay_rd *r)
{
	struct assay_phdr h = { .at = r->pos };

	h.type = assay_rd_u32le(r, "p_type");
	h.flags = assay_rd_u32le(r, "p_flags");
	h.offset = assay_rd_u64le(r, "p_offset");
	h.vaddr = assay_rd_u64le(r, "p_vaddr");
	assay_rd_bytes(r, 8, "p_paddr");
	h.filesz = assay_rd_u64le(r, "p_filesz");
	h.memsz = assay_rd_u64le(r, "p_memsz");
	h.align = assay_rd_u64le(r, "p_align");
	return h;
}

unsigned assay_phdr_rights(const struct assay_phdr *h)
{
	return (h->flags & ELF_R ? ASSAY_PAGE_R : 0u) |
	       (h->flags & ELF_W ? ASSAY_PAGE_W : 0u) |
	       (h->flags & ELF_X ? ASSAY_PAGE_X : 0u);
}
