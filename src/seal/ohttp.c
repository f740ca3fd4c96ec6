/* ohttp.c - encapsulated requests and responses [RFC 9458 4]. */
#include "seal/ohttp.h"

#include "crypto/crypto.h"

#include <string.h>

enum { HEADER_LEN = 7, NONCE_MAX = ASSAY_AEAD_KEY_MAX };

static const char request_label[] = "message/bhttp request"; /* with its NUL */
static const char response_label[] = "message/bhttp response"; /* without */

/* key id, KEM, KDF, AEAD [RFC 9458 4.3] */
static void put_header(uint8_t out[HEADER_LEN],
                       const struct assay_key_config *config)
{
	const uint8_t header[HEADER_LEN] = {
		config->id,     0, ASSAY_HPKE_KEM,        0,
		ASSAY_HPKE_KDF, 0, (uint8_t)config->aead,
	};

	memcpy(out, header, HEADER_LEN);
}

struct info {
	uint8_t bytes[sizeof(request_label) + HEADER_LEN];
};

static struct assay_bytes info_of(struct info *info,
                                  const uint8_t header[HEADER_LEN])
{
	memcpy(info->bytes, request_label, sizeof(request_label));
	memcpy(info->bytes + sizeof(request_label), header, HEADER_LEN);
	return (struct assay_bytes){ info->bytes, sizeof(info->bytes) };
}

/* The secret is as long as the cipher's key, which none has shorter than its
 * nonce. */
static void keep(struct assay_reply *reply, const struct assay_hpke *hpke,
                 const uint8_t enc[ASSAY_HPKE_ENC_LEN])
{
	*reply = (struct assay_reply){ .aead = hpke->aead };
	memcpy(reply->enc, enc, ASSAY_HPKE_ENC_LEN);
	assay_hpke_export(reply->secret, assay_aead_key_len(hpke->aead), hpke,
	                  (struct assay_bytes){ (const uint8_t *)response_label,
	                                        sizeof(response_label) - 1 });
}

bool assay_request_seal_with(uint8_t *out, struct assay_reply *reply,
                             struct assay_x25519 *ephemeral,
                             const struct assay_key_config *config,
                             struct assay_bytes request, struct assay_err *err)
{
	const struct assay_bytes none = { NULL, 0 };
	struct assay_hpke hpke;
	struct info info;
	bool done;

	put_header(out, config);
	memcpy(out + HEADER_LEN, assay_x25519_key(ephemeral),
	       ASSAY_HPKE_ENC_LEN);
	done = assay_hpke_send_with(&hpke, ephemeral, config->aead, config->key,
	                            NULL, info_of(&info, out), err) &&
	       assay_hpke_seal(out + ASSAY_REQUEST_HEAD, &hpke, none, request,
	                       err);
	if (done) {
		keep(reply, &hpke, assay_x25519_key(ephemeral));
	} else {
		memset(out, 0, request.len + ASSAY_REQUEST_MORE);
		memset(reply, 0, sizeof(*reply));
	}
	assay_wipe(&hpke, sizeof(hpke));
	return done;
}

bool assay_request_seal(uint8_t *out, struct assay_reply *reply,
                        const struct assay_key_config *config,
                        struct assay_bytes request, struct assay_err *err)
{
	struct assay_x25519 *ephemeral = assay_x25519_new(NULL, NULL);
	bool done = assay_seal_made(ephemeral != NULL, err) &&
	            assay_request_seal_with(out, reply, ephemeral, config,
	                                    request, err);

	if (!done) {
		memset(out, 0, request.len + ASSAY_REQUEST_MORE);
		memset(reply, 0, sizeof(*reply));
	}
	assay_x25519_free(ephemeral);
	return done;
}

static bool for_us(const uint8_t header[HEADER_LEN],
                   const struct assay_key_config *config, struct assay_err *err)
{
	uint8_t want[HEADER_LEN];

	put_header(want, config);
	return memcmp(header, want, HEADER_LEN) == 0 ||
	       assay_fail(err, ASSAY_H_KEY, ASSAY_DOC_NONE, 0,
	                  "it is for key %u, ours is %u, or another suite",
	                  header[0], config->id);
}

static bool open_request(struct assay_hpke *hpke,
                         const struct assay_key_config *config,
                         struct assay_x25519 *own, uint8_t *message, size_t len,
                         struct assay_err *err)
{
	const struct assay_bytes none = { NULL, 0 };
	uint8_t *sealed = message + ASSAY_REQUEST_HEAD;
	struct info info;

	return for_us(message, config, err) &&
	       assay_hpke_receive(hpke, config->aead, own, NULL,
	                          message + HEADER_LEN, info_of(&info, message),
	                          err) &&
	       assay_hpke_open(sealed, hpke, none,
	                       (struct assay_bytes){ sealed,
	                                             len - ASSAY_REQUEST_HEAD },
	                       err);
}

bool assay_request_open_with(struct assay_bytes *request,
                             struct assay_reply *reply,
                             const struct assay_key_config *config,
                             struct assay_x25519 *own, uint8_t *message,
                             size_t len, struct assay_err *err)
{
	struct assay_hpke hpke = { .aead = config->aead };
	bool done;

	*request = (struct assay_bytes){ NULL, 0 };
	*reply = (struct assay_reply){ 0 };
	if (len < ASSAY_REQUEST_MORE)
		return assay_fail(err, ASSAY_H_REQUEST, ASSAY_DOC_NONE, len,
		                  "got %zu bytes, %d are the least", len,
		                  ASSAY_REQUEST_MORE);
	done = open_request(&hpke, config, own, message, len, err);
	if (done) {
		keep(reply, &hpke, message + HEADER_LEN);
		request->ptr = message + ASSAY_REQUEST_HEAD;
		request->len = len - ASSAY_REQUEST_MORE;
	}
	assay_wipe(&hpke, sizeof(hpke));
	return done;
}

bool assay_request_open(struct assay_bytes *request, struct assay_reply *reply,
                        const struct assay_key_config *config,
                        const struct assay_hpke_pair *own, uint8_t *message,
                        size_t len, struct assay_err *err)
{
	struct assay_x25519 *pair = assay_x25519_new(own->secret, own->key);
	bool done;

	*request = (struct assay_bytes){ NULL, 0 };
	*reply = (struct assay_reply){ 0 };
	done = assay_seal_made(pair != NULL, err) &&
	       assay_request_open_with(request, reply, config, pair, message,
	                               len, err);
	assay_x25519_free(pair);
	return done;
}

/* ---- responses [RFC 9458 4.4] */

size_t assay_response_head(const struct assay_reply *reply)
{
	return assay_aead_key_len(reply->aead);
}

struct answer_key {
	uint8_t key[ASSAY_AEAD_KEY_MAX], nonce[ASSAY_AEAD_NONCE_LEN];
};

static void derive(struct answer_key *k, const struct assay_reply *reply,
                   const uint8_t *nonce)
{
	static const uint8_t key[] = { 'k', 'e', 'y' };
	static const uint8_t iv[] = { 'n', 'o', 'n', 'c', 'e' };
	const struct assay_bytes key_info = { key, sizeof(key) };
	const struct assay_bytes nonce_info = { iv, sizeof(iv) };
	size_t len = assay_response_head(reply);
	const struct assay_bytes secret = { reply->secret, len };
	uint8_t salt[ASSAY_HPKE_ENC_LEN + NONCE_MAX], prk[ASSAY_PRK_LEN];

	memcpy(salt, reply->enc, ASSAY_HPKE_ENC_LEN);
	memcpy(salt + ASSAY_HPKE_ENC_LEN, nonce, len);
	assay_hkdf_extract(
		prk, (struct assay_bytes){ salt, ASSAY_HPKE_ENC_LEN + len },
		&secret, 1);
	assay_hkdf_expand(k->key, len, prk, &key_info, 1);
	assay_hkdf_expand(k->nonce, sizeof(k->nonce), prk, &nonce_info, 1);
	assay_wipe(prk, sizeof(prk));
}

static bool seal_response(uint8_t *out, const struct assay_reply *reply,
                          struct assay_bytes response)
{
	const struct assay_bytes none = { NULL, 0 };
	struct answer_key k;
	bool done;

	derive(&k, reply, out);
	done = assay_aead_seal(out + assay_response_head(reply), reply->aead,
	                       k.key, k.nonce, none, response);
	assay_wipe(&k, sizeof(k));
	return done;
}

bool assay_response_seal_with(uint8_t *out, size_t *len, const uint8_t *nonce,
                              const struct assay_reply *reply,
                              struct assay_bytes response,
                              struct assay_err *err)
{
	size_t head = assay_response_head(reply);
	bool done;

	memcpy(out, nonce, head);
	done = seal_response(out, reply, response);
	if (!done)
		memset(out, 0, head);
	*len = done ? head + response.len + ASSAY_AEAD_TAG_LEN : 0;
	return assay_seal_made(done, err);
}

bool assay_response_seal(uint8_t *out, size_t *len,
                         const struct assay_reply *reply,
                         struct assay_bytes response, struct assay_err *err)
{
	uint8_t nonce[NONCE_MAX];

	*len = 0;
	if (assay_random(nonce, sizeof(nonce)))
		return assay_response_seal_with(out, len, nonce, reply,
		                                response, err);
	memset(out, 0, response.len + ASSAY_RESPONSE_MORE);
	return assay_seal_made(false, err);
}

bool assay_response_open(struct assay_bytes *response,
                         const struct assay_reply *reply, uint8_t *message,
                         size_t len, struct assay_err *err)
{
	const size_t head = assay_response_head(reply);
	const struct assay_bytes none = { NULL, 0 };
	uint8_t *plain = message + head;
	struct answer_key k;
	bool done;

	*response = (struct assay_bytes){ NULL, 0 };
	if (len < head + ASSAY_AEAD_TAG_LEN)
		return assay_fail(err, ASSAY_H_RESPONSE, ASSAY_DOC_NONE, len,
		                  "got %zu bytes, %zu are the least", len,
		                  head + ASSAY_AEAD_TAG_LEN);
	derive(&k, reply, message);
	done = assay_aead_open(plain, reply->aead, k.key, k.nonce, none,
	                       (struct assay_bytes){ plain, len - head });
	assay_wipe(&k, sizeof(k));
	if (done) {
		response->ptr = plain;
		response->len = len - head - ASSAY_AEAD_TAG_LEN;
	}
	return assay_seal_opened(done, len, err);
}
