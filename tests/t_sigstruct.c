/* t_sigstruct.c - SIGSTRUCT: real ones, a worked example to the bit, every byte
 * changed, made here and with a signature from elsewhere [SGX 2]. */
#include <assay/quote.h>
#include <dirent.h>
#include <string.h>

#include "h_measure.h"
#include "measure/sigstruct.h"
#include "tap.h"

static uint8_t made[ASSAY_SIGSTRUCT_LEN];
static struct assay_sigstruct fields;

static struct assay_bytes bytes(const uint8_t *p)
{
	return (struct assay_bytes){ p, ASSAY_SIGSTRUCT_LEN };
}

/* Every field differs from its neighbours and from what is usual. */
static void make_fields(void)
{
	fields = (struct assay_sigstruct){
		.vendor = 0x8086,
		.date = 0x20261123,
		.sw_defined = 0x01020304,
		.misc_select = 0x11121314,
		.misc_mask = 0x21222324,
		.cet_attributes = 0x31,
		.cet_mask = 0x32,
		.flags = UINT64_C(0x4142434445464748),
		.xfrm = UINT64_C(0x5152535455565758),
		.flags_mask = UINT64_C(0x6162636465666768),
		.xfrm_mask = UINT64_C(0x7172737475767778),
		.isv_prod_id = 0x8182,
		.isv_svn = 0x9192,
	};
	for (size_t i = 0; i < 16; i++) {
		fields.isv_family_id[i] = (uint8_t)(0xa0 + i);
		fields.isv_ext_prod_id[i] = (uint8_t)(0xb0 + i);
	}
	for (size_t i = 0; i < 32; i++)
		fields.mrenclave[i] = (uint8_t)(0xc0 + i);
}

static void test_round_trip(void)
{
	struct assay_sigstruct read;
	uint8_t modulus[ASSAY_RSA3_LEN];
	struct assay_err err = { 0 };

	make_fields();
	ok(assay_rsa3_modulus(modulus, tiny_key()) &&
	           assay_sigstruct_sign(made, &fields, tiny_key(), &err),
	   "a SIGSTRUCT is made");
	ok(assay_sigstruct_read(&read, bytes(made), &err), "it reads: %s",
	   err.note);
	assay_mrsigner(fields.mrsigner, modulus);
	ok(memcmp(&read, &fields, sizeof(read)) == 0, "every field is back");
}

/* Where each field stands: its first byte, as make_fields made it. */
static void test_places(void)
{
	static const struct {
		size_t at;
		uint8_t want;
	} rows[] = {
		{ 0, 0x06 },    { 4, 0xe1 },    { 10, 0x01 },   { 16, 0x86 },
		{ 17, 0x80 },   { 20, 0x23 },   { 23, 0x20 },   { 24, 0x01 },
		{ 25, 0x01 },   { 28, 0x60 },   { 32, 0x60 },   { 36, 0x01 },
		{ 40, 0x04 },   { 512, 0x03 },  { 900, 0x14 },  { 904, 0x24 },
		{ 908, 0x31 },  { 909, 0x32 },  { 912, 0xa0 },  { 928, 0x48 },
		{ 936, 0x58 },  { 944, 0x68 },  { 952, 0x78 },  { 960, 0xc0 },
		{ 1008, 0xb0 }, { 1024, 0x82 }, { 1026, 0x92 },
	};
	size_t good = 0, n = sizeof(rows) / sizeof(rows[0]);

	for (size_t i = 0; i < n; i++)
		good += made[rows[i].at] == rows[i].want;
	ok(good == n, "%zu bytes stand where they belong", n);
	ok(all_zero(made + 44, 84) && all_zero(made + 910, 2) &&
	           all_zero(made + 992, 16) && all_zero(made + 1028, 12),
	   "reserved bytes are zero");
}

static enum assay_check want_of(size_t at)
{
	if (at < 16 || (at >= 24 && at < 40))
		return ASSAY_S_HEADER;
	if (at >= 16 && at < 20)
		return ASSAY_S_VENDOR;
	if ((at >= 44 && at < 128) || at == 910 || at == 911 ||
	    (at >= 992 && at < 1008) || (at >= 1028 && at < 1040))
		return ASSAY_S_RESERVED;
	if (at == 128 || at == 511)
		return ASSAY_S_MODULUS;
	if (at >= 512 && at < 516)
		return ASSAY_S_EXPONENT;
	if (at >= 1424)
		return ASSAY_S_Q2;
	if (at >= 1040)
		return ASSAY_S_Q1;
	return ASSAY_S_SIGNATURE;
}

/* One bit of every byte; of the modulus's last, the one it cannot do without. */
static void test_flips(void)
{
	uint8_t changed[ASSAY_SIGSTRUCT_LEN];
	struct assay_sigstruct s;
	size_t good = 0;

	for (size_t at = 0; at < ASSAY_SIGSTRUCT_LEN; at++) {
		struct assay_err err = { 0 };

		memcpy(changed, made, sizeof(changed));
		changed[at] ^= at == 511 ? 0x80 : 1;
		memset(&s, 0xee, sizeof(s));
		if (!assay_sigstruct_read(&s, bytes(changed), &err) &&
		    err.check == want_of(at) &&
		    err.doc == ASSAY_DOC_SIGSTRUCT && err.note[0] &&
		    all_zero(&s, sizeof(s)))
			good++;
		else
			note("byte %zu: check %d", at, err.check);
	}
	ok(good == ASSAY_SIGSTRUCT_LEN, "one bit of each of %zu bytes", good);
}

static void test_lengths(void)
{
	static uint8_t longer[ASSAY_SIGSTRUCT_LEN + 1];
	struct assay_sigstruct s;
	struct assay_err err;
	size_t good = 0;

	memcpy(longer, made, sizeof(made));
	for (size_t len = 0; len <= sizeof(longer); len++)
		good += len != ASSAY_SIGSTRUCT_LEN &&
		        !assay_sigstruct_claims(
				&s, (struct assay_bytes){ longer, len },
				&err) &&
		        err.check == ASSAY_S_LEN;
	ok(good == ASSAY_SIGSTRUCT_LEN + 1, "%zu other lengths", good);
}

/* What is not signed is still read, by whoever asks for claims. */
static void test_claims(void)
{
	uint8_t changed[ASSAY_SIGSTRUCT_LEN];
	struct assay_sigstruct s;
	struct assay_err err;

	memcpy(changed, made, sizeof(changed));
	changed[960] ^= 1;
	ok(assay_sigstruct_claims(&s, bytes(changed), NULL) &&
	           s.mrenclave[0] == (0xc0 ^ 1) &&
	           !assay_sigstruct_verify(bytes(changed), &err) &&
	           err.check == ASSAY_S_SIGNATURE,
	   "claims are read, whoever wrote them");
}

/* ---- attributes */

/* clang-format off */
static const struct {
	const char *name;
	uint64_t flags, xfrm;
	uint32_t misc;
	enum assay_check want, want_debug; /* ... if debug is left open */
} allows[] = {
	{ "as it is signed",  0x04, 0x03, 0, ASSAY_OK,           ASSAY_OK },
	{ "in a report",      0x05, 0x03, 0, ASSAY_OK,           ASSAY_OK },
	{ "debug",            0x06, 0x03, 0, ASSAY_S_ATTRIBUTES, ASSAY_OK },
	{ "32-bit mode",      0x00, 0x03, 0, ASSAY_S_ATTRIBUTES, ASSAY_S_ATTRIBUTES },
	{ "provisioning key", 0x14, 0x03, 0, ASSAY_S_ATTRIBUTES, ASSAY_S_ATTRIBUTES },
	{ "KSS",              0x84, 0x03, 0, ASSAY_S_ATTRIBUTES, ASSAY_S_ATTRIBUTES },
	{ "a high flag",      UINT64_C(1) << 63 | 4, 3, 0, ASSAY_S_ATTRIBUTES, ASSAY_S_ATTRIBUTES },
	{ "AVX",              0x04, 0x07, 0, ASSAY_OK,           ASSAY_OK },
	{ "AVX-512",          0x04, 0xe7, 0, ASSAY_OK,           ASSAY_OK },
	{ "no SSE",           0x04, 0x01, 0, ASSAY_S_ATTRIBUTES, ASSAY_S_ATTRIBUTES },
	{ "PKRU",             0x04, 0x203, 0, ASSAY_S_ATTRIBUTES, ASSAY_S_ATTRIBUTES },
	{ "EXINFO",           0x04, 0x03, 1, ASSAY_S_MISC,       ASSAY_S_MISC },
};
/* clang-format on */

static void test_allows(void)
{
	struct assay_sigstruct s;

	for (size_t i = 0; i < sizeof(allows) / sizeof(allows[0]); i++)
		for (int debug = 0; debug < 2; debug++) {
			enum assay_check want = debug ? allows[i].want_debug
			                              : allows[i].want;
			struct assay_err err = { 0 };
			bool good;

			assay_sigstruct_default(&s, debug);
			good = assay_sigstruct_allows(&s, allows[i].flags,
			                              allows[i].xfrm,
			                              allows[i].misc, &err);
			ok(good == (want == ASSAY_OK) && err.check == want,
			   "%s%s: %s", allows[i].name,
			   debug ? ", debug left open" : "", err.note);
		}
}

static void test_kss(void)
{
	struct assay_sigstruct s;
	struct assay_err err;

	assay_sigstruct_default(&s, false);
	s.flags |= ASSAY_SGX_KSS;
	s.isv_family_id[15] = 1;
	ok(assay_sigstruct_allows(&s, 0x84, 3, 0, NULL), "a family with KSS");
	s.flags_mask &= ~(uint64_t)ASSAY_SGX_KSS;
	ok(!assay_sigstruct_allows(&s, 0x04, 3, 0, &err) &&
	           err.check == ASSAY_S_KSS,
	   "a family without");
	s.isv_family_id[15] = 0;
	s.isv_ext_prod_id[0] = 1;
	ok(!assay_sigstruct_allows(&s, 0x04, 3, 0, &err) &&
	           err.check == ASSAY_S_KSS,
	   "an extended product without");
}

/* ---- a signature from elsewhere */

static void test_join(void)
{
	uint8_t data[ASSAY_SIGNDATA_LEN], modulus[ASSAY_RSA3_LEN];
	uint8_t little[ASSAY_RSA3_LEN], big[ASSAY_RSA3_LEN];
	uint8_t out[ASSAY_SIGSTRUCT_LEN];
	struct assay_err err = { 0 };
	bool good;

	assay_sigstruct_data(data, &fields);
	ok(memcmp(data, made, 128) == 0 &&
	           memcmp(data + 128, made + 900, 128) == 0,
	   "what is signed: bytes 0 to 127 and 900 to 1027");
	good = assay_rsa3_modulus(modulus, tiny_key()) &&
	       assay_rsa3_sign(little, tiny_key(),
	                       (struct assay_bytes){ data, sizeof(data) });
	for (size_t i = 0; i < ASSAY_RSA3_LEN; i++)
		big[i] = little[ASSAY_RSA3_LEN - 1 - i];
	ok(good && assay_sigstruct_join(out, &fields, modulus, little, NULL) &&
	           memcmp(out, made, sizeof(out)) == 0,
	   "joined with a little-endian signature, it is the same");
	ok(assay_sigstruct_join(out, &fields, modulus, big, NULL) &&
	           memcmp(out, made, sizeof(out)) == 0,
	   "and with a big-endian one");
	big[100] ^= 1;
	ok(!assay_sigstruct_join(out, &fields, modulus, big, &err) &&
	           err.check == ASSAY_S_SIGNATURE && all_zero(out, sizeof(out)),
	   "a signature that is changed: %s", err.note);
	big[100] ^= 1;
	fields.isv_svn++;
	ok(!assay_sigstruct_join(out, &fields, modulus, big, &err) &&
	           err.check == ASSAY_S_SIGNATURE,
	   "a signature for other fields");
	modulus[ASSAY_RSA3_LEN - 1] &= 0x7f;
	ok(!assay_sigstruct_join(out, &fields, modulus, big, &err) &&
	           err.check == ASSAY_S_MODULUS && all_zero(out, sizeof(out)),
	   "a modulus that is too short");
}

static void test_keys(void)
{
	static const uint8_t text[] = "no key";
	uint8_t modulus[ASSAY_RSA3_LEN];
	struct assay_err err = { 0 };
	const struct assay_bytes in = { text, sizeof(text) - 1 };

	ok(!assay_signing_key(in, &err) && err.check == ASSAY_S_KEY &&
	           err.doc == ASSAY_DOC_KEY && err.note[0],
	   "no key to sign with: %s", err.note);
	err = (struct assay_err){ 0 };
	ok(!assay_signing_public(modulus, in, &err) && err.check == ASSAY_S_KEY,
	   "no public key: %s", err.note);
}

/* ---- the worked example, and real ones */

static unsigned char *load(const char *dir, const char *name, size_t *len)
{
	char path[4400];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return slurp(path, len);
}

/* RSA with this padding is deterministic: the same key and fields give the same
 * 1808 bytes. */
static void test_example(const char *dir)
{
	size_t pem_len, want_len;
	unsigned char *pem = load(dir, "enclave/rsa3072_e3.pem", &pem_len);
	unsigned char *want = load(dir, "enclave/micro.sigstruct", &want_len);
	struct assay_rsa3 *key;
	struct assay_sigstruct s, read;
	uint8_t out[ASSAY_SIGSTRUCT_LEN];

	if (!pem || !want) {
		ok(false, "the example is not there");
		return;
	}
	ok(assay_sigstruct_read(&read, (struct assay_bytes){ want, want_len },
	                        NULL) &&
	           is_hex(read.mrenclave, 32,
	                  "331e852576eb053e4b545ac22de0979a"
	                  "802de6daf41519dabb87b35ac2ebe3a6") &&
	           is_hex(read.mrsigner, 32,
	                  "d5ebfc99905764eeb8218db06dd5588d"
	                  "ee3ef74ec7171613c96fe6e4ed2e8f0e") &&
	           read.isv_prod_id == 7 && read.isv_svn == 3 &&
	           read.date == 0x20250701,
	   "the worked example reads");
	assay_sigstruct_default(&s, false);
	s.date = 0x20250701;
	s.isv_prod_id = 7;
	s.isv_svn = 3;
	memcpy(s.mrenclave, read.mrenclave, 32);
	key = assay_signing_key((struct assay_bytes){ pem, pem_len }, NULL);
	ok(key && assay_sigstruct_sign(out, &s, key, NULL) &&
	           memcmp(out, want, sizeof(out)) == 0,
	   "made again, it is the same to the bit");
	assay_rsa3_free(key);
	free(pem);
	free(want);
}

static void test_real(const char *dir)
{
	char folder[4300];
	struct assay_sigstruct s;
	struct assay_err err = { 0 };
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(folder, sizeof(folder), "%s/sigstruct", dir);
	d = opendir(folder);
	while (d && (e = readdir(d))) {
		size_t len, name_len = strlen(e->d_name);
		unsigned char *p;

		if (name_len < 10 ||
		    strcmp(e->d_name + name_len - 10, ".sigstruct") != 0)
			continue;
		p = load(folder, e->d_name, &len);
		ok(p && assay_sigstruct_read(&s, (struct assay_bytes){ p, len },
		                             &err),
		   "%s verifies: %s", e->d_name, err.note);
		free(p);
		n++;
	}
	if (d)
		closedir(d);
	ok(n >= 4, "there are %zu real ones", n);
}

int main(void)
{
	const char *dir = vectors();

	test_round_trip();
	test_places();
	test_flips();
	test_lengths();
	test_claims();
	test_allows();
	test_kss();
	test_join();
	test_keys();
	if (dir) {
		test_example(dir);
		test_real(dir);
	} else {
		skip("no vectors here", "the worked example");
		skip("no vectors here", "real SIGSTRUCTs");
	}
	return done();
}
