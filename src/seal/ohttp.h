/*
 * ohttp.h - key configurations, encapsulated requests and responses [RFC 9458],
 * with its labels.  Only the form is taken from there: what is inside is any
 * bytes.
 */
#ifndef SEAL_OHTTP_H
#define SEAL_OHTTP_H

#include "seal/hpke.h"

/* ---- the key configuration [RFC 9458 3.1] */

struct assay_key_config {
	uint8_t id;
	uint8_t key[ASSAY_CURVE25519_LEN];
	enum assay_aead aead; /* the one that is used */
};

/* Bytes of a configuration that offers one cipher. */
enum { ASSAY_KEY_CONFIG_LEN = 41 };

/*
 * assay_key_config_read reads a configuration, and takes the first of its
 * ciphers that is known.
 *
 * config  whole on success, zeroed on failure
 * Fails with ASSAY_H_CONFIG, _KEM, _SUITE.  Whether its key is of low order is
 * found when it is used.
 */
ASSAY_MUST_CHECK bool assay_key_config_read(struct assay_key_config *config,
                                            struct assay_bytes in,
                                            struct assay_err *err);
void assay_key_config_write(uint8_t out[ASSAY_KEY_CONFIG_LEN],
                            const struct assay_key_config *config);

/* ---- requests and responses [RFC 9458 4] */

enum {
	ASSAY_REQUEST_HEAD = 7 + ASSAY_HPKE_ENC_LEN,
	ASSAY_REQUEST_MORE = ASSAY_REQUEST_HEAD + ASSAY_AEAD_TAG_LEN,
	/* the most; AES-128-GCM's is 16 less */
	ASSAY_RESPONSE_MORE = ASSAY_AEAD_KEY_MAX + ASSAY_AEAD_TAG_LEN,
};

/* What is kept of a request to seal its response, or to open it.  A secret:
 * assay_wipe it. */
struct assay_reply {
	enum assay_aead aead;
	uint8_t enc[ASSAY_HPKE_ENC_LEN];
	uint8_t secret[ASSAY_AEAD_KEY_MAX];
};

/* Bytes in front of what is sealed: the response's nonce. */
size_t assay_response_head(const struct assay_reply *reply);

/*
 * assay_request_seal: the asker's side.
 *
 * out      ASSAY_REQUEST_MORE bytes more than `request`, which may stand in it
 *          at ASSAY_REQUEST_HEAD already; zeroed on failure
 * reply    for assay_response_open; zeroed on failure
 * Fails with ASSAY_H_POINT, _MADE.
 */
ASSAY_MUST_CHECK bool assay_request_seal(uint8_t *out,
                                         struct assay_reply *reply,
                                         const struct assay_key_config *config,
                                         struct assay_bytes request,
                                         struct assay_err *err);

/* The same with a given ephemeral pair, which must never be used again: for
 * known answers. */
ASSAY_MUST_CHECK bool
assay_request_seal_with(uint8_t *out, struct assay_reply *reply,
                        struct assay_x25519 *ephemeral,
                        const struct assay_key_config *config,
                        struct assay_bytes request, struct assay_err *err);

/*
 * assay_request_open: the enclave's side.
 *
 * request  lies in `message`: it is opened where it came in.  {NULL, 0} on
 *          failure, when nothing of it was opened
 * reply    for assay_response_seal; zeroed on failure
 * own      the pair whose public key is config->key
 * Fails with ASSAY_H_REQUEST (no such form), _KEY (for other keys), _POINT,
 * _OPEN.
 */
ASSAY_MUST_CHECK bool
assay_request_open_with(struct assay_bytes *request, struct assay_reply *reply,
                        const struct assay_key_config *config,
                        struct assay_x25519 *own, uint8_t *message, size_t len,
                        struct assay_err *err);

/* The same with a pair whose secret libcrypto has for as long as this takes, and
 * no longer; it takes a little longer.  Fails with ASSAY_H_MADE too. */
ASSAY_MUST_CHECK bool assay_request_open(struct assay_bytes *request,
                                         struct assay_reply *reply,
                                         const struct assay_key_config *config,
                                         const struct assay_hpke_pair *own,
                                         uint8_t *message, size_t len,
                                         struct assay_err *err);

/*
 * assay_response_seal: the enclave's side.
 *
 * out       ASSAY_RESPONSE_MORE bytes more than `response`, which may stand in
 *           it at assay_response_head already; zeroed on failure
 * len       gets how many were written
 * Fails with ASSAY_H_MADE.
 */
ASSAY_MUST_CHECK bool assay_response_seal(uint8_t *out, size_t *len,
                                          const struct assay_reply *reply,
                                          struct assay_bytes response,
                                          struct assay_err *err);

/* The same with a given nonce, as many bytes as assay_response_head says. */
ASSAY_MUST_CHECK bool assay_response_seal_with(uint8_t *out, size_t *len,
                                               const uint8_t *nonce,
                                               const struct assay_reply *reply,
                                               struct assay_bytes response,
                                               struct assay_err *err);

/*
 * assay_response_open: the asker's side.
 *
 * response  lies in `message`: it is opened where it came in.  {NULL, 0} on
 *           failure, when nothing of it was opened
 * Fails with ASSAY_H_RESPONSE (no such form), _OPEN.
 */
ASSAY_MUST_CHECK bool assay_response_open(struct assay_bytes *response,
                                          const struct assay_reply *reply,
                                          uint8_t *message, size_t len,
                                          struct assay_err *err);

#endif
