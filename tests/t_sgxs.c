/* t_sgxs.c - streams in files: what is measured of them, and every way to make
 * one wrong [SGX 3.5]. */
#include <string.h>

#include "h_measure.h"
#include "measure/sgxs.h"
#include "measure/sigstruct.h"
#include "tap.h"

enum { MADE_MAX = 64 << 10 };

/* A stream on its way. */
struct made {
	uint8_t bytes[MADE_MAX];
	size_t len;
};

static void put(struct made *m, const void *p, size_t n)
{
	if (n > MADE_MAX - m->len)
		abort();
	memcpy(m->bytes + m->len, p, n);
	m->len += n;
}

/* A record's head: its name, and two numbers. */
static void put_head(struct made *m, const char *name, uint64_t a, uint64_t b)
{
	uint8_t head[64] = { 0 };

	memcpy(head, name, strlen(name));
	put_number(head + 8, a, 8);
	put_number(head + 16, b, 8);
	put(m, head, sizeof(head));
}

static void put_create(struct made *m, const char *name, uint64_t size)
{
	put_head(m, name, 1, 0);
	put_number(m->bytes + m->len - 64 + 12, size, 8);
}

static void put_chunk(struct made *m, const char *name, uint64_t at,
                      uint8_t first)
{
	uint8_t data[ASSAY_CHUNK];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(first + i);
	put_head(m, name, at, 0);
	put(m, data, sizeof(data));
}

static void put_tcs(struct made *m, uint64_t at)
{
	uint8_t data[ASSAY_CHUNK] = { 0 };

	data[8] = 2; /* AEXNOTIFY */
	data[17] = 0x20;
	data[28] = 1;
	put_head(m, "EEXTEND", at, 0);
	put(m, data, sizeof(data));
}

/*
 * Where the records of the standard stream begin: 0 ECREATE, 64 EADD 0, 128 its
 * chunk 0, 448 its chunk 5, 768 EADD 0x1000 (TCS), 832 its chunk 0, 1152 EADD
 * 0x3000.
 */
enum {
	CHUNK_0 = 128,
	CHUNK_5 = 448,
	ADD_TCS = 768,
	TCS = 832,
	ADD_3 = 1152,
	LEN = 1216
};

static void make(struct made *m)
{
	m->len = 0;
	put_create(m, "ECREATE", 0x4000);
	put_head(m, "EADD", 0, 0x205);
	put_chunk(m, "EEXTEND", 0, 1);
	put_chunk(m, "EEXTEND", 0x500, 2);
	put_head(m, "EADD", 0x1000, 0x100);
	put_tcs(m, 0x1000);
	put_head(m, "EADD", 0x3000, 0x203);
}

static bool measure(struct assay_measurement *m, const struct made *made)
{
	uint8_t *copy = malloc(made->len ? made->len : 1);
	bool good;

	if (!copy)
		abort();
	memcpy(copy, made->bytes, made->len);
	good = assay_measure(m, (struct assay_bytes){ copy, made->len }, NULL);
	free(copy);
	return good;
}

/* Through the reader itself, whatever it begins with. */
static bool stream(const struct made *made, struct assay_err *err)
{
	struct assay_stream s;
	bool unsized;

	*err = (struct assay_err){ 0 };
	assay_stream_begin(&s, NULL);
	return assay_sgxs_stream(&s, &unsized,
	                         (struct assay_bytes){ made->bytes, made->len },
	                         NULL, NULL, err);
}

static struct made made;

static void test_is_hash(void)
{
	struct assay_measurement m;
	uint8_t hash[32];

	make(&made);
	assay_sha256(hash, (struct assay_bytes){ made.bytes, made.len });
	ok(measure(&m, &made) && m.kind == ASSAY_ARTEFACT_SGXS && m.good &&
	           !m.unsized && !m.has_claimed && !m.has_launch &&
	           m.enclave_size == 0x4000 && m.hashed == made.len &&
	           made.len == LEN && memcmp(m.computed, hash, 32) == 0,
	   "the measurement is the file's SHA-256");
}

/* ---- what is not measured */

static void test_unmeasured(void)
{
	struct assay_measurement with, without;

	make(&made);
	if (!measure(&without, &made))
		abort();
	make(&made);
	put_chunk(&made, "UNMEASRD", 0x3f00, 9);
	put_chunk(&made, "UNMEASRD", 0x3000, 7);
	ok(measure(&with, &made) &&
	           memcmp(with.computed, without.computed, 32) == 0 &&
	           with.hashed == LEN,
	   "what is not measured does not count");
}

/* ---- a stream without its size */

static void make_unsized(struct made *m, uint64_t size_at, uint64_t last)
{
	m->len = 0;
	put_create(m, "UNSIZED", size_at);
	put_head(m, "EADD", 0, 0x201);
	put_chunk(m, "EEXTEND", 0x100, 1);
	put_head(m, "EADD", last, 0x203);
	put_chunk(m, "EEXTEND", last, 3);
}

/* The same as if the size had been there, in both places. */
static void test_unsized(uint64_t size_at, uint64_t last, uint64_t size,
                         const char *name)
{
	struct assay_measurement got, want;
	size_t at = size_at < last ? 192 + (size_at & 0xff)
	                           : 576 + (size_at & 0xff);
	bool good;

	make_unsized(&made, size_at, last);
	good = measure(&got, &made);
	memcpy(made.bytes, "ECREATE", 8);
	put_number(made.bytes + 12, size, 8);
	put_number(made.bytes + at, size, 8);
	ok(good && measure(&want, &made) && got.unsized && !want.unsized &&
	           got.enclave_size == size &&
	           memcmp(got.computed, want.computed, 32) == 0,
	   "%s", name);
}

static void test_bad_unsized(void)
{
	struct assay_err err;

	make_unsized(&made, 0x101, 0x1000);
	ok(!stream(&made, &err) && err.check == ASSAY_S_SGXS && err.at == 12,
	   "a place that is no multiple of 8: %s", err.note);
	make_unsized(&made, 0x200, 0x1000);
	ok(!stream(&made, &err) && err.check == ASSAY_S_SGXS && err.at == 12,
	   "a place that is not measured: %s", err.note);
	make_unsized(&made, 0x100, UINT64_C(1) << 63);
	ok(!stream(&made, &err) && err.check == ASSAY_S_SIZE,
	   "a page that no enclave holds: %s", err.note);
}

/* ---- wrong in one place */

/* clang-format off */
static const struct row {
	const char *name;
	size_t at, n;
	uint64_t to;
	enum assay_check want;
	size_t want_at;
} rows[] = {
	{ "another name at the start", 0, 1, 'X',       ASSAY_S_SGXS, 0 },
	{ "EADD at the start",    0, 8, 0x44444145,     ASSAY_S_SGXS, 0 },
	{ "a second ECREATE",     64, 8, UINT64_C(0x0045544145524345), ASSAY_S_SGXS, 64 },
	{ "an unknown name",      64, 1, 'e',           ASSAY_S_SGXS, 64 },
	{ "a name with a tail",   64 + 7, 1, 1,         ASSAY_S_SGXS, 64 },
	{ "no frame",             8, 4, 0,              ASSAY_S_FRAME, 0 },
	{ "a size of 3 pages",    12, 8, 0x3000,        ASSAY_S_SIZE, 0 },
	{ "a size that is too small", 12, 8, 0x2000,    ASSAY_S_OFFSET, 0x3000 },
	{ "a CET bitmap is measured", 20, 8, 0x1000,    ASSAY_OK, 0 },
	{ "behind ECREATE's fields", 28, 1, 1,          ASSAY_S_SGXS, 28 },
	{ "ECREATE's last byte",  63, 1, 1,             ASSAY_S_SGXS, 28 },
	{ "behind EADD's fields", 64 + 24, 1, 1,        ASSAY_S_SGXS, 64 + 24 },
	{ "EADD's last byte",     127, 1, 1,            ASSAY_S_SGXS, 64 + 24 },
	{ "behind EEXTEND's field", CHUNK_0 + 16, 1, 1, ASSAY_S_SGXS, CHUNK_0 + 16 },
	{ "EEXTEND's last byte",  CHUNK_0 + 63, 1, 1,   ASSAY_S_SGXS, CHUNK_0 + 16 },
	{ "a page twice, out of order", ADD_3 + 8, 8, 0,      ASSAY_S_SGXS, ADD_3 + 8 },
	{ "a page twice",         ADD_3 + 8, 8, 0x1000, ASSAY_S_SGXS, ADD_3 + 8 },
	{ "no multiple of 4096",  ADD_3 + 8, 8, 0x3001, ASSAY_S_OFFSET, 0x3001 },
	{ "W without R",          ADD_3 + 16, 8, 0x202, ASSAY_S_FLAGS, 0x3000 },
	{ "SECS",                 ADD_3 + 16, 8, 0,     ASSAY_S_FLAGS, 0x3000 },
	{ "a TCS with rights",    ADD_TCS + 16, 8, 0x101, ASSAY_S_SGXS, ADD_TCS + 16 },
	{ "STATE",                TCS + 64, 1, 1,       ASSAY_S_SGXS, TCS + 64 },
	{ "DBGOPTIN",             TCS + 64 + 8, 1, 3,   ASSAY_S_SGXS, TCS + 64 },
	{ "CSSA",                 TCS + 64 + 24, 1, 1,  ASSAY_S_SGXS, TCS + 64 },
	{ "AEP",                  TCS + 64 + 40, 1, 1,  ASSAY_S_SGXS, TCS + 64 },
	{ "a reserved byte of a TCS", TCS + 64 + 72, 1, 1, ASSAY_S_TCS, 0x1048 },
	{ "OENTRY is measured",   TCS + 64 + 32, 1, 1,  ASSAY_OK, 0 },
	{ "a chunk of another page", CHUNK_5 + 8, 8, 0x1500, ASSAY_S_SGXS, CHUNK_5 + 8 },
	{ "a chunk before the page", TCS + 8, 8, 0xf00, ASSAY_S_SGXS, TCS + 8 },
	{ "no multiple of 256",   CHUNK_5 + 8, 8, 0x501, ASSAY_S_SGXS, CHUNK_5 + 8 },
	{ "a chunk twice",        CHUNK_5 + 8, 8, 0,    ASSAY_S_SGXS, CHUNK_5 + 8 },
	{ "data is measured",     CHUNK_5 + 64, 1, 0xff, ASSAY_OK, 0 },
};
/* clang-format on */

/* What is accepted all the same is still the hash of the file. */
static void test_row(const struct row *r)
{
	struct assay_measurement m;
	struct assay_err err;
	uint8_t hash[32];
	bool good;

	make(&made);
	put_number(made.bytes + r->at, r->to, r->n);
	good = stream(&made, &err);
	ok(good == (r->want == ASSAY_OK) && err.check == r->want &&
	           err.at == r->want_at,
	   "%s: %s", r->name, err.note);
	if (!good)
		return;
	assay_sha256(hash, (struct assay_bytes){ made.bytes, made.len });
	ok(measure(&m, &made) && memcmp(hash, m.computed, 32) == 0,
	   "%s, as it stands", r->name);
}

static void test_lengths(void)
{
	struct assay_err err;
	size_t whole = 0, cut = 0;

	for (size_t len = 0; len < LEN; len++) {
		make(&made);
		made.len = len;
		if (stream(&made, &err))
			whole++;
		else
			cut += err.check == ASSAY_S_SGXS && err.at <= len;
	}
	ok(whole == 6 && cut == LEN - 6,
	   "cut at %zu places; between records it is a shorter stream", cut);
}

static void test_before_pages(void)
{
	struct assay_err err;

	made.len = 0;
	put_create(&made, "ECREATE", 0x4000);
	put_chunk(&made, "EEXTEND", 0, 1);
	ok(!stream(&made, &err) && err.check == ASSAY_S_SGXS && err.at == 72,
	   "a chunk before any page: %s", err.note);
	made.len = 0;
	put_create(&made, "ECREATE", 0x4000);
	put_chunk(&made, "UNMEASRD", 0, 1);
	ok(!stream(&made, &err) && err.check == ASSAY_S_SGXS,
	   "nor one that is not measured");
	make(&made);
	put_chunk(&made, "EEXTEND", 0x3000, 1);
	put_chunk(&made, "UNMEASRD", 0x3000, 1);
	ok(!stream(&made, &err) && err.check == ASSAY_S_SGXS &&
	           err.at == LEN + 328,
	   "a chunk measured, and again not measured: %s", err.note);
}

/* ---- pages */

struct seen {
	struct assay_pages runs[8];
	size_t n;
};

static void see(void *to, const struct assay_pages *pages)
{
	struct seen *s = to;

	if (s->n < 8)
		s->runs[s->n++] = *pages;
}

/* Whether these runs, and no others, are told of the stream. */
static bool is_told(const struct assay_pages *want, size_t n)
{
	struct seen seen = { 0 };
	struct assay_measuring how = { .pages = see, .to = &seen };
	struct assay_measurement m;
	size_t good = 0;

	if (!assay_measure(&m, (struct assay_bytes){ made.bytes, made.len },
	                   &how))
		return false;
	for (size_t i = 0; i < n && i < seen.n; i++)
		good += seen.runs[i].at == want[i].at &&
		        seen.runs[i].n == want[i].n &&
		        seen.runs[i].flags == want[i].flags &&
		        seen.runs[i].chunks == want[i].chunks &&
		        seen.runs[i].name[0] == 0;
	return good == n && seen.n == n;
}

/* ---- the order of pages */

static void put_pages(struct made *m, uint64_t from, uint64_t to, uint64_t step)
{
	for (uint64_t at = from; at != to; at += step)
		put_head(m, "EADD", at, 0x203);
}

/* As loaders add them that fill an enclave from its end: areas descend, pages
 * in an area ascend. */
static void test_order(void)
{
	struct assay_measurement m;
	struct assay_err err;
	uint8_t hash[32];

	made.len = 0;
	put_create(&made, "ECREATE", 0x10000);
	put_pages(&made, 0x8000, 0xb000, 0x1000);
	put_pages(&made, 0x5000, 0x8000, 0x1000);
	put_pages(&made, 0x3000, 0x0, (uint64_t)-0x1000);
	put_pages(&made, 0xc000, 0xd000, 0x1000);
	put_pages(&made, 0x4000, 0x5000, 0x1000);
	put_pages(&made, 0xb000, 0xc000, 0x1000);
	assay_sha256(hash, (struct assay_bytes){ made.bytes, made.len });
	ok(measure(&m, &made) && memcmp(hash, m.computed, 32) == 0,
	   "pages in another order");
	for (uint64_t at = 0x1000; at < 0xd000; at += 0x1000) {
		size_t len = made.len;

		put_head(&made, "EADD", at, 0x203);
		ok(!stream(&made, &err) && err.check == ASSAY_S_SGXS &&
		           err.at == len + 8,
		   "and again: %s", err.note);
		made.len = len;
	}
	put_pages(&made, 0x0, 0x1000, 0x1000);
	put_pages(&made, 0xd000, 0x10000, 0x1000);
	ok(stream(&made, &err), "those that are left");
}

/* Beyond what can be told apart, what lies between counts as added; a stream that
 * ascends has no such end. */
static void test_scattered(void)
{
	struct assay_err err;

	made.len = 0;
	put_create(&made, "ECREATE", 0x200000);
	put_pages(&made, 0x0, 0x190000, 0x2000);
	ok(stream(&made, &err), "200 pages apart from each other");
	put_head(&made, "EADD", 0x1000, 0x203);
	ok(stream(&made, &err), "and one between the first two");
	put_head(&made, "EADD", 0x18d000, 0x203);
	ok(!stream(&made, &err) && err.check == ASSAY_S_SGXS,
	   "but none between the last: %s", err.note);
	made.len = 0;
	put_create(&made, "ECREATE", 0x200000);
	put_pages(&made, 0x190000, 0x0, (uint64_t)-0x2000);
	ok(stream(&made, &err), "200 that descend");
}

/* A heap: records are taken many at a time. */
static void test_many(void)
{
	static const struct assay_pages want[] = {
		{ "", 0x5000000, 600, 0x203, 0 },
		{ "", 0x5258000, 1, 0x203, 1 },
		{ "", 0x5259000, 140, 0x203, 0 },
		{ "", 0x52e5000, 1, 0x201, 0 },
	};
	struct assay_measurement m;
	uint8_t hash[32];
	size_t len;

	made.len = 0;
	put_create(&made, "ECREATE", UINT64_C(1) << 27);
	put_pages(&made, want[0].at, want[1].at + ASSAY_PAGE, ASSAY_PAGE);
	put_chunk(&made, "EEXTEND", want[1].at, 1);
	put_pages(&made, want[2].at, want[3].at, ASSAY_PAGE);
	len = made.len;
	put_head(&made, "EADD", want[3].at, 0x201);
	assay_sha256(hash, (struct assay_bytes){ made.bytes, made.len });
	ok(measure(&m, &made) && memcmp(hash, m.computed, 32) == 0 &&
	           is_told(want, 4),
	   "hundreds of pages that are alike");
	made.bytes[len - 1] = 1;
	ok(!measure(&m, &made) && m.failed.check == ASSAY_S_SGXS &&
	           m.failed.at == len - 40,
	   "the last but one, with a byte behind its fields: %s",
	   m.failed.note);
	made.bytes[len - 1] = 0;
	put_head(&made, "EADD", UINT64_C(1) << 27, 0x203);
	ok(!measure(&m, &made) && m.failed.check == ASSAY_S_OFFSET,
	   "one behind the enclave's end");
	made.len = 0;
	put_create(&made, "ECREATE", 0x100000);
	put_pages(&made, 0x80000, 0x90000, ASSAY_PAGE);
	len = made.len;
	put_pages(&made, 0x70000, 0x82000, ASSAY_PAGE);
	ok(!measure(&m, &made) && m.failed.check == ASSAY_S_SGXS &&
	           m.failed.at == len + 16 * 64 + 8,
	   "many that run into others: %s", m.failed.note);
}

/* ---- a SIGSTRUCT beside it */

static void test_beside(void)
{
	uint8_t sig[ASSAY_SIGSTRUCT_LEN];
	struct assay_measuring how = { .sig = { sig, sizeof(sig) } };
	struct assay_measurement m;
	struct assay_sigstruct fields;

	make(&made);
	assay_sigstruct_default(&fields, true);
	fields.isv_prod_id = 9;
	assay_sha256(fields.mrenclave,
	             (struct assay_bytes){ made.bytes, made.len });
	if (!assay_sigstruct_sign(sig, &fields, tiny_key(), NULL))
		abort();
	ok(assay_measure(&m, (struct assay_bytes){ made.bytes, made.len },
	                 &how) &&
	           m.signature_ok && m.claimed.isv_prod_id == 9,
	   "a stream, and its SIGSTRUCT");
	made.bytes[CHUNK_5 + 64] ^= 1;
	ok(!assay_measure(&m, (struct assay_bytes){ made.bytes, made.len },
	                  &how) &&
	           m.failed.check == ASSAY_S_MEASUREMENT && m.signature_ok,
	   "another stream");
}

static void test_pages(void)
{
	static const struct assay_pages want[] = {
		{ "", 0, 1, 0x205, 2 },      { "", 0x1000, 1, 0x100, 1 },
		{ "", 0x3000, 3, 0x203, 0 }, { "", 0x6000, 1, 0x203, 1 },
		{ "", 0x8000, 1, 0x203, 1 },
	};
	make(&made);
	put_number(made.bytes + 12, 0x10000, 8);
	put_chunk(&made, "UNMEASRD", 0x3000, 1);
	put_head(&made, "EADD", 0x4000, 0x203);
	put_head(&made, "EADD", 0x5000, 0x203);
	put_head(&made, "EADD", 0x6000, 0x203);
	put_chunk(&made, "EEXTEND", 0x6000, 1);
	put_head(&made, "EADD", 0x8000, 0x203);
	put_chunk(&made, "EEXTEND", 0x8000, 1);
	ok(is_told(want, 5), "runs of pages are told, as they are");
}

int main(void)
{
	test_is_hash();
	test_unmeasured();
	test_unsized(0x108, 0x1000, 0x2000, "two pages: the smallest enclave");
	test_unsized(0x1f8, 0x7000, 0x8000, "the last page of 0x8000 bytes");
	test_unsized(0x100, 0x8000, 0x10000, "a page more: twice as large");
	test_unsized(0x8010, 0x8000, 0x10000,
	             "the size's place on the last page");
	test_bad_unsized();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	test_lengths();
	test_before_pages();
	test_order();
	test_scattered();
	test_many();
	test_beside();
	test_pages();
	return done();
}
