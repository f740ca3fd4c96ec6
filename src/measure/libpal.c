/* libpal.c - Gramine's loader, as far as an enclave's measurement needs it
 * [SGX 3.4].  What its signer does not look at, such as its sections, or whether
 * a segment is both written and run, is not looked at here. */
#include "measure/libpal.h"

#include "base/err.h"
#include "base/rd.h"
#include "measure/elf64.h"
#include "measure/stream.h"

#include <stdarg.h>
#include <string.h>

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
	struct assay_rd r = assay_rd(in);
	struct assay_rd table = assay_rd(in);
	struct assay_rd head = assay_rd_sub(&r, ELF_EHDR_LEN, "ELF header");
	struct assay_ehdr h = assay_ehdr_read(&head);

	assay_rd_join(&r, &head);
	if (!assay_rd_ok(&r))
		return truncated(err, &r);
	if (!assay_ehdr_is_elf64(&h))
		return bad(err, 0, "it is no ELF file of 64 bits");
	if (h.type != ELF_DYN || h.machine != ELF_X86_64)
		return bad(err, ELF_E_TYPE,
		           "e_type %u, e_machine %u: want 3 and 62, a shared "
		           "object for x86-64",
		           h.type, h.machine);
	if (h.phentsize != ELF_PHDR_LEN)
		return bad(err, ELF_E_PHENTSIZE, "e_phentsize: got %u, want 56",
		           h.phentsize);
	elf->entry = h.entry;
	assay_rd_bytes(&table, h.phoff > in.len ? in.len + 1 : (size_t)h.phoff,
	               "what is before the program headers");
	*phdrs = assay_rd_sub(&table, (size_t)h.phnum * ELF_PHDR_LEN,
	                      "program headers");
	assay_rd_join(&table, phdrs);
	return assay_rd_ok(&table) || truncated(err, &table);
}

/* ---- segments */

static bool check_memory(const struct assay_phdr *h, uint64_t end,
                         struct assay_err *err)
{
	uint64_t page = h->vaddr - h->vaddr % ASSAY_PAGE;

	if (h->memsz == 0 || h->memsz > END_MAX || h->filesz > h->memsz)
		return bad(err, h->at + ELF_P_MEMSZ,
		           "p_memsz: got 0x%llx, want at least 1 and "
		           "p_filesz, at most 2^47",
		           (unsigned long long)h->memsz);
	if (h->vaddr > END_MAX || page < end || (end == 0 && page > 0))
		return bad(err, h->at + ELF_P_VADDR,
		           "p_vaddr: got 0x%llx, want %s 0x%llx",
		           (unsigned long long)h->vaddr,
		           end ? "pages from" : "the page",
		           (unsigned long long)end);
	return true;
}

static bool check_file(const struct assay_phdr *h, size_t len,
                       struct assay_err *err)
{
	if (h->offset > len || h->filesz > len - h->offset)
		return bad(err, h->at + ELF_P_OFFSET,
		           "segment: 0x%llx bytes at 0x%llx of a file of 0x%zx",
		           (unsigned long long)h->filesz,
		           (unsigned long long)h->offset, len);
	return h->offset % ASSAY_PAGE == h->vaddr % ASSAY_PAGE ||
	       bad(err, h->at + ELF_P_OFFSET,
	           "p_offset 0x%llx and p_vaddr 0x%llx differ in their last "
	           "12 bits",
	           (unsigned long long)h->offset, (unsigned long long)h->vaddr);
}

static bool add_load(struct assay_elf *elf, const struct assay_phdr *h,
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
		assay_phdr_rights(h),
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
		struct assay_phdr h = assay_phdr_read(&phdrs);

		if (h.type == ELF_LOAD && !add_load(elf, &h, in, err))
			return false;
	}
	return elf->n_loads > 0 ||
	       bad(err, ELF_E_PHNUM, "there is no segment to load");
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
