/* pcs.c - a simulated manufacturer's answers [DCAP 3.5]. */
#include "serve/pcs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "forge/x509_make.h"

#define JSON "application/json"
#define PEM "application/x-pem-file"
#define CRL "application/pkix-crl"

enum { OK = 200, BAD = 400, NOT_FOUND = 404, GONE = 410, FAILED = 500 };

/* ---- what every answer has */

static void put_request_id(struct http_answer *a)
{
	uint8_t id[16];
	char text[33];

	a->bad |= !assay_random(id, sizeof(id));
	assay_hex_print(text, id, sizeof(id), false);
	http_put_header(a, "Request-ID", buf_text(text));
}

static void begin(struct http_answer *a, unsigned status, const char *type)
{
	a->status = status;
	a->type = type;
	put_request_id(a);
}

static void error(struct http_answer *a, unsigned status, const char *code,
                  const char *message)
{
	begin(a, status, NULL);
	http_put_header(a, "Error-Code", buf_text(code));
	http_put_header(a, "Error-Message", buf_text(message));
}

void pcs_error(struct http_answer *a, unsigned status)
{
	if (status == NOT_FOUND)
		error(a, status, "NotFound", "There is no such resource.");
	else if (status == FAILED)
		error(a, status, "InternalError",
		      "An internal error occurred.");
	else
		error(a, status, "InvalidRequestSyntax",
		      "The request is not one of this service.");
}

static void bad_request(struct http_answer *a, const char *message)
{
	error(a, BAD, "InvalidRequestSyntax", message);
}

static void failed(struct http_answer *a, const struct pcs *p)
{
	fprintf(stderr, "assay: sim pcs: %s\n", sim_maker_why(p->maker));
	pcs_error(a, FAILED);
}

static int64_t now(const struct pcs *p)
{
	return p->has_at ? p->at : (int64_t)time(NULL);
}

bool pcs_refresh(void *self)
{
	struct pcs *p = self;

	if (sim_maker_refresh(p->maker))
		return true;
	fprintf(stderr, "assay: sim pcs: %s\n", sim_maker_why(p->maker));
	return false;
}

/* ---- arguments */

/* Exactly n bytes of hex, once; else the answer is made. */
static bool hex_argument(uint8_t *out, size_t n, struct http_answer *a,
                         const struct http_request *request, const char *name)
{
	const char *text;
	char message[64];

	if (http_argument(request, name, &text) == HTTP_ONCE &&
	    assay_hex_parse(out, n, buf_text(text)))
		return true;
	snprintf(message, sizeof(message), "%s: want %zu hex digits.", name,
	         2 * n);
	bad_request(a, message);
	return false;
}

/* One of the words, or `without` where there is none; else the answer is made
 * and NULL. */
static const char *word_argument(struct http_answer *a,
                                 const struct http_request *request,
                                 const char *name, const char *const *words,
                                 const char *without)
{
	const char *text;
	char message[96];
	size_t n;
	enum http_times times = http_argument(request, name, &text);

	if (times == HTTP_NONE && without)
		return without;
	for (size_t i = 0; times == HTTP_ONCE && words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			return words[i];
	n = (size_t)snprintf(message, sizeof(message), "%s: want one of", name);
	for (size_t i = 0; words[i] && n < sizeof(message); i++)
		n += (size_t)snprintf(message + n, sizeof(message) - n, " %s",
		                      words[i]);
	bad_request(a, message);
	return NULL;
}

/* The evaluation that is asked for: by its number, early, or standard, which it
 * is where nothing is said; else the answer is made. */
static bool set_argument(uint32_t *number, struct http_answer *a,
                         const struct pcs *p,
                         const struct http_request *request)
{
	static const char *const words[] = { "early", "standard", NULL };
	const struct ledger_evaluation *sets;
	const char *text, *update, *unused;
	size_t n;
	enum http_times times = http_argument(request,
	                                      "tcbEvaluationDataNumber", &text);

	if (times != HTTP_NONE &&
	    http_argument(request, "update", &unused) != HTTP_NONE) {
		bad_request(a, "update and tcbEvaluationDataNumber exclude "
		               "each other.");
		return false;
	}
	if (times == HTTP_ONCE && text[0] && strlen(text) < 10 &&
	    strspn(text, "0123456789") == strlen(text)) {
		*number = (uint32_t)strtoul(text, NULL, 10);
		return true;
	}
	if (times != HTTP_NONE) {
		bad_request(a, "tcbEvaluationDataNumber: want a number.");
		return false;
	}
	update = word_argument(a, request, "update", words, "standard");
	sets = sim_maker_evaluations(p->maker, &n);
	if (update)
		*number =
			strcmp(update, "early") == 0
				? sets[n - 1].number
				: sim_maker_standard(p->maker, now(p))->number;
	return update != NULL;
}

/* Whether an evaluation of this number was ever published. */
static bool is_known(const struct pcs *p, uint32_t number)
{
	size_t n;
	const struct ledger_evaluation *sets = sim_maker_evaluations(p->maker,
	                                                             &n);

	return number >= sets[0].number && number <= sets[n - 1].number;
}

/* ---- documents */

/* A document of the ledger as the body; NOT_FOUND or GONE where there is
 * none. */
static void put_document(struct http_answer *a, struct pcs *p, const char *type,
                         const char *name, unsigned without)
{
	struct assay_bytes body;

	switch (sim_maker_document(p->maker, &body, name)) {
	case LEDGER_FAILED:
		failed(a, p);
		break;
	case LEDGER_NONE:
		if (without == GONE)
			error(a, GONE, "Gone", "No longer available.");
		else
			pcs_error(a, without);
		break;
	case LEDGER_FOUND:
		begin(a, OK, type);
		buf_put_bytes(&a->body, body);
		break;
	}
}

static void tcb(void *self, struct http_answer *a,
                const struct http_request *request)
{
	struct pcs *p = self;
	struct ledger_family f;
	uint8_t fmspc[6];
	char name[SIM_DOCUMENT_NAME];
	enum ledger_found found;
	uint32_t number;

	if (!hex_argument(fmspc, sizeof(fmspc), a, request, "fmspc") ||
	    !set_argument(&number, a, p, request))
		return;
	found = sim_maker_family(p->maker, &f, fmspc);
	if (found == LEDGER_FAILED) {
		failed(a, p);
		return;
	}
	sim_tcb_name(name, fmspc, number);
	put_document(a, p, JSON, name,
	             found == LEDGER_FOUND && is_known(p, number) ? GONE
	                                                          : NOT_FOUND);
	if (a->status == OK)
		http_put_encoded(a, "TCB-Info-Issuer-Chain",
		                 sim_maker_signer_chain(p->maker));
}

static void qe_identity(void *self, struct http_answer *a,
                        const struct http_request *request)
{
	struct pcs *p = self;
	uint32_t number;
	char name[SIM_DOCUMENT_NAME];

	if (!set_argument(&number, a, p, request))
		return;
	sim_qe_name(name, number);
	put_document(a, p, JSON, name, is_known(p, number) ? GONE : NOT_FOUND);
	if (a->status == OK)
		http_put_encoded(a, "SGX-Enclave-Identity-Issuer-Chain",
		                 sim_maker_signer_chain(p->maker));
}

static void numbers(void *self, struct http_answer *a,
                    const struct http_request *request)
{
	struct pcs *p = self;

	(void)request;
	put_document(a, p, JSON, "numbers", FAILED);
	if (a->status == OK)
		http_put_encoded(a, "TCB-Evaluation-Data-Numbers-Issuer-Chain",
		                 sim_maker_signer_chain(p->maker));
}

/* ---- revocation lists */

/* Rewrites the DER in the body as PEM, or as hex. */
static void recode(struct http_answer *a, bool pem)
{
	struct buf text = { 0 };

	if (pem)
		sim_pem(&text, "X509 CRL", buf_bytes(&a->body));
	else
		for (size_t i = 0; i < a->body.len; i++)
			buf_printf(&text, "%02x", a->body.ptr[i]);
	buf_free(&a->body);
	a->body = text;
}

static void pckcrl(void *self, struct http_answer *a,
                   const struct http_request *request)
{
	static const char *const cas[] = { "processor", "platform", NULL };
	static const char *const encodings[] = { "pem", "der", NULL };
	struct pcs *p = self;
	const char *ca = word_argument(a, request, "ca", cas, NULL);
	const char *encoding = ca ? word_argument(a, request, "encoding",
	                                          encodings, "pem")
	                          : NULL;
	const bool pem = encoding && strcmp(encoding, "pem") == 0;
	const enum sim_ca issuer = ca == cas[0] ? SIM_CA_PROCESSOR
	                                        : SIM_CA_PLATFORM;
	char name[SIM_DOCUMENT_NAME];

	if (!encoding)
		return;
	sim_crl_name(name, issuer);
	put_document(a, p, pem ? PEM : CRL, name, FAILED);
	if (a->status != OK)
		return;
	if (pem)
		recode(a, true);
	http_put_encoded(a, "SGX-PCK-CRL-Issuer-Chain",
	                 sim_maker_ca_chain(p->maker, issuer));
}

static void root_crl(void *self, struct http_answer *a,
                     const struct http_request *request)
{
	(void)request;
	put_document(a, self, CRL, "crl/root", FAILED);
}

/* As Intel's caching service gives it: hex, of that type all the same
 * [DCAP 3.6]. */
static void root_crl_hex(void *self, struct http_answer *a,
                         const struct http_request *request)
{
	root_crl(self, a, request);
	if (a->status == OK)
		recode(a, false);
}

/* ---- families */

struct listing {
	struct buf *out;
	const char *platform; /* "all", or the one that is listed */
};

/* What kind of platform it is for: one CA is for those with several
 * processors. */
static const char *kind_of(const struct ledger_family *f)
{
	return f->ca == SIM_CA_PLATFORM ? "E5" : "client";
}

static bool put_family(void *arg, const struct ledger_family *f)
{
	struct listing *l = arg;
	char digits[13];

	if (strcmp(l->platform, "all") != 0 &&
	    strcmp(l->platform, kind_of(f)) != 0)
		return true;
	assay_hex_print(digits, f->fmspc, sizeof(f->fmspc), true);
	buf_printf(l->out, "%s{\"fmspc\":\"%s\",\"platform\":\"%s\"}",
	           l->out->len > 1 ? "," : "", digits, kind_of(f));
	return true;
}

static void fmspcs(void *self, struct http_answer *a,
                   const struct http_request *request)
{
	static const char *const words[] = { "all", "client", "E3", "E5",
		                             NULL };
	struct pcs *p = self;
	struct listing l = { &a->body, word_argument(a, request, "platform",
		                                     words, "all") };

	if (!l.platform)
		return;
	buf_printf(l.out, "[");
	if (!sim_maker_each_family(p->maker, put_family, &l)) {
		buf_clear(&a->body);
		failed(a, p);
		return;
	}
	buf_printf(l.out, "]");
	begin(a, OK, JSON);
}

/* ---- PCK certificates */

/* The processor that is asked for, and its family; else the answer is made.
 * Whether a ciphertext is a good one is not told apart from whether it is of a
 * processor: nobody is to learn about others' PPIDs here. */
static bool find(struct ledger_processor *processor, struct ledger_family *f,
                 struct http_answer *a, struct pcs *p,
                 const struct http_request *request)
{
	uint8_t encrypted[ASSAY_RSA3072_LEN], pce_id[2];
	const char *key = http_header(request, "PPID-Encryption-Key");

	if (key && strcmp(key, "RSA-3072") != 0) {
		bad_request(a, "PPID-Encryption-Key: want RSA-3072.");
		return false;
	}
	if (!hex_argument(encrypted, sizeof(encrypted), a, request,
	                  "encrypted_ppid") ||
	    !hex_argument(pce_id, sizeof(pce_id), a, request, "pceid"))
		return false;
	switch (sim_maker_by_ppid(p->maker, processor, encrypted)) {
	case LEDGER_FAILED:
		failed(a, p);
		return false;
	case LEDGER_FOUND:
		if ((pce_id[0] | pce_id[1] << 8) != processor->pce_id ||
		    processor->revoked)
			break;
		if (sim_maker_family_of(p->maker, f, processor))
			return true;
		failed(a, p);
		return false;
	case LEDGER_NONE:
		break;
	}
	pcs_error(a, NOT_FOUND);
	return false;
}

/* What answers about a processor's certificates have beside them. */
static void put_family_of(struct http_answer *a, const struct pcs *p,
                          const struct ledger_family *f)
{
	char digits[13];

	http_put_encoded(a, "SGX-PCK-Certificate-Issuer-Chain",
	                 sim_maker_ca_chain(p->maker, f->ca));
	assay_hex_print(digits, f->fmspc, sizeof(f->fmspc), true);
	http_put_header(a, "SGX-FMSPC", buf_text(digits));
	http_put_header(a, "SGX-PCK-Certificate-CA-Type",
	                buf_text(sim_ca_name(f->ca)));
}

/* The certificate of a state; else the answer is made. */
static bool certify(struct ledger_cert *cert, struct http_answer *a,
                    struct pcs *p, const struct ledger_processor *processor,
                    const uint8_t tcbm[18])
{
	switch (sim_maker_certify(p->maker, cert, processor, tcbm, now(p))) {
	case LEDGER_FOUND:
		return true;
	case LEDGER_NONE:
		pcs_error(a, NOT_FOUND);
		return false;
	case LEDGER_FAILED:
		break;
	}
	failed(a, p);
	return false;
}

static void pckcert(void *self, struct http_answer *a,
                    const struct http_request *request)
{
	struct pcs *p = self;
	struct ledger_processor processor;
	struct ledger_family family;
	struct ledger_cert cert;
	struct sim_psvn psvn;
	uint8_t tcbm[18], pce_svn[2];
	char digits[37];

	if (!hex_argument(psvn.cpu_svn, 16, a, request, "cpusvn") ||
	    !hex_argument(pce_svn, 2, a, request, "pcesvn") ||
	    !find(&processor, &family, a, p, request))
		return;
	psvn.pce_svn = (uint16_t)(pce_svn[0] | pce_svn[1] << 8);
	if (sim_maker_reached(p->maker, tcbm, &psvn) != LEDGER_FOUND) {
		pcs_error(a, NOT_FOUND);
		return;
	}
	if (!certify(&cert, a, p, &processor, tcbm))
		return;
	begin(a, OK, PEM);
	sim_pem(&a->body, "CERTIFICATE", cert.der);
	assay_hex_print(digits, tcbm, sizeof(tcbm), true);
	http_put_header(a, "SGX-TCBm", buf_text(digits));
	put_family_of(a, p, &family);
}

static void put_state(struct buf *out, const uint8_t tcbm[18],
                      const struct ledger_cert *cert)
{
	struct buf pem = { 0 };
	char digits[37];

	buf_printf(out, "%s{\"tcb\":{", out->len > 1 ? "," : "");
	for (unsigned i = 0; i < 16; i++)
		buf_printf(out, "\"sgxtcbcomp%02usvn\":%u,", i + 1, tcbm[i]);
	assay_hex_print(digits, tcbm, 18, true);
	buf_printf(out, "\"pcesvn\":%u},\"tcbm\":\"%s\",\"cert\":\"",
	           tcbm[16] | tcbm[17] << 8, digits);
	sim_pem(&pem, "CERTIFICATE", cert->der);
	http_encode(out, buf_bytes(&pem));
	out->bad |= pem.bad;
	buf_free(&pem);
	buf_printf(out, "\"}");
}

/* The certificates of all states, reached or not: who has not reached one has
 * not its key either. */
static void pckcerts(void *self, struct http_answer *a,
                     const struct http_request *request)
{
	struct pcs *p = self;
	struct ledger_processor processor;
	struct ledger_family family;
	struct ledger_cert cert;
	uint8_t tcbm[18];

	if (!find(&processor, &family, a, p, request))
		return;
	buf_printf(&a->body, "[");
	for (size_t i = 0; sim_maker_state(p->maker, tcbm, i) == LEDGER_FOUND;
	     i++) {
		if (!certify(&cert, a, p, &processor, tcbm)) {
			buf_clear(&a->body);
			return;
		}
		put_state(&a->body, tcbm, &cert);
	}
	buf_printf(&a->body, "]");
	begin(a, OK, JSON);
	put_family_of(a, p, &family);
}

static void pckcerts_config(void *self, struct http_answer *a,
                            const struct http_request *request)
{
	uint8_t cpu_svn[16];

	if (hex_argument(cpu_svn, sizeof(cpu_svn), a, request, "cpusvn"))
		pckcerts(self, a, request);
}

/* ---- */

#define V4 "/sgx/certification/v4/"

const struct http_route pcs_routes[] = {
	{ .path = V4 "pckcert", .answer = pckcert },
	{ .path = V4 "pckcerts", .answer = pckcerts },
	{ .path = V4 "pckcerts/config", .answer = pckcerts_config },
	{ .path = V4 "pckcrl", .answer = pckcrl },
	{ .path = V4 "tcb", .answer = tcb },
	{ .path = V4 "qe/identity", .answer = qe_identity },
	{ .path = V4 "fmspcs", .answer = fmspcs },
	{ .path = V4 "tcbevaluationdatanumbers", .answer = numbers },
	{ .path = V4 "rootcacrl", .answer = root_crl_hex },
	{ .path = "/IntelSGXRootCA.der", .answer = root_crl },
	{ .path = "/SimulationSGXRootCA.der", .answer = root_crl },
	{ 0 },
};
