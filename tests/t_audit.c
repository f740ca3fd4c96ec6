/* t_audit.c - a log: its tree against another way to reckon it, entries, signed
 * heads, proofs; and that nothing can be removed, altered, reordered or cut. */
#include <string.h>

#include "audit/audit.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "tap.h"

enum { NOW = 1800000000, N = 9, MAX = 67, LINE = 2048 };

static struct token_signer *signer;
static char set[TOKEN_JWK_MAX];
static struct assay_err err;
static uint8_t leaves[MAX][32];

static struct assay_bytes text_of(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

/* ---- the tree, as RFC 6962 2.1 defines it, slowly */

static uint64_t split(uint64_t n)
{
	uint64_t k = 1;

	while (2 * k < n)
		k *= 2;
	return k;
}

static void slow_root(uint8_t out[32], uint8_t (*leaf)[32], uint64_t n)
{
	uint8_t node[65] = { 1 };
	uint64_t k = split(n);

	if (n == 0) {
		assay_sha256(out, text_of(""));
	} else if (n == 1) {
		memcpy(out, leaf[0], 32);
	} else {
		slow_root(node + 1, leaf, k);
		slow_root(node + 33, leaf + k, n - k);
		assay_sha256(out, (struct assay_bytes){ node, 65 });
	}
}

static void slow_path(struct audit_path *path, uint64_t m, uint8_t (*leaf)[32],
                      uint64_t n)
{
	uint64_t k = split(n);

	if (n == 1)
		return;
	if (m < k)
		slow_path(path, m, leaf, k);
	else
		slow_path(path, m - k, leaf + k, n - k);
	if (m < k)
		slow_root(path->hash[path->n++], leaf + k, n - k);
	else
		slow_root(path->hash[path->n++], leaf, k);
}

static bool leaf_of(void *arg, uint64_t number, uint8_t hash[32])
{
	const uint64_t *n_leaves = arg;

	if (number >= *n_leaves)
		return false;
	memcpy(hash, leaves[number], 32);
	return true;
}

static bool is_hex(const uint8_t hash[32], const char *hex)
{
	char text[65];

	assay_hex_print(text, hash, 32, false);
	return strcmp(text, hex) == 0;
}

/* The leaves and roots that the authors of RFC 6962 test with. */
static void test_published(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} in[] = {
		{ "", 0 },
		{ "\x00", 1 },
		{ "\x10", 1 },
		{ "\x20\x21", 2 },
		{ "\x30\x31", 2 },
		{ "\x40\x41\x42\x43", 4 },
		{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8 },
		{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d"
		  "\x6e\x6f",
		  16 },
	};
	struct audit_tree tree = { 0 };
	uint8_t root[32], leaf[32];

	audit_tree_root(root, &tree);
	ok(is_hex(root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4959"
	                "91b7852b855"),
	   "the root of nothing");
	for (size_t i = 0; i < 8; i++) {
		audit_leaf(leaf,
		           (struct assay_bytes){ (const uint8_t *)in[i].bytes,
		                                 in[i].len });
		audit_tree_add(&tree, leaf);
		audit_tree_root(root, &tree);
		if (i == 0)
			ok(is_hex(root, "6e340b9cffb37a989ca544e6bb780a2c78901"
			                "d3fb33738768511a30617afa01d"),
			   "of one leaf");
	}
	ok(is_hex(root, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe37"
	                "0eff4604328"),
	   "and of eight");
}

static void test_roots(void)
{
	struct audit_tree tree = { 0 };
	uint8_t root[32], slow[32];
	unsigned wrong = 0;

	for (uint64_t n = 0; n < MAX; n++) {
		audit_tree_root(root, &tree);
		slow_root(slow, leaves, n);
		wrong += memcmp(root, slow, 32) != 0 || tree.size != n;
		wrong += n > 0 && memcmp(tree.last, leaves[n - 1], 32) != 0;
		audit_tree_add(&tree, leaves[n]);
	}
	ok(wrong == 0, "roots of all sizes up to %d", MAX - 1);
}

static void test_paths(void)
{
	unsigned wrong = 0, taken = 0;

	for (uint64_t n = 1; n < 35; n++)
		for (uint64_t m = 0; m < n; m++) {
			struct audit_path path, slow = { 0 };
			uint8_t root[32], want[32];

			slow_root(want, leaves, n);
			slow_path(&slow, m, leaves, n);
			wrong += !audit_path_make(&path, m, n, leaf_of, &n) ||
			         memcmp(&path, &slow, sizeof(path)) != 0;
			wrong += !audit_path_root(root, leaves[m], m, n,
			                          &path) ||
			         memcmp(root, want, 32) != 0;
			/* another leaf, number, size, path */
			for (uint64_t k = 0; k < 35; k++) {
				taken += k != m &&
				         audit_path_root(root, leaves[m], k, n,
				                         &path) &&
				         memcmp(root, want, 32) == 0;
				taken += k != m &&
				         audit_path_root(root, leaves[k], m, n,
				                         &path) &&
				         memcmp(root, want, 32) == 0;
			}
			path.n++;
			taken += audit_path_root(root, leaves[m], m, n, &path);
			path.n -= path.n > 1 ? 2 : 1;
			taken += n > 1 &&
			         audit_path_root(root, leaves[m], m, n, &path);
		}
	ok(wrong == 0, "paths of all leaves in trees of up to 34");
	ok(taken == 0, "which lead from nothing else to the root");
}

static void test_no_path(void)
{
	static const struct audit_path zero;
	static const uint8_t none[32];
	struct audit_path path;
	uint8_t root[32];
	uint64_t n = 5;

	ok(!audit_path_make(&path, 5, 5, leaf_of, &n) &&
	           memcmp(&path, &zero, sizeof(path)) == 0 &&
	           !audit_path_make(&path, 0, 0, leaf_of, &n),
	   "no path of a leaf that is not there");
	ok(!audit_path_make(&path, 0, 6, leaf_of, &n) &&
	           memcmp(&path, &zero, sizeof(path)) == 0,
	   "nor where leaves cannot be had");
	ok(!audit_path_root(root, leaves[0], 5, 5, &path) &&
	           memcmp(root, none, 32) == 0 &&
	           !audit_path_root(root, leaves[0], 0, 0, &path) &&
	           !audit_path_root(root, leaves[0], 0, UINT64_MAX, &path),
	   "nor a root from one");
	path.n = AUDIT_PATH_MAX + 1;
	ok(!audit_path_root(root, leaves[0], 0, UINT64_MAX, &path),
	   "nor from a path too long");
}

/* ---- entries */

#define ZEROS \
	"00000000000000000000000000000000" \
	"00000000000000000000000000000000"
#define HEAD_OF(number) \
	"{\"number\":" number ",\"time\":\"2027-01-15T08:00:00Z\",\"before\":" \
	"\"" ZEROS "\",\"what\":\"key.released\",\"who\":\"\","

static void test_write(void)
{
	struct audit_entry e = { .number = 3,
		                 .time = NOW,
		                 .what = "policy.added",
		                 .who = "\"x\" \xc3\xa4",
		                 .data = text_of("{\"a\": [1, 2]}") },
			   again;
	char line[LINE], hash[65];
	uint8_t leaf[32];
	size_t n = audit_write(line, sizeof(line), &e, text_of("before")), made;

	audit_leaf(leaf, text_of("before"));
	assay_hex_print(hash, leaf, 32, false);
	ok(n == strlen(line) && strstr(line, hash) &&
	           strncmp(line,
	                   "{\"number\":3,\"time\":\"2027-01-15T08:00:00Z\","
	                   "\"before\":\"",
	                   50) == 0 &&
	           strstr(line, "\",\"what\":\"policy.added\",\"who\":"
	                        "\"\\\"x\\\" \xc3\xa4\",\"data\":{\"a\": [1, "
	                        "2]}}"),
	   "an entry is written");
	ok(audit_read(&again, text_of(line), &err) && again.number == 3 &&
	           again.time == NOW && memcmp(again.before, leaf, 32) == 0 &&
	           strcmp(again.what, e.what) == 0 &&
	           strcmp(again.who, e.who) == 0 && again.data.len == 13,
	   "and read");
	made = 0;
	for (size_t i = 0; i <= n; i++)
		made += audit_write(line, i, &e, text_of("before")) > 0;
	ok(made == 0, "not where there is no room");
	e.data = text_of("[1]");
	made += audit_write(line, sizeof(line), &e, text_of(""));
	e.data = text_of("{\"a\":1,\"a\":1}");
	made += audit_write(line, sizeof(line), &e, text_of(""));
	e.data = text_of("{\"a\":\n1}");
	made += audit_write(line, sizeof(line), &e, text_of(""));
	e.data = text_of("");
	made += audit_write(line, sizeof(line), &e, text_of(""));
	e.data = text_of("{},\"x\":{}");
	made += audit_write(line, sizeof(line), &e, text_of(""));
	e.data = text_of("{}");
	strcpy(e.who, "\xff");
	made += audit_write(line, sizeof(line), &e, text_of(""));
	e.who[0] = 0;
	e.time = -1;
	made += audit_write(line, sizeof(line), &e, text_of(""));
	ok(made == 0 && line[0] == 0, "nor what cannot be read again");
	e.time = NOW;
	ok(audit_write(line, sizeof(line), &e, text_of("")) > 0 &&
	           strstr(line, ZEROS),
	   "the first names zeros");
}

static void test_read(void)
{
	static const struct {
		const char *line;
		enum assay_check check;
	} cases[] = {
		{ HEAD_OF("0") "\"data\":{}}", ASSAY_OK },
		{ HEAD_OF("18446744073709551615") "\"data\":{\"a\":null}}",
		  ASSAY_OK },
		{ HEAD_OF("-1") "\"data\":{}}", ASSAY_J_RANGE },
		{ HEAD_OF("0") "\"data\":[]}", ASSAY_J_TYPE },
		{ HEAD_OF("0") "\"data\":{}} ", ASSAY_OK },
		{ HEAD_OF("0") "\"data\":{}}\n", ASSAY_L_ENTRY },
		{ HEAD_OF("0") "\"data\":{}}x", ASSAY_J_SYNTAX },
		{ HEAD_OF("0") "\"data\":{},\"x\":1}", ASSAY_L_ENTRY },
		{ HEAD_OF("0") "\"more\":{}}", ASSAY_L_ENTRY },
		{ HEAD_OF("0") "\"data\":{},\"data\":{}}", ASSAY_J_DUPKEY },
		{ "{\"number\":0}", ASSAY_L_ENTRY },
		{ "{\"time\":\"2027-01-15T08:00:00Z\",\"number\":0}",
		  ASSAY_L_ENTRY },
		{ "{\"number\":0,\"time\":0}", ASSAY_J_TYPE },
		{ "{}", ASSAY_L_ENTRY },
		{ "", ASSAY_J_SYNTAX },
		{ "[]", ASSAY_J_TYPE },
	};
	static const struct audit_entry zero;
	static char large[AUDIT_ENTRY_MAX + 2];
	struct audit_entry e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err = (struct assay_err){ 0 };
		bool good = audit_read(&e, text_of(cases[i].line), &err);

		ok(good == !cases[i].check && err.check == cases[i].check &&
		           (good || memcmp(&e, &zero, sizeof(e)) == 0),
		   "an entry that is %s",
		   cases[i].check ? assay_check_info(cases[i].check)->name
		                  : "good");
	}
	memset(large, ' ', sizeof(large) - 1);
	ok(!audit_read(&e, text_of(large), &err) && err.check == ASSAY_L_ENTRY,
	   "one that is too long");
}

/* ---- a log of N entries, with heads behind the fourth and the last */

static char lines[N + 2][LINE]; /* as it is exported */
static size_t n_lines;
static char head_text[AUDIT_HEAD_MAX]; /* of all of it */

static void make_log(void)
{
	struct audit_tree tree = { 0 };
	struct audit_head head;
	const char *before = "";

	n_lines = 0;
	for (uint64_t i = 0; i < N; i++) {
		char data[64];
		struct audit_entry e = { .number = i,
			                 .time = NOW + (int64_t)i,
			                 .what = "key.released",
			                 .who = "alice" };
		char *line = lines[n_lines++];

		snprintf(data, sizeof(data), "{\"name\":\"key-%d\"}", (int)i);
		e.data = text_of(data);
		if (!audit_write(line, LINE, &e, text_of(before)) ||
		    !audit_follow(&tree, text_of(line), &err))
			exit(2);
		memcpy(leaves[i], tree.last, 32);
		before = line;
		if (i != 3 && i != N - 1)
			continue;
		audit_head_of(&head, &tree, NOW + 100);
		if (!audit_head_sign(head_text, sizeof(head_text), signer,
		                     &head))
			exit(2);
		strcpy(lines[n_lines++], head_text);
	}
}

/* Which check a log of these lines fails, and behind how many entries. */
static enum assay_check log_fails(const char *const *line, size_t n,
                                  const struct audit_head *kept, uint64_t *size)
{
	struct audit_log log = { .key_set = text_of(set), .kept = kept };
	bool good = true;

	err = (struct assay_err){ 0 };
	for (size_t i = 0; good && i < n; i++)
		good = audit_log_line(&log, text_of(line[i]), &err);
	good = good && audit_log_end(&log, &err);
	*size = log.tree.size;
	return good ? ASSAY_OK : err.check;
}

static void test_log(void)
{
	const char *order[N + 3];
	uint64_t size;
	unsigned taken = 0;

	for (size_t i = 0; i < n_lines; i++)
		order[i] = lines[i];
	ok(log_fails(order, n_lines, NULL, &size) == ASSAY_OK && size == N,
	   "a log is whole");
	for (size_t i = 0; i < n_lines; i++) { /* one line less */
		const char *less[N + 2];

		memcpy(less, order, i * sizeof(*order));
		memcpy(less + i, order + i + 1,
		       (n_lines - i - 1) * sizeof(*order));
		taken += i != 4 && /* a head is less, and nothing else */
		         log_fails(less, n_lines - 1, NULL, &size) == ASSAY_OK;
	}
	ok(taken == 0, "no entry can be removed");
	for (size_t i = 0; i < n_lines; i++)
		for (size_t k = 0; k < i; k++) {
			order[i] = lines[k];
			order[k] = lines[i];
			taken += log_fails(order, n_lines, NULL, &size) ==
			         ASSAY_OK;
			order[i] = lines[i];
			order[k] = lines[k];
		}
	ok(taken == 0, "none can change its place");
	for (size_t i = 0; i < n_lines; i++) {
		memmove(order + i + 1, order + i,
		        (n_lines - i) * sizeof(*order));
		taken += i != 4 && i != n_lines - 1 &&
		         log_fails(order, n_lines + 1, NULL, &size) == ASSAY_OK;
		memmove(order + i, order + i + 1,
		        (n_lines - i) * sizeof(*order));
	}
	ok(taken == 0, "none can stand there twice");
}

static void test_altered(void)
{
	const char *order[N + 2];
	uint64_t size;
	unsigned taken = 0, misplaced = 0;

	for (size_t i = 0; i < n_lines; i++)
		order[i] = lines[i];
	for (size_t i = 0; i < n_lines; i++)
		for (size_t k = 0; lines[i][k]; k++) {
			lines[i][k] ^= 1;
			taken += log_fails(order, n_lines, NULL, &size) ==
			         ASSAY_OK;
			/* it is found at once, or by the one behind it */
			misplaced += size > i + 1;
			lines[i][k] ^= 1;
		}
	ok(taken == 0 && misplaced == 0, "no byte can be altered, and it is "
	                                 "said where");
}

static void test_cut(void)
{
	const char *order[N + 2];
	struct audit_head head;
	uint64_t size;
	unsigned taken = 0;

	for (size_t i = 0; i < n_lines; i++)
		order[i] = lines[i];
	for (size_t n = 0; n < n_lines; n++)
		taken += n != 5 &&
		         log_fails(order, n, NULL, &size) != ASSAY_L_CUT;
	ok(taken == 0, "a log that ends without a head is cut");
	ok(log_fails(order, 5, NULL, &size) == ASSAY_OK && size == 4,
	   "one that ends with an old one seems whole");
	ok(audit_head_open(&head, text_of(head_text), text_of(set), &err) &&
	           head.size == N && head.time == NOW + 100,
	   "a head is kept");
	ok(log_fails(order, 5, &head, &size) == ASSAY_L_CUT &&
	           log_fails(order, n_lines, &head, &size) == ASSAY_OK,
	   "which says that it is cut");
	head.root[0] ^= 1;
	ok(log_fails(order, n_lines, &head, &size) == ASSAY_L_ROOT && size == N,
	   "or that it was made anew");
}

/* Which check: each kind of change has its own. */
static void test_checks(void)
{
	const char *two[] = { lines[0], lines[2] };
	const char *other[] = { lines[0], NULL };
	struct audit_entry e = {
		.number = 1, .time = NOW, .what = "x", .data = text_of("{}")
	};
	char line[LINE];
	uint64_t size;

	ok(log_fails(two, 2, NULL, &size) == ASSAY_L_ORDER && size == 1 &&
	           strstr(err.note, "got entry 2 where 1 should"),
	   "a gap: %s", err.note);
	if (!audit_write(line, sizeof(line), &e, text_of("other")))
		exit(2);
	other[1] = line;
	ok(log_fails(other, 2, NULL, &size) == ASSAY_L_CHAIN && size == 1,
	   "another one before: %s", err.note);
	/* all of it made anew, but for the head */
	if (!audit_write(line, sizeof(line), &e, text_of(lines[0])))
		exit(2);
	const char *anew[] = { lines[0], line, lines[4] };

	ok(log_fails(anew, 3, NULL, &size) == ASSAY_L_CUT, "a head of more: %s",
	   err.note);
	const char *whole[] = { lines[0], lines[1], lines[2], line, lines[4] };

	e.number = 3;
	if (!audit_write(line, sizeof(line), &e, text_of(lines[2])))
		exit(2);
	ok(log_fails(whole, 5, NULL, &size) == ASSAY_L_ROOT && size == 4,
	   "a head of others: %s", err.note);
}

/* ---- heads */

static void test_heads(void)
{
	static const char *const bad[] = {
		"{}",
		"{\"size\":1,\"root\":\"" ZEROS "\",\"last\":\"" ZEROS "\"}",
		"{\"size\":1,\"root\":\"" ZEROS "\",\"last\":\"" ZEROS
		"\",\"time\":1}",
		"{\"size\":1,\"size\":1,\"root\":\"" ZEROS
		"\",\"last\":\"" ZEROS "\",\"time\":\"2027-01-15T08:00:00Z\"}",
	};
	static const char claims[] = "{\"size\":1,\"root\":\"" ZEROS
				     "\",\"last\":\"" ZEROS
				     "\",\"time\":\"2027-01-15T08:00:00Z\"}";
	static const struct audit_head zero;
	struct audit_head head;
	char token[AUDIT_HEAD_MAX];
	unsigned taken = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!token_sign(token, sizeof(token), signer, AUDIT_HEAD_TYPE,
		                NULL, text_of(bad[i])))
			exit(2);
		taken += audit_head_open(&head, text_of(token), text_of(set),
		                         &err) ||
		         memcmp(&head, &zero, sizeof(head)) != 0;
	}
	ok(taken == 0, "heads that lack something");
	if (!token_sign(token, sizeof(token), signer, "JWT", NULL,
	                text_of(claims)))
		exit(2);
	ok(!audit_head_open(&head, text_of(token), text_of(set), &err) &&
	           err.check == ASSAY_L_HEAD,
	   "a token of another type is no head: %s", err.note);
	ok(!audit_head_open(&head, text_of(head_text), text_of("{\"keys\":[]}"),
	                    &err) &&
	           err.check == ASSAY_W_KID,
	   "nor one by another key");
	ok(audit_head_sign(token, 100, signer, &zero) == 0,
	   "and none is signed where there is no room");
}

/* ---- proofs */

static char proof_text[AUDIT_PROOF_MAX];

static enum assay_check proof_fails(const char *text)
{
	static uint8_t room[AUDIT_PROOF_MAX];
	static const struct audit_entry no_entry;
	static const struct audit_head no_head;
	struct assay_scratch scratch = { .ptr = room, .len = strlen(text) };
	struct audit_entry entry;
	struct audit_head head;

	err = (struct assay_err){ 0 };
	if (audit_proof_check(&entry, &head, text_of(text), text_of(set),
	                      &scratch, &err))
		return ASSAY_OK;
	return memcmp(&entry, &no_entry, sizeof(entry)) == 0 &&
	                       memcmp(&head, &no_head, sizeof(head)) == 0 &&
	                       scratch.used == 0
	               ? err.check
	               : ASSAY_OK;
}

static void make_proof(uint64_t number)
{
	uint64_t n = N;
	struct audit_proof proof = {
		.entry = text_of(lines[number < 4 ? number : number + 1]),
		.number = number,
		.size = N,
		.head = text_of(head_text),
	};

	if (!audit_path_make(&proof.path, number, N, leaf_of, &n) ||
	    !audit_proof_write(proof_text, sizeof(proof_text), &proof))
		exit(2);
}

/* Puts other text in the place of some. */
static const char *with(const char *old, const char *new)
{
	static char text[AUDIT_PROOF_MAX];
	const char *at = strstr(proof_text, old);

	if (!at)
		exit(2);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - proof_text),
	         proof_text, new, at + strlen(old));
	return text;
}

static void test_proofs(void)
{
	unsigned bad = 0, taken = 0, cut = 0;

	for (uint64_t i = 0; i < N; i++) {
		make_proof(i);
		bad += proof_fails(proof_text) != ASSAY_OK;
	}
	ok(bad == 0, "every entry can be proved");
	make_proof(6);
	for (size_t i = 0; proof_text[i]; i++) {
		char c = proof_text[i];

		proof_text[i] = (char)(c ^ 1);
		taken += proof_fails(proof_text) == ASSAY_OK;
		proof_text[i] = (char)(c ^ 0x80);
		taken += proof_fails(proof_text) == ASSAY_OK;
		proof_text[i] = 0;
		cut += proof_fails(proof_text) == ASSAY_OK;
		proof_text[i] = c;
	}
	ok(taken == 0, "no byte of a proof can be altered");
	ok(cut == 0, "and it cannot be cut");
	ok(proof_fails(with("\"number\":6", "\"number\":5")) == ASSAY_L_ORDER,
	   "another number than the entry's");
	ok(proof_fails(with("\"size\":9", "\"size\":8")) == ASSAY_L_PROOF &&
	           proof_fails(with("\"size\":9,", "")) == ASSAY_L_PROOF,
	   "another size than the head's, or none");
	ok(proof_fails(with("alice", "allice")) == ASSAY_L_PATH,
	   "another entry");
	ok(proof_fails(with("\"path\":[\"", "\"path\":[\"" ZEROS "\",\"")) ==
	           ASSAY_L_PATH,
	   "a path with one hash more");
}

static void test_proof_room(void)
{
	struct audit_proof proof = { .entry = text_of("x"),
		                     .head = text_of("y") };
	char text[1024];
	size_t n = audit_proof_write(text, sizeof(text), &proof), made = 0;

	for (size_t i = 0; i <= n; i++)
		made += audit_proof_write(text, i, &proof) > 0;
	ok(n > 0 && made == 0, "a proof is not written where it does not fit");
}

int main(void)
{
	uint8_t pem[TOKEN_PEM_MAX];
	char jwk[TOKEN_JWK_MAX - 16];
	size_t n;

	if (!token_signer_make(pem, &n, TOKEN_ES256))
		return 2;
	signer = token_signer_read((struct assay_bytes){ pem, n }, NULL);
	if (!token_jwk(jwk, sizeof(jwk), signer))
		return 2;
	snprintf(set, sizeof(set), "{\"keys\":[%s]}", jwk);
	for (size_t i = 0; i < MAX; i++)
		audit_leaf(leaves[i], (struct assay_bytes){ (uint8_t *)&i, 1 });
	test_published();
	test_roots();
	test_paths();
	test_no_path();
	test_write();
	test_read();
	make_log();
	test_log();
	test_altered();
	test_cut();
	test_checks();
	test_heads();
	test_proofs();
	test_proof_room();
	token_signer_free(signer);
	return done();
}
