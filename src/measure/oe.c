/* oe.c - what Open Enclave knows of an enclave, and what its loader writes into
 * the image: versions 0.11 and newer [SGX 3.2]. */
#include "measure/oe.h"

#include "base/err.h"

#include <stdarg.h>
#include <string.h>

static const char section_name[] = ".oeinfo";

enum {
	/* the properties' length tells the version: 0.11 and 0.12, 0.13 to
	 * 0.17.0, and since then */
	LEN_0_11 = 1920,
	LEN_0_13 = 1952,
	LEN_0_17_1 = 1960,
	MARKER_LEN = 8,
	IMAGE_INFO_LEN = 48,
	FLAGS_AT = 36,
	START_AT = 88,
	TYPE_SGX = 2,
	FLAG_ZERO_BASE = 2,
	FLAGS_KNOWN = 3,    /* that, and exceptions for page faults */
	PAYLOAD_LEN = 2064, /* properties with EGo's place of a payload */
	SYMBOL_LEN = 24,
	RELA_LEN = 24,
	THREADS_MAX = 1024,
	PAGES_MAX = 1 << 28,
	CONTROL = 4,   /* pages from a TCS to its thread's memory */
	NOT_ADDED = 3, /* of the next: the guards */
	THREAD = 7,    /* pages of a thread but for stack and memory: three
	              * guards, TCS, two of SSA, one of the thread's data */
	DYN_LEN = 16,
	DT_NEEDED = 1,
	E_SHOFF = 40,
	E_SHNUM = 60,
	E_SHSTRNDX = 62,
};

bool assay_is_oe(struct assay_bytes in)
{
	return assay_so_has(in, section_name);
}

/* ---- the properties */

ASSAY_PRINTF(3, 4)
static bool bad(struct assay_err *err, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	assay_vfail(err, ASSAY_S_OE_INFO, ASSAY_DOC_PROGRAM, at, fmt, ap);
	va_end(ap);
	return false;
}

static bool check_count(struct assay_err *err, size_t at, const char *what,
                        uint64_t n, uint64_t least, uint64_t max)
{
	return (n >= least && n <= max) ||
	       bad(err, at, "%s: got %llu, want %llu to %llu", what,
	           (unsigned long long)n, (unsigned long long)least,
	           (unsigned long long)max);
}

/* The length that the properties say they have. */
static bool read_len(struct assay_oe *oe, struct assay_bytes file,
                     struct assay_err *err)
{
	struct assay_rd r = assay_rd(file);
	uint32_t type;

	oe->info_len = assay_rd_u32le(&r, "size");
	type = assay_rd_u32le(&r, "type");
	if (oe->info_len != LEN_0_11 && oe->info_len != LEN_0_13 &&
	    oe->info_len != LEN_0_17_1)
		return bad(err, oe->info_file_at,
		           ".oeinfo: size %zu, want 1920, 1952 or 1960",
		           oe->info_len);
	if (type != TYPE_SGX)
		return bad(err, oe->info_file_at + 4,
		           ".oeinfo: type %u, want 2 (SGX)", type);
	return oe->info_len <= file.len ||
	       bad(err, oe->info_file_at,
	           ".oeinfo: size %zu in a section of %zu bytes", oe->info_len,
	           file.len);
}

static bool read_info(struct assay_oe *oe, struct assay_bytes file,
                      struct assay_err *err)
{
	struct assay_rd r = assay_rd(file);

	assay_rd_bytes(&r, 8, "size, type");
	oe->heap = assay_rd_u64le(&r, "num_heap_pages");
	oe->stack = assay_rd_u64le(&r, "num_stack_pages");
	oe->threads = assay_rd_u64le(&r, "num_tcs");
	assay_rd_u32le(&r, "product_id, security_version");
	oe->flags = assay_rd_u32le(&r, "flags");
	if (oe->info_len == LEN_0_17_1 && oe->flags & FLAG_ZERO_BASE) {
		r.pos = START_AT;
		oe->start = assay_rd_u64le(&r, "start_address");
	}
	r.pos = oe->info_len - MARKER_LEN - ASSAY_SIGSTRUCT_LEN;
	oe->sigstruct = assay_rd_bytes(&r, ASSAY_SIGSTRUCT_LEN, "sigstruct");
	if (oe->start % ASSAY_PAGE || oe->start > ASSAY_OE_SIZE_MAX)
		return bad(err, oe->info_file_at + START_AT,
		           "start_address: got 0x%llx, want a multiple of "
		           "0x1000, at most 2^40",
		           (unsigned long long)oe->start);
	return check_count(err, oe->info_file_at + 8, "num_heap_pages",
	                   oe->heap, 0, PAGES_MAX) &&
	       check_count(err, oe->info_file_at + 16, "num_stack_pages",
	                   oe->stack, 0, PAGES_MAX) &&
	       check_count(err, oe->info_file_at + 24, "num_tcs", oe->threads,
	                   1, THREADS_MAX);
}

static bool read_all(struct assay_oe *oe, struct assay_bytes in,
                     struct assay_err *err)
{
	struct assay_so_section info;

	if (!assay_so_read(&oe->so, in, err) ||
	    !assay_so_section(&info, &oe->so, section_name, err))
		return false;
	if (info.at == 0)
		return bad(err, 0, ".oeinfo: there is no such section");
	if (oe->so.load[0].vaddr != 0)
		return assay_so_fail(err, oe->so.load[0].at + 16,
		                     "p_vaddr: got 0x%llx, want 0: the image "
		                     "begins there",
		                     (unsigned long long)oe->so.load[0].vaddr);
	oe->info_at = info.addr;
	oe->info_file_at = info.offset;
	return read_len(oe, info.file, err) && read_info(oe, info.file, err);
}

bool assay_oe_read(struct assay_oe *oe, struct assay_bytes in,
                   struct assay_err *err)
{
	memset(oe, 0, sizeof(*oe));
	if (read_all(oe, in, err))
		return true;
	memset(oe, 0, sizeof(*oe));
	return false;
}

/* ---- what is of this file alone */

static bool not_alone(struct assay_err *err, size_t at, const char *what)
{
	return assay_fail(err, ASSAY_S_OE_ALONE, ASSAY_DOC_PROGRAM, at, "%s",
	                  what);
}

static bool needs_module(const struct assay_so *so)
{
	struct assay_rd r = assay_rd(so->dynamic.file);

	while (assay_rd_left(&r) >= DYN_LEN) {
		uint64_t tag = assay_rd_u64le(&r, "d_tag");

		assay_rd_u64le(&r, "d_un");
		if (tag == DT_NEEDED)
			return true;
		if (tag == 0)
			break;
	}
	return false;
}

/* Whatever it needs of others, it is not a file of other tools. */
static bool is_plain(const struct assay_oe *oe, struct assay_err *err)
{
	struct assay_so_section info;

	if (!assay_so_section(&info, &oe->so, section_name, err))
		return false;
	if (info.size >= PAYLOAD_LEN)
		return not_alone(err, info.at + 32,
		                 "a payload of EGo's loader, which is another "
		                 "file: that is not done");
	return !(oe->flags & ~(uint32_t)FLAGS_KNOWN) ||
	       not_alone(err, oe->info_file_at + FLAGS_AT,
	                 "flags of another toolchain: that is not done");
}

static bool check_module(const struct assay_oe *oe, struct assay_err *err)
{
	return !needs_module(&oe->so) ||
	       not_alone(err, oe->so.dynamic.offset,
	                 "a module (DT_NEEDED), which is another file: that "
	                 "is not done");
}

/* ---- symbols */

/* False: there is none of this name. */
static bool find_symbol(const struct assay_oe *oe, const char *name,
                        uint64_t *value)
{
	struct assay_rd r = assay_rd(oe->symbols);
	size_t n = strlen(name) + 1;

	while (assay_rd_left(&r) >= SYMBOL_LEN) {
		uint32_t at = assay_rd_u32le(&r, "st_name");

		assay_rd_u32le(&r, "st_info, st_other, st_shndx");
		*value = assay_rd_u64le(&r, "st_value");
		assay_rd_u64le(&r, "st_size");
		if (at > 0 && at <= oe->names.len && n <= oe->names.len - at &&
		    memcmp(oe->names.ptr + at, name, n) == 0)
			return true;
	}
	return false;
}

static bool check_symbol(const struct assay_oe *oe, const char *name,
                         const char *why, struct assay_err *err)
{
	uint64_t value;

	return find_symbol(oe, name, &value) ||
	       assay_fail(err, ASSAY_S_OE_SYMBOL, ASSAY_DOC_PROGRAM,
	                  oe->info_file_at, "%s: %s", name, why);
}

static bool find_table(struct assay_bytes *table, const struct assay_oe *oe,
                       const char *name, size_t row, struct assay_err *err)
{
	struct assay_so_section section;

	if (!assay_so_section(&section, &oe->so, name, err))
		return false;
	*table = section.file;
	return table->len % row == 0 ||
	       assay_so_fail(err, section.at + 32,
	                     "%s: sh_size %zu, want a multiple of %zu", name,
	                     table->len, row);
}

static bool find_tables(struct assay_oe *oe, struct assay_err *err)
{
	return find_table(&oe->symbols, oe, ".dynsym", SYMBOL_LEN, err) &&
	       find_table(&oe->names, oe, ".dynstr", 1, err) &&
	       find_table(&oe->relocations[0], oe, ".rela.dyn", RELA_LEN,
	                  err) &&
	       check_symbol(oe, "_td_from_tcs_offset",
	                    "it is of before Open Enclave 0.11: that is not "
	                    "done",
	                    err) &&
	       check_symbol(oe, "_enclave_rva", "there is none", err) &&
	       check_symbol(oe, "_reloc_rva", "there is none", err) &&
	       check_symbol(oe, "_reloc_size", "there is none", err);
}

/* Since 0.16 modules are known, and relocations of the procedure linkage table;
 * the ELF header stays as it is. */
static bool is_since_0_16(const struct assay_oe *oe)
{
	uint64_t value;

	return find_symbol(oe, "_module_info", &value);
}

/* ---- memory of threads */

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return to > 1 ? (n + to - 1) / to * to : n;
}

static bool find_memory(struct assay_so_section *s, const struct assay_oe *oe,
                        const char *name, struct assay_err *err)
{
	if (!assay_so_section(s, &oe->so, name, err))
		return false;
	if (oe->info_len == LEN_0_17_1 && oe->so.tls.at > 0 &&
	    s->file.len > 0 && s->addr == oe->so.tls.vaddr)
		s->align = oe->so.tls.align; /* linkers may differ in it */
	return (s->size <= ASSAY_OE_SIZE_MAX &&
	        s->align <= ASSAY_OE_SIZE_MAX) ||
	       assay_so_fail(err, s->at + 32,
	                     "%s: sh_size 0x%llx, sh_addralign 0x%llx: want "
	                     "at most 2^40",
	                     name, (unsigned long long)s->size,
	                     (unsigned long long)s->align);
}

/* ---- patches */

/* In bytes, with zeros behind them. */
static uint64_t relocation_pages(const struct assay_oe *oe)
{
	return round_up((uint64_t)oe->relocations[0].len +
	                        oe->relocations[1].len,
	                ASSAY_PAGE);
}

static void patch(struct assay_oe *oe, uint64_t at, uint64_t value, size_t n)
{
	oe->patch[oe->n_patches++] = (struct assay_oe_patch){ at, value, n };
}

static void patch_symbol(struct assay_oe *oe, const char *name, uint64_t value)
{
	uint64_t at;

	if (find_symbol(oe, name, &at))
		patch(oe, at, value, 8);
}

/* Section headers do not count: their place in the image's own copy of the
 * file's header is cleared. */
static void patch_header(struct assay_oe *oe)
{
	for (size_t i = 0; i < oe->so.n_loads; i++) {
		const struct assay_so_segment *l = &oe->so.load[i];

		if (l->offset == 0 && l->file.len >= 64) {
			patch(oe, l->vaddr + E_SHOFF, 0, 8);
			patch(oe, l->vaddr + E_SHNUM, 0, 2);
			patch(oe, l->vaddr + E_SHSTRNDX, 0, 2);
			return;
		}
	}
}

/* In the order in which the loader writes them. */
static void make_patches(struct assay_oe *oe,
                         const struct assay_so_section *tdata,
                         const struct assay_so_section *tbss,
                         uint64_t enclave_size)
{
	uint64_t relocations = relocation_pages(oe);
	uint64_t info = oe->info_at + oe->info_len - MARKER_LEN -
	                ASSAY_SIGSTRUCT_LEN - IMAGE_INFO_LEN;
	uint64_t own = 0;

	if (!is_since_0_16(oe))
		patch_header(oe);
	patch(oe, info, oe->info_at, 8);
	patch(oe, info + 8, oe->info_len, 8);
	patch(oe, info + 16, oe->so.end, 8);
	patch(oe, info + 24, relocations, 8);
	patch(oe, info + 32, oe->so.end + relocations, 8);
	patch(oe, info + 40, enclave_size, 8);
	if (find_symbol(oe, "_enclave_rva", &own))
		patch(oe, own, own, 8);
	patch_symbol(oe, "_reloc_rva", oe->so.end);
	patch_symbol(oe, "_reloc_size", relocations);
	if (tdata->size > 0) {
		patch_symbol(oe, "_tdata_rva", tdata->addr);
		patch_symbol(oe, "_tdata_size", tdata->size);
		patch_symbol(oe, "_tdata_align", tdata->align);
	}
	if (tbss->size > 0) {
		patch_symbol(oe, "_tbss_size", tbss->size);
		patch_symbol(oe, "_tbss_align", tbss->align);
	}
	patch_symbol(oe, "_td_from_tcs_offset",
	             (oe->tls + CONTROL) * ASSAY_PAGE);
	patch(oe, info + IMAGE_INFO_LEN, 0, ASSAY_SIGSTRUCT_LEN);
}

/* ---- the plan */

static uint64_t power_of_2(uint64_t n)
{
	uint64_t size = 1;

	while (size < n)
		size *= 2;
	return size;
}

/* All pages that are loaded, and the room that guards take; bytes. */
static uint64_t loaded(const struct assay_oe *oe)
{
	return oe->so.end + relocation_pages(oe) + oe->heap * ASSAY_PAGE +
	       oe->threads * (oe->stack + oe->tls + THREAD) * ASSAY_PAGE;
}

static bool check_room(const struct assay_oe *oe, struct assay_err *err)
{
	return (oe->so.end <= ASSAY_OE_SIZE_MAX &&
	        loaded(oe) <= ASSAY_OE_SIZE_MAX - oe->start) ||
	       assay_fail(err, ASSAY_S_OE_ROOM, ASSAY_DOC_PROGRAM,
	                  oe->info_file_at,
	                  "0x%llx bytes from 0x%llx on: want at most 2^40",
	                  (unsigned long long)loaded(oe),
	                  (unsigned long long)oe->start);
}

/* Of those the pages that are measured: all but the heap. */
static uint64_t measured(const struct assay_oe *oe)
{
	uint64_t n = relocation_pages(oe) / ASSAY_PAGE +
	             oe->threads * (oe->stack + oe->tls + THREAD - NOT_ADDED);

	for (size_t i = 0; i < oe->so.n_loads; i++) {
		const struct assay_so_segment *l = &oe->so.load[i];

		n += round_up(l->vaddr % ASSAY_PAGE + l->memsz, ASSAY_PAGE) /
		     ASSAY_PAGE;
	}
	return n;
}

/* Modules, and relocations of the procedure linkage table. */
static bool find_rest(struct assay_oe *oe, struct assay_err *err)
{
	if (!is_since_0_16(oe))
		return true;
	return check_module(oe, err) &&
	       (oe->relocations[0].len == 0 ||
	        find_table(&oe->relocations[1], oe, ".rela.plt", RELA_LEN,
	                   err));
}

bool assay_oe_plan(struct assay_oe *oe, struct assay_err *err)
{
	struct assay_so_section tdata, tbss;

	if (!is_plain(oe, err) || !find_tables(oe, err) ||
	    !find_rest(oe, err) || !find_memory(&tdata, oe, ".tdata", err) ||
	    !find_memory(&tbss, oe, ".tbss", err))
		return false;
	oe->tls = round_up(round_up(tdata.size, tdata.align) +
	                           round_up(tbss.size, tbss.align),
	                   ASSAY_PAGE) /
	          ASSAY_PAGE;
	if (!check_room(oe, err) ||
	    !assay_measured_fits(measured(oe), ASSAY_DOC_PROGRAM,
	                         oe->info_file_at, err))
		return false;
	oe->size = power_of_2(loaded(oe) + oe->start);
	make_patches(oe, &tdata, &tbss, power_of_2(loaded(oe)));
	return true;
}
