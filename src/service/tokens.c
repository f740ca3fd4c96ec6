/* tokens.c - the keys that sign results: this node's, and the public ones of all
 * nodes. */
#include "service/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "os/folder.h"
#include "token/jwk.h"

enum {
	POOL = 64,           /* signers at rest */
	KEEP_S = 30 * 86400, /* for which a key is given out after its node
	                      * said last that it has it */
	CERT_S = 10 * 365 * 86400, /* a certificate that nobody looks into */
	DAY_S = 86400,
	LIFE_S = 90 * DAY_S, /* of a key, that signs */
};

/* One algorithm: its key, and signers, each of one thread at a time. */
struct family {
	enum token_alg alg;
	const char *file, *next; /* the key that follows it: a file from a day
	                          * before */
	uint8_t pem[TOKEN_PEM_MAX];
	size_t len; /* 0: it was not needed yet */
	char kid[TOKEN_KID_LEN];
	int64_t published;
	struct token_signer *rest[POOL];
	size_t n;
};

struct service_tokens {
	struct service *service;
	int folder;
	pthread_mutex_t lock;
	struct family es, rs;
};

/* ---- keys */

/* A new key in a file, which is as old as the service's clock says. */
static bool make_file(struct family *f, const char *name, int folder,
                      int64_t now)
{
	const struct timespec times[2] = { { .tv_sec = now },
		                           { .tv_sec = now } };

	return token_signer_make(f->pem, &f->len, f->alg) &&
	       file_put(folder, name, (struct assay_bytes){ f->pem, f->len },
	                0600, true) &&
	       utimensat(folder, name, times, 0) == 0;
}

static bool read_or_make(struct family *f, const char *name, int folder,
                         int64_t now, char why[SERVICE_WHY])
{
	struct buf pem = { 0 };
	bool good = file_get(&pem, folder, name, sizeof(f->pem), true);

	if (!good && errno == ENOENT) {
		good = make_file(f, name, folder, now);
	} else if (good) {
		memcpy(f->pem, pem.ptr, pem.len);
		f->len = pem.len;
		assay_wipe(pem.ptr, pem.len);
	}
	if (!good) {
		f->len = 0;
		snprintf(why, SERVICE_WHY, "%s: %s", name, strerror(errno));
	}
	buf_free(&pem);
	return good;
}

/* The public key, for others: when it was last used, a line feed, the JWK. */
static bool publish(struct service_tokens *t, struct token_signer *signer,
                    char why[SERVICE_WHY])
{
	const int64_t now = service_now(t->service);
	const bool rsa = token_signer_alg(signer) == TOKEN_RS256;
	uint8_t der[TOKEN_CERTIFICATE_MAX];
	char jwk[TOKEN_JWK_MAX];
	struct buf row = { 0 };
	size_t n;
	bool good;

	if (rsa) {
		n = token_certificate(der, signer, "assay", now - 86400,
		                      now + CERT_S);
		n = n ? token_jwk_certified(jwk, sizeof(jwk), signer,
		                            (struct assay_bytes){ der, n })
		      : 0;
	} else {
		n = token_jwk(jwk, sizeof(jwk), signer);
	}
	buf_printf(&row, "%lld\n%.*s", (long long)now, (int)n, jwk);
	good = n && !row.bad &&
	       store_put(t->service->store, rsa ? "cert" : "jwk",
	                 token_signer_kid(signer), buf_bytes(&row));
	if (!good)
		snprintf(why, SERVICE_WHY, "the public key: %s",
		         n ? store_why(t->service->store) : "memory is short");
	buf_free(&row);
	return good;
}

/* Reads or makes the key of that file, and gives out its public one; the lock is
 * held. */
static bool take_key(struct service_tokens *t, struct family *f,
                     const char *name, char why[SERVICE_WHY])
{
	const int64_t now = service_now(t->service);
	struct token_signer *signer;
	struct assay_err err = { 0 };
	bool good;

	if (!read_or_make(f, name, t->folder, now, why))
		return false;
	signer = token_signer_read((struct assay_bytes){ f->pem, f->len },
	                           &err);
	good = signer && token_signer_alg(signer) == f->alg &&
	       publish(t, signer, why);
	if (!signer || token_signer_alg(signer) != f->alg)
		snprintf(why, SERVICE_WHY, "%s: %s", name,
		         err.check ? err.note : "a key of another kind");
	if (good) {
		memcpy(f->kid, token_signer_kid(signer), sizeof(f->kid));
		f->rest[f->n++] = signer;
		f->published = now;
	} else {
		token_signer_free(signer);
		f->len = 0;
	}
	return good;
}

/* The lock is held. */
static bool first_use(struct service_tokens *t, struct family *f,
                      char why[SERVICE_WHY])
{
	return f->len || take_key(t, f, f->file, why);
}

struct token_signer *service_signer(struct service *s, enum token_alg alg,
                                    char why[SERVICE_WHY])
{
	struct service_tokens *t = s->tokens;
	struct family *f = alg == TOKEN_RS256 ? &t->rs : &t->es;
	struct token_signer *signer = NULL;

	pthread_mutex_lock(&t->lock);
	if (first_use(t, f, why) && f->n)
		signer = f->rest[--f->n];
	else if (f->len)
		signer = token_signer_read(
			(struct assay_bytes){ f->pem, f->len }, NULL);
	pthread_mutex_unlock(&t->lock);
	return signer;
}

void service_signer_back(struct service *s, struct token_signer *signer)
{
	struct service_tokens *t = s->tokens;
	struct family *f;

	if (!signer)
		return;
	f = token_signer_alg(signer) == TOKEN_RS256 ? &t->rs : &t->es;
	pthread_mutex_lock(&t->lock);
	/* one that was lent when the key changed is of another */
	if (f->n < POOL && strcmp(f->kid, token_signer_kid(signer)) == 0) {
		f->rest[f->n++] = signer;
		signer = NULL;
	}
	pthread_mutex_unlock(&t->lock);
	token_signer_free(signer);
}

bool service_token(struct buf *out, struct service *s, enum token_alg alg,
                   const char *type, const char *header,
                   struct assay_bytes claims)
{
	const size_t room =
		TOKEN_ROOM(claims.len + (header ? strlen(header) : 0));
	const size_t at = out->len;
	char why[SERVICE_WHY];
	struct token_signer *signer = service_signer(s, alg, why);
	size_t n = 0;

	buf_put_zeros(out, room);
	if (signer && !out->bad)
		n = token_sign((char *)out->ptr + at, room, signer, type,
		               header, claims);
	service_signer_back(s, signer);
	if (!out->bad)
		out->len = at + n;
	return n > 0;
}

/* ---- beginning and end */

struct service_tokens *service_tokens_open(struct service *s, int folder,
                                           char why[SERVICE_WHY])
{
	struct service_tokens *t = calloc(1, sizeof(*t));
	struct token_signer *first;

	if (!t) {
		snprintf(why, SERVICE_WHY, "memory is short");
		return NULL;
	}
	t->service = s;
	t->folder = folder;
	t->es = (struct family){ .alg = TOKEN_ES256,
		                 .file = "token-es256.pem",
		                 .next = "token-es256-next.pem" };
	t->rs = (struct family){ .alg = TOKEN_RS256,
		                 .file = "token-rs256.pem",
		                 .next = "token-rs256-next.pem" };
	pthread_mutex_init(&t->lock, NULL);
	s->tokens = t;
	first = service_signer(s, TOKEN_ES256, why);
	if (first) {
		service_signer_back(s, first);
		return t;
	}
	service_tokens_close(t);
	s->tokens = NULL;
	return NULL;
}

static void end(struct family *f)
{
	while (f->n)
		token_signer_free(f->rest[--f->n]);
	assay_wipe(f->pem, sizeof(f->pem));
	f->len = 0;
}

/* ---- as time passes */

/* How old the file is; -1: there is none. */
static int64_t age_of(const struct service_tokens *t, const char *name)
{
	struct stat st;

	if (fstatat(t->folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	return service_now(t->service) - (int64_t)st.st_mtime;
}

/* The key that follows is known to all for a day before it signs; the one before
 * it stays known for as long as its node's. */
static bool renew(struct service_tokens *t, struct family *f,
                  char why[SERVICE_WHY])
{
	const int64_t next = age_of(t, f->next);
	struct family other = { .alg = f->alg };
	bool good;

	if (age_of(t, f->file) < LIFE_S)
		return true;
	if (next < 0) {
		good = take_key(t, &other, f->next, why);
		end(&other);
		return good;
	}
	if (next < DAY_S)
		return true;
	if (renameat(t->folder, f->next, t->folder, f->file) != 0) {
		snprintf(why, SERVICE_WHY, "%s: %s", f->next, strerror(errno));
		return false;
	}
	end(f);
	return take_key(t, f, f->file, why);
}

static bool tend(struct service_tokens *t, struct family *f,
                 char why[SERVICE_WHY])
{
	const int64_t now = service_now(t->service);
	struct token_signer *signer;
	bool good;

	if (!f->len || (now >= f->published && now < f->published + DAY_S))
		return true;
	f->published = now;
	snprintf(why, SERVICE_WHY, "%s: memory is short", f->file);
	signer = token_signer_read((struct assay_bytes){ f->pem, f->len },
	                           NULL);
	good = signer && publish(t, signer, why) && renew(t, f, why);
	token_signer_free(signer);
	return good;
}

bool service_tokens_tend(struct service *s, char why[SERVICE_WHY])
{
	struct service_tokens *t = s->tokens;
	bool good;

	pthread_mutex_lock(&t->lock);
	good = tend(t, &t->es, why);
	good = tend(t, &t->rs, why) && good;
	pthread_mutex_unlock(&t->lock);
	return good;
}

void service_tokens_close(struct service_tokens *t)
{
	if (!t)
		return;
	end(&t->es);
	end(&t->rs);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* ---- for those who check */

struct listing {
	struct buf *out;
	enum token_alg alg;
	int64_t now;
	size_t n;
};

/* One object, and nothing behind it. */
static bool is_object(struct assay_bytes text)
{
	struct assay_json j;

	assay_json_open(&j, text, ASSAY_DOC_KEY_SET);
	return assay_json_peek(&j) == '{' && assay_json_skip(&j, NULL) &&
	       assay_json_close(&j, NULL);
}

/* What the store says is looked at: a public key of this algorithm, whose name is
 * its thumbprint.  So no two of the set have one name. */
static bool is_key(struct assay_bytes jwk, enum token_alg alg, const char *kid)
{
	char set[TOKEN_JWK_MAX + 16], name[TOKEN_KID_LEN];
	struct token_key key;
	int n;

	if (jwk.len > TOKEN_JWK_MAX || !is_object(jwk))
		return false;
	n = snprintf(set, sizeof(set), "{\"keys\":[%.*s]}", (int)jwk.len,
	             (const char *)jwk.ptr);
	if (!token_key_find(&key,
	                    (struct assay_bytes){ (uint8_t *)set, (size_t)n },
	                    kid, NULL) ||
	    key.alg != alg)
		return false;
	token_thumbprint(name, &key.public);
	return strcmp(name, kid) == 0;
}

static bool list_one(void *arg, const char *kid, struct assay_bytes row)
{
	struct listing *l = arg;
	const uint8_t *line = row.len ? memchr(row.ptr, '\n', row.len) : NULL;
	const size_t n = line ? (size_t)(line - row.ptr) + 1 : 0;
	const struct assay_bytes jwk = { row.ptr + n, row.len - n };
	char seen[24] = "";

	if (n < 2 || n > sizeof(seen) || !is_key(jwk, l->alg, kid))
		return true;
	memcpy(seen, row.ptr, n - 1);
	if (strtoll(seen, NULL, 10) < l->now - KEEP_S)
		return true;
	buf_printf(l->out, "%s", l->n++ ? "," : "");
	buf_put_bytes(l->out, jwk);
	return true;
}

/* The JWKS of all nodes; or of those keys alone that come with a certificate. */
static bool put_key_set(struct buf *out, struct service *s,
                        bool certified_alone)
{
	struct listing l = { out, TOKEN_ES256, service_now(s), 0 };
	bool good;

	buf_printf(out, "{\"keys\":[");
	good = certified_alone || store_each(s->store, "jwk", list_one, &l);
	l.alg = TOKEN_RS256;
	good = good && store_each(s->store, "cert", list_one, &l);
	buf_printf(out, "]}");
	return good && !out->bad;
}

static void answer_keys(struct http_answer *a, struct service *s,
                        bool certified_alone)
{
	a->status = 200;
	/* Microsoft's clients read no other JSON */
	a->type = certified_alone ? "application/json"
	                          : "application/jwk-set+json";
	if (!put_key_set(&a->body, s, certified_alone))
		service_no_store(a, s);
}

void service_jwks(void *self, struct http_answer *a,
                  const struct http_request *r)
{
	(void)r;
	answer_keys(a, self, false);
}

/* Who asks for these wants RS256: the key is made if there is none yet. */
void service_certs(void *self, struct http_answer *a,
                   const struct http_request *r)
{
	char why[SERVICE_WHY];
	struct token_signer *signer = service_signer(self, TOKEN_RS256, why);

	(void)r;
	if (signer)
		answer_keys(a, self, true);
	else
		service_problem(a, 503, "There is no key", "%s", why);
	service_signer_back(self, signer);
}

static void put_openid(struct assay_json_out *o, const void *service)
{
	static const char *const claims[] = { "iss",      "iat", "exp",
		                              "nbf",      "jti", "eat_profile",
		                              "eat_nonce" };
	const char *issuer = service_issuer(service);
	char url[SERVICE_ISSUER_LEN + 40];

	assay_json_put_text(o, "issuer", issuer);
	snprintf(url, sizeof(url), "%s/.well-known/jwks.json", issuer);
	assay_json_put_text(o, "jwks_uri", url);
	assay_json_put_array(o, "response_types_supported");
	assay_json_put_text(o, NULL, "id_token");
	assay_json_put_end(o, ']');
	assay_json_put_array(o, "subject_types_supported");
	assay_json_put_text(o, NULL, "public");
	assay_json_put_end(o, ']');
	assay_json_put_array(o, "id_token_signing_alg_values_supported");
	assay_json_put_text(o, NULL, "ES256");
	assay_json_put_text(o, NULL, "RS256");
	assay_json_put_end(o, ']');
	assay_json_put_array(o, "claims_supported");
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		assay_json_put_text(o, NULL, claims[i]);
	assay_json_put_end(o, ']');
}

void service_openid(void *self, struct http_answer *a,
                    const struct http_request *r)
{
	(void)r;
	service_json(a, put_openid, self);
}
