/* cmd_collateral.c - assay collateral: what the manufacturer's documents are,
 * and a bundle of them with a quote. */
#include "cli/documents.h"
#include "cli/judge.h"
#include "cli/options.h"

#include "base/text.h"
#include "format/bundle.h"
#include "format/quote.h"
#include "verify/trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- evidence that a chain, or all of it, is taken from */

struct taken {
	struct assay_evidence evidence;
	struct assay_quote quote;
};

/* The file is read for as long as the program lives; false, with a message. */
static bool take_evidence(struct taken *to, const char *path)
{
	struct assay_scratch scratch;
	struct assay_err err;
	uint8_t *file;
	size_t len;

	if (!cli_read(&file, &len, path)) {
		cli_warn("%s: %s", path, strerror(errno));
		return false;
	}
	scratch = cli_scratch(len);
	if (assay_evidence_read(&to->evidence,
	                        (struct assay_bytes){ file, len }, &scratch,
	                        &err) &&
	    assay_quote_parse(&to->quote, to->evidence.quote, false, &err))
		return true;
	cli_warn_err(path, &err);
	return false;
}

static struct assay_bytes chain_of(const struct assay_quote *quote)
{
	return quote->cert_type == ASSAY_CERT_PCK_CHAIN
	               ? quote->cert
	               : (struct assay_bytes){ 0 };
}

/* ---- collateral show */

struct show {
	struct cli_time at;
	const char *root, *quote;
	bool json;
};

#define TO(member) offsetof(struct show, member)
static const struct cli_option show_options[] = {
	CLI_OPTION_ROOT(TO(root)),
	{ "--quote", "EVIDENCE", CLI_TEXT, TO(quote),
	  "take the PCK CA's certificate from this quote, where the collateral "
	  "does not hold it" },
	CLI_OPTION_AT(TO(at)),
	CLI_OPTION_JSON(TO(json)),
	{ 0 },
};
#undef TO

/* A set, and what becomes of it under the root. */
struct shown {
	const struct cli_set *set;
	struct assay_trust *trust;
	struct assay_err err;
	int64_t now;
	bool authentic, good; /* good: at this time, too */
};

static bool in_date(struct assay_window w, int64_t now)
{
	return now >= w.from && now < w.until;
}

/* The documents, the signers' chains, and the CAs that the trust was opened
 * with; the leaf of a quote is not among them. */
static bool all_in_date(const struct assay_trust *t, int64_t now)
{
	for (size_t i = 0; i < ASSAY_N_ITEMS; i++)
		if (t->windows[i].until && !in_date(t->windows[i], now))
			return false;
	for (size_t i = 0; i < t->n_dated; i++)
		if (!in_date(t->dated[i].window, now))
			return false;
	return in_date(assay_chain_ca(&t->chain)->validity, now) &&
	       in_date(assay_chain_root(&t->chain)->validity, now);
}

static void put_verdict(struct cli_text *text, const struct shown *s)
{
	char until[ASSAY_TIME_TEXT], fmspc[2 * 6 + 1];

	cli_put_label(text, "Collateral");
	cli_put_name(text, s->set->name);
	cli_put(text, "\n");
	cli_put_label(text, "Authentic");
	if (!s->authentic) {
		cli_put(text, "%sNO%s, nothing of this is proved. ",
		        cli_paint(text, CLI_RED), cli_paint(text, CLI_PLAIN));
		cli_put_err(text, &s->err);
		cli_put(text, "\n\n");
		return;
	}
	assay_hex_print(fmspc, s->trust->tcb.fmspc, 6, true);
	cli_put(text, "%syes%s, under %s\n", cli_paint(text, CLI_GREEN),
	        cli_paint(text, CLI_PLAIN),
	        s->trust->simulation ? "a root that is not Intel's"
	                             : "Intel's root");
	cli_put_label(text, "For");
	cli_put(text, "%s, FMSPC %s\n", assay_tee_name(s->trust->tcb.tee),
	        fmspc);
	cli_put_label(text, "Fresh until");
	cli_put(text, "%s%s\n\n",
	        assay_time_print(until, assay_trust_fresh_until(s->trust)),
	        s->good ? "" : ": not good at this time");
}

static void put_shown(struct assay_json_out *o, const void *arg)
{
	const struct shown *s = arg;
	struct cli_facts f = { .json = o };

	assay_json_put_text(o, "collateral", s->set->name);
	assay_json_put_bool(o, "authentic", s->authentic);
	assay_json_put_bool(o, "good", s->good);
	assay_json_put_bool(o, "simulation", s->trust->simulation);
	if (s->authentic)
		assay_json_put_time(o, "fresh_until",
		                    assay_trust_fresh_until(s->trust));
	else
		assay_json_put_null(o, "fresh_until");
	judge_json_check(o, &s->err);
	cli_facts_collateral(&f, &s->set->documents, &s->now);
}

static bool show_set(struct cli_text *text, const struct cli_set *set,
                     struct assay_bytes chain, const uint8_t root[64],
                     const struct show *o)
{
	struct cli_facts f = { .text = text };
	struct shown s = { .set = set, .now = cli_now(&o->at) };

	s.trust = cli_alloc(1, assay_trust_size());
	s.err = set->broken;
	s.authentic = !set->broken.check &&
	              assay_trust_open(s.trust, &set->documents, chain, root,
	                               NULL, &s.err);
	s.good = s.authentic && all_in_date(s.trust, s.now);
	if (o->json) {
		cli_put_object(text, put_shown, &s);
	} else {
		put_verdict(text, &s);
		cli_facts_collateral(&f, &set->documents, &s.now);
	}
	free(s.trust);
	return s.good;
}

/* A bundle or EII has the chain in its quote. */
static struct assay_bytes own_chain(const char *path)
{
	struct assay_scratch scratch;
	struct assay_evidence e;
	struct assay_quote quote;
	uint8_t *file;
	size_t len;

	if (cli_is_folder(path) || !cli_read(&file, &len, path))
		return (struct assay_bytes){ 0 };
	scratch = cli_scratch(len);
	if (!assay_evidence_read(&e, (struct assay_bytes){ file, len },
	                         &scratch, NULL) ||
	    !assay_quote_parse(&quote, e.quote, false, NULL))
		return (struct assay_bytes){ 0 };
	return chain_of(&quote);
}

static int cmd_show(int argc, char **argv)
{
	struct cli_text text = { 0 };
	struct cli_list given = { 0 };
	struct assay_bytes chain = { 0 };
	struct taken taken;
	struct show o = { 0 };
	struct cli_sets sets;
	uint8_t root[64];
	int status;

	if (!cli_options(&o, &given, &status, &cmd_collateral_show, argc, argv))
		return status;
	if (!cli_input_once(&cmd_collateral_show, argc, argv))
		return CLI_TROUBLE;
	if (given.n == 0)
		return cli_usage(&cmd_collateral_show,
		                 "no collateral is given");
	if (!cli_root(root, o.root) || !cli_sets_read(&sets, &given) ||
	    (o.quote && !take_evidence(&taken, o.quote)))
		return CLI_TROUBLE;
	text.colour = !o.json && cli_colour();
	status = CLI_YES;
	for (size_t i = 0; i < sets.n; i++) {
		chain = o.quote ? chain_of(&taken.quote)
		                : own_chain(sets.set[i].name);
		if (i && !o.json)
			cli_put(&text, "\n");
		if (!show_set(&text, &sets.set[i], chain, root, &o))
			status = CLI_NO;
	}
	return cli_flush(&text) ? status : CLI_TROUBLE;
}

const struct cli_verb cmd_collateral_show = {
	.name = "collateral show",
	.operands = "FILE|DIR...",
	.summary = "Print what the manufacturer's documents are, for which "
		   "machines, until when, and whether they are authentic.",
	.options = show_options,
	.run = cmd_show,
};

/* ---- collateral bundle */

struct bundle {
	struct cli_list collateral;
	struct cli_time at;
	const char *out;
};

#define TO(member) offsetof(struct bundle, member)
static const struct cli_option bundle_options[] = {
	CLI_OPTION_COLLATERAL(TO(collateral)),
	{ "--at", "TIME", CLI_TIME, TO(at),
	  "the time in UTC that the bundle speaks of; else the evidence's, or "
	  "now" },
	{ "-o", "FILE", CLI_TEXT, TO(out),
	  "write to this file; else to stdout" },
	{ 0 },
};

static void put_bundle(struct assay_json_out *o, const void *arg)
{
	assay_bundle_put(o, arg);
}

/* Without all of these it could not be judged offline. */
static bool is_whole(const struct assay_collateral *c,
                     const struct assay_quote *q)
{
	const struct {
		const char *name;
		struct assay_bytes there;
	} rows[] = {
		{ "tcb_info", c->tcb_info.doc },
		{ "tcb_info_issuer_chain", c->tcb_info_issuer_chain },
		{ "qe_identity", c->qe_identity.doc },
		{ "qe_identity_issuer_chain", c->qe_identity_issuer_chain },
		{ "root_ca_crl", c->root_ca_crl },
		{ "pck_crl", c->pck_crl },
		{ "pck_certificate_chain",
		  chain_of(q).len ? chain_of(q) : c->pck_chain },
	};
	bool whole = true;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!rows[i].there.len) {
			cli_warn("collateral bundle: %s is missing: give it "
			         "with --collateral",
			         rows[i].name);
			whole = false;
		}
	return whole;
}

/* The one set that was given, or the evidence's own. */
static const struct assay_collateral *choose(const struct cli_sets *sets,
                                             const struct assay_evidence *e)
{
	const struct assay_err *broken;

	if (sets->n == 0)
		return &e->collateral;
	broken = &sets->set[0].broken;
	if (sets->n > 1) {
		cli_usage(&cmd_collateral_bundle,
		          "the documents are given several times");
		return NULL;
	}
	if (broken->check) {
		cli_warn_err(sets->set[0].name, broken);
		return NULL;
	}
	return &sets->set[0].documents;
}

static int write_bundle(const struct assay_bundle *p, const char *out)
{
	struct cli_text text = { 0 };
	bool good;

	cli_put_object(&text, put_bundle, p);
	if (!out)
		return cli_flush(&text) ? CLI_YES : CLI_TROUBLE;
	good = cli_write(out, text.ptr, text.len);
	if (!good)
		cli_warn("%s: %s", out, strerror(errno));
	cli_text_free(&text);
	return good ? CLI_YES : CLI_TROUBLE;
}

static int cmd_bundle(int argc, char **argv)
{
	struct cli_list given = { 0 };
	struct bundle o = { 0 };
	struct taken taken;
	struct cli_sets sets;
	struct assay_bundle p = { 0 };
	int status;

	if (!cli_options(&o, &given, &status, &cmd_collateral_bundle, argc,
	                 argv))
		return status;
	if (given.n != 1)
		return cli_usage(&cmd_collateral_bundle,
		                 "want one piece of evidence");
	if (!cli_sets_read(&sets, &o.collateral) ||
	    !take_evidence(&taken, given.item[0]))
		return CLI_TROUBLE;
	p.collateral = choose(&sets, &taken.evidence);
	if (!p.collateral || !is_whole(p.collateral, &taken.quote))
		return CLI_TROUBLE;
	if (taken.evidence.eii_ek.len)
		cli_warn("collateral bundle: the keys of a Conclave "
		         "attestation have no place in a bundle: they are left "
		         "out");
	p.quote = taken.quote.whole;
	p.hpke = taken.evidence.hpke;
	p.sign = taken.evidence.sign;
	p.nonce = taken.evidence.nonce;
	p.has_nonce = taken.evidence.has_nonce;
	p.at = o.at.given || !taken.evidence.has_at ? cli_now(&o.at)
	                                            : taken.evidence.at;
	return write_bundle(&p, o.out);
}

const struct cli_verb cmd_collateral_bundle = {
	.name = "collateral bundle",
	.operands = "EVIDENCE",
	.summary = "Write evidence and the manufacturer's documents as one "
		   "file, which can be judged offline.",
	.options = bundle_options,
	.run = cmd_bundle,
};
