/*
 * average.c - an enclave program: the average of what several parties have, and
 * nobody learns more.
 *
 *	average HASH HASH HASH...       (three or more; party.h says what they are)
 *
 * Requests: "TOKEN NUMBER" hands in a number, "TOKEN" asks how it stands.
 *
 * The average is told when all have handed in, and each can once: from an average
 * before and one after somebody handed in again, the others would know by how much
 * he changed his mind.  Two parties are too few: either would know the other's
 * number.  As would all but one who put together what they know: that is in the
 * nature of an average.
 *
 * NUMBER has exactly 15 digits (printf %015d makes them of a number), and all
 * answers have one length: so no length tells the host what anybody has.  What it
 * sees is when a request came and from where, that a number is longer than a
 * question, and that one was taken, for then state is stored.
 *
 * The host can start the program anew with the state of before a number was handed
 * in, or with none.  Who then hands in another than the first time tells the others
 * by how much; and a party that is in league with the host can have heard the
 * average, and hand in what makes of it another.  Who was answered from the later
 * state, and remembers it, notices; nobody else does.
 */
#include "party.h"

struct average {
	struct parties parties;
	struct {
		int64_t number;
		bool there;
	} given[PARTIES_MAX]; /* what is stored */
};

static unsigned count(const struct average *a)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->parties.n; i++)
		n += a->given[i].there;
	return n;
}

/* Rounded to hundredths. */
static bool tell(struct assay_enclave *e, const struct average *a)
{
	const int64_t n = a->parties.n;
	int64_t sum = 0, hundredths;
	char text[80];

	if (n == 0 || count(a) < a->parties.n) {
		snprintf(text, sizeof(text), "waiting: %u of %u are there",
		         count(a), a->parties.n);
		return say_line(e, text);
	}
	for (unsigned i = 0; i < a->parties.n; i++)
		sum += a->given[i].number;
	hundredths = (200 * sum + n) / (2 * n);
	snprintf(text, sizeof(text), "average of %u: %lld.%02lld", a->parties.n,
	         (long long)(hundredths / 100), (long long)(hundredths % 100));
	return say_line(e, text);
}

static bool store(struct assay_enclave *e, const struct average *a)
{
	return assay_enclave_store(
		e, (struct assay_bytes){ (const uint8_t *)a->given,
	                                 sizeof(a->given) });
}

/* It counts once it is stored. */
static bool take(struct assay_enclave *e, struct average *a, unsigned who,
                 int64_t number)
{
	if (a->given[who].there)
		return refuse_line(e, "you have handed in your number before");
	a->given[who].number = number;
	a->given[who].there = true;
	if (store(e, a))
		return true;
	a->given[who].there = false;
	return false;
}

static bool answer(struct assay_enclave *e, struct assay_bytes request,
                   void *own)
{
	struct average *a = own;
	struct assay_bytes line = cut(&request, '\n');
	unsigned who = parties_find(&a->parties, cut(&line, ' '));
	int64_t number;

	if (who == a->parties.n)
		return refuse_line(e, "no party has this token");
	if (line.len == 0)
		return tell(e, a);
	if (!number_read(&number, line))
		return refuse_line(
			e, "want TOKEN NUMBER, the number in 15 digits");
	return take(e, a, who, number) && tell(e, a);
}

static bool restore(struct assay_enclave *e, struct assay_bytes state,
                    void *own)
{
	struct average *a = own;

	if (state.len != sizeof(a->given))
		return assay_enclave_refuse(e, "another form of state");
	memcpy(a->given, state.ptr, state.len);
	return true;
}

int main(int argc, char **argv)
{
	static struct average a;
	static const struct assay_enclave_app app = {
		.answer = answer,
		.restore = restore,
		.seal_to = ASSAY_SEAL_MEASUREMENT,
		.own = &a,
	};

	if (!parties_read(&a.parties, 3, argc - 1, argv + 1)) {
		fprintf(stderr, "average: want 3 to %d hashes of tokens\n",
		        PARTIES_MAX);
		return 1;
	}
	return assay_enclave_run(&app);
}
