/* cmd_attest.c - assay attest: a quote of the enclave or TD that this runs in. */
#include "cli/facts.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_MAX = 64 };

struct options {
	const char *data, *nonce, *out, *tree;
	bool json;
};
#define TO(member) offsetof(struct options, member)
static const struct cli_option options[] = {
	{ "--data", "FILE", CLI_TEXT, TO(data),
	  "report data: what is in the file, at most 64 bytes; zeros follow" },
	{ "--nonce", "HEX", CLI_TEXT, TO(nonce),
	  "the same, in hexadecimal digits" },
	{ "-o", "FILE", CLI_TEXT, TO(out), "write there, not to stdout" },
	{ "--json", NULL, CLI_FLAG, TO(json),
	  "write a line of JSON, in which the quote is base64" },
	{ "--tree", "DIR", CLI_TEXT, TO(tree),
	  "look for /dev/attestation and /sys/kernel/config below DIR" },
	{ 0 },
};

static bool read_data(uint8_t data[DATA_MAX], const char *path)
{
	uint8_t *file;
	size_t len;

	if (!cli_read_max(&file, &len, path, DATA_MAX)) {
		cli_warn("%s: %s", path, strerror(errno));
		return false;
	}
	if (len <= DATA_MAX)
		memcpy(data, file, len);
	else
		cli_warn("%s: more than %d bytes; give a hash of it", path,
		         DATA_MAX);
	free(file);
	return len <= DATA_MAX;
}

/* ---- what is written */

/* A quote, and what it holds. */
struct answer {
	struct assay_attestation got;
	uint8_t data[DATA_MAX];
};

static void put_json(struct assay_json_out *o, const void *arg)
{
	const struct answer *answer = arg;
	char text[ASSAY_ATTEST_MAX / 3 * 4 + 5];

	assay_base64_print(text, answer->got.quote, answer->got.len);
	assay_json_put_text(o, "attester", answer->got.attester);
	assay_json_put_hex(o, "report_data", answer->data, DATA_MAX);
	assay_json_put_text(o, "quote", text);
}

static bool write_answer(const struct answer *answer, const struct options *o)
{
	const char *path = o->out ? o->out : "-";
	struct cli_text text = { 0 };
	bool good;

	if (o->json)
		cli_put_object(&text, put_json, answer);
	good = o->json ? cli_write(path, text.ptr, text.len)
	               : cli_write(path, (const char *)answer->got.quote,
	                           answer->got.len);
	if (!good)
		cli_warn("%s: %s", o->out ? path : "stdout", strerror(errno));
	cli_text_free(&text);
	return good;
}

static int cmd(int argc, char **argv)
{
	struct options o = { 0 };
	struct answer answer = { 0 };
	struct assay_err err;
	size_t n;
	int status;

	if (!cli_operands(&o, NULL, 0, 0, &status, &cmd_attest, argc, argv))
		return status;
	if (o.data && o.nonce)
		return cli_usage(&cmd_attest, "--data or --nonce, not both");
	if ((o.data && !read_data(answer.data, o.data)) ||
	    (o.nonce && !cli_take_hex(answer.data, &n, DATA_MAX, &cmd_attest,
	                              "--nonce", o.nonce)))
		return CLI_TROUBLE;
	if (!assay_attest(&answer.got, answer.data, o.tree ? o.tree : "",
	                  &err)) {
		cli_warn_err("no quote", &err);
		return CLI_NO;
	}
	return write_answer(&answer, &o) ? CLI_YES : CLI_TROUBLE;
}

const struct cli_verb cmd_attest = {
	.name = "attest",
	.operands = "",
	.summary = "Get a quote of the enclave or TD that this runs in.",
	.options = options,
	.run = cmd,
};
