/*
 * t_flips.c - every bit of a quote and of each document of its collateral,
 * flipped alone: the evidence is refused, or the bit is in a place that no
 * signature covers, and then nothing that the verdict says has changed.
 *
 * The places are written down below.  A run of every 37th bit is the rule;
 * with ASSAY_LONG in the environment every bit is flipped.
 */
#include "base/text.h"
#include "format/cert.h"
#include "h_verdict.h"
#include "forge/world.h"
#include "tap.h"

#include <string.h>

enum { STRIDE = 37 };

/* ---- the places that no signature covers */

/*
 * The root's certificate is a hint: what is trusted is its key, which is an
 * argument [DCAP 2.4] X4, and its name, which must be the issuer's in the
 * certificate below it.  Of the rest nothing is believed.
 */
enum place {
	ROOT_SERIAL,
	ROOT_DATES,
	ROOT_EXTENSIONS,
	ROOT_SIGNATURE,
	DIGIT_CASE,
	PPID_CIPHER,
	N_PLACES
};
static const struct {
	const char *where, *why;
} places[N_PLACES] = {
	[ROOT_SERIAL] = { "the root certificate's serial number",
	                  "nobody looks it up" },
	[ROOT_DATES] = { "the root certificate's dates",
	                 "they can end a judgement, but are no facts" },
	[ROOT_EXTENSIONS] = { "the root certificate's extensions",
	                      "key identifiers and URLs are not followed; more "
	                      "usage and longer paths than are needed change "
	                      "nothing" },
	[ROOT_SIGNATURE] = { "the root certificate's signature",
	                     "by a key upon itself: says nothing" },
	[DIGIT_CASE] = { "letters among the hex digits of a JSON signature, or "
	                 "of a list in hex",
	                 "upper and lower case are the same number" },
	[PPID_CIPHER] = { "the encrypted PPID of certification data 2 and 3",
	                  "only the manufacturer can decrypt it; CPUSVN, "
	                  "PCESVN "
	                  "and the QE report's signature bind the leaf" },
};
static size_t n_met[N_PLACES];

/* A document of the evidence, whose bits are flipped in a copy. */
enum form { FORM_PLAIN, FORM_DIGITS, FORM_CHAIN, FORM_JSON, FORM_QUOTE };
struct document {
	const char *name;
	enum form form;
	uint8_t *bytes;
	size_t len;
	/* of the root in its PEM text, if there is one: the block's base64, its
	 * DER as it was, and that read */
	size_t root_at, root_len;
	uint8_t root[ASSAY_CERT_MAX];
	struct assay_cert cert;
};

/* The root is the last certificate of each chain. */
static void find_root(struct document *d, struct assay_bytes text)
{
	struct assay_bytes body;
	size_t pos = 0, n;

	while (assay_pem_next(&body, text, &pos, "CERTIFICATE")) {
		d->root_at = (size_t)(body.ptr - d->bytes);
		d->root_len = body.len;
	}
	body = (struct assay_bytes){ d->bytes + d->root_at, d->root_len };
	if (!assay_base64_parse(d->root, &n, body, true) ||
	    !assay_cert_parse(&d->cert, (struct assay_bytes){ d->root, n },
	                      ASSAY_DOC_ROOT, NULL))
		abort();
}

/* Of which part of the root's certificate a byte of its DER is. */
static enum place root_place(const struct document *d, size_t at)
{
	const struct assay_cert *c = &d->cert;
	size_t serial = (size_t)(c->serial.ptr - d->root);
	size_t tbs_end = (size_t)(c->tbs.ptr - d->root) + c->tbs.len;

	if (at >= serial && at - serial < c->serial.len)
		return ROOT_SERIAL;
	if (at >= c->validity_at && at < c->subject_at)
		return ROOT_DATES;
	if (at >= c->extensions_at && at < tbs_end)
		return ROOT_EXTENSIONS;
	return at >= c->sig_at ? ROOT_SIGNATURE : N_PLACES;
}

/* The place in the root's certificate that the flip at `at` of the text
 * changed; N_PLACES if it is none, or it changed more than one. */
static enum place changed_root(const struct document *d, size_t at)
{
	struct assay_bytes body = { d->bytes + d->root_at, d->root_len };
	enum place place = N_PLACES;
	uint8_t der[ASSAY_CERT_MAX];
	size_t n;

	if (!d->root_len || at < d->root_at || at >= d->root_at + d->root_len ||
	    !assay_base64_parse(der, &n, body, true) || n != d->cert.der.len)
		return N_PLACES;
	for (size_t i = 0; i < n; i++) {
		if (der[i] == d->root[i])
			continue;
		if (place != N_PLACES && place != root_place(d, i))
			return N_PLACES;
		place = root_place(d, i);
	}
	return place;
}

/* A signature beside its document, and a list in hex, are nothing but digits;
 * in a whole document 128 of them stand behind the member's name. */
static bool is_digit_case(const struct document *d, size_t at, unsigned bit)
{
	static const char member[] = "\"signature\":\"";
	const uint8_t *p = memmem(d->bytes, d->len, member, sizeof(member) - 1);
	uint8_t c = d->bytes[at] | 0x20;
	size_t from = p ? (size_t)(p - d->bytes) + sizeof(member) - 1 : d->len;

	return bit == 5 && c >= 'a' && c <= 'f' &&
	       (d->form == FORM_DIGITS || (at >= from && at < from + 128));
}

/* The certification data of types 2 and 3 begin with it, and end 20 bytes
 * behind it. */
static bool is_ppid_cipher(const struct document *d, size_t at)
{
	struct assay_quote q;

	if (!assay_quote_parse(&q, (struct assay_bytes){ d->bytes, d->len },
	                       true, NULL) ||
	    (q.cert_type != 2 && q.cert_type != 3))
		return false;
	return at >= q.cert_at && at < q.cert_at + q.cert.len - 20;
}

static enum place place_of(const struct document *d, size_t at, unsigned bit)
{
	if ((d->form == FORM_JSON || d->form == FORM_DIGITS) &&
	    is_digit_case(d, at, bit))
		return DIGIT_CASE;
	if (d->form == FORM_QUOTE && is_ppid_cipher(d, at))
		return PPID_CIPHER;
	return changed_root(d, at);
}

/* ---- evidence */

enum { MAX_DOCUMENTS = 8 };

struct set {
	struct sim_world world;
	struct assay_evidence evidence;
	struct assay_collateral collateral;
	struct assay_bytes beside; /* a PCK chain beside the quote */
	struct buf pem, hex;       /* root CRL and PCK CRL as text, or */
	struct assay_bytes root_crl_text, pck_crl_text; /* empty */
	struct assay_terms terms;
	struct assay_trust *trust; /* of the true collateral */
	struct assay_trust *scratch;
	struct assay_memo *memo;
	struct assay_verdict truth;
	struct document documents[MAX_DOCUMENTS];
	size_t n_documents;
};

static const struct {
	enum sim_kind kind;
	enum sim_who ca;
	unsigned cert_type;
	bool other_forms; /* signatures beside documents, lists as text */
	bool collateral;  /* its bits are flipped too */
} sets[] = {
	{ SIM_SGX_V3, SIM_PLATFORM_CA, 5, false, true },
	{ SIM_SGX_V4, SIM_PROCESSOR_CA, 5, false, false },
	{ SIM_SGX_V5, SIM_PLATFORM_CA, 5, false, false },
	{ SIM_TDX_V4, SIM_PLATFORM_CA, 5, false, false },
	{ SIM_TDX10_V5, SIM_PLATFORM_CA, 5, false, false },
	{ SIM_TDX15_V5, SIM_PLATFORM_CA, 5, false, true },
	{ SIM_SGX_V3, SIM_PLATFORM_CA, 1, true, false },
	{ SIM_SGX_V3, SIM_PLATFORM_CA, 3, true, false },
	{ SIM_TDX_V4, SIM_PLATFORM_CA, 2, false, false },
	{ SIM_TDX15_V5, SIM_PLATFORM_CA, 4, false, false },
};

static void add_document(struct set *s, const char *name, enum form form,
                         struct assay_bytes *view)
{
	struct document *d = &s->documents[s->n_documents++];

	memset(d, 0, sizeof(*d));
	d->name = name;
	d->form = form;
	d->len = view->len;
	d->bytes = malloc(d->len);
	if (!d->bytes)
		abort();
	memcpy(d->bytes, view->ptr, d->len);
	view->ptr = d->bytes;
	if (form == FORM_CHAIN)
		find_root(d, *view);
}

static void split(struct assay_signed_json *doc, const struct sim_json *json)
{
	doc->doc = buf_bytes(&json->inner);
	doc->sig_hex = buf_text(json->sig_hex);
}

static void use_other_forms(struct set *s, unsigned tee)
{
	struct sim_world *w = &s->world;
	struct assay_bytes der = s->collateral.pck_crl;

	split(&s->collateral.tcb_info, &w->tcb_info[tee]);
	split(&s->collateral.qe_identity, &w->qe_identity[tee]);
	sim_pem(&s->pem, "X509 CRL", s->collateral.root_ca_crl);
	for (size_t i = 0; i < der.len; i++)
		buf_printf(&s->hex, "%02x", der.ptr[i]);
	s->root_crl_text = buf_bytes(&s->pem);
	s->pck_crl_text = buf_bytes(&s->hex);
}

static void add_documents(struct set *s, size_t i)
{
	struct assay_collateral *c = &s->collateral;
	struct assay_quote q;

	add_document(s, "quote", FORM_QUOTE, &s->evidence.quote);
	if (!assay_quote_parse(&q, s->evidence.quote, true, NULL))
		abort();
	if (sets[i].cert_type == 5)
		find_root(&s->documents[0], q.cert);
	else
		add_document(s, "PCK chain", FORM_CHAIN, &s->beside);
	if (sets[i].other_forms) {
		add_document(s, "TCB info's signature", FORM_DIGITS,
		             &c->tcb_info.sig_hex);
		add_document(s, "QE identity's signature", FORM_DIGITS,
		             &c->qe_identity.sig_hex);
		add_document(s, "root CRL in PEM", FORM_PLAIN,
		             &s->root_crl_text);
		add_document(s, "PCK CRL in hex", FORM_DIGITS,
		             &s->pck_crl_text);
	}
	if (!sets[i].collateral)
		return;
	add_document(s, "TCB info", FORM_JSON, &c->tcb_info.doc);
	add_document(s, "QE identity", FORM_JSON, &c->qe_identity.doc);
	add_document(s, "TCB info's chain", FORM_CHAIN,
	             &c->tcb_info_issuer_chain);
	add_document(s, "QE identity's chain", FORM_CHAIN,
	             &c->qe_identity_issuer_chain);
	add_document(s, "root CRL", FORM_PLAIN, &c->root_ca_crl);
	add_document(s, "PCK CRL", FORM_PLAIN, &c->pck_crl);
	add_document(s, "PCK CRL's chain", FORM_CHAIN,
	             &c->pck_crl_issuer_chain);
}

/* A quote whose certification data are not the chain. */
static bool other_data(struct set *s, unsigned type, struct buf *data)
{
	struct sim_quote_spec spec = s->world.quote_spec;

	if (type == 4)
		buf_put_bytes(data, buf_bytes(&s->world.der[SIM_PCK]));
	else
		sim_world_ppid_data(data, &s->world, type, true);
	spec.cert_type = (uint16_t)type;
	spec.cert = buf_bytes(data);
	s->beside = buf_bytes(&s->world.pem[SIM_CHAIN_PCK]);
	return sim_world_quote(&s->world.quote, &s->world, &spec);
}

/* Lists that are text, decoded; what is none is refused here. */
static bool read_lists(struct assay_err *err, struct set *s)
{
	static uint8_t memory[4096];
	struct assay_scratch scratch = { .ptr = memory, .len = sizeof(memory) };

	if (!s->root_crl_text.len)
		return true;
	s->collateral.root_ca_crl = s->collateral.pck_crl =
		(struct assay_bytes){ 0 };
	return assay_collateral_add(&s->collateral, ASSAY_PART_ROOT_CA_CRL,
	                            s->root_crl_text, &scratch, err) &&
	       assay_collateral_add(&s->collateral, ASSAY_PART_PCK_CRL,
	                            s->pck_crl_text, &scratch, err);
}

static bool judge_all(struct assay_verdict *v, struct set *s,
                      struct assay_trust *trust)
{
	s->collateral.pck_chain = s->beside;
	memset(v, 0, sizeof(*v));
	if (!read_lists(&v->failed, s))
		return false;
	return assay_verify_evidence(v, trust, s->memo, &s->evidence,
	                             &s->collateral,
	                             s->world.keys[SIM_ROOT].key, &s->terms);
}

static void open_set(struct set *s, size_t i)
{
	struct sim_world *w = &s->world;
	struct buf data = { 0 };
	unsigned tee = sets[i].kind >= SIM_TDX_V4 ? SIM_TDX : SIM_SGX;

	memset(s, 0, sizeof(*s));
	s->trust = malloc(assay_trust_size());
	s->scratch = malloc(assay_trust_size());
	s->memo = assay_memo_new(1, NULL);
	if (!s->trust || !s->scratch || !s->memo ||
	    !sim_world_default(w, sets[i].kind))
		abort();
	sim_world_use_ca(w, sets[i].ca);
	if (!sim_world_build(w) || (sets[i].cert_type != 5 &&
	                            !other_data(s, sets[i].cert_type, &data)))
		abort();
	buf_free(&data);
	sim_world_collateral(&s->collateral, w);
	if (sets[i].other_forms)
		use_other_forms(s, tee);
	s->evidence.quote = buf_bytes(&w->quote);
	s->terms.now = w->now;
	/* the trust borrows: not what is going to be flipped */
	ok(judge_all(&s->truth, s, s->trust) &&
	           s->truth.status == ASSAY_STATUS_UP_TO_DATE,
	   "%s, certification data %u: genuine %s", sim_kind_name(w->kind),
	   sets[i].cert_type, s->truth.failed.note);
	add_documents(s, i);
}

static void close_set(struct set *s)
{
	for (size_t i = 0; i < s->n_documents; i++)
		free(s->documents[i].bytes);
	buf_free(&s->pem);
	buf_free(&s->hex);
	assay_memo_free(s->memo);
	free(s->trust);
	free(s->scratch);
	sim_world_free(&s->world);
}

/* ---- flipping */

/* The trust stays what it was while only the quote changes. */
static bool judge(struct assay_verdict *v, struct set *s,
                  const struct document *d, struct assay_memo *memo)
{
	if (d->form != FORM_QUOTE)
		return judge_all(v, s, s->scratch);
	return assay_verify(v, s->trust, memo, s->evidence.quote, s->beside,
	                    &s->terms);
}

struct count {
	size_t n, n_accepted, n_bad;
};

static void fault(struct count *c, const struct document *d, size_t at,
                  unsigned bit, const char *what)
{
	if (c->n_bad++ < 8)
		note("byte %zu (0x%02x), bit %u of the %s: %s", at,
		     d->bytes[at], bit, d->name, what);
}

/* An accepted flip, the bit still flipped. */
static void check_accepted(struct count *c, struct set *s,
                           const struct document *d, size_t at, unsigned bit,
                           const struct assay_verdict *v)
{
	const char *what = verdict_differs(&s->truth, v);
	enum place place = place_of(d, at, bit);

	c->n_accepted++;
	if (place == N_PLACES)
		fault(c, d, at, bit, "accepted");
	else if (what)
		fault(c, d, at, bit, what);
	else
		n_met[place]++;
}

static void flip(struct count *c, struct set *s, struct document *d, size_t i)
{
	struct assay_verdict v, plain;
	size_t at = i / 8;
	unsigned bit = i % 8;

	c->n++;
	d->bytes[at] ^= (uint8_t)(1u << bit);
	if (judge(&v, s, d, s->memo))
		check_accepted(c, s, d, at, bit, &v);
	else if (!v.failed.check || !v.failed.doc || !v.failed.note[0])
		fault(c, d, at, bit, "refused without a reason");
	if (d->form == FORM_QUOTE && i % STRIDE == 0) {
		(void)!judge(&plain, s, d, NULL);
		if (verdict_differs(&plain, &v))
			fault(c, d, at, bit, "another verdict by the memo");
	}
	d->bytes[at] ^= (uint8_t)(1u << bit);
}

static void test_document(struct set *s, struct document *d, size_t start,
                          bool every)
{
	size_t step = every ? 1 : STRIDE;
	struct assay_verdict v;
	struct count c = { 0 };

	for (size_t i = every ? 0 : start % STRIDE; i < 8 * d->len; i += step)
		flip(&c, s, d, i);
	ok(!c.n_bad && c.n > c.n_accepted,
	   "%s: %zu of %zu bits flipped, %zu "
	   "accepted",
	   d->name, c.n, 8 * d->len, c.n_accepted);
	ok(judge(&v, s, d, s->memo) && !verdict_differs(&s->truth, &v),
	   "%s: genuine again", d->name);
}

int main(void)
{
	static struct set s;
	bool every = getenv("ASSAY_LONG") != NULL;
	size_t start = 0;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		open_set(&s, i);
		for (size_t k = 0; k < s.n_documents; k++)
			test_document(&s, &s.documents[k], start += 11, every);
		close_set(&s);
	}
	for (size_t i = 0; i < N_PLACES; i++)
		ok(n_met[i] > 0, "%s: %zu flips are free, for %s",
		   places[i].where, n_met[i], places[i].why);
	return done();
}
