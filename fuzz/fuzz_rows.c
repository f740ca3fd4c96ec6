/* fuzz_rows.c - an Authorization header, and the rows of a store that somebody else
 * writes, each a name, a line feed, and what is in it, with a NUL between them: the
 * same for every kind of row.  Nobody is let in but by a row that says so; whatever
 * is answered is a problem, or whole JSON; a log that is given out verifies, and a
 * key that is given out is found by its name.
 */
#include "service/callers.c"
#include "request.h"

#include <fcntl.h>
#include <unistd.h>

#include "audit/audit.h"
#include "policy/list.h"
#include "service/judges.h"
#include "service/policies.h"
#include "service/tokens.h"
#include "token/jwk.h"

enum { NOW = 1790000000, ROWS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* ---- the store: what it promises of a row, and no more */

static struct {
	char name[STORE_NAME_MAX + 1];
	struct assay_bytes body;
} rows[ROWS];
static size_t n_rows;
static bool later; /* entries are the rows from behind: they were altered */

/* A row, unless there is one of its name. */
static void add_row(struct assay_bytes name, struct assay_bytes body)
{
	char *to = rows[n_rows].name;

	if (!name.len || name.len > STORE_NAME_MAX)
		return;
	memset(to, 0, sizeof(rows[0].name));
	memcpy(to, name.ptr, name.len);
	for (size_t i = 0; i < n_rows; i++)
		if (strcmp(rows[i].name, to) == 0)
			return;
	rows[n_rows++].body = body;
}

static void read_rows(struct assay_bytes in)
{
	n_rows = 0;
	while (in.len && n_rows < ROWS) {
		const uint8_t *end = memchr(in.ptr, 0, in.len);
		const size_t n = end ? (size_t)(end - in.ptr) : in.len;
		const uint8_t *feed = memchr(in.ptr, '\n', n);
		const size_t name = feed ? (size_t)(feed - in.ptr) : 0;

		if (feed)
			add_row((struct assay_bytes){ in.ptr, name },
			        (struct assay_bytes){ feed + 1, n - name - 1 });
		in.ptr += n + (end != NULL);
		in.len -= n + (end != NULL);
	}
}

/* Numbers of a row: its last bytes. */
static uint64_t number_of(size_t i)
{
	const struct assay_bytes body = rows[i].body;
	uint64_t n = 0;

	if (body.len >= sizeof(n))
		memcpy(&n, body.ptr + body.len - sizeof(n), sizeof(n));
	return n;
}

static void version_of(struct store_version *v, size_t i)
{
	*v = (struct store_version){ .number = (unsigned)number_of(i),
		                     .made = (int64_t)(number_of(i) >> 1) };
	memcpy(v->by, rows[i].name, sizeof(v->by));
}

const char *store_why(struct store *s)
{
	(void)s;
	return "it does not answer";
}

uint64_t store_change(struct store *s, const char *kind)
{
	static uint64_t change;

	(void)s;
	(void)kind;
	return ++change;
}

bool store_put(struct store *s, const char *kind, const char *name,
               struct assay_bytes body)
{
	(void)s;
	(void)kind;
	(void)name;
	(void)body;
	return true;
}

enum store_found store_put_new(struct store *s, const char *kind,
                               const char *name, struct buf *body)
{
	return store_get(s, body, kind, name);
}

/* The first: whoever writes rows can name one as it must be named. */
enum store_found store_get(struct store *s, struct buf *body, const char *kind,
                           const char *name)
{
	(void)s;
	(void)kind;
	(void)name;
	if (!n_rows)
		return STORE_NONE;
	buf_put_bytes(body, rows[0].body);
	return STORE_FOUND;
}

bool store_each(struct store *s, const char *kind,
                bool (*each)(void *arg, const char *name,
                             struct assay_bytes body),
                void *arg)
{
	(void)s;
	(void)kind;
	for (size_t i = 0; i < n_rows; i++)
		if (!each(arg, rows[i].name, rows[i].body))
			return false;
	return true;
}

enum store_found store_get_version(struct store *s, struct store_version *v,
                                   struct buf *body, const char *kind,
                                   const char *name, unsigned number)
{
	/* a policy, and the list that it names */
	const size_t i = strcmp(kind, "list") == 0 ? n_rows - 1 : 0;

	(void)s;
	(void)name;
	(void)number;
	if (!n_rows)
		return STORE_NONE;
	version_of(v, i);
	buf_put_bytes(body, rows[i].body);
	return STORE_FOUND;
}

bool store_each_newest(struct store *s, const char *kind,
                       bool (*each)(void *arg, const char *name,
                                    const struct store_version *version,
                                    struct assay_bytes body),
                       void *arg)
{
	struct store_version v;

	(void)s;
	(void)kind;
	for (size_t i = 0; i < n_rows; i++) {
		version_of(&v, i);
		if (!each(arg, rows[i].name, &v, rows[i].body))
			return false;
	}
	return true;
}

bool store_add_version(struct store *s, unsigned *number, const char *kind,
                       const char *name, struct assay_bytes body,
                       const char *by, int64_t now)
{
	(void)number;
	(void)by;
	(void)now;
	return store_put(s, kind, name, body);
}

bool store_each_platform(struct store *s, const uint8_t after[32], size_t most,
                         bool (*each)(void *arg,
                                      const struct store_platform *platform,
                                      struct assay_bytes evidence),
                         void *arg)
{
	(void)s;
	(void)after;
	for (size_t i = 0; i < n_rows && i < most; i++) {
		struct store_platform p = {
			.first_seen = (int64_t)(number_of(i) >> 1),
			.last_seen = (int64_t)(number_of(i) >> 2),
			.n_seen = number_of(i) >> 1,
			.tee = (uint8_t)number_of(i),
		};

		memcpy(p.status, rows[i].name, sizeof(p.status) - 1);
		if (!each(arg, &p, rows[i].body))
			return false;
	}
	return true;
}

bool store_count_platforms(struct store *s, uint64_t *n)
{
	(void)s;
	*n = n_rows;
	return true;
}

enum store_found store_take(struct store *s, const uint8_t id[32],
                            int64_t until, int64_t now)
{
	(void)s;
	(void)id;
	(void)until;
	(void)now;
	return STORE_FAILED;
}

bool store_append(struct store *s, uint64_t *number,
                  bool (*make)(void *arg, struct buf *entry, uint64_t number,
                               struct assay_bytes before),
                  void *arg)
{
	(void)s;
	(void)number;
	(void)make;
	(void)arg;
	return false;
}

bool store_each_entry(struct store *s, uint64_t first, uint64_t most,
                      bool (*each)(void *arg, uint64_t number,
                                   struct assay_bytes entry),
                      void *arg)
{
	(void)s;
	for (uint64_t i = first; i < n_rows && i - first < most; i++)
		if (!each(arg, i, rows[later ? n_rows - 1 - i : i].body))
			return false;
	return true;
}

/* ---- the rest of the service */

int64_t service_now(const struct service *s)
{
	(void)s;
	return NOW;
}

const char *service_issuer(const struct service *s)
{
	(void)s;
	return "https://service.example";
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

bool service_fetches(const struct service *s)
{
	(void)s;
	return false;
}

bool service_each_set(struct service *s,
                      bool (*each)(void *arg,
                                   const struct collateral_want *want,
                                   const struct collateral_set *set),
                      void *arg)
{
	(void)s;
	(void)each;
	(void)arg;
	return false;
}

void service_sightings_flush(struct service *s)
{
	(void)s;
}

void service_case_free(struct service_case *c)
{
	(void)c;
}

/* Keys that sign heads, and that wrap secrets, out of a folder that is gone again
 * at once. */
static void make_keys(struct service *s)
{
	char folder[] = "/tmp/fuzz-rows-XXXXXX", why[SERVICE_WHY];
	int fd;

	must(mkdtemp(folder) != NULL);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0 && service_tokens_open(s, fd, why));
	s->keys = service_keys_open(folder, NULL, why);
	must(s->keys && unlinkat(fd, "kek", 0) == 0);
	must(unlinkat(fd, "token-es256.pem", 0) == 0 && rmdir(folder) == 0);
}

static struct service *get_service(void)
{
	static struct service s;

	if (!s.tokens) {
		pthread_mutex_init(&s.callers.lock, NULL);
		make_keys(&s);
		s.policies = service_policies_open(&s);
		must(s.policies != NULL);
	}
	return &s;
}

/* ---- what must hold */

static bool is_json(struct assay_bytes text)
{
	struct assay_json j;

	assay_json_open_max(&j, text, ASSAY_DOC_NONE, text.len);
	return assay_json_skip(&j, NULL) && assay_json_close(&j, NULL);
}

static void ask(struct http_answer *a, struct service *s, service_route *route,
                const char *path)
{
	const struct http_request r = { .path = path };

	*a = (struct http_answer){ 0 };
	route(s, a, &r);
	must(a->status >= 200);
	if (a->status != 200)
		must(strcmp(a->type, "application/problem+json") == 0);
}

/* It is whole, or memory was short: as it is where a row holds what cannot be
 * written. */
static void test_json(struct service *s, service_route *route, const char *path)
{
	struct http_answer a;

	ask(&a, s, route, path);
	must(a.bad || a.body.bad || is_json(buf_bytes(&a.body)));
	forget_answer(&a);
}

/* What a row says is written as what reads the same. */
static void test_row(struct assay_bytes body)
{
	struct caller c, again;
	struct buf row = { 0 };

	if (read_caller(&c, body)) {
		must(c.name[0] && c.scopes < 2 * SERVICE_ADMIN);
		service_put_json(&row, put_caller, &c);
		must(!row.bad && read_caller(&again, buf_bytes(&row)) &&
		     again.scopes == c.scopes && again.revoked == c.revoked &&
		     again.made == c.made && strcmp(again.name, c.name) == 0);
	}
	buf_free(&row);
}

static void test_header(struct service *s, char *header)
{
	const struct http_request r = { .path = "/v1/callers",
		                        .lines = { { "Authorization",
		                                     header } },
		                        .n = 1 };
	struct service_caller caller;
	struct http_answer a = { 0 };
	struct caller c;

	if (service_may(&caller, &a, s, &r, SERVICE_ADMIN)) {
		must(strncasecmp(header, "Bearer ", 7) == 0 && n_rows);
		must(read_caller(&c, rows[0].body) && !c.revoked &&
		     (c.scopes & SERVICE_ADMIN) && !a.status);
	} else {
		must((a.status == 401 || a.status == 403) &&
		     is_json(buf_bytes(&a.body)));
	}
	forget_answer(&a);
}

static void test_keys(struct service *s)
{
	struct http_answer a;
	struct token_key key;
	struct assay_err err = { 0 };

	ask(&a, s, service_jwks, "/");
	must(is_json(buf_bytes(&a.body)));
	for (size_t i = 0; i < n_rows; i++)
		must(token_key_find(&key, buf_bytes(&a.body), rows[i].name,
		                    &err) ||
		     (err.check == ASSAY_W_KID &&
		      strncmp(err.note, "0 keys", 6) == 0));
	forget_answer(&a);
}

static void test_file(struct service *s, struct assay_bytes keys)
{
	struct audit_log log = { .key_set = keys };
	struct http_answer a;
	struct buf piece = { 0 };
	bool whole = true;

	ask(&a, s, service_log_get, "/v1/log/file");
	while (a.more && whole) {
		buf_clear(&piece);
		whole = a.more(a.state, &piece);
		buf_put_bytes(&a.body, buf_bytes(&piece));
		if (!piece.len)
			break;
	}
	if (a.more && whole) {
		buf_put(&a.body, "", 1);
		must(!a.body.bad);
		for (char *line = strtok((char *)a.body.ptr, "\n"); line;
		     line = strtok(NULL, "\n"))
			must(audit_log_line(&log, buf_text(line), NULL));
		must(audit_log_end(&log, NULL) && log.tree.size == n_rows);
	}
	buf_free(&piece);
	forget_answer(&a);
}

static void test_log(struct service *s, struct assay_bytes keys)
{
	char why[SERVICE_WHY];

	later = false;
	s->audit = service_audit_open(s, why);
	if (!s->audit) {
		must(why[0]);
		return;
	}
	for (int i = 0; i < 2; i++, later = true) {
		test_json(s, service_log_get, "/v1/log");
		test_json(s, service_log_get, "/v1/log/0");
		test_file(s, keys);
	}
	service_audit_close(s->audit);
	s->audit = NULL;
}

static void test_policy(struct service *s)
{
	const struct assay_policy *rules;
	struct service_policy *p;
	struct assay_list *list;
	char why[SERVICE_WHY] = "";
	uint8_t hash[32];
	unsigned status = 0, version;
	bool failed;

	p = service_policy(s, "some", 0, &status, why);
	if (!p) {
		must((status == 404 || status == 500) && why[0]);
		return;
	}
	rules = service_policy_rules(p, &version, hash);
	list = service_list_open(s, rules, NOW, &failed);
	must(!list || !list->good ||
	     strcmp(list->name, assay_policy_list(rules)) == 0);
	free(list);
	service_policy_done(s, p);
}

/* The service's own public key, by which heads are checked. */
static void own_keys(struct buf *out, struct service *s)
{
	char why[SERVICE_WHY], jwk[TOKEN_JWK_MAX];
	struct token_signer *signer = service_signer(s, TOKEN_ES256, why);

	must(signer && token_jwk(jwk, sizeof(jwk), signer));
	service_signer_back(s, signer);
	buf_printf(out, "{\"keys\":[%s]}", jwk);
	must(!out->bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct buf keys;
	const uint8_t *end = len ? memchr(data, 0, len) : NULL;
	const size_t n = end ? (size_t)(end - data) : len;
	struct service *s = get_service();
	char *header = strndup((const char *)data, n);

	must(header != NULL);
	if (!keys.len)
		own_keys(&keys, s);
	read_rows((struct assay_bytes){ data + n + (end != NULL),
	                                len - n - (end != NULL) });
	s->options.open = 0;
	test_header(s, header);
	free(header);
	s->options.open = SERVICE_READ | SERVICE_ADMIN;
	for (size_t i = 0; i < n_rows; i++)
		test_row(rows[i].body);
	test_json(s, service_callers_get, "/v1/callers");
	test_json(s, service_policies_get, "/v1/policies");
	test_json(s, service_lists_get, "/v1/lists");
	test_json(s, service_secrets_get, "/v1/secrets");
	test_json(s, service_platforms, "/v1/platforms");
	test_keys(s);
	test_log(s, buf_bytes(&keys));
	test_policy(s);
	return 0;
}
