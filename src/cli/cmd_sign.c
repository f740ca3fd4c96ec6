/* cmd_sign.c - assay sign: a program becomes an enclave that somebody answers
 * for. */
#include "cli/enclave.h"

#include "crypto/crypto.h"
#include "measure/launch.h"
#include "measure/signed.h"
#include "measure/sigstruct.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	PRODUCT_MAX = UINT16_MAX,
	REVOCATION_MAX = UINT16_MAX - 1, /* ISVSVN is one more */
};

struct options {
	struct cli_launch launch;
	const char *key, *product, *revocation, *out, *date;
	const char *data_out, *signature, *public_key;
	bool debug_allowed;
};

#define TO(member) offsetof(struct options, member)
static const struct cli_option options[] = {
	{ "--key", "FILE", CLI_TEXT, TO(key),
	  "sign with this private key (assay key new)" },
	{ "--product", "N", CLI_TEXT, TO(product),
	  "the product ID, 0 to 65535" },
	{ "--revocation", "N", CLI_TEXT, TO(revocation),
	  "the revocation level, 0 to 65534: raise it when older versions must "
	  "not be accepted any more" },
	CLI_LAUNCH_OPTIONS(struct options, launch),
	{ "-o", "FILE", CLI_TEXT, TO(out),
	  "write this file; by default PROGRAM.signed" },
	{ "--date", "YYYY-MM-DD", CLI_TEXT, TO(date),
	  "the date of the signature; by default SOURCE_DATE_EPOCH's, else "
	  "today's" },
	{ "--debug-allowed", NULL, CLI_FLAG, TO(debug_allowed),
	  "leave it open that the enclave is started for debugging, which lets "
	  "anybody read its memory" },
	{ "--data-out", "FILE", CLI_TEXT, TO(data_out),
	  "do not sign: write the 256 bytes that are to be signed elsewhere" },
	{ "--signature", "FILE", CLI_TEXT, TO(signature),
	  "a signature that was made elsewhere, 384 bytes" },
	{ "--public-key", "FILE", CLI_TEXT, TO(public_key),
	  "the key that made it, in PEM" },
	{ 0 },
};

/* What is signed, and what it is signed with. */
struct job {
	const char *path;
	struct assay_bytes program;
	struct assay_sigstruct fields;
	uint8_t launch[ASSAY_PAGE];
	uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN];
};

/* ---- what the options say */

static int check_options(const struct options *o, size_t n_operands)
{
	bool joins = o->signature && o->public_key;
	int ways = (o->key != NULL) + (o->data_out != NULL) + joins;

	if (n_operands != 1)
		return cli_usage(&cmd_sign, "want one program; its arguments "
		                            "stand behind --");
	if (!o->product || !o->revocation)
		return cli_usage(&cmd_sign, "--product and --revocation are "
		                            "needed");
	if (!o->signature != !o->public_key)
		return cli_usage(&cmd_sign, "--signature and --public-key go "
		                            "together");
	if (ways != 1)
		return cli_usage(&cmd_sign, "want one of --key, --data-out, or "
		                            "--signature with --public-key");
	if (!o->key && !o->date && !getenv("SOURCE_DATE_EPOCH"))
		return cli_usage(&cmd_sign, "--date is needed, so that both "
		                            "steps sign the same");
	if (o->data_out && o->out)
		return cli_usage(&cmd_sign, "--data-out signs nothing: there "
		                            "is no -o");
	return CLI_YES;
}

/* "2026-11-23" as 0x20261123 */
static bool parse_date(uint32_t *date, const char *text)
{
	char whole[32];
	int64_t time;

	snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", text);
	if (strlen(text) != 10 ||
	    !assay_time_parse(&time,
	                      (struct assay_bytes){ (const uint8_t *)whole,
	                                            strlen(whole) }))
		return false;
	*date = 0;
	for (const char *p = text; *p; p++)
		if (*p != '-')
			*date = *date << 4 | (uint32_t)(*p - '0');
	return true;
}

static bool read_date(uint32_t *date, const char *given)
{
	const char *epoch = given ? NULL : getenv("SOURCE_DATE_EPOCH");
	char text[ASSAY_TIME_TEXT];
	uint64_t seconds = (uint64_t)time(NULL);

	if (epoch && !cli_number(&seconds, epoch, INT64_MAX)) {
		cli_usage(&cmd_sign, "SOURCE_DATE_EPOCH: got %s, want seconds",
		          epoch);
		return false;
	}
	if (!given) {
		assay_time_print(text, (int64_t)seconds);
		text[strcspn(text, "T")] = 0;
		given = text;
	}
	if (parse_date(date, given))
		return true;
	cli_usage(&cmd_sign, "--date: got %s, want a date such as 2026-11-23",
	          given);
	return false;
}

static bool read_fields(struct assay_sigstruct *f, const struct options *o)
{
	uint64_t product = 0, revocation = 0;

	assay_sigstruct_default(f, o->debug_allowed);
	if (!cli_take_number(&product, &cmd_sign, "--product", o->product, 0,
	                     PRODUCT_MAX) ||
	    !cli_take_number(&revocation, &cmd_sign, "--revocation",
	                     o->revocation, 0, REVOCATION_MAX) ||
	    !read_date(&f->date, o->date))
		return false;
	f->isv_prod_id = (uint16_t)product;
	f->isv_svn = (uint16_t)(revocation + 1);
	return true;
}

/* ---- measuring */

static int refuse(const char *path, const struct assay_err *err)
{
	cli_warn_err(path, err);
	return CLI_NO;
}

static int measure(struct job *j, const struct options *o)
{
	struct assay_launch launch;
	struct assay_measuring how = { .launch = &launch };
	struct assay_measurement m;
	struct assay_err err;

	if (!cli_launch(&launch, &o->launch, &cmd_sign) ||
	    !cli_artefact(&j->program, j->path))
		return CLI_TROUBLE;
	if (!assay_measure(&m, j->program, &how))
		return refuse(j->path, &m.failed);
	if (m.kind != ASSAY_ARTEFACT_PROGRAM) {
		cli_warn("%s: it is %s; want a program that is not signed",
		         j->path, assay_artefact_name(m.kind));
		return CLI_NO;
	}
	memcpy(j->fields.mrenclave, m.computed, sizeof(m.computed));
	return assay_launch_write(j->launch, &launch, j->program, &err)
	               ? CLI_YES
	               : refuse(j->path, &err);
}

/* ---- signing */

static int sign_here(struct job *j, const char *path)
{
	struct assay_rsa3 *key;
	struct assay_bytes pem;
	struct assay_err err;
	uint8_t *file = cli_artefact(&pem, path);
	bool good;

	if (!file)
		return CLI_TROUBLE;
	key = assay_signing_key(pem, &err);
	assay_wipe(file, pem.len);
	free(file);
	if (!key)
		return refuse(path, &err);
	good = assay_sigstruct_sign(j->sigstruct, &j->fields, key, &err);
	assay_rsa3_free(key);
	return good ? CLI_YES : refuse(j->path, &err);
}

static int join(struct job *j, const struct options *o)
{
	uint8_t modulus[ASSAY_RSA3_LEN];
	struct assay_bytes pem, sig;
	struct assay_err err;

	if (!cli_artefact(&pem, o->public_key) ||
	    !cli_artefact(&sig, o->signature))
		return CLI_TROUBLE;
	if (!assay_signing_public(modulus, pem, &err))
		return refuse(o->public_key, &err);
	if (sig.len != ASSAY_RSA3_LEN) {
		cli_warn("%s: got %zu bytes, want a signature of 384",
		         o->signature, sig.len);
		return CLI_NO;
	}
	return assay_sigstruct_join(j->sigstruct, &j->fields, modulus, sig.ptr,
	                            &err)
	               ? CLI_YES
	               : refuse(o->signature, &err);
}

/* ---- writing */

static int write_file(const char *path, const uint8_t *p, size_t n)
{
	if (cli_write(path, (const char *)p, n))
		return CLI_YES;
	cli_warn("%s: %s", path, strerror(errno));
	return CLI_TROUBLE;
}

static int write_data(const struct job *j, const char *path)
{
	uint8_t data[ASSAY_SIGNDATA_LEN];

	assay_sigstruct_data(data, &j->fields);
	return write_file(path, data, sizeof(data));
}

/* The file can be run as the program can. */
static int copy_mode(const char *to, const char *from)
{
	struct stat st;

	if (stat(from, &st) == 0 && chmod(to, st.st_mode & 0777) == 0)
		return CLI_YES;
	cli_warn("%s: %s", to, strerror(errno));
	return CLI_TROUBLE;
}

static int print(const char *path, struct assay_bytes in)
{
	struct cli_text text = { 0 };
	struct cli_facts f = { .text = &text };
	struct assay_measurement m;

	if (!assay_measure(&m, in, NULL))
		return refuse(path, &m.failed);
	cli_put_name(&text, path);
	cli_put(&text, "\n");
	cli_facts_measurement(&f, &m);
	return cli_flush(&text) ? CLI_YES : CLI_TROUBLE;
}

static int write_signed(const struct job *j, const char *out)
{
	size_t len = j->program.len + ASSAY_SIGNED_TAIL;
	uint8_t *file = cli_alloc(len, 1);
	size_t n = strlen(j->path) + sizeof(".signed");
	char *name = cli_alloc(n, 1);
	int status;

	snprintf(name, n, "%s.signed", j->path);
	out = out ? out : name;
	memcpy(file, j->program.ptr, j->program.len);
	assay_signed_tail(file + j->program.len, j->program.len, j->launch,
	                  j->sigstruct);
	status = write_file(out, file, len);
	if (status == CLI_YES)
		status = copy_mode(out, j->path);
	if (status == CLI_YES)
		status = print(out, (struct assay_bytes){ file, len });
	free(file);
	free(name);
	return status;
}

static int cmd(int argc, char **argv)
{
	struct cli_list operands = { 0 };
	struct options o = { 0 };
	struct job *j;
	int status;

	cli_launch_args(&o.launch, &argc, argv);
	if (!cli_options(&o, &operands, &status, &cmd_sign, argc, argv))
		return status;
	status = check_options(&o, operands.n);
	if (status != CLI_YES)
		return status;
	j = cli_alloc(1, sizeof(*j));
	j->path = operands.item[0];
	if (!read_fields(&j->fields, &o))
		return CLI_TROUBLE;
	status = measure(j, &o);
	if (status != CLI_YES)
		return status;
	if (o.data_out)
		return write_data(j, o.data_out);
	status = o.key ? sign_here(j, o.key) : join(j, &o);
	return status == CLI_YES ? write_signed(j, o.out) : status;
}

const struct cli_verb cmd_sign = {
	.name = "sign",
	.operands = "PROGRAM [-- ARGUMENT...]",
	.summary = "Sign a program, so that it can be started as an enclave.",
	.options = options,
	.run = cmd,
};
