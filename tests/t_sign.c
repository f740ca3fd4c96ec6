/* t_sign.c - P-256 signatures: the same every time, by the RFC's example. */
#include <string.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "tap.h"

/* [RFC 6979 A.2.5] */
static const char secret[] =
	"c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
static const char key[] =
	"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
static const struct {
	const char *msg, *sig;
} rows[] = {
	{ "sample",
	  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
	  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
	{ "test",
	  "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
	  "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083" },
};

static bool from_hex(uint8_t *out, size_t n, const char *hex)
{
	return assay_hex_parse(out, n,
	                       (struct assay_bytes){ (const uint8_t *)hex,
	                                             strlen(hex) });
}

int main(void)
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	struct assay_p256_pair pair, zero = { 0 };
	uint8_t digest[32], sig[64], want[64], none[64] = { 0 };

	ok(from_hex(pair.secret, 32, secret) && from_hex(pair.key, 64, key),
	   "the example's key");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assay_sha256(digest,
		             (struct assay_bytes){ (const uint8_t *)rows[i].msg,
		                                   strlen(rows[i].msg) });
		ok(assay_p256_sign(sig, &pair, digest) &&
		           from_hex(want, 64, rows[i].sig) &&
		           memcmp(sig, want, 64) == 0,
		   "\"%s\" gives the RFC's signature", rows[i].msg);
		ok(assay_p256_verify(engine, pair.key, digest, sig),
		   "\"%s\" verifies", rows[i].msg);
	}
	memset(sig, 1, sizeof(sig));
	ok(!assay_p256_sign(sig, &zero, digest) && memcmp(sig, none, 64) == 0,
	   "a secret of zero signs nothing and leaves zeros");
	assay_p256_free(engine);
	return done();
}
