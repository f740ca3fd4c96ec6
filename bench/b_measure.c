/*
 * b_measure.c - what a measurement costs, as a part of libcrypto's own speed:
 * the time of SHA-256 over the stream's bytes, which lie ready in memory,
 * divided by the time of making and hashing the stream.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <string.h>
#include <sys/resource.h>

#include "../tests/h_measure.h"
#include "../tests/h_so.h"
#include "bench.h"
#include "crypto/crypto.h"
#include "measure/program.h"
#include "measure/sigstruct.h"

enum {
	N_SAMPLES = 31,
	N_PAGES = 2048,   /* measured: 8 MiB */
	N_EADDS = 131072, /* not measured: 512 MiB */
	STREAM_MAX = 16 << 20,
	HUGE_PAGES = 31460000, /* of an enclave of 128 GiB */
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "b_measure: %s\n", what);
	exit(2);
}

static uint8_t *stream; /* the bytes of a stream */
static size_t stream_len;
static uint8_t *memory; /* what is measured */

static void keep(void *to, const uint8_t *p, size_t n)
{
	(void)to;
	must(n <= STREAM_MAX - stream_len, "a stream that is too long");
	memcpy(stream + stream_len, p, n);
	stream_len += n;
}

/* ---- streams of one kind each */

static void begin(struct assay_stream *s, const struct assay_sink *sink)
{
	assay_stream_begin(s, sink);
	must(assay_stream_ecreate(s, 1, UINT64_C(1) << 30, 0, NULL), "ECREATE");
}

static void measured(struct assay_stream *s)
{
	for (size_t i = 0; i < N_PAGES; i++)
		must(assay_stream_page(s, i * ASSAY_PAGE, 0x205,
		                       memory + i * ASSAY_PAGE, NULL),
		     "a page");
}

static void zeros(struct assay_stream *s)
{
	must(assay_stream_zeros(s, 0, 0x203, N_PAGES, NULL), "zeros");
}

static void unmeasured(struct assay_stream *s)
{
	must(assay_stream_eadd(s, 0, 0x203, N_EADDS, NULL), "a run");
}

static double time_raw(uint8_t out[32])
{
	double start = bench_now();
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, stream, stream_len);
	SHA256_Final(out, &c);
	return bench_now() - start;
}

static double time_stream(uint8_t out[32], void (*fill)(struct assay_stream *s))
{
	double start = bench_now();
	struct assay_stream s;

	begin(&s, NULL);
	fill(&s);
	must(assay_stream_end(out, &s, NULL), "the end");
	return bench_now() - start;
}

/* Sample by sample beside libcrypto's own. */
static int bench_stream(const char *name, void (*fill)(struct assay_stream *s))
{
	struct assay_sink sink = { keep, NULL };
	double raw[N_SAMPLES], ours[N_SAMPLES], t;
	struct assay_stream s;
	uint8_t want[32], got[32];

	stream_len = 0;
	begin(&s, &sink);
	fill(&s);
	for (size_t i = 0; i < N_SAMPLES; i++) {
		raw[i] = time_raw(want);
		ours[i] = time_stream(got, fill);
		must(memcmp(want, got, 32) == 0, "two measurements");
	}
	t = bench_median(ours, N_SAMPLES);
	return bench_row(name, (double)stream_len / t / 1e6, "MB/s",
	                 bench_median(raw, N_SAMPLES) / t, 0.9, true);
}

/* ---- the largest enclaves there are */

/* A shared object of Intel's SDK whose heap has so many pages. */
enum {
	NOTE = 0x200,
	META = NOTE + 25,
	META_LEN = 1888 + 32,
	HUGE_LEN = META + META_LEN,
};

static void make_huge(uint8_t p[HUGE_LEN])
{
	uint8_t *meta = p + META;

	memset(p, 0, HUGE_LEN);
	so_put_ehdr(p, 1, 0);
	so_put_sections(p, 0x100, 3);
	so_put_phdr(p + SO_PHDRS, 1, 5, 0, 0, NOTE, NOTE);
	so_put_shdr(p + 0x140, 1, 7, 0, NOTE, 25 + META_LEN, 1);
	so_put_shdr(p + 0x180, 15, 3, 0, 0x1c0, 32, 1);
	memcpy(p + 0x1c0, "\0.note.sgxmeta\0.shstrtab", 25);
	put_number(p + NOTE, 13, 4);
	put_number(p + NOTE + 4, META_LEN, 4);
	memcpy(p + NOTE + 12, "sgx_metadata", 13);
	put_number(meta, UINT64_C(0x86a80294635d0e4c), 8);
	put_number(meta + 8, UINT64_C(1) << 32 | 4, 8); /* version 1.4 */
	put_number(meta + 16, META_LEN, 4);
	put_number(meta + 24, 1, 4);
	put_number(meta + 40, UINT64_C(1) << 37, 8);
	put_number(meta + 1880, 1888, 4); /* layout: one row */
	put_number(meta + 1884, 32, 4);
	put_number(meta + 1888, 0x10001, 4); /* heap, added */
	put_number(meta + 1892, HUGE_PAGES, 4);
	put_number(meta + 1896, 0x1000, 8);
	put_number(meta + 1912, 0x203, 8);
}

static long memory_kib(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_maxrss;
}

/* The stream at hand is of such pages too: the time of SHA-256 over its bytes
 * says what it would be over those of the enclave. */
static int bench_huge(void)
{
	struct assay_measurement m;
	double raw[N_SAMPLES], start, t;
	uint8_t file[HUGE_LEN], out[32];
	long before = memory_kib();
	int missed;

	make_huge(file);
	for (size_t i = 0; i < N_SAMPLES; i++)
		raw[i] = time_raw(out);
	start = bench_now();
	must(!assay_measure(&m, (struct assay_bytes){ file, HUGE_LEN }, NULL) &&
	             m.has_computed && m.hashed > UINT64_C(64) * HUGE_PAGES,
	     "an enclave of 128 GiB");
	t = bench_now() - start;
	missed = bench_row("an enclave of 128 GiB", t, "s",
	                   t / (bench_median(raw, N_SAMPLES) *
	                        (double)m.hashed / (double)stream_len),
	                   1.3, false);
	t = (double)(memory_kib() - before) / 1024;
	return missed + bench_row("its memory", t, "MiB", t, 16, false);
}

/* ---- a SIGSTRUCT */

static void bench_sigstruct(void)
{
	struct assay_rsa3 *key = assay_rsa3_new();
	uint8_t s[ASSAY_SIGSTRUCT_LEN];
	struct assay_sigstruct fields, read;
	double check[N_SAMPLES];

	assay_sigstruct_default(&fields, false);
	must(key && assay_sigstruct_sign(s, &fields, key, NULL), "SIGSTRUCT");
	for (size_t i = 0; i < N_SAMPLES; i++) {
		double start = bench_now();

		must(assay_sigstruct_read(
			     &read, (struct assay_bytes){ s, sizeof(s) }, NULL),
		     "it does not read");
		check[i] = bench_now() - start;
	}
	bench_row("a SIGSTRUCT, checked", bench_median(check, N_SAMPLES) * 1e6,
	          "us", 1, 0, false);
	assay_rsa3_free(key);
}

int main(void)
{
	int missed;

	stream = malloc(STREAM_MAX);
	memory = malloc((size_t)N_PAGES * ASSAY_PAGE);
	must(stream && memory, "no memory");
	for (size_t i = 0; i < (size_t)N_PAGES * ASSAY_PAGE; i++)
		memory[i] = (uint8_t)(i * 31 + i / 4096);
	missed = bench_stream("measured pages", measured) +
	         bench_stream("pages of zeros", zeros) +
	         bench_stream("unmeasured pages", unmeasured) + bench_huge();
	bench_sigstruct();
	free(stream);
	free(memory);
	return missed ? 1 : 0;
}
