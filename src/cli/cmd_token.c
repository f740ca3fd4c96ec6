/* cmd_token.c - assay token: results that a service signed. */
#include "cli/facts.h"
#include "cli/options.h"

#include <assay/token.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct options {
	const char *jwks, *issuer;
	struct cli_time at;
	bool json;
};
static const struct cli_option options[] = {
	CLI_OPTION_JWKS(offsetof(struct options, jwks)),
	{ "--issuer", "URL", CLI_TEXT, offsetof(struct options, issuer),
	  "who must have issued it (iss), byte for byte" },
	CLI_OPTION_AT(offsetof(struct options, at)),
	CLI_OPTION_JSON(offsetof(struct options, json)),
	{ 0 },
};

/* What was checked. */
struct checked {
	const char *name; /* of the file; NULL: it is the token itself */
	bool good;
	struct assay_token token;
	struct assay_err err;
};

/* ---- printing */

/* A claim, on a line of its own. */
static void put_claim(struct cli_text *text, struct assay_json_str name,
                      struct assay_bytes value)
{
	char *line = cli_alloc(name.raw.len + value.len + 32, 1);
	size_t n = name.raw.len;

	memcpy(line, name.raw.ptr, n);
	line[n++] = ':';
	line[n++] = ' ';
	memcpy(line + n, value.ptr, value.len);
	cli_put(text, "  ");
	cli_put_name(text, line);
	cli_put(text, "\n");
	free(line);
}

static void put_claims(struct cli_text *text, struct assay_bytes claims)
{
	struct assay_json j;
	struct assay_json_str name;
	struct assay_bytes value;

	assay_json_open(&j, claims, ASSAY_DOC_TOKEN_CLAIMS);
	assay_json_object(&j);
	while (assay_json_member(&j, &name))
		if (assay_json_skip(&j, &value))
			put_claim(text, name, value);
}

/* That a token holds says nothing about what it says: the decision first. */
static void put_decision(struct cli_text *text, struct assay_bytes claims)
{
	struct assay_json j;
	struct assay_json_str name;
	char decision[16] = "";

	assay_json_open(&j, claims, ASSAY_DOC_TOKEN_CLAIMS);
	assay_json_object(&j);
	while (!*decision && assay_json_member(&j, &name))
		if (assay_json_is(name, "decision"))
			assay_json_text(&j, decision, sizeof(decision));
		else
			assay_json_skip(&j, NULL);
	if (strcmp(decision, "refuse") == 0)
		cli_put(text, "%sIt says: refused%s; see rules and reasons.\n",
		        cli_paint(text, CLI_RED), cli_paint(text, CLI_PLAIN));
	else if (strcmp(decision, "accept") == 0)
		cli_put(text, "It says: accepted.\n");
	cli_put(text, "\n");
}

static void put_good(struct cli_text *text, const struct assay_token *t)
{
	struct cli_facts f = { .text = text };

	cli_put(text, "%sThe token holds%s: its issuer made it, unaltered.\n",
	        cli_paint(text, CLI_GREEN), cli_paint(text, CLI_PLAIN));
	put_decision(text, t->claims);
	cli_fact(&f, NULL, "Issuer", *t->issuer ? t->issuer : NULL);
	cli_fact(&f, NULL, "Key", t->kid);
	cli_fact(&f, NULL, "Algorithm", t->alg);
	cli_fact(&f, NULL, "Type", *t->type ? t->type : NULL);
	if (t->issued)
		cli_fact_time(&f, NULL, "Issued at", t->issued);
	if (t->not_before)
		cli_fact_time(&f, NULL, "Good from", t->not_before);
	cli_fact_time(&f, NULL, "Good until", t->expires);
	cli_put(text, "\n");
	put_claims(text, t->claims);
}

static void put_facts(struct assay_json_out *o, const void *arg)
{
	const struct checked *c = arg;
	const struct assay_check_info *check = assay_check_info(c->err.check);
	const struct assay_token *t = &c->token;

	assay_json_put_bool(o, "good", c->good);
	assay_json_put_text(o, "check", check ? check->name : NULL);
	assay_json_put_text(o, "note", check ? c->err.note : NULL);
	assay_json_put_text(o, "alg", c->good ? t->alg : NULL);
	assay_json_put_text(o, "kid", c->good ? t->kid : NULL);
	assay_json_put_text(o, "typ", *t->type ? t->type : NULL);
	assay_json_put_text(o, "issuer", *t->issuer ? t->issuer : NULL);
	if (c->good)
		assay_json_put_time(o, "expires", t->expires);
	else
		assay_json_put_null(o, "expires");
}

/* The claims as they stand, but in one line: a line's end is white space there,
 * never within a string. */
static void put_raw(struct cli_text *text, struct assay_bytes claims)
{
	char *line = cli_alloc(claims.len + 1, 1);

	for (size_t i = 0; i < claims.len; i++)
		line[i] = claims.ptr[i] < ' ' ? ' ' : (char)claims.ptr[i];
	cli_put(text, "%s", line);
	free(line);
}

static void put_json(struct cli_text *text, const struct checked *c)
{
	cli_put_object(text, put_facts, c);
	text->len -= strlen("}\n");
	cli_put(text, ",\"claims\":");
	if (c->good)
		put_raw(text, c->token.claims);
	else
		cli_put(text, "null");
	cli_put(text, "}\n");
}

static int tell(const struct checked *c, bool json)
{
	struct cli_text text = { .colour = cli_colour() };

	if (json)
		put_json(&text, c);
	else if (c->good)
		put_good(&text, &c->token);
	else
		cli_warn_err(c->name ? c->name : "the token", &c->err);
	if (!cli_flush(&text))
		return CLI_TROUBLE;
	return c->good ? CLI_YES : CLI_NO;
}

/* ---- reading */

/* Tokens begin with {" in base64url, and have two dots. */
static bool is_token(const char *operand)
{
	const char *dot = strchr(operand, '.');

	return strncmp(operand, "eyJ", 3) == 0 && dot && strchr(dot + 1, '.') &&
	       !strchr(operand, '/');
}

static bool read_file(struct assay_bytes *out, const char *path, size_t max)
{
	uint8_t *p;

	if (!cli_read_max(&p, &out->len, path, max)) {
		cli_warn("%s: %s", path, strerror(errno));
		return false;
	}
	out->ptr = p;
	return true;
}

static int check(const struct options *o, const char *operand)
{
	struct checked c = { .name = is_token(operand) ? NULL : operand };
	struct assay_bytes token = { (const uint8_t *)operand,
		                     strlen(operand) },
			   set;
	struct assay_scratch scratch;

	if ((c.name && !read_file(&token, operand, ASSAY_TOKEN_MAX)) ||
	    !read_file(&set, o->jwks, ASSAY_KEY_SET_MAX))
		return CLI_TROUBLE;
	scratch = cli_scratch(token.len);
	c.good = assay_token_verify(&c.token, token, set, o->issuer,
	                            cli_now(&o->at), &scratch, &c.err);
	return tell(&c, o->json);
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	struct cli_list operands = { 0 };
	int status;

	if (!cli_options(&o, &operands, &status, &cmd_token_verify, argc, argv))
		return status;
	if (operands.n != 1)
		return cli_usage(&cmd_token_verify,
		                 "want one token, or a file that holds one");
	if (!o.jwks)
		return cli_usage(&cmd_token_verify,
		                 "--jwks is needed: the keys that you trust");
	if (strcmp(operands.item[0], "-") == 0 && strcmp(o.jwks, "-") == 0)
		return cli_usage(&cmd_token_verify,
		                 "- is given for both: there is one stdin");
	return check(&o, operands.item[0]);
}

const struct cli_verb cmd_token_verify = {
	.name = "token verify",
	.operands = "TOKEN|FILE",
	.summary = "Did this issuer sign this result, and does it still hold?",
	.options = options,
	.run = run,
};
