/* health.c - for whoever watches the service. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "serve/count.h"
#include "service/tokens.h"

/* Bounds of durations in microseconds; the last is none. */
static const struct {
	int64_t us;
	const char *le; /* the same in seconds */
} times[SERVICE_TIMES] = {
	{ 100, "0.0001" }, { 250, "0.00025" },    { 500, "0.0005" },
	{ 1000, "0.001" }, { 10000, "0.01" },     { 100000, "0.1" },
	{ 1000000, "1" },  { INT64_MAX, "+Inf" },
};

void service_count(struct service *s, const struct judgement *j, int64_t us)
{
	struct service_counts *c = &s->counts;
	size_t i = 0;

	while (us > times[i].us)
		i++;
	c->took[i]++;
	c->us += (uint64_t)us;

	if (!j->verdict.genuine)
		c->not_genuine++;
	else if (j->verdict.status < ASSAY_N_STATUS)
		c->status[j->verdict.status]++;
	if (j->decision.accept)
		c->accepted++;
	else
		c->refused++;
}

static void put_text(struct http_answer *a, unsigned status, const char *text)
{
	a->status = status;
	a->type = "text/plain";
	buf_printf(&a->body, "%s\n", text);
	if (status == 503)
		http_put_header(a, "Retry-After", buf_text("2"));
}

void service_health(void *self, struct http_answer *a,
                    const struct http_request *r)
{
	(void)self;
	(void)r;
	put_text(a, 200, "ok");
}

/* It takes traffic: the store answers, and it can sign. */
void service_ready(void *self, struct http_answer *a,
                   const struct http_request *r)
{
	struct service *s = self;
	char why[SERVICE_WHY] = "no key";
	struct token_signer *signer;

	(void)r;
	if (!store_alive(s->store)) {
		put_text(a, 503, "the store does not answer");
		return;
	}
	signer = service_signer(s, TOKEN_ES256, why);
	put_text(a, signer ? 200 : 503, signer ? "ready" : why);
	service_signer_back(s, signer);
}

static void put_verdicts(struct buf *out, struct service_counts *c)
{
	buf_printf(out,
	           "# HELP assay_verdicts_total Evidence that was judged, "
	           "by what it proved to be.\n"
	           "# TYPE assay_verdicts_total counter\n"
	           "assay_verdicts_total{status=\"not genuine\"} %" PRIu64 "\n",
	           (uint64_t)c->not_genuine);
	for (int i = ASSAY_STATUS_NONE + 1; i < ASSAY_N_STATUS; i++)
		buf_printf(out,
		           "assay_verdicts_total{status=\"%s\"} %" PRIu64 "\n",
		           assay_status_name((enum assay_status)i),
		           (uint64_t)c->status[i]);
	buf_printf(out,
	           "# HELP assay_decisions_total What was decided.\n"
	           "# TYPE assay_decisions_total counter\n"
	           "assay_decisions_total{decision=\"accept\"} %" PRIu64 "\n"
	           "assay_decisions_total{decision=\"refuse\"} %" PRIu64 "\n",
	           (uint64_t)c->accepted, (uint64_t)c->refused);
}

static void put_times(struct buf *out, struct service_counts *c)
{
	uint64_t n = 0;

	buf_printf(out, "# HELP assay_judgement_seconds What a judgement "
	                "took, with what it waited for.\n"
	                "# TYPE assay_judgement_seconds histogram\n");
	for (size_t i = 0; i < SERVICE_TIMES; i++) {
		n += c->took[i];
		buf_printf(out,
		           "assay_judgement_seconds_bucket{le=\"%s\"} %" PRIu64
		           "\n",
		           times[i].le, n);
	}
	buf_printf(out,
	           "assay_judgement_seconds_sum %.6f\n"
	           "assay_judgement_seconds_count %" PRIu64 "\n",
	           (double)c->us / 1e6, n);
}

struct ages {
	struct buf *out;
	int64_t now;
};

static bool put_age(void *arg, const struct collateral_want *want,
                    const struct collateral_set *set)
{
	struct ages *a = arg;
	const uint8_t *f = want->fmspc, *r = set->root;

	buf_printf(
		a->out,
		"assay_collateral_fresh_seconds{tee=\"%s\",fmspc=\"%02x%02x"
		"%02x%02x%02x%02x\",ca=\"%s\",update=\"%s\",root=\"%02x%02x%02x"
		"%02x\"} %" PRId64 "\n",
		assay_tee_name(want->tee), f[0], f[1], f[2], f[3], f[4], f[5],
		want->platform_ca ? "platform" : "processor",
		want->early ? "early" : "standard", r[0], r[1], r[2], r[3],
		set->fresh_until - a->now);
	return true;
}

void service_metrics(void *self, struct http_answer *a,
                     const struct http_request *r)
{
	struct service *s = self;
	struct ages ages = { &a->body, service_now(s) };
	uint64_t n;

	a->status = 200;
	a->type = "text/plain; version=0.0.4";
	http_metrics(&a->body, r);
	put_verdicts(&a->body, &s->counts);
	put_times(&a->body, &s->counts);
	buf_printf(&a->body, "# HELP assay_collateral_fresh_seconds How long "
	                     "documents are still good.\n"
	                     "# TYPE assay_collateral_fresh_seconds gauge\n");
	if (!service_each_set(s, put_age, &ages))
		buf_printf(&a->body, "# the cache cannot be read\n");
	if (store_count_platforms(s->store, &n))
		count_put(&a->body, "assay_platforms", "gauge",
		          "Platforms that were seen.", n);
	if (store_count_entries(s->store, &n))
		count_put(&a->body, "assay_log_entries", "gauge",
		          "Entries of the log.", n);
	service_seen_metrics(&a->body, s->seen);
}
