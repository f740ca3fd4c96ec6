/* chain.c - one walker for every chain of certificates [DCAP 2.4]. */
#include "verify/chain.h"

#include "base/rd.h"
#include "base/text.h"

#include <string.h>

/* The places of each kind of chain, the end first. */
static const struct {
	size_t n;
	enum assay_role end; /* of an end entity, or NONE */
	enum assay_doc docs[ASSAY_CHAIN_MAX];
} uses[] = {
	[ASSAY_CHAIN_PCK] = { 3,
	                      ASSAY_ROLE_PCK,
	                      { ASSAY_DOC_PCK_LEAF, ASSAY_DOC_PCK_CA,
	                        ASSAY_DOC_ROOT } },
	[ASSAY_CHAIN_CA] = { 2,
	                     ASSAY_ROLE_NONE,
	                     { ASSAY_DOC_PCK_CA, ASSAY_DOC_ROOT,
	                       ASSAY_DOC_ROOT } },
	[ASSAY_CHAIN_SIGNER] = { 2,
	                         ASSAY_ROLE_TCB_SIGNER,
	                         { ASSAY_DOC_TCB_SIGNER, ASSAY_DOC_ROOT,
	                           ASSAY_DOC_ROOT } },
};

/* ---- the checks, each in its one place */

static bool bad_text(struct assay_err *err, enum assay_doc doc, size_t at,
                     const char *what)
{
	return assay_fail(err, ASSAY_X_PEM, doc, at, "%s", what);
}

static bool bad_length(struct assay_err *err, enum assay_doc doc, size_t at,
                       const char *what, size_t got, size_t want)
{
	return assay_fail(err, ASSAY_X_CHAIN_LEN, doc, at,
	                  "%s: got %zu certificates, want %zu", what, got,
	                  want);
}

static bool bad_name(struct assay_err *err, const struct assay_cert *cert,
                     struct assay_bytes name, const char *what)
{
	return assay_fail(err, ASSAY_X_NAME, cert->doc,
	                  (size_t)(name.ptr - cert->der.ptr), "%s", what);
}

static bool check_ca(const struct assay_cert *cert, bool want,
                     struct assay_err *err)
{
	if (cert->is_ca == want)
		return true;
	return assay_fail(err, ASSAY_X_CA, cert->doc, cert->extensions_at,
	                  want ? "an issuer that is no CA"
	                       : "a CA in the place of an end entity");
}

static bool check_usage(const struct assay_cert *cert, unsigned want,
                        struct assay_err *err)
{
	if ((cert->key_usage & want) == want)
		return true;
	return assay_fail(err, ASSAY_X_KEYUSAGE, cert->doc, cert->extensions_at,
	                  "key usage bits are 0x%04x, want 0x%04x among them",
	                  cert->key_usage, want);
}

/* `below` CAs stand between the certificate and the end. */
static bool check_path(const struct assay_cert *cert, size_t below,
                       struct assay_err *err)
{
	if (!cert->has_path_len || cert->path_len >= below)
		return true;
	return assay_fail(err, ASSAY_X_PATHLEN, cert->doc, cert->extensions_at,
	                  "path length %u, and %zu CA stands below",
	                  cert->path_len, below);
}

/* `doc` is the chain's text: there are several, and it need not be the quote's
 * that leads elsewhere. */
static bool check_pin(const struct assay_cert *root, enum assay_doc doc,
                      const uint8_t key[64], struct assay_err *err)
{
	enum { SHOWN = 8 }; /* bytes of a key, enough to tell it */
	char has[2 * SHOWN + 1], want[2 * SHOWN + 1];

	if (memcmp(root->key, key, 64) == 0)
		return true;
	assay_hex_print(has, root->key, SHOWN, false);
	assay_hex_print(want, key, SHOWN, false);
	return assay_fail(err, ASSAY_X_ROOT_PIN, root->doc, root->key_at,
	                  "the %s ends at a root with the key %s..., and %s... "
	                  "is trusted",
	                  assay_doc_name(doc), has, want);
}

bool assay_cert_signed(const struct assay_cert *cert, const uint8_t key[64],
                       struct assay_p256 *engine, struct assay_err *err)
{
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256(digest, cert->tbs);
	if (!assay_p256_verify(engine, key, digest, cert->sig))
		return assay_fail(err, ASSAY_X_SIG, cert->doc, cert->sig_at,
		                  "the signature is not by the issuer's key");
	/* [DCAP 2.4] X8 */
	return assay_p256_on_curve(engine, cert->key) ||
	       assay_cert_wrong_key(err, cert);
}

/* ---- reading */

bool assay_cert_decode(struct assay_cert *cert, uint8_t der[ASSAY_CERT_MAX],
                       struct assay_bytes body, enum assay_doc text_doc,
                       size_t at, enum assay_doc doc, struct assay_err *err)
{
	size_t n = 0;

	if (body.len > (ASSAY_CERT_MAX - 3) / 3 * 4)
		return bad_text(err, text_doc, at,
		                "a certificate larger than 4 KB");
	if (!assay_base64_parse(der, &n, body, true))
		return bad_text(err, text_doc, at,
		                "the block that ends here is not base64");
	return assay_cert_parse(cert, (struct assay_bytes){ der, n }, doc, err);
}

/* All blocks of the text, in its order. */
static bool read_blocks(struct assay_chain *c, struct assay_bytes text,
                        enum assay_doc doc, enum assay_chain_use use,
                        struct assay_err *err)
{
	struct assay_bytes body;
	size_t pos = 0;

	while (assay_pem_next(&body, text, &pos, "CERTIFICATE")) {
		if (c->n == ASSAY_CHAIN_MAX)
			return bad_length(err, doc, pos, "more than enough",
			                  c->n + 1, uses[use].n);
		if (!assay_cert_decode(&c->cert[c->n], c->der[c->n], body, doc,
		                       pos, uses[use].docs[c->n], err))
			return false;
		if (c->n++ == 0) {
			size_t at = uses[use].end ? pos : 0;

			c->tail = (struct assay_bytes){ text.ptr + at,
				                        text.len - at };
		}
	}
	return pos == text.len ||
	       bad_text(err, doc, pos, "something other than certificates");
}

/* No end entity of another role stands anywhere, and as many as there should
 * be, each once. */
static bool check_number(const struct assay_chain *c, enum assay_doc doc,
                         enum assay_chain_use use, struct assay_err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		enum assay_role role = assay_cert_role(&c->cert[i], NULL);

		if ((role == ASSAY_ROLE_PCK || role == ASSAY_ROLE_TCB_SIGNER) &&
		    role != uses[use].end)
			return bad_name(err, &c->cert[i], c->cert[i].subject,
			                "a certificate of another role");
	}
	if (c->n != uses[use].n)
		return bad_length(err, doc, 0, "the chain", c->n, uses[use].n);
	for (size_t i = 1; i < c->n; i++)
		for (size_t k = 0; k < i; k++)
			if (assay_bytes_equal(c->cert[i].der, c->cert[k].der))
				return bad_length(err, doc, 0,
				                  "one comes twice", c->n - 1,
				                  uses[use].n);
	return true;
}

static void swap(struct assay_chain *c, size_t i, size_t k)
{
	struct assay_cert t = c->cert[i];

	c->cert[i] = c->cert[k];
	c->cert[k] = t;
	if (i != k && (i == 0 || k == 0))
		c->tail = (struct assay_bytes){ 0 };
}

/* The place up to `last` whose issuer is `name`; last + 1 if there is none. */
static size_t issued_by(const struct assay_chain *c, size_t last,
                        struct assay_bytes name)
{
	size_t i = 0;

	while (i <= last && !assay_bytes_equal(c->cert[i].issuer, name))
		i++;
	return i;
}

/* Puts the certificates in order by their names, from the root down. */
static bool put_in_order(struct assay_chain *c, enum assay_chain_use use,
                         struct assay_err *err)
{
	size_t last = c->n - 1, i = 0;

	while (i < c->n &&
	       !assay_bytes_equal(c->cert[i].issuer, c->cert[i].subject))
		i++;
	if (i == c->n)
		return bad_name(
			err, &c->cert[last], c->cert[last].issuer,
			"no certificate is its own issuer, as a root is");
	swap(c, i, last);
	for (size_t place = last; place > 0; place--) {
		i = issued_by(c, place - 1, c->cert[place].subject);
		if (i == place)
			return bad_name(err, &c->cert[place - 1],
			                c->cert[place - 1].issuer,
			                "the issuer is not the one above it");
		swap(c, i, place - 1);
	}
	for (i = 0; i < c->n; i++)
		c->cert[i].doc = uses[use].docs[i];
	return true;
}

static bool same_word(struct assay_bytes *word, const struct assay_cert *cert,
                      enum assay_role want, enum assay_role other,
                      struct assay_err *err)
{
	struct assay_bytes here = { 0 };
	enum assay_role role = assay_cert_role(cert, &here);

	if (role == ASSAY_ROLE_NONE || (role != want && role != other))
		return bad_name(err, cert, cert->subject,
		                "the name is not that of this place's role");
	if (word->len && !assay_bytes_equal(*word, here))
		return bad_name(err, cert, cert->subject,
		                "the manufacturer is not that of the root");
	*word = here;
	return true;
}

bool assay_leaf_fits(const struct assay_cert *leaf, const struct assay_cert *ca,
                     struct assay_bytes word, struct assay_err *err)
{
	if (!check_ca(leaf, false, err) ||
	    !check_usage(leaf, ASSAY_KU_DIGITAL_SIGNATURE, err))
		return false;
	if (!assay_bytes_equal(leaf->issuer, ca->subject))
		return bad_name(err, leaf, leaf->issuer,
		                "the issuer is not the one above it");
	return same_word(&word, leaf, ASSAY_ROLE_PCK, ASSAY_ROLE_PCK, err);
}

/* What every certificate may be used for. */
static bool check_uses(const struct assay_chain *c, enum assay_chain_use use,
                       struct assay_err *err)
{
	bool has_end = uses[use].end != ASSAY_ROLE_NONE;
	unsigned issues = ASSAY_KU_KEY_CERT_SIGN | ASSAY_KU_CRL_SIGN;

	for (size_t i = 0; i < c->n; i++) {
		bool ca = i > 0 || !has_end;
		size_t below = has_end && i > 0 ? i - 1 : i;

		if (!check_ca(&c->cert[i], ca, err) ||
		    !check_usage(&c->cert[i],
		                 ca ? issues : ASSAY_KU_DIGITAL_SIGNATURE,
		                 err) ||
		    !check_path(&c->cert[i], below, err))
			return false;
	}
	return true;
}

/* The names say the roles, and one manufacturer throughout. */
static bool check_names(struct assay_chain *c, enum assay_chain_use use,
                        struct assay_err *err)
{
	if (!same_word(&c->word, assay_chain_root(c), ASSAY_ROLE_ROOT,
	               ASSAY_ROLE_ROOT, err))
		return false;
	if (use == ASSAY_CHAIN_SIGNER)
		return same_word(&c->word, &c->cert[0], ASSAY_ROLE_TCB_SIGNER,
		                 ASSAY_ROLE_TCB_SIGNER, err);
	if (!same_word(&c->word, assay_chain_ca(c), ASSAY_ROLE_PROCESSOR_CA,
	               ASSAY_ROLE_PLATFORM_CA, err))
		return false;
	c->role = assay_cert_role(assay_chain_ca(c), NULL);
	return use == ASSAY_CHAIN_CA ||
	       same_word(&c->word, &c->cert[0], ASSAY_ROLE_PCK, ASSAY_ROLE_PCK,
	                 err);
}

/* Under Intel's key the names are Intel's [ASSAY roots]. */
static bool check_maker(const struct assay_chain *c, const uint8_t root_key[64],
                        struct assay_err *err)
{
	static const uint8_t intel[] = { 'I', 'n', 't', 'e', 'l' };

	if (memcmp(root_key, assay_intel_root_key, 64) != 0 ||
	    assay_bytes_equal(c->word, (struct assay_bytes){ intel, 5 }))
		return true;
	return bad_name(err, assay_chain_root(c), assay_chain_root(c)->subject,
	                "a name under Intel's key that is not Intel's");
}

bool assay_chain_open(struct assay_chain *chain, struct assay_bytes text,
                      enum assay_doc doc, enum assay_chain_use use,
                      const uint8_t root_key[64], struct assay_err *err)
{
	chain->n = 0;
	chain->text = text;
	chain->word = chain->tail = (struct assay_bytes){ 0 };
	chain->role = ASSAY_ROLE_NONE;
	return read_blocks(chain, text, doc, use, err) &&
	       check_number(chain, doc, use, err) &&
	       put_in_order(chain, use, err) &&
	       check_pin(assay_chain_root(chain), doc, root_key, err) &&
	       check_uses(chain, use, err) && check_names(chain, use, err) &&
	       check_maker(chain, root_key, err);
}

/* ---- dates */

struct assay_dated assay_cert_dated(const struct assay_cert *cert)
{
	return (struct assay_dated){ cert->doc, cert->validity_at,
		                     cert->validity };
}

struct assay_window assay_dated_window(const struct assay_dated *dated,
                                       size_t n)
{
	struct assay_window all = dated[0].window;

	for (size_t i = 1; i < n; i++) {
		struct assay_window w = dated[i].window;

		all.from = w.from > all.from ? w.from : all.from;
		all.until = w.until < all.until ? w.until : all.until;
	}
	return all;
}
