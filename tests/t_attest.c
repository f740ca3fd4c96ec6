/* t_attest.c - quotes asked for through files: Gramine's, which plain files can
 * stand for, and configfs-tsm's, where a driver is played in between. */
#include <assay/assay.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/attest.h"
#include "forge/world.h"
#include "tap.h"

#define GRAMINE "/dev/attestation"
#define TSM "/sys/kernel/config/tsm/report"

static char root[] = "/tmp/assay-attest-XXXXXX";
static struct sim_world sgx, tdx;
static uint8_t wanted[64], others[64];
static struct assay_attestation got;
static struct assay_err err;

/* ---- files */

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The last four results are good. */
static const char *at(const char *name)
{
	static char path[4][256];
	static unsigned n;

	snprintf(path[++n % 4], sizeof(path[0]), "%s%s", root, name);
	return path[n % 4];
}

static void store(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	must(f && fwrite(p, 1, n, f) == n && fclose(f) == 0);
}

static void store_text(const char *path, const char *text)
{
	store(path, text, strlen(text));
}

static void make_folders(const char *path)
{
	char part[256];

	for (const char *p = path; *p; p++)
		if (p > path && *p == '/') {
			snprintf(part, sizeof(part), "%.*s", (int)(p - path),
			         path);
			must(mkdir(at(part), 0755) == 0 || errno == EEXIST);
		}
	must(mkdir(at(path), 0755) == 0 || errno == EEXIST);
}

/* Files of a folder and the folder; false: it is not there. */
static bool remove_folder(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	if (!dir)
		return false;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			must(unlinkat(dirfd(dir), entry->d_name, 0) == 0);
	closedir(dir);
	return rmdir(path) == 0;
}

static unsigned count_entries(void)
{
	DIR *dir = opendir(at(TSM));
	const struct dirent *entry;
	unsigned n = 0;

	must(dir);
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* ---- quotes */

static void make_quote(struct buf *quote, struct sim_world *w,
                       const uint8_t data[64])
{
	memcpy(w->quote_spec.sgx.report_data, data, 64);
	memcpy(w->quote_spec.td.report_data, data, 64);
	buf_clear(quote);
	must(sim_world_quote(quote, w, &w->quote_spec));
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

/* A call that fails by `check`, with this in its note, and leaves nothing. */
static void refused(bool holds, enum assay_check check, const char *text,
                    const char *name)
{
	ok(!holds && err.check == check && strstr(err.note, text) &&
	           is_zero(&got, sizeof(got)),
	   "%s", name);
	if (err.check != check || !strstr(err.note, text))
		note("got %d: %s", (int)err.check, err.note);
}

static bool ask(void)
{
	memset(&err, 0, sizeof(err));
	memset(&got, 0x5a, sizeof(got));
	return assay_attest(&got, wanted, root, &err);
}

static bool gave(const char *attester, const struct buf *quote)
{
	return got.attester && strcmp(got.attester, attester) == 0 &&
	       got.len == quote->len &&
	       memcmp(got.quote, quote->ptr, quote->len) == 0 &&
	       is_zero(got.quote + got.len, sizeof(got.quote) - got.len);
}

/* ---- Gramine */

static struct buf right, wrong; /* SGX quotes with wanted, with others */

static void show_gramine(const char *type, const void *quote, size_t len)
{
	make_folders(GRAMINE);
	store_text(at(GRAMINE "/attestation_type"), type);
	store(at(GRAMINE "/user_report_data"), others, sizeof(others));
	store(at(GRAMINE "/quote"), quote, len);
}

static bool was_written(void)
{
	size_t len = 0;
	uint8_t *p = slurp(at(GRAMINE "/user_report_data"), &len);
	bool same = p && len == 64 && memcmp(p, wanted, 64) == 0;

	free(p);
	return same;
}

static void test_gramine(void)
{
	static uint8_t large[ASSAY_ATTEST_MAX + 1];

	show_gramine("dcap", right.ptr, right.len);
	ok(ask() && gave("gramine", &right), "Gramine's quote");
	ok(was_written(), "the report data was written");
	ok(assay_attest(&got, wanted, root, NULL), "without an err");
	show_gramine("dcap\n", right.ptr, right.len);
	ok(ask(), "a line's end behind the type");

	memcpy(large, right.ptr, right.len);
	show_gramine("dcap", large, sizeof(large) - 1);
	ok(ask() && gave("gramine", &right), "what follows it is left out");
	show_gramine("dcap", large, sizeof(large));
	refused(ask(), ASSAY_G_SIZE, "more than 16384", "a quote too large");
	show_gramine("dcap", right.ptr, 0);
	refused(ask(), ASSAY_G_SIZE, "has 0 bytes", "an empty quote");
	show_gramine("dcap", right.ptr, 1019);
	refused(ask(), ASSAY_G_SIZE, "has 1019 bytes", "a short quote");
	show_gramine("dcap", right.ptr, 1020);
	refused(ask(), ASSAY_P_SIGLEN, "", "a quote cut short");
	show_gramine("dcap", wrong.ptr, wrong.len);
	refused(ask(), ASSAY_G_DATA, "other report data", "another's quote");
	ok(err.doc == ASSAY_DOC_QUOTE && err.at == 48 + 320,
	   "the place of its report data");
}

static void test_gramine_broken(void)
{
	show_gramine("none", right.ptr, right.len);
	refused(ask(), ASSAY_G_TYPE, "\"none\"", "Gramine without DCAP");
	ok(!was_written(), "... is not asked further");
	show_gramine("", right.ptr, right.len);
	refused(ask(), ASSAY_G_TYPE, "\"\"", "an empty type");
	show_gramine("dcap and very much more than what any interface would "
	             "ever say here",
	             right.ptr, right.len);
	refused(ask(), ASSAY_G_READ, "attestation_type", "an endless type");

	show_gramine("dcap", right.ptr, right.len);
	must(unlink(at(GRAMINE "/user_report_data")) == 0);
	refused(ask(), ASSAY_G_WRITE, "user_report_data",
	        "no file for report data");
	ok(access(at(GRAMINE "/user_report_data"), F_OK) != 0,
	   "... and none was made");
	show_gramine("dcap", right.ptr, right.len);
	must(unlink(at(GRAMINE "/quote")) == 0);
	refused(ask(), ASSAY_G_READ, "quote", "no file with a quote");
	must(mkdir(at(GRAMINE "/quote"), 0755) == 0);
	refused(ask(), ASSAY_G_READ, "Is a directory", "a folder as quote");
	must(rmdir(at(GRAMINE "/quote")) == 0);
}

/* ---- somebody between: another thread under Gramine */

static unsigned n_reads, n_pass; /* asked; let through after so many */
static int trouble;              /* the errno until then */

static int get_late(uint8_t *out, size_t *len, size_t max, const char *path)
{
	bool is_quote = strcmp(path, at(GRAMINE "/quote")) == 0;

	if (is_quote && n_reads++ < n_pass) {
		*len = 0;
		if (trouble)
			return trouble;
		return assay_attest_files.get(out, len, max,
		                              at(GRAMINE "/stale"));
	}
	return assay_attest_files.get(out, len, max, path);
}

static bool ask_late(unsigned pass, int why)
{
	struct attest_files files = assay_attest_files;

	files.get = get_late;
	n_reads = 0;
	n_pass = pass;
	trouble = why;
	memset(&err, 0, sizeof(err));
	memset(&got, 0x5a, sizeof(got));
	return assay_attest_with(&got, wanted, root, &files, &err);
}

static void test_gramine_late(void)
{
	show_gramine("dcap", right.ptr, right.len);
	store(at(GRAMINE "/stale"), wrong.ptr, wrong.len);
	ok(ask_late(2, 0) && gave("gramine", &right) && n_reads == 3,
	   "after another's quotes, the right one");
	ok(err.check == ASSAY_OK, "... and no failure is told");
	refused(ask_late(100, 0), ASSAY_G_DATA, "", "never the right one");
	ok(n_reads == ATTEST_TRIES, "... tried %d times", ATTEST_TRIES);
	ok(ask_late(1, EINTR) && n_reads == 2, "a signal: once more");
	ok(ask_late(1, EACCES) && n_reads == 2, "any error: once more");
	refused(ask_late(100, EINTR), ASSAY_G_READ, "Interrupted",
	        "signals without end");
	ok(n_reads == ATTEST_TRIES, "... tried %d times", ATTEST_TRIES);
	refused(ask_late(100, EACCES), ASSAY_G_READ, "Permission denied",
	        "Gramine's only error");
	ok(n_reads == ATTEST_TRIES, "... tried %d times", ATTEST_TRIES);
	ok(strstr(assay_check_info(err.check)->todo, "AESM") != NULL,
	   "... and it is said what to look at");
	must(remove_folder(at(GRAMINE)));
}

/* ---- configfs-tsm: the kernel's part is played */

static struct {
	const char *provider, *first; /* the attributes at the beginning */
	const void *quote;            /* of outblob */
	size_t len;
	int make, put, get, before; /* errnos: mkdir, inblob, outblob; of
	                                * which so many fail (0: all) */
	unsigned step;              /* generation grows by, after inblob */
	bool foreign;               /* and once more after outblob */
	unsigned n_made, n_removed, n_put, n_failed;
	char entry[256];
} tsm;

static void set_generation(unsigned generation)
{
	char path[300], text[16];

	snprintf(path, sizeof(path), "%s/generation", tsm.entry);
	snprintf(text, sizeof(text), "%u\n", generation);
	store_text(path, text);
}

static void add(const char *name, const void *p, size_t n)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", tsm.entry, name);
	store(path, p, n);
}

static bool fails(int why)
{
	return why && (!tsm.before || tsm.n_failed++ < (unsigned)tsm.before);
}

/* mkdir makes the attributes too */
static int tsm_make(char *path)
{
	int why = fails(tsm.make) ? tsm.make : assay_attest_files.make(path);

	if (why)
		return why;
	tsm.n_made++;
	snprintf(tsm.entry, sizeof(tsm.entry), "%s", path);
	add("provider", tsm.provider, strlen(tsm.provider));
	add("generation", tsm.first, strlen(tsm.first));
	add("inblob", "", 0);
	add("outblob", tsm.quote, tsm.len);
	return 0;
}

static bool ends(const char *path, const char *name)
{
	size_t n = strlen(path), m = strlen(name);

	return n > m && strcmp(path + n - m, name) == 0;
}

static int tsm_put(const char *path, const uint8_t *p, size_t n)
{
	must(ends(path, "/inblob") && n == 64);
	tsm.n_put++;
	if (fails(tsm.put))
		return tsm.put;
	if (tsm.step)
		set_generation((unsigned)atoi(tsm.first) + tsm.step);
	return assay_attest_files.put(path, p, n);
}

static int tsm_get(uint8_t *out, size_t *len, size_t max, const char *path)
{
	bool is_quote = ends(path, "/outblob");

	if (is_quote && tsm.foreign && fails(EPERM))
		set_generation((unsigned)atoi(tsm.first) + tsm.step + 1);
	*len = 0;
	if (is_quote && fails(tsm.get))
		return tsm.get;
	return assay_attest_files.get(out, len, max, path);
}

static int tsm_remove(const char *path)
{
	must(strcmp(path, tsm.entry) == 0);
	tsm.n_removed++;
	return remove_folder(path) ? 0 : errno;
}

static const struct attest_files tsm_files = {
	.get = tsm_get,
	.put = tsm_put,
	.make = tsm_make,
	.remove = tsm_remove,
};

/* A TD whose driver does as it should. */
static void reset(const struct buf *quote)
{
	memset(&tsm, 0, sizeof(tsm));
	tsm.provider = "tdx_guest\n";
	tsm.first = "7\n";
	tsm.step = 1;
	tsm.quote = quote->ptr;
	tsm.len = quote->len;
}

static bool ask_tsm(void)
{
	memset(&err, 0, sizeof(err));
	memset(&got, 0x5a, sizeof(got));
	return assay_attest_with(&got, wanted, root, &tsm_files, &err);
}

/* The last request: made so many entries, and none is left. */
static void tidy(unsigned n, const char *name)
{
	ok(tsm.n_made == n && tsm.n_removed == n && count_entries() == 0,
	   "%s: %u entries, none left", name, n);
}

static struct buf td_right, td_wrong;

static void test_tsm(void)
{
	make_folders(TSM);
	reset(&td_right);
	ok(ask_tsm() && gave("tsm", &td_right), "a TD's quote");
	tidy(1, "a TD's quote");
	reset(&td_right);
	tsm.first = "0\n";
	ok(ask_tsm() && gave("tsm", &td_right), "the first of its kernel");

	reset(&td_wrong);
	refused(ask_tsm(), ASSAY_G_DATA, "", "a quote with other data");
	ok(err.at == 48 + 520, "the place of its report data");
	tidy(ATTEST_TRIES, "other data");
	reset(&td_right);
	tsm.len = 0;
	refused(ask_tsm(), ASSAY_G_SIZE, "has 0 bytes", "an empty outblob");
	tidy(1, "an empty outblob");
	reset(&td_right);
	tsm.len = 1019;
	refused(ask_tsm(), ASSAY_G_SIZE, "has 1019 bytes", "a short outblob");
	reset(&td_right);
	tsm.len--;
	refused(ask_tsm(), ASSAY_P_SIGLEN, "", "an outblob cut short");
	tidy(1, "an outblob cut short");
	reset(&td_right);
	tsm.get = EFBIG;
	refused(ask_tsm(), ASSAY_G_SIZE, "more than", "an outblob too large");
}

static void test_tsm_provider(void)
{
	static const char *const names[] = { "sev_guest\n", "arm_cca_guest\n",
		                             "", "tdx_guest2\n", "tdx" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		reset(&td_right);
		tsm.provider = names[i];
		refused(ask_tsm(), ASSAY_G_PROVIDER, "want \"tdx_guest\"",
		        "another provider");
		ok(tsm.n_put == 0, "... is not asked");
		tidy(1, "another provider");
	}
	reset(&td_right);
	tsm.make = ENXIO;
	refused(ask_tsm(), ASSAY_G_ENTRY, "No such device", "no provider");
	tidy(0, "no provider");
	reset(&td_right);
	tsm.make = EACCES;
	refused(ask_tsm(), ASSAY_G_ENTRY, "Permission denied", "not root");
}

static void test_tsm_generation(void)
{
	static const char *const nonsense[] = { "", "nonsense", "-1", "8x" };

	reset(&td_right);
	tsm.step = 0;
	refused(ask_tsm(), ASSAY_G_GENERATION, "is 7, want 8",
	        "report data that was not taken");
	tidy(ATTEST_TRIES, "not taken");
	reset(&td_right);
	tsm.step = 2;
	refused(ask_tsm(), ASSAY_G_GENERATION, "is 9, want 8",
	        "somebody writes before the quote");
	reset(&td_right);
	tsm.foreign = true;
	refused(ask_tsm(), ASSAY_G_GENERATION, "is 9, want 8",
	        "somebody writes during the quote");
	tidy(ATTEST_TRIES, "somebody writes");
	reset(&td_right);
	tsm.foreign = true;
	tsm.before = 2;
	ok(ask_tsm() && gave("tsm", &td_right), "... but twice only");
	tidy(3, "... twice only");
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		reset(&td_right);
		tsm.first = nonsense[i];
		tsm.step = 0; /* the nonsense stays */
		refused(ask_tsm(), ASSAY_G_GENERATION, "want", nonsense[i]);
	}
}

static void test_tsm_errors(void)
{
	reset(&td_right);
	tsm.get = EINVAL;
	refused(ask_tsm(), ASSAY_G_READ, "outblob: Invalid argument",
	        "EINVAL of outblob");
	tidy(1, "EINVAL of outblob");
	reset(&td_right);
	tsm.get = ETIMEDOUT;
	refused(ask_tsm(), ASSAY_G_READ, "timed out", "a host that is silent");
	reset(&td_right);
	tsm.get = EBUSY;
	tsm.before = 3;
	ok(ask_tsm() && gave("tsm", &td_right), "busy three times");
	tidy(4, "busy three times");
	reset(&td_right);
	tsm.get = EBUSY;
	refused(ask_tsm(), ASSAY_G_READ, "busy", "busy for ever");
	tidy(ATTEST_TRIES, "busy for ever");
	reset(&td_right);
	tsm.put = EINTR;
	tsm.before = 1;
	ok(ask_tsm() && gave("tsm", &td_right), "a signal while writing");
	tidy(2, "a signal while writing");
	reset(&td_right);
	tsm.put = EACCES;
	refused(ask_tsm(), ASSAY_G_WRITE, "inblob: Permission denied",
	        "inblob refused");
	tidy(1, "inblob refused");
	reset(&td_right);
	tsm.make = EBUSY;
	tsm.before = 1;
	ok(ask_tsm() && gave("tsm", &td_right), "busy when the entry is made");
}

/* The kernel's own files, in a folder that is no configfs. */
static void test_plain_folder(void)
{
	refused(ask(), ASSAY_G_READ, "provider", "an entry without attributes");
	ok(count_entries() == 0, "... is taken away");
}

/* ---- which of them */

static void test_choice(void)
{
	char deep[PATH_MAX + 10];

	refused(ask(), ASSAY_G_NONE, GRAMINE, "neither is there");
	make_folders(TSM);
	reset(&td_right);
	show_gramine("dcap", right.ptr, right.len);
	ok(ask() && gave("gramine", &right), "of both, Gramine is asked");
	show_gramine("none", right.ptr, right.len);
	refused(ask_tsm(), ASSAY_G_TYPE, "", "... and what it says is final");
	ok(tsm.n_made == 0, "... the other is not asked then");
	must(remove_folder(at(GRAMINE)));

	memset(deep, 'x', sizeof(deep));
	deep[0] = '/';
	deep[sizeof(deep) - 1] = 0;
	memset(&got, 0x5a, sizeof(got));
	refused(assay_attest(&got, wanted, deep, &err), ASSAY_G_NONE, "",
	        "a root with too long a name");
}

static void remove_tree(void)
{
	static const char *const folders[] = {
		TSM,
		"/sys/kernel/config/tsm",
		"/sys/kernel/config",
		"/sys/kernel",
		"/sys",
		"/dev",
		"",
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		must(rmdir(at(folders[i])) == 0);
}

int main(void)
{
	must(mkdtemp(root) != NULL);
	must(sim_world_default(&sgx, SIM_SGX_V3) && sim_world_build(&sgx) &&
	     sim_world_default(&tdx, SIM_TDX_V4) && sim_world_build(&tdx));
	for (unsigned i = 0; i < 64; i++) {
		wanted[i] = (uint8_t)(i + 1);
		others[i] = (uint8_t)(i + 2);
	}
	make_quote(&right, &sgx, wanted);
	make_quote(&wrong, &sgx, others);
	make_quote(&td_right, &tdx, wanted);
	make_quote(&td_wrong, &tdx, others);

	test_choice();
	test_gramine();
	test_gramine_broken();
	test_gramine_late();
	test_tsm();
	test_tsm_provider();
	test_tsm_generation();
	test_tsm_errors();
	test_plain_folder();

	remove_tree();
	buf_free(&right);
	buf_free(&wrong);
	buf_free(&td_right);
	buf_free(&td_wrong);
	sim_world_free(&sgx);
	sim_world_free(&tdx);
	return done();
}
