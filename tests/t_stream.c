/* t_stream.c - what a processor hashes while an enclave is built: a worked
 * example step by step, and every rule broken once [SGX 1]. */
#include <string.h>

#include "h_measure.h"
#include "measure/stream.h"
#include "tap.h"

/* What the measurement would be if the enclave ended here. */
static bool ends_as(const struct assay_stream *s, const char *hex)
{
	struct assay_stream copy = *s;
	uint8_t mrenclave[32];

	return assay_stream_end(mrenclave, &copy, NULL) &&
	       is_hex(mrenclave, 32, hex);
}

static void begin(struct assay_stream *s, uint64_t size)
{
	assay_stream_begin(s, NULL);
	if (!assay_stream_ecreate(s, 1, size, 0, NULL))
		abort();
}

/* ---- the example */

static void make_code(uint8_t page[ASSAY_PAGE])
{
	for (size_t i = 0; i < ASSAY_PAGE; i++)
		page[i] = (uint8_t)(7 * i + 3);
}

static void make_tcs(uint8_t page[ASSAY_PAGE])
{
	memset(page, 0, ASSAY_PAGE);
	put_number(page + 16, 0x2000, 8); /* OSSA */
	put_number(page + 28, 1, 4);      /* NSSA */
	put_number(page + 32, 0x10, 8);   /* OENTRY */
	put_number(page + 48, 0x3000, 8); /* OFSBASE, OGSBASE */
	put_number(page + 56, 0x3000, 8);
	put_number(page + 64, 0xfff, 4); /* limits */
	put_number(page + 68, 0xfff, 4);
}

static void test_example(void)
{
	uint8_t page[ASSAY_PAGE], zeros[ASSAY_CHUNK] = { 0 }, out[32];
	struct assay_stream s;
	bool good = true;

	assay_stream_begin(&s, NULL);
	ok(assay_stream_ecreate(&s, 1, 0x4000, 0, NULL) &&
	           ends_as(&s, "1ae08d565db91bba3113eb03c476049e"
	                       "e802c1df05465ddf7cbebfd256e60114"),
	   "ECREATE");
	make_code(page);
	ok(assay_stream_eadd(&s, 0, 0x205, 1, NULL) &&
	           ends_as(&s, "e47dea03c1aab523603dd3daf65db550"
	                       "faa3678edd6605595eb962cb86c7a8c0"),
	   "EADD of a code page");
	ok(assay_stream_eextend(&s, 0, page, NULL) &&
	           ends_as(&s, "6a99d8acec76683418cab02b095878fc"
	                       "aa73018dbe8789ec9e26890697b19a05"),
	   "EEXTEND of its first chunk");
	for (size_t i = 1; i < ASSAY_N_CHUNKS; i++)
		good = assay_stream_eextend(&s, i * ASSAY_CHUNK,
		                            page + i * ASSAY_CHUNK, NULL) &&
		       good;
	ok(good && ends_as(&s, "9f58d148e10a8d31afca0ca3c97cadc2"
	                       "42d0980e1c504c0ceeb677530e69114e"),
	   "EEXTEND of the other 15");
	make_tcs(page);
	ok(assay_stream_page(&s, 0x1000, 0x100, page, NULL) &&
	           ends_as(&s, "f5aab726626612c16fb3530216ba53a9"
	                       "988f2d0f63341712d8447c6c57b49ecc"),
	   "a TCS");
	ok(assay_stream_eadd(&s, 0x2000, 0x203, 1, NULL) &&
	           ends_as(&s, "ba792367a35e9c6d5a42c792b43f615a"
	                       "6421173658579bd536d74eb98ce55e86"),
	   "a data page that is not measured");
	ok(assay_stream_eadd(&s, 0x3000, 0x203, 1, NULL) &&
	           assay_stream_eextend(&s, 0x3000, zeros, NULL) &&
	           ends_as(&s, "331e852576eb053e4b545ac22de0979a"
	                       "802de6daf41519dabb87b35ac2ebe3a6"),
	   "a data page that is measured in part");
	ok(s.hashed == 10880 && assay_stream_end(out, &s, NULL) &&
	           is_hex(out, 32,
	                  "331e852576eb053e4b545ac22de0979a"
	                  "802de6daf41519dabb87b35ac2ebe3a6"),
	   "the end: 10880 bytes were hashed");
}

/* ---- ways to the same bytes */

/* A page at once is EADD and 16 times EEXTEND. */
static void test_page(uint64_t flags, void (*make)(uint8_t *page),
                      const char *name)
{
	uint8_t page[ASSAY_PAGE], a[32], b[32];
	struct assay_stream one, other;
	bool good;

	make(page);
	begin(&one, 0x4000);
	begin(&other, 0x4000);
	good = assay_stream_page(&one, 0x1000, flags, page, NULL) &&
	       assay_stream_eadd(&other, 0x1000, flags, 1, NULL);
	for (size_t i = 0; i < ASSAY_N_CHUNKS; i++)
		good = assay_stream_eextend(&other, 0x1000 + i * ASSAY_CHUNK,
		                            page + i * ASSAY_CHUNK, NULL) &&
		       good;
	ok(good && assay_stream_end(a, &one, NULL) &&
	           assay_stream_end(b, &other, NULL) && memcmp(a, b, 32) == 0,
	   "%s at once, or chunk by chunk", name);
}

/* Runs are page by page, also where they are longer than what is hashed at
 * once. */
static void test_runs(size_t n)
{
	static const uint8_t zeros[ASSAY_PAGE];
	struct assay_stream one, other;
	uint8_t a[32], b[32];
	bool good;

	begin(&one, 1 << 20);
	begin(&other, 1 << 20);
	good = assay_stream_eadd(&one, 0x2000, 0x203, n, NULL);
	for (size_t i = 0; i < n; i++)
		good = assay_stream_eadd(&other, 0x2000 + i * ASSAY_PAGE, 0x203,
		                         1, NULL) &&
		       good;
	ok(good && one.hashed == other.hashed &&
	           assay_stream_end(a, &one, NULL) &&
	           assay_stream_end(b, &other, NULL) && memcmp(a, b, 32) == 0,
	   "%zu pages that are not measured, as a run", n);
	begin(&one, 1 << 20);
	begin(&other, 1 << 20);
	good = assay_stream_zeros(&one, 0x2000, 0x201, n, NULL);
	for (size_t i = 0; i < n; i++)
		good = assay_stream_page(&other, 0x2000 + i * ASSAY_PAGE, 0x201,
		                         zeros, NULL) &&
		       good;
	ok(good && one.page == other.page && assay_stream_end(a, &one, NULL) &&
	           assay_stream_end(b, &other, NULL) && memcmp(a, b, 32) == 0,
	   "%zu pages of zeros, as a run", n);
}

/* ---- what the processor clears */

static void hash_tcs(uint8_t out[32], uint64_t flags, const uint8_t *page)
{
	struct assay_stream s;

	begin(&s, 0x4000);
	if (!assay_stream_page(&s, 0, flags, page, NULL) ||
	    !assay_stream_end(out, &s, NULL))
		memset(out, 0, 32);
}

static void test_tcs(void)
{
	static const struct {
		const char *name;
		size_t at, n;
	} cleared[] = { { "STATE", 0, 8 },
		        { "CSSA", 24, 4 },
		        { "AEP", 40, 8 } };
	static const size_t kept[] = { 16, 23, 28, 31, 32, 39, 48, 56, 64, 71 };
	uint8_t page[ASSAY_PAGE], want[32], got[32];
	size_t n = 0;

	make_tcs(page);
	hash_tcs(want, 0x100, page);
	hash_tcs(got, 0x107, page);
	ok(!all_zero(want, 32) && memcmp(want, got, 32) == 0,
	   "a TCS has no rights, whatever it was given");
	for (size_t i = 0; i < 3; i++) {
		make_tcs(page);
		memset(page + cleared[i].at, 0xee, cleared[i].n);
		hash_tcs(got, 0x100, page);
		ok(memcmp(want, got, 32) == 0, "%s is cleared",
		   cleared[i].name);
	}
	make_tcs(page);
	page[8] = 1;
	hash_tcs(got, 0x100, page);
	ok(memcmp(want, got, 32) == 0, "FLAGS.DBGOPTIN is cleared");
	page[8] = 3;
	hash_tcs(got, 0x100, page);
	ok(!all_zero(got, 32) && memcmp(want, got, 32) != 0,
	   "FLAGS.AEXNOTIFY is measured");
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		make_tcs(page);
		page[kept[i]] ^= 0x80;
		hash_tcs(got, 0x100, page);
		n += !all_zero(got, 32) && memcmp(want, got, 32) != 0;
	}
	ok(n == sizeof(kept) / sizeof(kept[0]),
	   "%zu bytes of its other fields are measured", n);
}

/* ---- the sink */

struct kept {
	uint8_t bytes[40000];
	size_t len;
};

static void keep(void *to, const uint8_t *p, size_t n)
{
	struct kept *k = to;

	if (n <= sizeof(k->bytes) - k->len) {
		memcpy(k->bytes + k->len, p, n);
		k->len += n;
	}
}

static void test_sink(void)
{
	static struct kept k;
	struct assay_sink sink = { keep, &k };
	uint8_t page[ASSAY_PAGE], out[32], hash[32];
	struct assay_stream s;
	bool good;

	make_code(page);
	assay_stream_begin(&s, &sink);
	good = assay_stream_ecreate(&s, 2, 1 << 20, 0x5000, NULL) &&
	       assay_stream_page(&s, 0, 0x207, page, NULL) &&
	       assay_stream_zeros(&s, 0x1000, 0x201, 3, NULL) &&
	       assay_stream_eadd(&s, 0x4000, 0x203, 100, NULL) &&
	       assay_stream_end(out, &s, NULL);
	assay_sha256(hash, (struct assay_bytes){ k.bytes, k.len });
	ok(good && k.len == s.hashed && memcmp(hash, out, 32) == 0,
	   "a sink gets the %zu bytes that are hashed", k.len);
	ok(k.len == 64 + 4 * 5184 + 6400 && k.bytes[8] == 2 &&
	           k.bytes[20] == 0 && k.bytes[21] == 0x50,
	   "the first of them are ECREATE, with its CET bitmap");
}

/* ---- rules */

enum step { CREATE, ADD, EXTEND, PAGE_STEP, ZEROS, END };

/* Each after ECREATE of 0x10000 bytes and EADD of a page at 0x2000, of a TCS at
 * 0x3000: in that order. */
/* clang-format off */
static const struct row {
	const char *name;
	enum step step;
	uint64_t at, flags, n;
	enum assay_check want;
} rows[] = {
	{ "the page at 0",       ADD, 0, 0x203, 1,              ASSAY_OK },
	{ "the last page",       ADD, 0xf000, 0x203, 1,         ASSAY_OK },
	{ "all pages",           ADD, 0, 0x203, 16,             ASSAY_OK },
	{ "behind the end",      ADD, 0x10000, 0x203, 1,        ASSAY_S_OFFSET },
	{ "far behind the end",  ADD, UINT64_MAX - 4095, 0x203, 1, ASSAY_S_OFFSET },
	{ "no multiple of 4096", ADD, 0x4001, 0x203, 1,         ASSAY_S_OFFSET },
	{ "a run that is too long", ADD, 0xf000, 0x203, 2,      ASSAY_S_OFFSET },
	{ "a run that wraps",    ADD, 0x1000, 0x203, UINT64_MAX, ASSAY_S_OFFSET },
	{ "zeros behind the end", ZEROS, 0xf000, 0x203, 2,      ASSAY_S_OFFSET },
	{ "a page behind the end", PAGE_STEP, 0x10000, 0x203, 1, ASSAY_S_OFFSET },
	{ "no rights",           ADD, 0, 0x200, 1,              ASSAY_OK },
	{ "X alone",             ADD, 0, 0x204, 1,              ASSAY_OK },
	{ "W without R",         ADD, 0, 0x202, 1,              ASSAY_S_FLAGS },
	{ "W and X without R",   ADD, 0, 0x206, 1,              ASSAY_S_FLAGS },
	{ "TCS with W alone",    ADD, 0, 0x102, 1,              ASSAY_OK },
	{ "SECS",                ADD, 0, 0x003, 1,              ASSAY_S_FLAGS },
	{ "VA",                  ADD, 0, 0x303, 1,              ASSAY_S_FLAGS },
	{ "TRIM",                ADD, 0, 0x403, 1,              ASSAY_S_FLAGS },
	{ "PENDING",             ADD, 0, 0x20b, 1,              ASSAY_S_FLAGS },
	{ "MODIFIED",            ADD, 0, 0x213, 1,              ASSAY_S_FLAGS },
	{ "PR",                  ADD, 0, 0x223, 1,              ASSAY_S_FLAGS },
	{ "a high bit",          ADD, 0, UINT64_C(1) << 63 | 0x203, 1, ASSAY_S_FLAGS },
	{ "W without R, zeros",  ZEROS, 0, 0x202, 1,            ASSAY_S_FLAGS },
	{ "created twice",       CREATE, 0, 0, 0,               ASSAY_S_ORDER },
	{ "its first chunk",     EXTEND, 0x3000, 0, 0,          ASSAY_OK },
	{ "its last chunk",      EXTEND, 0x3f00, 0, 0,          ASSAY_OK },
	{ "the page before",     EXTEND, 0x2000, 0, 0,          ASSAY_S_CHUNK },
	{ "the page behind",     EXTEND, 0x4000, 0, 0,          ASSAY_S_CHUNK },
	{ "no multiple of 256",  EXTEND, 0x3080, 0, 0,          ASSAY_S_CHUNK },
};
/* clang-format on */

static bool do_step(struct assay_stream *s, const struct row *r,
                    struct assay_err *err)
{
	uint8_t page[ASSAY_PAGE] = { 0 };

	switch (r->step) {
	case CREATE:
		return assay_stream_ecreate(s, 1, 0x4000, 0, err);
	case ADD:
		return assay_stream_eadd(s, r->at, r->flags, r->n, err);
	case EXTEND:
		return assay_stream_eextend(s, r->at, page, err);
	case PAGE_STEP:
		return assay_stream_page(s, r->at, r->flags, page, err);
	case ZEROS:
		return assay_stream_zeros(s, r->at, r->flags, r->n, err);
	case END:
		return assay_stream_end(page, s, err);
	}
	return false;
}

static void test_row(const struct row *r)
{
	struct assay_err err = { 0 };
	struct assay_stream s, before;
	bool good;

	begin(&s, 0x10000);
	good = assay_stream_eadd(&s, 0x2000, 0x203, 1, NULL) &&
	       assay_stream_eadd(&s, 0x3000, 0x100, 1, NULL);
	before = s;
	good = do_step(&s, r, &err) == (r->want == ASSAY_OK) && good;
	ok(good && err.check == r->want, "%s: %s", r->name, err.note);
	if (r->want != ASSAY_OK)
		ok(memcmp(&s, &before, sizeof(s)) == 0 &&
		           err.doc == ASSAY_DOC_ENCLAVE && err.note[0],
		   "%s: the stream is as it was", r->name);
}

static bool refuses_create(uint32_t frame, uint64_t size, enum assay_check want)
{
	struct assay_err err = { 0 };
	struct assay_stream s;

	assay_stream_begin(&s, NULL);
	return !assay_stream_ecreate(&s, frame, size, 0, &err) &&
	       err.check == want && s.size == 0 && s.hashed == 0;
}

static void test_create(void)
{
	static const uint64_t bad[] = { 0,    1,     4096,      8191,
		                        8193, 12288, UINT64_MAX };
	struct assay_stream s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(refuses_create(1, bad[i], ASSAY_S_SIZE),
		   "no enclave has 0x%llx bytes", (unsigned long long)bad[i]);
	ok(refuses_create(0, 8192, ASSAY_S_FRAME), "a frame of no page");
	assay_stream_begin(&s, NULL);
	ok(assay_stream_ecreate(&s, 1, 8192, 0, NULL), "the smallest enclave");
	assay_stream_begin(&s, NULL);
	ok(assay_stream_ecreate(&s, 4, UINT64_C(1) << 63, 0, NULL) &&
	           assay_stream_eadd(&s, (UINT64_C(1) << 63) - 4096, 0x203, 1,
	                             NULL),
	   "the largest, and its last page");
}

static void test_order(void)
{
	static const enum step steps[] = { ADD, EXTEND, PAGE_STEP, ZEROS, END };
	struct row r = { .flags = 0x203, .n = 1 };
	struct assay_err err = { 0 };
	struct assay_stream s;
	uint8_t out[32];

	for (size_t i = 0; i < 5; i++) {
		r.step = steps[i];
		assay_stream_begin(&s, NULL);
		err = (struct assay_err){ 0 };
		ok(!do_step(&s, &r, &err) && err.check == ASSAY_S_ORDER,
		   "before ECREATE: %s", err.note);
		begin(&s, 0x4000);
		if (!assay_stream_end(out, &s, NULL))
			abort();
		err = (struct assay_err){ 0 };
		ok(!do_step(&s, &r, &err) && err.check == ASSAY_S_ORDER,
		   "after the end: %s", err.note);
	}
	memset(out, 0xee, sizeof(out));
	ok(!assay_stream_end(out, &s, NULL) && all_zero(out, 32),
	   "no second measurement");
}

static void test_chunks(void)
{
	uint8_t chunk[ASSAY_CHUNK] = { 0 }, page[ASSAY_PAGE] = { 0 };
	struct assay_err err = { 0 };
	struct assay_stream s;

	begin(&s, 0x4000);
	ok(!assay_stream_eextend(&s, 0, chunk, &err) &&
	           err.check == ASSAY_S_CHUNK,
	   "a chunk before any page");
	ok(assay_stream_eadd(&s, 0, 0x203, 1, NULL) &&
	           assay_stream_eextend(&s, 0x500, chunk, NULL) &&
	           assay_stream_eextend(&s, 0x100, chunk, NULL),
	   "chunks in any order");
	ok(!assay_stream_eextend(&s, 0x500, chunk, &err) &&
	           err.check == ASSAY_S_CHUNK,
	   "a chunk twice");
	ok(assay_stream_page(&s, 0x1000, 0x203, page, NULL) &&
	           !assay_stream_eextend(&s, 0x1f00, chunk, &err) &&
	           err.check == ASSAY_S_CHUNK,
	   "a chunk of a page that is measured already");
	ok(assay_stream_eadd(&s, 0x2000, 0x203, 2, NULL) &&
	           !assay_stream_eextend(&s, 0x2000, chunk, &err) &&
	           err.check == ASSAY_S_CHUNK &&
	           assay_stream_eextend(&s, 0x3000, chunk, NULL),
	   "of a run, only the last page's chunks");
}

/* Every bit of a TCS that is reserved. */
static void test_reserved(void)
{
	uint8_t page[ASSAY_PAGE];
	size_t refused = 0, accepted = 0;
	struct assay_stream s;
	struct assay_err err;

	for (size_t bit = 0; bit < 8 * ASSAY_PAGE; bit++) {
		bool reserved = bit >= 8 * 72 || (bit >= 66 && bit < 128);

		make_tcs(page);
		page[bit / 8] |= (uint8_t)(1u << bit % 8);
		begin(&s, 0x4000);
		err = (struct assay_err){ 0 };
		if (assay_stream_page(&s, 0x1000, 0x100, page, &err))
			accepted += !reserved;
		else
			refused += reserved && err.check == ASSAY_S_TCS &&
			           err.at == 0x1000 + bit / 8 && s.hashed == 64;
	}
	ok(refused == 8 * (ASSAY_PAGE - 72) + 62 && accepted == 514,
	   "%zu reserved bits of a TCS, %zu others", refused, accepted);
	begin(&s, 0x4000);
	memset(page, 0, sizeof(page));
	page[1] = 1;
	ok(assay_stream_eadd(&s, 0x1000, 0x100, 1, NULL) &&
	           !assay_stream_eextend(&s, 0x1300, page, &err) &&
	           err.check == ASSAY_S_TCS && err.at == 0x1301,
	   "a chunk of a TCS that is not zero");
}

int main(void)
{
	test_example();
	test_page(0x205, make_code, "code");
	test_page(0x107, make_tcs, "a TCS");
	test_runs(1);
	test_runs(64);
	test_runs(65);
	test_runs(200);
	test_tcs();
	test_sink();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	test_create();
	test_order();
	test_chunks();
	test_reserved();
	return done();
}
