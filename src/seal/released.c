/* released.c - a secret that a verification service gives to an enclave. */
#include "seal/released.h"

#include "base/rd.h"
#include "crypto/crypto.h"

#include <assert.h>
#include <string.h>

enum { LABEL_LEN = 13, VERSION_LEN = 4 };
static const char label[LABEL_LEN] = "assay-key-v1"; /* its NUL, too */

/* ---- what stands in front: it is HPKE's info too */

static uint8_t *put(uint8_t *p, struct assay_bytes part)
{
	assert(part.len <= ASSAY_RELEASED_NAME);
	*p++ = (uint8_t)part.len;
	if (part.len)
		memcpy(p, part.ptr, part.len);
	return p + part.len;
}

static size_t put_front(uint8_t *out, const struct assay_released *r)
{
	uint8_t *p = out + LABEL_LEN;

	memcpy(out, label, LABEL_LEN);
	p = put(p, r->service);
	p = put(p, r->name);
	for (unsigned i = 0; i < VERSION_LEN; i++)
		*p++ = (uint8_t)(r->version >> 8 * (VERSION_LEN - 1 - i));
	p = put(p, r->nonce);
	return (size_t)(p - out);
}

struct parts {
	struct assay_released front;
	struct assay_bytes info, enc, sealed;
};

static bool is_for(const struct parts *p, const struct assay_released *want)
{
	return assay_bytes_equal(p->front.service, want->service) &&
	       assay_bytes_equal(p->front.name, want->name);
}

static struct assay_bytes part(struct assay_rd *r, const char *field)
{
	return assay_rd_bytes(r, assay_rd_u8(r, field), field);
}

static bool is_new(const struct parts *p, uint32_t least, struct assay_err *err)
{
	return p->front.version >= least ||
	       assay_fail(err, ASSAY_H_VERSION, ASSAY_DOC_NONE, 0,
	                  "got version %u, had %u", p->front.version, least);
}

static bool split(struct parts *p, const struct assay_released *want,
                  struct assay_bytes in, struct assay_err *err)
{
	const struct assay_bytes begin = { (const uint8_t *)label, LABEL_LEN };
	struct assay_rd r = assay_rd(in);
	bool known = assay_bytes_equal(assay_rd_bytes(&r, LABEL_LEN, "label"),
	                               begin);

	p->front.service = part(&r, "service");
	p->front.name = part(&r, "name");
	p->front.version = assay_rd_u32be(&r, "version");
	p->front.nonce = part(&r, "nonce");
	p->info = (struct assay_bytes){ in.ptr, r.pos };
	p->enc = assay_rd_bytes(&r, ASSAY_HPKE_ENC_LEN, "key");
	p->sealed = assay_rd_rest(&r);
	if (known && assay_rd_ok(&r) && p->sealed.len >= ASSAY_AEAD_TAG_LEN &&
	    is_for(p, want))
		return is_new(p, want->version, err);
	return assay_fail(err, ASSAY_H_RELEASED, ASSAY_DOC_NONE, r.pos,
	                  "%zu bytes are none, or of another service or name",
	                  in.len);
}

/* ---- sealing */

static bool seal(uint8_t *enc, const struct assay_key_config *to,
                 struct assay_x25519 *from, struct assay_bytes info,
                 struct assay_bytes secret, struct assay_err *err)
{
	struct assay_hpke hpke;
	bool done = assay_hpke_send(&hpke, enc, to->aead, to->key, from, info,
	                            err) &&
	            assay_hpke_seal(enc + ASSAY_HPKE_ENC_LEN, &hpke,
	                            (struct assay_bytes){ NULL, 0 }, secret,
	                            err);

	assay_wipe(&hpke, sizeof(hpke));
	return done;
}

size_t assay_released_seal(uint8_t *out, const struct assay_released *released,
                           const struct assay_key_config *to,
                           const struct assay_hpke_pair *from,
                           struct assay_bytes secret, struct assay_err *err)
{
	const size_t front = put_front(out, released);
	const size_t len = front + ASSAY_HPKE_ENC_LEN + secret.len +
	                   ASSAY_AEAD_TAG_LEN;
	struct assay_x25519 *pair = assay_x25519_new(from->secret, from->key);
	bool done = assay_seal_made(pair != NULL, err) &&
	            seal(out + front, to, pair,
	                 (struct assay_bytes){ out, front }, secret, err);

	assay_x25519_free(pair);
	if (!done)
		memset(out, 0, len);
	return done ? len : 0;
}

static bool open_sealed(uint8_t *secret, const struct parts *p,
                        enum assay_aead aead, struct assay_x25519 *own,
                        const uint8_t *from, struct assay_err *err)
{
	struct assay_hpke hpke;
	bool done = assay_hpke_receive(&hpke, aead, own, from, p->enc.ptr,
	                               p->info, err) &&
	            assay_hpke_open(secret, &hpke,
	                            (struct assay_bytes){ NULL, 0 }, p->sealed,
	                            err);

	assay_wipe(&hpke, sizeof(hpke));
	return done;
}

bool assay_released_open(uint8_t *secret, size_t *len,
                         struct assay_released *released, enum assay_aead aead,
                         const struct assay_hpke_pair *own,
                         const uint8_t from[ASSAY_CURVE25519_LEN],
                         struct assay_bytes in, struct assay_err *err)
{
	struct assay_x25519 *pair;
	struct parts p;
	bool done;

	*len = 0;
	if (in.len)
		memset(secret, 0, in.len);
	if (!split(&p, released, in, err))
		return false;
	pair = assay_x25519_new(own->secret, own->key);
	done = assay_seal_made(pair != NULL, err) &&
	       open_sealed(secret, &p, aead, pair, from, err);
	assay_x25519_free(pair);
	if (!done)
		return false;
	*len = p.sealed.len - ASSAY_AEAD_TAG_LEN;
	*released = p.front;
	return true;
}
