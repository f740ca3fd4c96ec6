/* seen.c - platforms that were judged here, and when they will be refused. */
#include "service/policies.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "judge/forecast.h"
#include "os/wait.h"
#include "policy/policy.h"
#include "service/judges.h"

enum {
	ID_LEN = 32,
	ID_TEXT = 2 * ID_LEN + 1,
	PAGE = 100, /* platforms of an answer, where nothing is said, */
	PAGE_MAX = 1000,
	BATCH = 32,             /* platforms that are read at a time, */
	EVIDENCE_MAX = 1 << 20, /* and what each may have kept */
	SETS = 32,              /* sets that one run keeps */
	TOLD_MAX = 1000, /* platforms of a forecast that are told one by one */
	TOLD_ROOM = 32 << 10, /* bytes of one of them, all gaps included */
	EVERY_S = 600,        /* between two runs, if nothing changes */
	REST = 10,          /* a run is followed by so many times its length */
	WAIT_S = 2,         /* that a request waits for a run */
	SOON_S = 7 * 86400, /* documents that end so soon should have been
	                     * renewed by now */
};

/* ---- platforms, page by page */

struct page {
	size_t n, room;
	struct store_platform *rows;
	bool more;
};

static bool take_row(void *arg, const struct store_platform *platform,
                     struct assay_bytes evidence)
{
	struct page *p = arg;

	(void)evidence;
	p->more = p->n == p->room;
	if (!p->more)
		p->rows[p->n++] = *platform;
	return true;
}

static void put_id(struct assay_json_out *o, const char *name,
                   const struct store_platform *p)
{
	assay_json_put_hex(o, name, p->id, sizeof(p->id));
}

static void put_platform(struct assay_json_out *o,
                         const struct store_platform *p)
{
	assay_json_put_object(o, NULL);
	put_id(o, "id", p);
	assay_json_put_text(o, "tee", assay_tee_name((enum assay_tee)p->tee));
	assay_json_put_hex(o, "fmspc", p->fmspc, sizeof(p->fmspc));
	assay_json_put_time(o, "first_seen", p->first_seen);
	assay_json_put_time(o, "last_seen", p->last_seen);
	assay_json_put_uint(o, "seen", p->n_seen);
	assay_json_put_text(o, "status", p->status[0] ? p->status : NULL);
	assay_json_put_bool(o, "accepted", p->accepted);
	assay_json_put_end(o, '}');
}

static void put_page(struct assay_json_out *o, const void *arg)
{
	const struct page *p = arg;

	assay_json_put_array(o, "platforms");
	for (size_t i = 0; i < p->n; i++)
		put_platform(o, &p->rows[i]);
	assay_json_put_end(o, ']');
	if (p->more)
		put_id(o, "next", &p->rows[p->n - 1]);
	else
		assay_json_put_null(o, "next");
}

/* The arguments after and most; else the answer is made. */
static bool take_arguments(uint8_t after[ID_LEN], bool *has_after,
                           uint64_t *most, struct http_answer *answer,
                           const struct http_request *request)
{
	static const struct service_range range = { "most", 1, PAGE_MAX, PAGE };
	const char *text;
	const enum http_times times = http_argument(request, "after", &text);

	*has_after = times == HTTP_ONCE;
	if (times == HTTP_BAD ||
	    (*has_after && !assay_hex_parse(after, ID_LEN, buf_text(text)))) {
		service_bad_argument(answer, "after",
		                     "a platform's id, 64 hex digits, once");
		return false;
	}
	return service_number(most, answer, request, &range);
}

static void answer_page(struct http_answer *answer, struct service *service,
                        const uint8_t *after, size_t most)
{
	struct page page = { .room = most };

	service_sightings_flush(service);
	page.rows = calloc(most, sizeof(*page.rows));
	if (!page.rows)
		answer->bad = true;
	else if (store_each_platform(service->store, after, most + 1, take_row,
	                             &page))
		service_json(answer, put_page, &page);
	else
		service_problem(answer, 503, "The store does not answer", "%s",
		                store_why(service->store));
	free(page.rows);
}

void service_platforms(void *self, struct http_answer *answer,
                       const struct http_request *request)
{
	struct service *service = self;
	struct service_caller caller;
	uint8_t after[ID_LEN];
	bool has_after;
	uint64_t most;

	if (service_may(&caller, answer, service, request, SERVICE_READ) &&
	    take_arguments(after, &has_after, &most, answer, request))
		answer_page(answer, service, has_after ? after : NULL, most);
}

/* ---- a forecast of all */

struct service_seen {
	struct service *service;
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t changed;
	bool asked, running, stop;
	struct buf text; /* the last forecast; empty: there was none */
	uint64_t platforms, documents; /* marks of what it was made from */
	size_t n_fail, n_refused, n_judged;
	int64_t at;
};

/* A platform and its evidence, copied out of the store. */
struct row {
	struct store_platform platform;
	struct buf evidence;
};

struct kept_set {
	struct collateral_want want;
	struct collateral_set set;
	bool good;
};

/* Platforms that are told one by one. */
struct told {
	size_t n;        /* all of them, also beyond those that are told */
	struct buf text; /* JSON objects, with commas between them */
};

/* One run. */
struct run {
	struct service *service;
	int64_t now;
	size_t n_rows;
	struct row rows[BATCH];
	size_t n_sets;
	struct kept_set sets[SETS];
	struct assay_policy policy, renewed;
	unsigned policy_version;
	uint8_t policy_hash[32];
	struct assay_trust *trust;
	struct assay_memo *memo;
	/* the platform at hand */
	struct assay_evidence evidence;
	struct assay_scratch scratch;
	const struct collateral_set *standard, *early; /* NULL: there is none */
	struct judgement judgement;
	/* what came of it */
	uint64_t n_platforms;
	size_t n_judged, n_without_early;
	struct told fails, refused;
	struct forecast_sum sum;
	struct forecast forecast;
};

/* ---- sets of documents */

static void forget_sets(struct run *r)
{
	for (size_t i = 0; i < r->n_sets; i++)
		if (r->sets[i].good)
			collateral_free(&r->sets[i].set);
	r->n_sets = 0;
}

static const struct collateral_set *find_set(struct run *r,
                                             const struct collateral_want *want)
{
	struct kept_set *k = r->sets;
	char why[COLLATERAL_WHY];

	for (size_t i = 0; i < r->n_sets; i++, k++)
		if (collateral_same(&k->want, want))
			return k->good ? &k->set : NULL;
	r->n_sets++;
	*k = (struct kept_set){ .want = *want };
	k->good = collateral_get(&k->set, r->service->collateral, want, r->now,
	                         r->service->options.no_fetch ||
	                                 !service_fetches(r->service),
	                         why);
	return k->good ? &k->set : NULL;
}

static bool find_sets(struct run *r)
{
	struct collateral_want want;

	if (r->n_sets + 2 > SETS)
		forget_sets(r);
	if (!collateral_want_of(&want, r->evidence.quote,
	                        r->evidence.collateral.pck_chain, NULL))
		return false;
	want.early = true;
	r->early = find_set(r, &want);
	want.early = false;
	r->standard = find_set(r, &want);
	return r->standard != NULL;
}

/* ---- one platform */

static const struct judgement *judge(void *arg, enum forecast_with with,
                                     int64_t at)
{
	struct run *r = arg;
	const struct judge_wants wants = { 0 };
	const struct assay_policy *policy = with == FORECAST_RENEWED
	                                            ? &r->renewed
	                                            : &r->policy;
	const struct collateral_set *set = with == FORECAST_EARLY ? r->early
	                                                          : r->standard;
	struct assay_terms terms = { .now = at };
	struct judgement *j = &r->judgement;

	if (!set)
		return NULL;
	judge_empty(j);
	assay_policy_terms(policy, &terms);
	if (!assay_verify_evidence(&j->verdict, r->trust, r->memo, &r->evidence,
	                           &set->documents, set->root, &terms))
		j->verdict.genuine = false;
	judge_appraise(j, policy, NULL, 0, &wants);
	return j;
}

/* Whether there is something to tell. */
static bool tell(struct told *to, struct run *r, const struct store_platform *p,
                 const struct forecast_fail *fail)
{
	struct assay_json_out o;
	char *text;

	if (!fail->kind)
		return false;
	forecast_add(&r->sum, fail);
	if (to->n >= TOLD_MAX)
		return true;
	text = malloc(TOLD_ROOM);
	if (!text) {
		to->text.bad = true;
		return true;
	}
	assay_json_begin(&o, text, TOLD_ROOM);
	assay_json_put_object(&o, NULL);
	put_id(&o, "id", p);
	assay_json_put_hex(&o, "fmspc", p->fmspc, sizeof(p->fmspc));
	forecast_json(&o, fail);
	assay_json_put_end(&o, '}');
	buf_printf(&to->text, "%s", to->text.len ? "," : "");
	buf_put_bytes(&to->text,
	              (struct assay_bytes){ (uint8_t *)o.ptr, o.len });
	free(text);
	return true;
}

static void tell_forecast(struct run *r, const struct store_platform *p)
{
	const struct forecast *f = &r->forecast;
	bool fails;

	r->n_judged++;
	if (f->level.kind == FORECAST_REFUSED) {
		r->refused.n += tell(&r->refused, r, p, &f->level);
		return;
	}
	r->n_without_early += !r->early || f->early.check;
	fails = tell(&r->fails, r, p, &f->level);
	fails |= tell(&r->fails, r, p, &f->end);
	if (f->documents.kind && f->documents.on <= r->now + SOON_S)
		fails |= tell(&r->fails, r, p, &f->documents);
	r->fails.n += fails;
}

/* Of a machine that was revoked when it was first seen no evidence is kept, since
 * it may be anybody's: it needs none to be refused, whatever the policy says. */
static void tell_revoked(struct run *r, const struct store_platform *p)
{
	struct forecast_fail fail = { .kind = FORECAST_REFUSED,
		                      .on = r->now,
		                      .status_now = ASSAY_STATUS_REVOKED,
		                      .status_then = ASSAY_STATUS_REVOKED,
		                      .reason = "It is revoked; take it out of "
		                                "service." };

	if (strcmp(p->status, assay_status_name(ASSAY_STATUS_REVOKED)) != 0)
		return;
	r->n_judged++;
	r->refused.n += tell(&r->refused, r, p, &fail);
}

static void forecast_row(struct run *r, const struct row *row)
{
	struct assay_bytes in = buf_bytes(&row->evidence);

	if (!in.len) {
		tell_revoked(r, &row->platform);
		return;
	}
	r->scratch = (struct assay_scratch){ malloc(in.len), in.len, 0 };
	if (r->scratch.ptr &&
	    assay_evidence_read(&r->evidence, in, &r->scratch, NULL) &&
	    find_sets(r)) {
		forecast_make(&r->forecast, judge, r, &r->policy, NULL, r->now,
		              0);
		tell_forecast(r, &row->platform);
	}
	free(r->scratch.ptr);
}

/* ---- all platforms */

static bool take_evidence(void *arg, const struct store_platform *platform,
                          struct assay_bytes evidence)
{
	struct run *r = arg;
	struct row *row = &r->rows[r->n_rows++];

	row->platform = *platform;
	buf_clear(&row->evidence);
	if (evidence.len <= EVIDENCE_MAX)
		buf_put_bytes(&row->evidence, evidence);
	return true;
}

static bool is_stopped(struct service_seen *seen)
{
	bool stop;

	pthread_mutex_lock(&seen->lock);
	stop = seen->stop;
	pthread_mutex_unlock(&seen->lock);
	return stop;
}

static bool forecast_all(struct run *r, struct service_seen *seen)
{
	uint8_t after[ID_LEN];
	bool any = false;

	do {
		r->n_rows = 0;
		if (!store_each_platform(r->service->store, any ? after : NULL,
		                         BATCH, take_evidence, r))
			return false;
		for (size_t i = 0; i < r->n_rows; i++) {
			if (is_stopped(seen))
				return false;
			forecast_row(r, &r->rows[i]);
		}
		r->n_platforms += r->n_rows;
		any = r->n_rows > 0;
		if (any)
			memcpy(after, r->rows[r->n_rows - 1].platform.id,
			       sizeof(after));
	} while (r->n_rows == BATCH);
	return !r->fails.text.bad && !r->refused.text.bad;
}

/* ---- runs, one after the other */

/* The policy "default", as far as it is about machines. */
static bool read_policy(struct run *r)
{
	char why[SERVICE_WHY];
	unsigned status;
	struct service_policy *policy = service_policy(r->service, NULL, 0,
	                                               &status, why);

	if (!policy)
		return false;
	r->policy = *service_policy_rules(policy, &r->policy_version,
	                                  r->policy_hash);
	service_policy_done(r->service, policy);
	assay_policy_machine(&r->policy);
	forecast_renewed(&r->renewed, &r->policy);
	return true;
}

static void write_summary(struct buf *out, const struct run *r)
{
	char line[3 * FORECAST_TEXT], text[8 * FORECAST_TEXT];
	struct assay_json_out o;

	for (size_t i = 0; forecast_summary(&r->sum, i, line); i++) {
		assay_json_begin(&o, text, sizeof(text));
		assay_json_put_text(&o, NULL, line);
		buf_printf(out, "%s%s", i ? "," : "", text);
	}
}

static void write_forecast(struct buf *out, const struct run *r)
{
	char at[ASSAY_TIME_TEXT], hash[2 * sizeof(r->policy_hash) + 1];

	assay_hex_print(hash, r->policy_hash, sizeof(r->policy_hash), false);
	buf_printf(out,
	           "{\"judged_at\":\"%s\",\"policy\":{\"name\":\"default\","
	           "\"version\":%u,\"hash\":\"%s\"},\"platforms\":%llu,"
	           "\"judged\":%zu,\"without_early\":%zu,\"refused\":%zu,"
	           "\"fails\":%zu,\"fail\":[",
	           assay_time_print(at, r->now), r->policy_version, hash,
	           (unsigned long long)r->n_platforms, r->n_judged,
	           r->n_without_early, r->refused.n, r->fails.n);
	buf_put_bytes(out, buf_bytes(&r->fails.text));
	buf_printf(out, "],\"refusals\":[");
	buf_put_bytes(out, buf_bytes(&r->refused.text));
	buf_printf(out, "],\"summary\":[");
	write_summary(out, r);
	buf_printf(out, "]}");
}

static void free_run(struct run *r)
{
	forget_sets(r);
	for (size_t i = 0; i < BATCH; i++)
		buf_free(&r->rows[i].evidence);
	buf_free(&r->fails.text);
	buf_free(&r->refused.text);
	assay_memo_free(r->memo);
	free(r->trust);
	free(r);
}

static struct run *new_run(struct service *service)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->service = service;
	r->now = service_now(service);
	r->trust = malloc(assay_trust_size());
	r->memo = assay_memo_new(1, NULL);
	if (r->trust && r->memo && read_policy(r))
		return r;
	free_run(r);
	return NULL;
}

/* Makes a forecast and puts it in the place of the last; what goes wrong leaves
 * that. */
static void run_once(struct service_seen *seen)
{
	struct run *r = new_run(seen->service);
	struct buf text = { 0 }, old;

	if (r && forecast_all(r, seen))
		write_forecast(&text, r);
	pthread_mutex_lock(&seen->lock);
	old = text;
	if (text.len && !text.bad) {
		old = seen->text;
		seen->text = text;
		seen->n_fail = r->fails.n;
		seen->n_refused = r->refused.n;
		seen->n_judged = r->n_judged;
		seen->at = r->now;
	}
	pthread_mutex_unlock(&seen->lock);
	buf_free(&old);
	if (r)
		free_run(r);
}

/* ---- when there is something new */

static bool add_mark(void *arg, const struct collateral_want *want,
                     const struct collateral_set *set)
{
	uint64_t *mark = arg;

	*mark = *mark * UINT64_C(1099511628211) ^
	        (uint64_t)(set->fetched * 4 + want->early * 2 +
	                   want->platform_ca);
	return true;
}

/* Numbers that are others when platforms and policies, or documents, are; 0:
 * nobody knows. */
static uint64_t mark_platforms(struct service *service)
{
	uint64_t n;

	if (!store_count_platforms(service->store, &n))
		return 0;
	return (n * 31 + store_change(service->store, "policy")) << 32;
}

static uint64_t mark_documents(struct service *service)
{
	uint64_t mark = 1;

	if (!service_each_set(service, add_mark, &mark))
		return 0;
	return (mark >> 32 ^ (uint32_t)mark) | 1;
}

/* Waits until somebody asks, or it is time; false: until the end. */
static bool wait_for_next(struct service_seen *seen, int64_t length)
{
	struct timespec rest = wait_until(0, REST * length);
	struct timespec next = wait_until(EVERY_S, REST * length);
	bool goes_on;

	pthread_mutex_lock(&seen->lock);
	while (!seen->stop &&
	       pthread_cond_timedwait(&seen->changed, &seen->lock, &rest) !=
	               ETIMEDOUT)
		;
	while (!seen->stop && !seen->asked &&
	       pthread_cond_timedwait(&seen->changed, &seen->lock, &next) !=
	               ETIMEDOUT)
		;
	goes_on = !seen->stop;
	pthread_mutex_unlock(&seen->lock);
	return goes_on;
}

static void *run(void *arg)
{
	struct service_seen *seen = arg;
	int64_t began;
	uint64_t platforms, documents;

	do {
		began = wait_now();
		pthread_mutex_lock(&seen->lock);
		seen->asked = false;
		seen->running = true;
		pthread_mutex_unlock(&seen->lock);
		/* what is seen meanwhile may be missed; what is fetched is for
		 * this run */
		platforms = mark_platforms(seen->service);
		run_once(seen);
		documents = mark_documents(seen->service);
		pthread_mutex_lock(&seen->lock);
		seen->platforms = platforms;
		if (documents)
			seen->documents = documents;
		seen->running = false;
		pthread_cond_broadcast(&seen->changed);
		pthread_mutex_unlock(&seen->lock);
	} while (wait_for_next(seen, wait_now() - began));
	return NULL;
}

struct service_seen *service_seen_start(struct service *service)
{
	struct service_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return NULL;
	seen->service = service;
	pthread_mutex_init(&seen->lock, NULL);
	wait_init(&seen->changed);
	if (pthread_create(&seen->thread, NULL, run, seen) == 0)
		return seen;
	pthread_cond_destroy(&seen->changed);
	pthread_mutex_destroy(&seen->lock);
	free(seen);
	return NULL;
}

void service_seen_stop(struct service_seen *seen)
{
	if (!seen)
		return;
	pthread_mutex_lock(&seen->lock);
	seen->stop = true;
	pthread_cond_broadcast(&seen->changed);
	pthread_mutex_unlock(&seen->lock);
	pthread_join(seen->thread, NULL);
	pthread_cond_destroy(&seen->changed);
	pthread_mutex_destroy(&seen->lock);
	buf_free(&seen->text);
	free(seen);
}

/* ---- what it says */

/* Asks for a run where something is new, and waits for it, but not for long. */
static void wait_for_forecast(struct service_seen *seen)
{
	struct timespec end = wait_until(WAIT_S, 0);
	uint64_t platforms, documents;
	bool is_new;

	service_sightings_flush(seen->service);
	platforms = mark_platforms(seen->service);
	documents = mark_documents(seen->service);
	pthread_mutex_lock(&seen->lock);
	is_new = platforms != seen->platforms ||
	         (documents && documents != seen->documents);
	if (is_new) {
		seen->asked = true;
		pthread_cond_broadcast(&seen->changed);
	}
	while (((is_new && (seen->asked || seen->running)) ||
	        !seen->text.len) &&
	       !seen->stop &&
	       pthread_cond_timedwait(&seen->changed, &seen->lock, &end) !=
	               ETIMEDOUT)
		;
	pthread_mutex_unlock(&seen->lock);
}

void service_forecast(void *self, struct http_answer *answer,
                      const struct http_request *request)
{
	struct service *service = self;
	struct service_seen *seen = service->seen;
	struct service_caller caller;
	bool any;

	if (!service_may(&caller, answer, service, request, SERVICE_READ))
		return;
	wait_for_forecast(seen);
	pthread_mutex_lock(&seen->lock);
	any = seen->text.len > 0;
	if (any)
		buf_put_bytes(&answer->body, buf_bytes(&seen->text));
	pthread_mutex_unlock(&seen->lock);
	if (!any) {
		service_problem(answer, 503, "There is no forecast yet",
		                "Platforms are being judged; ask again in a "
		                "minute.");
		return;
	}
	answer->status = 200;
	answer->type = "application/json";
}

void service_seen_metrics(struct buf *out, struct service_seen *seen)
{
	pthread_mutex_lock(&seen->lock);
	buf_printf(out,
	           "# HELP assay_forecast_fail Platforms that will be refused, "
	           "as far as is known.\n"
	           "# TYPE assay_forecast_fail gauge\n"
	           "assay_forecast_fail %zu\n"
	           "# HELP assay_forecast_refused Platforms that are refused "
	           "already.\n"
	           "# TYPE assay_forecast_refused gauge\n"
	           "assay_forecast_refused %zu\n"
	           "# HELP assay_forecast_platforms Platforms that were "
	           "judged for that.\n"
	           "# TYPE assay_forecast_platforms gauge\n"
	           "assay_forecast_platforms %zu\n"
	           "# HELP assay_forecast_time_seconds When they were.\n"
	           "# TYPE assay_forecast_time_seconds gauge\n"
	           "assay_forecast_time_seconds %lld\n",
	           seen->n_fail, seen->n_refused, seen->n_judged,
	           (long long)seen->at);
	pthread_mutex_unlock(&seen->lock);
}
