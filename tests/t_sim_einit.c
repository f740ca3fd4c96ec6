/*
 * t_sim_einit.c - EINIT: every fault that a start can have, alone and with each
 * other: the one that the processor meets first is the one that it names.
 */
#include <string.h>

#include "crypto/cmac.h"
#include "crypto/crypto.h"
#include "h_machine.h"
#include "measure/sigstruct.h"
#include "sim/enclu.h"
#include "tap.h"

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

/* Where things stand in a SIGSTRUCT, and in a token. */
enum {
	HEADER = 0,
	VENDOR = 16,
	HEADER2 = 24,
	MODULUS = 128,
	EXPONENT = 512,
	SIGNATURE = 516,
	ENCLAVEHASH = 960,
	Q1 = 1040,
	Q2 = 1424,
	VALID = 0,
	T_FLAGS = 48,
	T_MRENCLAVE = 64,
	T_MRSIGNER = 128,
	T_CPUSVN_LE = 192,
	T_ISVPRODID_LE = 208,
	T_ISVSVN_LE = 210,
	T_FLAGS_LE = 240,
	T_XFRM_LE = 248,
	T_KEYID = 256,
	T_MAC = 288,
	T_MACED = 192,
};

/* A start of an enclave, with a token: what is signed, what is loaded. */
struct start {
	struct sim_cpu cpu;
	struct sim_ecreate created;
	struct assay_sigstruct fields; /* well signed, whatever they say */
	uint8_t mrenclave[32];
	uint8_t raw[ASSAY_SIGSTRUCT_LEN];
	uint8_t token[SIM_EINITTOKEN_LEN];
	bool by_launch_signer; /* else by another, who needs the token */
};

/* ---- the launch enclave: it gives tokens */

static void put2(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static bool mac_token(struct start *s, const struct sim_secs *launch)
{
	const struct sim_enclave enclave = { &s->cpu, *launch };
	const struct sim_enclu enclu = sim_enclu_of(&enclave);
	struct sim_key_request request = {
		.name = SIM_KEYNAME_EINITTOKEN,
		.isv_svn = launch->isv_svn,
		.flags_mask = UINT64_MAX,
		.xfrm_mask = UINT64_MAX,
		.misc_mask = UINT32_MAX,
	};
	uint8_t key[SIM_KEY_LEN];

	memcpy(request.cpu_svn, s->token + T_CPUSVN_LE, 16);
	memcpy(request.key_id, s->token + T_KEYID, 32);
	return sim_key(key, &enclu, &request) == SIM_SUCCESS &&
	       assay_cmac(s->token + T_MAC, key,
	                  (struct assay_bytes){ s->token, T_MACED });
}

static bool give_token(struct start *s, uint64_t launch_flags)
{
	struct sim_secs launch = { .isv_prod_id = 5, .isv_svn = 6, .xfrm = 3 };
	uint8_t *t = s->token;

	launch.flags = launch_flags;
	memcpy(launch.mrsigner, s->cpu.le_pubkey_hash, 32);
	memset(t, 0, SIM_EINITTOKEN_LEN);
	t[VALID] = 1;
	t[T_FLAGS] = (uint8_t)s->created.flags;
	t[T_FLAGS + 8] = (uint8_t)s->created.xfrm;
	memcpy(t + T_MRENCLAVE, s->mrenclave, 32);
	memcpy(t + T_MRSIGNER, s->fields.mrsigner, 32);
	memset(t + T_CPUSVN_LE, 4, 16);
	put2(t + T_ISVPRODID_LE, launch.isv_prod_id);
	put2(t + T_ISVSVN_LE, launch.isv_svn);
	t[T_FLAGS_LE] = (uint8_t)launch_flags;
	t[T_XFRM_LE] = 3;
	t[T_KEYID] = 0x77;
	return mac_token(s, &launch);
}

/* ---- a start that is good */

enum {
	LAUNCH = ASSAY_SGX_INIT | ASSAY_SGX_MODE64BIT | ASSAY_SGX_EINITTOKEN_KEY
};

static void signer_of(uint8_t mrsigner[32], unsigned i)
{
	uint8_t modulus[ASSAY_RSA3_LEN];

	if (!assay_rsa3_modulus(modulus, machine_signer(i)))
		abort();
	assay_mrsigner(mrsigner, modulus);
}

static void begin(struct start *s)
{
	const uint8_t fuse[SIM_FUSE_LEN] = { 1 }, svn[16] = { 0 };

	memset(s, 0, sizeof(*s));
	if (!sim_cpu_boot(&s->cpu, fuse, svn, svn))
		abort();
	memset(s->cpu.cpu_svn, 5, sizeof(s->cpu.cpu_svn));
	signer_of(s->cpu.le_pubkey_hash, 2);
	s->created.flags = ASSAY_SGX_MODE64BIT;
	s->created.xfrm = 3;
	memset(s->mrenclave, 0x33, 32);
	s->fields = (struct assay_sigstruct){
		.vendor = 0x8086,
		.date = 0x20260101,
		.sw_defined = 0xabcd,
		.misc_mask = UINT32_MAX,
		.cet_mask = 0xff,
		.flags = ASSAY_SGX_MODE64BIT,
		.flags_mask = UINT64_MAX,
		.xfrm = 3,
		.xfrm_mask = UINT64_MAX,
		.isv_prod_id = 7,
		.isv_svn = 3,
	};
	memset(s->fields.mrenclave, 0x33, 32);
	signer_of(s->fields.mrsigner, 1);
}

static void sign(struct start *s)
{
	const unsigned signer = s->by_launch_signer ? 2 : 1;

	if (!assay_sigstruct_sign(s->raw, &s->fields, machine_signer(signer),
	                          NULL) ||
	    !give_token(s, LAUNCH))
		abort();
}

static enum sim_status einit(struct sim_secs *secs, const struct start *s,
                             const uint8_t *token)
{
	memset(secs, 0xee, sizeof(*secs));
	return sim_einit(secs, &s->cpu, &s->created, s->mrenclave, s->raw,
	                 token);
}

/* ---- faults, in the processor's order.  `before` changes what is signed, or
 * what is loaded; at and flip change the SIGSTRUCT afterwards; token_at and
 * token_flip the token */

static void has_init(struct start *s)
{
	s->created.flags |= ASSAY_SGX_INIT;
}
static void wants_family(struct start *s)
{
	s->fields.isv_family_id[15] = 1;
}
static void wants_ext_prod(struct start *s)
{
	s->fields.isv_ext_prod_id[0] = 1;
}
static void other_code(struct start *s)
{
	s->fields.mrenclave[31] ^= 1;
}
/* demanded by the signature, so that nothing else is wrong */
static void wants_einittoken(struct start *s)
{
	s->created.flags |= ASSAY_SGX_EINITTOKEN_KEY;
	s->fields.flags |= ASSAY_SGX_EINITTOKEN_KEY;
}
static void demands_debug(struct start *s)
{
	s->fields.flags |= ASSAY_SGX_DEBUG;
}
static void demands_avx(struct start *s)
{
	s->fields.xfrm |= 4;
}
static void demands_exinfo(struct start *s)
{
	s->fields.misc_select |= 1;
}
static void demands_cet(struct start *s)
{
	s->fields.cet_attributes |= 1;
}

/* clang-format off */
static const struct fault {
	const char *name;
	enum sim_status want;
	void (*before)(struct start *s);
	size_t at;
	uint8_t flip;
	size_t token_at;
	uint8_t token_flip;
} faults[] = {
	{ "INIT before EINIT", SIM_GP, has_init, 0, 0, 0, 0 },
	{ "HEADER", SIM_INVALID_SIG_STRUCT, NULL, HEADER + 10, 2, 0, 0 },
	{ "VENDOR", SIM_INVALID_SIG_STRUCT, NULL, VENDOR, 1, 0, 0 },
	{ "HEADER2", SIM_INVALID_SIG_STRUCT, NULL, HEADER2 + 15, 1, 0, 0 },
	{ "EXPONENT", SIM_INVALID_SIG_STRUCT, NULL, EXPONENT, 2, 0, 0 },
	{ "reserved byte 44", SIM_INVALID_SIG_STRUCT, NULL, 44, 1, 0, 0 },
	{ "reserved byte 127", SIM_INVALID_SIG_STRUCT, NULL, 127, 1, 0, 0 },
	{ "reserved byte 911", SIM_INVALID_SIG_STRUCT, NULL, 911, 1, 0, 0 },
	{ "reserved byte 992", SIM_INVALID_SIG_STRUCT, NULL, 992, 1, 0, 0 },
	{ "reserved byte 1039", SIM_INVALID_SIG_STRUCT, NULL, 1039, 1, 0, 0 },
	{ "even MODULUS", SIM_INVALID_SIGNATURE, NULL, MODULUS, 1, 0, 0 },
	{ "MODULUS", SIM_INVALID_SIGNATURE, NULL, MODULUS + 9, 1, 0, 0 },
	{ "SIGNATURE", SIM_INVALID_SIGNATURE, NULL, SIGNATURE, 1, 0, 0 },
	{ "ENCLAVEHASH unsigned", SIM_INVALID_SIGNATURE, NULL, ENCLAVEHASH, 1,
	  0, 0 },
	{ "Q1", SIM_INVALID_SIGNATURE, NULL, Q1 + 5, 1, 0, 0 },
	{ "Q2", SIM_INVALID_SIGNATURE, NULL, Q2 + 383, 1, 0, 0 },
	{ "ISVFAMILYID without KSS", SIM_INVALID_SIG_STRUCT, wants_family,
	  0, 0, 0, 0 },
	{ "ISVEXTPRODID without KSS", SIM_INVALID_SIG_STRUCT, wants_ext_prod,
	  0, 0, 0, 0 },
	{ "other code", SIM_INVALID_MEASUREMENT, other_code, 0, 0, 0, 0 },
	{ "EINITTOKEN_KEY of another signer", SIM_INVALID_ATTRIBUTE,
	  wants_einittoken, 0, 0, 0, 0 },
	{ "FLAGS", SIM_INVALID_ATTRIBUTE, demands_debug, 0, 0, 0, 0 },
	{ "XFRM", SIM_INVALID_ATTRIBUTE, demands_avx, 0, 0, 0, 0 },
	{ "MISCSELECT", SIM_INVALID_ATTRIBUTE, demands_exinfo, 0, 0, 0, 0 },
	{ "CET_ATTRIBUTES", SIM_INVALID_ATTRIBUTE, demands_cet, 0, 0, 0, 0 },
	{ "token not valid", SIM_INVALID_EINITTOKEN, NULL, 0, 0, VALID, 1 },
	{ "token of a debug launch enclave", SIM_INVALID_EINITTOKEN, NULL,
	  0, 0, T_FLAGS_LE, ASSAY_SGX_DEBUG },
	{ "token, VALID's upper bits", SIM_INVALID_EINITTOKEN, NULL,
	  0, 0, VALID, 2 },
	{ "token, reserved byte 4", SIM_INVALID_EINITTOKEN, NULL, 0, 0, 4, 1 },
	{ "token, reserved byte 127", SIM_INVALID_EINITTOKEN, NULL,
	  0, 0, 127, 1 },
	{ "token, reserved byte 160", SIM_INVALID_EINITTOKEN, NULL,
	  0, 0, 160, 1 },
	{ "token, reserved byte 235", SIM_INVALID_EINITTOKEN, NULL,
	  0, 0, 235, 1 },
	{ "token, CPUSVN beyond", SIM_INVALID_CPUSVN, NULL,
	  0, 0, T_CPUSVN_LE + 15, 2 },
	{ "token, other product", SIM_INVALID_EINITTOKEN, NULL,
	  0, 0, T_ISVPRODID_LE, 1 },
	{ "token, other ISVSVN", SIM_INVALID_EINITTOKEN, NULL,
	  0, 0, T_ISVSVN_LE, 1 },
	{ "token, other KEYID", SIM_INVALID_EINITTOKEN, NULL,
	  0, 0, T_KEYID, 1 },
	{ "token, MRENCLAVE altered", SIM_INVALID_EINITTOKEN, NULL,
	  0, 0, T_MRENCLAVE, 1 },
	{ "token, MAC", SIM_INVALID_EINITTOKEN, NULL, 0, 0, T_MAC + 15, 1 },
};
/* clang-format on */
enum { N_FAULTS = sizeof(faults) / sizeof(faults[0]) };

static enum sim_status start_with(struct sim_secs *secs, const struct fault *a,
                                  const struct fault *b)
{
	const struct fault *const both[] = { a, b };
	struct start s;

	begin(&s);
	for (int i = 0; i < 2; i++)
		if (both[i] && both[i]->before)
			both[i]->before(&s);
	sign(&s);
	for (int i = 0; i < 2; i++) {
		if (!both[i])
			continue;
		s.raw[both[i]->at] ^= both[i]->flip;
		s.token[both[i]->token_at] ^= both[i]->token_flip;
	}
	return einit(secs, &s, s.token);
}

static void test_faults(void)
{
	struct sim_secs secs;

	ok(start_with(&secs, NULL, NULL) == SIM_SUCCESS, "no fault: it starts");
	for (size_t i = 0; i < N_FAULTS; i++) {
		enum sim_status got = start_with(&secs, &faults[i], NULL);

		ok(got == faults[i].want && is_zero(&secs, sizeof(secs)),
		   "%s: %s", faults[i].name, sim_status_name(got));
	}
}

/* Of two faults, that of the earlier step is met.  (Two of the token alone may
 * cancel each other or be one: they are left out.) */
static void test_order(void)
{
	struct sim_secs secs;

	for (size_t i = 0; i < N_FAULTS; i++) {
		bool good = true;

		for (size_t k = i + 1; k < N_FAULTS; k++) {
			if (faults[i].token_flip)
				continue;
			if (start_with(&secs, &faults[i], &faults[k]) ==
			    faults[i].want)
				continue;
			note("%s and %s", faults[i].name, faults[k].name);
			good = false;
		}
		if (!faults[i].token_flip)
			ok(good, "%s comes before what follows it",
			   faults[i].name);
	}
}

/* ---- tokens for something else: well made, for another enclave */

static void test_tokens(void)
{
	struct sim_secs secs;
	struct start s, other;

	begin(&s);
	sign(&s);
	other = s;
	other.mrenclave[0] ^= 1;
	ok(give_token(&other, LAUNCH) &&
	           einit(&secs, &s, other.token) == SIM_INVALID_MEASUREMENT,
	   "a token for other code");
	other = s;
	other.fields.mrsigner[0] ^= 1;
	ok(give_token(&other, LAUNCH) &&
	           einit(&secs, &s, other.token) == SIM_INVALID_MEASUREMENT,
	   "a token for another signer");
	other = s;
	other.created.flags |= ASSAY_SGX_DEBUG;
	ok(give_token(&other, LAUNCH) &&
	           einit(&secs, &s, other.token) == SIM_INVALID_ATTRIBUTE,
	   "a token for other attributes");
	other = s;
	other.created.xfrm = 7;
	ok(give_token(&other, LAUNCH) &&
	           einit(&secs, &s, other.token) == SIM_INVALID_ATTRIBUTE,
	   "a token for another XFRM");
	other = s;
	other.cpu.rsk[0] ^= 1;
	ok(give_token(&other, LAUNCH) &&
	           einit(&secs, &s, other.token) == SIM_INVALID_EINITTOKEN,
	   "a token of another processor");
	other = s;
	signer_of(other.cpu.le_pubkey_hash, 0);
	ok(give_token(&other, LAUNCH) &&
	           einit(&secs, &s, other.token) == SIM_INVALID_EINITTOKEN,
	   "a token by another launch signer");
	ok(give_token(&s, LAUNCH | ASSAY_SGX_DEBUG) &&
	           einit(&secs, &s, s.token) == SIM_INVALID_EINITTOKEN,
	   "a debug launch enclave's token for a production enclave");
	s.created.flags |= ASSAY_SGX_DEBUG;
	s.fields.flags |= ASSAY_SGX_DEBUG;
	sign(&s);
	ok(give_token(&s, LAUNCH | ASSAY_SGX_DEBUG) &&
	           einit(&secs, &s, s.token) == SIM_SUCCESS,
	   "... and for a debug enclave");
}

static void test_launch_signer(void)
{
	struct sim_secs secs;
	struct start s;

	begin(&s);
	sign(&s);
	ok(einit(&secs, &s, NULL) == SIM_INVALID_EINITTOKEN,
	   "without a token another signer's enclave does not start");
	ok(sim_launch(&secs, &s.cpu, &s.created, s.mrenclave, s.raw) ==
	           SIM_SUCCESS,
	   "unless the signer is made the launch signer");
	begin(&s);
	s.by_launch_signer = true;
	wants_einittoken(&s);
	sign(&s);
	ok(einit(&secs, &s, NULL) == SIM_SUCCESS &&
	           secs.flags & ASSAY_SGX_EINITTOKEN_KEY,
	   "the launch signer's starts, and may have EINITTOKEN_KEY");
}

/* ---- what masks leave open, and what an identity then is */

static void test_masks(void)
{
	struct sim_secs secs;
	struct start s;

	begin(&s);
	s.by_launch_signer = true;
	s.created.flags |= ASSAY_SGX_DEBUG;
	s.created.xfrm = 0xe7;
	s.created.misc_select = 1;
	s.created.cet_attributes = 2;
	s.fields.flags_mask &= ~(uint64_t)ASSAY_SGX_DEBUG;
	s.fields.xfrm_mask &= ~UINT64_C(0xe4);
	s.fields.misc_mask = ~1U;
	s.fields.cet_mask = 0xfd;
	sign(&s);
	ok(einit(&secs, &s, NULL) == SIM_SUCCESS,
	   "bits that the masks let through are the loader's");
	ok(secs.flags == (ASSAY_SGX_INIT | ASSAY_SGX_DEBUG |
	                  ASSAY_SGX_MODE64BIT) &&
	           secs.xfrm == 0xe7 && secs.misc_select == 1 &&
	           secs.cet_attributes == 2,
	   "and stand in the identity, with INIT");
}

static void test_identity(void)
{
	struct sim_secs secs;
	struct start s;
	uint8_t mrsigner[32];

	begin(&s);
	s.by_launch_signer = true;
	s.created.flags |= ASSAY_SGX_KSS;
	s.fields.flags |= ASSAY_SGX_KSS;
	wants_family(&s);
	wants_ext_prod(&s);
	s.created.config_svn = 9;
	memset(s.created.config_id, 0xc1, 64);
	sign(&s);
	signer_of(mrsigner, 2);
	ok(einit(&secs, &s, NULL) == SIM_SUCCESS, "an enclave with KSS");
	ok(memcmp(secs.mrenclave, s.mrenclave, 32) == 0 &&
	           memcmp(secs.mrsigner, mrsigner, 32) == 0 &&
	           secs.isv_prod_id == 7 && secs.isv_svn == 3,
	   "is what was measured, by whom it was signed");
	ok(secs.isv_family_id[15] == 1 && secs.isv_ext_prod_id[0] == 1 &&
	           secs.config_svn == 9 && secs.config_id[63] == 0xc1,
	   "and has what KSS adds");
	begin(&s);
	s.created.config_svn = 1;
	sign(&s);
	ok(einit(&secs, &s, s.token) == SIM_GP, "CONFIGSVN needs KSS");
	s.created.config_svn = 0;
	s.created.config_id[63] = 1;
	ok(einit(&secs, &s, s.token) == SIM_GP, "CONFIGID needs KSS");
	s.created.config_id[63] = 0;
	s.created.xfrm = 1;
	ok(einit(&secs, &s, s.token) == SIM_GP, "XFRM has x87 and SSE");
	s.created.xfrm = 3;
	s.created.flags |= 0x100;
	ok(einit(&secs, &s, s.token) == SIM_GP, "flags that are none");
	s.created.flags &= ~UINT64_C(0x100);
	ok(einit(&secs, &s, s.token) == SIM_SUCCESS, "without them it starts");
}

int main(void)
{
	test_faults();
	test_order();
	test_tokens();
	test_launch_signer();
	test_masks();
	test_identity();
	return done();
}
