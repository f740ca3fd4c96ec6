/* callers.c - who asks: API keys, and what each may do. */
#include "service/inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/crypto.h"

/* A key is 256 random bits in hex behind a word that scanners for lost keys can
 * look for.  The store has its SHA-256 as the row's name: a key is found by that
 * alone, and who reads the store has none. */
#define PREFIX "assay-key-"
enum { KEY_BYTES = 32, HASH_TEXT = 2 * KEY_BYTES + 1 };
_Static_assert(sizeof(PREFIX) + 2 * KEY_BYTES <= SERVICE_KEY_LEN, "a key");

static const struct {
	const char *name;
	enum service_scope scope;
} scopes[] = {
	{ "verify", SERVICE_VERIFY },
	{ "read", SERVICE_READ },
	{ "keys", SERVICE_KEYS },
	{ "admin", SERVICE_ADMIN },
};
enum { N_SCOPES = sizeof(scopes) / sizeof(scopes[0]) };

bool service_scopes_read(unsigned *out, const char *text)
{
	size_t n;

	*out = 0;
	for (;;) {
		size_t i = 0;

		n = strcspn(text, ",");
		while (i < N_SCOPES && (strlen(scopes[i].name) != n ||
		                        strncmp(scopes[i].name, text, n) != 0))
			i++;
		if (i == N_SCOPES)
			return false;
		*out |= scopes[i].scope;
		if (!text[n])
			return true;
		text += n + 1;
	}
}

/* Of the first, where several will do. */
static const char *scope_name(enum service_scope scope)
{
	size_t i = 0;

	while (!(scopes[i].scope & scope))
		i++;
	return scopes[i].name;
}

/* ---- rows of the store */

struct caller {
	unsigned scopes;
	bool revoked;
	int64_t made;
	char name[STORE_NAME_MAX + 1];
};

static void put_caller(struct assay_json_out *o, const void *arg)
{
	const struct caller *c = arg;

	assay_json_put_text(o, "name", c->name);
	assay_json_put_array(o, "scopes");
	for (size_t i = 0; i < N_SCOPES; i++)
		if (c->scopes & scopes[i].scope)
			assay_json_put_text(o, NULL, scopes[i].name);
	assay_json_put_end(o, ']');
	assay_json_put_time(o, "made", c->made);
	assay_json_put_bool(o, "revoked", c->revoked);
}

static bool read_scopes(unsigned *out, struct assay_json *j)
{
	char word[16];
	unsigned one;

	if (!assay_json_array(j))
		return false;
	while (assay_json_element(j)) {
		if (!assay_json_text(j, word, sizeof(word)) ||
		    strchr(word, ',') || !service_scopes_read(&one, word))
			return false;
		*out |= one;
	}
	return true;
}

static bool read_caller(struct caller *c, struct assay_bytes row)
{
	struct assay_json_str name;
	struct assay_json j;
	bool good = true;

	*c = (struct caller){ .revoked = true };
	assay_json_open(&j, row, ASSAY_DOC_NONE);
	if (!assay_json_object(&j))
		return false;
	while (good && assay_json_member(&j, &name)) {
		if (assay_json_is(name, "name"))
			good = assay_json_text(&j, c->name, sizeof(c->name));
		else if (assay_json_is(name, "scopes"))
			good = read_scopes(&c->scopes, &j);
		else if (assay_json_is(name, "made"))
			good = assay_json_time(&j, &c->made);
		else
			good = assay_json_is(name, "revoked") &&
			       assay_json_bool(&j, &c->revoked);
	}
	return good && assay_json_close(&j, NULL) && c->name[0];
}

/* ---- the request's */

/* Its key's hash, in hex; false: it presents none. */
static bool presented(char hash[HASH_TEXT], const struct http_request *r)
{
	static const char bearer[] = "Bearer ";
	const char *header = http_header(r, "Authorization");
	uint8_t digest[ASSAY_SHA256_LEN];

	if (!header || strncasecmp(header, bearer, sizeof(bearer) - 1) != 0)
		return false;
	header += sizeof(bearer) - 1;
	assay_sha256(digest, buf_text(header + strspn(header, " ")));
	assay_hex_print(hash, digest, sizeof(digest), false);
	return true;
}

/* Rows that were read last, so that a key costs the store nothing. */
static enum store_found look_up(struct caller *c, struct service *s,
                                const char *hash)
{
	struct service_callers *cache = &s->callers;
	const uint64_t change = store_change(s->store, "caller");
	struct buf row = { 0 };
	enum store_found found;
	size_t i;

	pthread_mutex_lock(&cache->lock);
	if (cache->change != change)
		memset(cache->of, 0, sizeof(cache->of));
	cache->change = change;
	for (i = 0; i < SERVICE_CALLERS; i++)
		if (memcmp(cache->of[i].hash, hash, HASH_TEXT) == 0)
			break;
	if (i < SERVICE_CALLERS) {
		c->scopes = cache->of[i].scopes;
		c->revoked = false;
		memcpy(c->name, cache->of[i].name, sizeof(c->name));
		pthread_mutex_unlock(&cache->lock);
		return STORE_FOUND;
	}
	pthread_mutex_unlock(&cache->lock);
	found = store_get(s->store, &row, "caller", hash);
	if (found == STORE_FOUND &&
	    (!read_caller(c, buf_bytes(&row)) || c->revoked))
		found = STORE_NONE;
	buf_free(&row);
	if (found != STORE_FOUND)
		return found;
	pthread_mutex_lock(&cache->lock);
	i = cache->next++ % SERVICE_CALLERS;
	if (cache->change == change) {
		memcpy(cache->of[i].hash, hash, HASH_TEXT);
		cache->of[i].scopes = c->scopes;
		memcpy(cache->of[i].name, c->name, sizeof(c->name));
	}
	pthread_mutex_unlock(&cache->lock);
	return found;
}

static void unauthorized(struct http_answer *a, const char *title,
                         enum service_scope scope, bool open)
{
	if (open)
		service_problem(a, 401, title,
		                "None is needed for this here: leave "
		                "Authorization out, or send one that is good.");
	else
		service_problem(a, 401, title,
		                "This takes an API key with the scope `%s`: "
		                "send Authorization: Bearer KEY. Who runs the "
		                "service makes one: POST "
		                "/v1/callers/NAME?scopes=%s",
		                scope_name(scope), scope_name(scope));
	http_put_header(a, "WWW-Authenticate", buf_text("Bearer"));
}

bool service_may(struct service_caller *caller, struct http_answer *a,
                 struct service *s, const struct http_request *r,
                 enum service_scope scope)
{
	char hash[HASH_TEXT], from[HTTP_CLIENT_LEN];
	struct caller c = { 0 };

	*caller = (struct service_caller){ .scopes = s->options.open };
	snprintf(caller->name, sizeof(caller->name), "%s",
	         http_client(from, r));
	if (presented(hash, r)) {
		switch (look_up(&c, s, hash)) {
		case STORE_FAILED:
			service_no_store(a, s);
			return false;
		case STORE_NONE:
			unauthorized(a, "This API key is none, or no longer",
			             scope, caller->scopes & scope);
			return false;
		case STORE_FOUND:
			caller->scopes |= c.scopes;
			memcpy(caller->name, c.name, sizeof(caller->name));
		}
	} else if (!(caller->scopes & scope)) {
		unauthorized(a, "An API key is needed", scope, false);
		return false;
	}
	if (caller->scopes & scope)
		return service_knows_all(a, r);
	service_problem(a, 403, "This API key may not do that",
	                "%s lacks the scope `%s`.", caller->name,
	                scope_name(scope));
	return false;
}

/* ---- making and revoking */

static bool new_key(char key[SERVICE_KEY_LEN], char hash[HASH_TEXT])
{
	uint8_t bytes[KEY_BYTES], digest[ASSAY_SHA256_LEN];

	if (!assay_random(bytes, sizeof(bytes)))
		return false;
	memcpy(key, PREFIX, sizeof(PREFIX));
	assay_hex_print(key + sizeof(PREFIX) - 1, bytes, sizeof(bytes), false);
	assay_wipe(bytes, sizeof(bytes));
	assay_sha256(digest, buf_text(key));
	assay_hex_print(hash, digest, sizeof(digest), false);
	return true;
}

static bool put_row(struct service *s, const char *hash, const struct caller *c)
{
	struct buf row = { 0 };
	bool good;

	service_put_json(&row, put_caller, c);
	good = !row.bad && store_put(s->store, "caller", hash, buf_bytes(&row));
	buf_free(&row);
	return good;
}

/* Every change of who may do what is in the log before it holds. */
static bool log_change(struct service *s, const char *what, const char *who,
                       const struct caller *c)
{
	struct buf data = { 0 };
	bool good;

	service_put_json(&data, put_caller, c);
	good = !data.bad && service_log(s, what, who, buf_bytes(&data));
	buf_free(&data);
	return good;
}

bool service_caller_make(char key[SERVICE_KEY_LEN], struct service *s,
                         const char *name, unsigned allowed, const char *who)
{
	struct caller c = { .scopes = allowed, .made = service_now(s) };
	char hash[HASH_TEXT];

	snprintf(c.name, sizeof(c.name), "%s", name);
	return new_key(key, hash) && log_change(s, "caller.added", who, &c) &&
	       put_row(s, hash, &c);
}

/* ---- those there are */

struct listing {
	const char *name; /* that is looked for, or NULL */
	char (*hash)[HASH_TEXT];
	struct caller *row;
	size_t n, room;
	bool any_admin;
};

static bool find_one(void *arg, const char *hash, struct assay_bytes row)
{
	struct listing *l = arg;
	struct caller c;

	if (!read_caller(&c, row))
		return true;
	l->any_admin |= !c.revoked && (c.scopes & SERVICE_ADMIN);
	if (l->name && strcmp(c.name, l->name) == 0 && !c.revoked &&
	    l->n < l->room && strlen(hash) == HASH_TEXT - 1) {
		memcpy(l->hash[l->n], hash, HASH_TEXT);
		l->row[l->n++] = c;
	}
	return true;
}

bool service_has_admin(struct service *s, bool *has)
{
	struct listing l = { 0 };
	const bool good = store_each(s->store, "caller", find_one, &l);

	*has = l.any_admin;
	return good;
}

static bool list_one(void *out, const char *hash, struct assay_bytes row)
{
	struct caller c;

	(void)hash;
	return !read_caller(&c, row) || service_put_item(out, put_caller, &c);
}

static bool list_all(struct store *store, struct buf *out)
{
	return store_each(store, "caller", list_one, out);
}

void service_callers_get(void *self, struct http_answer *a,
                         const struct http_request *r)
{
	struct service_caller caller;

	if (service_may(&caller, a, self, r, SERVICE_ADMIN))
		service_items(a, self, "callers", list_all);
}

static void put_revoked(struct assay_json_out *o, const void *n)
{
	assay_json_put_uint(o, "revoked", *(const size_t *)n);
}

/* All keys of a name, so many at a time. */
static void revoke_all(struct http_answer *a, struct service *s,
                       const char *who, const char *name)
{
	enum { MOST = 64 };
	char hash[MOST][HASH_TEXT];
	struct caller row[MOST];
	struct listing l = {
		.name = name, .hash = hash, .row = row, .room = MOST
	};
	size_t n = 0;
	bool good;

	do {
		l.n = 0;
		good = store_each(s->store, "caller", find_one, &l);
		for (size_t i = 0; good && i < l.n; i++, n++) {
			row[i].revoked = true;
			good = log_change(s, "caller.revoked", who, &row[i]) &&
			       put_row(s, hash[i], &row[i]);
		}
	} while (good && l.n);
	if (good && n)
		service_json(a, put_revoked, &n);
	else if (good)
		service_problem(a, 404, "There is no such caller",
		                "GET /v1/callers lists them.");
	else
		service_no_store(a, s);
}

static void put_key(struct assay_json_out *o, const void *key)
{
	assay_json_put_text(o, "key", key);
}

void service_callers_post(void *self, struct http_answer *a,
                          const struct http_request *r)
{
	struct service *s = self;
	struct service_caller caller;
	char key[SERVICE_KEY_LEN];
	const char *name, *text = "";
	enum http_times revokes;
	unsigned allowed;

	if (!service_may(&caller, a, s, r, SERVICE_ADMIN) ||
	    !service_path_name(&name, a, r, "/v1/callers/"))
		return;
	revokes = http_argument(r, "revoke", &text);
	if (revokes == HTTP_ONCE && strcmp(text, "1") == 0) {
		revoke_all(a, s, caller.name, name);
		return;
	}
	if (revokes != HTTP_NONE ||
	    http_argument(r, "scopes", &text) != HTTP_ONCE ||
	    !service_scopes_read(&allowed, text)) {
		service_problem(a, 400, "The scopes are not good",
		                "Want scopes= and some of verify,read,keys,"
		                "admin; or revoke=1.");
		return;
	}
	if (service_caller_make(key, s, name, allowed, caller.name))
		service_json(a, put_key, key);
	else
		service_problem(a, 503, "The key could not be kept", "%s",
		                store_why(s->store));
	assay_wipe(key, sizeof(key));
}
