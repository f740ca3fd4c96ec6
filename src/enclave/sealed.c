/* sealed.c - sealed state. */
#include "enclave/sealed.h"

#include "attest/attest.h"
#include "base/err.h"
#include "base/rd.h"
#include "crypto/crypto.h"
#include "crypto/hkdf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { VERSION = 1, MAGIC_LEN = 8, MACHINE_KEY_LEN = 16 };

static const char magic[MAGIC_LEN + 1] = "ASSAYSLD";

/* The machine's keys, by whom they are for [SGX 7]. */
static const char *const names[] = {
	[ASSAY_SEAL_MEASUREMENT] = "_sgx_mrenclave",
	[ASSAY_SEAL_SIGNER] = "_sgx_mrsigner",
};

/* The machine's key of 128 bits serves other purposes too, so what is used is
 * derived from it under a name of ours. */
static bool derive(struct assay_sealer *s, const uint8_t key[MACHINE_KEY_LEN])
{
	uint8_t info[] = "assay-sealed-v1\0?";

	info[sizeof(info) - 2] = (uint8_t)s->to;
	return assay_hkdf_sha256(s->key, sizeof(s->key),
	                         (struct assay_bytes){ key, MACHINE_KEY_LEN },
	                         (struct assay_bytes){ 0 },
	                         (struct assay_bytes){ info,
	                                               sizeof(info) - 1 });
}

static bool start(struct assay_sealer *s, const char *root,
                  struct assay_err *err)
{
	uint8_t key[MACHINE_KEY_LEN] = { 0 };
	char path[PATH_MAX];
	size_t len = 0;
	int n = snprintf(path, sizeof(path), "%s/dev/attestation/keys/%s", root,
	                 names[s->to]);
	int why = n < (int)sizeof(path)
	                  ? assay_attest_files.get(key, &len, sizeof(key), path)
	                  : ENAMETOOLONG;
	bool done = !why && len == sizeof(key) && derive(s, key);

	assay_wipe(key, sizeof(key));
	return done ||
	       assay_fail(err, ASSAY_N_SEAL_KEY, ASSAY_DOC_NONE, 0, "%s: %s",
	                  names[s->to], why ? strerror(why) : "not 16 bytes");
}

bool assay_sealer_start(struct assay_sealer *s, enum assay_seal_to to,
                        const char *root, struct assay_err *err)
{
	*s = (struct assay_sealer){ .to = to };
	if (to == ASSAY_SEAL_NOBODY || start(s, root, err))
		return true;
	assay_wipe(s, sizeof(*s));
	return false;
}

static uint8_t *put_le(uint8_t *p, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		*p++ = (uint8_t)(value >> 8 * i);
	return p;
}

/* magic, u16 version, u16 to whom, nonce, u64 number: all authenticated */
static bool write_head(uint8_t out[ASSAY_SEALED_HEAD], const uint8_t **nonce,
                       const struct assay_sealer *s)
{
	uint8_t *p = out;

	memcpy(p, magic, MAGIC_LEN);
	p = put_le(p + MAGIC_LEN, VERSION, 2);
	p = put_le(p, s->to, 2);
	*nonce = p;
	put_le(p + ASSAY_GCM_NONCE_LEN, s->newest + 1, 8);
	return assay_random(p, ASSAY_GCM_NONCE_LEN);
}

static bool can_seal(const struct assay_sealer *s, struct assay_err *err)
{
	return s->to != ASSAY_SEAL_NOBODY ||
	       assay_fail(err, ASSAY_N_SEAL_NONE, ASSAY_DOC_NONE, 0,
	                  "seal_to is ASSAY_SEAL_NOBODY");
}

/* The marks go with the state: the next run knows them too. */
static void write_body(uint8_t *p, const struct assay_sealer *s,
                       struct assay_bytes state)
{
	memcpy(p, &s->marks, sizeof(s->marks));
	if (state.len)
		memcpy(p + sizeof(s->marks), state.ptr, state.len);
}

bool assay_seal(uint8_t *out, struct assay_sealer *s, struct assay_bytes state,
                struct assay_err *err)
{
	const struct assay_bytes head = { out, ASSAY_SEALED_HEAD };
	uint8_t *body = out + ASSAY_SEALED_HEAD;
	const struct assay_bytes plain = { body, sizeof(s->marks) + state.len };
	const uint8_t *nonce;

	if (!can_seal(s, err))
		return false;
	if (state.len > ASSAY_ENCLAVE_MAX)
		return assay_fail(err, ASSAY_N_SEAL_SIZE, ASSAY_DOC_NONE, 0,
		                  "got %zu bytes", state.len);
	if (write_head(out, &nonce, s) &&
	    assay_marks_make(&s->marks, s->newest + 1)) {
		write_body(body, s, state);
		if (assay_gcm_seal(body, s->key, nonce, head, plain)) {
			s->newest++;
			return true;
		}
	}
	memset(out, 0, state.len + ASSAY_SEALED_MORE);
	return assay_fail(err, ASSAY_N_SEAL_MADE, ASSAY_DOC_NONE, 0,
	                  "libcrypto failed");
}

struct sealed {
	struct assay_bytes magic, nonce, head, body;
	uint16_t version, to;
	uint64_t number;
};

static bool read_sealed(struct sealed *b, struct assay_bytes in,
                        struct assay_err *err)
{
	struct assay_rd r = assay_rd(in);

	b->magic = assay_rd_bytes(&r, MAGIC_LEN, "magic");
	b->version = assay_rd_u16le(&r, "version");
	b->to = assay_rd_u16le(&r, "to whom");
	b->nonce = assay_rd_bytes(&r, ASSAY_GCM_NONCE_LEN, "nonce");
	b->number = assay_rd_u64le(&r, "number");
	b->head = (struct assay_bytes){ in.ptr, r.pos };
	b->body = assay_rd_rest(&r);
	return (assay_rd_ok(&r) &&
	        b->body.len >= sizeof(struct assay_marks) + ASSAY_GCM_TAG_LEN &&
	        memcmp(b->magic.ptr, magic, MAGIC_LEN) == 0 &&
	        b->version == VERSION) ||
	       assay_fail(err, ASSAY_N_SEAL_FORM, ASSAY_DOC_NONE, 0,
	                  "got %zu bytes, version %u", in.len,
	                  (unsigned)b->version);
}

bool assay_unseal(struct assay_bytes *state, struct assay_sealer *s,
                  uint8_t *sealed, size_t len, struct assay_err *err)
{
	uint8_t *opened = sealed + ASSAY_SEALED_HEAD;
	struct sealed b;

	*state = (struct assay_bytes){ NULL, 0 };
	if (!can_seal(s, err) ||
	    !read_sealed(&b, (struct assay_bytes){ sealed, len }, err))
		return false;
	if (b.to != s->to)
		return assay_fail(err, ASSAY_N_SEAL_POLICY, ASSAY_DOC_NONE, 10,
		                  "got %u, want %u", (unsigned)b.to,
		                  (unsigned)s->to);
	if (!assay_gcm_open(opened, s->key, b.nonce.ptr, b.head, b.body))
		return assay_fail(err, ASSAY_N_SEAL_OPEN, ASSAY_DOC_NONE,
		                  ASSAY_SEALED_HEAD, "not opened by this key");
	if (b.number < s->newest) {
		assay_wipe(opened, b.body.len);
		return assay_fail(err, ASSAY_N_SEAL_OLD, ASSAY_DOC_NONE, 24,
		                  "number %" PRIu64 " after %" PRIu64, b.number,
		                  s->newest);
	}
	s->newest = b.number;
	memcpy(&s->marks, opened, sizeof(s->marks));
	*state = (struct assay_bytes){ opened + sizeof(s->marks),
		                       len - ASSAY_SEALED_MORE };
	return true;
}
