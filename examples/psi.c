/*
 * psi.c - an enclave program: what two lists have in common; the program tells
 * neither owner anything else of the other's.
 *
 *	psi HASH HASH           (party.h says what they are)
 *
 * Requests: "TOKEN\nENTRY\nENTRY..." hands in a list, once; "TOKEN" asks how it
 * stands.  Once both are there, the answer is "common: N", and the N entries that
 * stand in both, in bytewise order.  Entries are compared byte for byte; an empty
 * line is none, so "TOKEN\n\n" is a list without any.
 *
 * That can be much all the same.  A list may be guesses: where there are no more
 * entries to think of than it takes (birthdays, short numbers), its owner learns
 * the whole other list.  And nothing is padded: the host sees how long each list
 * is, and how long what they have in common, and may tell the other owner.
 *
 * Each list can be handed in once: who could hand in again could ask for any
 * entry whether the other has it.  But the host can start the program anew with
 * the state of before, and let a party that is in league with it do just that.
 * Who was answered from the later state, and remembers it, notices; nobody else
 * does.
 */
#include "party.h"

#include <stdlib.h>

enum {
	LIST_MAX = 500 << 10, /* bytes: two lists can be stored as one state */
	ENTRIES_MAX = 1 << 16,
};

struct list {
	uint32_t len; /* of the text; the list is there if `there` */
	uint32_t there;
	uint8_t text[LIST_MAX];
};

static struct psi {
	struct parties parties;
	struct list list[2]; /* what is stored */
} psi;

struct entries {
	struct assay_bytes of[ENTRIES_MAX];
	size_t n;
};

static int compare(const void *a, const void *b)
{
	const struct assay_bytes *x = a, *y = b;
	const size_t n = x->len < y->len ? x->len : y->len;
	const int by_bytes = memcmp(x->ptr, y->ptr, n);

	return by_bytes ? by_bytes : (x->len > y->len) - (x->len < y->len);
}

/* The lines that are not empty, sorted; there are at most ENTRIES_MAX. */
static void split(struct entries *out, const struct list *list)
{
	struct assay_bytes text = { list->text, list->len };

	out->n = 0;
	while (text.len > 0) {
		const struct assay_bytes line = cut(&text, '\n');

		if (line.len > 0)
			out->of[out->n++] = line;
	}
	qsort(out->of, out->n, sizeof(out->of[0]), compare);
}

static size_t count_lines(struct assay_bytes text)
{
	size_t n = 0;

	while (text.len > 0)
		n += cut(&text, '\n').len > 0;
	return n;
}

/* Each once, however often it stands in a list. */
static void intersect(struct entries *out, const struct entries *x,
                      const struct entries *y)
{
	out->n = 0;
	for (size_t i = 0, k = 0; i < x->n && k < y->n;) {
		const int order = compare(&x->of[i], &y->of[k]);

		if (order == 0 &&
		    (out->n == 0 || compare(&out->of[out->n - 1], &x->of[i])))
			out->of[out->n++] = x->of[i];
		i += order <= 0;
		k += order >= 0;
	}
}

static bool tell_common(struct assay_enclave *e)
{
	static struct entries x, y, both;
	char text[40];

	split(&x, &psi.list[0]);
	split(&y, &psi.list[1]);
	intersect(&both, &x, &y);
	snprintf(text, sizeof(text), "common: %zu\n", both.n);
	if (!say(e, text))
		return false;
	for (size_t i = 0; i < both.n; i++)
		if (!assay_enclave_put(e, both.of[i]) || !say(e, "\n"))
			return false;
	return true;
}

static bool tell(struct assay_enclave *e, unsigned who)
{
	if (psi.list[0].there && psi.list[1].there)
		return tell_common(e);
	return say(e, psi.list[who].there ? "waiting for the other list\n"
	                                  : "waiting for your list\n");
}

static bool store(struct assay_enclave *e)
{
	return assay_enclave_store(
		e, (struct assay_bytes){ (const uint8_t *)psi.list,
	                                 sizeof(psi.list) });
}

static bool take(struct assay_enclave *e, unsigned who, struct assay_bytes text)
{
	struct list *list = &psi.list[who];

	if (list->there)
		return assay_enclave_refuse(
			e, "you have handed in your list before");
	if (text.len > LIST_MAX || count_lines(text) > ENTRIES_MAX)
		return assay_enclave_refuse(
			e, "want at most 500 KiB and 65536 entries");
	memcpy(list->text, text.ptr, text.len);
	list->len = (uint32_t)text.len;
	list->there = 1;
	if (store(e))
		return true;
	list->there = 0;
	return false;
}

static bool answer(struct assay_enclave *e, struct assay_bytes request,
                   void *own)
{
	const unsigned who = parties_find(&psi.parties, cut(&request, '\n'));

	(void)own;
	if (who == psi.parties.n)
		return assay_enclave_refuse(e, "no party has this token");
	if (request.len > 0 && !take(e, who, request))
		return false;
	return tell(e, who);
}

static bool restore(struct assay_enclave *e, struct assay_bytes state,
                    void *own)
{
	(void)own;
	if (state.len != sizeof(psi.list))
		return assay_enclave_refuse(e, "another form of state");
	memcpy(psi.list, state.ptr, state.len);
	return true;
}

int main(int argc, char **argv)
{
	static const struct assay_enclave_app app = {
		.answer = answer,
		.restore = restore,
		.seal_to = ASSAY_SEAL_MEASUREMENT,
	};

	if (!parties_read(&psi.parties, 2, argc - 1, argv + 1) ||
	    psi.parties.n != 2) {
		fputs("psi: want two hashes of tokens\n", stderr);
		return 1;
	}
	return assay_enclave_run(&app);
}
