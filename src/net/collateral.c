/* collateral.c - a source of the manufacturer's documents: out of the folder, or
 * fetched, by one at a time for each set. */
#include "net/collateral_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
	REFRESH_S = 7 * 86400, /* before the first of the documents ends */
	EVERY_S = 3600,        /* and then not more often */
	EARLY_S = 86400,       /* an early set, however long it is good */
	FAILED_S = 30,         /* nobody asks again so soon after a failure */
	TURNS = 256,           /* sets that are remembered so */
};

/* ---- turns: who fetches what */

struct collateral_turn {
	struct collateral_turn *next;
	char name[COLLATERAL_NAME];
	bool busy;
	int64_t tried; /* by collateral_seconds; 0: not yet */
	bool failed;
	char why[COLLATERAL_WHY];
};

/* Forgets the oldest that is over, where there are too many. */
static void forget_turn(struct collateral_source *s)
{
	struct collateral_turn **last = NULL, *t;
	size_t n = 0;

	for (struct collateral_turn **p = &s->turns; *p; p = &(*p)->next, n++)
		if (!(*p)->busy)
			last = p;
	if (n < TURNS || !last)
		return;
	t = *last;
	*last = t->next;
	free(t);
}

static struct collateral_turn *find_turn(struct collateral_source *s,
                                         const char *name)
{
	struct collateral_turn *t = s->turns;

	while (t && strcmp(t->name, name) != 0)
		t = t->next;
	if (t)
		return t;
	forget_turn(s);
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->next = s->turns;
	s->turns = t;
	return t;
}

/* Begins one's own turn; NULL where somebody else has it and `wait` is false, or
 * memory is short. */
static struct collateral_turn *begin_turn(struct collateral_source *s,
                                          const char *name, bool wait)
{
	struct collateral_turn *t;

	pthread_mutex_lock(&s->mutex);
	while ((t = find_turn(s, name)) && t->busy && wait)
		pthread_cond_wait(&s->over, &s->mutex);
	if (t && t->busy)
		t = NULL;
	if (t)
		t->busy = true;
	pthread_mutex_unlock(&s->mutex);
	return t;
}

static void end_turn(struct collateral_source *s, struct collateral_turn *t)
{
	pthread_mutex_lock(&s->mutex);
	t->busy = false;
	pthread_cond_broadcast(&s->over);
	pthread_mutex_unlock(&s->mutex);
}

/* ---- sets */

/* The roots that a set may be of. */
static struct collateral_roots roots_of(const struct collateral_source *s,
                                        const struct collateral_want *want)
{
	for (size_t i = 0; i < s->roots.n; i++)
		if (memcmp(s->roots.key[i], want->root, sizeof(want->root)) ==
		    0)
			return (struct collateral_roots){ &s->roots.key[i], 1 };
	return s->roots;
}

static void forget(struct collateral_kept *k)
{
	collateral_papers_free(&k->papers);
	*k = (struct collateral_kept){ 0 };
}

static void find(struct collateral_kept *k, struct collateral_source *s,
                 const struct collateral_want *want, int64_t now,
                 char why[COLLATERAL_WHY])
{
	const struct collateral_roots roots = roots_of(s, want);

	forget(k);
	for (size_t i = 0; !k->good && i < roots.n; i++)
		k->good = collateral_find(&k->papers, &k->checked, &s->shelf,
		                          want, &roots.key[i], &now, why);
}

static int64_t fetched(const struct collateral_papers *p)
{
	int64_t least = p->part[0].fetched;

	for (size_t i = 1; i < COLLATERAL_PARTS; i++)
		if (p->part[i].fetched < least)
			least = p->part[i].fetched;
	return least;
}

/* Nothing newer is worth asking for.  An early set is asked for to learn early
 * what will be: every day. */
static bool is_new(const struct collateral_kept *k,
                   const struct collateral_source *s,
                   const struct collateral_want *want, int64_t now)
{
	const int64_t at = fetched(&k->papers);
	const int64_t age = at <= now ? now - at : INT64_MAX;

	return k->good &&
	       (age < EVERY_S || (now < k->checked.fresh_until - s->refresh_s &&
	                          (!want->early || age < EARLY_S) &&
	                          (!s->max_age_s || age < s->max_age_s)));
}

static struct assay_bytes put(struct buf *memory, const struct buf *from)
{
	const size_t at = memory->len;

	buf_put_bytes(memory, buf_bytes(from));
	return memory->bad ? (struct assay_bytes){ 0 }
	                   : (struct assay_bytes){ memory->ptr + at,
		                                   memory->len - at };
}

/* All into one piece of memory, which is taken at once: it must not move. */
static void put_documents(struct collateral_set *set,
                          const struct collateral_papers *p)
{
	const struct collateral_document *d = p->part;
	struct assay_collateral *c = &set->documents;
	size_t total = 0;

	for (size_t i = 0; i < COLLATERAL_PARTS; i++)
		total += d[i].chain.len + d[i].body.len;
	buf_put_zeros(&set->memory, total);
	set->memory.len = 0;
	c->tcb_info.doc = put(&set->memory, &d[COLLATERAL_TCB].body);
	c->tcb_info_issuer_chain = put(&set->memory, &d[COLLATERAL_TCB].chain);
	c->qe_identity.doc = put(&set->memory, &d[COLLATERAL_QE].body);
	c->qe_identity_issuer_chain = put(&set->memory,
	                                  &d[COLLATERAL_QE].chain);
	c->pck_crl = put(&set->memory, &d[COLLATERAL_PCK_CRL].body);
	c->pck_crl_issuer_chain = put(&set->memory,
	                              &d[COLLATERAL_PCK_CRL].chain);
	c->root_ca_crl = put(&set->memory, &d[COLLATERAL_ROOT_CRL].body);
}

static bool give(struct collateral_set *set, const struct collateral_kept *k,
                 char why[COLLATERAL_WHY])
{
	put_documents(set, &k->papers);
	if (set->memory.bad) {
		collateral_free(set);
		return collateral_say(why, "the documents", "memory is short");
	}
	set->fetched = fetched(&k->papers);
	set->fresh_until = k->checked.fresh_until;
	set->evaluation = k->checked.evaluation;
	memcpy(set->root, k->checked.root, sizeof(set->root));
	set->simulation = memcmp(set->root, assay_intel_root_key, 64) != 0;
	memcpy(set->from, k->papers.part[COLLATERAL_TCB].from,
	       sizeof(set->from));
	return true;
}

void collateral_free(struct collateral_set *set)
{
	buf_free(&set->memory);
	*set = (struct collateral_set){ 0 };
}

/* ---- fetching */

typedef bool
asker(struct collateral_papers *papers, struct collateral_address *address,
      const struct collateral_want *want, const struct collateral_roots *roots,
      const struct net_options *net, int64_t now, char why[COLLATERAL_WHY]);
/* Fetches it from one address, and checks it. */
typedef bool at_address(struct collateral_kept *k, struct collateral_source *s,
                        struct collateral_address *address,
                        const struct collateral_want *want, int64_t now,
                        char why[COLLATERAL_WHY]);

/* What one process is told by a server that is asked too often, all heed. */
static bool ask_at(struct collateral_papers *papers, asker *ask,
                   struct collateral_source *s,
                   struct collateral_address *address,
                   const struct collateral_want *want,
                   const struct collateral_roots *roots, int64_t now,
                   char why[COLLATERAL_WHY])
{
	const int64_t told = collateral_wait_left(&s->shelf, address->base);
	const int64_t before = collateral_seconds() + told;
	int64_t left, asked_before;

	/* a second is what the two clocks differ by */
	if (told && address->not_before + 1 < before)
		address->not_before = before;
	asked_before = address->not_before;
	if (ask(papers, address, want, roots, &s->net, now, why))
		return true;
	/* what was told now, not what is waited for since: two clocks that tick
	 * at different moments would else put it off for ever */
	if (address->not_before > asked_before) {
		left = address->not_before - collateral_seconds();
		if (left > told)
			collateral_wait_keep(&s->shelf, address->base, left);
	}
	return false;
}

static bool fetch_at(struct collateral_kept *k, struct collateral_source *s,
                     struct collateral_address *address,
                     const struct collateral_want *want, int64_t now,
                     char why[COLLATERAL_WHY])
{
	const struct collateral_roots roots = roots_of(s, want);
	struct collateral_papers papers;
	struct collateral_checked checked;

	if (!ask_at(&papers, collateral_ask, s, address, want, &roots, now,
	            why))
		return false;
	if (!collateral_check(&checked, &papers, want, &roots, &now,
	                      address->base, why) ||
	    !collateral_keep(&s->shelf, &papers, &checked, want, address->base,
	                     why)) {
		collateral_papers_free(&papers);
		return false;
	}
	forget(k);
	*k = (struct collateral_kept){ true, papers, checked };
	return true;
}

/* A list alone is not kept in the folder, and may not be below it either. */
static bool is_above(struct collateral_source *s,
                     const struct collateral_checked *checked,
                     const struct collateral_want *want, const char *who,
                     char why[COLLATERAL_WHY])
{
	struct collateral_mark seen[COLLATERAL_PARTS];

	if (!collateral_marks(seen, &s->shelf, want, checked->root))
		return collateral_say(why, "the folder",
		                      "what was seen before cannot be read");
	return !collateral_is_below(checked->mark[COLLATERAL_PCK_CRL],
	                            seen[COLLATERAL_PCK_CRL]) ||
	       collateral_say(why, who,
	                      "its revocation list is older than one that was "
	                      "seen before: a cache is behind; ask another "
	                      "address");
}

static bool list_at(struct collateral_kept *k, struct collateral_source *s,
                    struct collateral_address *address,
                    const struct collateral_want *want, int64_t now,
                    char why[COLLATERAL_WHY])
{
	struct collateral_kept got = { .good = true };

	if (!ask_at(&got.papers, collateral_ask_list, s, address, want,
	            &s->roots, now, why))
		return false;
	if (!collateral_check_list(&got.checked, &got.papers, want, &s->roots,
	                           now, address->base, why) ||
	    !is_above(s, &got.checked, want, address->base, why)) {
		forget(&got);
		return false;
	}
	forget(k);
	*k = got;
	return true;
}

/* In the order of the addresses; what is kept stays where none has any. */
static void fetch(struct collateral_kept *k, struct collateral_source *s,
                  struct collateral_turn *t, const struct collateral_want *want,
                  int64_t now, at_address *at)
{
	bool good = false;

	t->why[0] = 0;
	for (size_t i = 0; !good && i < s->n_addresses; i++)
		good = at(k, s, &s->address[i], want, now, t->why);
	t->failed = !good;
	t->tried = collateral_seconds();
}

/* Whether it is too soon to ask for this again. */
static bool too_soon(const struct collateral_turn *t, bool good)
{
	return t->tried &&
	       collateral_seconds() - t->tried < (good        ? EVERY_S
	                                          : t->failed ? FAILED_S
	                                                      : 0);
}

/* In one's own turn, in which somebody else may have fetched it before. */
static void renew(struct collateral_kept *k, struct collateral_source *s,
                  struct collateral_turn *t, const struct collateral_want *want,
                  int64_t now, char why[COLLATERAL_WHY])
{
	char unused[COLLATERAL_WHY] = "";

	find(k, s, want, now, unused);
	if (is_new(k, s, want, now))
		return;
	if (!too_soon(t, k->good))
		fetch(k, s, t, want, now, fetch_at);
	memcpy(why, t->why, COLLATERAL_WHY);
}

/* Where nothing is kept, and nothing was asked for. */
static void say_missing(const struct collateral_source *s,
                        const struct collateral_want *want,
                        char why[COLLATERAL_WHY])
{
	char fmspc[13], kind[COLLATERAL_KIND];

	assay_hex_print(fmspc, want->fmspc, sizeof(want->fmspc), true);
	collateral_kind(kind, want);
	collateral_say(
		why, s->folder ? s->folder : "the cache",
		"has no documents of %s machines of FMSPC %s, %s CA, "
		"%s: assay collateral fetch --fmspc %s --tee %s --ca %s "
		"--%s %s where there is a network, then assay collateral "
		"export there, and import here",
		assay_tee_name(want->tee), fmspc, collateral_ca(want), kind,
		fmspc, collateral_tee(want), collateral_ca(want),
		want->evaluation ? "evaluation" : "update", kind);
}

bool collateral_get(struct collateral_set *set, struct collateral_source *s,
                    const struct collateral_want *want, int64_t now,
                    bool offline, char why[COLLATERAL_WHY])
{
	struct collateral_turn *t = NULL;
	struct collateral_kept k = { 0 };
	char name[COLLATERAL_NAME], root[17];
	bool good;

	*set = (struct collateral_set){ 0 };
	why[0] = 0;
	find(&k, s, want, now, why);
	if (k.good || !offline)
		why[0] = 0;
	if (!is_new(&k, s, want, now) && !offline) {
		collateral_root_id(root, want->root);
		collateral_name(name, COLLATERAL_TCB, root, want);
		t = begin_turn(s, name, !k.good);
	}
	if (t) {
		renew(&k, s, t, want, now, why);
		end_turn(s, t);
	}
	if (!k.good && !why[0])
		say_missing(s, want, why);
	good = k.good && give(set, &k, why);
	forget(&k);
	return good;
}

static bool is_list_good(const struct collateral_kept *k, int64_t now)
{
	return k->good && now < k->checked.fresh_until;
}

bool collateral_list(struct collateral_set *set, struct collateral_source *s,
                     bool platform_ca, int64_t now, char why[COLLATERAL_WHY])
{
	const struct collateral_want want = { .tee = ASSAY_TEE_SGX,
		                              .platform_ca = platform_ca };
	struct collateral_turn *t = begin_turn(s, collateral_ca(&want), true);
	struct collateral_kept *k = &s->list[platform_ca];
	bool good;

	*set = (struct collateral_set){ 0 };
	why[0] = 0;
	if (!t)
		return collateral_say(why, "the list", "memory is short");
	if (!too_soon(t, is_list_good(k, now)))
		fetch(k, s, t, &want, now, list_at);
	memcpy(why, t->why, COLLATERAL_WHY);
	good = is_list_good(k, now) && give(set, k, why);
	end_turn(s, t);
	return good;
}

/* ---- floors for what others bring */

static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

bool collateral_floors(struct assay_terms *terms, struct collateral_source *s,
                       const struct collateral_want *want,
                       const uint8_t root[64])
{
	struct collateral_mark m[COLLATERAL_PARTS];
	uint64_t number;

	if (!collateral_marks(m, &s->shelf, want, root))
		return false;
	/* of the two documents the lesser number counts */
	number = m[COLLATERAL_TCB].number < m[COLLATERAL_QE].number
	                 ? m[COLLATERAL_TCB].number
	                 : m[COLLATERAL_QE].number;
	terms->min_evaluation_number =
		(uint32_t)greater(terms->min_evaluation_number, number);
	terms->min_pck_crl_number = greater(terms->min_pck_crl_number,
	                                    m[COLLATERAL_PCK_CRL].number);
	terms->min_root_crl_number = greater(terms->min_root_crl_number,
	                                     m[COLLATERAL_ROOT_CRL].number);
	return true;
}

/* ---- what there is */

static bool tell(struct collateral_source *s, const char *name,
                 bool (*each)(void *arg, const struct collateral_want *want,
                              const struct collateral_set *set),
                 void *arg)
{
	char unused[COLLATERAL_WHY] = "", id[17], own[17];
	struct collateral_set set = { 0 };
	struct collateral_want want;
	struct collateral_kept k = { 0 };
	bool good = true;

	if (!collateral_name_read(&want, id, name))
		return true;
	for (size_t i = 0; !k.good && i < s->roots.n; i++) {
		collateral_root_id(own, s->roots.key[i]);
		memcpy(want.root, s->roots.key[i], sizeof(want.root));
		k.good = strcmp(own, id) == 0 &&
		         collateral_find(&k.papers, &k.checked, &s->shelf,
		                         &want, &s->roots.key[i], NULL, unused);
	}
	if (k.good && give(&set, &k, unused))
		good = each(arg, &want, &set);
	collateral_free(&set);
	forget(&k);
	return good;
}

bool collateral_each(struct collateral_source *s,
                     bool (*each)(void *arg, const struct collateral_want *want,
                                  const struct collateral_set *set),
                     void *arg)
{
	struct buf names = { 0 };
	bool good = collateral_names(&names, &s->shelf);

	for (size_t at = 0; good && at < names.len; at += COLLATERAL_NAME)
		good = tell(s, (const char *)names.ptr + at, each, arg);
	buf_free(&names);
	return good;
}

/* ---- opening */

static bool copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

static bool take_ways(struct collateral_source *s,
                      const struct collateral_options *o)
{
	s->net = o->net;
	if (!copy_text(&s->folder, o->folder) ||
	    !copy_text(&s->ca_file, o->net.ca_file) ||
	    !copy_text(&s->proxy, o->net.proxy))
		return false;
	s->net.ca_file = s->ca_file;
	s->net.proxy = s->proxy;
	return true;
}

/* What it is said to be is not repeated: a password may stand in it. */
static bool is_proxy(const char *url, char why[COLLATERAL_WHY])
{
	return !url || collateral_is_url(url) ||
	       collateral_say(why, "the proxy",
	                      "want its address, as in "
	                      "http://proxy.example:3128");
}

static bool take_roots(struct collateral_source *s,
                       const struct collateral_options *o)
{
	const size_t n = o->n_roots ? o->n_roots : 1;

	s->root = calloc(n, sizeof(s->root[0]));
	if (!s->root)
		return false;
	memcpy(s->root,
	       o->n_roots ? (const void *)o->root
	                  : (const void *)assay_intel_root_key,
	       n * sizeof(s->root[0]));
	s->roots = (struct collateral_roots){ (const uint8_t(*)[64])s->root,
		                              n };
	return true;
}

static bool take_addresses(struct collateral_source *s,
                           const struct collateral_options *o,
                           char why[COLLATERAL_WHY])
{
	static const char *const intel[] = {
		"https://api.trustedservices.intel.com"
	};
	const char *const *url = o->n_urls ? o->url : intel;

	s->n_addresses = o->n_urls ? o->n_urls : 1;
	s->address = calloc(s->n_addresses, sizeof(s->address[0]));
	if (!s->address)
		return collateral_say(why, "the source", "memory is short");
	for (size_t i = 0; i < s->n_addresses; i++)
		if (!collateral_address(&s->address[i], url[i], why))
			return false;
	return true;
}

struct collateral_source *collateral_open(const struct collateral_options *o,
                                          char why[COLLATERAL_WHY])
{
	struct collateral_source *s = calloc(1, sizeof(*s));

	why[0] = 0;
	if (!s) {
		collateral_say(why, "the source", "memory is short");
		return NULL;
	}
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->over, NULL);
	s->refresh_s = o->refresh_s ? o->refresh_s : REFRESH_S;
	s->max_age_s = o->max_age_s;
	if (collateral_shelf_open(&s->shelf, o->folder, why) &&
	    take_addresses(s, o, why) && is_proxy(o->net.proxy, why) &&
	    take_roots(s, o) && take_ways(s, o))
		return s;
	if (!why[0])
		collateral_say(why, "the source", "memory is short");
	collateral_close(s);
	return NULL;
}

void collateral_close(struct collateral_source *s)
{
	struct collateral_turn *t;

	if (!s)
		return;
	collateral_shelf_close(&s->shelf);
	forget(&s->list[0]);
	forget(&s->list[1]);
	while ((t = s->turns)) {
		s->turns = t->next;
		free(t);
	}
	free(s->address);
	free(s->root);
	free(s->ca_file);
	free(s->proxy);
	free(s->folder);
	pthread_cond_destroy(&s->over);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}
