/* einit.c - EINIT: what a processor checks before it lets an enclave be
 * [SGX 2]. */
#include "sim/cpu.h"

#include <string.h>

#include "crypto/cmac.h"
#include "crypto/crypto.h"
#include "measure/sigstruct.h"
#include "sim/le.h"

/* What EINIT has in hand. */
struct einit {
	const struct sim_cpu *cpu;
	const struct sim_ecreate *created;
	const uint8_t *mrenclave;
	struct assay_bytes raw; /* the SIGSTRUCT */
	const uint8_t *token;   /* or NULL */
	struct assay_sigstruct sig;
};

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && !p[n - 1])
		n--;
	return n == 0;
}

/* What ECREATE would not have let through. */
static bool is_legal(const struct sim_ecreate *c)
{
	const uint64_t flags = ASSAY_SGX_DEBUG | ASSAY_SGX_MODE64BIT |
	                       ASSAY_SGX_PROVISION_KEY |
	                       ASSAY_SGX_EINITTOKEN_KEY | ASSAY_SGX_CET |
	                       ASSAY_SGX_KSS | ASSAY_SGX_AEXNOTIFY;
	const uint64_t x87_sse = 3;

	return !(c->flags & ~flags) && (c->xfrm & x87_sse) == x87_sse &&
	       (c->flags & ASSAY_SGX_KSS ||
	        (!c->config_svn &&
	         is_zero(c->config_id, sizeof(c->config_id))));
}

/* ---- the SIGSTRUCT */

/* A modulus that is none cannot have signed: the processor does not look at it
 * before. */
static enum sim_status check_form(struct einit *e)
{
	struct assay_err err;

	if (assay_sigstruct_claims(&e->sig, e->raw, &err))
		return SIM_SUCCESS;
	return err.check == ASSAY_S_MODULUS ? SIM_INVALID_SIGNATURE
	                                    : SIM_INVALID_SIG_STRUCT;
}

static enum sim_status check_signature(struct einit *e)
{
	return assay_sigstruct_verify(e->raw, NULL) ? SIM_SUCCESS
	                                            : SIM_INVALID_SIGNATURE;
}

static enum sim_status check_family(struct einit *e)
{
	if (e->created->flags & ASSAY_SGX_KSS ||
	    (is_zero(e->sig.isv_family_id, 16) &&
	     is_zero(e->sig.isv_ext_prod_id, 16)))
		return SIM_SUCCESS;
	return SIM_INVALID_SIG_STRUCT;
}

static enum sim_status check_measurement(struct einit *e)
{
	return memcmp(e->mrenclave, e->sig.mrenclave, 32) == 0
	               ? SIM_SUCCESS
	               : SIM_INVALID_MEASUREMENT;
}

static bool is_launch_signer(const struct einit *e)
{
	return memcmp(e->sig.mrsigner, e->cpu->le_pubkey_hash, 32) == 0;
}

static enum sim_status check_attributes(struct einit *e)
{
	const struct sim_ecreate *c = e->created;
	const struct assay_sigstruct *s = &e->sig;

	if (c->flags & ASSAY_SGX_EINITTOKEN_KEY && !is_launch_signer(e))
		return SIM_INVALID_ATTRIBUTE;
	if ((c->flags ^ s->flags) & s->flags_mask ||
	    (c->xfrm ^ s->xfrm) & s->xfrm_mask ||
	    (c->misc_select ^ s->misc_select) & s->misc_mask ||
	    (c->cet_attributes ^ s->cet_attributes) & s->cet_mask)
		return SIM_INVALID_ATTRIBUTE;
	return SIM_SUCCESS;
}

/* ---- the launch token */

/* Where an EINITTOKEN has its fields; those of ..._LE are the launch
 * enclave's. */
enum {
	TOKEN_VALID = 0,
	TOKEN_RESERVED = 4,
	TOKEN_FLAGS = 48,
	TOKEN_XFRM = 56,
	TOKEN_MRENCLAVE = 64,
	TOKEN_RESERVED_2 = 96,
	TOKEN_MRSIGNER = 128,
	TOKEN_RESERVED_3 = 160,
	TOKEN_MACED = 192, /* bytes that the MAC covers */
	TOKEN_CPUSVN_LE = 192,
	TOKEN_ISVPRODID_LE = 208,
	TOKEN_ISVSVN_LE = 210,
	TOKEN_RESERVED_4 = 212,
	TOKEN_MISCSELECT_LE = 236,
	TOKEN_FLAGS_LE = 240,
	TOKEN_XFRM_LE = 248,
	TOKEN_KEYID = 256,
	TOKEN_MAC = 288,
};

/* The key that the launch enclave had for it: that of an enclave of the launch
 * signer, whose attributes the token says as they were masked. */
static enum sim_status launch_key(uint8_t key[SIM_KEY_LEN],
                                  const struct einit *e)
{
	const uint8_t *t = e->token;
	struct sim_secs secs = {
		.flags = le_get(t + TOKEN_FLAGS_LE, 8),
		.xfrm = le_get(t + TOKEN_XFRM_LE, 8),
		.misc_select = (uint32_t)le_get(t + TOKEN_MISCSELECT_LE, 4),
		.isv_prod_id = (uint16_t)le_get(t + TOKEN_ISVPRODID_LE, 2),
	};
	struct sim_key_request request = {
		.name = SIM_KEYNAME_EINITTOKEN,
		.isv_svn = (uint16_t)le_get(t + TOKEN_ISVSVN_LE, 2),
		.flags_mask = UINT64_MAX,
		.xfrm_mask = UINT64_MAX,
		.misc_mask = UINT32_MAX,
	};

	memcpy(secs.mrsigner, e->cpu->le_pubkey_hash, 32);
	memcpy(request.cpu_svn, t + TOKEN_CPUSVN_LE, SIM_CPUSVN_LEN);
	memcpy(request.key_id, t + TOKEN_KEYID, 32);
	return sim_derive_key(key, e->cpu, &secs, &request);
}

static enum sim_status check_mac(const struct einit *e)
{
	uint8_t key[SIM_KEY_LEN], mac[ASSAY_CMAC_LEN];
	enum sim_status status = launch_key(key, e);

	if (status == SIM_SUCCESS &&
	    !assay_cmac(mac, key,
	                (struct assay_bytes){ e->token, TOKEN_MACED }))
		status = SIM_MC;
	else if (status == SIM_SUCCESS &&
	         !assay_cmac_equal(mac, e->token + TOKEN_MAC))
		status = SIM_INVALID_EINITTOKEN;
	assay_wipe(key, sizeof(key));
	assay_wipe(mac, sizeof(mac));
	return status;
}

static bool is_tidy(const uint8_t *t)
{
	return le_get(t + TOKEN_VALID, 4) == 1 &&
	       is_zero(t + TOKEN_RESERVED, 44) &&
	       is_zero(t + TOKEN_RESERVED_2, 32) &&
	       is_zero(t + TOKEN_RESERVED_3, 32) &&
	       is_zero(t + TOKEN_RESERVED_4, 24);
}

/* Whether the token is for what was loaded. */
static enum sim_status check_subject(const struct einit *e)
{
	const uint8_t *t = e->token;

	if (memcmp(t + TOKEN_MRENCLAVE, e->mrenclave, 32) != 0 ||
	    memcmp(t + TOKEN_MRSIGNER, e->sig.mrsigner, 32) != 0)
		return SIM_INVALID_MEASUREMENT;
	if (le_get(t + TOKEN_FLAGS, 8) != e->created->flags ||
	    le_get(t + TOKEN_XFRM, 8) != e->created->xfrm)
		return SIM_INVALID_ATTRIBUTE;
	return SIM_SUCCESS;
}

static enum sim_status check_token(struct einit *e)
{
	const uint8_t *t = e->token;
	enum sim_status status;

	if (!t || !(t[TOKEN_VALID] & 1))
		return is_launch_signer(e) ? SIM_SUCCESS
		                           : SIM_INVALID_EINITTOKEN;
	/* a debug launch enclave launches nothing but debug enclaves */
	if (le_get(t + TOKEN_FLAGS_LE, 8) & ~e->created->flags &
	            ASSAY_SGX_DEBUG ||
	    !is_tidy(t))
		return SIM_INVALID_EINITTOKEN;
	if (!sim_cpu_svn_within(t + TOKEN_CPUSVN_LE, e->cpu->cpu_svn))
		return SIM_INVALID_CPUSVN;
	status = check_mac(e);
	return status == SIM_SUCCESS ? check_subject(e) : status;
}

/* ---- all of it, in the processor's order */

static enum sim_status check(struct einit *e)
{
	static enum sim_status (*const steps[])(struct einit * e) = {
		check_form,        check_signature,  check_family,
		check_measurement, check_attributes, check_token,
	};
	enum sim_status status = is_legal(e->created) ? SIM_SUCCESS : SIM_GP;

	for (size_t i = 0;
	     i < sizeof(steps) / sizeof(steps[0]) && status == SIM_SUCCESS; i++)
		status = steps[i](e);
	return status;
}

static void commit(struct sim_secs *secs, const struct einit *e)
{
	const struct sim_ecreate *c = e->created;

	secs->flags = c->flags | ASSAY_SGX_INIT;
	secs->xfrm = c->xfrm;
	secs->misc_select = c->misc_select;
	secs->cet_attributes = c->cet_attributes;
	memcpy(secs->config_id, c->config_id, sizeof(secs->config_id));
	secs->config_svn = c->config_svn;
	memcpy(secs->mrenclave, e->mrenclave, 32);
	memcpy(secs->mrsigner, e->sig.mrsigner, 32);
	secs->isv_prod_id = e->sig.isv_prod_id;
	secs->isv_svn = e->sig.isv_svn;
	memcpy(secs->isv_family_id, e->sig.isv_family_id, 16);
	memcpy(secs->isv_ext_prod_id, e->sig.isv_ext_prod_id, 16);
}

enum sim_status sim_einit(struct sim_secs *secs, const struct sim_cpu *cpu,
                          const struct sim_ecreate *created,
                          const uint8_t mrenclave[32],
                          const uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN],
                          const uint8_t *token)
{
	struct einit e = {
		.cpu = cpu,
		.created = created,
		.mrenclave = mrenclave,
		.raw = { sigstruct, ASSAY_SIGSTRUCT_LEN },
		.token = token,
	};
	enum sim_status status = check(&e);

	memset(secs, 0, sizeof(*secs));
	if (status == SIM_SUCCESS)
		commit(secs, &e);
	return status;
}

enum sim_status sim_launch(struct sim_secs *secs, struct sim_cpu *cpu,
                           const struct sim_ecreate *created,
                           const uint8_t mrenclave[32],
                           const uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN])
{
	const struct assay_bytes raw = { sigstruct, ASSAY_SIGSTRUCT_LEN };
	struct assay_sigstruct claims;

	if (assay_sigstruct_claims(&claims, raw, NULL))
		memcpy(cpu->le_pubkey_hash, claims.mrsigner, 32);
	return sim_einit(secs, cpu, created, mrenclave, sigstruct, NULL);
}
