/* t_store.c - what a verification service keeps: the same tests on SQLite and on
 * PostgreSQL, whose server is one of this test's own. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "h_relay.h"
#include "h_store.h"
#include "store/store.h"
#include "tap.h"

static char why[STORE_WHY_LEN];
static const struct h_store *place;

#define ok_(holds, says) ok(holds, "%s: %s", place->name, says)

static struct store *open_it(void)
{
	struct store *s = store_open(h_store_where(), why);

	if (!s) {
		note("%s", why);
		h_store_end();
		exit(2);
	}
	return s;
}

static struct assay_bytes bytes(const char *text)
{
	return buf_text(text);
}

static bool same(const struct buf *b, const char *text)
{
	return b->len == strlen(text) && memcmp(b->ptr, text, b->len) == 0;
}

/* Within ten seconds. */
static bool becomes(bool (*holds)(void *arg), void *arg)
{
	for (int i = 0; i < 1000; i++) {
		if (holds(arg))
			return true;
		usleep(10000);
	}
	return false;
}

/* ---- rows with a key */

static bool list_names(void *arg, const char *name, struct assay_bytes body)
{
	buf_printf(arg, "%s=%.*s;", name, (int)body.len,
	           (const char *)body.ptr);
	return true;
}

static bool count_to_3(void *arg, const char *name, struct assay_bytes body)
{
	unsigned *n = arg;

	(void)name;
	(void)body;
	return ++*n < 3;
}

static void test_rows(void)
{
	struct store *s = open_it();
	struct buf b = { 0 };
	unsigned n = 0;

	ok_(store_alive(s), "a store answers");
	ok_(store_get(s, &b, "doc", "x") == STORE_NONE, "nothing is there");
	ok_(store_put(s, "doc", "x", bytes("one")) &&
	            store_get(s, &b, "doc", "x") == STORE_FOUND &&
	            same(&b, "one"),
	    "what was put is there");
	ok_(store_put(s, "doc", "x", bytes("")) &&
	            store_get(s, &b, "doc", "x") == STORE_FOUND && same(&b, ""),
	    "it is replaced, by nothing at all too");
	ok_(store_get(s, &b, "other", "x") == STORE_NONE,
	    "kinds are apart from each other");
	buf_put_bytes(&b, bytes("first"));
	ok_(store_put_new(s, "doc", "\xff", &b) == STORE_NONE &&
	            same(&b, "first"),
	    "what is new is put");
	buf_clear(&b);
	buf_put_bytes(&b, bytes("second"));
	ok_(store_put_new(s, "doc", "\xff", &b) == STORE_FOUND &&
	            same(&b, "first"),
	    "what is there stays, and is told");
	if (!store_put(s, "doc", "B", bytes("2")) ||
	    !store_put(s, "doc", "a", bytes("3")) ||
	    !store_put(s, "doc", "\xc3\xa4", bytes("4")))
		note("%s", store_why(s));
	buf_clear(&b);
	ok_(store_each(s, "doc", list_names, &b) &&
	            same(&b, "B=2;a=3;x=;\xc3\xa4=4;\xff=first;"),
	    "they are walked in the order of their bytes");
	ok_(!store_each(s, "doc", count_to_3, &n) && n == 3,
	    "a walk can be stopped");
	ok_(store_drop(s, "doc", "x") && store_drop(s, "doc", "x") &&
	            store_get(s, &b, "doc", "x") == STORE_NONE,
	    "what is dropped is gone, and may be dropped again");
	buf_free(&b);
	store_close(s);
}

static void test_many_rows(void)
{
	struct store *s = open_it();
	struct buf b = { 0 }, want = { 0 };
	char name[16];
	bool good = true;

	for (unsigned i = 0; i < 300 && good; i++) {
		snprintf(name, sizeof(name), "n%03u", i);
		good = store_put(s, "many", name, bytes("b"));
		buf_printf(&want, "%s=b;", name);
	}
	ok_(good && store_each(s, "many", list_names, &b) && !b.bad &&
	            b.len == want.len && memcmp(b.ptr, want.ptr, b.len) == 0,
	    "300 rows are walked whole");
	buf_free(&b);
	buf_free(&want);
	store_close(s);
}

static void test_refused(void)
{
	static const char *const kinds[] = {
		"", "a b", "A", "a'; --", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	};
	struct store *s = open_it();
	struct buf b = { 0 };
	char name[STORE_NAME_MAX + 2];
	bool good = true;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		good = good && !store_put(s, kinds[i], "x", bytes("")) &&
		       strstr(store_why(s), "is no kind");
	ok_(good, "kinds of another form are refused");
	memset(name, 'n', sizeof(name));
	name[STORE_NAME_MAX + 1] = 0;
	ok_(!store_put(s, "doc", name, bytes("")) &&
	            !store_put(s, "doc", "", bytes("")) &&
	            !store_put(s, "doc", "a\nb", bytes("")) &&
	            strstr(store_why(s), "control character at byte 1"),
	    "names of another form are refused");
	name[STORE_NAME_MAX] = 0;
	buf_put_zeros(&b, STORE_BODY_MAX);
	ok_(store_put(s, "doc", name, buf_bytes(&b)) &&
	            store_get(s, &b, "doc", name) == STORE_FOUND &&
	            b.len == STORE_BODY_MAX,
	    "the longest name and the largest body are kept");
	buf_put_zeros(&b, 1);
	ok_(!store_put(s, "doc", name, buf_bytes(&b)) &&
	            store_put_new(s, "doc", "x", &b) == STORE_FAILED &&
	            b.len == 0,
	    "a larger one is refused");
	buf_free(&b);
	store_close(s);
}

/* ---- versions */

static bool list_newest(void *arg, const char *name,
                        const struct store_version *v, struct assay_bytes body)
{
	buf_printf(arg, "%s.%u(%s,%d)=%.*s;", name, v->number, v->by,
	           (int)v->made, (int)body.len, (const char *)body.ptr);
	return true;
}

static void test_versions(void)
{
	struct store *s = open_it();
	struct store_version v;
	struct buf b = { 0 };
	unsigned n1, n2, n3;

	ok_(store_get_version(s, &v, &b, "policy", "p", 0) == STORE_NONE,
	    "no version is there");
	ok_(store_add_version(s, &n1, "policy", "p", bytes("A"), "eve", 100) &&
	            store_add_version(s, &n2, "policy", "p", bytes("B"), "bob",
	                              200) &&
	            store_add_version(s, &n3, "policy", "q", bytes("C"), "eve",
	                              300) &&
	            n1 == 1 && n2 == 2 && n3 == 1,
	    "versions are counted for each name");
	ok_(store_get_version(s, &v, &b, "policy", "p", 0) == STORE_FOUND &&
	            same(&b, "B") && v.number == 2 && v.made == 200 &&
	            strcmp(v.by, "bob") == 0,
	    "the newest is told");
	ok_(store_get_version(s, &v, &b, "policy", "p", 1) == STORE_FOUND &&
	            same(&b, "A") && v.number == 1,
	    "and an older one");
	ok_(store_get_version(s, &v, &b, "policy", "p", 3) == STORE_NONE &&
	            b.len == 0 && v.number == 0,
	    "and none that is not");
	buf_clear(&b);
	ok_(store_each_newest(s, "policy", list_newest, &b) &&
	            same(&b, "p.2(bob,200)=B;q.1(eve,300)=C;"),
	    "the newest of each are walked");
	buf_free(&b);
	store_close(s);
}

/* ---- platforms */

static struct store_platform platform(uint32_t id, int64_t seen)
{
	struct store_platform p = { .first_seen = seen,
		                    .last_seen = seen,
		                    .n_seen = 1,
		                    .accepted = true,
		                    .tee = 1,
		                    .status = "UpToDate" };

	p.id[0] = (uint8_t)(id >> 16);
	p.id[1] = (uint8_t)(id >> 8);
	p.id[2] = (uint8_t)id;
	memset(p.fmspc, 0xfa, sizeof(p.fmspc));
	return p;
}

struct seen {
	unsigned n;
	bool in_order;
	struct store_platform last;
	char evidence[32];
};

static bool see(void *arg, const struct store_platform *p,
                struct assay_bytes evidence)
{
	struct seen *seen = arg;

	if (seen->n && memcmp(seen->last.id, p->id, sizeof(p->id)) >= 0)
		seen->in_order = false;
	seen->n++;
	seen->last = *p;
	snprintf(seen->evidence, sizeof(seen->evidence), "%.*s",
	         (int)evidence.len, (const char *)evidence.ptr);
	return true;
}

static bool saw(struct store *s, const struct store_platform *p,
                const char *evidence)
{
	struct assay_bytes e = bytes(evidence);

	return store_saw(s, p, &e, 1);
}

static void test_platforms(void)
{
	struct store *s = open_it();
	struct store_platform p = platform(7, 1000), later = p, batch[3];
	struct assay_bytes none[3] = { { 0 } };
	struct seen seen = { .in_order = true };
	uint64_t n;

	later.last_seen = 1060;
	later.n_seen = 5;
	later.accepted = false;
	strcpy(later.status, "OutOfDate");
	ok_(saw(s, &p, "old") && saw(s, &later, "new") && saw(s, &p, "") &&
	            store_each_platform(s, NULL, 10, see, &seen) &&
	            seen.n == 1 && seen.last.first_seen == 1000 &&
	            seen.last.last_seen == 1060 && seen.last.n_seen == 7,
	    "what was seen of a platform is added up");
	ok_(strcmp(seen.last.status, "OutOfDate") == 0 && !seen.last.accepted &&
	            strcmp(seen.evidence, "new") == 0,
	    "what was said last stays, whoever comes late");
	later.last_seen = 5000;
	memset(&seen, 0, sizeof(seen));
	ok_(saw(s, &later, "ahead") && saw(s, &p, "now") &&
	            store_each_platform(s, NULL, 10, see, &seen) &&
	            seen.last.last_seen == 1000 && seen.last.n_seen == 13 &&
	            strcmp(seen.evidence, "now") == 0,
	    "but for what a clock said that was far ahead");
	batch[0] = platform(9, 3000);
	batch[1] = platform(3, 3000);
	batch[2] = platform(9, 4000);
	ok_(store_saw(s, batch, none, 3) && store_count_platforms(s, &n) &&
	            n == 3,
	    "several are added at once, one of them twice");
	memset(&seen, 0, sizeof(seen));
	seen.in_order = true;
	ok_(store_each_platform(s, p.id, 10, see, &seen) && seen.n == 1 &&
	            seen.last.n_seen == 2 && seen.last.last_seen == 4000,
	    "a walk begins behind an id");
	memset(&seen, 0, sizeof(seen));
	ok_(store_each_platform(s, NULL, 2, see, &seen) && seen.n == 2 &&
	            seen.last.id[2] == 7,
	    "and ends after as many as are asked for");
	p.n_seen = UINT64_MAX;
	ok_(!saw(s, &p, ""), "numbers that cannot be are refused");
	store_close(s);
}

enum { N_BATCH = 200, N_ROUNDS = 10 };

struct seer {
	struct store *s;
	bool backwards, good;
};

static void *seeing(void *arg)
{
	struct assay_bytes none[N_BATCH] = { { 0 } };
	struct store_platform p[N_BATCH];
	struct seer *seer = arg;

	for (unsigned i = 0; i < N_BATCH; i++)
		p[i] = platform(seer->backwards ? N_BATCH - i : i + 1, 1000);
	seer->good = true;
	for (unsigned i = 0; i < N_ROUNDS && seer->good; i++)
		seer->good = store_saw(seer->s, p, none, N_BATCH);
	return NULL;
}

static bool add_seen(void *arg, const struct store_platform *p,
                     struct assay_bytes evidence)
{
	(void)evidence;
	*(uint64_t *)arg += p->n_seen;
	return true;
}

/* Two who wrote the same rows in their own order would block each other. */
static void test_seen_at_once(void)
{
	struct seer seers[2] = { { .s = open_it() },
		                 { .s = open_it(), .backwards = true } };
	pthread_t threads[2];
	uint64_t n = 0;

	for (unsigned i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, seeing, &seers[i]);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	ok_(seers[0].good && seers[1].good &&
	            store_each_platform(seers[0].s, NULL, SIZE_MAX, add_seen,
	                                &n) &&
	            n == 2 * N_ROUNDS * N_BATCH,
	    "two nodes see the same platforms, and none is lost");
	store_close(seers[0].s);
	store_close(seers[1].s);
}

/* The 150th of 200 meets a row that cannot be added to. */
static void test_seen_whole(void)
{
	struct seer seer = { .s = open_it() };
	struct store_platform p = platform(150, 1000);
	uint64_t n;

	if (!saw(seer.s, &p, ""))
		note("%s", store_why(seer.s));
	h_store_sql("UPDATE assay_platform SET n_seen = 9223372036854775807");
	seeing(&seer);
	ok_(!seer.good && store_count_platforms(seer.s, &n) && n == 1,
	    "platforms are added whole or not at all");
	ok_(store_put(seer.s, "doc", "x", bytes("1")), "and the store goes on");
	store_close(seer.s);
}

static long resident(void)
{
	long size, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%ld %ld", &size, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static bool add_platforms(struct store *s, unsigned n)
{
	static struct store_platform p[1000];
	static struct assay_bytes evidence[1000];
	bool good = true;

	for (unsigned i = 0; i < n && good; i += 1000) {
		for (unsigned k = 0; k < 1000; k++) {
			p[k] = platform(i + k, 1000);
			evidence[k] = bytes("evidence");
		}
		good = store_saw(s, p, evidence, 1000);
	}
	return good;
}

static void test_many_platforms(void)
{
	const unsigned many = 100000;
	struct seen seen = { .in_order = true };
	struct store *s = open_it();
	long before;
	uint64_t n = 0;

	ok_(add_platforms(s, many) && store_count_platforms(s, &n) && n == many,
	    "100,000 platforms are written");
	before = resident();
	ok_(store_each_platform(s, NULL, SIZE_MAX, see, &seen) &&
	            seen.n == many && seen.in_order,
	    "and walked in order");
#ifdef __SANITIZE_ADDRESS__
	skip("this sanitizer keeps what was freed", "%s: in a few megabytes",
	     place->name);
	(void)before;
#else
	ok_(resident() - before < 8 << 20, "in a few megabytes");
#endif
	store_close(s);
}

/* ---- nonces */

static void test_nonces(void)
{
	static const uint8_t a[32] = { 1 }, b[32] = { 2 };
	struct store *s = open_it();

	ok_(store_take(s, a, 200, 100) == STORE_NONE, "a nonce is taken");
	ok_(store_take(s, a, 300, 150) == STORE_FOUND &&
	            store_take(s, a, 300, 200) == STORE_FOUND,
	    "once");
	ok_(store_take(s, b, 200, 100) == STORE_NONE, "and another");
	ok_(store_take(s, a, 300, 201) == STORE_NONE &&
	            store_take(s, a, 300, 201) == STORE_FOUND,
	    "when its time is over it is forgotten");
	store_close(s);
}

enum { N_THREADS = 8, N_NONCES = 40 };

struct taker {
	struct store *s;
	atomic_uint won[N_NONCES];
	atomic_uint failed;
};

static void take_all(struct taker *t)
{
	for (unsigned i = 0; i < N_NONCES; i++) {
		const uint8_t id[32] = { 9, (uint8_t)i };
		enum store_found found = store_take(t->s, id, 200, 100);

		if (found == STORE_NONE)
			t->won[i]++;
		else if (found != STORE_FOUND)
			t->failed++;
	}
}

static void *taking(void *arg)
{
	take_all(arg);
	return NULL;
}

static bool once_each(const struct taker *t)
{
	for (unsigned i = 0; i < N_NONCES; i++)
		if (t->won[i] != 1)
			return false;
	return t->failed == 0;
}

static void test_threads_take(void)
{
	struct taker t = { .s = open_it() };
	pthread_t threads[N_THREADS];

	for (unsigned i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, taking, &t);
	for (unsigned i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	ok_(once_each(&t), "of eight threads one takes a nonce");
	store_close(t.s);
}

/* A child process with a store of its own, that says what it won in a pipe. */
static pid_t fork_taker(int out)
{
	struct taker t = { 0 };
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	t.s = store_open(h_store_where(), why);
	if (t.s)
		take_all(&t);
	if (!t.s || write(out, &t, sizeof(t)) != sizeof(t))
		_exit(1);
	_exit(0);
}

static void test_processes_take(void)
{
	struct taker sum = { 0 }, one;
	int pipes[2], n = 0;

	store_close(open_it());
	if (pipe(pipes) != 0)
		return;
	for (unsigned i = 0; i < 4; i++)
		fork_taker(pipes[1]);
	close(pipes[1]);
	for (; read(pipes[0], &one, sizeof(one)) == sizeof(one); n++) {
		for (unsigned i = 0; i < N_NONCES; i++)
			sum.won[i] += one.won[i];
		sum.failed += one.failed;
	}
	close(pipes[0]);
	for (unsigned i = 0; i < 4; i++)
		wait(NULL);
	ok_(n == 4 && once_each(&sum), "of four processes one takes a nonce");
}

/* ---- the log */

/* An entry says its number and, like a hash, something of all before it. */
static bool make_entry(void *arg, struct buf *entry, uint64_t number,
                       struct assay_bytes before)
{
	uint32_t sum = 1;

	(void)arg;
	for (size_t i = 0; i < before.len; i++)
		sum = sum * 31 + before.ptr[i];
	buf_printf(entry, "%ju/%u", (uintmax_t)number, sum);
	return true;
}

struct chain {
	uint64_t next;
	struct buf before;
	bool good;
};

static bool check_entry(void *arg, uint64_t number, struct assay_bytes entry)
{
	struct chain *c = arg;
	struct buf want = { 0 };

	make_entry(NULL, &want, number, buf_bytes(&c->before));
	c->good = c->good && number == c->next && want.len == entry.len &&
	          memcmp(want.ptr, entry.ptr, entry.len) == 0;
	c->next = number + 1;
	buf_free(&c->before);
	c->before = want;
	return true;
}

/* Whether the log is a chain without gaps; its length. */
static bool is_chain(struct store *s, uint64_t *n)
{
	struct chain c = { .good = true };
	uint64_t count = 0;
	bool good = store_each_entry(s, 0, UINT64_MAX, check_entry, &c) &&
	            store_count_entries(s, &count) && c.good && c.next == count;

	*n = c.next;
	buf_free(&c.before);
	return good;
}

static bool refuse(void *arg, struct buf *entry, uint64_t number,
                   struct assay_bytes before)
{
	(void)arg;
	(void)number;
	buf_put_bytes(entry, before);
	return false;
}

static bool too_large(void *arg, struct buf *entry, uint64_t number,
                      struct assay_bytes before)
{
	(void)arg;
	(void)number;
	(void)before;
	buf_put_zeros(entry, STORE_BODY_MAX + 1);
	return true;
}

static bool count_entry(void *arg, uint64_t number, struct assay_bytes entry)
{
	(void)number;
	(void)entry;
	++*(unsigned *)arg;
	return true;
}

static void test_log(void)
{
	struct store *s = open_it();
	uint64_t number = 9, n = 9;
	unsigned seen = 0;
	bool good = true;

	ok_(store_count_entries(s, &n) && n == 0, "a log begins empty");
	for (uint64_t i = 0; i < 300 && good; i++)
		good = store_append(s, &number, make_entry, NULL) &&
		       number == i;
	ok_(good && is_chain(s, &n) && n == 300,
	    "entries are made from the ones before");
	ok_(!store_append(s, &number, refuse, NULL) && number == 0 &&
	            !store_append(s, &number, too_large, NULL) &&
	            is_chain(s, &n) && n == 300,
	    "one that cannot be made leaves nothing");
	ok_(store_append(s, &number, make_entry, NULL) && number == 300,
	    "and the next has its number");
	ok_(store_each_entry(s, 290, 5, count_entry, &seen) && seen == 5 &&
	            store_each_entry(s, 299, 50, count_entry, &seen) &&
	            seen == 7 &&
	            store_each_entry(s, 301, 50, count_entry, &seen) &&
	            store_each_entry(s, UINT64_MAX, 50, count_entry, &seen) &&
	            store_each_entry(s, 0, 0, count_entry, &seen) && seen == 7,
	    "parts of it are read");
	store_close(s);
}

static void *appending(void *arg)
{
	struct taker *t = arg;
	uint64_t number;

	for (unsigned i = 0; i < 25; i++)
		if (!store_append(t->s, &number, make_entry, NULL))
			t->failed++;
	return NULL;
}

static void test_threads_append(void)
{
	struct taker one = { .s = open_it() }, two = { .s = open_it() };
	pthread_t threads[N_THREADS];
	uint64_t n;

	for (unsigned i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, appending,
		               i % 2 ? &one : &two);
	for (unsigned i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	ok_(!one.failed && !two.failed && is_chain(one.s, &n) &&
	            n == 25 * N_THREADS,
	    "eight threads on two stores append one chain");
	store_close(one.s);
	store_close(two.s);
}

/* A child that appends until it is killed, and says what was confirmed. */
static pid_t fork_appender(int out)
{
	struct store *s;
	uint64_t number;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	s = store_open(h_store_where(), why);
	while (s && store_append(s, &number, make_entry, NULL))
		if (write(out, &number, sizeof(number)) != sizeof(number))
			break;
	_exit(1);
}

/* What it confirmed, of which the last is *most: after some it is killed. */
static unsigned kill_appender(uint64_t *most)
{
	uint64_t number;
	unsigned n = 0;
	int pipes[2];
	pid_t pid;

	if (pipe(pipes) != 0)
		return 0;
	pid = fork_appender(pipes[1]);
	close(pipes[1]);
	for (; read(pipes[0], &number, sizeof(number)) == sizeof(number); n++) {
		*most = number;
		if (n == 20)
			kill(pid, SIGKILL);
	}
	close(pipes[0]);
	waitpid(pid, NULL, 0);
	return n;
}

static void test_killed(void)
{
	struct store *s = open_it();
	uint64_t most = 0, n = 0;
	unsigned confirmed = 0;

	for (unsigned i = 0; i < 4; i++)
		confirmed += kill_appender(&most);
	ok_(is_chain(s, &n) && confirmed > 80 && n > most && n >= confirmed &&
	            n <= confirmed + 4,
	    "kill -9 loses nothing that was confirmed and leaves no gap");
	store_close(s);
}

/* ---- nodes that share it */

struct watched {
	struct store *s;
	const char *what;
	uint64_t before;
};

static bool has_changed(void *arg)
{
	struct watched *w = arg;

	return store_change(w->s, w->what) != w->before;
}

static bool leads(void *arg)
{
	struct watched *w = arg;

	return store_lead(w->s, w->what);
}

static struct watched watch(struct store *s, const char *what)
{
	return (struct watched){ s, what, store_change(s, what) };
}

static void test_changes(void)
{
	struct store *one = open_it(), *two = open_it();
	struct watched w, other;
	uint64_t number;
	unsigned n;

	/* so that both have seen all that was before */
	usleep(300000);
	w = watch(two, "policy");
	other = watch(two, "doc");
	ok_(store_add_version(one, &n, "policy", "p", bytes("A"), "eve", 1) &&
	            becomes(has_changed, &w),
	    "another node learns of a new version");
	ok_(!has_changed(&other), "and of nothing else");
	w = watch(two, "doc");
	ok_(store_put(one, "doc", "x", bytes("1")) && becomes(has_changed, &w),
	    "and of a row");
	w = watch(two, "log");
	ok_(store_append(one, &number, make_entry, NULL) &&
	            becomes(has_changed, &w),
	    "and of an entry of the log");
	w = watch(one, "key");
	ok_(store_put(one, "key", "x", bytes("1")) && has_changed(&w),
	    "a node learns of its own change at once");
	store_close(one);
	store_close(two);
}

static void test_lead(void)
{
	struct store *one = open_it(), *two = open_it();
	struct watched w = { .s = two, .what = "fetch" };

	ok_(store_lead(one, "fetch") && store_lead(one, "fetch"),
	    "one node leads");
	ok_(!store_lead(two, "fetch"), "and not another");
	ok_(store_lead(two, "forecast"), "that one may lead in something else");
	ok_(!store_lead(one, "../x"), "what is led has a plain name");
	store_close(one);
	ok_(becomes(leads, &w), "when it ends, another takes over");
	store_close(two);
}

/* ---- what somebody made of it */

static bool ignore_name(void *arg, const char *name, struct assay_bytes body)
{
	(void)arg;
	(void)name;
	(void)body;
	return true;
}

static bool ignore_version(void *arg, const char *name,
                           const struct store_version *v,
                           struct assay_bytes body)
{
	(void)v;
	return ignore_name(arg, name, body);
}

static bool reads_rows(struct store *s)
{
	return store_each(s, "doc", ignore_name, NULL);
}

static bool reads_versions(struct store *s)
{
	return store_each_newest(s, "policy", ignore_version, NULL);
}

static bool reads_platforms(struct store *s)
{
	struct seen seen = { 0 };

	return store_each_platform(s, NULL, 10, see, &seen);
}

static bool reads_log(struct store *s)
{
	uint64_t n;

	return is_chain(s, &n);
}

/* A change, whoever reads that then, and the word that says what is wrong. */
static const struct {
	const char *sql;
	bool (*reads)(struct store *s);
	const char *says;
} wrongs[] = {
	{ "INSERT INTO assay_item VALUES (%s, %s, %s)|doc||", reads_rows,
	  NULL },
	{ "INSERT INTO assay_item VALUES (%s, %s, %s)|doc|a\nb|", reads_rows,
	  "wrong name" },
	{ "UPDATE assay_version SET number = 4294967296", reads_versions,
	  "wrong version" },
	{ "UPDATE assay_version SET made = -1", reads_versions,
	  "wrong time of a version" },
	{ "UPDATE assay_platform SET id = %s|short", reads_platforms,
	  "wrong platform" },
	{ "UPDATE assay_platform SET tee = 256", reads_platforms, "wrong TEE" },
	{ "UPDATE assay_platform SET accepted = 2", reads_platforms,
	  "wrong decision" },
	{ "UPDATE assay_platform SET fmspc = %s|1234567", reads_platforms,
	  "wrong FMSPC" },
	{ "UPDATE assay_platform SET n_seen = -5", reads_platforms,
	  "wrong number of times" },
	{ "UPDATE assay_platform SET status = %s|"
	  "0123456789012345678901234567890123456789012345678901234567890123",
	  reads_platforms, "wrong status" },
	{ "DELETE FROM assay_entry WHERE number = 1", reads_log,
	  "entry 1 of the log is missing" },
};

static void fill(void)
{
	struct store *s = open_it();
	struct store_platform p = platform(1, 1000);
	uint64_t number;
	unsigned n;

	if (!store_put(s, "doc", "x", bytes("1")) ||
	    !store_add_version(s, &n, "policy", "p", bytes("A"), "eve", 1) ||
	    !saw(s, &p, "e") || !store_append(s, &number, make_entry, NULL) ||
	    !store_append(s, &number, make_entry, NULL) ||
	    !store_append(s, &number, make_entry, NULL))
		note("%s", store_why(s));
	store_close(s);
}

static void test_wrong(void)
{
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct store *s;
		bool good;

		h_store_new(place);
		fill();
		h_store_sql(wrongs[i].sql);
		s = open_it();
		good = wrongs[i].reads(s);
		if (!wrongs[i].says)
			ok(good, "%s: an empty name is read over", place->name);
		else if (!ok(!good && strstr(store_why(s), wrongs[i].says),
		             "%s: %s", place->name, wrongs[i].says))
			note("%s", good ? "was read" : store_why(s));
		store_close(s);
	}
}

static void test_newer(void)
{
	fill();
	h_store_sql("UPDATE assay_store SET form = 7");
	ok_(!store_open(h_store_where(), why) && strstr(why, "newer Assay"),
	    "a store of a newer version is left alone");
	h_store_sql("DELETE FROM assay_store");
	ok_(!store_open(h_store_where(), why) && strstr(why, "no version"),
	    "and one that says of no version");
}

static void *opening(void *arg)
{
	char said[STORE_WHY_LEN];
	struct store *s = store_open(h_store_where(), said);

	*(bool *)arg = s && store_alive(s);
	store_close(s);
	return NULL;
}

static void test_open_at_once(void)
{
	bool good[N_THREADS], all = true;
	pthread_t threads[N_THREADS];

	for (unsigned i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, opening, &good[i]);
	for (unsigned i = 0; i < N_THREADS; i++) {
		pthread_join(threads[i], NULL);
		all = all && good[i];
	}
	ok_(all, "eight nodes make the same store at once");
}

/* ---- SQLite's alone */

static void test_foreign_file(void)
{
	sqlite3 *db = NULL;
	struct stat st;

	h_store_new(place);
	store_close(open_it());
	ok_(stat(h_store_where(), &st) == 0 && (st.st_mode & 077) == 0,
	    "the file is its owner's alone");
	h_store_new(place);
	sqlite3_open(h_store_where(), &db);
	sqlite3_exec(db, "CREATE TABLE notes (text)", NULL, NULL, NULL);
	sqlite3_close(db);
	ok_(!store_open(h_store_where(), why) && strstr(why, "something else"),
	    "a database of something else is left alone");
	ok_(!store_open("/nowhere/at/all", why) && strstr(why, "No such file"),
	    "a folder that is not there is named");
	ok_(!store_open("/proc/self", why) && !store_open("", why),
	    "what is no file is refused");
}

static void test_no_file(void)
{
	FILE *f;

	h_store_new(place);
	f = fopen(h_store_where(), "w");
	for (int i = 0; f && i < 1000; i++)
		fputs("no database", f);
	if (f)
		fclose(f);
	ok_(!store_open(h_store_where(), why) && strstr(why, "not a database"),
	    "a file that is no database is refused");
}

/* A disk that takes no more, as well as a process can have one. */
static void test_full(void)
{
	struct buf b = { 0 };
	struct store *s;
	int status;
	pid_t pid;

	h_store_new(place);
	fill();
	pid = fork();
	if (pid == 0) {
		h_store_limit(200000);
		s = open_it();
		buf_put_zeros(&b, 400000);
		_exit(store_put(s, "doc", "y", buf_bytes(&b))        ? 1
		      : !strstr(store_why(s), "nothing was changed") ? 2
		      : !store_put(s, "doc", "z", bytes("small"))    ? 3
		                                                     : 0);
	}
	waitpid(pid, &status, 0);
	s = open_it();
	ok_(status == 0 && store_get(s, &b, "doc", "y") == STORE_NONE &&
	            store_get(s, &b, "doc", "z") == STORE_FOUND &&
	            store_get(s, &b, "doc", "x") == STORE_FOUND,
	    "what finds no room changes nothing, and what finds some does");
	buf_free(&b);
	store_close(s);
}

static void test_lock_removed(void)
{
	struct store *one = open_it(), *two = open_it();
	char path[600];

	ok_(store_lead(one, "fetch"), "somebody leads");
	snprintf(path, sizeof(path), "%s-lead-fetch", h_store_where());
	unlink(path);
	ok_(store_lead(two, "fetch") && !store_lead(one, "fetch"),
	    "whose lock was taken away notices");
	store_close(one);
	store_close(two);
}

static void test_file(void)
{
	test_foreign_file();
	test_no_file();
	test_full();
	h_store_new(place);
	test_lock_removed();
}

/* ---- PostgreSQL's alone */

static bool puts_row(void *arg)
{
	return store_put(arg, "doc", "x", bytes("1"));
}

static void test_ended_links(void)
{
	struct store *s = open_it();
	struct watched w = { .s = s, .what = "fetch" };
	struct buf b = { 0 };

	ok_(store_put(s, "doc", "x", bytes("1")) && store_lead(s, "fetch"),
	    "a node works");
	h_store_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	            " WHERE usename = 'assay' AND pid <> pg_backend_pid()");
	usleep(100000);
	ok_(store_put(s, "doc", "x", bytes("2")) &&
	            store_get(s, &b, "doc", "x") == STORE_FOUND,
	    "and goes on when its connections were ended");
	ok_(becomes(leads, &w), "and leads again");
	buf_free(&b);
	store_close(s);
}

/* The connection is cut after so many bytes, of what is asked or of what is
 * answered: also where a commit was done, and nobody heard of it. */
static void test_cut(void)
{
	char path[600];
	const char *at = strstr(h_store_where(), "/pg&");
	uint64_t number, last = 0, n = 0;
	unsigned good = 0, bad = 0, wrong = 0;
	struct store *s;

	relay_start(strchr(h_store_where(), '=') + 1);
	snprintf(path, sizeof(path), "%.*s/relay%s",
	         (int)(at - h_store_where()), h_store_where(), at + 3);
	s = store_open(path, why);
	if (!s)
		note("%s", why);
	for (unsigned i = 0; s && i < 2 * 20; i++) {
		relay_cut(i % 2, (long)(i / 2) * 14);
		if (!store_append(s, &number, make_entry, NULL)) {
			bad++;
			continue;
		}
		wrong += good && number <= last;
		last = number;
		good++;
	}
	relay_cut(0, -1);
	ok_(s && good > 5 && bad > 5 && !wrong && is_chain(s, &n) && n > last &&
	            n >= good && n <= good + bad,
	    "connections are cut anywhere, and the log goes on");
	note("%u entries were confirmed, %u not, %u are there", good, bad,
	     (unsigned)n);
	store_close(s);
	relay_stop();
}

static bool lost_lead(void *arg)
{
	return !leads(arg);
}

static void test_restart(void)
{
	struct store *s = open_it();
	struct watched w = { .s = s, .what = "fetch" }, doc;
	uint64_t number, n = 0;
	int64_t began;
	struct timespec t;

	ok_(store_append(s, &number, make_entry, NULL) && leads(&w),
	    "before its server is stopped");
	h_pg_stop(0);
	ok_(becomes(lost_lead, &w), "a node notices that it leads no more");
	clock_gettime(CLOCK_MONOTONIC, &t);
	began = t.tv_sec;
	ok_(!store_alive(s) && strstr(store_why(s), "PostgreSQL: ") &&
	            strstr(store_why(s), "see whether its server runs"),
	    "and says what to do");
	clock_gettime(CLOCK_MONOTONIC, &t);
	ok_(t.tv_sec - began <= 4, "soon");
	doc = watch(s, "doc");
	h_pg_start();
	ok_(becomes(puts_row, s), "when it is there again, so is the store");
	ok_(becomes(leads, &w) && becomes(has_changed, &doc),
	    "and whatever was changed meanwhile is looked at again");
	ok_(store_append(s, &number, make_entry, NULL) && number == 1,
	    "and the log goes on");
	h_pg_stop(1);
	h_pg_start();
	ok_(store_append(s, &number, make_entry, NULL) && number == 2 &&
	            is_chain(s, &n) && n == 3,
	    "after a crash too");
	store_close(s);
}

/* A server that answers no more, and then does. */
static void test_hangs(void)
{
	struct store *s = open_it();
	pid_t pids[32];
	unsigned n = 0;
	time_t began;
	char sql[200];

	if (!store_alive(s))
		note("%s", store_why(s));
	for (; n < 32; n++) {
		snprintf(sql, sizeof(sql),
		         "SELECT pid FROM pg_stat_activity WHERE"
		         " application_name = 'assay' ORDER BY pid"
		         " OFFSET %u LIMIT 1",
		         n);
		pids[n] = (pid_t)h_pg_number(sql);
		if (!pids[n])
			break;
	}
	for (unsigned i = 0; i < n; i++)
		kill(pids[i], SIGSTOP);
	began = time(NULL);
	ok_(n && !store_alive(s) && strstr(store_why(s), "does not answer") &&
	            time(NULL) - began <= 4,
	    "a server that hangs is waited for a second or two");
	for (unsigned i = 0; i < n; i++)
		kill(pids[i], SIGCONT);
	ok_(store_alive(s), "and asked again");
	store_close(s);
}

static void test_bounded(void)
{
	struct taker t = { .s = open_it() };
	pthread_t threads[4 * N_THREADS];
	long n;

	for (unsigned i = 0; i < 4 * N_THREADS; i++)
		pthread_create(&threads[i], NULL, appending, &t);
	n = h_pg_number("SELECT count(*) FROM pg_stat_activity"
	                " WHERE application_name = 'assay'");
	for (unsigned i = 0; i < 4 * N_THREADS; i++)
		pthread_join(threads[i], NULL);
	ok(!t.failed && n > 0 && n <= 9, "%s: 32 threads use %ld connections",
	   place->name, n);
	store_close(t.s);
}

static void says_no_password(const char *where)
{
	struct store *s = store_open(where, why);

	if (!ok(!s && *why && !strstr(why, "s3cret"),
	        "%s: no password is in a message", place->name))
		note("%s", why);
	store_close(s);
}

/* In whatever form, a password is not said. */
static void test_password(void)
{
	static const char *const wheres[] = {
		"postgresql://u:s3cret@s3cret@127.0.0.1:1/db",
		"postgresql://u:a/s3cret@127.0.0.1:1/db",
		"postgresql://u:s3cret/a@127.0.0.1:1/db",
		"postgresql://u:s3cret%zz@127.0.0.1:1/db",
		"postgresql://u:%s3cret@127.0.0.1:1/db",
		"postgresql://u@127.0.0.1:1/db?password=s3cret&s3cret",
		"postgresql://u@127.0.0.1:1/db?password=s3cret&passwort=s3cret",
	};

	char refused[600];

	for (size_t i = 0; i < sizeof(wheres) / sizeof(wheres[0]); i++)
		says_no_password(wheres[i]);
	if (getenv("ASSAY_LONG")) /* it is waited for */
		says_no_password("postgresql://u:s3cret@127.0.0.1:1/db");
	/* the server takes this name for a user who is not there */
	snprintf(refused, sizeof(refused), "%s&password=s3cret&user=s3cret",
	         h_store_where());
	says_no_password(refused);
	ok_(strstr(why, "role \"******\" does not exist"),
	    "whatever the server says");
}

static void test_database(void)
{
	h_store_new(place);
	test_ended_links();
	h_store_new(place);
	if (getenv("ASSAY_LONG"))
		test_hangs();
	h_store_new(place);
	test_bounded();
	h_store_new(place);
	test_cut();
	h_store_new(place);
	test_restart();
	test_password();
}

/* ---- all of it */

static void (*const tests[])(void) = {
	test_rows,       test_many_rows,      test_refused,
	test_versions,   test_platforms,      test_many_platforms,
	test_nonces,     test_threads_take,   test_processes_take,
	test_log,        test_threads_append, test_killed,
	test_changes,    test_lead,           test_wrong,
	test_newer,      test_open_at_once,   test_seen_at_once,
	test_seen_whole,
};

static void test_all(const struct h_store *p)
{
	place = p;
	if (p->absent()) {
		skip(p->absent(), "a store in %s", p->name);
		return;
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		h_store_new(p);
		tests[i]();
	}
	p->own_tests();
}

int main(void)
{
	static const struct h_store file = { "SQLite", h_file_absent,
		                             h_file_new, h_file_sql,
		                             test_file };
	static const struct h_store database = { "PostgreSQL", h_pg_absent,
		                                 h_pg_new, h_pg_sql,
		                                 test_database };

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGXFSZ, SIG_IGN);
	test_all(&file);
	test_all(&database);
	h_store_end();
	return done();
}
