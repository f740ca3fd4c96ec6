/*
 * auction.c - an enclave program: sealed bids; the highest wins, and pays what
 * the second offered.
 *
 *	auction DEADLINE HASH HASH...   (party.h says what the hashes are)
 *
 * DEADLINE is in seconds since 1970, as `date +%s` prints it.  Requests: "TOKEN
 * AMOUNT" bids, once; "TOKEN" asks how it stands.  Before the deadline that is
 * whether the own bid is there, and nothing of the others'; after it, who won
 * and the price.  Of equal bids the one that came first wins.
 *
 * AMOUNT has exactly 15 digits (printf %015d makes them of a number), and all
 * answers have one length: so no length tells the host how much was bid, who won
 * or what he pays.  What it sees is when a request came and from where, that a bid
 * is longer than a question, and that a bid was taken, for then state is stored.
 * So it knows who has bid, and when, if it knows who sends from where.
 *
 * The clock is the host's.  With it the host can end the auction early or late; it
 * cannot see a bid or change one.  When a result is told no bid is taken any more,
 * and that it has ended is stored.  But the host can start the program anew with
 * the state of before the end: then a bidder who is in league with it can have
 * heard a result and bid after that.  Who was answered from the later state, and
 * remembers it, notices; nobody else does.
 */
#include "party.h"

#include <inttypes.h>
#include <time.h>

struct auction {
	struct parties parties;
	int64_t deadline;
	struct {
		int64_t amount[PARTIES_MAX];
		uint32_t order[PARTIES_MAX]; /* 1: the first; 0: no bid */
		bool ended;
	} bids; /* what is stored */
};

static bool store(struct assay_enclave *e, const struct auction *a)
{
	return assay_enclave_store(
		e, (struct assay_bytes){ (const uint8_t *)&a->bids,
	                                 sizeof(a->bids) });
}

static uint32_t count(const struct auction *a)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < a->parties.n; i++)
		n += a->bids.order[i] > 0;
	return n;
}

static bool beats(const struct auction *a, unsigned i, unsigned k)
{
	const int64_t *amount = a->bids.amount;

	return amount[i] > amount[k] ||
	       (amount[i] == amount[k] && a->bids.order[i] < a->bids.order[k]);
}

/* The best bid but for `but`'s; the number of parties, if there is none. */
static unsigned best(const struct auction *a, unsigned but)
{
	unsigned at = a->parties.n;

	for (unsigned i = 0; i < a->parties.n; i++)
		if (i != but && a->bids.order[i] &&
		    (at == a->parties.n || beats(a, i, at)))
			at = i;
	return at;
}

static bool tell_result(struct assay_enclave *e, const struct auction *a,
                        unsigned who)
{
	const unsigned winner = best(a, a->parties.n), second = best(a, winner);
	char text[120];

	if (winner == a->parties.n)
		return say_line(e, "over: nobody bid");
	snprintf(text, sizeof(text), "over: bidder %u won%s, and pays %" PRId64,
	         winner + 1, winner == who ? " (that is you)" : "",
	         second == a->parties.n ? 0 : a->bids.amount[second]);
	return say_line(e, text);
}

/* Who is told the result is told the last one: it has ended once that is
 * stored. */
static bool end(struct assay_enclave *e, struct auction *a)
{
	if (a->bids.ended || time(NULL) < a->deadline)
		return true;
	a->bids.ended = true;
	if (store(e, a))
		return true;
	a->bids.ended = false;
	return false;
}

static bool bid(struct assay_enclave *e, struct auction *a, unsigned who,
                int64_t amount)
{
	if (a->bids.ended)
		return refuse_line(e, "the auction is over");
	if (a->bids.order[who])
		return refuse_line(e, "you have bid before");
	a->bids.amount[who] = amount;
	a->bids.order[who] = count(a) + 1;
	if (!store(e, a)) {
		a->bids.order[who] = 0;
		return false;
	}
	return say_line(e, "your bid is there");
}

static bool answer(struct assay_enclave *e, struct assay_bytes request,
                   void *own)
{
	struct auction *a = own;
	struct assay_bytes line = cut(&request, '\n');
	const unsigned who = parties_find(&a->parties, cut(&line, ' '));
	int64_t amount;

	if (who == a->parties.n)
		return refuse_line(e, "no bidder has this token");
	if (!end(e, a))
		return false;
	if (line.len == 0)
		return a->bids.ended
		               ? tell_result(e, a, who)
		               : say_line(e, a->bids.order[who]
		                                     ? "your bid is there"
		                                     : "you have not bid");
	if (!number_read(&amount, line))
		return refuse_line(
			e, "want TOKEN AMOUNT, the amount in 15 digits");
	return bid(e, a, who, amount);
}

static bool restore(struct assay_enclave *e, struct assay_bytes state,
                    void *own)
{
	struct auction *a = own;

	if (state.len != sizeof(a->bids))
		return assay_enclave_refuse(e, "another form of state");
	memcpy(&a->bids, state.ptr, state.len);
	return true;
}

int main(int argc, char **argv)
{
	static struct auction a;
	static const struct assay_enclave_app app = {
		.answer = answer,
		.restore = restore,
		.seal_to = ASSAY_SEAL_MEASUREMENT,
		.own = &a,
	};

	if (argc < 2 ||
	    !digits_read(&a.deadline,
	                 (struct assay_bytes){ (const uint8_t *)argv[1],
	                                       strlen(argv[1]) }) ||
	    !parties_read(&a.parties, 2, argc - 2, argv + 2)) {
		fprintf(stderr,
		        "auction: want a deadline and 2 to %d hashes of "
		        "tokens\n",
		        PARTIES_MAX);
		return 1;
	}
	return assay_enclave_run(&app);
}
