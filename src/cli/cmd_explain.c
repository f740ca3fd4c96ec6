/* cmd_explain.c - assay explain: what a word in the output means: a check, a
 * document, a status, a level, a rule. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- words that are in no other table */

struct word {
	const char *name, *meaning;
};

/* clang-format off */
static const struct word docs[ASSAY_N_DOCS] = {
	[ASSAY_DOC_EVIDENCE] = { "EVIDENCE", "The file of evidence, as it was given." },
	[ASSAY_DOC_QUOTE] = { "QUOTE", "The quote: what the enclave or TD says of itself, signed by the machine's quoting enclave." },
	[ASSAY_DOC_PCK_CHAIN] = { "PCK_CHAIN", "The text of the chain: PCK certificate, PCK CA, root." },
	[ASSAY_DOC_PCK_LEAF] = { "PCK_LEAF", "The PCK certificate: the manufacturer's word that this machine is its own." },
	[ASSAY_DOC_PCK_CA] = { "PCK_CA", "The CA that issues PCK certificates (Processor or Platform)." },
	[ASSAY_DOC_ROOT] = { "ROOT", "The root's certificate." },
	[ASSAY_DOC_PCK_CRL_CHAIN] = { "PCK_CRL_CHAIN", "The text of the chain beside the PCK CA's revocation list." },
	[ASSAY_DOC_TCB_CHAIN] = { "TCB_CHAIN", "The text of the chain of the TCB info's signer." },
	[ASSAY_DOC_QE_CHAIN] = { "QE_CHAIN", "The text of the chain of the QE identity's signer." },
	[ASSAY_DOC_TCB_SIGNER] = { "TCB_SIGNER", "The certificate of the one who signs TCB info and QE identity." },
	[ASSAY_DOC_ROOT_CRL] = { "ROOT_CRL", "The root's revocation list: CAs and signers that no longer count." },
	[ASSAY_DOC_PCK_CRL] = { "PCK_CRL", "The PCK CA's revocation list: machines that no longer count." },
	[ASSAY_DOC_TCB_INFO] = { "TCB_INFO", "TCB info: which versions a kind of machine can have, and what each is worth." },
	[ASSAY_DOC_QE_IDENTITY] = { "QE_IDENTITY", "The identity of the manufacturer's quoting enclave, and what its versions are worth." },
	[ASSAY_DOC_COLLATERAL] = { "COLLATERAL", "A file that holds several of the manufacturer's documents." },
	[ASSAY_DOC_POLICY] = { "POLICY", "The policy file." },
	[ASSAY_DOC_CONSTRAINT] = { "CONSTRAINT", "The constraint line of --accept." },
	[ASSAY_DOC_EVENT_LOG] = { "EVENT_LOG", "The log of what was measured into a TD's registers." },
	[ASSAY_DOC_ENCLAVE] = { "ENCLAVE", "An enclave's memory: the byte is an offset in it." },
	[ASSAY_DOC_PROGRAM] = { "PROGRAM", "A program, signed or not: an ELF file." },
	[ASSAY_DOC_LAUNCH] = { "LAUNCH", "The launch page in a signed program: how it is launched." },
	[ASSAY_DOC_SIGSTRUCT] = { "SIGSTRUCT", "What an enclave's signer says of it." },
	[ASSAY_DOC_SGXS] = { "SGXS", "A stream: what a processor hashes while it builds an enclave." },
	[ASSAY_DOC_KEY] = { "KEY", "A key that signs enclaves." },
	[ASSAY_DOC_MANIFEST] = { "MANIFEST", "Gramine's manifest: what it runs, and how." },
	[ASSAY_DOC_LIBPAL] = { "LIBPAL", "Gramine's loader, libpal.so of its linux-sgx build." },
	[ASSAY_DOC_MAIL] = { "MAIL", "A mail of Conclave, to an enclave or from one." },
	[ASSAY_DOC_TOKEN] = { "TOKEN", "A signed result of a verification service." },
	[ASSAY_DOC_TOKEN_HEADER] = { "TOKEN_HEADER", "The header of a signed result: who signed it, and how." },
	[ASSAY_DOC_TOKEN_CLAIMS] = { "TOKEN_CLAIMS", "What a signed result says." },
	[ASSAY_DOC_KEY_SET] = { "KEY_SET", "Public keys that signed results are checked with." },
	[ASSAY_DOC_LOG_ENTRY] = { "LOG_ENTRY", "An entry of a service's log: one line of JSON." },
	[ASSAY_DOC_LOG_HEAD] = { "LOG_HEAD", "What a signed head of a log says: how many entries, and the root over them." },
	[ASSAY_DOC_LOG_PROOF] = { "LOG_PROOF", "A proof that an entry stands in a log." },
	[ASSAY_DOC_LIST] = { "LIST", "The payload of a list of measurements that somebody signs." },
};
_Static_assert(ASSAY_DOC_LIST == ASSAY_N_DOCS - 1,
               "a document has no words");

static const struct word words[] = {
	{ "SECURE", "Level: genuine, on real hardware, not in debug mode, and UpToDate." },
	{ "STALE", "Level: genuine, on real hardware, not in debug mode, but not UpToDate: the status says what is missing." },
	{ "INSECURE", "Level: not genuine, or simulated, or in debug mode: it keeps no secret." },
	{ "genuine", "Rule: the evidence is genuine: every check holds. Else nothing that it claims is appraised." },
	{ "identity", "Rule: something says which code is wanted: --accept, the policy's mrenclave, mrsigner, mrtd or measurements, or --any-code." },
	{ "init", "Rule: the enclave's INIT attribute is set." },
	{ "event_log", "Rule: the TD's event log, where one is given, comes to its registers RTMR 0, 1 and 2." },
	{ "keys", "Rule: keys and nonce that come beside the quote are those that its report data names." },
	{ "nonce", "Rule: the nonce of --nonce is in the evidence, and its report data speaks for it." },
	{ "constraint.C", "Rule: MRENCLAVE is one of the constraint's C: hashes (or MRSIGNER one of its S:)." },
	{ "constraint.S", "Rule: MRSIGNER is one of the constraint's S: hashes (or MRENCLAVE one of its C:)." },
	{ "constraint.PROD", "Rule: the product id is the constraint's." },
	{ "constraint.REVOKE", "Rule: the revocation level, which is ISVSVN - 1, is not below the constraint's." },
	{ "constraint.SEC", "Rule: the level is what the constraint's SEC: asks for; STALE where it says nothing." },
	{ "constraint.EXPIRE", "Rule: the newest of the documents is not older than the constraint's period." },
};

/* Words that the output and the manuals use. */
static const struct word terms[] = {
	{ "measurement", "The SHA-256 of how an enclave is built, page by page: which code it is. MRENCLAVE for an enclave, MRTD for a TD; assay measure computes it." },
	{ "MRENCLAVE", "An enclave's measurement: 64 digits that are others if a byte of the code is another." },
	{ "MRSIGNER", "Who signed an enclave: the SHA-256 of the signing key's modulus." },
	{ "MRTD", "A TD's measurement, as it was started." },
	{ "RTMR", "A register of a TD, into which is measured what it loads when it runs: firmware, kernel, command line. There are four." },
	{ "ISVSVN", "A program's security version; its revocation level is one less." },
	{ "TD", "A virtual machine that TDX protects from its host." },
	{ "TCB", "What must be trusted of a machine: processor, microcode, firmware, quoting enclave, in their versions." },
	{ "CPUSVN", "A processor's security versions, 16 bytes that only the processor reads; the components are the manufacturer's reading of it." },
	{ "PCE", "The provisioning certification enclave: it signs the quoting enclave's key with the machine's own, for which there is the PCK certificate." },
	{ "PCK", "The provisioning certification key: a machine's own, in one state of its software. The manufacturer certifies it (PCK_LEAF), and can revoke that (PCK_CRL)." },
	{ "QE", "The quoting enclave: it signs quotes, on the machine that they are about." },
	{ "FMSPC", "The machine's kind: six bytes by which its TCB info is found." },
	{ "PPID", "One machine's identity: 16 bytes, the same in all its PCK certificates." },
};
enum { N_TERMS = sizeof(terms) / sizeof(terms[0]) };
/* clang-format on */

static bool same(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

/* ---- explaining one word */

static void put_head(struct cli_text *text, const char *name)
{
	cli_put(text, "%s%s%s", cli_paint(text, CLI_BOLD), name,
	        cli_paint(text, CLI_PLAIN));
}

static void put_check(struct cli_text *text, const struct assay_check_info *c)
{
	put_head(text, c->name);
	cli_put(text, "  (check %d, %s)\n", (int)c->check, c->section);
	cli_put_wrapped(text, "    It holds when:  ", c->sentence);
	cli_put_wrapped(text, "    If it fails:    ", c->todo);
}

static void put_word(struct cli_text *text, const struct word *w)
{
	put_head(text, w->name);
	cli_put(text, "\n");
	cli_put_wrapped(text, "    ", w->meaning);
}

static struct word status_word(enum assay_status status)
{
	return (struct word){ assay_status_name(status),
		              assay_status_meaning(status) };
}

static bool explain_check(struct cli_text *text, const char *name)
{
	const struct assay_check_info *c;

	for (size_t i = 0; (c = assay_check_at(i)); i++)
		if (same(c->name, name)) {
			put_check(text, c);
			return true;
		}
	return false;
}

static bool explain_word(struct cli_text *text, const char *name)
{
	for (size_t i = 1; i < ASSAY_N_DOCS; i++)
		if (same(docs[i].name, name)) {
			put_word(text, &docs[i]);
			return true;
		}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (same(words[i].name, name)) {
			put_word(text, &words[i]);
			return true;
		}
	for (size_t i = 0; i < N_TERMS; i++)
		if (same(terms[i].name, name)) {
			put_word(text, &terms[i]);
			return true;
		}
	return false;
}

static bool explain_status(struct cli_text *text, const char *name)
{
	for (enum assay_status s = ASSAY_STATUS_REVOKED; s < ASSAY_N_STATUS;
	     s++) {
		struct word w = status_word(s);

		if (same(w.name, name)) {
			put_word(text, &w);
			return true;
		}
	}
	return false;
}

static bool explain_key(struct cli_text *text, const char *name)
{
	const struct assay_policy_key *k;

	for (size_t i = 0; (k = assay_policy_key_at(i)); i++)
		if (same(k->key, name)) {
			cli_put_key(text, k);
			return true;
		}
	return false;
}

/* ---- names that are near */

/* The nearest of all names, or NULL: none is near. */
static const char *nearest(const char *wanted)
{
	struct cli_near near = cli_near(wanted);
	const struct assay_check_info *c;
	const struct assay_policy_key *k;

	for (size_t i = 0; (c = assay_check_at(i)); i++)
		cli_consider(&near, c->name);
	for (size_t i = 1; i < ASSAY_N_DOCS; i++)
		cli_consider(&near, docs[i].name);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		cli_consider(&near, words[i].name);
	for (size_t i = 0; i < N_TERMS; i++)
		cli_consider(&near, terms[i].name);
	for (enum assay_status s = ASSAY_STATUS_REVOKED; s < ASSAY_N_STATUS;
	     s++)
		cli_consider(&near, assay_status_name(s));
	for (size_t i = 0; (k = assay_policy_key_at(i)); i++)
		cli_consider(&near, k->key);
	return near.name;
}

static int explain(struct cli_text *text, const char *name)
{
	const char *near;
	bool known = explain_check(text, name) || explain_word(text, name) ||
	             explain_status(text, name);

	/* a policy's key may be a word, too: mrenclave */
	if (explain_key(text, name) || known)
		return CLI_YES;
	near = nearest(name);
	if (near)
		cli_warn("explain: nothing is called %s: did you mean %s?",
		         name, near);
	else
		cli_warn("explain: nothing is called %s; assay explain lists "
		         "all names",
		         name);
	return CLI_TROUBLE;
}

/* ---- explaining everything */

static void put_row(struct cli_text *text, const char *name,
                    const char *meaning)
{
	char left[48];

	snprintf(left, sizeof(left), "  %-24s", name);
	cli_put_wrapped(text, left, meaning);
}

static void put_group(struct cli_text *text, const char *title)
{
	cli_put(text, "%s%s%s%s\n", text->len ? "\n" : "",
	        cli_paint(text, CLI_BOLD), title, cli_paint(text, CLI_PLAIN));
}

static void put_all(struct cli_text *text)
{
	const struct assay_check_info *c;

	put_group(text, "Checks, each of which holds when:");
	for (size_t i = 0; (c = assay_check_at(i)); i++)
		put_row(text, c->name, c->sentence);
	put_group(text, "Documents that a check is applied to:");
	for (size_t i = 1; i < ASSAY_N_DOCS; i++)
		put_row(text, docs[i].name, docs[i].meaning);
	put_group(text, "Statuses, from the worst to the best:");
	for (enum assay_status s = ASSAY_STATUS_REVOKED; s < ASSAY_N_STATUS;
	     s++) {
		cli_put(text, "  %s\n", assay_status_name(s));
		put_row(text, "", assay_status_meaning(s));
	}
	put_group(text, "Levels, and rules that are no keys of a policy:");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		put_row(text, words[i].name, words[i].meaning);
	put_group(text, "Words:");
	for (size_t i = 0; i < N_TERMS; i++)
		put_row(text, terms[i].name, terms[i].meaning);
	cli_put(text, "\nThe keys of a policy: assay policy keys\n");
}

/* "PCK_CRL X_TIME" may be one argument or two. */
static int explain_words(struct cli_text *text, const char *argument)
{
	int worst = CLI_YES;
	char word[64];

	for (const char *p = argument; *p;) {
		size_t n = strcspn(p, " ");
		int status = CLI_YES;

		snprintf(word, sizeof(word), "%.*s",
		         (int)(n < sizeof(word) ? n : sizeof(word) - 1), p);
		if (n)
			status = explain(text, word);
		worst = status > worst ? status : worst;
		p += n + strspn(p + n, " ");
	}
	return worst;
}

static int cmd(int argc, char **argv)
{
	struct cli_text text = { .colour = cli_colour() };
	struct cli_list names = { 0 };
	int status, worst = CLI_YES;

	if (!cli_options(NULL, &names, &status, &cmd_explain, argc, argv))
		return status;
	if (names.n == 0)
		put_all(&text);
	for (size_t i = 0; i < names.n; i++) {
		status = explain_words(&text, names.item[i]);
		worst = status > worst ? status : worst;
	}
	return cli_flush(&text) ? worst : CLI_TROUBLE;
}

const struct cli_verb cmd_explain = {
	.name = "explain",
	.operands = "[NAME]...",
	.summary = "Say what a check, document, status, level or rule means, "
		   "and what to do about it; without a NAME, list them all.",
	.run = cmd,
};
