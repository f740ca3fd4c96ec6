/* collateral_want.c - which of the manufacturer's documents a quote needs. */
#include "net/collateral_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "format/quote.h"
#include "verify/chain.h"

/* The PCK certificate of a chain, in whatever order, who issued it, and the root's
 * key, as they say: nothing is proved, they only tell what to ask for. */
static bool read_chain(struct assay_cert *leaf, uint8_t der[ASSAY_CERT_MAX],
                       enum assay_role *issuer, uint8_t root[64],
                       struct assay_bytes chain, struct assay_err *err)
{
	uint8_t room[ASSAY_CERT_MAX];
	struct assay_bytes body = { 0 };
	struct assay_cert cert;
	enum assay_role role;
	size_t pos = 0, n = 0;

	*issuer = ASSAY_ROLE_NONE;
	while (n++ < ASSAY_CHAIN_MAX &&
	       assay_pem_next(&body, chain, &pos, "CERTIFICATE")) {
		if (!assay_cert_decode(&cert, room, body, ASSAY_DOC_PCK_CHAIN,
		                       pos, ASSAY_DOC_PCK_LEAF, err))
			return false;
		role = assay_cert_role(&cert, NULL);
		if (role == ASSAY_ROLE_PCK &&
		    !assay_cert_decode(leaf, der, body, ASSAY_DOC_PCK_CHAIN,
		                       pos, ASSAY_DOC_PCK_LEAF, err))
			return false;
		if (role == ASSAY_ROLE_PLATFORM_CA ||
		    role == ASSAY_ROLE_PROCESSOR_CA)
			*issuer = role;
		if (role == ASSAY_ROLE_ROOT)
			memcpy(root, cert.key, sizeof(cert.key));
	}
	/* a chain without one has a certificate of no bytes for it, which is
	 * refused as any other that cannot be read */
	return leaf->der.len ||
	       assay_cert_decode(leaf, der, (struct assay_bytes){ 0 },
	                         ASSAY_DOC_PCK_CHAIN, pos, ASSAY_DOC_PCK_LEAF,
	                         err);
}

/* The quote's chain, or the one beside it. */
static bool choose_chain(struct assay_bytes *chain,
                         const struct assay_quote *quote,
                         struct assay_bytes beside, struct assay_err *err)
{
	*chain = quote->cert_type == ASSAY_CERT_PCK_CHAIN ? quote->cert
	                                                  : beside;
	return chain->len ||
	       assay_wrong_cert_type(err, quote->cert_at, quote->cert_type,
	                             "the PCK chain, 5");
}

bool collateral_want_of(struct collateral_want *want, struct assay_bytes in,
                        struct assay_bytes pck_chain, struct assay_err *err)
{
	uint8_t der[ASSAY_CERT_MAX];
	struct assay_cert leaf = { 0 };
	struct assay_quote quote;
	struct assay_pck pck;
	enum assay_role issuer;
	uint8_t root[64] = { 0 };

	*want = (struct collateral_want){ 0 };
	if (!assay_quote_parse(&quote, in, false, err) ||
	    !choose_chain(&pck_chain, &quote, pck_chain, err) ||
	    !read_chain(&leaf, der, &issuer, root, pck_chain, err) ||
	    !assay_pck_parse(&pck, &leaf, issuer, err))
		return false;
	want->tee = quote.tee;
	memcpy(want->fmspc, pck.fmspc, sizeof(want->fmspc));
	want->platform_ca = issuer == ASSAY_ROLE_PLATFORM_CA;
	memcpy(want->root, root, sizeof(want->root));
	return true;
}

bool collateral_same(const struct collateral_want *a,
                     const struct collateral_want *b)
{
	return a->tee == b->tee && a->platform_ca == b->platform_ca &&
	       a->early == b->early && a->evaluation == b->evaluation &&
	       memcmp(a->fmspc, b->fmspc, sizeof(a->fmspc)) == 0 &&
	       memcmp(a->root, b->root, sizeof(a->root)) == 0;
}

static bool is_signed(struct assay_chain *c, struct assay_bytes chain,
                      const uint8_t root[64], struct assay_p256 *engine,
                      struct assay_err *err)
{
	return assay_chain_open(c, chain, ASSAY_DOC_PCK_CHAIN, ASSAY_CHAIN_PCK,
	                        root, err) &&
	       assay_cert_signed(assay_chain_ca(c), root, engine, err) &&
	       assay_cert_signed(&c->cert[0], assay_chain_ca(c)->key, engine,
	                         err);
}

bool collateral_certified(const struct collateral_source *s,
                          struct assay_bytes in, struct assay_bytes chain,
                          struct assay_err *err)
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	struct assay_chain *c = malloc(sizeof(*c));
	struct assay_quote quote;
	bool good = false;

	if (err)
		*err = (struct assay_err){ 0 }; /* memory may be short */
	if (engine && c && assay_quote_parse(&quote, in, false, err) &&
	    choose_chain(&chain, &quote, chain, err))
		for (size_t i = 0; !good && i < s->roots.n; i++)
			good = is_signed(c, chain, s->roots.key[i], engine,
			                 err);
	free(c);
	assay_p256_free(engine);
	return good;
}

const char *collateral_kind(char out[COLLATERAL_KIND],
                            const struct collateral_want *want)
{
	if (want->evaluation)
		snprintf(out, COLLATERAL_KIND, "%u", want->evaluation);
	else
		snprintf(out, COLLATERAL_KIND, "%s",
		         want->early ? "early" : "standard");
	return out;
}

const char *collateral_tee(const struct collateral_want *want)
{
	return want->tee == ASSAY_TEE_TDX ? "tdx" : "sgx";
}

const char *collateral_ca(const struct collateral_want *want)
{
	return want->platform_ca ? "platform" : "processor";
}
