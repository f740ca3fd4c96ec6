/* keys.c - a manufacturer's keys, each in a file of its owner's alone. */
#include "maker/parts.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "os/folder.h"

enum { KEY_FILE_MAX = 8192 };
_Static_assert(KEY_FILE_MAX >= ASSAY_KEY_PEM_MAX, "every key fits");

#define ENCLAVES "enclaves.key"
#define PPID "ppid.key"
#define SEAL "ledger.key"

/* The P-256 keys. */
static const char *const names[] = { "root.key", "processor-ca.key",
	                             "platform-ca.key", "tcb-signing.key" };
enum { N_PAIRS = sizeof(names) / sizeof(names[0]) };

static struct assay_p256_pair *pair_at(struct sim_maker_keys *k, size_t i)
{
	struct assay_p256_pair *const pairs[N_PAIRS] = {
		&k->root, &k->ca[SIM_CA_PROCESSOR], &k->ca[SIM_CA_PLATFORM],
		&k->signer
	};

	return pairs[i];
}

/* ECPrivateKey with its curve and public key [RFC 5915 3]: what stands before
 * the secret, and between it and the key. */
static const uint8_t before[] = { 0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20 };
static const uint8_t between[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86,
	                           0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
	                           0xa1, 0x44, 0x03, 0x42, 0x00, 0x04 };
enum {
	SECRET_AT = sizeof(before),
	BETWEEN_AT = SECRET_AT + 32,
	KEY_AT = BETWEEN_AT + sizeof(between),
	DER_LEN = KEY_AT + 64,
};
#define LABEL "EC PRIVATE KEY"

static void wipe(struct buf *o)
{
	if (o->ptr)
		assay_wipe(o->ptr, o->cap);
	buf_free(o);
}

/* ---- writing */

static bool put(int dir, const char *name, struct buf *text,
                struct sim_why *why)
{
	bool done = !text->bad &&
	            file_put(dir, name, buf_bytes(text), 0600, true);

	if (text->bad)
		errno = ENOMEM;
	wipe(text);
	return done || sim_because(why, "keys/%s: %s", name, strerror(errno));
}

static bool put_pair(int dir, const char *name, struct sim_why *why)
{
	struct assay_p256_pair pair;
	struct buf text = { 0 };
	uint8_t der[DER_LEN];

	if (!assay_p256_make(&pair, NULL))
		return sim_because(why, "a key cannot be made");
	memcpy(der, before, sizeof(before));
	memcpy(der + SECRET_AT, pair.secret, 32);
	memcpy(der + BETWEEN_AT, between, sizeof(between));
	memcpy(der + KEY_AT, pair.key, 64);
	sim_pem(&text, LABEL, (struct assay_bytes){ der, sizeof(der) });
	assay_wipe(&pair, sizeof(pair));
	assay_wipe(der, sizeof(der));
	return put(dir, name, &text, why);
}

static bool put_enclaves(int dir, struct sim_why *why)
{
	struct assay_rsa3 *key = assay_rsa3_new();
	uint8_t pem[ASSAY_KEY_PEM_MAX];
	struct buf text = { 0 };
	size_t len;

	if (key && assay_rsa3_write(pem, &len, key))
		buf_put(&text, pem, len);
	else
		text.bad = true;
	assay_rsa3_free(key);
	assay_wipe(pem, sizeof(pem));
	return put(dir, ENCLAVES, &text, why);
}

static bool put_ppid(int dir, struct sim_why *why)
{
	struct assay_rsa_key *key = assay_rsa_key_new();
	uint8_t pem[ASSAY_KEY_PEM_MAX];
	struct buf text = { 0 };
	size_t len;

	if (key && assay_rsa_key_write(pem, &len, key))
		buf_put(&text, pem, len);
	else
		text.bad = true;
	assay_rsa_key_free(key);
	assay_wipe(pem, sizeof(pem));
	return put(dir, PPID, &text, why);
}

static bool put_seal(int dir, struct sim_why *why)
{
	uint8_t key[SIM_MAKER_SEAL_KEY_LEN];
	char digits[2 * sizeof(key) + 1];
	struct buf text = { 0 };

	if (!assay_random(key, sizeof(key)))
		return sim_because(why, "there are no random numbers");
	assay_hex_print(digits, key, sizeof(key), false);
	buf_printf(&text, "%s\n", digits);
	assay_wipe(key, sizeof(key));
	assay_wipe(digits, sizeof(digits));
	return put(dir, SEAL, &text, why);
}

bool sim_maker_keys_make(int dir, struct sim_why *why)
{
	for (size_t i = 0; i < N_PAIRS; i++)
		if (!put_pair(dir, names[i], why))
			return false;
	return put_enclaves(dir, why) && put_ppid(dir, why) &&
	       put_seal(dir, why);
}

/* ---- reading */

static bool get(struct buf *text, int dir, const char *name,
                struct sim_why *why)
{
	if (file_get(text, dir, name, KEY_FILE_MAX, true))
		return true;
	return sim_because(why, "keys/%s: %s%s", name, strerror(errno),
	                   errno == EACCES ? ": a key file must be readable "
	                                     "by its owner alone"
	                                   : "");
}

static bool parse(struct assay_p256_pair *pair, struct assay_bytes text)
{
	uint8_t der[3 * KEY_FILE_MAX / 4 + 3];
	struct assay_bytes body;
	size_t pos = 0, len = 0;
	bool good = assay_pem_next(&body, text, &pos, LABEL) &&
	            assay_base64_parse(der, &len, body, true) &&
	            len == DER_LEN &&
	            memcmp(der, before, sizeof(before)) == 0 &&
	            memcmp(der + BETWEEN_AT, between, sizeof(between)) == 0;

	if (good) {
		memcpy(pair->secret, der + SECRET_AT, 32);
		memcpy(pair->key, der + KEY_AT, 64);
	}
	assay_wipe(der, len);
	return good;
}

/* Whether the secret is that of the key: what one signs, the other verifies. */
static bool belong_together(const struct assay_p256_pair *pair)
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	const uint8_t digest[ASSAY_SHA256_LEN] = { 1 };
	uint8_t sig[64];
	bool yes = engine && assay_p256_sign(sig, pair, digest) &&
	           assay_p256_verify(engine, pair->key, digest, sig);

	assay_p256_free(engine);
	return yes;
}

static bool get_pair(struct assay_p256_pair *pair, int dir, const char *name,
                     struct sim_why *why)
{
	struct buf text = { 0 };
	bool good = get(&text, dir, name, why) &&
	            ((parse(pair, buf_bytes(&text)) && belong_together(pair)) ||
	             sim_because(why, "keys/%s: it is no P-256 key", name));

	wipe(&text);
	return good;
}

static bool get_enclaves(struct sim_maker_keys *k, int dir, struct sim_why *why)
{
	struct buf text = { 0 };
	const char *what = NULL;
	bool good = get(&text, dir, ENCLAVES, why);

	if (good)
		k->enclaves = assay_rsa3_read(buf_bytes(&text), &what);
	if (good && !k->enclaves)
		good = sim_because(why, "keys/" ENCLAVES ": %s", what);
	wipe(&text);
	return good;
}

static bool get_ppid(struct sim_maker_keys *k, int dir, struct sim_why *why)
{
	struct buf text = { 0 };
	bool good = get(&text, dir, PPID, why);

	if (good)
		k->ppid = assay_rsa_key_read(buf_bytes(&text));
	if (good && !k->ppid)
		good = sim_because(why, "keys/" PPID
		                        ": it is no RSA key of 3072 bits");
	wipe(&text);
	return good;
}

static bool get_seal(struct sim_maker_keys *k, int dir, struct sim_why *why)
{
	struct buf text = { 0 };
	bool good = get(&text, dir, SEAL, why);

	if (good && text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	if (good &&
	    !assay_hex_parse(k->seal, sizeof(k->seal), buf_bytes(&text)))
		good = sim_because(why, "keys/" SEAL ": want %u hex digits",
		                   2 * SIM_MAKER_SEAL_KEY_LEN);
	wipe(&text);
	return good;
}

bool sim_maker_keys_read(struct sim_maker_keys *k, int dir, struct sim_why *why)
{
	memset(k, 0, sizeof(*k));
	for (size_t i = 0; i < N_PAIRS; i++)
		if (!get_pair(pair_at(k, i), dir, names[i], why))
			return false;
	return get_enclaves(k, dir, why) && get_ppid(k, dir, why) &&
	       get_seal(k, dir, why);
}

void sim_maker_keys_free(struct sim_maker_keys *k)
{
	assay_rsa3_free(k->enclaves);
	assay_rsa_key_free(k->ppid);
	assay_wipe(k, sizeof(*k));
}
