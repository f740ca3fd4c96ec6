/* t_oe.c - shared objects that Open Enclave signs, made here by the rules of its
 * loader: what is measured of each version's, and every way to make such a file
 * wrong [SGX 3.2]. */
#include <string.h>

#include "h_measure.h"
#include "h_so.h"
#include "measure/oe.h"
#include "measure/sigstruct.h"
#include "tap.h"

/*
 * The file:
 *
 *   r-x  file 0x0000, 0x2400 bytes, at 0x0000   headers, symbols, relocations
 *   rw-  file 0x2800, 0xc00 bytes,  at 0x3800   0x2800 bytes in memory
 *
 * In the second the properties, what the loader writes to, and the thread's
 * variables.
 */
enum {
	SYMBOLS = 0x400,
	NAMES = 0x600, /* of symbols */
	RELA = 0x800,  /* more than a page of it, */
	N_RELA = 180,
	PLT = RELA + N_RELA * 24, /* and this behind it */
	N_PLT = 3,
	SHDRS = 0x1a00,
	TITLES = 0x1d00, /* names of sections */
	TEXT_LEN = 0x2400,
	DATA_AT = 0x2800,
	DATA_TO = 0x3800,
	DATA_LEN = 0xc00,
	UP = DATA_TO - DATA_AT, /* from a place in the file to its address */
	INFO = 0x2900,
	VARIABLES = 0x3200,
	DYNAMIC = 0x3280,
	TDATA = 0x3300,
	TDATA_LEN = 0x30,
	TBSS_LEN = 0x1010,
	LEN = DATA_AT + DATA_LEN,
	IMAGE_LEN = 0x6000,
	ENTRY = 0x123,
	MARGIN = 0x5100, /* an address that is not in the file */

	HEAP = 3,
	STACK = 2,
	THREADS = 2,
	N_SECTIONS = 9,
};

static uint8_t file[LEN];
static uint8_t image[IMAGE_LEN];
static struct so_stream expected;

/* What differs between versions. */
struct version {
	const char *name;
	size_t len;   /* of the properties */
	bool modules; /* 0.16 and newer: _module_info, .rela.plt */
	bool align;   /* the program header's alignment of .tdata counts */
};
static const struct version v0_19 = { "0.19", 1960, true, true };

static size_t sig_at(const struct version *v)
{
	return v->len - 8 - 1808;
}

/* ---- the file */

static const struct {
	const char *name;
	uint64_t at; /* address */
} symbols[] = {
	{ "", 0 },
	{ "_enclave_rva", UP + VARIABLES },
	{ "_reloc_rva", UP + VARIABLES + 8 },
	{ "_reloc_size", 0x5ffc - 4 }, /* where no file is */
	{ "_tdata_rva", UP + VARIABLES + 24 },
	{ "_tdata_size", UP + VARIABLES + 32 },
	{ "_tdata_align", MARGIN },
	{ "_tbss_size", UP + VARIABLES + 40 },
	{ "_tbss_align", UP + VARIABLES + 48 },
	{ "_td_from_tcs_offset", 0x4ffc }, /* over the end of a page */
	{ "variable", 0x18 },
	{ "_module_info", UP + VARIABLES + 64 },
};
enum { N_SYMBOLS = sizeof(symbols) / sizeof(symbols[0]), VARIABLE = 10 };

static void put_symbols(const struct version *v)
{
	size_t at = 0;

	memset(file + SYMBOLS, 0, N_SYMBOLS * 24);
	for (size_t i = 0; i < N_SYMBOLS; i++) {
		uint8_t *p = file + SYMBOLS + i * 24;

		memcpy(file + NAMES + at, symbols[i].name,
		       strlen(symbols[i].name) + 1);
		put_number(p, at, 4);
		put_number(p + 8, symbols[i].at, 8);
		at += strlen(symbols[i].name) + 1;
	}
	if (!v->modules)
		file[NAMES + at - 2] = 'x';
}

static void put_relocations(void)
{
	for (size_t i = 0; i < N_RELA + N_PLT; i++) {
		uint8_t *p = file + RELA + i * 24;
		bool variable = i % 10 == 0; /* R_X86_64_TPOFF64 */

		put_number(p, 0x3800 + i * 8, 8);
		put_number(p + 8, variable ? 18 : 8, 4);
		put_number(p + 12, variable ? VARIABLE : 0, 4);
		put_number(p + 16, i, 8);
	}
}

static void put_titles(void)
{
	static const struct {
		const char *name;
		uint64_t addr, at, size, align;
		uint32_t type;
	} s[N_SECTIONS] = {
		{ "", 0, 0, 0, 0, 0 },
		{ ".oeinfo", UP + INFO, INFO, 1960, 8, 1 },
		{ ".dynsym", SYMBOLS, SYMBOLS, N_SYMBOLS * 24, 8, 11 },
		{ ".dynstr", NAMES, NAMES, 0x180, 1, 3 },
		{ ".rela.dyn", RELA, RELA, N_RELA * 24, 8, 4 },
		{ ".rela.plt", PLT, PLT, N_PLT * 24, 8, 4 },
		{ ".tdata", UP + TDATA, TDATA, TDATA_LEN, 16, 1 },
		{ ".tbss", UP + TDATA + TDATA_LEN, LEN, TBSS_LEN, 8, 8 },
		{ ".shstrtab", 0, TITLES, 0x100, 1, 3 },
	};
	uint32_t at = 0;

	for (size_t i = 0; i < N_SECTIONS; i++) {
		memcpy(file + TITLES + at, s[i].name, strlen(s[i].name) + 1);
		so_put_shdr(file + SHDRS + i * SO_SHDR, at, s[i].type,
		            s[i].addr, s[i].at, s[i].size, s[i].align);
		at += (uint32_t)strlen(s[i].name) + 1;
	}
}

static void put_info(const struct version *v)
{
	uint8_t *p = file + INFO;

	memset(p, 0, v->len);
	put_number(p, v->len, 4);
	put_number(p + 4, 2, 4);
	put_number(p + 8, HEAP, 8);
	put_number(p + 16, STACK, 8);
	put_number(p + 24, THREADS, 8);
	put_number(p + 32, 1, 2);
	put_number(p + 36, v->len > 1952, 4); /* exceptions: nothing changes */
	memset(p + v->len - 8, 0xec, 8);
}

static void make(const struct version *v)
{
	for (size_t i = 0; i < LEN; i++)
		file[i] = (uint8_t)(i * 7 + i / 256);
	memset(file, 0, SO_PHDRS + 4 * SO_PHDR);
	so_put_ehdr(file, 4, ENTRY);
	so_put_sections(file, SHDRS, N_SECTIONS);
	so_put_phdr(file + SO_PHDRS, 1, 5, 0, 0, TEXT_LEN, TEXT_LEN);
	so_put_phdr(file + SO_PHDRS + SO_PHDR, 1, 6, DATA_AT, DATA_TO, DATA_LEN,
	            0x2800);
	so_put_phdr(file + SO_PHDRS + 2 * SO_PHDR, 7, 4, TDATA, UP + TDATA,
	            TDATA_LEN, TDATA_LEN + TBSS_LEN);
	put_number(file + SO_PHDRS + 2 * SO_PHDR + 48, 64, 8);
	so_put_phdr(file + SO_PHDRS + 3 * SO_PHDR, 2, 6, DYNAMIC, UP + DYNAMIC,
	            0x40, 0x40);
	memset(file + DYNAMIC, 0, 0x40);
	put_symbols(v);
	put_relocations();
	put_titles();
	put_info(v);
}

/* ---- what is expected, written here anew */

static void write_image(const struct version *v, uint64_t relocations,
                        uint64_t enclave)
{
	uint64_t info = UP + INFO + sig_at(v) - 48;

	memset(image, 0, sizeof(image));
	memcpy(image, file, TEXT_LEN);
	memcpy(image + DATA_TO, file + DATA_AT, DATA_LEN);
	if (!v->modules) {
		memset(image + 40, 0, 8);
		memset(image + 60, 0, 4);
	}
	put_number(image + info, UP + INFO, 8);
	put_number(image + info + 8, v->len, 8);
	put_number(image + info + 16, IMAGE_LEN, 8);
	put_number(image + info + 24, relocations, 8);
	put_number(image + info + 32, IMAGE_LEN + relocations, 8);
	put_number(image + info + 40, enclave, 8);
	memset(image + info + 48, 0, 1808);
	put_number(image + symbols[1].at, symbols[1].at, 8);
	put_number(image + symbols[2].at, IMAGE_LEN, 8);
	put_number(image + symbols[3].at, relocations, 8);
	put_number(image + symbols[4].at, UP + TDATA, 8);
	put_number(image + symbols[5].at, TDATA_LEN, 8);
	put_number(image + symbols[6].at, v->align ? 64 : 16, 8);
	put_number(image + symbols[7].at, TBSS_LEN, 8);
	put_number(image + symbols[8].at, 8, 8);
	put_number(image + symbols[9].at, (2 + 4) * 4096, 8);
}

static void expect_relocations(const struct version *v, uint64_t start)
{
	uint8_t pages[2 * 4096] = { 0 };
	size_t n = N_RELA + (v->modules ? N_PLT : 0);

	memcpy(pages, file + RELA, n * 24);
	for (size_t i = 0; i < n; i += 10)
		put_number(pages + i * 24 + 16, symbols[VARIABLE].at, 8);
	so_page(&expected, start + IMAGE_LEN, 0x201, pages);
	so_page(&expected, start + IMAGE_LEN + 4096, 0x201, pages + 4096);
}

/* `tls`: pages of it. */
static uint64_t expect_thread(uint64_t start, uint64_t at, uint64_t tls)
{
	uint8_t page[4096] = { 0 };

	at += 0x1000;
	for (size_t i = 0; i < STACK; i++, at += 0x1000)
		so_filled(&expected, start + at, 0x203, 0xcc);
	at += 0x1000;
	put_number(page + 16, start + at + 0x1000, 8);
	put_number(page + 28, 2, 4);
	put_number(page + 32, start + ENTRY, 8);
	put_number(page + 48, start + at + (tls + 4) * 4096, 8);
	put_number(page + 56, start + at + (tls + 4) * 4096, 8);
	put_number(page + 64, UINT64_MAX, 8);
	so_page(&expected, start + at, 0x100, page);
	so_filled(&expected, start + at + 0x1000, 0x203, 0);
	so_filled(&expected, start + at + 0x2000, 0x203, 0);
	at += 0x4000;
	for (size_t i = 0; i <= tls; i++, at += 0x1000)
		so_filled(&expected, start + at, 0x203, 0);
	return at;
}

static void expect(const struct version *v, uint64_t start, uint64_t size)
{
	uint64_t at = IMAGE_LEN + 0x2000;

	write_image(v, 0x2000, 0x40000);
	so_begin(&expected, size);
	for (size_t i = 0; i < 3; i++)
		so_page(&expected, start + i * 4096, 0x205, image + i * 4096);
	for (size_t i = 3; i < 6; i++)
		so_page(&expected, start + i * 4096, 0x203, image + i * 4096);
	expect_relocations(v, start);
	for (size_t i = 0; i < HEAP; i++, at += 0x1000)
		so_eadd(&expected, start + at, 0x203);
	for (size_t i = 0; i < THREADS; i++)
		at = expect_thread(start, at, 2);
}

static void sign(const struct version *v)
{
	struct assay_sigstruct fields;

	assay_sigstruct_default(&fields, true);
	so_hash(fields.mrenclave, &expected);
	if (!assay_sigstruct_sign(file + INFO + sig_at(v), &fields, tiny_key(),
	                          NULL))
		abort();
}

static void make_signed(const struct version *v)
{
	make(v);
	expect(v, 0, 0x40000);
	sign(v);
}

/* In memory of exactly its size. */
static bool measure(struct assay_measurement *m, size_t len,
                    const struct assay_measuring *how)
{
	return so_measure(m, (struct assay_bytes){ file, len }, how);
}

static void ok_good(const char *name)
{
	struct assay_measurement m;
	bool good = measure(&m, LEN, NULL);

	ok(good && m.kind == ASSAY_ARTEFACT_OE && m.has_computed &&
	           m.has_claimed && m.signature_ok,
	   "%s", name);
	if (!good)
		note("%d at 0x%zx: %s", m.failed.check, m.failed.at,
		     m.failed.note);
}

static void ok_bad(const char *name, enum assay_check want, size_t at)
{
	struct assay_measurement m;
	bool good = measure(&m, LEN, NULL);
	bool as_wanted = !good && m.failed.check == want && m.failed.at == at;

	ok(as_wanted && m.failed.note[0], "%s", name);
	if (!as_wanted)
		note("%d at 0x%zx: %s", m.failed.check, m.failed.at,
		     m.failed.note);
}

/* ---- */

static void test_versions(void)
{
	static const struct version old[] = {
		{ "0.11", 1920, false, false },
		{ "0.15", 1952, false, false },
		{ "0.17", 1952, true, false },
	};

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		make_signed(&old[i]);
		ok_good(old[i].name);
	}
	make_signed(&v0_19);
	ok_good(v0_19.name);
}

static void test_told(void)
{
	struct so_seen s = { .expected = &expected, .same = true };
	struct assay_measuring how = { .put = so_see,
		                       .pages = so_see_pages,
		                       .to = &s };
	struct assay_measurement m;

	make_signed(&v0_19);
	ok(measure(&m, LEN, &how) && s.same && s.len == expected.len &&
	           m.hashed == expected.len && m.enclave_size == 0x40000,
	   "the stream is what is expected");
	ok(s.n == 12 && so_is_run(&s.pages[0], "segment", 0, 3, 0x205, 16) &&
	           so_is_run(&s.pages[1], "segment", 0x3000, 3, 0x203, 16) &&
	           so_is_run(&s.pages[2], "relocations", 0x6000, 2, 0x201,
	                     16) &&
	           so_is_run(&s.pages[3], "heap", 0x8000, 3, 0x203, 0) &&
	           so_is_run(&s.pages[4], "stack", 0xc000, 2, 0x203, 16) &&
	           so_is_run(&s.pages[5], "TCS", 0xf000, 1, 0x100, 16) &&
	           so_is_run(&s.pages[6], "SSA", 0x10000, 2, 0x203, 16) &&
	           so_is_run(&s.pages[7], "thread data", 0x13000, 3, 0x203,
	                     16) &&
	           so_is_run(&s.pages[8], "stack", 0x17000, 2, 0x203, 16),
	   "pages are told of as runs");
}

static void test_zero_base(void)
{
	make(&v0_19);
	put_number(file + INFO + 36, 2, 4);
	put_number(file + INFO + 88, 0x21000, 8);
	expect(&v0_19, 0x21000, 0x80000);
	sign(&v0_19);
	ok_good("an enclave that begins at address 0, below its image");
	put_number(file + INFO + 88, 0x21001, 8);
	ok_bad("that begins on no page", ASSAY_S_OE_INFO, INFO + 88);
	put_number(file + INFO + 88, UINT64_MAX - 4095, 8);
	ok_bad("that begins at the end", ASSAY_S_OE_INFO, INFO + 88);
	put_number(file + INFO + 88, 0x21000, 8);
	put_number(file + INFO + 36, 0, 4);
	expect(&v0_19, 0, 0x40000);
	sign(&v0_19);
	ok_good("without its flag the address does not count");
}

static void test_none(void)
{
	uint64_t at = IMAGE_LEN;

	make(&v0_19);
	put_number(file + SHDRS + 4 * SO_SHDR + 32, 0, 8);
	put_number(file + SHDRS + 6 * SO_SHDR, 0, 4);
	put_number(file + SHDRS + 7 * SO_SHDR, 0, 4);
	put_number(file + INFO + 8, 0, 8);
	put_number(file + INFO + 24, 1, 8);
	write_image(&v0_19, 0, 0x10000);
	for (size_t i = 4; i < 9; i++)
		memcpy(image + symbols[i].at,
		       symbols[i].at == MARGIN ? (const uint8_t[8]){ 0 }
		                               : file + (symbols[i].at - UP),
		       8);
	put_number(image + symbols[9].at, 4 * 4096, 8);
	so_begin(&expected, 0x10000);
	for (size_t i = 0; i < 6; i++)
		so_page(&expected, i * 4096, i < 3 ? 0x205 : 0x203,
		        image + i * 4096);
	expect_thread(0, at, 0);
	sign(&v0_19);
	ok_good("without relocations, heap and variables of threads");
}

/* ---- one field changed */

#define I(at) (INFO + (at))
#define S(i, at) (SHDRS + (i)*SO_SHDR + (at))

/* clang-format off */
static const struct {
	const char *name;
	size_t at, n;
	uint64_t to;
	enum assay_check want;
	size_t want_at;
} rows[] = {
	{ "properties out of the file", S(1, 24), 8, LEN,     ASSAY_S_SO, S(1, 24) },
	{ "properties that are cut",   S(1, 32), 8, 1959,     ASSAY_S_OE_INFO, I(0) },
	{ "of no length",              S(1, 32), 8, 0,        ASSAY_S_OE_INFO, I(0) },
	{ "of another length",         I(0), 4, 1856,         ASSAY_S_OE_INFO, I(0) },
	{ "of another type",           I(4), 4, 3,            ASSAY_S_OE_INFO, I(4) },
	{ "too much heap",             I(8), 8, UINT64_MAX,   ASSAY_S_OE_INFO, I(8) },
	{ "too much stack",            I(16), 8, UINT64_MAX,  ASSAY_S_OE_INFO, I(16) },
	{ "no thread",                 I(24), 8, 0,           ASSAY_S_OE_INFO, I(24) },
	{ "1025 threads",              I(24), 8, 1025,        ASSAY_S_OE_INFO, I(24) },
	{ "2 TiB in all",              I(16), 8, 1 << 28,     ASSAY_S_OE_ROOM, I(0) },
	{ "64 GiB of stacks",          I(16), 8, 1 << 23,     ASSAY_S_MEASURED, I(0) },
	{ "and of heap: not measured", I(8), 8, 1 << 24,      ASSAY_S_MEASUREMENT, 960 },
	{ "flags of EdgelessRT",       I(36), 4, 4,           ASSAY_S_OE_ALONE, I(36) },
	{ "a payload of EGo",          S(1, 32), 8, 2064,     ASSAY_S_OE_ALONE, S(1, 32) },
	{ "a module",                  DYNAMIC, 1, 1,         ASSAY_S_OE_ALONE, DYNAMIC },
	{ "a module behind the end",   DYNAMIC + 16, 1, 1,    ASSAY_S_MEASUREMENT, 960 },
	{ "before 0.11",               NAMES + 0x70, 1, 'x',  ASSAY_S_OE_SYMBOL, I(0) },
	{ "half a relocation",         S(4, 32), 8, 30,       ASSAY_S_SO, S(4, 32) },
	{ "half one of the table",     S(5, 32), 8, 30,       ASSAY_S_SO, S(5, 32) },
	{ "half a symbol",             S(2, 32), 8, 30,       ASSAY_S_SO, S(2, 32) },
	{ "symbols out of the file",   S(2, 24), 8, LEN,      ASSAY_S_SO, S(2, 24) },
	{ "names out of the file",     S(3, 24), 8, LEN,      ASSAY_S_SO, S(3, 24) },
	{ "no symbols",                S(2, 32), 8, 0,        ASSAY_S_OE_SYMBOL, I(0) },
	{ "symbols without names",     S(3, 32), 8, 0,        ASSAY_S_OE_SYMBOL, I(0) },
	{ "no place of the image",     NAMES + 2, 1, 'x',     ASSAY_S_OE_SYMBOL, I(0) },
	{ "no place of relocations",   NAMES + 15, 1, 'x',    ASSAY_S_OE_SYMBOL, I(0) },
	{ "no length of relocations",  NAMES + 26, 1, 'x',    ASSAY_S_OE_SYMBOL, I(0) },
	{ "too much memory of threads", S(7, 32), 8, UINT64_MAX, ASSAY_S_SO, S(7, 32) },
	{ "too much alignment of it",  S(7, 48), 8, UINT64_MAX, ASSAY_S_SO, S(7, 32) },
	{ "a variable that is none",   RELA + 12, 4, N_SYMBOLS, ASSAY_S_MEASUREMENT, 960 },
	{ "a byte of text",            0x1900, 1, 0xfe,       ASSAY_S_MEASUREMENT, 960 },
	{ "a byte of what is written", VARIABLES, 1, 0xfe,    ASSAY_OK, 0 },
	{ "a segment on no page of its own", SO_PHDRS + SO_PHDR + 16, 8, 0x2800, ASSAY_S_SO, SO_PHDRS + SO_PHDR + 16 },
	{ "an image that begins elsewhere", SO_PHDRS + 16, 8, 0x10, ASSAY_S_SO, SO_PHDRS + 16 },
	{ "a segment only writable",   SO_PHDRS + SO_PHDR + 4, 4, 2, ASSAY_S_FLAGS, 0x3000 },
	{ "a SIGSTRUCT's header",      I(144), 1, 7,          ASSAY_S_HEADER, 0 },
	{ "the signature",             I(144 + 600), 1, 0xfe, ASSAY_S_SIGNATURE, 516 },
};
/* clang-format on */

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_signed(&v0_19);
		put_number(file + rows[i].at, rows[i].to, rows[i].n);
		if (rows[i].want == ASSAY_OK)
			ok_good(rows[i].name);
		else
			ok_bad(rows[i].name, rows[i].want, rows[i].want_at);
	}
}

/* The claims of what is not measured can be read all the same. */
static void test_claims(void)
{
	struct assay_measurement m;

	make_signed(&v0_19);
	put_number(file + DYNAMIC, 1, 1);
	ok(!measure(&m, LEN, NULL) && m.has_claimed && m.signature_ok &&
	           !m.has_computed,
	   "a file with a module claims, and is not measured");
}

/* Whatever is cut off, one line says where. */
static void test_cut(void)
{
	struct assay_measurement m;
	size_t bad = 0, seen = 0;

	make_signed(&v0_19);
	for (size_t len = 0; len < LEN; len++) {
		bool good = measure(&m, len, NULL);

		if (good || m.failed.check == ASSAY_OK || m.has_computed ||
		    m.failed.at > LEN || !m.failed.note[0])
			bad++;
		seen += m.failed.check == ASSAY_S_SO;
	}
	ok(bad == 0, "every truncation is refused, %zu of them as S_SO", seen);
	ok(seen > LEN / 3, "where there are section headers, as such a file");
}

int main(void)
{
	test_versions();
	test_told();
	test_zero_base();
	test_none();
	test_rows();
	test_claims();
	test_cut();
	return done();
}
