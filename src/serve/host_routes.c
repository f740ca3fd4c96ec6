/* host_routes.c - the host's paths: docs/protocol.md. */
#include "serve/host_inner.h"

#include "base/text.h"
#include "format/keys.h"
#include "serve/count.h"

#include <assay/client.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUNDLE_TYPE "application/vnd.assay.bundle+json"
#define TEXT_TYPE "text/plain; charset=utf-8"

/* ---- answers */

void host_error(struct http_answer *a, unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} of[] = {
		{ 400, "this is no such request" },
		{ 404, "there is nothing at this path" },
		{ 405, "this path takes another method" },
		{ 409, "H_KEY or H_OPEN: it is sealed to other keys than the "
		       "enclave has, or was altered on its way: get its "
		       "attestation again" },
		{ 413, "it is longer than what is taken" },
		{ 415, "want Content-Type: message/ohttp-req" },
		{ 429, "too many at once: later" },
		{ 502, "the enclave ended: the request may have been "
		       "processed" },
		{ 503, "the enclave is being started: nothing was processed" },
	};
	const char *text = "the request may have been processed";

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (of[i].status == status)
			text = of[i].text;
	a->status = status;
	a->type = TEXT_TYPE;
	buf_printf(&a->body, "%s\n", text);
}

void host_refuse(struct http_answer *a, unsigned status)
{
	buf_clear(&a->body);
	host_error(a, status);
	if (status == 429 || status == 503)
		http_put_header(a, "Retry-After", buf_text("1"));
}

/* No client is in the network that is all ones. */
uint64_t host_who(const struct http_request *r)
{
	return http_address(r) + 1;
}

void host_note_time(struct host *h, int64_t us)
{
	static const unsigned ends[HOST_N_TIMES] = { HOST_TIMES };
	size_t i = 0;

	while (i < HOST_N_TIMES && us > (int64_t)ends[i] * 1000)
		i++;
	pthread_mutex_lock(&h->lock);
	h->n_answers[i]++;
	h->n_asked++;
	h->total_us += (uint64_t)us;
	pthread_mutex_unlock(&h->lock);
}

void host_message_end(struct host *h, struct host_message *m, unsigned status)
{
	struct http_answer *a = m->answer;

	if (status == 200) {
		host_note_time(h, host_now_us() - m->began);
		a->status = 200;
		a->type = "message/ohttp-res";
		http_put_header(a, "Cache-Control", buf_text("no-store"));
	} else {
		host_refuse(a, status);
	}
	free(m);
	http_done(a);
}

/* It waits from here on, unless it is refused. */
static unsigned begin_message(struct host *h, struct http_answer *a,
                              const struct http_request *r)
{
	struct host_message *m = calloc(1, sizeof(*m));
	unsigned status;

	if (!m)
		return 503;
	m->place.who = host_who(r);
	m->body = http_body(r);
	m->answer = a;
	m->began = host_now_us();
	status = host_turn_enter(h, m);
	if (status != 200)
		free(m);
	return status;
}

static void message(void *self, struct http_answer *a,
                    const struct http_request *r)
{
	unsigned status = 400;

	if (!http_has_type(r, "message/ohttp-req"))
		status = 415;
	else if (http_body(r).len)
		status = begin_message(self, a, r);
	if (status == 200)
		return;
	host_refuse(a, status);
	http_done(a);
}

/* ---- attestations */

/* From memory: no enclave has to do with it. */
static void put_kept(struct host *h, struct http_answer *a,
                     const struct http_request *r)
{
	const char *has = http_header(r, "If-None-Match");

	pthread_mutex_lock(&h->lock);
	if (h->stage != HOST_UP) {
		host_refuse(a, 503);
	} else {
		a->status = has && strcmp(has, h->etag) == 0 ? 304 : 200;
		if (a->status == 200)
			buf_put_bytes(&a->body, buf_bytes(&h->bundle));
		a->type = BUNDLE_TYPE;
		http_put_header(a, "ETag", buf_text(h->etag));
		http_put_header(a, "Cache-Control", buf_text("no-cache"));
	}
	pthread_mutex_unlock(&h->lock);
}

static unsigned put_fresh(struct host *h, struct http_answer *a, uint64_t from,
                          const char *hex)
{
	const struct assay_bytes text = { (const uint8_t *)hex, strlen(hex) };
	uint8_t nonce[ASSAY_NONCE_MAX];
	unsigned wait;

	if (text.len < 2 || text.len > 2 * sizeof(nonce) ||
	    !assay_hex_parse(nonce, text.len / 2, text))
		return 400;
	pthread_mutex_lock(&h->lock);
	wait = rate_take(&h->nonces, from, host_now_us() * 1000);
	pthread_mutex_unlock(&h->lock);
	if (wait)
		return 429;
	return host_attest(h, &a->body, from,
	                   (struct assay_bytes){ nonce, text.len / 2 });
}

static void attestation(void *self, struct http_answer *a,
                        const struct http_request *r)
{
	const char *hex;
	const enum http_times times = http_argument(r, "nonce", &hex);
	unsigned status;

	if (times == HTTP_NONE) {
		put_kept(self, a, r);
		return;
	}
	status = times == HTTP_ONCE ? put_fresh(self, a, host_who(r), hex)
	                            : 400;
	if (status != 200) {
		host_refuse(a, status);
		return;
	}
	a->status = 200;
	a->type = BUNDLE_TYPE;
	http_put_header(a, "Cache-Control", buf_text("no-store"));
}

/* ---- for who runs it */

static void about(void *self, struct http_answer *a,
                  const struct http_request *r)
{
	(void)self;
	(void)r;
	a->status = 200;
	a->type = TEXT_TYPE;
	buf_printf(&a->body,
	           "An enclave. Before you send it anything, have it prove "
	           "itself:\n"
	           "  GET  /attestation?nonce=HEX  which code runs here, on "
	           "which machine\n"
	           "  POST /message                sealed to its key\n"
	           "assay call does both.\n");
}

void host_health(void *self, struct http_answer *a,
                 const struct http_request *r)
{
	struct host_state s;

	(void)r;
	host_look(self, &s);
	a->status = s.up ? 200 : 503;
	a->type = "application/json";
	buf_printf(&a->body,
	           "{\"enclave\":\"%s\",\"restarts\":%" PRIu64
	           ",\"waiting\":%u,\"documents\":",
	           s.up ? "up" : "down", s.restarts, s.waiting);
	if (!s.has_documents)
		buf_printf(&a->body, "null}\n");
	else
		buf_printf(&a->body,
		           "{\"seconds_left\":%" PRId64 ",\"state\":\"%s\"}}\n",
		           s.documents_left,
		           s.documents_left <= 0      ? "expired"
		           : s.documents_left < 86400 ? "expiring"
		                                      : "good");
}

static void put_gauge(struct buf *out, const char *name, const char *help,
                      int64_t value)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n%s %" PRId64 "\n", name,
	           help, name, name, value);
}

static void put_times(struct buf *out, struct host *h)
{
	static const unsigned ends[HOST_N_TIMES] = { HOST_TIMES };
	static const char name[] = "assay_host_answer_seconds";
	uint64_t n = 0;

	buf_printf(out,
	           "# HELP %s From a message until its answer.\n"
	           "# TYPE %s histogram\n",
	           name, name);
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < HOST_N_TIMES; i++)
		buf_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
		           ends[i] / 1000.0, n += h->n_answers[i]);
	buf_printf(out,
	           "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.6f\n"
	           "%s_count %" PRIu64 "\n",
	           name, h->n_asked, name, (double)h->total_us / 1e6, name,
	           h->n_asked);
	pthread_mutex_unlock(&h->lock);
}

void host_metrics(void *self, struct http_answer *a,
                  const struct http_request *r)
{
	struct buf *out = &a->body;
	struct host_state s;

	a->status = 200;
	a->type = "text/plain; version=0.0.4; charset=utf-8";
	host_look(self, &s);
	http_metrics(out, r);
	put_gauge(out, "assay_host_enclave_up", "Whether the enclave answers.",
	          s.up);
	put_gauge(out, "assay_host_waiting", "Who waits for the enclave.",
	          s.waiting);
	count_put(out, "assay_host_enclave_restarts_total", "counter",
	          "How often the enclave was started again.", s.restarts);
	if (s.has_documents)
		put_gauge(out, "assay_host_documents_left_seconds",
		          "Until the manufacturer's documents run out.",
		          s.documents_left);
	put_times(out, self);
}

const struct http_route host_routes[] = {
	{ .path = "/attestation", .answer = attestation },
	{ .path = "/message",
	  .answer = message,
	  .body_max = ASSAY_ENCLAVE_MAX + ASSAY_CLIENT_SEAL_MORE,
	  .when = HTTP_LATER },
	{ .path = "/healthz", .answer = host_health, .when = HTTP_QUICK },
	{ .path = "/metrics", .answer = host_metrics, .when = HTTP_QUICK },
	{ .path = "/", .answer = about, .when = HTTP_QUICK },
	{ 0 },
};
