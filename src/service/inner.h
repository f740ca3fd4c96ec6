/* inner.h - what the service's files share. */
#ifndef SERVICE_INNER_H
#define SERVICE_INNER_H

#include "service/service.h"

#include <pthread.h>

struct service_policies; /* policies.c: the newest of each name, parsed */
struct service_judges;   /* judge.c: memos, trusts, what was seen */
struct service_tokens;   /* tokens.c: signers, and the set of public keys */
struct service_keys;     /* release.c: what wraps the secrets */
struct service_seen;     /* seen.c: the last forecast, and who makes it */

/* API keys that were presented last (callers.c). */
enum { SERVICE_CALLERS = 32, SERVICE_KEY_LEN = 80 };
struct service_callers {
	pthread_mutex_t lock;
	uint64_t change;
	unsigned next;
	struct {
		char hash[65];
		unsigned scopes;
		char name[STORE_NAME_MAX + 1];
	} of[SERVICE_CALLERS];
};

/* What was judged so far (health.c). */
enum { SERVICE_TIMES = 8 };
struct service_counts {
	_Atomic uint64_t accepted, refused, not_genuine;
	_Atomic uint64_t status[ASSAY_N_STATUS];
	/* judgements that took at most 100 us, 250, ...; and their sum */
	_Atomic uint64_t took[SERVICE_TIMES], us;
};

/* A clock that is never set back (clock.c). */
struct service_clock {
	pthread_mutex_t lock;
	int64_t last, ahead; /* what the machine's said, and so much later */
	int64_t kept;        /* what this one showed when it was kept */
};

/* A node's turn to make a version of something (turn.c). */
struct service_turn {
	uint8_t id[32];
	int64_t again;
};

enum { SERVICE_ISSUER_LEN = 256 };

struct service {
	struct service_options options;
	char issuer[SERVICE_ISSUER_LEN];
	int folder; /* open: the data's */
	struct service_callers callers;
	struct service_counts counts;
	struct service_audit *audit;         /* log.c */
	struct service_sightings *sightings; /* sightings.c */
	struct service_lines *lines;         /* lines.c */
	struct service_share *share;         /* share.c; NULL: it is alone */
	struct store *store;
	struct collateral_source *collateral;
	struct service_policies *policies;
	struct service_judges *judges;
	struct service_tokens *tokens;
	struct service_keys *keys;
	struct service_seen *seen;
	_Atomic unsigned walks;         /* through the cache, at this moment */
	_Atomic unsigned cache_fetches; /* that clients of the cache wait for */
	_Atomic int64_t cache_minute;   /* in which so many were for */
	_Atomic unsigned cache_unknown; /* what is not kept */
	struct service_turn list_turn;  /* lists.c */
	struct service_clock clock;
	uint8_t challenge_key[32];
};

int64_t service_now(const struct service *service);
/* The address that it is known by: the issuer of its tokens. */
const char *service_issuer(const struct service *service);

/* ---- who asks (callers.c) */

struct service_caller {
	unsigned scopes;
	char name[STORE_NAME_MAX + 1]; /* the API key's; or the address */
};
/* Whether the caller may do it (of several scopes, any will do), and asks for
 * nothing that the path does not know; else the answer is 401, 403 or 400. */
ASSAY_MUST_CHECK bool service_may(struct service_caller *caller,
                                  struct http_answer *answer,
                                  struct service *service,
                                  const struct http_request *request,
                                  enum service_scope scope);

/* "verify,read" as bits. */
ASSAY_MUST_CHECK bool service_scopes_read(unsigned *scopes, const char *text);
/* Makes an API key, which `who` asked for; into the log and the store first.  The
 * caller wipes it. */
ASSAY_MUST_CHECK bool service_caller_make(char key[SERVICE_KEY_LEN],
                                          struct service *service,
                                          const char *name, unsigned scopes,
                                          const char *who);
/* Whether there is any that may administer. */
ASSAY_MUST_CHECK bool service_has_admin(struct service *service, bool *has);

/* ---- names in requests (policies.c): else the answer is made */

bool service_is_name(const char *name);
ASSAY_MUST_CHECK bool service_path_name(const char **name,
                                        struct http_answer *answer,
                                        const struct http_request *request,
                                        const char *prefix);

/* ---- arguments (answers.c): else the answer is made */

/* False; the answer says what was wanted. */
bool service_bad_argument(struct http_answer *answer, const char *name,
                          const char *want);
/* Whether the path takes all arguments that there are: what nobody reads would be
 * thought to be heeded. */
ASSAY_MUST_CHECK bool service_knows_all(struct http_answer *answer,
                                        const struct http_request *request);
/* At most 19 digits, and nothing else. */
ASSAY_MUST_CHECK bool service_read_number(uint64_t *value, const char *text);
struct service_range {
	const char *name;
	uint64_t least, most;
	uint64_t otherwise; /* where the argument is not there */
};
ASSAY_MUST_CHECK bool service_number(uint64_t *value,
                                     struct http_answer *answer,
                                     const struct http_request *request,
                                     const struct service_range *range);
/* A version's number; 0 where it is not there. */
ASSAY_MUST_CHECK bool
service_version_argument(unsigned *version, struct http_answer *answer,
                         const struct http_request *request, const char *name);

/* ---- answers (answers.c) */

/* A problem of RFC 9457: what is wrong, and what to do. */
void service_problem(struct http_answer *answer, unsigned status,
                     const char *title, const char *fmt, ...)
	ASSAY_PRINTF(4, 5);
/* Appends the object that `put` writes, whatever its size. */
void service_put_json(struct buf *out,
                      void (*put)(struct assay_json_out *o, const void *arg),
                      const void *arg);
/* The body becomes what `put` writes into an object, whatever its size. */
void service_json(struct http_answer *answer,
                  void (*put)(struct assay_json_out *o, const void *arg),
                  const void *arg);
/* Appends an object to the array that `out` ends in; false: memory is short. */
bool service_put_item(struct buf *out,
                      void (*put)(struct assay_json_out *o, const void *arg),
                      const void *arg);
/* The body becomes {"NAME": [...]}: what `walk` puts for each row of the store. */
void service_items(struct http_answer *answer, struct service *service,
                   const char *name,
                   bool (*walk)(struct store *store, struct buf *out));
/* The store failed in this thread: a 503 that says why. */
void service_no_store(struct http_answer *answer, struct service *service);

/* ---- judging (judge.c) */

/* One piece of evidence, and what became of it. */
struct service_case {
	/* in: borrowed until service_case_free */
	struct assay_bytes body;
	const char *policy;                    /* its name; NULL: "default" */
	unsigned policy_version;               /* 0: the newest */
	const struct assay_constraint *accept; /* or NULL */
	struct assay_bytes nonce;       /* that must be bound, or empty */
	struct assay_bytes report_data; /* 64 bytes that it must have, or empty:
	                                 * any */
	bool any_code;
	bool has_at;
	int64_t at;
	/* out */
	struct judgement *judgement;      /* until service_case_free */
	unsigned version;                 /* of the policy; 0: built in */
	uint8_t policy_hash[32];          /* SHA-256 of its bytes */
	uint8_t evidence_hash[32];        /* SHA-256 of `body` */
	const struct collateral_set *set; /* that it was judged with, or NULL */
	bool nonce_redeemed; /* a nonce of ours was used up by it: verify.c */
	/* judge.c's, until service_case_free */
	struct service *service;
	struct judge_space *space;
	struct service_policy *rules;
	struct opened *opened;
};

/* Judges: under each root that is trusted, with the service's own collateral, or
 * (for the past, and where nobody is asked) the evidence's.  True, whatever the
 * verdict; else the status to answer with and `why`: 400 for what is no evidence,
 * 404 for a policy that is not there, 503 for a store that does not answer. */
ASSAY_MUST_CHECK bool service_judge(struct service_case *c,
                                    struct service *service, unsigned *status,
                                    char why[SERVICE_WHY]);
void service_case_free(struct service_case *c);

/* ---- the cache (pccs.c) */

/* collateral_each, for two at a time: each walk checks every signature again, and
 * whoever can ask for it must not take all the time there is.  False: the cache
 * cannot be read, or others do. */
ASSAY_MUST_CHECK bool
service_each_set(struct service *service,
                 bool (*each)(void *arg, const struct collateral_want *want,
                              const struct collateral_set *set),
                 void *arg);

/* ---- nodes that share a database (share.c) */

/* A thread takes documents from the store, and, in the node that leads, asks for
 * new ones and puts them there.  NULL: it cannot be started. */
struct service_share *service_share_start(struct service *service);
void service_share_stop(struct service_share *h);
/* Whether this node asks for newer documents than those that it has. */
bool service_fetches(const struct service *service);

/* ---- what counts once (clock.c) */

/* A clock of all nodes that is never set back, when the machine's says `now`; kept
 * in the store, less than a minute behind.  False: the store does not answer. */
ASSAY_MUST_CHECK bool service_clock(int64_t *shows, struct service *service,
                                    int64_t now, char why[SERVICE_WHY]);

/* ---- challenges (challenge.c) */

enum { SERVICE_NONCE_LEN = 32 };
/* Whether this service made it, however long ago. */
ASSAY_MUST_CHECK bool service_nonce_is_ours(const struct service *service,
                                            struct assay_bytes nonce);
/* Each door ("keys", "verify") takes a nonce once: whoever may have evidence judged
 * must not use up what a secret is asked for with.  STORE_NONE: it is ours, good,
 * and used up by this call; FOUND: it is good no
 * longer, since it was used before, or too old, or never was ours; FAILED: the
 * store does not answer, and it may be tried again.  Why, in both. */
enum store_found service_nonce_take(struct service *service, const char *door,
                                    struct assay_bytes nonce, int64_t now,
                                    char why[SERVICE_WHY]);

/* ---- turns (turn.c) */

/* Who may write version `version` of a name: STORE_NONE: this node, alone of all,
 * if it does so within two minutes; FOUND: another, for five.  `mine` is the last
 * turn of this node's, which may be taken up again where it led to nothing; the
 * caller holds a lock that lets one thread of the node at a time do this. */
ASSAY_MUST_CHECK enum store_found
service_turn(struct service_turn *mine, struct service *service,
             const char *kind, const char *name, unsigned version);

/* ---- counts (health.c) */

void service_count(struct service *service, const struct judgement *judgement,
                   int64_t us);

/* ---- lines for whoever runs it (lines.c): JSON, on stderr */

struct service_lines *service_lines_start(void);
void service_lines_stop(struct service_lines *l);
/* Something went wrong that no answer tells. */
void service_tell(struct service *service, const char *what, const char *why);
/* After each answer: what was asked, and what came of it; nothing that was sent
 * with it. */
void service_after(void *self, const struct http_request *r,
                   const struct http_answer *a, int64_t us);

/* ---- the log (log.c) */

/* Reads all of it, and checks it; NULL, and why. */
struct service_audit *service_audit_open(struct service *service,
                                         char why[SERVICE_WHY]);
void service_audit_close(struct service_audit *l);

/* Adds an entry; `data` is a JSON object.  True: it is on the disk. */
ASSAY_MUST_CHECK bool service_log(struct service *service, const char *what,
                                  const char *who, struct assay_bytes data);

/* ---- the forecast (seen.c) */

/* A thread judges all platforms now and then, as soon as the rest of the service
 * is there; NULL: it cannot be started. */
struct service_seen *service_seen_start(struct service *service);
void service_seen_stop(struct service_seen *seen);
void service_seen_metrics(struct buf *out, struct service_seen *seen);

/* ---- lists of measurements (lists.c) */

/* The list that the policy asks for, good or not, for judge_wants: to be freed.
 * NULL: it asks for none, or there is none; or (failed) the store does not
 * answer, or memory is short. */
struct assay_list *service_list_open(struct service *service,
                                     const struct assay_policy *policy,
                                     int64_t now, bool *failed);

/* ---- tokens (tokens.c) */

/* A token of type `type` with these claims, by ES256 or RS256; into `out`. */
ASSAY_MUST_CHECK bool service_token(struct buf *out, struct service *service,
                                    enum token_alg alg, const char *type,
                                    const char *header,
                                    struct assay_bytes claims);

/* ---- secrets (release.c) */

/* `kek`: as wrap_open. */
struct service_keys *service_keys_open(const char *folder, const char *kek,
                                       char why[SERVICE_WHY]);
void service_keys_close(struct service_keys *keys);
/* The public key that enclaves know its secrets by, as every node has it; made at
 * first need.  False, and the reason: this node can release none. */
ASSAY_MUST_CHECK bool service_release_key(uint8_t key[32],
                                          struct service *service,
                                          char why[SERVICE_WHY]);

/* ---- the routes of each file */

typedef void service_route(void *service, struct http_answer *answer,
                           const struct http_request *request);
service_route service_verify, service_batch, service_challenge; /* verify.c */
service_route service_jwks, service_openid, service_certs;      /* tokens.c */
service_route service_policies_get, service_policies_post;      /* policies.c */
service_route service_platforms, service_forecast;              /* seen.c */
service_route service_lists_get, service_lists_post;            /* lists.c */
service_route service_log_get;                                  /* log.c */
service_route service_keys_post, service_secrets_get,
	service_secrets_post;                                 /* release.c */
service_route service_callers_get, service_callers_post;      /* callers.c */
service_route service_collateral_get;                         /* pccs.c */
service_route service_pccs;                                   /* pccs.c */
service_route service_maa;                                    /* maa.c */
service_route service_page;                                   /* page.c */
service_route service_health, service_ready, service_metrics; /* health.c */

#endif
