/* err.c - checks and documents by name; how a check fails. */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const struct assay_check_info checks[] = {
#define ASSAY_CHECK(number, name, section, sentence, todo) \
	{ ASSAY_##name, #name, section, sentence, todo },
#include <assay/checks.def>
#undef ASSAY_CHECK
};

static const char *const docs[ASSAY_N_DOCS] = {
	[ASSAY_DOC_NONE] = "",
	[ASSAY_DOC_EVIDENCE] = "EVIDENCE",
	[ASSAY_DOC_QUOTE] = "QUOTE",
	[ASSAY_DOC_PCK_CHAIN] = "PCK_CHAIN",
	[ASSAY_DOC_PCK_LEAF] = "PCK_LEAF",
	[ASSAY_DOC_PCK_CA] = "PCK_CA",
	[ASSAY_DOC_ROOT] = "ROOT",
	[ASSAY_DOC_PCK_CRL_CHAIN] = "PCK_CRL_CHAIN",
	[ASSAY_DOC_TCB_CHAIN] = "TCB_CHAIN",
	[ASSAY_DOC_QE_CHAIN] = "QE_CHAIN",
	[ASSAY_DOC_TCB_SIGNER] = "TCB_SIGNER",
	[ASSAY_DOC_ROOT_CRL] = "ROOT_CRL",
	[ASSAY_DOC_PCK_CRL] = "PCK_CRL",
	[ASSAY_DOC_TCB_INFO] = "TCB_INFO",
	[ASSAY_DOC_QE_IDENTITY] = "QE_IDENTITY",
	[ASSAY_DOC_COLLATERAL] = "COLLATERAL",
	[ASSAY_DOC_POLICY] = "POLICY",
	[ASSAY_DOC_CONSTRAINT] = "CONSTRAINT",
	[ASSAY_DOC_EVENT_LOG] = "EVENT_LOG",
	[ASSAY_DOC_ENCLAVE] = "ENCLAVE",
	[ASSAY_DOC_PROGRAM] = "PROGRAM",
	[ASSAY_DOC_LAUNCH] = "LAUNCH",
	[ASSAY_DOC_SIGSTRUCT] = "SIGSTRUCT",
	[ASSAY_DOC_SGXS] = "SGXS",
	[ASSAY_DOC_KEY] = "KEY",
	[ASSAY_DOC_MANIFEST] = "MANIFEST",
	[ASSAY_DOC_LIBPAL] = "LIBPAL",
	[ASSAY_DOC_MAIL] = "MAIL",
	[ASSAY_DOC_TOKEN] = "TOKEN",
	[ASSAY_DOC_TOKEN_HEADER] = "TOKEN_HEADER",
	[ASSAY_DOC_TOKEN_CLAIMS] = "TOKEN_CLAIMS",
	[ASSAY_DOC_KEY_SET] = "KEY_SET",
	[ASSAY_DOC_LOG_ENTRY] = "LOG_ENTRY",
	[ASSAY_DOC_LOG_HEAD] = "LOG_HEAD",
	[ASSAY_DOC_LOG_PROOF] = "LOG_PROOF",
	[ASSAY_DOC_LIST] = "LIST",
};

bool assay_vfail(struct assay_err *err, enum assay_check check,
                 enum assay_doc doc, size_t at, const char *fmt, va_list ap)
{
	if (!err)
		return false;
	err->check = check;
	err->doc = doc;
	err->at = at;
	vsnprintf(err->note, sizeof(err->note), fmt, ap);
	/* hostile text may be quoted in a note: keep it one printable line */
	for (char *p = err->note; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	return false;
}

bool assay_fail(struct assay_err *err, enum assay_check check,
                enum assay_doc doc, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	assay_vfail(err, check, doc, at, fmt, ap);
	va_end(ap);
	return false;
}

const struct assay_check_info *assay_check_at(size_t i)
{
	return i < sizeof(checks) / sizeof(checks[0]) ? &checks[i] : NULL;
}

const struct assay_check_info *assay_check_info(enum assay_check check)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i].check == check)
			return &checks[i];
	return NULL;
}

const struct assay_check_info *assay_check_find(const char *name)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (strcmp(checks[i].name, name) == 0)
			return &checks[i];
	return NULL;
}

bool assay_is_unproven(enum assay_check check)
{
	return check == ASSAY_J_MISSING || check == ASSAY_R_MISSING ||
	       check == ASSAY_X_TIME || check == ASSAY_R_TIME ||
	       check == ASSAY_J_TIME;
}

const char *assay_doc_name(enum assay_doc doc)
{
	return doc < ASSAY_N_DOCS ? docs[doc] : "";
}
