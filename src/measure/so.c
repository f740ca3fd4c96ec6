/* so.c - a shared object that a toolchain for enclaves signs: its segments and
 * sections [ELF].  What its signer does not look at is not looked at here. */
#include "measure/so.h"

#include "base/err.h"
#include "measure/elf64.h"
#include "measure/stream.h"

#include <stdarg.h>
#include <string.h>

enum {
	SHDR_LEN = 64,
	SHT_NOBITS = 8,
	SH_OFFSET = 24,
};

bool assay_so_fail(struct assay_err *err, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	assay_vfail(err, ASSAY_S_SO, ASSAY_DOC_PROGRAM, at, fmt, ap);
	va_end(ap);
	return false;
}

/* ---- the file's header */

static bool read_header(struct assay_ehdr *h, struct assay_bytes in,
                        struct assay_err *err)
{
	struct assay_rd r = assay_rd(in);

	*h = assay_ehdr_read(&r);
	if (!assay_rd_ok(&r))
		return assay_so_fail(err, r.bad_at,
		                     "%s wants %zu bytes, %zu are left", r.bad,
		                     r.bad_want, r.bad_left);
	if (!assay_ehdr_is_elf64(h))
		return assay_so_fail(err, 0, "it is no ELF file of 64 bits");
	return (h->type == ELF_DYN && h->machine == ELF_X86_64) ||
	       assay_so_fail(err, ELF_E_TYPE,
	                     "e_type %u, e_machine %u: want 3 and 62, a "
	                     "shared object for x86-64",
	                     h->type, h->machine);
}

static bool is_inside(uint64_t from, uint64_t n, uint64_t len)
{
	return from <= len && n <= len - from;
}

/* `at`: where the file says where its part is. */
static bool check_inside(struct assay_bytes in, size_t at, const char *what,
                         uint64_t from, uint64_t n, struct assay_err *err)
{
	return is_inside(from, n, in.len) ||
	       assay_so_fail(err, at,
	                     "%s: 0x%llx bytes at 0x%llx of a file of 0x%zx",
	                     what, (unsigned long long)n,
	                     (unsigned long long)from, in.len);
}

static bool open_table(struct assay_rd *table, struct assay_bytes in,
                       const char *what, uint64_t off, size_t n, size_t at,
                       struct assay_err *err)
{
	if (!check_inside(in, at, what, off, n, err))
		return false;
	*table = assay_rd(in);
	table->pos = (size_t)off;
	table->end = table->pos + n;
	return true;
}

static bool check_len(const char *what, size_t at, uint16_t got, uint16_t want,
                      struct assay_err *err)
{
	return got == want ||
	       assay_so_fail(err, at, "%s: got %u, want %u", what, got, want);
}

/* ---- segments */

static bool check_phdr(const struct assay_phdr *h, struct assay_bytes in,
                       struct assay_err *err)
{
	if (h->filesz > h->memsz)
		return assay_so_fail(err, h->at + ELF_P_FILESZ,
		                     "p_filesz 0x%llx: want at most p_memsz "
		                     "0x%llx",
		                     (unsigned long long)h->filesz,
		                     (unsigned long long)h->memsz);
	if (!is_inside(h->vaddr, h->memsz, ASSAY_SO_END_MAX))
		return assay_so_fail(err, h->at + ELF_P_VADDR,
		                     "p_vaddr 0x%llx, p_memsz 0x%llx: want an "
		                     "end below 2^47",
		                     (unsigned long long)h->vaddr,
		                     (unsigned long long)h->memsz);
	return check_inside(in, h->at + ELF_P_OFFSET, "segment", h->offset,
	                    h->filesz, err);
}

static struct assay_so_segment segment(const struct assay_phdr *h,
                                       struct assay_bytes in)
{
	return (struct assay_so_segment){
		.at = h->at,
		.rights = assay_phdr_rights(h),
		.vaddr = h->vaddr,
		.memsz = h->memsz,
		.align = h->align,
		.offset = (size_t)h->offset,
		.file = { in.ptr + h->offset, (size_t)h->filesz },
	};
}

static uint64_t end_page(const struct assay_so_segment *s)
{
	return (s->vaddr + s->memsz + ASSAY_PAGE - 1) / ASSAY_PAGE * ASSAY_PAGE;
}

static bool add_load(struct assay_so *so, const struct assay_so_segment *s,
                     struct assay_err *err)
{
	if (so->n_loads == ASSAY_SO_LOADS_MAX)
		return assay_so_fail(err, s->at,
		                     "there are more than %d segments to load",
		                     ASSAY_SO_LOADS_MAX);
	if (s->vaddr - s->vaddr % ASSAY_PAGE < so->end)
		return assay_so_fail(err, s->at + ELF_P_VADDR,
		                     "p_vaddr: got 0x%llx, want at least "
		                     "0x%llx, behind the segment before it",
		                     (unsigned long long)s->vaddr,
		                     (unsigned long long)so->end);
	so->load[so->n_loads++] = *s;
	so->end = end_page(s);
	return true;
}

static bool take_phdr(struct assay_so *so, const struct assay_phdr *h,
                      struct assay_err *err)
{
	struct assay_so_segment s;

	if (h->type != ELF_LOAD && h->type != ELF_DYNAMIC && h->type != ELF_TLS)
		return true;
	if (!check_phdr(h, so->in, err))
		return false;
	s = segment(h, so->in);
	if (h->type == ELF_DYNAMIC && so->dynamic.at == 0)
		so->dynamic = s;
	if (h->type == ELF_TLS)
		so->tls = s;
	return h->type != ELF_LOAD || s.memsz == 0 || add_load(so, &s, err);
}

struct assay_bytes assay_so_memory(const struct assay_so *so, uint64_t vaddr,
                                   uint64_t n)
{
	for (size_t i = 0; i < so->n_loads; i++) {
		const struct assay_so_segment *l = &so->load[i];

		if (vaddr >= l->vaddr &&
		    is_inside(vaddr - l->vaddr, n, l->file.len))
			return (struct assay_bytes){
				l->file.ptr + (vaddr - l->vaddr), (size_t)n
			};
	}
	return (struct assay_bytes){ NULL, 0 };
}

/* ---- sections */

/* A section's header. */
struct shdr {
	size_t at;
	uint32_t name, type;
	uint64_t addr, offset, size, align;
};

static struct shdr read_shdr(struct assay_rd *r)
{
	struct shdr h = { .at = r->pos };

	h.name = assay_rd_u32le(r, "sh_name");
	h.type = assay_rd_u32le(r, "sh_type");
	assay_rd_bytes(r, 8, "sh_flags");
	h.addr = assay_rd_u64le(r, "sh_addr");
	h.offset = assay_rd_u64le(r, "sh_offset");
	h.size = assay_rd_u64le(r, "sh_size");
	assay_rd_bytes(r, 8, "sh_link, sh_info");
	h.align = assay_rd_u64le(r, "sh_addralign");
	assay_rd_bytes(r, 8, "sh_entsize");
	return h;
}

static bool read_section(struct assay_so_section *section, const struct shdr *h,
                         struct assay_bytes in, struct assay_err *err)
{
	bool empty = h->type == SHT_NOBITS;

	*section = (struct assay_so_section){
		.at = h->at, .addr = h->addr, .size = h->size, .align = h->align
	};
	if (empty)
		return true;
	if (!check_inside(in, h->at + SH_OFFSET, "section", h->offset, h->size,
	                  err))
		return false;
	section->offset = (size_t)h->offset;
	section->file = (struct assay_bytes){ in.ptr + h->offset,
		                              (size_t)h->size };
	return true;
}

static bool is_named(const struct assay_so *so, const struct shdr *h,
                     const char *name)
{
	size_t n = strlen(name) + 1;

	return is_inside(h->name, n, so->names.len) &&
	       memcmp(so->names.ptr + h->name, name, n) == 0;
}

/* False: there is none. */
static bool find(struct shdr *h, const struct assay_so *so, const char *name)
{
	struct assay_rd r = so->sections;

	while (assay_rd_left(&r) > 0) {
		*h = read_shdr(&r);
		if (is_named(so, h, name))
			return true;
	}
	return false;
}

bool assay_so_section(struct assay_so_section *section,
                      const struct assay_so *so, const char *name,
                      struct assay_err *err)
{
	struct shdr h;

	memset(section, 0, sizeof(*section));
	return !find(&h, so, name) || read_section(section, &h, so->in, err);
}

static bool read_names(struct assay_so *so, const struct assay_ehdr *h,
                       struct assay_err *err)
{
	struct assay_so_section names;
	struct assay_rd r = so->sections;
	struct shdr header;

	if (h->shnum == 0)
		return true;
	if (h->shstrndx >= h->shnum)
		return assay_so_fail(err, ELF_E_SHSTRNDX,
		                     "e_shstrndx: got %u, want less than %u",
		                     h->shstrndx, h->shnum);
	r.pos += (size_t)h->shstrndx * SHDR_LEN;
	header = read_shdr(&r);
	if (!read_section(&names, &header, so->in, err))
		return false;
	so->names = names.file;
	return true;
}

/* ---- the whole */

static bool read_tables(struct assay_so *so, struct assay_rd *phdrs,
                        struct assay_bytes in, struct assay_err *err)
{
	struct assay_ehdr h;

	if (!read_header(&h, in, err))
		return false;
	so->in = in;
	so->entry = h.entry;
	return check_len("e_phentsize", ELF_E_PHENTSIZE, h.phentsize,
	                 ELF_PHDR_LEN, err) &&
	       open_table(phdrs, in, "program headers", h.phoff,
	                  (size_t)h.phnum * ELF_PHDR_LEN, ELF_E_PHOFF, err) &&
	       (h.shnum == 0 || check_len("e_shentsize", ELF_E_SHENTSIZE,
	                                  h.shentsize, SHDR_LEN, err)) &&
	       open_table(&so->sections, in, "section headers",
	                  h.shnum ? h.shoff : 0, (size_t)h.shnum * SHDR_LEN,
	                  ELF_E_SHOFF, err) &&
	       read_names(so, &h, err);
}

static bool read_all(struct assay_so *so, struct assay_bytes in,
                     struct assay_err *err)
{
	struct assay_rd phdrs;

	if (!read_tables(so, &phdrs, in, err))
		return false;
	while (assay_rd_left(&phdrs) > 0) {
		struct assay_phdr h = assay_phdr_read(&phdrs);

		if (!take_phdr(so, &h, err))
			return false;
	}
	return so->n_loads > 0 ||
	       assay_so_fail(err, ELF_E_PHNUM, "there is no segment to load");
}

bool assay_so_read(struct assay_so *so, struct assay_bytes in,
                   struct assay_err *err)
{
	memset(so, 0, sizeof(*so));
	if (read_all(so, in, err))
		return true;
	memset(so, 0, sizeof(*so));
	return false;
}

bool assay_so_has(struct assay_bytes in, const char *name)
{
	struct assay_so so = { 0 };
	struct assay_rd phdrs;
	struct shdr h;

	return read_tables(&so, &phdrs, in, NULL) && find(&h, &so, name);
}

bool assay_so_is_cut(struct assay_bytes in)
{
	struct assay_ehdr h;

	return read_header(&h, in, NULL) && h.shnum > 0 &&
	       h.shentsize == SHDR_LEN &&
	       !is_inside(h.shoff, (uint64_t)h.shnum * SHDR_LEN, in.len);
}
