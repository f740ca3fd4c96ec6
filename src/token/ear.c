/* ear.c - how far each part of an attester can be trusted, as the drafts AR4SI and
 * EAR want it said. */
#include "token/claims.h"

#include "base/err.h"

#include <string.h>

/* Values of AR4SI: 2 to 31 affirm, 32 to 95 warn, from 96 on they speak against
 * it. */
enum {
	CONFIG_SAFE = 3, /* no debugging */
	CONFIG_NOT_EVALUATED = 36,
	CONFIG_UNSAFE = 96,
	CODE_APPROVED = 3,
	CODE_UNKNOWN = 33,
	CODE_REFUSED = 96,
	HARDWARE_GENUINE = 2,
	HARDWARE_FLAWED = 32, /* genuine, and known to be weak */
	HARDWARE_REFUSED = 96,
	HARDWARE_UNKNOWN = 97,
	HARDWARE_FORGED = 99, /* the cryptography says no */
	RUNTIME_OPAQUE = 2,
};

/* The rules that say which code it must be, and how it must be set up; those about
 * the machine and its collateral are the others. */
static const char *const code_rules[] = {
	"identity",     "init",         "mrenclave",       "mrsigner",
	"isv_prod_id",  "min_isv_svn",  "isv_ext_prod_id", "isv_family_id",
	"mrtd",         "rtmr0",        "rtmr1",           "rtmr2",
	"rtmr3",        "mrowner",      "mrownerconfig",   "mrservicetd",
	"constraint.C", "constraint.S", "constraint.PROD", "constraint.REVOKE",
	"event_log",    NULL,
};
static const char *const config_rules[] = {
	"allow_debug",
	"config_id",
	"min_config_svn",
	"attributes",
	"misc_select",
	"mode64bit",
	"allow_provision_key",
	"mrconfigid",
	"td_attributes",
	"require_sept_ve_disable",
	"xfam",
	NULL,
};
/* Nor are these about the machine. */
static const char *const other_rules[] = {
	"keys",
	"nonce",
	"report_data",
	NULL,
};

static bool is_one_of(const char *rule, const char *const *list)
{
	while (*list && strcmp(*list, rule) != 0)
		list++;
	return *list != NULL;
}

static bool refused_by(const struct assay_decision *d, const char *const *list)
{
	for (size_t i = 0; i < d->n_refusals; i++)
		if (is_one_of(d->refusals[i].rule, list))
			return true;
	return false;
}

static bool machine_refused(const struct assay_decision *d)
{
	for (size_t i = 0; i < d->n_refusals; i++)
		if (!is_one_of(d->refusals[i].rule, code_rules) &&
		    !is_one_of(d->refusals[i].rule, config_rules) &&
		    !is_one_of(d->refusals[i].rule, other_rules))
			return true;
	return false;
}

/* Evidence that is not genuine: revoked, not proven, or forged. */
static uint8_t hardware_of_none(enum assay_check failed)
{
	if (failed == ASSAY_T_REVOKED)
		return HARDWARE_REFUSED;
	return assay_is_unproven(failed) ? HARDWARE_UNKNOWN : HARDWARE_FORGED;
}

static uint8_t hardware_of(const struct judgement *j)
{
	if (!j->verdict.genuine)
		return hardware_of_none(j->verdict.failed.check);
	if (j->verdict.simulation)
		return HARDWARE_UNKNOWN;
	if (machine_refused(&j->decision))
		return HARDWARE_REFUSED;
	return j->verdict.status == ASSAY_STATUS_UP_TO_DATE ? HARDWARE_GENUINE
	                                                    : HARDWARE_FLAWED;
}

static uint8_t executables_of(const struct judgement *j, bool names_code)
{
	if (refused_by(&j->decision, code_rules))
		return CODE_REFUSED;
	return names_code ? CODE_APPROVED : CODE_UNKNOWN;
}

static uint8_t configuration_of(const struct judgement *j)
{
	if (j->verdict.debug || refused_by(&j->decision, config_rules))
		return CONFIG_UNSAFE;
	return CONFIG_SAFE;
}

void token_vector(struct token_vector *v, const struct judgement *j,
                  bool names_code)
{
	bool real = j->verdict.genuine && !j->verdict.simulation;

	*v = (struct token_vector){
		.configuration = CONFIG_NOT_EVALUATED,
		.executables = CODE_UNKNOWN,
		.hardware = hardware_of(j),
	};
	if (!j->verdict.genuine)
		return;
	v->configuration = configuration_of(j);
	v->executables = executables_of(j, names_code);
	v->runtime_opaque = real && !j->verdict.debug ? RUNTIME_OPAQUE : 0;
}

static enum token_tier tier_of(uint8_t claim)
{
	if (claim >= TOKEN_TIER_CONTRAINDICATED)
		return TOKEN_TIER_CONTRAINDICATED;
	if (claim >= TOKEN_TIER_WARNING)
		return TOKEN_TIER_WARNING;
	return claim ? TOKEN_TIER_AFFIRMING : TOKEN_TIER_NONE;
}

enum token_tier token_status(const struct token_vector *v, bool accept)
{
	const uint8_t claims[] = { v->configuration, v->executables,
		                   v->hardware, v->runtime_opaque };
	enum token_tier worst = accept ? TOKEN_TIER_NONE
	                               : TOKEN_TIER_CONTRAINDICATED;

	for (size_t i = 0; i < sizeof(claims); i++)
		if (tier_of(claims[i]) > worst)
			worst = tier_of(claims[i]);
	return worst;
}
