/* libpal.c - Gramine's loader, as far as an enclave's measurement needs it
 * [SGX 3.4].  What its signer does not look at, such as its sections, or whether
 * a segment is both written and run, is not looked at here. */
#include "measure/libpal.h"

#include "base/err.h"
#include "base/rd.h"
#include "measure/stream.h"

#include <stdarg.h>
#include <string.h>

enum {
	EHDR_LEN = 64,
	PHDR_LEN = 56,
	TYPE_DYN = 3,
	MACHINE_X86_64 = 62,
	PT_LOAD = 1,
	PF_X = 1,
	PF_W = 2,
	PF_R = 4,
};
/* beyond what a processor addresses, and far below overflow */
#define END_MAX (UINT64_C(1) << 47)

ASSAY_PRINTF(3, 4)
static bool bad(struct assay_err *err, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	assay_vfail(err, ASSAY_S_LIBPAL, ASSAY_DOC_LIBPAL, at, fmt, ap);
	va_end(ap);
	return false;
}

static bool truncated(struct assay_err *err, const struct assay_rd *r)
{
	return bad(err, r->bad_at, "%s wants %zu bytes, %zu are left", r->bad,
	           r->bad_want, r->bad_left);
}

/* ---- the file's header */

/* `phdrs` reads the table of program headers. */
static bool read_header(struct assay_elf *elf, struct assay_rd *phdrs,
                        struct assay_bytes in, struct assay_err *err)
{
	static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	struct assay_rd r = assay_rd(in);
	struct assay_rd table = assay_rd(in);
	struct assay_rd head = assay_rd_sub(&r, EHDR_LEN, "ELF header");
	struct assay_bytes id = assay_rd_bytes(&head, 16, "e_ident");
	uint16_t type = assay_rd_u16le(&head, "e_type");
	uint16_t machine = assay_rd_u16le(&head, "e_machine");
	uint64_t phoff;
	uint16_t len, n;

	assay_rd_bytes(&head, 4, "e_version");
	elf->entry = assay_rd_u64le(&head, "e_entry");
	phoff = assay_rd_u64le(&head, "e_phoff");
	assay_rd_bytes(&head, 14, "e_shoff, e_flags, e_ehsize");
	len = assay_rd_u16le(&head, "e_phentsize");
	n = assay_rd_u16le(&head, "e_phnum");
	assay_rd_join(&r, &head);
	if (!assay_rd_ok(&r))
		return truncated(err, &r);
	if (memcmp(id.ptr, ident, sizeof(ident)) != 0)
		return bad(err, 0, "it is no ELF file of 64 bits");
	if (type != TYPE_DYN || machine != MACHINE_X86_64)
		return bad(err, 16,
		           "e_type %u, e_machine %u: want 3 and 62, a shared "
		           "object for x86-64",
		           type, machine);
	if (len != PHDR_LEN)
		return bad(err, 54, "e_phentsize: got %u, want 56", len);
	assay_rd_bytes(&table, phoff > in.len ? in.len + 1 : (size_t)phoff,
	               "what is before the program headers");
	*phdrs = assay_rd_sub(&table, (size_t)n * PHDR_LEN, "program headers");
	assay_rd_join(&table, phdrs);
	return assay_rd_ok(&table) || truncated(err, &table);
}

/* ---- segments */

/* A program header of a segment, and where it stands in the file. */
struct phdr {
	size_t at;
	uint32_t type, flags;
	uint64_t offset, vaddr, filesz, memsz;
};

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

static bool check_memory(const struct phdr *h, uint64_t end,
                         struct assay_err *err)
{
	uint64_t page = h->vaddr - h->vaddr % ASSAY_PAGE;

	if (h->memsz == 0 || h->memsz > END_MAX || h->filesz > h->memsz)
		return bad(err, h->at + 40,
		           "p_memsz: got 0x%llx, want at least 1 and "
		           "p_filesz, at most 2^47",
		           (unsigned long long)h->memsz);
	if (h->vaddr > END_MAX || page < end || (end == 0 && page > 0))
		return bad(err, h->at + 16,
		           "p_vaddr: got 0x%llx, want %s 0x%llx",
		           (unsigned long long)h->vaddr,
		           end ? "pages from" : "the page",
		           (unsigned long long)end);
	return true;
}

static bool check_file(const struct phdr *h, size_t len, struct assay_err *err)
{
	if (h->offset > len || h->filesz > len - h->offset)
		return bad(err, h->at + 8,
		           "segment: 0x%llx bytes at 0x%llx of a file of 0x%zx",
		           (unsigned long long)h->filesz,
		           (unsigned long long)h->offset, len);
	return h->offset % ASSAY_PAGE == h->vaddr % ASSAY_PAGE ||
	       bad(err, h->at + 8,
	           "p_offset 0x%llx and p_vaddr 0x%llx differ in their last "
	           "12 bits",
	           (unsigned long long)h->offset, (unsigned long long)h->vaddr);
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
	if (!check_memory(h, assay_elf_end(elf), err) ||
	    !check_file(h, in.len, err))
		return false;
	if (elf->n_loads == ASSAY_ELF_MAX_LOADS)
		return bad(err, h->at, "there are more than 16 segments");
	elf->load[elf->n_loads++] = (struct assay_elf_load){
		h->vaddr,
		h->memsz,
		rights(h->flags),
		{ in.ptr + h->offset, (size_t)h->filesz }
	};
	return true;
}

static bool read_all(struct assay_elf *elf, struct assay_bytes in,
                     struct assay_err *err)
{
	struct assay_rd phdrs = assay_rd(in);

	if (!read_header(elf, &phdrs, in, err))
		return false;
	while (assay_rd_left(&phdrs) > 0) {
		struct phdr h = read_phdr(&phdrs);

		if (h.type == PT_LOAD && !add_load(elf, &h, in, err))
			return false;
	}
	return elf->n_loads > 0 || bad(err, 56, "there is no segment to load");
}

bool assay_libpal_read(struct assay_elf *elf, struct assay_bytes in,
                       struct assay_err *err)
{
	memset(elf, 0, sizeof(*elf));
	if (in.len == 0)
		return bad(err, 0, "none is given");
	if (read_all(elf, in, err))
		return true;
	memset(elf, 0, sizeof(*elf));
	return false;
}
