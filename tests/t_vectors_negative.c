/*
 * t_vectors_negative.c - malformed TCB infos and enclave identities that others
 * made: a file whose name says Negative or missing is refused, the others are
 * read.
 */
#include "base/json.h"
#include "format/tcb.h"
#include "h_vectors.h"
#include "forge/world.h"
#include "tap.h"

#include <dirent.h>
#include <string.h>

/* {"tcbInfo":{...},"signature":"128 hex digits"}: a document whole, its
 * signature in form only. */
static bool read_whole(struct assay_bytes in, bool is_tcb,
                       struct assay_err *err)
{
	static struct assay_tcb_info tcb;
	static struct assay_qe_identity identity;
	struct assay_json_str name;
	bool inner = false, sig = false;
	uint8_t bytes[64];
	struct assay_json j;

	assay_json_open(&j, in,
	                is_tcb ? ASSAY_DOC_TCB_INFO : ASSAY_DOC_QE_IDENTITY);
	assay_json_object(&j);
	while (assay_json_member(&j, &name))
		if (is_tcb && assay_json_is(name, "tcbInfo"))
			inner = assay_tcb_info_read(&tcb, &j);
		else if (!is_tcb && assay_json_is(name, "enclaveIdentity"))
			inner = assay_qe_identity_read(&identity, &j);
		else if (assay_json_is(name, "signature"))
			sig = assay_json_hex(&j, bytes, 64);
	return assay_json_close(&j, err) && inner && sig;
}

static bool says_no(const char *name)
{
	return strstr(name, "Negative") || strstr(name, "missing");
}

/* By what it is refused; where the file does not say it is J_TYPE. */
static const struct {
	const char *name;
	enum assay_check want;
} checks[] = {
	{ "tcbInfoNegativeCompSvn.json", ASSAY_J_RANGE },
	{ "tcbInfoNegativePceSvn.json", ASSAY_J_RANGE },
	{ "tcbInfoNegativeIntegerOverflow.json", ASSAY_J_RANGE },
	{ "tcbInfoNegativeIntegerWithSign.json", ASSAY_J_RANGE },
	{ "tcbInfoNegativeTcbType.json", ASSAY_J_VERSION },
	{ "qe_identity_missing_qeidentity.json", ASSAY_J_SYNTAX },
	{ "qe_identity_missing_isvsvn.json", ASSAY_J_SYNTAX },
	/* the outer members are not the readers' affair */
	{ "tcbInfoNegativePropertyMissingLevel0.json", ASSAY_OK },
	{ "qe_identity_missing_signature.json", ASSAY_OK },
};

static enum assay_check wanted(const char *name)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (strcmp(checks[i].name, name) == 0)
			return checks[i].want;
	return ASSAY_J_TYPE;
}

static void test_file(const char *folder, const char *name)
{
	struct assay_bytes in = vector_file("%s/%s", folder, name);
	struct assay_err err = { 0 };
	bool good = read_whole(in, strncmp(name, "tcb", 3) == 0, &err);

	if (says_no(name))
		ok(!good && err.check == wanted(name), "%s is refused: %s",
		   name, err.note);
	else
		ok(good && err.check == ASSAY_OK, "%s is read: %s", name,
		   err.note);
}

static void test_folder(const char *sub, size_t least)
{
	char path[4700], folder[256];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(folder, sizeof(folder), "intel/negative/%s", sub);
	snprintf(path, sizeof(path), "%s/%s", vectors(), folder);
	d = opendir(path);
	if (!d) {
		skip("no vectors", "%s", sub);
		return;
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.') {
			test_file(folder, e->d_name);
			n++;
		}
	closedir(d);
	ok(n >= least, "%s: %zu files", sub, n);
}

/* Old TCB info of version 2 without PCEID is read, as those files are, but is
 * nobody's. */
static void test_no_pce_id(int version, enum assay_check want)
{
	static struct sim_world w;
	struct assay_trust *trust = malloc(assay_trust_size());
	struct assay_evidence e = { 0 };
	struct assay_terms terms = { 0 };
	struct assay_verdict v;
	bool good;

	if (!trust || !sim_world_default(&w, SIM_SGX_V3))
		abort();
	w.tcb[SIM_SGX].version = version;
	if (version == 2)
		w.tcb[SIM_SGX].id = NULL;
	if (want)
		w.tcb[SIM_SGX].sign.inner_edit[0].from =
			buf_text("\"pceId\":\"0000\",");
	if (!sim_world_build(&w))
		abort();
	e.quote = buf_bytes(&w.quote);
	sim_world_collateral(&e.collateral, &w);
	terms.now = w.now;
	good = assay_verify_evidence(&v, trust, NULL, &e, NULL,
	                             w.keys[SIM_ROOT].key, &terms);
	ok(good == !want && v.failed.check == want,
	   "TCB info of version %d %s PCEID: %s", version,
	   want ? "without" : "with", v.failed.note);
	sim_world_free(&w);
	free(trust);
}

int main(void)
{
	test_no_pce_id(3, ASSAY_OK);
	test_no_pce_id(3, ASSAY_J_TYPE);
	test_no_pce_id(2, ASSAY_OK);
	test_no_pce_id(2, ASSAY_T_PCEID);
	if (!vectors()) {
		skip("no vectors", "malformed documents");
		return done();
	}
	test_folder("neg-coll-oe-tcbinfo-v2", 22);
	test_folder("neg-coll-oe-qeidentity-v2", 20);
	return done();
}
