/* host_bundle.c - the enclave's attestation, with the documents to judge it. */
#include "serve/host_inner.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "format/bundle.h"
#include "verify/chain.h"

#include <assay/verify.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- the manufacturer's documents */

/* The key of the root that the documents themselves name: it is trusted for
 * nothing but to find out until when they are good. */
static bool named_root(uint8_t key[64], const struct assay_collateral *c)
{
	uint8_t der[ASSAY_CERT_MAX];
	struct assay_cert cert;
	struct assay_bytes body;
	size_t pos = 0;
	bool good = false;

	while (assay_pem_next(&body, c->tcb_info_issuer_chain, &pos,
	                      "CERTIFICATE"))
		good = assay_cert_decode(&cert, der, body, ASSAY_DOC_ROOT, 0,
		                         ASSAY_DOC_ROOT, NULL);
	if (good)
		memcpy(key, cert.key, 64);
	return good;
}

/* 0, and why: they do not belong together. */
static int64_t fresh_until(const struct assay_collateral *c,
                           struct assay_err *err)
{
	struct assay_trust *trust = malloc(assay_trust_size());
	uint8_t key[64];
	int64_t until = 0;

	if (trust && named_root(key, c) &&
	    assay_trust_open(trust, c, c->pck_chain, key, NULL, err))
		until = assay_trust_fresh_until(trust);
	free(trust);
	return until;
}

static void take(struct host *h)
{
	struct assay_err err = { 0 };
	const int64_t until = fresh_until(h->documents, &err);
	char line[HOST_WHY];

	pthread_mutex_lock(&h->lock);
	h->has_documents = true;
	h->fresh_until = until;
	pthread_mutex_unlock(&h->lock);
	if (until)
		return;
	snprintf(line, sizeof(line),
	         "the documents: clients will refuse them: %s: %.200s",
	         err.check ? assay_check_info(err.check)->name : "no chain",
	         err.note);
	h->o.say(h->o.own, line);
}

bool host_documents_look(struct host *h)
{
	char why[HOST_WHY], line[HOST_WHY + 32];
	bool changed = false;

	if (!h->o.documents)
		return false;
	if (!h->o.documents(h->o.own, &h->documents, &changed, why)) {
		snprintf(line, sizeof(line), "the documents: %s", why);
		h->o.say(h->o.own, line);
	}
	if (changed && h->documents)
		take(h);
	return changed;
}

/* ---- the bundle */

static bool put(struct buf *out, const struct assay_bundle *b)
{
	char *room = malloc(ASSAY_EVIDENCE_MAX);
	struct assay_json_out json;

	if (!room)
		return false;
	assay_json_begin(&json, room, ASSAY_EVIDENCE_MAX);
	assay_json_put_object(&json, NULL);
	assay_bundle_put(&json, b);
	assay_json_put_end(&json, '}');
	if (json.ok)
		buf_printf(out, "%s\n", room);
	free(room);
	return json.ok && !out->bad;
}

bool host_bundle_make(struct host *h, struct buf *bundle,
                      struct assay_bytes nonce)
{
	struct sim_host *talk = &h->enclave.talk;
	struct sim_attested attested;
	struct assay_bundle b = { .collateral = h->documents,
		                  .nonce = nonce,
		                  .has_nonce = nonce.len > 0 };

	if (h->o.conclave)
		return host_eii_make(h, bundle);
	if (!sim_host_attest(&attested, talk, nonce))
		return false;
	b.quote = attested.quote;
	b.hpke = attested.config;
	b.sign = attested.sign;
	b.at = (int64_t)time(NULL);
	if (put(bundle, &b))
		return true;
	talk->refused = true; /* it can go on */
	return sim_host_why(talk, "its attestation has more than 4 MiB, or "
	                          "memory is short");
}

static void print_etag(char etag[HOST_ETAG], struct assay_bytes bundle)
{
	uint8_t hash[ASSAY_SHA256_LEN];
	size_t n = 0;

	assay_sha256(hash, bundle);
	etag[n++] = '"';
	for (size_t i = 0; i < 16; i++)
		n += (size_t)snprintf(etag + n, HOST_ETAG - n, "%02x", hash[i]);
	snprintf(etag + n, HOST_ETAG - n, "\"");
}

bool host_bundle_renew(struct host *h)
{
	struct buf bundle = { 0 };

	if (!host_bundle_make(h, &bundle, (struct assay_bytes){ 0 })) {
		buf_free(&bundle);
		return false;
	}
	pthread_mutex_lock(&h->lock);
	buf_free(&h->bundle);
	h->bundle = bundle;
	print_etag(h->etag, buf_bytes(&bundle));
	pthread_mutex_unlock(&h->lock);
	return true;
}
