/* rules.c - the rules of a run: a policy file, options, constraint lines. */
#include "cli/judge.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 41 }; /* bytes of a name that are compared, and a NUL */

/* Line and column, from 1, of a byte of the file. */
static void place(struct assay_bytes in, size_t at, size_t *line,
                  size_t *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < at && i < in.len; i++) {
		bool end = in.ptr[i] == '\n';

		*line += end;
		*column = end ? 1 : *column + 1;
	}
}

/* The key that the name at this byte nearly is; NULL: it is like none. */
static const char *near_key(struct assay_bytes in, size_t at)
{
	const struct assay_policy_key *key;
	struct cli_near near;
	char name[KEY_MAX];
	size_t n = 0;

	for (; n < KEY_MAX - 1 && at + n < in.len && in.ptr[at + n] != '"'; n++)
		name[n] = (char)in.ptr[at + n];
	name[n] = 0;
	near = cli_near(name);
	for (size_t i = 0; n && (key = assay_policy_key_at(i)); i++)
		cli_consider(&near, key->key);
	return near.name;
}

/* An unknown key's error names all that are known by their document: in its
 * place, the one that may be meant. */
static void hint_key(struct assay_err *err, struct assay_bytes in)
{
	static const char all[] = ", want one of docs/policy.md";
	const char *key = near_key(in, err->at);
	char *tail = strstr(err->note, all);

	if (key && tail)
		snprintf(tail, sizeof(err->note) - (size_t)(tail - err->note),
		         ", perhaps for \"%s\"", key);
}

static void warn_place(const char *path, struct assay_bytes in,
                       struct assay_err *err)
{
	struct cli_text name = { 0 };
	size_t line, column;

	hint_key(err, in);
	place(in, err->at, &line, &column);
	cli_put(&name, "%s:%zu:%zu", path, line, column);
	cli_warn_err(name.ptr, err);
	cli_text_free(&name);
}

int cli_policy(struct assay_policy *policy, const char *path)
{
	struct assay_bytes in;
	struct assay_err err;
	int status = CLI_YES;
	uint8_t *file;
	size_t len;

	if (!cli_read(&file, &len, path)) {
		cli_warn("%s: %s", path, strerror(errno));
		return CLI_TROUBLE;
	}
	in = (struct assay_bytes){ file, len };
	if (!assay_policy_parse(policy, in, &err)) {
		warn_place(path, in, &err);
		status = CLI_NO;
	}
	free(file);
	return status;
}

/* Rules are conjunctive: an option cannot take back what the policy file says. */
bool cli_contradicts(const struct cli_verb *verb, const char *option)
{
	cli_usage(verb, "%s: the policy file says the opposite", option);
	return false;
}

bool cli_rules_policy(struct cli_rules *r, const struct cli_verb *verb,
                      const char *file, bool any_code, bool allow_debug)
{
	r->policy = cli_alloc(1, assay_policy_size());
	if (!file)
		assay_policy_default(r->policy);
	else if (cli_policy(r->policy, file) != CLI_YES)
		return false;
	if (any_code && !assay_policy_any_code(r->policy))
		return cli_contradicts(verb, "--any-code");
	if (allow_debug && !assay_policy_allow_debug(r->policy))
		return cli_contradicts(verb, "--allow-debug");
	assay_policy_terms(r->policy, &r->terms);
	return true;
}

bool cli_rules_list(struct cli_rules *r, const struct cli_verb *verb,
                    const char *file)
{
	struct assay_list *list;
	struct assay_err err;
	uint8_t *in, *scratch;
	size_t len;

	if (!file)
		return true;
	if (!assay_policy_list(r->policy)) {
		cli_usage(verb, "--list: the policy has no rule measurements");
		return false;
	}
	if (!cli_read_max(&in, &len, file, ASSAY_LIST_MAX)) {
		cli_warn("%s: %s", file, strerror(errno));
		return false;
	}
	list = cli_alloc(1, assay_list_size());
	scratch = cli_alloc(len, 1);
	/* if it is not good, the rule refuses, and says why */
	if (!assay_list_open(list, r->policy, (struct assay_bytes){ in, len },
	                     r->terms.now, 0, scratch, &err))
		assert(err.check);
	r->wants.list = list;
	free(scratch);
	free(in);
	return true;
}

bool cli_rules_accept(struct cli_rules *r, const struct cli_list *lines)
{
	struct assay_err err;

	r->accept = cli_alloc(lines->n, sizeof(void *));
	for (size_t i = 0; i < lines->n; i++) {
		const char *line = lines->item[i];
		struct assay_constraint *c = cli_alloc(1,
		                                       assay_constraint_size());

		if (!assay_constraint_parse(
			    c,
			    (struct assay_bytes){ (const uint8_t *)line,
		                                  strlen(line) },
			    &err)) {
			cli_warn_err("--accept", &err);
			return false;
		}
		r->accept[r->n_accept++] = c;
	}
	return true;
}
