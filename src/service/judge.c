/* judge.c - evidence judged for others: what has to be fetched and prepared for
 * that is kept, and shared by the threads that answer. */
#include "service/judges.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/crypto.h"
#include "format/quote.h"
#include "os/wait.h"
#include "policy/policy.h"
#include "service/favourites.h"
#include "service/policies.h"
#include "token/claims.h"
#include "verify/memo.h"

enum {
	SETS = 64,    /* that are kept opened */
	LOOK_S = 60,  /* until one is looked for again */
	FETCHING = 4, /* at a time; */
	WAITING = 6,  /* for one of those: the others go on answering */
	WAIT_S = 20,
	PLATFORMS = 256, /* that one workspace remembers */
	FETCHES = 20,    /* of sets that may not exist, in a minute: quotes
	                   * can name any */
};

/* A set, opened: shared, and freed by the last who lets go. */
struct opened {
	unsigned users; /* the lock's */
	struct collateral_want want;
	int64_t looked; /* when it was looked for */
	bool there;     /* else there is none */
	struct collateral_set set;
	struct assay_trust *trust;
	char why[SERVICE_WHY]; /* there is none */
};

/* What a platform wants, by the first bytes of its attestation key: a hint, which
 * saves to look into its certificate anew. */
struct hint {
	uint64_t tag;
	bool there;
	unsigned n; /* judgements */
	struct collateral_want want;
};

/* What one judgement needs at a time. */
struct judge_space {
	struct judge_space *next;
	struct favourite_set *favourites; /* that the memo has */
	struct assay_memo *memo;
	struct assay_trust *trust;
	const struct assay_policy *rules; /* lent, or this with additions: */
	struct assay_policy *policy;
	struct assay_scratch scratch;
	size_t room;
	struct assay_quote
		quote; /* of the evidence; its version 0: it is none */
	struct hint hints[PLATFORMS];
	struct judgement judgement;
	struct assay_verdict other;
};

struct service_judges {
	struct service *service;
	struct favourites *favourites;
	pthread_mutex_t lock; /* of all that follows */
	struct judge_space *spaces;
	struct opened *of[SETS];
	unsigned next;
	int64_t minute;
	unsigned n_fetches, n_fetching, n_waiting;
	struct collateral_want fetching[FETCHING];
	pthread_cond_t found;
};

/* ---- workspaces */

static void free_space(struct service_judges *js, struct judge_space *p)
{
	if (!p)
		return;
	assay_memo_free(p->memo);
	favourites_back(js->favourites, p->favourites);
	free(p->trust);
	free(p->policy);
	free(p->scratch.ptr);
	free(p);
}

static struct judge_space *new_space(struct service_judges *js)
{
	struct judge_space *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->favourites = favourites_take(js->favourites);
	p->memo = assay_memo_new(PLATFORMS, favourites_tables(p->favourites));
	p->trust = calloc(1, assay_trust_size());
	p->policy = calloc(1, assay_policy_size());
	if (p->memo && p->trust && p->policy)
		return p;
	free_space(js, p);
	return NULL;
}

/* Where there are other tables now, what was remembered is learnt anew. */
static void renew_tables(struct service_judges *js, struct judge_space *p)
{
	struct favourite_set *set = favourites_take(js->favourites);
	struct assay_memo *memo =
		set == p->favourites
			? NULL
			: assay_memo_new(PLATFORMS, favourites_tables(set));

	if (memo) {
		assay_memo_free(p->memo);
		favourites_back(js->favourites, p->favourites);
		p->memo = memo;
		p->favourites = set;
	} else {
		favourites_back(js->favourites, set);
	}
}

/* The one that was used last comes first: what it remembers is near. */
static struct judge_space *take_space(struct service_judges *js, size_t n)
{
	struct judge_space *p;
	uint8_t *more;

	pthread_mutex_lock(&js->lock);
	p = js->spaces;
	if (p)
		js->spaces = p->next;
	pthread_mutex_unlock(&js->lock);
	if (p)
		renew_tables(js, p);
	else
		p = new_space(js);
	if (p && p->room < n) {
		more = realloc(p->scratch.ptr, n);
		if (more) {
			p->scratch.ptr = more;
			p->room = n;
		}
	}
	if (p && p->room < n) {
		free_space(js, p);
		return NULL;
	}
	if (p) {
		p->scratch.len = p->room;
		p->scratch.used = 0;
	}
	return p;
}

static void give_space(struct service_judges *js, struct judge_space *p)
{
	enum { KEPT = 64 << 10 };

	if (p->room > KEPT) { /* one large piece of evidence does not stay */
		free(p->scratch.ptr);
		p->scratch = (struct assay_scratch){ 0 };
		p->room = 0;
	}
	pthread_mutex_lock(&js->lock);
	p->next = js->spaces;
	js->spaces = p;
	pthread_mutex_unlock(&js->lock);
}

/* ---- sets */

static void let_go(struct opened *o)
{
	if (!o || --o->users)
		return;
	collateral_free(&o->set);
	free(o->trust);
	free(o);
}

static void done_with(struct service_judges *js, struct opened *o)
{
	pthread_mutex_lock(&js->lock);
	let_go(o);
	pthread_mutex_unlock(&js->lock);
}

/* The lock is held. */
static size_t place_of(const struct service_judges *js,
                       const struct collateral_want *want)
{
	size_t i = 0;

	while (i < SETS &&
	       !(js->of[i] && collateral_same(&js->of[i]->want, want)))
		i++;
	return i;
}

static struct opened *open_set(struct service_judges *js,
                               const struct collateral_want *want, int64_t now,
                               bool offline)
{
	struct opened *o = calloc(1, sizeof(*o));
	struct assay_err err = { 0 };
	char why[COLLATERAL_WHY] = "";

	if (!o)
		return NULL;
	o->users = 1;
	o->want = *want;
	o->looked = now;
	if (!collateral_get(&o->set, js->service->collateral, want, now,
	                    offline, why)) {
		snprintf(o->why, sizeof(o->why), "%s", why);
		return o;
	}
	o->trust = calloc(1, assay_trust_size());
	o->there = o->trust && assay_trust_open(o->trust, &o->set.documents,
	                                        (struct assay_bytes){ 0 },
	                                        o->set.root, NULL, &err);
	if (!o->there)
		snprintf(o->why, sizeof(o->why), "the set does not open: %s",
		         err.check ? err.note : "memory is short");
	return o;
}

/* Whose turn it is to look for a set. */
enum turn {
	TURN_BUSY = 0, /* others', and they take long: later */
	TURN_KEPT,     /* nobody's: there is one */
	TURN_MINE,
};

static bool is_young(const struct opened *o, int64_t now)
{
	return now >= o->looked && now < o->looked + LOOK_S;
}

/* What is kept of it, lent; NULL: it is to be looked for, by this caller.  Where
 * there is one that is still good, the others go on with that.  The lock is
 * held. */
static struct opened *kept(struct service_judges *js,
                           const struct collateral_want *want, int64_t now,
                           bool *there)
{
	const size_t i = place_of(js, want);
	struct opened *o = i < SETS ? js->of[i] : NULL;

	*there = o && o->there;
	if (o && is_young(o, now)) {
		o->users++;
		return o;
	}
	if (*there && now < o->set.fresh_until)
		o->looked = now;
	return NULL;
}

static bool is_fetched(const struct service_judges *js,
                       const struct collateral_want *want)
{
	size_t i = 0;

	while (i < js->n_fetching && !collateral_same(&js->fetching[i], want))
		i++;
	return i < js->n_fetching;
}

/* Whether one that may not exist is asked for over the network.  The lock is
 * held. */
static bool begin_fetch(struct service_judges *js,
                        const struct collateral_want *want, int64_t now)
{
	if (now / 60 != js->minute) {
		js->minute = now / 60;
		js->n_fetches = 0;
	}
	if (js->n_fetching == FETCHING || js->n_fetches == FETCHES)
		return false;
	js->n_fetches++;
	js->fetching[js->n_fetching++] = *want;
	return true;
}

static void end_fetch(struct service_judges *js,
                      const struct collateral_want *want)
{
	for (size_t i = 0; i < js->n_fetching; i++)
		if (collateral_same(&js->fetching[i], want))
			js->fetching[i--] = js->fetching[--js->n_fetching];
	pthread_cond_broadcast(&js->found);
}

/* False: it takes too long, or too many wait, so that others could not be
 * answered.  The lock is held. */
static bool wait_for(struct service_judges *js, const struct timespec *until)
{
	bool good;

	if (js->n_waiting == WAITING)
		return false;
	js->n_waiting++;
	good = pthread_cond_timedwait(&js->found, &js->lock, until) == 0;
	js->n_waiting--;
	return good;
}

static enum turn take_turn(struct service_judges *js,
                           const struct collateral_want *want, int64_t now,
                           struct opened **o, bool *fetch)
{
	const bool never = js->service->options.no_fetch;
	enum turn turn = TURN_BUSY;
	const struct timespec until = wait_until(WAIT_S, 0);
	bool there;

	pthread_mutex_lock(&js->lock);
	while (turn == TURN_BUSY) {
		*o = kept(js, want, now, &there);
		*fetch = !never && (!there || service_fetches(js->service));
		if (*o)
			turn = TURN_KEPT;
		else if (there || never ||
		         (!is_fetched(js, want) && begin_fetch(js, want, now)))
			turn = TURN_MINE;
		else if (!is_fetched(js, want) || !wait_for(js, &until))
			break;
	}
	pthread_mutex_unlock(&js->lock);
	return turn;
}

/* Keeps it (NULL: memory was short) in the place of the one before it, or of the
 * oldest. */
static void keep(struct service_judges *js, const struct collateral_want *want,
                 struct opened *o)
{
	size_t i;

	pthread_mutex_lock(&js->lock);
	end_fetch(js, want);
	i = place_of(js, want);
	if (o && i == SETS) {
		i = js->next;
		js->next = (js->next + 1) % SETS;
	}
	if (o) {
		let_go(js->of[i]);
		js->of[i] = o;
		o->users++;
	}
	pthread_mutex_unlock(&js->lock);
}

/* What is kept and new enough, lent. */
static struct opened *peek(struct service_judges *js,
                           const struct collateral_want *want, int64_t now)
{
	struct opened *o = NULL;
	size_t i;

	pthread_mutex_lock(&js->lock);
	i = place_of(js, want);
	if (i < SETS && is_young(js->of[i], now)) {
		o = js->of[i];
		o->users++;
	}
	pthread_mutex_unlock(&js->lock);
	return o;
}

static bool is_kept(struct service_judges *js,
                    const struct collateral_want *want)
{
	bool found;

	pthread_mutex_lock(&js->lock);
	found = place_of(js, want) < SETS;
	pthread_mutex_unlock(&js->lock);
	return found;
}

static struct hint *hint_of(struct service_case *c, uint64_t *tag)
{
	const struct assay_quote *q = &c->space->quote;

	*tag = 0;
	if (q->version)
		memcpy(tag, q->ak.ptr, sizeof(*tag));
	return &c->space->hints[*tag % PLATFORMS];
}

/* The set for a case, if it wants one; err: its platform is none that a root
 * knows.  False: later. */
static bool get_set(struct service_case *c, struct assay_err *err)
{
	struct service *s = c->service;
	struct service_judges *js = s->judges;
	const struct assay_evidence *e = &c->judgement->evidence;
	const int64_t now = service_now(s);
	struct collateral_want want;
	bool fetch;

	if (!collateral_want_of(&want, e->quote, e->collateral.pck_chain,
	                        NULL) ||
	    (!is_kept(js, &want) &&
	     !collateral_certified(s->collateral, e->quote,
	                           e->collateral.pck_chain, err)))
		return true;
	err->check = ASSAY_OK;
	switch (take_turn(js, &want, now, &c->opened, &fetch)) {
	case TURN_BUSY:
		return false;
	case TURN_KEPT:
		return true;
	case TURN_MINE:
		c->opened = open_set(js, &want, now, !fetch);
		keep(js, &want, c->opened);
	}
	return true;
}

/* ---- one judgement */

/* A set that serves many quotes may only say yes: a no is always said by its
 * documents opened for this very quote, so that what is wrong does not depend on
 * what was judged before. */
static void judge_by_set(struct service_case *c, const struct opened *o,
                         const struct assay_terms *terms)
{
	struct judge_space *p = c->space;
	struct judgement *j = c->judgement;
	const struct assay_evidence *e = &j->evidence;
	struct assay_collateral documents = o->set.documents;

	c->set = &o->set;
	j->collateral = o->set.from;
	documents.pck_chain = e->collateral.pck_chain;
	if (!assay_verify(&j->verdict, o->trust, p->memo, e->quote,
	                  documents.pck_chain, terms) &&
	    !assay_verify_evidence(&j->verdict, p->trust, p->memo, e,
	                           &documents, o->set.root, terms))
		assert(j->verdict.failed.check);
}

/* Under each root, by the evidence's own documents, which must not be older than
 * what was seen before of a machine that a root knows (`certified`; nothing is
 * noted of others); of those that say no, the one whose root it is.  False: what
 * was seen cannot be read. */
static bool judge_by_own(struct service_case *c, const struct service *s,
                         const struct assay_terms *terms, bool certified)
{
	struct judge_space *p = c->space;
	struct judgement *j = c->judgement;
	const struct assay_evidence *e = &j->evidence;
	struct collateral_want want;

	for (size_t i = 0; i < s->options.n_roots && !j->verdict.genuine; i++) {
		struct assay_terms t = *terms;

		if (!c->has_at && certified &&
		    collateral_want_of(&want, e->quote, e->collateral.pck_chain,
		                       NULL) &&
		    !collateral_floors(&t, s->collateral, &want,
		                       s->options.root[i]))
			return false;
		if (!assay_verify_evidence(&p->other, p->trust, p->memo, e,
		                           NULL, s->options.root[i], &t) &&
		    j->verdict.failed.check &&
		    j->verdict.failed.check != ASSAY_X_ROOT_PIN)
			continue;
		j->verdict = p->other;
	}
	return true;
}

/* Without any documents: what it claims, and that there are none. */
static void judge_by_none(struct service_case *c, const struct service *s,
                          const struct assay_terms *terms)
{
	static const struct assay_collateral none;
	struct judge_space *p = c->space;
	struct judgement *j = c->judgement;

	if (!assay_verify_evidence(&j->verdict, p->trust, p->memo, &j->evidence,
	                           &none, s->options.root[0], terms))
		assert(j->verdict.failed.check);
}

/* What a request asks for beside the policy; false: the opposite is in it. */
static bool add_wishes(struct service_case *c, const struct assay_policy *rules)
{
	struct judge_space *p = c->space;

	p->rules = c->any_code ? service_policy_any_code(c->rules) : rules;
	if (!p->rules || !c->report_data.len)
		return p->rules;
	memcpy(p->policy, p->rules, assay_policy_size());
	p->rules = p->policy;
	return assay_policy_report_data(p->policy, c->report_data.ptr);
}

static bool fail(unsigned *status, char why[SERVICE_WHY], unsigned with,
                 const char *text)
{
	*status = with;
	snprintf(why, SERVICE_WHY, "%s", text);
	return false;
}

/* What has a quote's version is judged, whatever is wrong with it. */
static bool begins_as_quote(struct assay_quote *q, struct assay_bytes in,
                            struct assay_err *err)
{
	enum { HEADER = 48 };

	return assay_quote_parse(q, in, false, err) ||
	       (in.len >= HEADER && err->check != ASSAY_P_VERSION);
}

static bool read_evidence(struct service_case *c, unsigned *status,
                          char why[SERVICE_WHY])
{
	struct judgement *j = c->judgement;
	const struct assay_check_info *check;
	struct assay_err err = { 0 };

	*status = 400;
	j->readable = assay_evidence_read(&j->evidence, c->body,
	                                  &c->space->scratch, &err);
	/* whatever is binary counts as a quote there */
	if (j->readable &&
	    begins_as_quote(&c->space->quote, j->evidence.quote, &err))
		return true;
	check = assay_check_info(err.check ? err.check : ASSAY_C_FORMAT);
	/* the note of what has no known form says what is wanted */
	snprintf(why, SERVICE_WHY, "%s at byte %zu: %s. %s", check->name,
	         err.at, err.note,
	         check->check == ASSAY_C_FORMAT
	                 ? "Post it as it came: raw, hex, base64, JSON or PEM."
	                 : check->todo);
	return false;
}

static void appraise(struct service_case *c, const struct assay_list *list)
{
	const struct judge_wants wants = { .nonce = c->nonce, .list = list };

	judge_appraise(c->judgement, c->space->rules, &c->accept,
	               c->accept ? 1 : 0, &wants);
}

/* A platform that was seen of late, by what it wanted then; false: it is to be
 * judged otherwise.  Who forges a hint has himself judged otherwise. */
static bool judge_known(struct service_case *c, struct service *s,
                        const struct assay_terms *terms)
{
	struct service_judges *js = s->judges;
	struct judgement *j = c->judgement;
	uint64_t tag;
	struct hint *hint = hint_of(c, &tag);

	if (!hint->there || hint->tag != tag)
		return false;
	c->opened = peek(js, &hint->want, service_now(s));
	if (c->opened && c->opened->there &&
	    assay_verify(&j->verdict, c->opened->trust, c->space->memo,
	                 j->evidence.quote, j->evidence.collateral.pck_chain,
	                 terms)) {
		c->set = &c->opened->set;
		j->collateral = c->set->from;
		if (++hint->n % FAVOURITE_AFTER == 0)
			favourites_mention(js->favourites,
			                   c->space->quote.ak.ptr);
		return true;
	}
	if (c->opened)
		done_with(js, c->opened);
	c->opened = NULL;
	return false;
}

static void remember(struct service_case *c)
{
	uint64_t tag;
	struct hint *hint = hint_of(c, &tag);

	if (c->opened && c->set && c->judgement->verdict.genuine)
		*hint = (struct hint){ .tag = tag,
			               .there = true,
			               .want = c->opened->want };
}

/* Of a time so long ago that no token of it holds any more. */
static bool is_past(const struct service_case *c, const struct service *s)
{
	return c->has_at && c->at + TOKEN_LIFE <= service_now(s);
}

/* What it proves.  The documents that it brings itself count for the past alone,
 * and where the service asks nobody: who brings them chose them, and older ones
 * do not know who was revoked since.  False: later. */
static bool verify(struct service_case *c, struct service *s,
                   const struct assay_terms *terms)
{
	struct judgement *j = c->judgement;
	const bool has_own = j->evidence.has_collateral;
	const bool own_count = has_own && s->options.no_fetch;
	struct assay_err err = { 0 };

	if (is_past(c, s) && has_own)
		return judge_by_own(c, s, terms, false);
	if (judge_known(c, s, terms))
		return true;
	if (!get_set(c, &err))
		return false;
	if (c->opened && c->opened->there)
		judge_by_set(c, c->opened, terms);
	else if (!own_count)
		judge_by_none(c, s, terms);
	if (own_count &&
	    (!c->set || j->verdict.failed.check == ASSAY_X_ROOT_PIN)) {
		c->set = NULL; /* it is another root's */
		j->collateral = NULL;
		if (!judge_by_own(c, s, terms, !err.check))
			return false;
	}
	if (err.check && !own_count)
		j->verdict.failed = err; /* it is of none of the roots */
	remember(c);
	return true;
}

/* Policy and list are there: now the evidence.  False: later. */
static bool judge(struct service_case *c, struct service *s,
                  struct assay_list *list)
{
	struct judgement *j = c->judgement;
	struct assay_terms terms = { .now = c->has_at ? c->at
		                                      : service_now(s) };

	assay_policy_terms(c->space->rules, &terms);
	if (!verify(c, s, &terms))
		return false;
	j->verdict.at = terms.now;
	appraise(c, list);
	if (!c->has_at)
		service_saw(s, c);
	return true;
}

static int64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

bool service_judge(struct service_case *c, struct service *s, unsigned *status,
                   char why[SERVICE_WHY])
{
	const struct assay_policy *rules;
	struct assay_list *list;
	int64_t since;
	bool failed = false, good;

	c->service = s;
	c->rules = service_policy(s, c->policy, c->policy_version, status, why);
	if (!c->rules)
		return false;
	rules = service_policy_rules(c->rules, &c->version, c->policy_hash);
	c->space = take_space(s->judges, c->body.len + 1);
	if (!c->space)
		return fail(status, why, 503, "memory is short");
	c->judgement = &c->space->judgement;
	judge_empty(c->judgement);
	c->judgement->root_name = "a root that this service trusts";
	if (!add_wishes(c, rules))
		return fail(status, why, 400,
		            "the policy says the opposite of what was asked "
		            "for: any_code, or report_data");
	if (!read_evidence(c, status, why))
		return false;
	assay_sha256(c->evidence_hash, c->body);
	list = service_list_open(s, c->space->rules, service_now(s), &failed);
	if (failed)
		return fail(status, why, 503, "the store does not answer");
	since = clock_us();
	good = judge(c, s, list);
	free(list);
	if (!good)
		return fail(status, why, 503,
		            "the documents for this kind of platform are "
		            "being fetched, or those that were seen before "
		            "cannot be read: again in some seconds");
	service_count(s, c->judgement, clock_us() - since);
	return true;
}

void service_case_free(struct service_case *c)
{
	struct service *s = c->service;

	if (c->opened)
		done_with(s->judges, c->opened);
	if (c->space)
		give_space(s->judges, c->space);
	if (c->rules)
		service_policy_done(s, c->rules);
	c->opened = NULL;
	c->space = NULL;
	c->rules = NULL;
	c->judgement = NULL;
	c->set = NULL;
}

bool service_case_names_code(const struct service_case *c)
{
	return !c->space->rules->any_code;
}

/* Why the service has no documents of its own for it, or NULL. */
const char *service_case_lacks(const struct service_case *c)
{
	return c->opened && !c->opened->there ? c->opened->why : NULL;
}

/* ---- beginning and end */

struct service_judges *service_judges_open(struct service *s)
{
	struct service_judges *js = calloc(1, sizeof(*js));

	if (!js)
		return NULL;
	js->service = s;
	js->favourites = favourites_start();
	if (!js->favourites) {
		free(js);
		return NULL;
	}
	pthread_mutex_init(&js->lock, NULL);
	wait_init(&js->found);
	return js;
}

void service_judges_close(struct service_judges *js)
{
	struct judge_space *p;

	if (!js)
		return;
	while ((p = js->spaces)) {
		js->spaces = p->next;
		free_space(js, p);
	}
	for (size_t i = 0; i < SETS; i++)
		let_go(js->of[i]);
	favourites_stop(js->favourites);
	pthread_cond_destroy(&js->found);
	pthread_mutex_destroy(&js->lock);
	free(js);
}
