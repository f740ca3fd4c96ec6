/* fuzz_wishes.c - the arguments of POST /v1/verify, a line NAME=VALUE for each: what
 * is refused is a problem that says why, and leaves nothing behind; what is taken is
 * within its bounds, and never of the future. */
#include "service/verify.c"

#include "request.h"

enum { NOW = 1790000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* ---- what comes after, and is not asked for */

int64_t service_now(const struct service *s)
{
	(void)s;
	return NOW;
}

const char *service_issuer(const struct service *s)
{
	(void)s;
	return "";
}

bool service_may(struct service_caller *caller, struct http_answer *answer,
                 struct service *s, const struct http_request *request,
                 enum service_scope scope)
{
	(void)caller;
	(void)answer;
	(void)s;
	(void)request;
	return scope == SERVICE_VERIFY;
}

bool service_judge(struct service_case *c, struct service *s, unsigned *status,
                   char why[SERVICE_WHY])
{
	(void)c;
	(void)s;
	(void)why;
	*status = 503;
	return false;
}

void service_case_free(struct service_case *c)
{
	(void)c;
}

bool service_case_names_code(const struct service_case *c)
{
	(void)c;
	return false;
}

const char *service_case_lacks(const struct service_case *c)
{
	(void)c;
	return NULL;
}

/* The text is cut into its lines. */
static void read_lines(struct http_request *r, char *text)
{
	r->n = 0;
	for (char *line = strtok(text, "\n"); line && r->n < LINES;
	     line = strtok(NULL, "\n")) {
		char *value = strchr(line, '=');

		if (!value)
			continue;
		*value = 0;
		r->lines[r->n].name = line;
		r->lines[r->n++].value = value + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_request r = { .path = "/v1/verify" };
	struct http_answer a = { 0 };
	struct wishes w;
	char *text = malloc(len + 1);

	must(text != NULL);
	if (len)
		memcpy(text, data, len);
	text[len] = 0;
	read_lines(&r, text);
	if (take_wishes(&w, &a, &r, NOW)) {
		must(!a.status && !a.body.len);
		must(w.nonce_len <= sizeof(w.nonce));
		must(!w.has_at || (w.at >= 0 && w.at <= NOW));
		must(!w.policy || service_is_name(w.policy));
		must(w.profile < TOKEN_N_PROFILES);
		free_wishes(&w);
	} else {
		must((a.status == 400 || a.status == 415) && a.body.len > 40);
		must(!w.accept);
	}
	forget_answer(&a);
	free(text);
	return 0;
}
