/* t_gramine.c - enclaves of Gramine's manifests: measurements that its own
 * signing tool computes of the same files, and every way to make manifest and
 * loader wrong [SGX 3.4]. */
#include <stdio.h>
#include <string.h>

#include "h_measure.h"
#include "measure/gramine.h"
#include "measure/libpal.h"
#include "measure/sigstruct.h"
#include "tap.h"

static uint8_t pal[TINY_LEN]; /* any shared object does */

static struct assay_bytes bytes(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static bool measure(struct assay_measurement *m, struct assay_bytes manifest,
                    struct assay_bytes sig)
{
	struct assay_measuring how = { .libpal = { pal, sizeof(pal) },
		                       .sig = sig };

	return assay_measure(m, manifest, &how);
}

static const struct assay_bytes none;

/* ---- what Gramine's tool computes: sgx_sign.py of the version that is named,
 * with the same manifest and tiny_program as its loader */

#define HEAD "[sgx]\nenclave_size = \"1M\"\nmax_threads = 2\n"
/* clang-format off */
static const struct {
	const char *name, *manifest, *want;
	uint64_t size;
	uint32_t threads;
	bool edmm, high;
} known[] = {
	{ "1.9, and 1.5", HEAD "edmm_enable = false\n",
	  "41b476ab432fc376726a268091bed56acfade4d7297368570e8ab0f506a98e90", 1 << 20, 2, false, false },
	{ "1.9 with EDMM", HEAD "edmm_enable = true\n",
	  "b62060d88b4f5167529b2c1e17fa50e57570339491e87b4d47741b880b299b01", 1 << 20, 2, true, false },
	{ "1.4", HEAD "nonpie_binary = false\n",
	  "63430507d340e78a48af33c11d5efcf0be950d78aa1609bbb64a8b5c06ce6b32", 1 << 20, 2, false, true },
	{ "1.4 with EDMM", HEAD "nonpie_binary = false\nedmm_enable = true\n",
	  "51947be397ae491f1d7c0fa8addc5def477a340bdc4f8e991f0efdfa006c1cf7", 1 << 20, 2, true, true },
	{ "1.4 of a program that is no PIE", HEAD "nonpie_binary = true\n",
	  "6bbfc45e69bc5b5db8aa5b707350ef5ea03805691a0e384c5af3085328dc6ba9", 1 << 20, 2, false, false },
	{ "1.3.1", "[sgx]\nenclave_size = \"1M\"\nthread_num = 2\nnonpie_binary = false\n",
	  "ff50d213a92e13cf00cec2c55dcc033d395f214d98d429ecb2153e6fe21420a9", 1 << 20, 2, false, true },
	{ "1.9 without size and threads", "sgx.debug = false\n",
	  "f8543d7d792ae394777ebad1f5fda579d0ff94e3554c6d450b780de962b1d71d", 256 << 20, 4, false, false },
	{ "1.9 with EDMM, without size and threads", "sgx = { edmm_enable = true }\n",
	  "8fd6997099122b7de8e6b0ac1b8b0b66d32ad59b07939b2d0e4907b3418331d2", UINT64_C(1) << 40, 4, true, false },
};
/* clang-format on */

static void test_known(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct assay_measurement m;
		bool good = measure(&m, bytes(known[i].manifest), none);

		ok(good && m.kind == ASSAY_ARTEFACT_GRAMINE && !m.has_claimed &&
		           is_hex(m.computed, 32, known[i].want) &&
		           m.enclave_size == known[i].size,
		   "Gramine %s", known[i].name);
		ok(m.has_manifest && m.manifest.enclave_size == known[i].size &&
		           m.manifest.max_threads == known[i].threads &&
		           m.manifest.edmm == known[i].edmm &&
		           m.manifest.high == known[i].high,
		   "what its manifest says");
	}
}

/* A manifest that fills its page but for the NUL, and one that fills it. */
static void test_length(size_t len, const char *want)
{
	static const char head[] =
		"[sgx]\nenclave_size = \"0x80000\"\nmax_threads = 1\n#";
	static char text[ASSAY_PAGE + 1];
	struct assay_measurement m;

	memset(text, 'x', len);
	memcpy(text, head, sizeof(head) - 1);
	text[len] = 0;
	ok(measure(&m, bytes(text), none) && is_hex(m.computed, 32, want),
	   "a manifest of %zu bytes, and its NUL", len);
}

/* ---- a SIGSTRUCT beside it */

static void sign(uint8_t sig[ASSAY_SIGSTRUCT_LEN], const char *want)
{
	struct assay_sigstruct fields;

	assay_sigstruct_default(&fields, false);
	for (size_t i = 0; i < 32; i++) {
		unsigned byte = 0;

		if (sscanf(want + 2 * i, "%2x", &byte) != 1)
			abort();
		fields.mrenclave[i] = (uint8_t)byte;
	}
	if (!assay_sigstruct_sign(sig, &fields, tiny_key(), NULL))
		abort();
}

static void test_signed(void)
{
	uint8_t sig[ASSAY_SIGSTRUCT_LEN];
	const struct assay_bytes whole = { sig, sizeof(sig) };
	struct assay_measurement m;
	const char *manifest = known[0].manifest;
	size_t refused = 0;

	sign(sig, known[0].want);
	ok(measure(&m, bytes(manifest), whole) && m.has_claimed &&
	           m.signature_ok && m.has_computed,
	   "signed");
	for (size_t len = 0; len < strlen(manifest); len++) {
		struct assay_bytes in = { (const uint8_t *)manifest, len };

		refused += !measure(&m, in, whole) &&
		           (m.failed.check == ASSAY_S_TOML ||
		            m.failed.check == ASSAY_S_MANIFEST ||
		            m.failed.check == ASSAY_S_GRAMINE_ROOM ||
		            m.failed.check == ASSAY_S_MEASUREMENT);
	}
	ok(refused == strlen(manifest),
	   "cut at any of %zu places it is refused", refused);
	sig[600] ^= 1;
	ok(!measure(&m, bytes(manifest), whole) &&
	           m.failed.check == ASSAY_S_SIGNATURE && m.has_computed,
	   "a signature with one bit changed");
	ok(!measure(&m, bytes(manifest), (struct assay_bytes){ sig, 1807 }) &&
	           m.failed.check == ASSAY_S_LEN && m.has_computed &&
	           !m.has_claimed,
	   "a SIGSTRUCT that is cut short");
}

/* What another layout comes to is seen from the signature alone. */
static void test_settled(void)
{
	static const char v14[] = HEAD "edmm_enable = true\n";
	static const char v19[] = HEAD "nonpie_binary = false\n";
	uint8_t sig[ASSAY_SIGSTRUCT_LEN];
	const struct assay_bytes whole = { sig, sizeof(sig) };
	struct assay_measurement m;

	sign(sig, "51e3d8de838f034dbcb3c47b1382410c"
	          "9cd4e00937de292ab9ea5656a31503f6");
	ok(measure(&m, bytes(v14), whole) && m.manifest.high,
	   "of Gramine 1.4, which the manifest does not say");
	sign(sig, "d824c8c22c9795dc2b1220f1501948db"
	          "b713744de6eb4e535ced57de6dade6c6");
	ok(measure(&m, bytes(v19), whole) && !m.manifest.high,
	   "of Gramine 1.9, which the manifest denies");
	sign(sig, tiny_measurement);
	ok(!measure(&m, bytes(v19), whole) &&
	           m.failed.check == ASSAY_S_MEASUREMENT && m.manifest.high &&
	           is_hex(m.computed, 32, known[2].want),
	   "of neither: the one that the manifest says");
}

static void test_beside(void)
{
	uint8_t program[TINY_SIGNED_LEN], sig[ASSAY_SIGSTRUCT_LEN];
	struct assay_launch launch = tiny_launch();
	struct assay_measuring how = { .launch = &launch,
		                       .sig = { sig, sizeof(sig) } };
	struct assay_measurement m;

	tiny_signed(program, NULL);
	sign(sig, tiny_measurement);
	ok(assay_measure(&m, (struct assay_bytes){ program, TINY_LEN }, &how) &&
	           m.signature_ok,
	   "beside a program");
	ok(!assay_measure(&m, (struct assay_bytes){ program, sizeof(program) },
	                  &how) &&
	           m.failed.check == ASSAY_S_BESIDE &&
	           m.failed.doc == ASSAY_DOC_SIGSTRUCT && m.has_computed,
	   "beside a signed program: %s", m.failed.note);
	ok(!assay_measure(&m, how.sig, &how) &&
	           m.failed.check == ASSAY_S_BESIDE,
	   "beside another SIGSTRUCT: %s", m.failed.note);
}

/* ---- pages, and the stream */

struct seen {
	struct assay_pages run[16];
	size_t n;
	struct assay_sha256_run hash;
};

static void see(void *to, const struct assay_pages *pages)
{
	struct seen *s = to;

	if (s->n < 16)
		s->run[s->n++] = *pages;
}

static void hash(void *to, const uint8_t *p, size_t n)
{
	struct seen *s = to;

	assay_sha256_more(&s->hash, (struct assay_bytes){ p, n });
}

static void test_pages(void)
{
	static const struct assay_pages want[] = {
		{ "manifest", 0xff000, 1, 0x201, 16 },
		{ "SSA", 0xef000, 16, 0x203, 16 },
		{ "TCS", 0xed000, 2, 0x100, 16 },
		{ "TLS", 0xeb000, 2, 0x203, 16 },
		{ "stack", 0xab000, 64, 0x203, 16 },
		{ "stack", 0x6b000, 64, 0x203, 16 },
		{ "signal stack", 0x5b000, 16, 0x203, 16 },
		{ "signal stack", 0x4b000, 16, 0x203, 16 },
		{ "libpal", 0x47000, 1, 0x201, 16 },
		{ "libpal", 0x48000, 1, 0x205, 16 },
		{ "libpal", 0x49000, 2, 0x203, 16 },
		{ "free", 0x10000, 0x37, 0x207, 0 },
	};
	uint8_t sig[ASSAY_SIGSTRUCT_LEN], got[32];
	struct seen seen = { .n = 0 };
	struct assay_measuring how = { .pages = see,
		                       .put = hash,
		                       .to = &seen,
		                       .libpal = { pal, sizeof(pal) },
		                       .sig = { sig, sizeof(sig) } };
	struct assay_measurement m;
	size_t good = 0;

	sign(sig, known[0].want);
	assay_sha256_begin(&seen.hash);
	ok(assay_measure(&m, bytes(known[0].manifest), &how) && seen.n == 12,
	   "%zu areas are told", seen.n);
	for (size_t i = 0; i < 12; i++)
		good += strcmp(seen.run[i].name, want[i].name) == 0 &&
		        seen.run[i].at == want[i].at &&
		        seen.run[i].n == want[i].n &&
		        seen.run[i].flags == want[i].flags &&
		        seen.run[i].chunks == want[i].chunks;
	ok(good == 12, "%zu of them, as they are", good);
	assay_sha256_end(got, &seen.hash);
	ok(memcmp(got, m.computed, 32) == 0,
	   "the stream is given once, and comes to the measurement");
}

/* ---- manifests */

/* clang-format off */
static const struct {
	const char *name, *text;
	enum assay_check want;
	size_t at;
} manifests[] = {
	{ "a size in bytes",         "sgx.enclave_size = \"1048576\"\nsgx.max_threads=1", ASSAY_OK, 0 },
	{ "a size in hexadecimal",   "sgx.enclave_size = \"0X400K\"\nsgx.max_threads=1", ASSAY_OK, 0 },
	{ "a size in GiB",           "sgx.enclave_size = \"1G\"", ASSAY_OK, 0 },
	{ "the largest",             "sgx = {enclave_size='1024G', edmm_enable=true}", ASSAY_OK, 0 },
	{ "other tables",            "[sgx]\n[sgx.a]\nmax_threads = 0\n[b]\nsgx.max_threads=0", ASSAY_OK, 0 },
	{ "an array",                "[[sgx]]\nmax_threads = 0\n[sgx.b]\nc=1", ASSAY_OK, 0 },
	{ "no TOML",                 "sgx.a = ", ASSAY_S_TOML, 8 },
	{ "nothing of SGX",          "loader.a = 1", ASSAY_S_MANIFEST, 12 },
	{ "a size that is a number", "sgx.enclave_size = 1048576", ASSAY_S_MANIFEST, 19 },
	{ "an empty size",           "sgx.enclave_size = \"\"", ASSAY_S_MANIFEST, 19 },
	{ "a unit alone",            "sgx.enclave_size = \"M\"", ASSAY_S_MANIFEST, 19 },
	{ "a unit that is none",     "sgx.enclave_size = \"1T\"", ASSAY_S_MANIFEST, 19 },
	{ "two units",               "sgx.enclave_size = \"1MM\"", ASSAY_S_MANIFEST, 19 },
	{ "hexadecimal without digits", "sgx.enclave_size = \"0x\"", ASSAY_S_MANIFEST, 19 },
	{ "a size with a blank",     "sgx.enclave_size = \"1 M\"", ASSAY_S_MANIFEST, 19 },
	{ "a size too large",        "sgx.enclave_size = \"2048G\"", ASSAY_S_MANIFEST, 19 },
	{ "a size far too large",    "sgx.enclave_size = \"18446744073709551617\"", ASSAY_S_MANIFEST, 19 },
	{ "one that the unit makes so", "sgx.enclave_size = \"0x10000000000G\"", ASSAY_S_MANIFEST, 19 },
	{ "a size in a long text",   "sgx.enclave_size = \"000000000000000000000000000000000000000000000000000000000000000001M\"", ASSAY_S_MANIFEST, 19 },
	{ "a size that is no power of two", "sgx.enclave_size = \"3M\"", ASSAY_S_SIZE, 0 },
	{ "no thread",               "sgx.max_threads = 0", ASSAY_S_MANIFEST, 18 },
	{ "less",                    "sgx.max_threads = -1", ASSAY_S_MANIFEST, 18 },
	{ "too many threads",        "sgx.max_threads = 4097", ASSAY_S_MANIFEST, 18 },
	{ "threads in a text",       "sgx.max_threads = \"4\"", ASSAY_S_MANIFEST, 18 },
	{ "threads of old",          "sgx.thread_num = 0", ASSAY_S_MANIFEST, 17 },
	{ "EDMM as a number",        "sgx.edmm_enable = 1", ASSAY_S_MANIFEST, 18 },
	{ "twice",                   "sgx.max_threads = 4\n[sgx]\nmax_threads = 4", ASSAY_S_MANIFEST, 40 },
	{ "no PIE as a text",        "sgx.nonpie_binary = 'true'", ASSAY_S_MANIFEST, 20 },
	{ "more threads than there is room", "sgx = {enclave_size='1M', max_threads=3}", ASSAY_S_GRAMINE_ROOM, 0x21000 },
	{ "room for all but the loader", "sgx = {enclave_size='512K', max_threads=1, nonpie_binary=false}", ASSAY_OK, 0 },
	{ "an enclave without room for anything", "sgx = {enclave_size='4K'}", ASSAY_S_GRAMINE_ROOM, 0x1000 },
};
/* clang-format on */

static void test_manifest(size_t i)
{
	struct assay_measurement m;
	bool good = measure(&m, bytes(manifests[i].text), none);

	ok(m.kind == ASSAY_ARTEFACT_GRAMINE &&
	           good == (manifests[i].want == ASSAY_OK) &&
	           m.failed.check == manifests[i].want &&
	           m.failed.at == manifests[i].at && m.has_computed == good,
	   "%s: at 0x%zx, %s", manifests[i].name, m.failed.at, m.failed.note);
}

/* With features of 1.6 the manifest cannot be of 1.4. */
static void test_features(void)
{
	struct assay_measurement m;

	ok(measure(&m,
	           bytes(HEAD "nonpie_binary = false\n"
	                      "cpu_features.avx = 'required'\n"),
	           none) &&
	           !m.manifest.high,
	   "sgx.cpu_features says that it is of 1.6 or newer");
}

/* What is trusted without a hash is what was not signed. */
static void test_unhashed(void)
{
	struct assay_measurement m;

	ok(measure(&m,
	           bytes(HEAD "trusted_files = [\n"
	                      "  { uri = 'file:a', sha256 = '00' },\n"
	                      "  { uri = 'file:b' },\n"
	                      "  'file:c',\n"
	                      "]\n"
	                      "allowed_files = [ 'file:d' ]\n"),
	           none) &&
	           m.manifest.n_unhashed == 2,
	   "two of three files have no hash");
	ok(measure(&m,
	           bytes(HEAD "[[sgx.trusted_files]]\n"
	                      "sha256 = '00'\nuri = 'file:a'\n"),
	           none) &&
	           m.manifest.n_unhashed == 0,
	   "a table for each");
}

static void test_recognised(void)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
		{ "[sgx]\n", true },
		{ "# a comment\nloader.log_level = \"error\"\n", true },
		{ "[loader]\n", true },
		{ "[libos]\n", true },
		{ "libos.entrypoint = \"a\"\n", true },
		{ "[[sgx.trusted_files]]\n", true },
		{ "a sgx.\n", false },
		{ "", false },
		{ "[fs]\n", false },
	};
	size_t good = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		good += assay_is_manifest(bytes(rows[i].text)) == rows[i].is;
	ok(good == sizeof(rows) / sizeof(rows[0]),
	   "%zu texts: which are manifests", good);
	ok(!assay_is_manifest(
		   (struct assay_bytes){ (const uint8_t *)"\0\n[sgx]\n", 8 }),
	   "a file with a NUL is none");
}

/* ---- the loader */

/* clang-format off */
static const struct {
	const char *name;
	size_t at, n;
	uint64_t to;
	bool good;
	size_t want_at;
} loaders[] = {
	{ "magic",                0, 1, 0,          false, 0 },
	{ "32 bits",              4, 1, 1,          false, 0 },
	{ "an executable",        16, 2, 2,         false, 16 },
	{ "another machine",      18, 2, 3,         false, 16 },
	{ "an entry anywhere",    24, 8, 0,         true, 0 },
	{ "headers behind the end", 32, 8, 0x1000,  false, 0 },
	{ "headers far behind it", 32, 8, UINT64_MAX, false, 0 },
	{ "their size",           54, 2, 64,        false, 54 },
	{ "too many of them",     56, 2, 60,        false, 64 },
	{ "none",                 56, 2, 0,         false, 56 },
	{ "written and run",      64 + 4, 4, 7,     true, 0 },
	{ "written, not readable", 64 + 4, 4, 2,    false, 0x47000 },
	{ "not on page 0",        64 + 16, 8, 0x1000, false, 64 + 16 },
	{ "the file's part is larger", 64 + 32, 8, 0x201, false, 64 + 40 },
	{ "no memory",            64 + 40, 8, 0,    false, 64 + 40 },
	{ "too much memory",      64 + 40, 8, UINT64_MAX, false, 64 + 40 },
	{ "on the page of another", 120 + 16, 8, 0x200, false, 120 + 16 },
	{ "too far",              120 + 16, 8, UINT64_MAX & ~UINT64_C(0xdff), false, 120 + 16 },
	{ "behind the file",      120 + 8, 8, 0x1200, false, 120 + 8 },
	{ "far behind the file",  120 + 8, 8, UINT64_MAX, false, 120 + 8 },
	{ "cut off",              120 + 32, 8, 0x1000, false, 120 + 40 },
	{ "another place of a page", 120 + 8, 8, 0x201, false, 120 + 8 },
	{ "memory far apart",     176 + 16, 8, 0x200240, false, 0x4b000 },
	{ "an interpreter is asked for", 232, 4, 3, true, 0 },
};
/* clang-format on */

static void test_loader(size_t i)
{
	struct assay_measurement m;
	bool good;

	tiny_program(pal);
	put_number(pal + loaders[i].at, loaders[i].to, loaders[i].n);
	good = measure(&m, bytes(known[0].manifest), none);
	ok(good == loaders[i].good && m.failed.at == loaders[i].want_at &&
	           (good || m.failed.doc == ASSAY_DOC_LIBPAL ||
	            m.failed.doc == ASSAY_DOC_ENCLAVE),
	   "%s: at 0x%zx, %s", loaders[i].name, m.failed.at, m.failed.note);
}

/* The loader's memory is measured: 64 GiB of it, and 7 threads. */
static void test_measured(void)
{
	struct assay_measurement m;

	tiny_program(pal);
	put_number(pal + 176 + 40, UINT64_C(1) << 36, 8);
	ok(!measure(&m,
	            bytes("sgx.enclave_size = \"256G\"\nsgx.max_threads = 7\n"),
	            none) &&
	           m.failed.check == ASSAY_S_MEASURED && !m.has_computed,
	   "more than 64 GiB to measure: %s", m.failed.note);
}

static void test_cut(void)
{
	const struct assay_bytes manifest = bytes(known[0].manifest);
	struct assay_measurement m;
	size_t refused = 0;

	tiny_program(pal);
	for (size_t len = 0; len < TINY_LEN; len++) {
		struct assay_measuring how = { .libpal = { pal, len } };

		refused += !assay_measure(&m, manifest, &how) &&
		           m.failed.check == ASSAY_S_LIBPAL &&
		           m.failed.doc == ASSAY_DOC_LIBPAL && !m.has_computed;
	}
	ok(refused == TINY_LEN, "a loader, cut at any of %zu places", refused);
}

/* Seventeen segments, a page each. */
static void test_many(void)
{
	static uint8_t many[64 + 17 * 56];
	struct assay_elf elf;
	struct assay_err err;

	tiny_program(pal);
	memcpy(many, pal, 64);
	put_number(many + 56, 17, 2);
	for (size_t i = 0; i < 17; i++) {
		uint8_t *p = many + 64 + 56 * i;

		put_number(p, 1, 4);
		put_number(p + 16, i * ASSAY_PAGE, 8);
		put_number(p + 40, ASSAY_PAGE, 8);
	}
	memset(&elf, 0xee, sizeof(elf));
	ok(!assay_libpal_read(&elf, (struct assay_bytes){ many, sizeof(many) },
	                      &err) &&
	           err.check == ASSAY_S_LIBPAL && err.at == 64 + 16 * 56 &&
	           all_zero(&elf, sizeof(elf)),
	   "too many segments: %s", err.note);
	put_number(many + 56, 16, 2);
	ok(assay_libpal_read(&elf, (struct assay_bytes){ many, sizeof(many) },
	                     &err) &&
	           assay_elf_end(&elf) == 16 * ASSAY_PAGE,
	   "as many as there may be");
}

int main(void)
{
	tiny_program(pal);
	test_known();
	test_length(4095, "b19715eb84710aeff9520e515310cc61"
	                  "705ad431fced3f80dbfdd7ba9d1cf1fb");
	test_length(4096, "ab9cc2c4ab6ca946e1b14833436830c1"
	                  "821188a0b4b9bce6ca64b386ea796332");
	test_signed();
	test_settled();
	test_beside();
	test_pages();
	for (size_t i = 0; i < sizeof(manifests) / sizeof(manifests[0]); i++)
		test_manifest(i);
	test_features();
	test_unhashed();
	test_recognised();
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		test_loader(i);
	test_measured();
	test_cut();
	test_many();
	return done();
}
