/* t_hpke.c - HPKE: the RFC's vectors, other known answers, and what is refused
 * [RFC 9180]. */
#include "seal/hpke.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "tap.h"

static const struct assay_bytes none = { NULL, 0 };

static struct assay_bytes text(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static bool equals_hex(const uint8_t *p, size_t n, const char *hex)
{
	uint8_t want[256];

	return strlen(hex) == 2 * n && n <= sizeof(want) &&
	       assay_hex_parse(want, n, text(hex)) && memcmp(p, want, n) == 0;
}

/* ---- the RFC's vectors: objects whose members are strings */

enum { FIELD_MAX = 512, N_FIELDS = 12 };
enum { INFO, SKE, SKR, SKS, PKR, PKS, ENC, KEY, NONCE, EXPORTER, N_SETUP };
static const char *const setup_names[N_SETUP] = {
	"info", "skEm", "skRm", "skSm",       "pkRm",
	"pkSm", "enc",  "key",  "base_nonce", "exporter_secret",
};
enum { AAD, PT, CT, CONTEXT, VALUE, N_USE };
static const char *const use_names[N_USE] = {
	"aad", "pt", "ct", "exporter_context", "exported_value",
};

struct field {
	uint8_t mem[FIELD_MAX];
	size_t len;
};

struct vector {
	struct field setup[N_SETUP];
	uint64_t mode, kem, kdf, aead;
	struct assay_bytes encryptions, exports;
};

static struct assay_bytes bytes_of(const struct field *f)
{
	return (struct assay_bytes){ f->mem, f->len };
}

static void read_hex(struct assay_json *j, struct field *f)
{
	struct assay_json_str s;

	if (!assay_json_string(j, &s))
		return;
	f->len = s.raw.len / 2;
	if (f->len > FIELD_MAX || !assay_hex_parse(f->mem, f->len, s.raw))
		assay_json_bad_type(j, 0, "not hex, or too much");
}

/* A number in a string, as the file has them. */
static void read_number(struct assay_json *j, uint64_t *out)
{
	char digits[24];

	if (assay_json_text(j, digits, sizeof(digits)))
		*out = strtoull(digits, NULL, 10);
}

static void read_fields(struct assay_json *j, struct assay_json_str name,
                        struct field *fields, const char *const *names,
                        size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (assay_json_is(name, names[i]))
			read_hex(j, &fields[i]);
}

static void read_vector(struct assay_json *j, struct vector *v)
{
	struct assay_json_str name;

	memset(v, 0, sizeof(*v));
	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		read_fields(j, name, v->setup, setup_names, N_SETUP);
		if (assay_json_is(name, "mode"))
			read_number(j, &v->mode);
		else if (assay_json_is(name, "kem_id"))
			read_number(j, &v->kem);
		else if (assay_json_is(name, "kdf_id"))
			read_number(j, &v->kdf);
		else if (assay_json_is(name, "aead_id"))
			read_number(j, &v->aead);
		else if (assay_json_is(name, "encryptions"))
			assay_json_skip(j, &v->encryptions);
		else if (assay_json_is(name, "exports"))
			assay_json_skip(j, &v->exports);
	}
}

static struct assay_x25519 *pair_of(const struct field *secret)
{
	struct assay_x25519 *pair = assay_x25519_new(secret->mem, NULL);

	if (!pair)
		abort();
	return pair;
}

static bool same_schedule(const struct assay_hpke *h, const struct vector *v)
{
	const struct field *f = v->setup;

	return f[KEY].len == assay_aead_key_len(h->aead) &&
	       memcmp(h->key, f[KEY].mem, f[KEY].len) == 0 &&
	       memcmp(h->base_nonce, f[NONCE].mem, 12) == 0 &&
	       memcmp(h->exporter, f[EXPORTER].mem, 32) == 0;
}

static bool begin(struct assay_hpke *sender, struct assay_hpke *receiver,
                  const struct vector *v, struct assay_x25519 *ephemeral,
                  struct assay_x25519 *own, struct assay_x25519 *from)
{
	const struct field *f = v->setup;
	const bool auth = v->mode == 2;

	return memcmp(assay_x25519_key(ephemeral), f[ENC].mem, 32) == 0 &&
	       memcmp(assay_x25519_key(own), f[PKR].mem, 32) == 0 &&
	       assay_hpke_send_with(sender, ephemeral, (enum assay_aead)v->aead,
	                            f[PKR].mem, auth ? from : NULL,
	                            bytes_of(&f[INFO]), NULL) &&
	       assay_hpke_receive(receiver, (enum assay_aead)v->aead, own,
	                          auth ? f[PKS].mem : NULL, f[ENC].mem,
	                          bytes_of(&f[INFO]), NULL);
}

/* Both sides come to the vector's keys. */
static bool set_up(struct assay_hpke *sender, struct assay_hpke *receiver,
                   const struct vector *v)
{
	struct assay_x25519 *ephemeral = pair_of(&v->setup[SKE]);
	struct assay_x25519 *own = pair_of(&v->setup[SKR]);
	struct assay_x25519 *from = pair_of(&v->setup[SKS]);
	bool begun = begin(sender, receiver, v, ephemeral, own, from);

	assay_x25519_free(ephemeral);
	assay_x25519_free(own);
	assay_x25519_free(from);
	return begun && same_schedule(sender, v) && same_schedule(receiver, v);
}

/* One of a vector's encryptions or exports. */
typedef bool use_holds(const struct field *f, uint64_t number,
                       struct assay_hpke *sender, struct assay_hpke *receiver);

static bool encryption_holds(const struct field *f, uint64_t number,
                             struct assay_hpke *sender,
                             struct assay_hpke *receiver)
{
	uint8_t out[FIELD_MAX + 16], back[FIELD_MAX];
	struct assay_bytes sealed = { out, f[PT].len + 16 };

	sender->seq = receiver->seq = number;
	return assay_hpke_seal(out, sender, bytes_of(&f[AAD]), bytes_of(&f[PT]),
	                       NULL) &&
	       f[CT].len == sealed.len &&
	       memcmp(out, f[CT].mem, sealed.len) == 0 &&
	       assay_hpke_open(back, receiver, bytes_of(&f[AAD]), sealed,
	                       NULL) &&
	       memcmp(back, f[PT].mem, f[PT].len) == 0 &&
	       sender->seq == number + 1 && receiver->seq == number + 1;
}

static bool export_holds(const struct field *f, uint64_t len,
                         struct assay_hpke *sender, struct assay_hpke *receiver)
{
	uint8_t one[FIELD_MAX], other[FIELD_MAX];

	if (len != f[VALUE].len)
		return false;
	assay_hpke_export(one, len, sender, bytes_of(&f[CONTEXT]));
	assay_hpke_export(other, len, receiver, bytes_of(&f[CONTEXT]));
	return memcmp(one, f[VALUE].mem, len) == 0 &&
	       memcmp(other, one, len) == 0;
}

/* How many hold; or 0 if one does not. */
static unsigned uses_hold(struct assay_bytes list, use_holds *holds,
                          const char *number_name, struct assay_hpke *sender,
                          struct assay_hpke *receiver)
{
	static struct field f[N_USE];
	static struct assay_json j;
	struct assay_json_str name;
	struct assay_err err;
	uint64_t number;
	unsigned n = 0;

	assay_json_open(&j, list, ASSAY_DOC_NONE);
	assay_json_array(&j);
	while (assay_json_element(&j)) {
		memset(f, 0, sizeof(f));
		number = UINT64_MAX;
		assay_json_object(&j);
		while (assay_json_member(&j, &name)) {
			read_fields(&j, name, f, use_names, N_USE);
			if (assay_json_is(name, number_name))
				read_number(&j, &number);
		}
		if (!assay_json_ok(&j) || !holds(f, number, sender, receiver))
			return 0;
		n++;
	}
	return assay_json_close(&j, &err) ? n : 0;
}

static void test_vector(const struct vector *v)
{
	struct assay_hpke sender, receiver;
	unsigned sealed = 0, exported = 0;
	bool same = set_up(&sender, &receiver, v);

	if (same) {
		sealed = uses_hold(v->encryptions, encryption_holds,
		                   "sequence_number", &sender, &receiver);
		exported = uses_hold(v->exports, export_holds, "L", &sender,
		                     &receiver);
	}
	ok(same && sealed > 0 && exported > 0,
	   "mode %u, AEAD %u: keys, %u messages, %u exports", (unsigned)v->mode,
	   (unsigned)v->aead, sealed, exported);
}

/* The suites and modes that there are. */
static bool is_ours(const struct vector *v)
{
	return v->kem == ASSAY_HPKE_KEM && v->kdf == ASSAY_HPKE_KDF &&
	       v->aead > ASSAY_AEAD_NONE && v->aead < ASSAY_N_AEADS &&
	       (v->mode == 0 || v->mode == 2);
}

static void test_vectors(void)
{
	static struct assay_json j;
	static struct vector v;
	const char *dir = vectors();
	char path[4400];
	struct assay_err err;
	size_t len = 0, n = 0;

	if (!dir) {
		skip("no vectors", "RFC 9180's vectors");
		return;
	}
	snprintf(path, sizeof(path), "%s/primitives/hpke-rfc9180.json", dir);
	unsigned char *file = slurp(path, &len);

	assay_json_open(&j, (struct assay_bytes){ file, len }, ASSAY_DOC_NONE);
	assay_json_array(&j);
	while (assay_json_element(&j)) {
		read_vector(&j, &v);
		if (!assay_json_ok(&j) || !is_ours(&v))
			continue;
		test_vector(&v);
		n++;
	}
	ok(assay_json_close(&j, &err) && n == 4, "RFC 9180: %zu vectors", n);
	free(file);
}

/* ---- answers for AES-256-GCM, which the RFC has none for: computed once, in
 * another language, by a program that comes to the RFC's vectors too */

struct known {
	const char *name;
	bool auth;
	const char *first, *second, *exported;
};

static const struct known known[] = {
	{ "base", false, "cf38a407b2c3136eb2a81a9417e2223dc06406b093b3",
	  "94d4258188fb9c8b213938527ebd9cc4",
	  "5d65ae084ecf7a92e9ad93a378c60c03dd7b693028fe96d7cae3c872d2e74d5d" },
	{ "auth", true, "f8840ec88a08c974bfc989757ae28419fc842a1873cb",
	  "479d3b71d52c6a062bdb40fb690ffee3",
	  "b32273677890cc3a1faff02dab62677d9057de3e487be920502a7c38b1ecd6ab" },
};

/* Secrets that count up: from 1, from 33, from 65. */
static struct assay_x25519 *pair_from(unsigned first)
{
	uint8_t secret[32];
	struct assay_x25519 *pair;

	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(first + i);
	pair = assay_x25519_new(secret, NULL);
	if (!pair)
		abort();
	return pair;
}

static struct assay_x25519 *ephemeral, *own, *other;
static const uint8_t *ephemeral_key, *own_key, *other_key;

static void test_known(const struct known *k)
{
	struct assay_hpke h;
	uint8_t first[22], second[16], exported[32];

	ok(assay_hpke_send_with(&h, ephemeral, ASSAY_AES_256_GCM, own_key,
	                        k->auth ? other : NULL, text("assay"), NULL) &&
	           assay_hpke_seal(first, &h, text("aad"), text("secret"),
	                           NULL) &&
	           assay_hpke_seal(second, &h, none, none, NULL) &&
	           equals_hex(first, sizeof(first), k->first) &&
	           equals_hex(second, sizeof(second), k->second),
	   "AES-256-GCM, mode %s: two messages", k->name);
	assay_hpke_export(exported, sizeof(exported), &h, text("x"));
	ok(equals_hex(exported, sizeof(exported), k->exported),
	   "AES-256-GCM, mode %s: an export", k->name);
}

/* ---- what is refused */

static bool fails_with(bool done, const struct assay_err *err,
                       enum assay_check check)
{
	return !done && err->check == check;
}

/* The points of small order, and two that are the same beyond the modulus
 * [RFC 7748 6.1]. */
static const char *const low[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000080",
};

static void test_low(const char *hex)
{
	struct assay_hpke h;
	struct assay_err err = { 0 };
	uint8_t point[32], enc[32], out[32];

	if (!assay_hex_parse(point, 32, text(hex)))
		abort();
	memset(out, 1, sizeof(out));
	ok(!assay_x25519_with(out, own, point) && is_zero(out, 32),
	   "%.8s...: no secret with it", hex);
	memset(&h, 1, sizeof(h));
	memset(enc, 1, sizeof(enc));
	ok(fails_with(assay_hpke_send(&h, enc, ASSAY_AES_256_GCM, point, NULL,
	                              none, &err),
	              &err, ASSAY_H_POINT) &&
	           is_zero(&h, sizeof(h)) && is_zero(enc, 32),
	   "%.8s...: nothing is sealed to it", hex);
	err.check = ASSAY_OK;
	ok(fails_with(assay_hpke_receive(&h, ASSAY_AES_256_GCM, own, NULL,
	                                 point, none, &err),
	              &err, ASSAY_H_POINT) &&
	           is_zero(&h, sizeof(h)),
	   "%.8s...: nothing is opened from it", hex);
	err.check = ASSAY_OK;
	ok(fails_with(assay_hpke_receive(&h, ASSAY_AES_256_GCM, own, point,
	                                 ephemeral_key, none, &err),
	              &err, ASSAY_H_POINT) &&
	           is_zero(&h, sizeof(h)),
	   "%.8s...: it authenticates nobody", hex);
}

static void begin_both(struct assay_hpke *sender, struct assay_hpke *receiver,
                       enum assay_aead aead)
{
	if (!assay_hpke_send_with(sender, ephemeral, aead, own_key, other,
	                          text("info"), NULL) ||
	    !assay_hpke_receive(receiver, aead, own, other_key, ephemeral_key,
	                        text("info"), NULL))
		abort();
}

/* Whether this opens, or is refused in another way than it should be: with
 * H_OPEN, zeros in its place, and no number used up. */
static bool opens(const struct assay_hpke *receiver, const char *aad,
                  struct assay_bytes sealed)
{
	struct assay_hpke h = *receiver;
	struct assay_err err = { 0 };
	uint8_t out[64];
	size_t len = sealed.len > 16 ? sealed.len - 16 : 0;

	memset(out, 1, sizeof(out));
	if (assay_hpke_open(out, &h, text(aad), sealed, &err))
		return true;
	return err.check != ASSAY_H_OPEN || !is_zero(out, len) ||
	       h.seq != receiver->seq;
}

static void test_altered(enum assay_aead aead)
{
	struct assay_hpke sender, receiver, wrong;
	const char *said = "a word";
	uint8_t out[22];
	struct assay_bytes sealed = { out, sizeof(out) };
	size_t good = 0;

	begin_both(&sender, &receiver, aead);
	if (!assay_hpke_seal(out, &sender, text("aad"), text(said), NULL))
		abort();
	ok(opens(&receiver, "aad", sealed), "AEAD %u: it opens", aead);
	for (size_t i = 0; i < sizeof(out); i++) {
		out[i] ^= 0x40;
		good += opens(&receiver, "aad", sealed);
		out[i] ^= 0x40;
		good += opens(&receiver, "aad", (struct assay_bytes){ out, i });
	}
	good += opens(&receiver, "aae", sealed);
	wrong = receiver;
	wrong.key[0] ^= 1;
	good += opens(&wrong, "aad", sealed);
	ok(good == 0, "AEAD %u: nothing that was changed opens", aead);
}

/* Another sender, another info, another mode, another order. */
static void test_bound(void)
{
	struct assay_hpke sender, receiver, h;
	uint8_t one[22], two[22];
	struct assay_bytes first = { one, 22 }, second = { two, 22 };

	begin_both(&sender, &receiver, ASSAY_AES_256_GCM);
	if (!assay_hpke_seal(one, &sender, none, text("a word"), NULL) ||
	    !assay_hpke_seal(two, &sender, none, text("a word"), NULL))
		abort();
	ok(memcmp(one, two, 22) != 0, "the same word is sealed to other bytes");
	ok(!opens(&receiver, "", second), "the second does not open first");
	ok(assay_hpke_receive(&h, ASSAY_AES_256_GCM, own, NULL, ephemeral_key,
	                      text("info"), NULL) &&
	           !opens(&h, "", first),
	   "not in mode base");
	ok(assay_hpke_receive(&h, ASSAY_AES_256_GCM, own, own_key,
	                      ephemeral_key, text("info"), NULL) &&
	           !opens(&h, "", first),
	   "not as another sender's");
	ok(assay_hpke_receive(&h, ASSAY_AES_256_GCM, own, other_key,
	                      ephemeral_key, text("infO"), NULL) &&
	           !opens(&h, "", first),
	   "not with another info");
	ok(assay_hpke_receive(&h, ASSAY_CHACHA20_POLY1305, own, other_key,
	                      ephemeral_key, text("info"), NULL) &&
	           !opens(&h, "", first),
	   "not with another cipher");
}

static void test_sequence(void)
{
	struct assay_hpke sender, receiver;
	struct assay_err err = { 0 };
	uint8_t out[22], back[6];

	begin_both(&sender, &receiver, ASSAY_AES_128_GCM);
	sender.seq = receiver.seq = UINT64_MAX - 1;
	ok(assay_hpke_seal(out, &sender, none, text("a word"), &err) &&
	           assay_hpke_open(back, &receiver, none,
	                           (struct assay_bytes){ out, 22 }, &err) &&
	           memcmp(back, "a word", 6) == 0,
	   "the last number but one is used");
	ok(fails_with(assay_hpke_seal(out, &sender, none, text("a word"), &err),
	              &err, ASSAY_H_SEQUENCE) &&
	           is_zero(out, sizeof(out)),
	   "the last one seals nothing");
	err.check = ASSAY_OK;
	ok(fails_with(assay_hpke_open(back, &receiver, none,
	                              (struct assay_bytes){ out, 22 }, &err),
	              &err, ASSAY_H_SEQUENCE) &&
	           is_zero(back, sizeof(back)),
	   "and opens nothing");
}

static void test_in_place(void)
{
	struct assay_hpke sender, receiver;
	uint8_t mem[22] = "a word";

	begin_both(&sender, &receiver, ASSAY_CHACHA20_POLY1305);
	ok(assay_hpke_seal(mem, &sender, none, (struct assay_bytes){ mem, 6 },
	                   NULL) &&
	           memcmp(mem, "a word", 6) != 0 &&
	           assay_hpke_open(mem, &receiver, none,
	                           (struct assay_bytes){ mem, 22 }, NULL) &&
	           memcmp(mem, "a word", 6) == 0,
	   "sealed and opened where it is");
}

/* ---- libcrypto's memory, which can be made to fail */

static bool short_of_memory;

static void *take(size_t len, const char *file, int line)
{
	(void)file, (void)line;
	return short_of_memory ? NULL : malloc(len);
}

static void *resize(void *p, size_t len, const char *file, int line)
{
	(void)file, (void)line;
	return short_of_memory ? NULL : realloc(p, len);
}

static void drop(void *p, const char *file, int line)
{
	(void)file, (void)line;
	free(p);
}

static void test_memory(void)
{
	struct assay_hpke sender, receiver;
	struct assay_err err = { 0 }, second = { 0 };
	uint8_t out[22], enc[32];

	begin_both(&sender, &receiver, ASSAY_AES_256_GCM);
	memset(out, 1, sizeof(out));
	short_of_memory = true;
	bool sealed = assay_hpke_seal(out, &sender, none, text("a word"), &err);
	struct assay_x25519 *pair = assay_x25519_new(NULL, NULL);
	bool met = assay_x25519(enc, other_key, own_key);
	bool sent = assay_hpke_send(&receiver, enc, ASSAY_AES_256_GCM, own_key,
	                            NULL, none, &second);

	short_of_memory = false;
	ok(fails_with(sealed, &err, ASSAY_H_MADE) && is_zero(out, 22) &&
	           sender.seq == 0,
	   "no memory: nothing is sealed, no number is used up");
	ok(!pair && !met, "no memory: no pair, no exchange");
	ok(fails_with(sent, &second, ASSAY_H_MADE) &&
	           is_zero(&receiver, sizeof(receiver)) && is_zero(enc, 32),
	   "no memory: nothing begins");
	ok(assay_hpke_seal(out, &sender, none, text("a word"), NULL),
	   "when there is, it does");
}

int main(void)
{
	bool can_fail = CRYPTO_set_mem_functions(take, resize, drop) == 1;

	ephemeral = pair_from(1);
	ephemeral_key = assay_x25519_key(ephemeral);
	own = pair_from(33);
	own_key = assay_x25519_key(own);
	other = pair_from(65);
	other_key = assay_x25519_key(other);
	test_vectors();
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		test_known(&known[i]);
	for (size_t i = 0; i < sizeof(low) / sizeof(*low); i++)
		test_low(low[i]);
	for (unsigned a = ASSAY_AES_128_GCM; a < ASSAY_N_AEADS; a++)
		test_altered(a);
	test_bound();
	test_sequence();
	test_in_place();
	if (can_fail)
		test_memory();
	else
		skip("memory that fails", "memory runs out");
	assay_x25519_free(ephemeral);
	assay_x25519_free(own);
	assay_x25519_free(other);
	return done();
}
