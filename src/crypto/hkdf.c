/* hkdf.c - HMAC and HKDF with SHA-256 [RFC 2104, 5869]. */

/* The low-level calls, for the reasons that hash.c gives; none of them can
 * fail.  libcrypto's own HKDF joins no parts, and takes several times as long. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hkdf.h"

#include "crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

enum { BLOCK = SHA256_CBLOCK, HASH = SHA256_DIGEST_LENGTH };

/* A MAC on its way, and the hash that ends it [RFC 2104 2]. */
struct hmac {
	SHA256_CTX inner, outer;
};

static void start(SHA256_CTX *c, const uint8_t key[BLOCK], uint8_t pad)
{
	uint8_t block[BLOCK];

	for (size_t i = 0; i < BLOCK; i++)
		block[i] = key[i] ^ pad;
	SHA256_Init(c);
	SHA256_Update(c, block, BLOCK);
	assay_wipe(block, BLOCK);
}

static void begin(struct hmac *h, struct assay_bytes key)
{
	uint8_t block[BLOCK] = { 0 };

	if (key.len > BLOCK)
		assay_sha256(block, key);
	else if (key.len)
		memcpy(block, key.ptr, key.len);
	start(&h->inner, block, 0x36);
	start(&h->outer, block, 0x5c);
	assay_wipe(block, BLOCK);
}

static void more(struct hmac *h, const struct assay_bytes *part, size_t n)
{
	for (size_t i = 0; i < n; i++)
		SHA256_Update(&h->inner, part[i].ptr, part[i].len);
}

static void end(uint8_t mac[HASH], struct hmac *h)
{
	SHA256_Final(mac, &h->inner);
	SHA256_Update(&h->outer, mac, HASH);
	SHA256_Final(mac, &h->outer);
	assay_wipe(h, sizeof(*h));
}

void assay_hmac(uint8_t mac[ASSAY_HMAC_LEN], struct assay_bytes key,
                const struct assay_bytes *part, size_t n)
{
	struct hmac h;

	begin(&h, key);
	more(&h, part, n);
	end(mac, &h);
}

bool assay_hmac_begins(const uint8_t *mac, size_t len, struct assay_bytes key,
                       const struct assay_bytes *part, size_t n)
{
	uint8_t want[ASSAY_HMAC_LEN];
	bool same;

	assay_hmac(want, key, part, n);
	same = len <= sizeof(want) && CRYPTO_memcmp(mac, want, len) == 0;
	assay_wipe(want, sizeof(want));
	return same;
}

void assay_hkdf_extract(uint8_t prk[ASSAY_PRK_LEN], struct assay_bytes salt,
                        const struct assay_bytes *ikm, size_t n)
{
	assay_hmac(prk, salt, ikm, n);
}

/* T(i) = HMAC(PRK, T(i-1) || info || i), and T(0) is empty */
void assay_hkdf_expand(uint8_t *out, size_t len,
                       const uint8_t prk[ASSAY_PRK_LEN],
                       const struct assay_bytes *info, size_t n)
{
	struct assay_bytes last = { NULL, 0 };
	uint8_t t[HASH], i = 0;
	struct hmac keyed, h;

	begin(&keyed, (struct assay_bytes){ prk, ASSAY_PRK_LEN });
	for (size_t left = len; left > 0; last.ptr = t, last.len = HASH) {
		size_t take = left < HASH ? left : HASH;

		i++;
		h = keyed;
		more(&h, &last, 1);
		more(&h, info, n);
		more(&h, &(struct assay_bytes){ &i, 1 }, 1);
		end(t, &h);
		memcpy(out + len - left, t, take);
		left -= take;
	}
	assay_wipe(t, sizeof(t));
	assay_wipe(&keyed, sizeof(keyed));
}

bool assay_hkdf_sha256(uint8_t *out, size_t len, struct assay_bytes ikm,
                       struct assay_bytes salt, struct assay_bytes info)
{
	uint8_t prk[ASSAY_PRK_LEN];

	if (len > ASSAY_HKDF_MAX) {
		memset(out, 0, len);
		return false;
	}
	assay_hkdf_extract(prk, salt, &ikm, 1);
	assay_hkdf_expand(out, len, prk, &info, 1);
	assay_wipe(prk, sizeof(prk));
	return true;
}
