/* pccs.c - the service's collateral for others: as Intel's caching service
 * (PCCS, version 4) gives it out, read-only, and as a list [DCAP 3.5, 3.6]. */
#include "service/inner.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "forge/x509_make.h"

#define SGX "/sgx/certification/v4/"
#define TDX "/tdx/certification/v4/"
#define JSON_TYPE "application/json"
#define PEM_TYPE "application/x-pem-file"
#define CRL_TYPE "application/pkix-crl"

/* A document out of a set, as an answer. */
typedef void put_document(struct http_answer *a,
                          const struct collateral_set *set);

/* Which set a document is looked for in. */
struct wanted {
	struct collateral_want want;
	bool any_tee, any_fmspc, any_ca;
	put_document *put;
	struct http_answer *answer;
	const struct service_options *options;
	bool found;
	size_t root;         /* of what was found: which, */
	uint32_t evaluation; /* its number, */
	int64_t fresh_until; /* and how long it is good */
};

/* ---- answers */

/* A line that a client's log shows. */
static void refuse(struct http_answer *a, unsigned status, const char *text)
{
	a->status = status;
	a->type = "text/plain";
	buf_clear(&a->body);
	buf_printf(&a->body, "%s\n", text);
}

static void begin(struct http_answer *a, const char *type)
{
	a->status = 200;
	a->type = type;
}

/* The document as the manufacturer signed it, byte for byte. */
static void put_signed(struct http_answer *a, const char *name,
                       const struct assay_signed_json *signed_json)
{
	begin(a, JSON_TYPE);
	if (!signed_json->sig_hex.len) {
		buf_put_bytes(&a->body, signed_json->doc);
		return;
	}
	buf_printf(&a->body, "{\"%s\":", name);
	buf_put_bytes(&a->body, signed_json->doc);
	buf_printf(&a->body, ",\"signature\":\"%.*s\"}",
	           (int)signed_json->sig_hex.len, signed_json->sig_hex.ptr);
}

static void put_tcb(struct http_answer *a, const struct collateral_set *set)
{
	put_signed(a, "tcbInfo", &set->documents.tcb_info);
	http_put_encoded(a, "TCB-Info-Issuer-Chain",
	                 set->documents.tcb_info_issuer_chain);
}

static void put_identity(struct http_answer *a,
                         const struct collateral_set *set)
{
	put_signed(a, "enclaveIdentity", &set->documents.qe_identity);
	http_put_encoded(a, "SGX-Enclave-Identity-Issuer-Chain",
	                 set->documents.qe_identity_issuer_chain);
}

static void put_hex(struct buf *out, struct assay_bytes der)
{
	for (size_t i = 0; i < der.len; i++)
		buf_printf(out, "%02x", der.ptr[i]);
}

static void put_crl_chain(struct http_answer *a,
                          const struct collateral_set *set)
{
	http_put_encoded(a, "SGX-PCK-CRL-Issuer-Chain",
	                 set->documents.pck_crl_issuer_chain);
}

static void put_crl_der(struct http_answer *a, const struct collateral_set *set)
{
	begin(a, CRL_TYPE);
	buf_put_bytes(&a->body, set->documents.pck_crl);
	put_crl_chain(a, set);
}

static void put_crl_pem(struct http_answer *a, const struct collateral_set *set)
{
	begin(a, PEM_TYPE);
	sim_pem(&a->body, "X509 CRL", set->documents.pck_crl);
	put_crl_chain(a, set);
}

/* Hex, of that type all the same, as its clients are used to. */
static void put_crl_hex(struct http_answer *a, const struct collateral_set *set)
{
	begin(a, CRL_TYPE);
	put_hex(&a->body, set->documents.pck_crl);
	put_crl_chain(a, set);
}

static void put_root_crl_hex(struct http_answer *a,
                             const struct collateral_set *set)
{
	begin(a, CRL_TYPE);
	put_hex(&a->body, set->documents.root_ca_crl);
}

static void put_root_crl_der(struct http_answer *a,
                             const struct collateral_set *set)
{
	begin(a, CRL_TYPE);
	buf_put_bytes(&a->body, set->documents.root_ca_crl);
}

/* ---- looking for it */

bool service_each_set(struct service *s,
                      bool (*each)(void *arg,
                                   const struct collateral_want *want,
                                   const struct collateral_set *set),
                      void *arg)
{
	enum { WALKS = 2 };
	const bool good = s->walks++ < WALKS &&
	                  collateral_each(s->collateral, each, arg);

	s->walks--;
	return good;
}

static bool fits(const struct wanted *w, const struct collateral_want *kept,
                 const struct collateral_set *set)
{
	return (w->any_tee || kept->tee == w->want.tee) &&
	       (w->any_fmspc ||
	        memcmp(kept->fmspc, w->want.fmspc, sizeof(kept->fmspc)) == 0) &&
	       (w->any_ca || kept->platform_ca == w->want.platform_ca) &&
	       (w->want.evaluation ? set->evaluation == w->want.evaluation
	                           : kept->early == w->want.early);
}

/* Which of the service's roots it is of. */
static size_t root_of(const struct wanted *w, const struct collateral_set *set)
{
	size_t i = 0;

	while (i < w->options->n_roots &&
	       memcmp(w->options->root[i], set->root, sizeof(set->root)) != 0)
		i++;
	return i;
}

static void put(struct wanted *w, const struct collateral_set *set)
{
	struct http_answer *a = w->answer;

	for (size_t i = 0; i < a->n_headers; i++)
		buf_free(&a->header[i].value);
	a->n_headers = 0;
	buf_clear(&a->body);
	w->put(a, set);
	w->found = true;
	w->root = root_of(w, set);
	w->evaluation = set->evaluation;
	w->fresh_until = set->fresh_until;
}

/* A path names no root: of several that fit, the first root's; of those the
 * newest. */
static bool is_better(const struct wanted *w, const struct collateral_set *set)
{
	const size_t root = root_of(w, set);

	if (!w->found || root != w->root)
		return !w->found || root < w->root;
	if (set->evaluation != w->evaluation)
		return set->evaluation > w->evaluation;
	return set->fresh_until > w->fresh_until;
}

static bool look(void *arg, const struct collateral_want *kept,
                 const struct collateral_set *set)
{
	struct wanted *w = arg;

	if (fits(w, kept, set) && is_better(w, set))
		put(w, set);
	return true;
}

/* Intel's client asks for a CA's list first, and names no machine. */
static bool get_list(struct collateral_set *set, const struct wanted *w,
                     struct service *service, char why[COLLATERAL_WHY])
{
	return !w->any_ca && !service->options.no_fetch &&
	       collateral_list(set, service->collateral, w->want.platform_ca,
	                       service_now(service), why);
}

/* What it is for is the same whichever CA's list comes with it; a manufacturer
 * may have one CA. */
static bool get_set(struct collateral_set *set, const struct wanted *w,
                    struct service *service, char why[COLLATERAL_WHY])
{
	struct collateral_want want = w->want;

	/* one node asks for newer ones, any for what none of them has */
	const bool offline = service->options.no_fetch ||
	                     (w->found && !service_fetches(service));

	want.platform_ca = true;
	while (!collateral_get(set, service->collateral, &want,
	                       service_now(service), offline, why)) {
		if (!want.platform_ca || want.tee == ASSAY_TEE_TDX)
			return false; /* TDs are all on the Platform CA's */
		want.platform_ca = false;
	}
	return true;
}

/* What is not there is fetched, if it can be named in full. */
static void fetch(struct wanted *w, struct service *service)
{
	struct collateral_set set;
	char why[COLLATERAL_WHY] = "";

	if (w->any_fmspc ? !get_list(&set, w, service, why)
	                 : !get_set(&set, w, service, why)) {
		if (why[0] && !service->options.no_fetch)
			service_tell(service, "documents are not to be had",
			             why);
		refuse(w->answer, 404,
		       "No cache data for this platform: see the service's "
		       "log, let it judge a quote of such a machine, or import "
		       "the documents.");
		return;
	}
	put(w, &set);
	collateral_free(&set);
}

/* Whoever asks can name machines that nobody has: the manufacturer, who is asked
 * for them, must not be asked so often that he refuses what is needed. */
static bool may_ask_for_unknown(struct service *service, int64_t now)
{
	enum { IN_A_MINUTE = 20 };
	const int64_t minute = now / 60;

	if (atomic_exchange(&service->cache_minute, minute) != minute)
		service->cache_unknown = 0;
	return service->cache_unknown++ < IN_A_MINUTE;
}

static void answer(struct wanted *w, struct service *service)
{
	enum { FETCHES = 4 }; /* that wait: the others go on answering */
	const int64_t now = service_now(service);
	bool answered = service_each_set(service, look, w);

	if (answered && (!w->found || w->fresh_until <= now)) {
		answered = service->cache_fetches++ < FETCHES &&
		           (w->found || w->any_fmspc ||
		            service->options.no_fetch ||
		            may_ask_for_unknown(service, now));
		if (answered)
			fetch(w, service);
		service->cache_fetches--;
	}
	if (answered)
		return;
	refuse(w->answer, 503, "The cache is busy, or cannot be read: later.");
	http_put_header(w->answer, "Retry-After", buf_text("1"));
}

/* ---- what is asked for */

static bool word(const char **value, const struct http_request *r,
                 const char *name, const char *first, const char *second)
{
	const enum http_times times = http_argument(r, name, value);

	if (times == HTTP_NONE)
		*value = "";
	return times == HTTP_NONE ||
	       (times == HTTP_ONCE &&
	        (strcmp(*value, first) == 0 || strcmp(*value, second) == 0));
}

/* update= or tcbEvaluationDataNumber=, not both. */
static bool read_edition(struct wanted *w, const struct http_request *r)
{
	const char *update, *number;
	const enum http_times times =
		http_argument(r, "tcbEvaluationDataNumber", &number);

	if (!word(&update, r, "update", "early", "standard"))
		return false;
	w->want.early = strcmp(update, "early") == 0;
	if (times == HTTP_NONE)
		return true;
	if (times != HTTP_ONCE || *update || !*number || strlen(number) > 9 ||
	    strspn(number, "0123456789") != strlen(number))
		return false;
	w->want.evaluation = (uint32_t)strtoul(number, NULL, 10);
	return w->want.evaluation != 0;
}

static bool read_fmspc(struct wanted *w, const struct http_request *r)
{
	const char *text;

	return http_argument(r, "fmspc", &text) == HTTP_ONCE &&
	       assay_hex_parse(w->want.fmspc, sizeof(w->want.fmspc),
	                       buf_text(text));
}

static void tcb(struct wanted *w, struct service *service,
                const struct http_request *r)
{
	w->put = put_tcb;
	w->any_ca = true;
	if (read_fmspc(w, r) && read_edition(w, r))
		answer(w, service);
	else
		refuse(w->answer, 400,
		       "Invalid request parameters: want fmspc, 12 hex digits, "
		       "and update=early or standard.");
}

static void identity(struct wanted *w, struct service *service,
                     const struct http_request *r)
{
	w->put = put_identity;
	w->any_ca = w->any_fmspc = true;
	if (read_edition(w, r))
		answer(w, service);
	else
		refuse(w->answer, 400,
		       "Invalid request parameters: want update=early or "
		       "standard.");
}

static void pckcrl(struct wanted *w, struct service *service,
                   const struct http_request *r)
{
	const char *ca, *encoding;

	w->any_tee = w->any_fmspc = true;
	if (!word(&ca, r, "ca", "processor", "platform") || !*ca ||
	    !word(&encoding, r, "encoding", "der", "pem")) {
		refuse(w->answer, 400,
		       "Invalid request parameters: want ca=processor or "
		       "platform, and encoding=der or pem.");
		return;
	}
	w->want.platform_ca = strcmp(ca, "platform") == 0;
	w->put = !*encoding                     ? put_crl_hex
	         : strcmp(encoding, "der") == 0 ? put_crl_der
	                                        : put_crl_pem;
	answer(w, service);
}

static void root_crl(struct wanted *w, struct service *service,
                     const struct http_request *r)
{
	(void)r;
	w->any_tee = w->any_ca = w->any_fmspc = true;
	w->put = put_root_crl_hex;
	answer(w, service);
}

/* By the address that certificates name: the root's list alone is asked for so,
 * and nothing is fetched because of it. */
static void crl(struct wanted *w, struct service *service,
                const struct http_request *r)
{
	static const char end[] = "RootCA.der";
	const char *uri;
	size_t n;

	w->any_tee = w->any_ca = w->any_fmspc = true;
	w->put = put_root_crl_der;
	n = http_argument(r, "uri", &uri) == HTTP_ONCE ? strlen(uri) : 0;
	if (n >= sizeof(end) - 1 &&
	    strcmp(uri + n - (sizeof(end) - 1), end) == 0)
		answer(w, service);
	else
		refuse(w->answer, 400,
		       "Invalid request parameters: want uri, the address of "
		       "the root's revocation list.");
}

void service_pccs(void *self, struct http_answer *a,
                  const struct http_request *r)
{
	static const struct {
		const char *path;
		enum assay_tee tee;
		void (*answer)(struct wanted *w, struct service *service,
		               const struct http_request *r);
	} of[] = {
		{ SGX "tcb", ASSAY_TEE_SGX, tcb },
		{ TDX "tcb", ASSAY_TEE_TDX, tcb },
		{ SGX "qe/identity", ASSAY_TEE_SGX, identity },
		{ TDX "qe/identity", ASSAY_TEE_TDX, identity },
		{ SGX "pckcrl", ASSAY_TEE_SGX, pckcrl },
		{ SGX "rootcacrl", ASSAY_TEE_SGX, root_crl },
		{ SGX "crl", ASSAY_TEE_SGX, crl },
	};
	struct service *service = self;
	struct wanted w = { .answer = a, .options = &service->options };

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (strcmp(http_path(r), of[i].path) == 0) {
			w.want.tee = of[i].tee;
			of[i].answer(&w, service, r);
			return;
		}
	refuse(a, 404,
	       "This cache gives out what verifying takes (tcb, qe/identity, "
	       "pckcrl, rootcacrl); PCK certificates are asked for at the "
	       "manufacturer.");
}

/* ---- what there is */

static bool put_set(void *arg, const struct collateral_want *want,
                    const struct collateral_set *set)
{
	struct assay_json_out *o = arg;

	assay_json_put_object(o, NULL);
	assay_json_put_text(o, "tee", assay_tee_name(want->tee));
	assay_json_put_hex(o, "fmspc", want->fmspc, sizeof(want->fmspc));
	assay_json_put_text(o, "ca",
	                    want->platform_ca ? "platform" : "processor");
	assay_json_put_text(o, "update", want->early ? "early" : "standard");
	assay_json_put_uint(o, "evaluation", set->evaluation);
	if (set->fetched)
		assay_json_put_time(o, "fetched", set->fetched);
	else
		assay_json_put_null(o, "fetched");
	assay_json_put_time(o, "fresh_until", set->fresh_until);
	assay_json_put_hex(o, "root", set->root, sizeof(set->root));
	assay_json_put_bool(o, "simulation", set->simulation);
	assay_json_put_text(o, "from", set->from);
	assay_json_put_end(o, '}');
	return true;
}

struct sets {
	struct service *service;
	bool *read; /* whether the cache could be */
};

static void put_sets(struct assay_json_out *o, const void *arg)
{
	const struct sets *s = arg;

	assay_json_put_array(o, "sets");
	*s->read = service_each_set(s->service, put_set, o);
	assay_json_put_end(o, ']');
}

void service_collateral_get(void *self, struct http_answer *a,
                            const struct http_request *r)
{
	bool read = false;
	const struct sets sets = { self, &read };
	struct service_caller caller;

	if (!service_may(&caller, a, self, r, SERVICE_READ))
		return;
	service_json(a, put_sets, &sets);
	if (read)
		return;
	buf_clear(&a->body);
	service_problem(a, 503, "The cache cannot be read",
	                "See the folder `collateral` below the service's own, "
	                "and its log.");
}
