/* sightings.c - platforms that were judged, on their way into the store. */
#include "service/judges.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "os/wait.h"
#include "policy/policy.h"
#include "service/policies.h"
#include "service/tokens.h"

enum {
	ROOM = 4096, /* platforms between two writes */
	FLUSH_S = 2, /* that a reader waits for one */
	EVIDENCE_MAX = 64 << 10,
	ALL_EVIDENCE = 8 << 20, /* bytes of it between two writes */
};

struct sighting {
	struct store_platform platform; /* n_seen 0: free */
	struct assay_verdict *verdict;  /* the last; NULL: memory was short */
	struct buf evidence;
};

struct service_sightings {
	struct service *service;
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t tick, written;
	bool ending, asked;
	uint64_t n_begun, n_done; /* writes */
	size_t n, bytes;
	struct sighting *now, *before; /* ROOM of each */
};

/* docs/service.md: of the processor, and the TEE that it was seen with. */
static void identify(uint8_t id[32], const struct assay_verdict *v)
{
	uint8_t said[64] = "assay-platform-v1";
	size_t n = 18;

	said[n++] = (uint8_t)v->tee;
	said[n++] = v->simulation;
	memcpy(said + n, v->pck.ppid, sizeof(v->pck.ppid));
	n += sizeof(v->pck.ppid);
	memcpy(said + n, v->pck.fmspc, sizeof(v->pck.fmspc));
	n += sizeof(v->pck.fmspc);
	assay_sha256(id, (struct assay_bytes){ said, n });
}

/* Its place, or the one that it gets; NULL: there is no more. */
static struct sighting *place(struct service_sightings *g, const uint8_t id[32])
{
	size_t i = (size_t)(id[0] | id[1] << 8);

	for (size_t k = 0; k < ROOM; k++, i++) {
		struct sighting *at = &g->now[i % ROOM];

		if (!at->platform.n_seen) {
			g->n++;
			return at;
		}
		if (memcmp(at->platform.id, id, 32) == 0)
			return at;
	}
	return NULL;
}

static void keep_evidence(struct service_sightings *g, struct sighting *at,
                          struct assay_bytes evidence)
{
	if (at->evidence.len || evidence.len > EVIDENCE_MAX ||
	    g->bytes + evidence.len > ALL_EVIDENCE)
		return;
	buf_put_bytes(&at->evidence, evidence);
	if (at->evidence.bad)
		buf_free(&at->evidence);
	g->bytes += at->evidence.len;
}

/* Whether what was judged says something of the machine that its certificate
 * names.  What is not genuine does where the machine itself signed the quote; or
 * where it makes no difference who did, since the certificate is revoked:
 * certificates are no secret, and anybody can put one under a quote. */
static bool is_of_machine(const struct assay_verdict *v)
{
	if (!v->has_pck)
		return false;
	switch (v->failed.check) {
	case ASSAY_OK:
		return v->genuine;
	case ASSAY_R_PCK_REVOKED:
	case ASSAY_T_REVOKED:
	case ASSAY_T_NO_LEVEL:
	case ASSAY_M_IDENTITY:
	case ASSAY_E_ID:
	case ASSAY_E_MISC:
	case ASSAY_E_ATTR:
	case ASSAY_E_SIGNER:
	case ASSAY_E_PRODID:
	case ASSAY_E_SVN:
		return true;
	default:
		return false;
	}
}

/* Its status; of what has none, the check that refused it. */
static const char *name_status(const struct assay_verdict *v)
{
	const char *name;

	if (v->failed.check == ASSAY_R_PCK_REVOKED ||
	    v->failed.check == ASSAY_T_REVOKED)
		return assay_status_name(ASSAY_STATUS_REVOKED);
	if (v->failed.check)
		return assay_check_info(v->failed.check)->name;
	name = assay_status_name(v->status);
	return name ? name : "";
}

static void note(struct sighting *at, const struct assay_verdict *v,
                 const uint8_t id[32])
{
	struct store_platform *p = &at->platform;

	memcpy(p->id, id, sizeof(p->id));
	/* the clock may be set back between two of them */
	if (!p->n_seen++ || v->at < p->first_seen)
		p->first_seen = v->at;
	p->last_seen = v->at;
	snprintf(p->status, sizeof(p->status), "%s", name_status(v));
	p->tee = (uint8_t)v->tee;
	memcpy(p->fmspc, v->pck.fmspc, sizeof(p->fmspc));
	if (!at->verdict)
		at->verdict = malloc(sizeof(*v));
	if (at->verdict)
		*at->verdict = *v;
}

void service_saw(struct service *s, const struct service_case *c)
{
	struct service_sightings *g = s->sightings;
	const struct assay_verdict *v = &c->judgement->verdict;
	struct sighting *at;
	uint8_t id[32];

	if (!g || !is_of_machine(v))
		return;
	identify(id, v);
	pthread_mutex_lock(&g->lock);
	at = place(g, id);
	if (at) {
		note(at, v, id);
		/* a revoked machine's may be anybody's */
		if (s->options.keep_evidence &&
		    v->failed.check != ASSAY_R_PCK_REVOKED)
			keep_evidence(g, at, c->body);
		if (g->n >= ROOM / 2)
			pthread_cond_signal(&g->tick);
	}
	pthread_mutex_unlock(&g->lock);
}

/* ---- writing */

/* By what the policy `default` of now asks of machines, whatever the callers
 * wished.  NULL: there is none that can be had. */
static struct assay_policy *machine_policy(struct service *s)
{
	char why[SERVICE_WHY];
	unsigned status, version;
	uint8_t hash[32];
	struct service_policy *from = service_policy(s, NULL, 0, &status, why);
	struct assay_policy *policy = from ? malloc(sizeof(*policy)) : NULL;

	if (!from)
		service_tell(s, "platforms were seen, and not decided about",
		             why);
	if (policy) {
		*policy = *service_policy_rules(from, &version, hash);
		assay_policy_machine(policy);
	}
	if (from)
		service_policy_done(s, from);
	return policy;
}

/* Where nothing can be decided, none is accepted. */
static void decide(struct service *s, struct sighting *all)
{
	struct assay_policy *policy = machine_policy(s);
	struct assay_decision *decision = malloc(sizeof(*decision));

	for (size_t i = 0; policy && decision && i < ROOM; i++)
		if (all[i].verdict)
			all[i].platform.accepted = assay_appraise(
				decision, all[i].verdict, policy, NULL, 0);
	free(decision);
	free(policy);
}

static void write_all(struct service_sightings *g, struct sighting *all)
{
	struct store_platform *platforms = calloc(ROOM, sizeof(*platforms));
	struct assay_bytes *evidence = calloc(ROOM, sizeof(*evidence));
	size_t n = 0;

	decide(g->service, all);
	for (size_t i = 0; platforms && evidence && i < ROOM; i++) {
		if (!all[i].platform.n_seen)
			continue;
		platforms[n] = all[i].platform;
		evidence[n++] = buf_bytes(&all[i].evidence);
	}
	if (n && !store_saw(g->service->store, platforms, evidence, n))
		service_tell(g->service,
		             "platforms were seen, and not written down",
		             store_why(g->service->store));
	for (size_t i = 0; i < ROOM; i++) {
		buf_free(&all[i].evidence);
		free(all[i].verdict);
	}
	memset(all, 0, ROOM * sizeof(*all));
	free(evidence);
	free(platforms);
}

/* A second later, or when somebody asks: what was seen until then.  False: it was
 * the last. */
static bool take_turn(struct service_sightings *g, struct sighting **all,
                      size_t *n)
{
	const struct timespec until = wait_until(1, 0);
	bool goes_on;

	pthread_mutex_lock(&g->lock);
	if (!g->ending && !g->asked)
		pthread_cond_timedwait(&g->tick, &g->lock, &until);
	goes_on = !g->ending;
	g->asked = false;
	g->n_begun++;
	*all = g->now;
	g->now = g->before;
	g->before = *all;
	*n = g->n;
	g->n = g->bytes = 0;
	pthread_mutex_unlock(&g->lock);
	return goes_on;
}

static void end_turn(struct service_sightings *g)
{
	pthread_mutex_lock(&g->lock);
	g->n_done++;
	pthread_cond_broadcast(&g->written);
	pthread_mutex_unlock(&g->lock);
}

static void *work(void *arg)
{
	struct service_sightings *g = arg;
	struct sighting *all;
	char why[SERVICE_WHY];
	bool goes_on;
	size_t n;

	do {
		goes_on = take_turn(g, &all, &n);
		if (n)
			write_all(g, all);
		end_turn(g);
		if (!service_tokens_tend(g->service, why))
			service_tell(g->service, "the keys", why);
	} while (goes_on);
	return NULL;
}

void service_sightings_flush(struct service *s)
{
	struct service_sightings *g = s->sightings;
	const struct timespec until = wait_until(FLUSH_S, 0);
	uint64_t last;

	pthread_mutex_lock(&g->lock);
	last = g->n_begun + (g->n > 0);
	if (g->n) {
		g->asked = true;
		pthread_cond_signal(&g->tick);
	}
	while (g->n_done < last &&
	       pthread_cond_timedwait(&g->written, &g->lock, &until) == 0)
		;
	pthread_mutex_unlock(&g->lock);
}

struct service_sightings *service_sightings_start(struct service *s)
{
	struct service_sightings *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->service = s;
	g->now = calloc(ROOM, sizeof(*g->now));
	g->before = calloc(ROOM, sizeof(*g->before));
	pthread_mutex_init(&g->lock, NULL);
	wait_init(&g->tick);
	wait_init(&g->written);
	if (g->now && g->before &&
	    pthread_create(&g->thread, NULL, work, g) == 0)
		return g;
	free(g->now);
	free(g->before);
	free(g);
	return NULL;
}

void service_sightings_stop(struct service_sightings *g)
{
	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	g->ending = true;
	pthread_cond_signal(&g->tick);
	pthread_mutex_unlock(&g->lock);
	pthread_join(g->thread, NULL);
	pthread_cond_destroy(&g->tick);
	pthread_cond_destroy(&g->written);
	pthread_mutex_destroy(&g->lock);
	free(g->now);
	free(g->before);
	free(g);
}
