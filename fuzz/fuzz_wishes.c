/* fuzz_wishes.c - the arguments of POST /v1/verify, a line NAME=VALUE for each: what
 * is refused is a problem that says why, and leaves nothing behind; what is taken is
 * within its bounds, and never of the future. */
#include "service/verify.c"

enum { NOW = 1790000000, LINES = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* ---- the listener's part: a request of these arguments alone */

static struct {
	char *name, *value;
} lines[LINES];
static size_t n_lines;

enum http_times http_argument(const struct http_request *r, const char *name,
                              const char **value)
{
	enum http_times times = HTTP_NONE;

	(void)r;
	*value = NULL;
	for (size_t i = 0; i < n_lines; i++) {
		if (strcmp(lines[i].name, name) != 0)
			continue;
		times = times == HTTP_NONE ? HTTP_ONCE : HTTP_BAD;
		*value = lines[i].value;
	}
	return times;
}

const char *http_stranger(const struct http_request *r,
                          const char *const *known)
{
	(void)r;
	for (size_t i = 0; i < n_lines; i++) {
		size_t k = 0;

		while (known[k] && strcmp(known[k], lines[i].name) != 0)
			k++;
		if (!known[k] && strcmp(lines[i].name, "Content-Type") != 0)
			return lines[i].name;
	}
	return NULL;
}

/* A line `Content-Type=...` is that header. */
const char *http_header(const struct http_request *r, const char *name)
{
	const char *value;

	http_argument(r, name, &value);
	return value;
}

bool http_has_type(const struct http_request *r, const char *type)
{
	const char *given = http_header(r, "Content-Type");

	return given && strcmp(given, type) == 0;
}

const char *http_path(const struct http_request *r)
{
	(void)r;
	return "/v1/verify";
}

struct assay_bytes http_body(const struct http_request *r)
{
	(void)r;
	return (struct assay_bytes){ 0 };
}

const char *http_client(char text[HTTP_CLIENT_LEN],
                        const struct http_request *r)
{
	(void)r;
	text[0] = 0;
	return text;
}

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

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void read_lines(char *text)
{
	n_lines = 0;
	for (char *line = strtok(text, "\n"); line && n_lines < LINES;
	     line = strtok(NULL, "\n")) {
		char *value = strchr(line, '=');

		if (!value)
			continue;
		*value = 0;
		lines[n_lines].name = line;
		lines[n_lines++].value = value + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_answer a = { 0 };
	struct wishes w;
	char *text = malloc(len + 1);

	must(text != NULL);
	if (len)
		memcpy(text, data, len);
	text[len] = 0;
	read_lines(text);
	if (take_wishes(&w, &a, NULL, NOW)) {
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
	buf_free(&a.body);
	for (size_t i = 0; i < a.n_headers; i++)
		buf_free(&a.header[i].value);
	free(text);
	return 0;
}
