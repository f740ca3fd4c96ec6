/* seen.c - platforms that were judged here, and when they will be refused. */
#include "service/policies.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "judge/forecast.h"
#include "policy/policy.h"

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
	REST = 10,  /* a run is followed by so many times its length */
	WAIT_S = 2, /* that a request waits for a run */
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

/* The arguments after and most; false: something else. */
static bool take_arguments(uint8_t after[ID_LEN], bool *has_after, size_t *most,
                           const struct http_request *request)
{
	enum http_times n_after, n_most;
	const char *text;
	char *end;

	n_after = http_argument(request, "after", &text);
	*has_after = n_after == HTTP_ONCE;
	if (n_after == HTTP_BAD ||
	    (*has_after && !assay_hex_parse(after, ID_LEN, buf_text(text))))
		return false;
	*most = PAGE;
	n_most = http_argument(request, "most", &text);
	if (n_most == HTTP_ONCE) {
		*most = strtoul(text, &end, 10);
		return *text >= '1' && *text <= '9' && !*end &&
		       *most <= PAGE_MAX;
	}
	return n_most == HTTP_NONE;
}

static void answer_page(struct http_answer *answer, struct service *service,
                        const uint8_t *after, size_t most)
{
	struct page page = { .room = most };

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
	size_t most;

	if (!service_may(&caller, answer, service, request, SERVICE_READ))
		return;
	if (take_arguments(after, &has_after, &most, request))
		answer_page(answer, service, has_after ? after : NULL, most);
	else
		service_problem(answer, 400, "The arguments are not good",
		                "after is a platform's id (64 hex digits), "
		                "most a number from 1 to %d.",
		                PAGE_MAX);
}

/* ---- a forecast of all */

struct service_seen {
	struct service *service;
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t changed;
	bool asked, running, stop;
	struct buf text; /* the last forecast; empty: there was none */
	uint64_t mark;   /* of what it was made from */
	size_t n_fail, n_judged;
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

/* One run. */
struct run {
	struct service *service;
	int64_t now;
	size_t n_rows;
	struct row rows[BATCH];
	size_t n_sets;
	struct kept_set sets[SETS];
	struct assay_policy policy, renewed;
	struct assay_trust *trust;
	struct assay_memo *memo;
	/* the platform at hand */
	struct assay_evidence evidence;
	struct assay_scratch scratch;
	const struct collateral_set *standard, *early; /* NULL: there is none */
	struct judgement judgement;
	/* what came of it */
	uint64_t n_platforms;
	size_t n_judged, n_fail, n_refused;
	struct forecast_sum sum;
	struct forecast forecast;
	struct buf told; /* JSON objects, with commas between them */
};

/* ---- sets of documents */

static bool same_want(const struct collateral_want *a,
                      const struct collateral_want *b)
{
	return a->tee == b->tee && a->platform_ca == b->platform_ca &&
	       a->early == b->early &&
	       memcmp(a->fmspc, b->fmspc, sizeof(a->fmspc)) == 0;
}

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
		if (same_want(&k->want, want))
			return k->good ? &k->set : NULL;
	r->n_sets++;
	*k = (struct kept_set){ .want = *want };
	k->good = collateral_get(&k->set, r->service->collateral, want, r->now,
	                         r->service->options.no_fetch, why);
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

static void tell(struct run *r, const struct store_platform *p,
                 const struct forecast_fail *fail)
{
	struct assay_json_out o;
	char *text;

	if (!fail->kind)
		return;
	forecast_add(&r->sum, fail);
	/* what is refused already is among the platforms */
	if (fail->kind == FORECAST_REFUSED) {
		r->n_refused++;
		return;
	}
	if (r->n_fail++ >= TOLD_MAX)
		return;
	text = malloc(TOLD_ROOM);
	if (!text) {
		r->told.bad = true;
		return;
	}
	assay_json_begin(&o, text, TOLD_ROOM);
	assay_json_put_object(&o, NULL);
	put_id(&o, "id", p);
	assay_json_put_hex(&o, "fmspc", p->fmspc, sizeof(p->fmspc));
	forecast_json(&o, fail);
	assay_json_put_end(&o, '}');
	buf_printf(&r->told, "%s", r->told.len ? "," : "");
	buf_put_bytes(&r->told,
	              (struct assay_bytes){ (uint8_t *)o.ptr, o.len });
	free(text);
}

static void forecast_row(struct run *r, const struct row *row)
{
	struct assay_bytes in = buf_bytes(&row->evidence);

	if (!in.len)
		return;
	r->scratch = (struct assay_scratch){ malloc(in.len), in.len, 0 };
	if (r->scratch.ptr &&
	    assay_evidence_read(&r->evidence, in, &r->scratch, NULL) &&
	    find_sets(r)) {
		r->n_judged++;
		forecast_make(&r->forecast, judge, r, &r->policy, NULL, r->now,
		              0);
		tell(r, &row->platform, &r->forecast.level);
		tell(r, &row->platform, &r->forecast.end);
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
	return !r->told.bad;
}

/* ---- runs, one after the other */

/* The policy "default", as far as it is about machines. */
static bool read_policy(struct run *r)
{
	uint8_t hash[32];
	char why[SERVICE_WHY];
	unsigned status, version;
	struct service_policy *policy = service_policy(r->service, NULL, 0,
	                                               &status, why);

	if (!policy)
		return false;
	forecast_machine(&r->policy,
	                 service_policy_rules(policy, &version, hash));
	service_policy_done(r->service, policy);
	forecast_renewed(&r->renewed, &r->policy);
	return true;
}

static void write_forecast(struct buf *out, const struct run *r)
{
	char line[3 * FORECAST_TEXT], text[8 * FORECAST_TEXT];
	char at[ASSAY_TIME_TEXT];
	struct assay_json_out o;

	buf_printf(out,
	           "{\"judged_at\":\"%s\",\"platforms\":%llu,\"judged\":%zu,"
	           "\"refused\":%zu,\"fails\":%zu,\"fail\":[",
	           assay_time_print(at, r->now),
	           (unsigned long long)r->n_platforms, r->n_judged,
	           r->n_refused, r->n_fail);
	buf_put_bytes(out, buf_bytes(&r->told));
	buf_printf(out, "],\"summary\":[");
	for (size_t i = 0; forecast_summary(&r->sum, i, line); i++) {
		assay_json_begin(&o, text, sizeof(text));
		assay_json_put_text(&o, NULL, line);
		buf_printf(out, "%s%s", i ? "," : "", text);
	}
	buf_printf(out, "]}");
}

static void free_run(struct run *r)
{
	forget_sets(r);
	for (size_t i = 0; i < BATCH; i++)
		buf_free(&r->rows[i].evidence);
	buf_free(&r->told);
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
		seen->n_fail = r->n_fail;
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

	if (!collateral_each(service->collateral, add_mark, &mark))
		return 0;
	return mark >> 32 ^ (uint32_t)mark;
}

static int64_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static struct timespec in_seconds(int64_t n)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += n;
	return t;
}

/* Waits until somebody asks, or it is time; false: until the end. */
static bool wait_for_next(struct service_seen *seen, int64_t length)
{
	struct timespec rest = in_seconds(REST * length);
	struct timespec next = in_seconds(REST * length + EVERY_S);
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
	uint64_t mark;

	do {
		began = seconds();
		pthread_mutex_lock(&seen->lock);
		seen->asked = false;
		seen->running = true;
		pthread_mutex_unlock(&seen->lock);
		/* what is seen meanwhile may be missed; what is fetched is for
		 * this run */
		mark = mark_platforms(seen->service);
		run_once(seen);
		mark ^= mark_documents(seen->service);
		pthread_mutex_lock(&seen->lock);
		seen->mark = mark;
		seen->running = false;
		pthread_cond_broadcast(&seen->changed);
		pthread_mutex_unlock(&seen->lock);
	} while (wait_for_next(seen, seconds() - began));
	return NULL;
}

struct service_seen *service_seen_start(struct service *service)
{
	struct service_seen *seen = calloc(1, sizeof(*seen));
	pthread_condattr_t attr;

	if (!seen)
		return NULL;
	seen->service = service;
	pthread_mutex_init(&seen->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&seen->changed, &attr);
	pthread_condattr_destroy(&attr);
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
	struct timespec end = in_seconds(WAIT_S);
	uint64_t mark = mark_platforms(seen->service) ^
	                mark_documents(seen->service);
	bool is_new;

	pthread_mutex_lock(&seen->lock);
	is_new = mark != seen->mark;
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
	           "# HELP assay_forecast_platforms Platforms that were "
	           "judged for that.\n"
	           "# TYPE assay_forecast_platforms gauge\n"
	           "assay_forecast_platforms %zu\n"
	           "# HELP assay_forecast_time_seconds When they were.\n"
	           "# TYPE assay_forecast_time_seconds gauge\n"
	           "assay_forecast_time_seconds %lld\n",
	           seen->n_fail, seen->n_judged, (long long)seen->at);
	pthread_mutex_unlock(&seen->lock);
}
