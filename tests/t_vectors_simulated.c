/*
 * t_vectors_simulated.c - complete sets under a made-up root that others made
 * and had judged by Intel's library: with that root, and without it.
 */
#include "base/json.h"
#include "base/text.h"

#include "format/cert.h"
#include "verify/chain.h"

#include "h_vectors.h"
#include "tap.h"

#include <string.h>

/*
 * What Intel's library refuses, and by which of our checks; and the one that it
 * accepts and we do not: a leaf of five members under a Platform CA, whose
 * leaves have exactly seven [DCAP 2.2].
 */
static const struct {
	const char *name;
	enum assay_check want;
} refused[] = {
	{ "members5", ASSAY_X_SGXEXT },
	{ "v4tdx-mod1-nomodid", ASSAY_M_IDENTITY },
	{ "vendor-sim", ASSAY_P_VENDOR },
	{ "tcbtype1", ASSAY_J_VERSION },
	{ "noext-ski", ASSAY_X_KEYID },
	{ "nocrlext-num", ASSAY_R_UNKNOWN_EXT },
};

static enum assay_check wanted(const char *name)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcmp(refused[i].name, name) == 0)
			return refused[i].want;
	return ASSAY_OK;
}

struct set {
	char name[64], what[128], with_root[160], without_root[160];
	int64_t at;
};

static void read_set(struct assay_json *j, struct set *s)
{
	struct assay_json_str name;

	memset(s, 0, sizeof(*s));
	assay_json_object(j);
	while (assay_json_member(j, &name))
		if (assay_json_is(name, "name"))
			assay_json_text(j, s->name, sizeof(s->name));
		else if (assay_json_is(name, "what"))
			assay_json_text(j, s->what, sizeof(s->what));
		else if (assay_json_is(name, "at"))
			assay_json_time(j, &s->at);
		else if (assay_json_is(name, "with_root"))
			assay_json_text(j, s->with_root, sizeof(s->with_root));
		else if (assay_json_is(name, "without_root"))
			assay_json_text(j, s->without_root,
			                sizeof(s->without_root));
}

/* The key of the root certificate in the set's root.pem. */
static bool root_key(uint8_t key[64], const char *set)
{
	struct assay_bytes text = vector_file("simulated/%s/root.pem", set);
	uint8_t der[ASSAY_CERT_MAX];
	struct assay_bytes body;
	struct assay_cert root;
	struct assay_err err;
	size_t pos = 0;

	if (assay_pem_next(&body, text, &pos, "CERTIFICATE") &&
	    assay_cert_decode(&root, der, body, ASSAY_DOC_ROOT, pos,
	                      ASSAY_DOC_ROOT, &err)) {
		memcpy(key, root.key, 64);
		return true;
	}
	/* noext-ski: not of the profile, so its key must be found by hand */
	static const uint8_t head[] = { 0x03, 0x42, 0x00, 0x04 };
	uint8_t *at;

	if (!assay_base64_parse(der, &pos, body, true) ||
	    !(at = memmem(der, pos, head, sizeof(head))))
		return false;
	memcpy(key, at + sizeof(head), 64);
	return true;
}

/* The library accepts what begins "UpToDate"; what we refuse all the same says
 * so. */
static bool is_accepted(const char *with_root)
{
	return strncmp(with_root, "UpToDate", 8) == 0 &&
	       !strstr(with_root, "refused by spec");
}

static void test_set(const struct set *s, struct assay_trust *trust)
{
	const struct assay_terms terms = { .now = s->at };
	const struct assay_evidence e = {
		.quote = vector_file("simulated/%s/quote.bin", s->name)
	};
	enum assay_check want = wanted(s->name), pin = ASSAY_X_ROOT_PIN;
	struct assay_collateral c;
	struct assay_verdict v;
	char folder[96];
	uint8_t key[64];
	bool good;

	snprintf(folder, sizeof(folder), "simulated/%s", s->name);
	vector_collateral(&c, folder);
	if (!ok(root_key(key, s->name) &&
	                (want == ASSAY_OK) == is_accepted(s->with_root),
	        "%s: %s", s->name, s->what))
		return;
	good = assay_verify_evidence(&v, trust, NULL, &e, &c, key, &terms);
	if (want == ASSAY_OK)
		good = good && v.status == ASSAY_STATUS_UP_TO_DATE &&
		       assay_verdict_level(&v, NULL, 0) == ASSAY_LEVEL_INSECURE;
	ok(good == !want && v.simulation && v.failed.check == want,
	   "%s with its root: %s", s->name,
	   want ? v.failed.note : "UpToDate, and INSECURE");

	/* what is wrong before any root is looked at is found all the same */
	if (want == ASSAY_P_VENDOR || want == ASSAY_X_KEYID)
		pin = want;
	good = assay_verify_evidence(&v, trust, NULL, &e, &c,
	                             assay_intel_root_key, &terms);
	ok(!good && v.failed.check == pin && !v.simulation &&
	           strcmp(s->without_root, "refused") == 0,
	   "%s without it: %s", s->name, v.failed.note);
}

int main(void)
{
	struct assay_trust *trust = malloc(assay_trust_size());
	struct assay_bytes text = vector_file("simulated/cases.json");
	struct assay_json j;
	struct set s;
	size_t n = 0;

	if (!text.len || !trust) {
		skip("no vectors", "simulated sets");
		free(trust);
		return done();
	}
	assay_json_open(&j, text, ASSAY_DOC_NONE);
	assay_json_array(&j);
	while (assay_json_element(&j)) {
		read_set(&j, &s);
		test_set(&s, trust);
		n++;
	}
	ok(assay_json_close(&j, NULL) && n >= 12, "%zu sets", n);
	free(trust);
	return done();
}
