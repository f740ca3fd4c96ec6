/* t_sdk.c - shared objects that Intel's SDK signs, made here by the rules of
 * its format: what is measured of every kind of layout entry, and every way to
 * make such a file wrong [SGX 3.1]. */
#include <string.h>

#include "h_measure.h"
#include "h_so.h"
#include "measure/sdk.h"
#include "measure/sigstruct.h"
#include "tap.h"

/*
 * The file.  Three segments, of which the second holds the third:
 *
 *   r-x  file 0x0000, 0x1100 bytes, at 0x0000   headers
 *   rw-  file 0x1240, 0x100 bytes,  at 0x3240   0x1900 bytes in memory
 *
 * Then the note with up to three copies of metadata, then a second shared
 * object.  Section headers stand in the first segment.
 */
enum {
	SHDRS = 0x400, /* none, the note, names */
	NAMES = 0x500,
	RELA = 0x600, /* three relocations */
	TEXT_LEN = 0x1100,
	DATA_AT = 0x1240,
	DATA_LEN = 0x100,
	GLOBAL_AT = 0x1260, /* what is patched */
	GLOBAL_LEN = 0x20,
	DYNAMIC_AT = 0x1290,
	NOTE_AT = 0x1400,
	META_AT = NOTE_AT + 25,
	META_LEN = 0x1c00,
	MORE_AT = 0x7000,
	MORE_LEN = 0x180,
	LEN = MORE_AT + MORE_LEN,
	COPIES = 3,

	/* in metadata */
	SIG = 64,
	DIRS = 1872,
	GLOBAL = 0x770,
	ZERO = 0x790,
	TCS = 0x7a0,
	PATCHES = 0x7f0,
	LAYOUT = 0x880,
	RANGE = 0xa80,
	EXTENSION = 0xaa0,
	OBJECT = 0xab0,
	CONTENT = 0xb00,
	CONTENT_LEN = 0x1010,
	ROW = 32,
	ROWS_MAX = 16,

	IMAGE = 0x40000,
	EADD = 1,
	MEASURED = 3,
	EREMOVE = 7,
	POST = 8,
	GROUP = 0x1009,
};

static uint8_t file[LEN];

/* A copy's metadata, and a place in it. */
static uint8_t *meta(size_t copy, size_t at)
{
	return file + META_AT + copy * META_LEN + at;
}

/* ---- the file, made */

static void put_sections(void)
{
	so_put_sections(file, SHDRS, 3);
	memset(file + SHDRS, 0, SO_SHDR);
	so_put_shdr(file + SHDRS + SO_SHDR, 1, 7, 0, NOTE_AT,
	            25 + COPIES * META_LEN, 1);
	so_put_shdr(file + SHDRS + 2 * SO_SHDR, 15, 3, 0, NAMES, 32, 1);
	memcpy(file + NAMES, "\0.note.sgxmeta\0.shstrtab", 25);
}

static void put_row(size_t copy, size_t i, uint16_t id, uint16_t attributes,
                    uint32_t n, uint64_t rva, uint32_t size, uint32_t at,
                    uint64_t flags)
{
	uint8_t *p = meta(copy, LAYOUT + i * ROW);

	put_number(p, id, 2);
	put_number(p + 2, attributes, 2);
	put_number(p + 4, n, 4);
	put_number(p + 8, rva, 8);
	put_number(p + 16, size, 4);
	put_number(p + 20, at, 4);
	put_number(p + 24, flags, 8);
	put_number(meta(copy, DIRS + 12), (i + 1) * ROW, 4);
}

static void put_patch(size_t copy, size_t i, uint64_t to, uint32_t from,
                      uint32_t n)
{
	uint8_t *p = meta(copy, PATCHES + i * ROW);

	put_number(p, to, 8);
	put_number(p + 8, from, 4);
	put_number(p + 12, n, 4);
}

static void put_version(size_t copy, uint32_t major, uint32_t minor)
{
	put_number(meta(copy, 8), minor, 4);
	put_number(meta(copy, 12), major, 4);
}

static void put_meta(size_t copy)
{
	static const uint32_t dirs[] = { PATCHES, 4 * ROW, LAYOUT, 0 };
	uint8_t *p = meta(copy, 0);

	memset(p, 0, META_LEN);
	put_number(p, UINT64_C(0x86a80294635d0e4c), 8);
	put_version(copy, 1, 4);
	put_number(p + 16, META_LEN, 4);
	put_number(p + 24, 1, 4);
	put_number(p + 40, IMAGE, 8);
	for (size_t i = 0; i < 4; i++)
		put_number(p + DIRS + 4 * i, dirs[i], 4);
	for (size_t i = 0; i < GLOBAL_LEN; i++)
		p[GLOBAL + i] = (uint8_t)(0xa0 + i);
	put_number(p + TCS + 16, 0x1000, 8); /* OSSA, of the page */
	put_number(p + TCS + 28, 2, 4);
	put_number(p + TCS + 32, 0x800, 8);
	put_number(p + TCS + 48, 0x4000, 8);
	put_number(p + TCS + 56, 0x4000, 8);
	put_number(p + TCS + 64, UINT64_MAX, 8);
	for (size_t i = 0; i < CONTENT_LEN; i++)
		p[CONTENT + i] = (uint8_t)(i * 5 + i / 256);
	put_patch(copy, 0, GLOBAL_AT, GLOBAL, GLOBAL_LEN);
	put_patch(copy, 1, 60, ZERO, 2);
	put_patch(copy, 2, 40, ZERO, 8);
	put_patch(copy, 3, 62, ZERO, 2);
}

static void put_note(size_t copies)
{
	uint8_t *p = file + NOTE_AT;

	put_number(p, 13, 4);
	put_number(p + 4, COPIES * META_LEN, 4);
	put_number(p + 8, 1, 4);
	memcpy(p + 12, "sgx_metadata", 13);
	memset(p + 25, 0, COPIES * META_LEN);
	for (size_t i = 0; i < copies; i++)
		put_meta(i);
}

/* Without a layout. */
static void make(size_t copies)
{
	for (size_t i = 0; i < LEN; i++)
		file[i] = (uint8_t)(i * 7 + i / 256);
	memset(file, 0, SO_PHDRS + 3 * SO_PHDR);
	so_put_ehdr(file, 3, 0x800);
	so_put_phdr(file + SO_PHDRS, 1, 5, 0, 0, TEXT_LEN, TEXT_LEN);
	so_put_phdr(file + SO_PHDRS + SO_PHDR, 1, 6, DATA_AT, 0x3240, DATA_LEN,
	            0x1900);
	so_put_phdr(file + SO_PHDRS + 2 * SO_PHDR, 2, 6, DYNAMIC_AT, 0x3290,
	            0x50, 0x50);
	memset(file + DYNAMIC_AT, 0, 0x50);
	put_sections();
	put_note(copies);
}

/* ---- what is expected, page by page: written here anew */

static struct so_stream expected;
static uint8_t patched[LEN]; /* the file, patched */

static void begin(uint64_t size)
{
	so_begin(&expected, size);
	memcpy(patched, file, LEN);
	memcpy(patched + GLOBAL_AT, meta(0, GLOBAL), GLOBAL_LEN);
	memset(patched + 40, 0, 8);
	memset(patched + 60, 0, 4);
}

/* n bytes of the patched file, `lead` bytes into a page. */
static void file_page(uint64_t at, uint64_t flags, size_t lead, size_t from,
                      size_t n)
{
	uint8_t bytes[4096] = { 0 };

	memcpy(bytes + lead, patched + from, n);
	so_page(&expected, at, flags, bytes);
}

static void tcs(uint64_t at, uint64_t rva)
{
	uint8_t bytes[4096] = { 0 };

	put_number(bytes + 16, rva + 0x1000, 8);
	put_number(bytes + 28, 2, 4);
	put_number(bytes + 32, 0x800, 8);
	put_number(bytes + 48, rva + 0x4000, 8);
	put_number(bytes + 56, rva + 0x4000, 8);
	put_number(bytes + 64, UINT64_MAX, 8);
	so_page(&expected, at, 0x100, bytes);
}

/* The two segments; the first one's flags may differ. */
static void segments(uint64_t base, uint64_t first, uint64_t second)
{
	file_page(base, first, 0, 0, 0x1000);
	file_page(base + 0x1000, second, 0, 0x1000, 0x100);
	file_page(base + 0x3000, 0x203, 0x240, DATA_AT, DATA_LEN);
	so_filled(&expected, base + 0x4000, 0x203, 0);
}

/* ---- signing, measuring */

static void sign_as(size_t copy, const uint8_t mrenclave[32], uint16_t product)
{
	struct assay_sigstruct fields;

	assay_sigstruct_default(&fields, false);
	memcpy(fields.mrenclave, mrenclave, 32);
	fields.isv_prod_id = product;
	if (!assay_sigstruct_sign(meta(copy, SIG), &fields, tiny_key(), NULL))
		abort();
}

static void sign(size_t copies)
{
	uint8_t mrenclave[32];

	so_hash(mrenclave, &expected);
	for (size_t i = 0; i < copies; i++)
		sign_as(i, mrenclave, 7);
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

	ok(good && m.kind == ASSAY_ARTEFACT_SDK && m.has_computed &&
	           m.has_claimed && m.signature_ok &&
	           m.claimed.isv_prod_id == 7,
	   "%s", name);
	if (!good)
		note("%d at 0x%zx: %s", m.failed.check, m.failed.at,
		     m.failed.note);
}

static void ok_bad(const char *name, enum assay_check want, size_t at)
{
	struct assay_measurement m;
	bool good = measure(&m, LEN, NULL);

	ok(!good && m.failed.check == want && m.failed.at == at &&
	           m.failed.note[0],
	   "%s", name);
	if (good || m.failed.check != want || m.failed.at != at)
		note("%d at 0x%zx: %s", m.failed.check, m.failed.at,
		     m.failed.note);
}

/* ---- layouts */

/* Every kind of entry, at 0x5000 and higher. */
static void put_layout(size_t copy)
{
	put_row(copy, 0, 1, EADD, 3, 0x5000, 0, 0, 0x203); /* heap */
	put_row(copy, 1, 3, POST, 2, 0x8000, 0, 0, 0x203); /* later */
	put_row(copy, 2, 10, 0, 2, 0xa000, 0, 0, 0);       /* guard */
	put_row(copy, 3, 8, MEASURED, 2, 0xc000, 0xcccccccc, 0, 0x203);
	put_row(copy, 4, 10, 0, 1, 0xe000, 0, 0, 0);
	put_row(copy, 5, 4, MEASURED, 1, 0xf000, 72, TCS, 0x100);
	put_row(copy, 6, 6, MEASURED, 2, 0x10000, 0, 0, 0x203); /* SSA */
	put_row(copy, 7, 5, EREMOVE, 1, 0x12000, 0, 0, 0x203);  /* TD */
	put_row(copy, 8, GROUP, 5, 2, 0x8000, 0, 0, 0);
	put_row(copy, 9, 24, MEASURED, 3, 0x30000, CONTENT_LEN, CONTENT, 0x201);
	put_row(copy, 10, 25, EADD, 1, 0x33000, 3, CONTENT, 0x205);
	put_row(copy, 11, 20, EADD, 2, 0x34000, 0, 0, 0x207); /* reserved */
	put_row(copy, 12, 4, EADD, 1, 0x36000, 72, TCS, 0x100);
	put_row(copy, 13, 10, EADD, 1, 0x37000, 0, 0, 0);    /* no flags */
	put_row(copy, 14, 1, EADD, 0, 0x38000, 0, 0, 0x203); /* no pages */
	put_row(copy, 15, 14, POST, 1, 0x38000, 72, TCS, 0x100);
}

static void thread(uint64_t base, uint64_t rva)
{
	so_filled(&expected, base + rva, 0x203, 0xcc);
	so_filled(&expected, base + rva + 0x1000, 0x203, 0xcc);
	tcs(base + rva + 0x3000, rva + 0x3000);
	so_filled(&expected, base + rva + 0x4000, 0x203, 0);
	so_filled(&expected, base + rva + 0x5000, 0x203, 0);
	so_filled(&expected, base + rva + 0x6000, 0x203, 0);
}

static void expect_layout(uint64_t base)
{
	uint8_t bytes[4096] = { 0 };

	for (uint64_t at = 0x5000; at < 0x8000; at += 0x1000)
		so_eadd(&expected, base + at, 0x203);
	thread(base, 0xc000);
	thread(base, 0x14000);
	thread(base, 0x1c000);
	so_page(&expected, base + 0x30000, 0x201, meta(0, CONTENT));
	memcpy(bytes, meta(0, CONTENT + 4096), CONTENT_LEN - 4096);
	so_page(&expected, base + 0x31000, 0x201, bytes);
	so_filled(&expected, base + 0x32000, 0x201, 0);
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, meta(0, CONTENT), 3);
	so_page(&expected, base + 0x33000, 0x205,
	        bytes); /* contents always count */
	so_eadd(&expected, base + 0x34000, 0x207);
	so_eadd(&expected, base + 0x35000, 0x207);
	so_eadd(&expected, base + 0x36000, 0x100);
}

/* The file of which the rest are changes. */
static void make_plain(size_t copies)
{
	make(copies);
	for (size_t i = 0; i < copies; i++)
		put_layout(i);
	begin(IMAGE);
	segments(0, 0x205, 0x205);
	expect_layout(0);
	sign(copies);
}

static void test_plain(void)
{
	struct assay_measurement m;
	uint8_t hash[32];

	make_plain(1);
	ok_good("every kind of layout entry");
	ok(measure(&m, LEN, NULL) && m.has_metadata && m.metadata.major == 1 &&
	           m.metadata.minor == 4 && m.metadata.n_copies == 1 &&
	           m.enclave_size == IMAGE && m.hashed == expected.len,
	   "what is known of it");
	so_hash(hash, &expected);
	ok(memcmp(hash, m.computed, 32) == 0, "the hash of what is expected");
}

static void test_told(void)
{
	struct so_seen s = { .expected = &expected, .same = true };
	struct assay_measuring how = { .put = so_see,
		                       .pages = so_see_pages,
		                       .to = &s };
	struct assay_measurement m;

	make_plain(1);
	ok(measure(&m, LEN, &how) && s.same && s.len == expected.len,
	   "the stream is what is expected");
	ok(s.n == 19 && so_is_run(&s.pages[0], "segment", 0, 2, 0x205, 16) &&
	           so_is_run(&s.pages[1], "segment", 0x3000, 2, 0x203, 16) &&
	           so_is_run(&s.pages[2], "heap", 0x5000, 3, 0x203, 0) &&
	           so_is_run(&s.pages[3], "stack", 0xc000, 2, 0x203, 16) &&
	           so_is_run(&s.pages[4], "TCS", 0xf000, 1, 0x100, 16) &&
	           so_is_run(&s.pages[5], "SSA", 0x10000, 2, 0x203, 16) &&
	           so_is_run(&s.pages[6], "thread data", 0x12000, 1, 0x203,
	                     16) &&
	           so_is_run(&s.pages[7], "stack", 0x14000, 2, 0x203, 16) &&
	           so_is_run(&s.pages[15], "layout", 0x30000, 3, 0x201, 16) &&
	           so_is_run(&s.pages[17], "reserved", 0x34000, 2, 0x207, 0) &&
	           so_is_run(&s.pages[18], "TCS", 0x36000, 1, 0x100, 0),
	   "pages are told of as runs");
	if (s.n != 19)
		note("%zu runs", s.n);
}

/* A range that is larger than the image: everything is counted from there. */
static void put_range(uint64_t image, uint64_t start, uint64_t size)
{
	put_version(0, 13, 3);
	put_number(meta(0, DIRS + 16), RANGE, 4);
	put_number(meta(0, DIRS + 20), 24, 4);
	put_number(meta(0, RANGE), image, 8);
	put_number(meta(0, RANGE + 8), start, 8);
	put_number(meta(0, RANGE + 16), size, 8);
}

static void test_range(void)
{
	const size_t at = META_AT + DIRS + 16;

	make(1);
	put_layout(0);
	put_range(0x10000, 0, 0x80000);
	begin(0x80000);
	segments(0x10000, 0x205, 0x205);
	expect_layout(0x10000);
	sign(1);
	ok_good("a range that begins at 0, below the image");
	put_version(0, 11, 5);
	ok_good("of version 11.5");
	put_range(0x510000, 0x500000, 0x80000);
	ok_good("elsewhere");

	put_range(0x10000, 0, 0x40000);
	ok_bad("a range that the image sticks out of", ASSAY_S_SDK_ELRANGE, at);
	put_range(0x10000, 0, 0x90000);
	ok_bad("no power of two", ASSAY_S_SDK_ELRANGE, at);
	put_range(0x510000, 0x510000 - 0x40000, 0x80000);
	ok_bad("no multiple of its size", ASSAY_S_SDK_ELRANGE, at);
	put_range(0x10800, 0, 0x80000);
	ok_bad("an image on no page", ASSAY_S_SDK_ELRANGE, at);
	put_range(0x10000, 0x80000, 0x80000);
	ok_bad("an image before it", ASSAY_S_SDK_ELRANGE, at);
	put_range(0x10000, 0, 0);
	ok_bad("no size", ASSAY_S_SDK_ELRANGE, at);
	put_range(0x10000, 0, UINT64_C(1) << 41);
	ok_bad("2 TiB", ASSAY_S_SDK_ELRANGE, at);
	put_range(UINT64_MAX - 0xfff, 0, 0x80000);
	ok_bad("an image at the end of all memory", ASSAY_S_SDK_ELRANGE, at);
	put_range(0x10000, 0, 0x80000);
	put_number(meta(0, DIRS + 20), 16, 4);
	ok_bad("a range of 16 bytes", ASSAY_S_SDK_ELRANGE, at);
	put_number(meta(0, DIRS + 16), META_LEN, 4);
	ok_bad("a range behind the metadata", ASSAY_S_SDK_METADATA, at);
}

/* ---- relocations in text */

static void put_dynamic(size_t i, uint64_t tag, uint64_t value)
{
	put_number(file + DYNAMIC_AT + 16 * i, tag, 8);
	put_number(file + DYNAMIC_AT + 16 * i + 8, value, 8);
}

static void put_rela(size_t i, uint64_t at, uint32_t type)
{
	put_number(file + RELA + 24 * i, at, 8);
	put_number(file + RELA + 24 * i + 8, type, 8);
	put_number(file + RELA + 24 * i + 16, 0, 8);
}

static void make_text(uint64_t at0, uint64_t at1, uint64_t first,
                      uint64_t second)
{
	make(1);
	put_rela(0, at0, 8);
	put_rela(1, 0x800, 0); /* none: it counts for nothing */
	put_rela(2, at1, 8);
	put_dynamic(0, 7, RELA);
	put_dynamic(1, 8, 48);
	put_dynamic(2, 23, RELA + 48);
	put_dynamic(3, 2, 24);
	put_dynamic(4, 22, 0);
	begin(IMAGE);
	segments(0, first, second);
	sign(1);
}

static void test_text(void)
{
	make_text(0x3250, 0x1010, 0x205, 0x207);
	ok_good("relocations in text: its page becomes writable");
	make_text(0x0ff8, 0x3250, 0x207, 0x205);
	ok_good("one that ends with its page");
	make_text(0x0ff9, 0x3250, 0x207, 0x207);
	ok_good("one that goes over its end");
	make_text(UINT64_MAX, 0x3250, 0x205, 0x205);
	ok_good("one that is nowhere");
	put_dynamic(4, 0, 0);
	put_rela(0, 0x1010, 8);
	begin(IMAGE);
	segments(0, 0x205, 0x205);
	sign(1);
	ok_good("without DT_TEXTREL none counts");
	put_dynamic(4, 22, 0);
	put_dynamic(1, 8, TEXT_LEN);
	ok_bad("relocations that are in no segment", ASSAY_S_SO, DYNAMIC_AT);
}

/* ---- a second shared object */

static void put_more(uint64_t at, uint64_t to, uint64_t len)
{
	put_version(0, 3, 3);
	put_number(meta(0, DIRS + 24), EXTENSION, 4);
	put_number(meta(0, DIRS + 28), 16, 4);
	put_number(meta(0, EXTENSION), 0x1002, 4);
	put_number(meta(0, EXTENSION + 4), 32, 4);
	put_number(meta(0, EXTENSION + 8), OBJECT, 4);
	put_number(meta(0, OBJECT), at, 8);
	put_number(meta(0, OBJECT + 8), to, 8);
	put_number(meta(0, OBJECT + 16), len, 8);
}

static void test_more(void)
{
	make(1);
	memset(file + MORE_AT, 0, SO_PHDRS + SO_PHDR);
	so_put_ehdr(file + MORE_AT, 1, 0);
	so_put_phdr(file + MORE_AT + SO_PHDRS, 1, 4, 0x10, 0x2010, 0x170,
	            0x1800);
	put_more(MORE_AT, 0x6000, MORE_LEN);
	begin(IMAGE);
	segments(0, 0x205, 0x205);
	file_page(0x8000, 0x201, 0x10, MORE_AT + 0x10, 0x170);
	so_filled(&expected, 0x9000, 0x201, 0);
	sign(1);
	ok_good("a second shared object in the file");
	put_number(meta(0, EXTENSION), 0x1001, 4);
	begin(IMAGE);
	segments(0, 0x205, 0x205);
	sign(1);
	ok_good("another extension does not count");
	put_number(meta(0, EXTENSION), 0x1002, 4);
	put_version(0, 3, 1);
	ok_good("nor does any before 3.2");
	put_version(0, 1, 4);
	ok_good("or 1.5");
	put_more(MORE_AT, 0x6000, MORE_LEN + 1);
	ok_bad("it sticks out of the file", ASSAY_S_SDK_METADATA,
	       META_AT + OBJECT);
	put_more(MORE_AT, 0x6010, MORE_LEN);
	ok_bad("it begins on no page", ASSAY_S_SDK_METADATA,
	       META_AT + OBJECT + 8);
	put_more(NOTE_AT, 0x6000, MORE_LEN);
	ok_bad("it is no shared object", ASSAY_S_SO, NOTE_AT);
	put_more(MORE_AT, 0x6000, MORE_LEN);
	put_number(file + MORE_AT + 56, 2, 2);
	so_put_phdr(file + MORE_AT + SO_PHDRS + SO_PHDR, 7, 4, 0, 0, 8, 8);
	ok_bad("it has memory of threads", ASSAY_S_SO,
	       MORE_AT + SO_PHDRS + SO_PHDR);
	put_number(meta(0, EXTENSION + 8), META_LEN - 31, 4);
	ok_bad("its entry sticks out of the metadata", ASSAY_S_SDK_METADATA,
	       META_AT + DIRS + 24);
}

/* ---- version 1.3 */

static void make_1_3(uint64_t next)
{
	make(1);
	put_version(0, 1, 3);
	put_number(file + 56, 4, 2);
	so_put_phdr(file + SO_PHDRS + 2 * SO_PHDR, 1, 4, MORE_AT, next, 0x10,
	            0x10);
	so_put_phdr(file + SO_PHDRS + 3 * SO_PHDR, 0, 0, 0, 0, 0, 0);
	so_put_phdr(file + SO_PHDRS + SO_PHDR, 1, 6, DATA_AT, 0x3240, DATA_LEN,
	            0x1010);
	begin(IMAGE);
	segments(0, 0x205, 0x205);
}

static void test_1_3(void)
{
	make_1_3(0x6000);
	so_filled(&expected, 0x5000, 0x203, 0);
	file_page(0x6000, 0x201, 0, MORE_AT, 0x10);
	sign(1);
	ok_good("1.3: a page behind a segment whose address spoils rounding");
	put_version(0, 1, 4);
	begin(IMAGE);
	segments(0, 0x205, 0x205);
	file_page(0x6000, 0x201, 0, MORE_AT, 0x10);
	sign(1);
	ok_good("1.4 has none");
	make_1_3(0x5000);
	file_page(0x5000, 0x201, 0, MORE_AT, 0x10);
	sign(1);
	ok_good("1.3 has none where the next one is");
	make_1_3(0x6000);
	put_number(file + SO_PHDRS + 2 * SO_PHDR, 0, 4);
	begin(IMAGE);
	segments(0, 0x205, 0x205);
	so_filled(&expected, 0x5000, 0x203, 0);
	sign(1);
	ok_good("1.3 has one behind the last");
}

/* ---- several copies */

static void test_copies(void)
{
	const size_t second = META_AT + META_LEN;
	struct assay_measurement m;
	uint8_t other[32] = { 1 };

	make_plain(3);
	put_version(0, 2, 4);
	put_version(1, 3, 3);
	put_version(2, 1, 5);
	ok_good("three copies");
	ok(measure(&m, LEN, NULL) && m.metadata.n_copies == 3 &&
	           m.metadata.major == 3 && m.metadata.minor == 3,
	   "the newest that is not 2 is taken");
	put_version(1, 2, 3);
	ok(measure(&m, LEN, NULL) && m.metadata.major == 1, "or 1");
	put_version(2, 2, 1);
	ok(measure(&m, LEN, NULL) && m.metadata.major == 2 &&
	           m.metadata.minor == 4,
	   "or 2, if there is nothing else");

	make_plain(2);
	put_version(0, 3, 3);
	put_row(1, 0, 1, EADD, 2, 0x5000, 0, 0, 0x203);
	put_row(1, 1, 2, EADD, 1, 0x7000, 0, 0, 0x203);
	put_number(meta(1, DIRS + 12), 16 * ROW, 4);
	ok_good("copies that make the same enclave in two ways");
	put_row(1, 1, 2, EADD, 1, 0x8000, 0, 0, 0x203);
	put_number(meta(1, DIRS + 12), 16 * ROW, 4);
	ok_bad("copies that make two enclaves", ASSAY_S_SDK_COPIES, second);

	make_plain(2);
	put_version(0, 3, 3);
	meta(1, CONTENT)[1] ^= 1;
	ok_bad("copies whose contents differ", ASSAY_S_SDK_COPIES, second);
	meta(1, CONTENT)[1] ^= 1;
	meta(1, GLOBAL)[1] ^= 1;
	ok_bad("copies whose patches differ", ASSAY_S_SDK_COPIES, second);
	meta(1, GLOBAL)[1] ^= 1;
	put_patch(1, 3, 60, ZERO, 2);
	ok_bad("or go elsewhere", ASSAY_S_SDK_COPIES, second);
	put_patch(1, 3, 62, ZERO, 2);
	ok_good("as they were");
	sign_as(1, other, 7);
	ok_bad("a copy that is signed for another", ASSAY_S_SDK_COPIES, second);
	so_hash(other, &expected);
	sign_as(1, other, 8);
	ok_bad("a copy of another product", ASSAY_S_SDK_COPIES, second);
	sign_as(1, other, 7);
	meta(1, SIG)[0x300] ^= 1;
	ok_bad("a copy whose signature is not good", ASSAY_S_SDK_COPIES,
	       second);
	put_version(0, 1, 3);
	ok_bad("and that is taken", ASSAY_S_SIGNATURE, 516);

	make_plain(2);
	file[0x900] ^= 1;
	ok_bad("a file that was altered after it was signed",
	       ASSAY_S_MEASUREMENT, 960);
}

/* ---- one field changed */

#define M(at) (META_AT + (at))
#define L(i, at) (META_AT + LAYOUT + (i)*ROW + (at))

/* clang-format off */
static const struct {
	const char *name;
	size_t at, n;
	uint64_t to;
	enum assay_check want;
	size_t want_at;
} rows[] = {
	{ "no section headers' table",  40, 8, LEN,            ASSAY_S_ARTEFACT, 0 },
	{ "another machine",            18, 2, 3,              ASSAY_S_ELF, 18 },
	{ "e_phentsize",                54, 2, 32,             ASSAY_S_ELF, 54 },
	{ "program headers far away",   32, 8, UINT64_MAX,     ASSAY_S_ELF_BOUNDS, 32 },
	{ "no segments",                56, 2, 0,              ASSAY_S_SO, 56 },
	{ "a segment out of the file",  SO_PHDRS + 8, 8, LEN,     ASSAY_S_SO, SO_PHDRS + 8 },
	{ "a segment that wraps",       SO_PHDRS + 8, 8, UINT64_MAX, ASSAY_S_SO, SO_PHDRS + 8 },
	{ "more file than memory",      SO_PHDRS + 40, 8, 0x10ff, ASSAY_S_SO, SO_PHDRS + 32 },
	{ "an address that wraps",      SO_PHDRS + SO_PHDR + 16, 8, UINT64_MAX, ASSAY_S_SO, SO_PHDRS + SO_PHDR + 16 },
	{ "segments on one page",       SO_PHDRS + SO_PHDR + 16, 8, 0x1240, ASSAY_S_SO, SO_PHDRS + SO_PHDR + 16 },
	{ "a segment out of the image", SO_PHDRS + SO_PHDR + 16, 8, 0x40240, ASSAY_S_OFFSET, 0x40000 },
	{ "a segment too large",        SO_PHDRS + SO_PHDR + 40, 8, 0x41000, ASSAY_S_SDK_ROOM, SO_PHDRS + SO_PHDR },
	{ "segments that descend",      SO_PHDRS + 16, 8, 0x6000, ASSAY_S_SO, SO_PHDRS + SO_PHDR + 16 },
	{ "a heap on a segment",        L(0, 8), 8, 0x4000,    ASSAY_S_SDK_ROOM, L(0, 0) },
	{ "a stack on the heap",        L(3, 8), 8, 0x7000,    ASSAY_S_SDK_ROOM, L(3, 0) },
	{ "a segment with no rights",   SO_PHDRS + 4, 4, 0,       ASSAY_S_MEASUREMENT, 960 },
	{ "a segment only writable",    SO_PHDRS + SO_PHDR + 4, 4, 2, ASSAY_S_FLAGS, 0x3000 },

	{ "the note out of the file",   SHDRS + SO_SHDR + 24, 8, LEN, ASSAY_S_SO, SHDRS + SO_SHDR + 24 },
	{ "another note",               NOTE_AT + 12, 1, 'S',  ASSAY_S_SDK_NOTE, NOTE_AT },
	{ "a longer name",              NOTE_AT, 4, 16,        ASSAY_S_SDK_NOTE, NOTE_AT },
	{ "more metadata than section", NOTE_AT + 4, 4, COPIES * META_LEN + 1, ASSAY_S_SDK_NOTE, NOTE_AT + 4 },
	{ "not signed",                 M(0), 8, 0,            ASSAY_S_SDK_METADATA, M(0) },
	{ "version 4",                  M(12), 4, 4,           ASSAY_S_SDK_METADATA, M(8) },
	{ "version 0",                  M(12), 4, 0,           ASSAY_S_SDK_METADATA, M(8) },
	{ "version 21",                 M(12), 4, 21,          ASSAY_S_SDK_METADATA, M(8) },
	{ "a size of 0",                M(16), 4, 0,           ASSAY_S_SDK_METADATA, M(16) },
	{ "too large a size",           M(16), 4, 0xffffffff,  ASSAY_S_SDK_METADATA, M(16) },
	{ "no room for dirs",           M(16), 4, DIRS + 15,   ASSAY_S_SDK_METADATA, M(16) },
	{ "no SSA frame",               M(24), 4, 0,           ASSAY_S_SDK_METADATA, M(24) },
	{ "five pages of it",           M(24), 4, 5,           ASSAY_S_SDK_METADATA, M(24) },
	{ "no size of the enclave",     M(40), 8, 0,           ASSAY_S_SDK_METADATA, M(40) },
	{ "no power of two",            M(40), 8, IMAGE + 4096, ASSAY_S_SDK_METADATA, M(40) },
	{ "2 TiB",                      M(40), 8, UINT64_C(1) << 41, ASSAY_S_SDK_METADATA, M(40) },
	{ "twice the size",             M(40), 8, 2 * IMAGE,   ASSAY_S_MEASUREMENT, 960 },
	{ "half of it",                 M(40), 8, IMAGE / 2,   ASSAY_S_SDK_LAYOUT, L(8, 4) },
	{ "patches behind the end",     M(DIRS), 4, META_LEN,  ASSAY_S_SDK_METADATA, M(DIRS) },
	{ "patches that wrap",          M(DIRS), 4, 0xfffffff0, ASSAY_S_SDK_METADATA, M(DIRS) },
	{ "half a patch",               M(DIRS + 4), 4, 48,    ASSAY_S_SDK_METADATA, M(DIRS) },
	{ "no patches",                 M(DIRS + 4), 4, 0,     ASSAY_S_MEASUREMENT, 960 },
	{ "half a row",                 M(DIRS + 12), 4, 48,   ASSAY_S_SDK_METADATA, M(DIRS + 8) },
	{ "layout behind the end",      M(DIRS + 8), 4, META_LEN, ASSAY_S_SDK_METADATA, M(DIRS + 8) },

	{ "a patch out of the file",    M(PATCHES), 8, LEN,    ASSAY_S_SDK_PATCH, M(PATCHES) },
	{ "a patch that wraps",         M(PATCHES), 8, UINT64_MAX - 7, ASSAY_S_SDK_PATCH, M(PATCHES) },
	{ "a patch from nowhere",       M(PATCHES + 8), 4, META_LEN, ASSAY_S_SDK_PATCH, M(PATCHES) },
	{ "too long a patch",           M(PATCHES + 12), 4, 0xffffffff, ASSAY_S_SDK_PATCH, M(PATCHES) },
	{ "a patch to another place",   M(PATCHES), 8, GLOBAL_AT + 1, ASSAY_S_MEASUREMENT, 960 },
	{ "a patch over two pages",     M(PATCHES), 8, 0xff0,  ASSAY_S_MEASUREMENT, 960 },

	{ "a row on no page",           L(0, 8), 8, 0x5010,    ASSAY_S_SDK_LAYOUT, L(0, 8) },
	{ "a row out of the image",     L(0, 8), 8, IMAGE,     ASSAY_S_SDK_LAYOUT, L(0, 8) },
	{ "a row that wraps",           L(0, 8), 8, UINT64_MAX - 0xfff, ASSAY_S_SDK_LAYOUT, L(0, 8) },
	{ "too many pages",             L(0, 4), 4, 0xffffffff, ASSAY_S_SDK_LAYOUT, L(0, 8) },
	{ "more than there is room for", L(0, 4), 4, 0x3b,     ASSAY_S_SDK_LAYOUT, L(3, 0) },
	{ "contents out of metadata",   L(9, 20), 4, META_LEN, ASSAY_S_SDK_LAYOUT, L(9, 16) },
	{ "contents that wrap",         L(9, 16), 4, 0xffffffff, ASSAY_S_SDK_LAYOUT, L(9, 16) },
	{ "more contents than pages",   L(9, 4), 4, 1,         ASSAY_S_SDK_LAYOUT, L(9, 16) },
	{ "a group of more than there is", L(8, 2), 2, 9,      ASSAY_S_SDK_LAYOUT, L(8, 0) },
	{ "a group of a group",         L(7, 0), 2, GROUP,     ASSAY_S_SDK_LAYOUT, L(8, 4) },
	{ "a group 2^32 times",         L(8, 4), 4, 0xffffffff, ASSAY_S_SDK_LAYOUT, L(8, 0) },
	{ "a group without a step",     L(8, 8), 8, 0,         ASSAY_S_SDK_ROOM, L(3, 0) },
	{ "a step that is too short",   L(8, 8), 8, 0x6000,    ASSAY_S_SDK_ROOM, L(3, 0) },
	{ "that, 2^32 times",           L(8, 4), 8, 0xffffffff, ASSAY_S_SDK_LAYOUT, L(8, 0) },
	{ "a step that is no page",     L(8, 8), 8, 0x8001,    ASSAY_S_SDK_LAYOUT, L(8, 0) },
	{ "a step out of the image",    L(8, 8), 8, 0x18000,   ASSAY_S_SDK_LAYOUT, L(8, 4) },
	{ "a step that wraps",          L(8, 8), 8, UINT64_C(1) << 63, ASSAY_S_SDK_LAYOUT, L(8, 0) },
	{ "a group of nothing",         L(8, 2), 2, 0,         ASSAY_S_MEASUREMENT, 960 },
	{ "flags of no page",           L(3, 24), 8, 0x303,    ASSAY_S_FLAGS, 0xc000 },
	{ "a TCS with CSSA",            M(TCS + 71), 1, 0xff,  ASSAY_OK, 0 },
	{ "the filling",                L(3, 16), 4, 0xcccccccd, ASSAY_S_MEASUREMENT, 960 },
	{ "a byte of text",             0x900, 1, 1,           ASSAY_S_MEASUREMENT, 960 },
	{ "a byte that is patched",     GLOBAL_AT, 1, 1,       ASSAY_OK, 0 },
	{ "the signature",              M(SIG + 600), 1, 1,    ASSAY_S_SIGNATURE, 516 },
	{ "a SIGSTRUCT's header",       M(SIG), 1, 7,          ASSAY_S_HEADER, 0 },
};
/* clang-format on */

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_plain(1);
		put_number(file + rows[i].at, rows[i].to, rows[i].n);
		if (rows[i].want == ASSAY_OK)
			ok_good(rows[i].name);
		else
			ok_bad(rows[i].name, rows[i].want, rows[i].want_at);
	}
}

/* Segments, a heap and more, of which the heap alone is 64 GiB. */
static void test_measured(void)
{
	make_plain(1);
	put_number(file + M(40), UINT64_C(1) << 37, 8);
	put_number(file + L(0, 4), 1 << 24, 4);
	put_number(file + L(0, 2), 3, 2);
	ok_bad("more than 64 GiB to measure", ASSAY_S_MEASURED, L(0, 0));
	put_number(file + L(0, 2), 1, 2);
	ok_bad("if they are not measured it goes on", ASSAY_S_SDK_ROOM,
	       L(3, 0));
}

static void test_two_groups(void)
{
	make_plain(1);
	put_row(0, 9, GROUP, 2, 1, 0x10000, 0, 0, 0);
	put_number(meta(0, DIRS + 12), 16 * ROW, 4);
	ok_bad("a group that repeats a group", ASSAY_S_SDK_LAYOUT, L(9, 4));
}

static void test_many_copies(void)
{
	make_plain(1);
	/* nine of the least size, behind one another */
	for (size_t i = 1; i < 9; i++)
		memcpy(meta(0, i * 0x770), meta(0, 0), 0x770);
	for (size_t i = 0; i < 9; i++) {
		put_number(meta(0, i * 0x770 + 16), 0x770, 4);
		memset(meta(0, i * 0x770 + DIRS), 0, 0x770 - DIRS);
		put_version(0, 1, 4);
	}
	ok_bad("nine copies", ASSAY_S_SDK_METADATA, M(8 * 0x770));
}

/* Whatever is cut off, one line says where. */
static void test_cut(void)
{
	struct assay_measurement m;
	size_t bad = 0, seen = 0;

	make_plain(2);
	for (size_t len = 0; len < META_AT + 2 * META_LEN; len++) {
		bool good = measure(&m, len, NULL);

		if (good || m.failed.check == ASSAY_OK || m.has_computed ||
		    m.failed.at > LEN || !m.failed.note[0])
			bad++;
		seen += m.failed.check == ASSAY_S_SO;
	}
	ok(bad == 0, "every truncation is refused, %zu of them as S_SO", seen);
	ok(seen > META_AT, "where there are section headers, as such a file");
}

int main(void)
{
	test_plain();
	test_told();
	test_range();
	test_text();
	test_more();
	test_1_3();
	test_copies();
	test_rows();
	test_measured();
	test_two_groups();
	test_many_copies();
	test_cut();
	return done();
}
