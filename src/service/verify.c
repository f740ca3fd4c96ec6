/* verify.c - POST /v1/verify and /v1/batch: evidence in, verdict, decision and a
 * signed result out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "base/text.h"
#include "service/judges.h"
#include "token/claims.h"

/* What a request asks for beside its evidence. */
struct wishes {
	const char *policy;
	unsigned version;
	struct assay_constraint *accept; /* freed with free_wishes */
	uint8_t nonce[64], report_data[64];
	size_t nonce_len;
	bool has_report_data, any_code, has_at, no_token;
	int64_t at;
	enum token_profile profile;
};

static void free_wishes(struct wishes *w)
{
	free(w->accept);
	w->accept = NULL;
}

/* ---- arguments */

/* What evidence is, and what curl says it is where nobody told it. */
static bool takes_type(const struct http_request *r)
{
	static const char *const types[] = {
		"application/octet-stream",
		"application/json",
		"application/vnd.assay.bundle+json",
		"application/x-ndjson",
		"text/plain",
		"application/x-www-form-urlencoded",
	};
	size_t i = 0;

	if (!http_header(r, "Content-Type"))
		return true;
	while (i < sizeof(types) / sizeof(types[0]) &&
	       !http_has_type(r, types[i]))
		i++;
	return i < sizeof(types) / sizeof(types[0]);
}

/* 1 to 64 bytes of hex, once; none of it where it is not there. */
static bool take_hex(uint8_t out[64], size_t *n, struct http_answer *a,
                     const struct http_request *r, const char *name)
{
	const char *text;
	const enum http_times times = http_argument(r, name, &text);

	*n = 0;
	if (times == HTTP_NONE)
		return true;
	if (times == HTTP_ONCE && *text && strlen(text) <= 128 &&
	    strlen(text) % 2 == 0 &&
	    assay_hex_parse(out, strlen(text) / 2, buf_text(text))) {
		*n = strlen(text) / 2;
		return true;
	}
	return service_bad_argument(a, name, "1 to 64 bytes in hex, once");
}

static bool take_flag(bool *flag, struct http_answer *a,
                      const struct http_request *r, const char *name)
{
	const char *text;
	const enum http_times times = http_argument(r, name, &text);

	*flag = times == HTTP_ONCE && strcmp(text, "1") == 0;
	return *flag || times == HTTP_NONE ||
	       service_bad_argument(a, name, "1, or nothing");
}

static bool take_accept(struct wishes *w, struct http_answer *a,
                        const struct http_request *r)
{
	const char *text;
	const enum http_times times = http_argument(r, "accept", &text);
	struct assay_err err = { 0 };

	if (times == HTTP_NONE)
		return true;
	if (times != HTTP_ONCE)
		return service_bad_argument(a, "accept", "one constraint line");
	w->accept = calloc(1, assay_constraint_size());
	if (w->accept &&
	    assay_constraint_parse(w->accept, buf_text(text), &err))
		return true;
	service_problem(a, 400, "This is no constraint",
	                "accept: at character %zu: %s. See assay-verify(1), "
	                "--accept; in a URL a space is %%20.",
	                err.at, err.note);
	return false;
}

/* Nobody knows what will be revoked. */
static bool take_time(struct wishes *w, struct http_answer *a,
                      const struct http_request *r, int64_t now)
{
	const char *text;
	const enum http_times times = http_argument(r, "at", &text);

	w->has_at = times == HTTP_ONCE &&
	            assay_time_parse(&w->at, buf_text(text)) && w->at <= now;
	return w->has_at || times == HTTP_NONE ||
	       service_bad_argument(a, "at",
	                            "a time in UTC, not in the future, like "
	                            "2026-11-23T12:00:00Z");
}

static bool take_profile(struct wishes *w, struct http_answer *a,
                         const struct http_request *r)
{
	const char *text;
	const enum http_times times = http_argument(r, "profile", &text);

	return times == HTTP_NONE ||
	       (times == HTTP_ONCE && token_profile_find(&w->profile, text)) ||
	       service_bad_argument(a, "profile",
	                            "eat, ear, ear-trustee or ear-03");
}

static bool take_policy(struct wishes *w, struct http_answer *a,
                        const struct http_request *r)
{
	const char *text;
	const enum http_times times = http_argument(r, "policy", &text);

	if (times == HTTP_ONCE && service_is_name(text))
		w->policy = text;
	else if (times != HTTP_NONE)
		return service_bad_argument(a, "policy",
		                            "the name of one policy");
	return service_version_argument(&w->version, a, r, "policy_version");
}

static bool take_wishes(struct wishes *w, struct http_answer *a,
                        const struct http_request *r, int64_t now)
{
	size_t n;

	*w = (struct wishes){ 0 };
	if (!takes_type(r)) {
		service_error(a, 415);
		return false;
	}
	if (!take_policy(w, a, r) || !take_accept(w, a, r) ||
	    !take_hex(w->nonce, &w->nonce_len, a, r, "nonce") ||
	    !take_hex(w->report_data, &n, a, r, "report_data") ||
	    !take_flag(&w->any_code, a, r, "any_code") ||
	    !take_flag(&w->no_token, a, r, "no_token") ||
	    !take_time(w, a, r, now) || !take_profile(w, a, r)) {
		free_wishes(w);
		return false;
	}
	w->has_report_data = n > 0;
	return true;
}

/* ---- one piece of evidence */

static void begin(struct service_case *c, const struct wishes *w,
                  struct assay_bytes evidence)
{
	*c = (struct service_case){
		.body = evidence,
		.policy = w->policy,
		.policy_version = w->version,
		.accept = w->accept,
		.nonce = { w->nonce, w->nonce_len },
		.any_code = w->any_code,
		.has_at = w->has_at,
		.at = w->at,
	};
	if (w->has_report_data)
		c->report_data = (struct assay_bytes){ w->report_data,
			                               sizeof(w->report_data) };
}

/* The claims, signed.  False: memory is short. */
static bool sign(struct buf *token, struct service *s,
                 const struct service_case *c, enum token_profile profile)
{
	const struct token_result result = {
		.judgement = c->judgement,
		.issuer = service_issuer(s),
		.now = service_now(s),
		.policy = c->policy ? c->policy : "default",
		.policy_version = c->version,
		.policy_hash = c->policy_hash,
		.evidence_hash = c->evidence_hash,
		.names_code = service_case_names_code(c),
		.nonce_redeemed = c->nonce_redeemed,
	};
	char *claims = malloc(TOKEN_CLAIMS_MAX);
	const size_t n = claims ? token_claims(claims, TOKEN_CLAIMS_MAX,
	                                       &result, profile)
	                        : 0;
	const bool good =
		n &&
		service_token(token, s, TOKEN_ES256, "eat+jwt", NULL,
	                      (struct assay_bytes){ (uint8_t *)claims, n });

	free(claims);
	return good;
}

/* What a caller, or who runs the service, can do about a check. */
static const char *advice_of(const struct judgement *j)
{
	switch (j->verdict.failed.check) {
	case ASSAY_X_TIME:
	case ASSAY_R_TIME:
	case ASSAY_J_TIME:
		return "To judge it as of a time in the past: at=TIME.";
	case ASSAY_X_ROOT_PIN:
		return "Which roots are trusted here was said when the service "
		       "was started: ask who runs it.";
	case ASSAY_J_MISSING:
		return "The service has no documents for this platform, and "
		       "no_collateral says why: try again later, or ask who "
		       "runs it.";
	default:
		return NULL;
	}
}

/* The library's sentences, and that one. */
static bool advise(const struct judgement *j, size_t i, char *out, size_t len)
{
	const char *more = advice_of(j);
	size_t n = 0;

	while (n <= i && assay_verdict_advice(&j->verdict, n, out, len))
		n++;
	if (n > i)
		return true;
	if (more && n == i)
		snprintf(out, len, "%s", more);
	return more && n == i;
}

struct said {
	const struct service_case *c;
	const struct buf *token; /* or NULL */
};

static void put_said(struct assay_json_out *o, const void *arg)
{
	const struct said *said = arg;
	const struct service_case *c = said->c;
	const char *lacks = service_case_lacks(c);

	judge_json(o, c->judgement, advise);
	judge_json_gaps(o, &c->judgement->verdict);
	judge_json_windows(o, &c->judgement->verdict);
	assay_json_put_object(o, "policy");
	assay_json_put_text(o, "name", c->policy ? c->policy : "default");
	assay_json_put_uint(o, "version", c->version);
	assay_json_put_hex(o, "hash", c->policy_hash, sizeof(c->policy_hash));
	assay_json_put_end(o, '}');
	assay_json_put_hex(o, "evidence_sha256", c->evidence_hash,
	                   sizeof(c->evidence_hash));
	assay_json_put_bool(o, "nonce_redeemed", c->nonce_redeemed);
	assay_json_put_text(o, "no_collateral", lacks);
	if (said->token)
		assay_json_put_bytes(o, "token", buf_bytes(said->token));
	else
		assay_json_put_null(o, "token");
}

/* ---- POST /v1/verify */

static void answer_failure(struct http_answer *a, unsigned status,
                           const char *why)
{
	service_problem(a, status,
	                status == 400   ? "This is no evidence"
	                : status == 404 ? "There is no such policy"
	                                : "It cannot be judged now",
	                "%s", why);
}

/* A nonce of ours counts once: for evidence that was made for it, so that nobody
 * uses up another's by showing it; and where it is asked for, so that what was
 * accepted can be looked at again, also as of another time.  Only who used it up is
 * told so. */
static bool take_nonce(struct http_answer *a, struct service *s,
                       struct service_case *c)
{
	const struct judgement *j = c->judgement;
	const struct assay_bytes nonce = c->nonce;
	char why[SERVICE_WHY];
	enum store_found found;

	if (c->has_at || !service_nonce_is_ours(s, nonce) ||
	    !j->verdict.genuine || j->keys != ASSAY_KEYS_BOUND ||
	    !j->evidence.has_nonce ||
	    !assay_bytes_equal(j->evidence.nonce, nonce))
		return true;
	found = service_nonce_take(s, "verify", nonce, service_now(s), why);
	if (found == STORE_FAILED)
		answer_failure(a, 503, why);
	else if (found == STORE_FOUND)
		service_problem(a, 409, "The nonce is not good, or no longer",
		                "%s", why);
	c->nonce_redeemed = found == STORE_NONE;
	return c->nonce_redeemed;
}

static bool wants_token_alone(const struct http_request *r)
{
	const char *accept = http_header(r, "Accept");

	return accept && (strncmp(accept, "application/eat+jwt", 19) == 0 ||
	                  strncmp(accept, "application/jwt", 15) == 0);
}

static void answer_case(struct http_answer *a, struct service *s,
                        const struct http_request *r, struct service_case *c,
                        const struct wishes *w)
{
	struct buf token = { 0 };
	const struct said said = { c, w->no_token ? NULL : &token };

	if (!w->no_token && !sign(&token, s, c, w->profile)) {
		a->bad = true;
	} else if (wants_token_alone(r) && !w->no_token) {
		a->status = 200;
		a->type = "application/eat+jwt";
		a->body = token;
		token = (struct buf){ 0 };
	} else {
		service_json(a, put_said, &said);
	}
	buf_free(&token);
}

void service_verify(void *self, struct http_answer *a,
                    const struct http_request *r)
{
	struct service *s = self;
	struct service_caller caller;
	struct service_case c;
	struct wishes w;
	unsigned status;
	char why[SERVICE_WHY];

	if (!service_may(&caller, a, s, r, SERVICE_VERIFY) ||
	    !take_wishes(&w, a, r, service_now(s)))
		return;
	begin(&c, &w, http_body(r));
	if (!c.body.len)
		service_problem(
			a, 400, "There is no evidence",
			"Post it as the body: curl --data-binary @FILE");
	else if (!service_judge(&c, s, &status, why))
		answer_failure(a, status, why);
	else if (take_nonce(a, s, &c))
		answer_case(a, s, r, &c, &w);
	service_case_free(&c);
	free_wishes(&w);
}

/* ---- POST /v1/batch */

enum {
	PIECE = 32 << 10, /* bytes that are sent at a time */
	LINE_MAX_LEN = 1 << 20,
};

struct batch {
	struct service *service;
	struct wishes wishes;
	char policy[STORE_NAME_MAX + 1];
	struct assay_bytes rest; /* of the lines: the request's */
	uint64_t line;
};

/* The next line that is not empty; false: there is none. */
static bool next_line(struct assay_bytes *line, struct batch *b)
{
	do {
		const uint8_t *end = b->rest.len ? memchr(b->rest.ptr, '\n',
		                                          b->rest.len)
		                                 : NULL;
		const size_t n = end ? (size_t)(end - b->rest.ptr)
		                     : b->rest.len;

		if (!b->rest.len)
			return false;
		*line = (struct assay_bytes){ b->rest.ptr, n };
		b->rest.ptr += end ? n + 1 : n;
		b->rest.len -= end ? n + 1 : n;
		b->line++;
		while (line->len && (line->ptr[line->len - 1] == '\r' ||
		                     line->ptr[line->len - 1] == ' '))
			line->len--;
	} while (!line->len);
	return true;
}

struct told {
	uint64_t line;
	const struct said *said; /* NULL: it is no evidence, */
	unsigned status;
	const char *why; /* and why not */
};

static void put_told(struct assay_json_out *o, const void *arg)
{
	const struct told *t = arg;

	assay_json_put_uint(o, "line", t->line);
	if (t->said) {
		put_said(o, t->said);
		return;
	}
	assay_json_put_uint(o, "status", t->status);
	assay_json_put_text(o, "error", t->why);
}

/* A line's evidence: what is in a JSON string, or the line itself.  `text` is
 * memory for a string that has escapes. */
static struct assay_bytes evidence_of(struct assay_bytes line, struct buf *text)
{
	struct assay_bytes in = { line.ptr + 1, line.len - 2 };
	struct assay_json j;
	struct assay_json_str s;

	if (line.len < 2 || line.ptr[0] != '"' || line.ptr[line.len - 1] != '"')
		return line;
	if (!memchr(in.ptr, '\\', in.len))
		return in;
	assay_json_open(&j, line, ASSAY_DOC_EVIDENCE);
	buf_put_zeros(text, line.len);
	if (text->bad || !assay_json_string(&j, &s) ||
	    !assay_json_close(&j, NULL))
		return line; /* which is no evidence, and is told so */
	text->len = assay_json_unescape(text->ptr, s);
	return buf_bytes(text);
}

static void judge_line(struct buf *out, struct batch *b,
                       struct assay_bytes line)
{
	struct service_case c;
	struct buf token = { 0 }, text = { 0 };
	char why[SERVICE_WHY];
	struct said said = { &c, b->wishes.no_token ? NULL : &token };
	struct told told = { .line = b->line, .said = &said };

	if (line.len > LINE_MAX_LEN) {
		told = (struct told){ .line = b->line,
			              .status = 413,
			              .why = "a line has at most 1 MiB" };
		service_put_json(out, put_told, &told);
		buf_printf(out, "\n");
		return;
	}
	begin(&c, &b->wishes, evidence_of(line, &text));
	if (!service_judge(&c, b->service, &told.status, why)) {
		told.said = NULL;
		told.why = why;
	} else if (!b->wishes.no_token &&
	           !sign(&token, b->service, &c, b->wishes.profile)) {
		told = (struct told){ .line = b->line,
			              .status = 503,
			              .why = "memory is short" };
	}
	service_put_json(out, put_told, &told);
	buf_printf(out, "\n");
	service_case_free(&c);
	buf_free(&token);
	buf_free(&text);
}

static bool more(void *state, struct buf *piece)
{
	struct batch *b = state;
	struct assay_bytes line;

	while (piece->len < PIECE && next_line(&line, b))
		judge_line(piece, b, line);
	return !piece->bad;
}

static void done(void *state)
{
	struct batch *b = state;

	free_wishes(&b->wishes);
	free(b);
}

void service_batch(void *self, struct http_answer *a,
                   const struct http_request *r)
{
	struct service *s = self;
	struct service_caller caller;
	struct batch *b;

	if (!service_may(&caller, a, s, r, SERVICE_VERIFY))
		return;
	b = calloc(1, sizeof(*b));
	if (!b) {
		a->bad = true;
		return;
	}
	if (!take_wishes(&b->wishes, a, r, service_now(s))) {
		free(b);
		return;
	}
	if (b->wishes.nonce_len) {
		service_bad_argument(
			a, "nonce",
			"none: a nonce is for one piece of evidence");
		done(b);
		return;
	}
	b->service = s;
	if (b->wishes.policy) {
		snprintf(b->policy, sizeof(b->policy), "%s", b->wishes.policy);
		b->wishes.policy = b->policy;
	}
	b->rest = http_body(r);
	a->status = 200;
	a->type = "application/x-ndjson";
	a->more = more;
	a->done = done;
	a->state = b;
}
