/* p256-evp.c - P-256 through EVP alone: for a libcrypto that no longer has the
 * calls of p256.c. */

/*
 * Slower: a new EVP_PKEY for every point costs half a verification more [PERF],
 * a "table" is no more than the key's EVP_PKEY kept ready, and nothing is
 * shared between the signatures of a batch.  And EVP takes the implementation
 * that the process's providers offer, so that a configuration of libcrypto can
 * replace it, unless the program began with assay_crypto_start.
 */
#include "crypto/crypto.h"
#include "crypto/evp.h"
#include "crypto/own.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_LEN = 64, NUMBER_LEN = 32, DIGEST_LEN = 32 };

struct ready {
	uint8_t key[KEY_LEN];
	EVP_PKEY *pkey;
};

struct assay_p256_tables {
	size_t n, max;
	struct ready *list;
};

struct assay_p256 {
	const struct assay_p256_tables *tables;
};

static EVP_PKEY *key_new(const uint8_t key[KEY_LEN])
{
	return assay_ec_key_new("P-256", key, NUMBER_LEN);
}

struct assay_p256_tables *assay_p256_tables_new(size_t max)
{
	struct assay_p256_tables *tables = calloc(1, sizeof(*tables));

	if (!tables)
		return NULL;
	tables->max = max;
	tables->list = calloc(max ? max : 1, sizeof(*tables->list));
	if (!tables->list) {
		free(tables);
		return NULL;
	}
	return tables;
}

void assay_p256_tables_free(struct assay_p256_tables *tables)
{
	if (!tables)
		return;
	for (size_t i = 0; i < tables->n; i++)
		EVP_PKEY_free(tables->list[i].pkey);
	free(tables->list);
	free(tables);
}

static EVP_PKEY *find(const struct assay_p256_tables *tables,
                      const uint8_t key[KEY_LEN])
{
	for (size_t i = 0; tables && i < tables->n; i++)
		if (memcmp(tables->list[i].key, key, KEY_LEN) == 0)
			return tables->list[i].pkey;
	return NULL;
}

bool assay_p256_tables_add(struct assay_p256_tables *tables,
                           const uint8_t key[64])
{
	struct ready *t = &tables->list[tables->n];

	if (find(tables, key))
		return true;
	if (tables->n == tables->max)
		return false;
	ERR_set_mark();
	t->pkey = key_new(key);
	ERR_pop_to_mark();
	if (!t->pkey)
		return false;
	memcpy(t->key, key, KEY_LEN);
	tables->n++;
	return true;
}

struct assay_p256 *assay_p256_new(const struct assay_p256_tables *tables)
{
	struct assay_p256 *engine = calloc(1, sizeof(*engine));

	if (engine)
		engine->tables = tables;
	return engine;
}

void assay_p256_free(struct assay_p256 *engine)
{
	free(engine);
}

bool assay_p256_on_curve(struct assay_p256 *engine, const uint8_t key[64])
{
	ERR_set_mark();
	OWN(EVP_PKEY) *pkey = key_new(key);

	ERR_pop_to_mark();
	return engine && pkey;
}

static bool verify(EVP_PKEY *pkey, const uint8_t digest[DIGEST_LEN],
                   const uint8_t sig[2 * NUMBER_LEN])
{
	OWN(EVP_PKEY_CTX) *ctx =
		pkey ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
	uint8_t der[ASSAY_SIG_DER_MAX];
	size_t len = assay_ec_sig_to_der(der, sig, NUMBER_LEN);

	return ctx && EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_verify(ctx, der, len, digest, DIGEST_LEN) == 1;
}

bool assay_p256_verify(struct assay_p256 *engine, const uint8_t key[64],
                       const uint8_t digest[32], const uint8_t sig[64])
{
	EVP_PKEY *ready = engine ? find(engine->tables, key) : NULL;

	ERR_set_mark();
	OWN(EVP_PKEY) *made = ready ? NULL : key_new(key);
	bool yes = engine && verify(ready ? ready : made, digest, sig);

	ERR_pop_to_mark();
	return yes;
}

void assay_p256_verify_many(struct assay_p256 *engine,
                            struct assay_p256_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		items[i].ok = assay_p256_verify(engine, items[i].key,
		                                items[i].digest, items[i].sig);
}
