/* host_conclave.c - the paths of Conclave's web host [CONCLAVE 5]:
 * docs/conclave.md. */
#include "serve/host_inner.h"

#include <string.h>

#define BYTES_TYPE "application/octet-stream"

enum { ID_MAX = 255 };

static void put_no_store(struct http_answer *a)
{
	http_put_header(a, "Cache-Control",
	                buf_text("no-store,no-cache,must-revalidate"));
}

/* In the form of the enclave's errors, which is what a client reads. */
static void put_error(struct http_answer *a, const char *error,
                      const char *message)
{
	buf_clear(&a->body);
	a->status = 400;
	a->type = "application/json";
	buf_printf(&a->body, "{\"error\":\"%s\",\"message\":%s}", error,
	           message);
}

/* Both of the enclave's errors are 400 to a client. */
static void refuse(struct http_answer *a, unsigned status)
{
	if (status == 409)
		put_error(a, "MAIL_DECRYPTION", "null");
	else if (status == 500)
		put_error(a, "ENCLAVE_EXCEPTION", "null");
	else
		host_refuse(a, status);
}

void host_conclave_error(struct http_answer *a, unsigned status)
{
	if (status == 400)
		put_error(a, "ENCLAVE_EXCEPTION",
		          "\"this is no such request\"");
	else
		host_error(a, status);
	put_no_store(a);
}

static void attestation(void *self, struct http_answer *a,
                        const struct http_request *r)
{
	struct host *h = self;

	(void)r;
	put_no_store(a);
	pthread_mutex_lock(&h->lock);
	if (h->stage == HOST_UP) {
		a->status = 200;
		a->type = BYTES_TYPE;
		buf_put_bytes(&a->body, buf_bytes(&h->bundle));
	} else {
		refuse(a, 503);
	}
	pthread_mutex_unlock(&h->lock);
}

/* False: it is answered. */
static bool take_id(struct assay_bytes *id, struct http_answer *a,
                    const struct http_request *r)
{
	const char *text = http_header(r, "Correlation-ID");
	size_t i = 0;

	put_no_store(a);
	while (text && text[i] >= 0x21 && text[i] <= 0x7e)
		i++;
	if (i > 0 && i <= ID_MAX && !text[i]) {
		*id = buf_text(text);
		return true;
	}
	put_error(a, "ENCLAVE_EXCEPTION",
	          "\"want a Correlation-ID of 1 to 255 visible ASCII "
	          "characters\"");
	return false;
}

static void deliver(void *self, struct http_answer *a,
                    const struct http_request *r)
{
	const int64_t began = host_now_us();
	struct assay_bytes id;
	unsigned status;

	if (!take_id(&id, a, r))
		return;
	status = host_mail(self, &a->body, host_who(r), id, http_body(r));
	if (status != 200) {
		refuse(a, status);
		return;
	}
	host_note_time(self, host_now_us() - began);
	a->status = 200;
	a->type = BYTES_TYPE;
}

static void poll_mail(void *self, struct http_answer *a,
                      const struct http_request *r)
{
	struct host *h = self;
	struct assay_bytes id;

	if (!take_id(&id, a, r))
		return;
	pthread_mutex_lock(&h->lock);
	mails_take(&a->body, &h->mails, id, host_now_ms());
	pthread_mutex_unlock(&h->lock);
	a->status = 200;
	a->type = BYTES_TYPE;
}

const struct http_route host_conclave_routes[] = {
	{ .path = "/attestation", .answer = attestation },
	{ .path = "/deliver-mail",
	  .answer = deliver,
	  .body_max = ASSAY_FRAME_BODY_MAX - 1 - ID_MAX },
	{ .path = "/poll-mail", .answer = poll_mail, .body_max = 1 },
	{ .path = "/healthz", .answer = host_health, .when = HTTP_QUICK },
	{ .path = "/metrics", .answer = host_metrics, .when = HTTP_QUICK },
	{ 0 },
};
