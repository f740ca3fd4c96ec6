/* t_ohttp.c - key configurations, sealed requests and answers: the RFC's
 * example, and everything that is refused [RFC 9458]. */
#include "seal/ohttp.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "tap.h"

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

enum { MEM = 256 };
struct mem {
	uint8_t ptr[MEM];
	size_t len;
};

static struct mem hex(const char *digits)
{
	struct mem m = { .len = strlen(digits) / 2 };

	if (m.len > MEM || !assay_hex_parse(m.ptr, m.len, text(digits)))
		abort();
	return m;
}

static bool same(struct assay_bytes a, const struct mem *b)
{
	return a.len == b->len && memcmp(a.ptr, b->ptr, a.len) == 0;
}

static bool fails_with(bool done, const struct assay_err *err,
                       enum assay_check check)
{
	return !done && err->check == check;
}

/* ---- known exchanges: that of RFC 9458, appendix A; and one with AES-256-GCM,
 * computed once in another language */

struct example {
	const char *name;
	const char *config, *secret, *ephemeral;
	const char *request, *sealed_request;
	const char *response, *nonce, *sealed_response;
};

static const struct example examples[] = {
	{ .name = "RFC 9458",
	  .secret = "3c168975674b2fa8e465970b79c8dcf0"
	            "9f1c741626480bd4c6162fc5b6a98e1a",
	  .config = "01002031e1f05a740102115220e9af918f738674aec95f54db6e04eb70"
	            "5aae8e79815500080001000100010003",
	  .request = "00034745540568747470730b6578616d706c652e636f6d012f",
	  .ephemeral = "bc51d5e930bda26589890ac7032f70ad"
	               "12e4ecb37abb1b65b1256c9c48999c73",
	  .sealed_request =
	          "010020000100014b28f881333e7c164ffc499ad9796f877f4e1051ee6d31"
	          "bad19dec96c208b4726374e469135906992e1268c594d2a10c695d858c40"
	          "a026e7965e7d86b83dd440b2c0185204b4d63525",
	  .response = "0140c8",
	  .nonce = "c789e7151fcba46158ca84b04464910d",
	  .sealed_response = "c789e7151fcba46158ca84b04464910d86f9013e404feea0"
	                     "14e7be4a441f234f857fbd" },
	{ .name = "AES-256-GCM",
	  .secret = "2122232425262728292a2b2c2d2e2f30"
	            "3132333435363738393a3b3c3d3e3f40",
	  .config = NULL, /* of that secret, key id 7 */
	  .request = "776861742069732073616964",
	  .ephemeral = "0102030405060708090a0b0c0d0e0f10"
	               "1112131415161718191a1b1c1d1e1f20",
	  .sealed_request =
	          "0700200001000207a37cbc142093c8b755dc1b10e86cb426374ad16aa853"
	          "ed0bdfc0b2b86d1c7cfded70bc064e8b2da09212335c10c76ac69347e427"
	          "ef16d3ec8f8c2e",
	  .response = "7768617420697320616e737765726564",
	  .nonce = "000102030405060708090a0b0c0d0e0f"
	           "101112131415161718191a1b1c1d1e1f",
	  .sealed_response = "000102030405060708090a0b0c0d0e0f10111213141516"
	                     "1718191a1b1c1d1e1f83721c00e002524d29cbb14fc973e7"
	                     "3f31348a2f93bb13962121e67901184ee2" },
};

static struct assay_x25519 *pair_of(const char *secret)
{
	struct mem m = hex(secret);
	struct assay_x25519 *pair = assay_x25519_new(m.ptr, NULL);

	if (!pair)
		abort();
	return pair;
}

static struct assay_hpke_pair bytes_of(const char *secret)
{
	struct assay_x25519 *pair = pair_of(secret);
	struct mem m = hex(secret);
	struct assay_hpke_pair bytes;

	memcpy(bytes.secret, m.ptr, 32);
	memcpy(bytes.key, assay_x25519_key(pair), 32);
	assay_x25519_free(pair);
	return bytes;
}

static struct assay_key_config config_of(const struct example *x,
                                         const uint8_t own_key[32])
{
	struct assay_key_config config = { .id = 7, .aead = ASSAY_AES_256_GCM };
	struct mem m;

	memcpy(config.key, own_key, sizeof(config.key));
	if (!x->config)
		return config;
	m = hex(x->config);
	ok(assay_key_config_read(&config, (struct assay_bytes){ m.ptr, m.len },
	                         NULL) &&
	           config.id == 1 && config.aead == ASSAY_AES_128_GCM &&
	           memcmp(config.key, own_key, sizeof(config.key)) == 0,
	   "%s: key configuration", x->name);
	return config;
}

static void test_example(const struct example *x)
{
	struct assay_hpke_pair own = bytes_of(x->secret);
	struct assay_x25519 *ephemeral = pair_of(x->ephemeral);
	struct assay_key_config config = config_of(x, own.key);
	struct mem request = hex(x->request), answer = hex(x->response);
	struct mem want = hex(x->sealed_request), nonce = hex(x->nonce);
	struct assay_reply asker, enclave;
	struct assay_bytes got;
	struct mem out;

	ok(assay_request_seal_with(
		   out.ptr, &asker, ephemeral, &config,
		   (struct assay_bytes){ request.ptr, request.len }, NULL) &&
	           same((struct assay_bytes){ out.ptr,
	                                      request.len +
	                                              ASSAY_REQUEST_MORE },
	                &want),
	   "%s: request sealed", x->name);
	ok(assay_request_open(&got, &enclave, &config, &own, want.ptr, want.len,
	                      NULL) &&
	           same(got, &request),
	   "%s: request opened", x->name);
	want = hex(x->sealed_response);
	ok(assay_response_seal_with(
		   out.ptr, &out.len, nonce.ptr, &enclave,
		   (struct assay_bytes){ answer.ptr, answer.len }, NULL) &&
	           same((struct assay_bytes){ out.ptr, out.len }, &want),
	   "%s: response sealed", x->name);
	ok(assay_response_open(&got, &asker, want.ptr, want.len, NULL) &&
	           same(got, &answer),
	   "%s: response opened", x->name);
	assay_x25519_free(ephemeral);
}

/* ---- an enclave and an asker */

static struct assay_hpke_pair own;
static struct assay_key_config config;

/* A start of the enclave: new keys. */
static void start(enum assay_aead aead)
{
	if (!assay_hpke_pair_new(&own))
		abort();
	config = (struct assay_key_config){ .id = 3, .aead = aead };
	memcpy(config.key, own.key, sizeof(config.key));
}

/* A request, sealed. */
static struct mem ask(struct assay_reply *reply, const char *said)
{
	struct mem m = { .len = strlen(said) + ASSAY_REQUEST_MORE };

	if (!assay_request_seal(m.ptr, reply, &config, text(said), NULL))
		abort();
	return m;
}

/* The check that refuses it, ASSAY_OK if none does; when nothing is opened,
 * nothing may be left. */
static enum assay_check refuses(struct mem m, const struct assay_key_config *c)
{
	struct assay_bytes got = { m.ptr, 1 };
	struct assay_reply reply;
	struct assay_err err = { 0 };

	memset(&reply, 1, sizeof(reply));
	if (assay_request_open(&got, &reply, c, &own, m.ptr, m.len, &err))
		return ASSAY_OK;
	if (got.ptr || got.len || !is_zero(&reply, sizeof(reply)))
		abort();
	return err.check;
}

static enum assay_check refuses_response(struct mem m,
                                         const struct assay_reply *reply)
{
	struct assay_bytes got = { m.ptr, 1 };
	struct assay_err err = { 0 };

	if (assay_response_open(&got, reply, m.ptr, m.len, &err))
		return ASSAY_OK;
	if (got.ptr || got.len)
		abort();
	return err.check;
}

static void test_exchange(void)
{
	struct assay_reply asker, enclave;
	struct mem m = ask(&asker, "a question"), again = ask(&asker, "");
	struct mem out, second;
	struct assay_bytes got;

	ok(refuses(again, &config) == ASSAY_OK, "an empty request");
	again = ask(&asker, "a question");
	ok(memcmp(m.ptr, again.ptr, m.len) != 0,
	   "the same question is never sealed to the same bytes");
	ok(assay_request_open(&got, &enclave, &config, &own, again.ptr,
	                      again.len, NULL) &&
	           got.len == 10 && memcmp(got.ptr, "a question", 10) == 0,
	   "it opens");
	ok(assay_response_seal(out.ptr, &out.len, &enclave, text("an answer"),
	                       NULL) &&
	           assay_response_seal(second.ptr, &second.len, &enclave,
	                               text("an answer"), NULL) &&
	           memcmp(out.ptr, second.ptr, out.len) != 0,
	   "the same answer is never sealed to the same bytes");
	ok(out.len == 9 + assay_response_head(&enclave) + ASSAY_AEAD_TAG_LEN,
	   "an answer's length");
	ok(assay_response_open(&got, &asker, out.ptr, out.len, NULL) &&
	           got.len == 9 && memcmp(got.ptr, "an answer", 9) == 0,
	   "the answer opens");
}

/* Every length that is too short, and every byte that is another. */
static void test_altered_request(void)
{
	struct assay_reply reply;
	struct mem m = ask(&reply, "a question"), bad;
	size_t right = 0;

	for (size_t i = 0; i < m.len; i++) {
		bad = m;
		bad.len = i;
		right += refuses(bad, &config) == (i < ASSAY_REQUEST_MORE
		                                           ? ASSAY_H_REQUEST
		                                           : ASSAY_H_OPEN);
	}
	ok(right == m.len, "requests that were cut: %zu of %zu", right, m.len);
	right = 0;
	for (size_t i = 0; i < 8 * m.len; i++) {
		bad = m;
		bad.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
		/* bit 255 of an X25519 key is no part of it, but it is bound
		 * all the same */
		right += refuses(bad, &config) ==
		         (i < 8 * 7 ? ASSAY_H_KEY : ASSAY_H_OPEN);
	}
	ok(right == 8 * m.len, "bits that were flipped: %zu of %zu", right,
	   8 * m.len);
	bad = m;
	bad.len++;
	ok(refuses(bad, &config) == ASSAY_H_OPEN, "a byte more");
	bad = m;
	memset(bad.ptr + 7, 0, 32);
	ok(refuses(bad, &config) == ASSAY_H_POINT, "a key of low order");
}

static void test_altered_response(void)
{
	struct assay_reply asker, enclave, foreign;
	struct mem m = ask(&asker, "a question"), out, bad;
	struct assay_bytes got;
	size_t right = 0, least;

	if (!assay_request_open(&got, &enclave, &config, &own, m.ptr, m.len,
	                        NULL) ||
	    !assay_response_seal(out.ptr, &out.len, &enclave, text("an answer"),
	                         NULL))
		abort();
	least = assay_response_head(&asker) + ASSAY_AEAD_TAG_LEN;
	for (size_t i = 0; i < out.len; i++) {
		bad = out;
		bad.len = i;
		right += refuses_response(bad, &asker) ==
		         (i < least ? ASSAY_H_RESPONSE : ASSAY_H_OPEN);
	}
	ok(right == out.len, "answers that were cut: %zu of %zu", right,
	   out.len);
	right = 0;
	for (size_t i = 0; i < 8 * out.len; i++) {
		bad = out;
		bad.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
		right += refuses_response(bad, &asker) == ASSAY_H_OPEN;
	}
	ok(right == 8 * out.len, "bits that were flipped: %zu of %zu", right,
	   8 * out.len);
	(void)ask(&foreign, "a question");
	ok(refuses_response(out, &foreign) == ASSAY_H_OPEN,
	   "the answer to another request");
	ok(refuses_response(out, &asker) == ASSAY_OK, "the asker's own opens");
}

/* What is for others. */
static void test_others(void)
{
	struct assay_key_config c = config;
	struct assay_reply reply;
	struct mem m = ask(&reply, "a question");

	c.id ^= 1;
	ok(refuses(m, &c) == ASSAY_H_KEY, "a request for another key id");
	c = config;
	c.aead = c.aead == ASSAY_AES_256_GCM ? ASSAY_AES_128_GCM
	                                     : ASSAY_AES_256_GCM;
	ok(refuses(m, &c) == ASSAY_H_KEY, "a request by another cipher");
	start(config.aead);
	ok(refuses(m, &config) == ASSAY_H_OPEN,
	   "a request for the key of an earlier run");
}

static void test_low(void)
{
	struct assay_key_config c = config;
	struct assay_reply reply;
	struct assay_err err = { 0 };
	uint8_t out[3 + ASSAY_REQUEST_MORE];

	memset(c.key, 0, sizeof(c.key));
	c.key[0] = 1;
	memset(out, 1, sizeof(out));
	memset(&reply, 1, sizeof(reply));
	ok(fails_with(assay_request_seal(out, &reply, &c, text("abc"), &err),
	              &err, ASSAY_H_POINT) &&
	           is_zero(out, sizeof(out)) && is_zero(&reply, sizeof(reply)),
	   "nothing is sealed to a key of low order");
}

/* ---- key configurations */

struct config_case {
	const char *name, *head, *tail; /* hex before and behind the key */
	enum assay_check check;
	enum assay_aead aead;
};

static const struct config_case config_cases[] = {
	{ "AES-256-GCM", "000020", "000400010002", 0, ASSAY_AES_256_GCM },
	{ "AES-128-GCM", "ff0020", "000400010001", 0, ASSAY_AES_128_GCM },
	{ "ChaCha20-Poly1305", "000020", "000400010003", 0,
	  ASSAY_CHACHA20_POLY1305 },
	{ "the first of three", "000020", "000c000100030001000200010001", 0,
	  ASSAY_CHACHA20_POLY1305 },
	{ "the first that is known", "000020", "000c000200010001ffff00010002",
	  0, ASSAY_AES_256_GCM },
	{ "export only", "000020", "00040001ffff", ASSAY_H_SUITE, 0 },
	{ "HKDF-SHA512", "000020", "000400030002", ASSAY_H_SUITE, 0 },
	{ "cipher 0", "000020", "000400010000", ASSAY_H_SUITE, 0 },
	{ "cipher 4", "000020", "000400010004", ASSAY_H_SUITE, 0 },
	{ "P-256's KEM", "000010", "000400010002", ASSAY_H_KEM, 0 },
	{ "X448's KEM", "000021", "000400010002", ASSAY_H_KEM, 0 },
	{ "KEM 0x2000", "002000", "000400010002", ASSAY_H_KEM, 0 },
	{ "no suite", "000020", "0000", ASSAY_H_CONFIG, 0 },
	{ "half a suite", "000020", "00020001", ASSAY_H_CONFIG, 0 },
	{ "a suite and a half", "000020", "0006000100020001", ASSAY_H_CONFIG,
	  0 },
	{ "more said than there is", "000020", "000800010002", ASSAY_H_CONFIG,
	  0 },
	{ "a byte more", "000020", "00040001000200", ASSAY_H_CONFIG, 0 },
	{ "a second configuration", "000020", "00040001000200002000",
	  ASSAY_H_CONFIG, 0 },
};

static void test_config(const struct config_case *t)
{
	struct mem head = hex(t->head), tail = hex(t->tail), m = head;
	struct assay_key_config c;
	struct assay_err err = { 0 };
	bool read;

	memcpy(m.ptr + 3, config.key, 32);
	memcpy(m.ptr + 35, tail.ptr, tail.len);
	m.len = 35 + tail.len;
	memset(&c, 1, sizeof(c));
	read = assay_key_config_read(&c, (struct assay_bytes){ m.ptr, m.len },
	                             &err);
	ok(t->check ? fails_with(read, &err, t->check) && is_zero(&c, sizeof(c))
	            : read && c.id == m.ptr[0] && c.aead == t->aead &&
	                      memcmp(c.key, config.key, 32) == 0,
	   "configuration: %s", t->name);
}

static void test_cut_config(void)
{
	uint8_t bytes[ASSAY_KEY_CONFIG_LEN];
	struct assay_key_config c;
	struct assay_err err = { 0 };
	size_t right = 0;

	assay_key_config_write(bytes, &config);
	ok(assay_key_config_read(
		   &c, (struct assay_bytes){ bytes, sizeof(bytes) }, NULL) &&
	           memcmp(&c, &config, sizeof(c)) == 0,
	   "a configuration that was written");
	for (size_t i = 0; i < sizeof(bytes); i++)
		right += fails_with(
			assay_key_config_read(
				&c, (struct assay_bytes){ bytes, i }, &err),
			&err, ASSAY_H_CONFIG);
	ok(right == sizeof(bytes), "configurations that were cut: %zu of %zu",
	   right, sizeof(bytes));
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
	struct assay_reply asker, enclave;
	struct mem m = ask(&asker, "a question"), out = { .len = 1 };
	struct mem third = m;
	struct assay_err err = { 0 }, second = { 0 };
	struct assay_bytes got;

	if (!assay_request_open(&got, &enclave, &config, &own, m.ptr, m.len,
	                        NULL))
		abort();
	memset(out.ptr, 1, MEM);
	memset(m.ptr, 1, MEM);
	short_of_memory = true;
	bool answered = assay_response_seal(out.ptr, &out.len, &enclave,
	                                    text("an answer"), &err);
	bool asked = assay_request_seal(m.ptr, &asker, &config, text("abc"),
	                                &second);
	enum assay_check opened = refuses(third, &config);

	short_of_memory = false;
	ok(opened == ASSAY_H_MADE, "no memory: nothing is opened");
	ok(fails_with(answered, &err, ASSAY_H_MADE) && out.len == 0 &&
	           is_zero(out.ptr, 9 + ASSAY_AEAD_KEY_MAX + 16),
	   "no memory: no answer");
	ok(fails_with(asked, &second, ASSAY_H_MADE) &&
	           is_zero(m.ptr, 3 + ASSAY_REQUEST_MORE) &&
	           is_zero(&asker, sizeof(asker)),
	   "no memory: no request");
}

int main(void)
{
	bool can_fail = CRYPTO_set_mem_functions(take, resize, drop) == 1;

	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		test_example(&examples[i]);
	for (unsigned a = ASSAY_AES_128_GCM; a < ASSAY_N_AEADS; a++) {
		note("cipher %u", a);
		start(a);
		test_exchange();
		test_altered_request();
		test_altered_response();
		test_others();
	}
	start(ASSAY_AES_256_GCM);
	test_low();
	for (size_t i = 0; i < sizeof(config_cases) / sizeof(*config_cases);
	     i++)
		test_config(&config_cases[i]);
	test_cut_config();
	if (can_fail)
		test_memory();
	else
		skip("memory that fails", "memory runs out");
	return done();
}
