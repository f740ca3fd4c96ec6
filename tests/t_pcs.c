/* t_pcs.c - the simulated manufacturer's answers over HTTP, asked by curl: the
 * paths, headers and statuses of Intel's service; what comes back, judged; and
 * clients that mean no good. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "h_maker.h"
#include "serve/pcs.h"
#include "sim/machine.h"
#include "tap.h"

static char dir[256];
static uint16_t port;
static struct sim_why why;

/* ---- curl: an answer in two files */

static char head[16384], body[65536];
static size_t body_len;
static int status;

static size_t load(char *out, size_t size, const char *name)
{
	FILE *f = fopen(maker_path("%s", name), "rb");
	size_t n = f ? fread(out, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	out[n] = 0;
	return n;
}

/* Asks with these options; false if there was no answer. */
static bool get(const char *options, const char *path)
{
	char command[4096];
	char *space;

	snprintf(command, sizeof(command),
	         "curl -sS --max-time 10 %s -D %s -o %s"
	         " 'http://127.0.0.1:%u%s' 2>/dev/null",
	         options, maker_path("head"), maker_path("body"), port, path);
	head[0] = body[0] = 0;
	body_len = 0;
	status = 0;
	unlink(maker_path("body"));
	if (system(command) != 0)
		return false;
	load(head, sizeof(head), "head");
	body_len = load(body, sizeof(body), "body");
	space = strchr(head, ' ');
	status = space ? atoi(space) : 0;
	return true;
}

/* A header's value, up to the line's end; "" where there is none. */
static const char *header(const char *name)
{
	static char value[8192];
	const char *p = head;
	const size_t n = strlen(name);

	value[0] = 0;
	while ((p = strchr(p, '\n'))) {
		p++;
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			snprintf(value, sizeof(value), "%.*s",
			         (int)strcspn(p + n + 2, "\r\n"), p + n + 2);
			break;
		}
	}
	return value;
}

#define V4 "/sgx/certification/v4/"

/* ---- every path, and every way to ask wrongly */

#define PPID_00 \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define PPID PPID_00 PPID_00 PPID_00 PPID_00 PPID_00 PPID_00
#define SVN "cpusvn=09090202030100050000000000000000&pcesvn=0d00"

static const struct {
	const char *path;
	int status;
	const char *type, *begins;
} rows[] = {
	{ V4 "tcb?fmspc=53494D000001", 200, "application/json",
	  "{\"tcbInfo\":{\"id\":\"SGX\",\"version\":3," },
	{ V4 "tcb?fmspc=53494d000001", 200, "application/json",
	  "{\"tcbInfo\":" },
	{ V4 "tcb?fmspc=53494D000001&update=standard", 200, "application/json",
	  "{\"tcbInfo\":" },
	{ V4 "tcb?fmspc=53494D000001&update=early", 200, "application/json",
	  "{\"tcbInfo\":" },
	{ V4 "tcb?fmspc=53494D000001&tcbEvaluationDataNumber=24", 200,
	  "application/json", "{\"tcbInfo\":" },
	{ V4 "tcb?fmspc=53494D000001&tcbEvaluationDataNumber=20", 410, "", "" },
	{ V4 "tcb?fmspc=53494D000001&tcbEvaluationDataNumber=19", 404, "", "" },
	{ V4 "tcb?fmspc=53494D000001&tcbEvaluationDataNumber=25", 404, "", "" },
	{ V4 "tcb?fmspc=53494D000009&tcbEvaluationDataNumber=24", 404, "", "" },
	{ V4 "tcb?fmspc=00906ED50000", 404, "", "" },
	{ V4 "tcb?fmspc=53494D000001&update=early&tcbEvaluationDataNumber=24",
	  400, "", "" },
	{ V4 "tcb?fmspc=53494D000001&update=", 400, "", "" },
	{ V4 "tcb?fmspc=53494D000001&update=Early", 400, "", "" },
	{ V4 "tcb?fmspc=53494D000001&update=early&update=early", 400, "", "" },
	{ V4 "tcb?fmspc=53494D000001&tcbEvaluationDataNumber=", 400, "", "" },
	{ V4 "tcb?fmspc=53494D000001&tcbEvaluationDataNumber=-1", 400, "", "" },
	{ V4 "tcb?fmspc=53494D000001&tcbEvaluationDataNumber=24x", 400, "",
	  "" },
	{ V4 "tcb?fmspc=53494D000001"
	     "&tcbEvaluationDataNumber=99999999999999999999",
	  400, "", "" },
	{ V4 "tcb", 400, "", "" },
	{ V4 "tcb?fmspc=", 400, "", "" },
	{ V4 "tcb?fmspc=53494D00000", 400, "", "" },
	{ V4 "tcb?fmspc=53494D0000012", 400, "", "" },
	{ V4 "tcb?fmspc=53494D00000g", 400, "", "" },
	{ V4 "tcb?fmspc=53494D000001%00", 400, "", "" },
	{ V4 "tcb?fmspc=53494D000001&fmspc=53494D000001", 400, "", "" },
	{ V4 "tcb?FMSPC=53494D000001", 400, "", "" },
	{ V4 "qe/identity", 200, "application/json",
	  "{\"enclaveIdentity\":{\"id\":\"QE\",\"version\":2," },
	{ V4 "qe/identity?update=early", 200, "application/json",
	  "{\"enclaveIdentity\":" },
	{ V4 "qe/identity?tcbEvaluationDataNumber=22", 200, "application/json",
	  "{\"enclaveIdentity\":" },
	{ V4 "qe/identity?tcbEvaluationDataNumber=21", 200, "application/json",
	  "{\"enclaveIdentity\":" },
	{ V4 "qe/identity?tcbEvaluationDataNumber=20", 410, "", "" },
	{ V4 "qe/identity?tcbEvaluationDataNumber=7", 404, "", "" },
	{ V4 "qe/identity?update=none", 400, "", "" },
	{ V4 "qve/identity", 404, "", "" },
	{ V4 "tcbevaluationdatanumbers", 200, "application/json",
	  "{\"tcbEvaluationDataNumbers\":{\"id\":\"SGX\",\"version\":1," },
	{ V4 "fmspcs", 200, "application/json",
	  "[{\"fmspc\":\"53494D000001\",\"platform\":\"E5\"},"
	  "{\"fmspc\":\"53494D000002\",\"platform\":\"client\"}]" },
	{ V4 "fmspcs?platform=all", 200, "application/json", "[{" },
	{ V4 "fmspcs?platform=client", 200, "application/json",
	  "[{\"fmspc\":\"53494D000002\"," },
	{ V4 "fmspcs?platform=E3", 200, "application/json", "[]" },
	{ V4 "fmspcs?platform=E7", 400, "", "" },
	{ V4 "pckcrl?ca=platform", 200, "application/x-pem-file",
	  "-----BEGIN X509 CRL-----\n" },
	{ V4 "pckcrl?ca=processor&encoding=pem", 200, "application/x-pem-file",
	  "-----BEGIN X509 CRL-----\n" },
	{ V4 "pckcrl?ca=processor&encoding=der", 200, "application/pkix-crl",
	  "\x30" },
	{ V4 "pckcrl", 400, "", "" },
	{ V4 "pckcrl?ca=root", 400, "", "" },
	{ V4 "pckcrl?ca=platform&encoding=hex", 400, "", "" },
	{ V4 "rootcacrl", 200, "application/pkix-crl", "30" },
	{ "/IntelSGXRootCA.der", 200, "application/pkix-crl", "\x30" },
	{ "/SimulationSGXRootCA.der", 200, "application/pkix-crl", "\x30" },
	{ V4 "pckcert", 400, "", "" },
	{ V4 "pckcert?encrypted_ppid=" PPID "&pceid=0000&" SVN, 404, "", "" },
	{ V4 "pckcert?encrypted_ppid=" PPID "00&pceid=0000&" SVN, 400, "", "" },
	{ V4 "pckcert?encrypted_ppid=" PPID "&pceid=00&" SVN, 400, "", "" },
	{ V4 "pckcert?encrypted_ppid=" PPID "&pceid=0000", 400, "", "" },
	{ V4 "pckcerts?encrypted_ppid=" PPID "&pceid=0000", 404, "", "" },
	{ V4 "pckcerts?pceid=0000", 400, "", "" },
	{ V4 "pckcerts/config?encrypted_ppid=" PPID "&pceid=0000", 400, "",
	  "" },
	{ "/", 404, "", "" },
	{ "/sgx/certification/v3/tcb?fmspc=53494D000001", 404, "", "" },
	{ "/tdx/certification/v4/tcb?fmspc=53494D000001", 404, "", "" },
	{ V4 "tcb/?fmspc=53494D000001", 404, "", "" },
	{ "/../../../../etc/passwd", 404, "", "" },
	{ V4 "../v4/qe/identity", 404, "", "" },
};

static bool is_request_id(const char *id)
{
	return strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32;
}

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool good = get("--path-as-is", rows[i].path) &&
		            status == rows[i].status &&
		            strcmp(header("Content-Type"), rows[i].type) == 0 &&
		            is_request_id(header("Request-ID")) &&
		            strncmp(body, rows[i].begins,
		                    strlen(rows[i].begins)) == 0;

		if (status >= 400)
			good = good && body_len == 0 &&
			       header("Error-Code")[0] &&
			       header("Error-Message")[0];
		if (!ok(good, "%d %.100s", rows[i].status, rows[i].path))
			note("got %d, %s, %.60s", status,
			     header("Content-Type"), body);
	}
}

static void test_methods(void)
{
	ok(get("-X POST -d '{}'", V4 "pckcert") && status == 405,
	   "a body is not taken");
	ok(get("-X GET -d '{}'", V4 "qe/identity") && status == 413,
	   "not even where it is asked for rightly");
	ok(get("-X POST", V4 "tcb?fmspc=53494D000001") && status == 405 &&
	           strcmp(header("Allow"), "GET, HEAD") == 0,
	   "POST is no way to ask");
	ok(get("-X DELETE", V4 "tcb?fmspc=53494D000001") && status == 405,
	   "nor is DELETE");
	ok(get("-I", V4 "qe/identity") && status == 200 &&
	           atoi(header("Content-Length")) > 500,
	   "HEAD tells all but the body");
	ok(get("-H 'PPID-Encryption-Key: RSA-2048'",
	       V4 "pckcerts?encrypted_ppid=" PPID "&pceid=0000") &&
	           status == 400,
	   "a PPID is encrypted with RSA-3072");
	ok(get("-H 'Ocp-Apim-Subscription-Key: 0123'", V4 "qe/identity") &&
	           status == 200,
	   "a subscription key is not asked for, and not minded");
}

/* ---- a collateral client: documents and issuer chains, into a folder */

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Percent-decoding, once; '+' is itself [DCAP 3.5]. */
static size_t decode(char *out, const char *in)
{
	size_t n = 0;

	for (; *in; in++)
		if (*in == '%' && in[1] && in[2]) {
			out[n++] = (char)(hex_digit(in[1]) << 4 |
			                  hex_digit(in[2]));
			in += 2;
		} else {
			out[n++] = *in;
		}
	out[n] = 0;
	return n;
}

static void save(const char *file, const void *p, size_t n)
{
	FILE *f = fopen(maker_path("got/%s", file), "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		exit(2);
}

static bool save_chain(const char *file, const char *name)
{
	static char text[8192];
	size_t n = decode(text, header(name));

	save(file, text, n);
	return strncmp(text, "-----BEGIN CERTIFICATE-----\n", 28) == 0;
}

static bool fetch(const char *update)
{
	char path[128];
	bool good;

	mkdir(maker_path("got"), 0755);
	snprintf(path, sizeof(path), V4 "tcb?fmspc=53494D000001&update=%s",
	         update);
	good = get("", path) && status == 200 &&
	       save_chain("tcb_info_issuer_chain.pem", "TCB-Info-Issuer-Chain");
	save("tcb_info.json", body, body_len);
	snprintf(path, sizeof(path), V4 "qe/identity?update=%s", update);
	good = good && get("", path) && status == 200 &&
	       save_chain("qe_identity_issuer_chain.pem",
	                  "SGX-Enclave-Identity-Issuer-Chain");
	save("qe_identity.json", body, body_len);
	good = good && get("", V4 "pckcrl?ca=platform&encoding=der") &&
	       status == 200 &&
	       save_chain("pck_crl_issuer_chain.pem",
	                  "SGX-PCK-CRL-Issuer-Chain");
	save("pck_crl.der", body, body_len);
	good = good && get("", "/SimulationSGXRootCA.der") && status == 200;
	save("root_ca_crl.der", body, body_len);
	return good;
}

static struct assay_verdict judge(const struct buf *quote,
                                  const uint8_t root[64], int64_t now)
{
	struct assay_verdict v;

	maker_judge(&v, quote, maker_path("got"), root, now);
	return v;
}

static const uint8_t *root_key(void)
{
	static uint8_t key[64];

	maker_root_key(key, dir);
	return key;
}

static void test_judged(const struct buf *quote)
{
	struct assay_verdict v;

	ok(fetch("standard"), "a client fetches a platform's collateral");
	v = judge(quote, root_key(), MAKER_NOW);
	ok(v.genuine && v.simulation && v.status == ASSAY_STATUS_OUT_OF_DATE,
	   "by which its quote is genuine, and simulation");
	v = judge(quote, assay_intel_root_key, MAKER_NOW);
	ok(!v.genuine && v.failed.check == ASSAY_X_ROOT_PIN,
	   "but not under Intel's root: X_ROOT_PIN");
	ok(system("openssl version >/dev/null") == 0, "openssl is there");
	ok(get("", V4 "pckcrl?ca=platform") && status == 200, "a list as PEM");
	save("pck_crl.pem", body, body_len);
	{
		char command[1500];

		snprintf(command, sizeof(command),
		         "cd %s && openssl crl -in pck_crl.pem -CAfile "
		         "pck_crl_issuer_chain.pem -noout >/dev/null 2>&1 && "
		         "openssl crl -in pck_crl.pem -outform DER | cmp - "
		         "pck_crl.der",
		         maker_path("got"));
		ok(system(command) == 0,
		   "openssl finds it well signed, and the same as DER");
	}
}

/* ---- PCK certificates */

static void put_ppid(char out[769], const uint8_t ppid[16])
{
	struct sim_maker *m = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
	const struct sim_ppid_key *key = m ? sim_maker_ppid_key(m) : NULL;
	uint8_t encrypted[ASSAY_RSA3072_LEN];

	if (!m || !assay_rsa_oaep_encrypt(encrypted, key->n, 65537,
	                                  (struct assay_bytes){ ppid, 16 }))
		exit(2);
	assay_hex_print(out, encrypted, sizeof(encrypted), true);
	sim_maker_close(m);
}

static struct ledger_processor find(const char *name)
{
	struct sim_maker *m = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
	struct ledger_processor p;

	if (!m || sim_maker_find(m, &p, name) != LEDGER_FOUND)
		exit(2);
	sim_maker_close(m);
	return p;
}

static bool ask_cert(const char *name, const char *rest)
{
	struct ledger_processor p = find(name);
	char digits[769], path[2000];

	put_ppid(digits, p.ppid);
	snprintf(path, sizeof(path), V4 "%s&encrypted_ppid=%s", rest, digits);
	return get("", path);
}

static void test_pckcert(void)
{
	struct sim_machine machine;
	size_t n;

	ok(ask_cert("one", "pckcert?pceid=0000&" SVN) && status == 200 &&
	           strcmp(header("Content-Type"), "application/x-pem-file") ==
	                   0 &&
	           strcmp(header("SGX-FMSPC"), "53494D000001") == 0 &&
	           strcmp(header("SGX-PCK-Certificate-CA-Type"), "platform") ==
	                   0 &&
	           strcmp(header("SGX-TCBm"),
	                  "090902020301000500000000000000000D00") == 0,
	   "a processor gets its certificate");
	n = body_len;
	ok(sim_machine_read(&machine, maker_path("m/processors/one")) &&
	           n < machine.chain.len &&
	           memcmp(machine.chain.ptr, body, n) == 0,
	   "the one that it was made with");
	save("pck.pem", body, body_len);
	ok(save_chain("pck_issuer_chain.pem",
	              "SGX-PCK-Certificate-Issuer-Chain") &&
	           load(body, sizeof(body), "got/pck_issuer_chain.pem") ==
	                   machine.chain.len - n &&
	           memcmp(machine.chain.ptr + n, body, machine.chain.len - n) ==
	                   0,
	   "with the rest of its chain");
	sim_machine_free(&machine);

	ok(ask_cert("one", "pckcert?pceid=0000&pcesvn=ffff&"
	                   "cpusvn=ffffffffffffffffffffffffffffffff") &&
	           status == 200 &&
	           strcmp(header("SGX-TCBm"),
	                  "0D0902020301000500000000000000000D00") == 0,
	   "for a state above all levels, one for the highest level");
	ok(ask_cert("one", "pckcert?pceid=0000&pcesvn=0c00&"
	                   "cpusvn=09090202030100050000000000000000") &&
	           status == 200 &&
	           strcmp(header("SGX-TCBm"),
	                  "050502020301000500000000000000000B00") == 0,
	   "for a state between levels, one for the level below");
	ok(ask_cert("one", "pckcert?pceid=0000&pcesvn=0d00&"
	                   "cpusvn=00000000000000000000000000000000") &&
	           status == 404,
	   "for a state below all levels, none");
	ok(ask_cert("one", "pckcert?pceid=0100&" SVN) && status == 404,
	   "none for another PCE");
	ok(ask_cert("small", "pckcert?pceid=0000&" SVN) && status == 200 &&
	           strcmp(header("SGX-PCK-Certificate-CA-Type"), "processor") ==
	                   0,
	   "a small one has it of the other CA");
}

static unsigned occurrences(const char *text)
{
	unsigned n = 0;

	for (const char *p = body; (p = strstr(p, text)); p++)
		n++;
	return n;
}

static void test_pckcerts(void)
{
	static char pem[sizeof(body)];
	const char *cert;

	ok(ask_cert("one", "pckcerts?pceid=0000") && status == 200 &&
	           occurrences("\"tcbm\":") == 11 &&
	           occurrences("\"sgxtcbcomp16svn\":0,") == 11 &&
	           occurrences("BEGIN%20CERTIFICATE") == 11 &&
	           strcmp(header("Content-Type"), "application/json") == 0,
	   "all of a processor's certificates, one for each level");
	cert = strstr(body, "\"cert\":\"");
	ok(cert && decode(pem, cert + 8) > 0 &&
	           strncmp(pem, "-----BEGIN CERTIFICATE-----\n", 28) == 0,
	   "each percent-encoded");
	ok(ask_cert("one", "pckcerts/config?pceid=0000&cpusvn="
	                   "09090202030100050000000000000000") &&
	           status == 200 && occurrences("\"tcbm\":") == 11,
	   "the same with its configuration");
}

/* A quote that names its certificate by the encrypted PPID: the platform's own
 * ciphertext finds the chain, under which the quote is genuine [DCAP 1.5]. */
static void test_by_quote(const struct buf *quote)
{
	enum { DATA = 384 + 16 + 2 + 2 };
	char ppid[769], cpu_svn[33], pce_svn[5], pce_id[5], path[2000];
	const uint8_t *data = quote->ptr + quote->len - DATA;
	const struct assay_terms terms = { .now = MAKER_NOW };
	void *trust = malloc(assay_trust_size());
	struct assay_memo *memo = assay_memo_new(0, NULL);
	static char chain[8192];
	struct maker_docs docs;
	struct assay_verdict v;
	size_t n;

	assay_hex_print(ppid, data, 384, false);
	assay_hex_print(cpu_svn, data + 384, 16, false);
	assay_hex_print(pce_svn, data + 400, 2, false);
	assay_hex_print(pce_id, data + 402, 2, false);
	snprintf(path, sizeof(path),
	         V4 "pckcert?encrypted_ppid=%s&cpusvn=%s&pcesvn=%s&pceid=%s",
	         ppid, cpu_svn, pce_svn, pce_id);
	ok(quote->len > DATA && get("", path) && status == 200,
	   "a quote's own ciphertext finds its certificate");
	n = body_len;
	memcpy(chain, body, n);
	n += decode(chain + n, header("SGX-PCK-Certificate-Issuer-Chain"));
	ok(fetch("standard") && maker_docs(&docs, maker_path("got")),
	   "with the documents beside it");
	ok(trust && memo &&
	           assay_trust_open(trust, &docs.collateral,
	                            (struct assay_bytes){ 0 }, root_key(), memo,
	                            &v.failed) &&
	           assay_verify(&v, trust, memo, buf_bytes(quote),
	                        (struct assay_bytes){ (uint8_t *)chain, n },
	                        &terms) &&
	           v.simulation,
	   "the quote is genuine");
	maker_forget(&docs);
	assay_memo_free(memo);
	free(trust);
}

/* ---- what changes while it answers */

static void test_changes(const struct buf *quote)
{
	struct assay_verdict v;
	struct sim_maker *m = maker_open(dir);

	ok(sim_maker_revoke(m, "one", MAKER_NOW + 1),
	   "a processor is revoked while the listener runs");
	ok(fetch("standard"), "which serves the new documents");
	v = judge(quote, root_key(), MAKER_NOW + 1);
	ok(!v.genuine && v.failed.check == ASSAY_R_PCK_REVOKED,
	   "by which the quote is refused: R_PCK_REVOKED");
	ok(ask_cert("one", "pckcert?pceid=0000&" SVN) && status == 404,
	   "and no certificate any more");
	sim_maker_close(m);
}

/* Certificates are issued while somebody makes processors. */
static void test_beside(void)
{
	struct sim_make_spec spec = { .count = 200,
		                      .ca = SIM_CA_PLATFORM,
		                      .now = MAKER_NOW + 1 };
	struct sim_maker *m = maker_open(dir);
	char command[1600], digits[769];
	struct ledger_processor p = find("two");

	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	put_ppid(digits, p.ppid);
	snprintf(command, sizeof(command),
	         "for i in 1 2 3 4 5 6 7 8; do curl -sS --max-time 20 -o "
	         "/dev/null -w '%%{http_code}\\n' 'http://127.0.0.1:%u" V4
	         "pckcerts?pceid=0000&encrypted_ppid=%s'; done >%s 2>&1 &",
	         port, digits, maker_path("codes"));
	ok(system(command) == 0 && sim_maker_make(m, &spec),
	   "processors are made while certificates are asked for");
	for (int i = 0; i < 100 && load(body, sizeof(body), "codes") < 32; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	ok(occurrences("200\n") == 8, "and all are answered");
	ok(sim_maker_refresh(m) && sim_maker_check(m),
	   "all of it belongs together: %s", sim_maker_why(m));
	sim_maker_close(m);
}

/* ---- a ledger that somebody changed under it */

static void sql(const char *text)
{
	sqlite3 *db;

	if (sqlite3_open(maker_path("m/ledger.db"), &db) != SQLITE_OK ||
	    sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
		note("%s: %s", text, sqlite3_errmsg(db));
		exit(2);
	}
	sqlite3_close(db);
}

/* Asks for a certificate by a PPID that was encrypted before. */
static bool ask_by(const char *digits)
{
	char path[2000];

	snprintf(path, sizeof(path),
	         V4 "pckcert?pceid=0000&" SVN "&encrypted_ppid=%s", digits);
	return get("", path);
}

static bool is_500(void)
{
	return status == 500 && body_len == 0 &&
	       strcmp(header("Error-Code"), "InternalError") == 0 &&
	       is_request_id(header("Request-ID")) && !header("SGX-TCBm")[0];
}

/* What the listener said last, on stderr. */
static bool said(const char *text)
{
	static char log[65536];
	size_t n = load(log, sizeof(log), "stderr");
	const char *last;

	while (n && log[n - 1] == '\n')
		log[--n] = 0;
	last = strrchr(log, '\n');
	return strstr(last ? last : log, text) != NULL;
}

static void test_changed_family(const char *digits)
{
	sql("CREATE TABLE kept AS SELECT * FROM family;"
	    "UPDATE family SET ca = 1 - ca");
	ok(get("", V4 "fmspcs") && is_500() && said("a family"),
	   "changed families are not listed");
	ok(get("", V4 "tcb?fmspc=53494D000001&tcbEvaluationDataNumber=19") &&
	           is_500() && said("a family"),
	   "a changed family is not one that is not known");
	ok(ask_by(digits) && is_500() && said("a family"),
	   "nor is a certificate of it given away");
	sql("DELETE FROM family");
	ok(ask_by(digits) && is_500() && said("not as many"),
	   "and nor is one of a family that is gone");
	sql("INSERT INTO family SELECT * FROM kept");
	ok(ask_by(digits) && status == 200, "which is well again");
}

static void test_changed_ledger(void)
{
	struct ledger_processor p = find("two");
	char digits[769];

	put_ppid(digits, p.ppid);
	/* what it says on stderr is looked at, and is not for this log */
	if (!freopen(maker_path("stderr"), "a", stderr) ||
	    setvbuf(stderr, NULL, _IONBF, 0))
		exit(2);
	ok(ask_by(digits) && status == 200, "a certificate, as it should be");
	test_changed_family(digits);
	sql("UPDATE certificate SET issued = issued + 1 WHERE processor = 2");
	ok(ask_by(digits) && is_500() && said("a certificate"),
	   "a changed one is not given away");
	sql("UPDATE certificate SET issued = issued - 1 WHERE processor = 2;"
	    "UPDATE processor SET made = made + 1 WHERE id = 2");
	ok(ask_by(digits) && is_500() && said("processor two"),
	   "nor one of a changed processor");
	sql("UPDATE processor SET made = made - 1 WHERE id = 2;"
	    "UPDATE document SET body = x'7b7d' WHERE name = 'numbers'");
	ok(get("", V4 "tcbevaluationdatanumbers") && is_500() &&
	           said("document numbers"),
	   "nor a changed document");
	ok(get("", V4 "qe/identity") && status == 200, "another one is");
	sql("DELETE FROM document WHERE name = 'numbers'");
	ok(get("", V4 "qe/identity") && is_500() && said("not as many"),
	   "but none of a ledger that lacks one");
	sql("UPDATE maker SET edition = edition + 1");
	ok(get("", V4 "qe/identity") && is_500(),
	   "nothing is answered for a changed manufacturer");
	ok(get("", "/") && status == 404, "but what there never was");
}

/* ---- clients that mean no good */

static int dial(void)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		                        .sin_port = htons(port),
		                        .sin_addr.s_addr =
		                                htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)))
		exit(2);
	return fd;
}

/* What comes back within some seconds: the status, 0 for none, -1 for a
 * connection that was closed without one. */
static int answer(int fd)
{
	char text[64] = { 0 };
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n;

	if (poll(&p, 1, 5000) != 1)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	return n > 9 ? atoi(text + 9) : -1;
}

static int say(const char *text, size_t n)
{
	int fd = dial(), got;

	/* what is refused early is not read on */
	for (size_t done = 0; done < n;) {
		ssize_t k = send(fd, text + done, n - done, MSG_NOSIGNAL);

		if (k <= 0)
			break;
		done += (size_t)k;
	}
	got = answer(fd);
	close(fd);
	return got;
}

static int say_long(const char *before, size_t n, const char *after)
{
	const size_t len = strlen(before) + n + strlen(after);
	char *text = malloc(len + 1);
	int got;

	if (!text)
		exit(2);
	memset(text, 'a', len);
	memcpy(text, before, strlen(before));
	strcpy(text + strlen(before) + n, after);
	got = say(text, len);
	free(text);
	return got;
}

static void test_hostile(void)
{
	static const char two[] = "GET " V4 "qe/identity HTTP/1.1\r\n"
				  "Host: x\r\n\r\n"
				  "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	int held[100], got;

	got = say("\1\2\3\0garbage\r\n\r\n", 15);
	ok(got < 0 || got >= 400, "garbage is no request: %d", got);
	got = say_long("GET /", 200000, " HTTP/1.1\r\nHost: x\r\n\r\n");
	ok(got < 0 || got >= 400, "nor is a line without end: %d", got);
	got = say_long("GET / HTTP/1.1\r\nHost: x\r\nX: ", 200000, "\r\n\r\n");
	ok(got < 0 || got >= 400, "nor a header without end: %d", got);
	got = say_long("GET " V4 "tcb?fmspc=", 10000,
	               " HTTP/1.1\r\nHost: x\r\n\r\n");
	ok(got == 400 || got == 414, "a long argument is no FMSPC: %d", got);
	got = say_long("POST / HTTP/1.1\r\nHost: x\r\n"
	               "Content-Length: 900000\r\n\r\n",
	               900000, "");
	ok(got < 0 || got >= 400, "a long body is not read: %d", got);
	ok(say(two, strlen(two)) == 200, "two requests at once are two");
	for (unsigned i = 0; i < 100; i++) {
		held[i] = dial();
		if (send(held[i], "GET /", 5, MSG_NOSIGNAL) != 5)
			exit(2);
	}
	ok(get("", V4 "qe/identity") && status == 200,
	   "a hundred who say nothing more do not keep others out");
	for (unsigned i = 0; i < 100; i++)
		close(held[i]);
	ok(get("", V4 "qe/identity") && status == 200, "and nor do they by "
	                                               "going");
}

/* ---- */

static void build(void)
{
	struct sim_make_spec spec = { .count = 1,
		                      .ca = SIM_CA_PLATFORM,
		                      .now = MAKER_NOW };
	struct sim_recovery r = { .now = MAKER_NOW };
	static const char *const names[] = { "one", "two", "three" };
	struct sim_maker *m;
	bool done = sim_maker_init(dir, MAKER_NOW, &why);

	if (!done) {
		note("%s", why.text);
		exit(2);
	}
	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	m = maker_open(dir);
	for (unsigned i = 0; i < 3 && done; i++) {
		spec.name = names[i];
		done = sim_maker_make(m, &spec);
	}
	spec.name = "small";
	spec.ca = SIM_CA_PROCESSOR;
	spec.fmspc[5] = 2;
	done = done && sim_maker_make(m, &spec);
	/* standard is evaluation 23, early 24 */
	for (unsigned i = 0; i < 4 && done; i++) {
		r.has_standard = i < 3;
		r.standard = MAKER_NOW;
		done = sim_maker_recover(m, &r);
	}
	if (!done) {
		note("%s", sim_maker_why(m));
		exit(2);
	}
	sim_maker_close(m);
}

int main(void)
{
	struct pcs pcs = { .has_at = true, .at = MAKER_NOW };
	const struct http_service service = { .routes = pcs_routes,
		                              .before = pcs_refresh,
		                              .error = pcs_error,
		                              .self = &pcs };
	struct buf quote = { 0 }, bare = { 0 };
	struct http_listener *listener;
	struct timespec from, to;
	char text[HTTP_WHY_LEN], address[32];
	int idle;

	snprintf(dir, sizeof(dir), "%s", maker_path("m"));
	build();
	unlink(maker_path("m/processors/three/pck_chain.pem"));
	ok(maker_quote(&quote, maker_path("m/processors/one")) &&
	           maker_quote(&bare, maker_path("m/processors/three")),
	   "machines make quotes, one without a certificate");
	pcs.maker = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
	ok(!http_listen("localhost", &service, text), "no address: %s", text);
	ok(!http_listen("127.0.0.1:99999", &service, text), "no port: %s",
	   text);
	ok(!http_listen("127.0.0.1:80x", &service, text), "no number: %s",
	   text);
	listener = http_listen("[::1]:0", &service, text);
	if (listener)
		ok(http_port(listener) != 0, "an address of IPv6");
	else
		skip("there is no IPv6 here", "an address of IPv6");
	http_stop(listener);
	listener = pcs.maker ? http_listen("127.0.0.1:0", &service, text)
	                     : NULL;
	if (!ok(listener != NULL, "a listener"))
		return done();
	port = http_port(listener);
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	ok(!http_listen(address, &service, text), "no two at one port: %s",
	   text);

	test_rows();
	test_methods();
	test_judged(&quote);
	test_pckcert();
	test_pckcerts();
	test_by_quote(&bare);
	test_hostile();
	test_changes(&quote);
	test_beside();
	test_changed_ledger();

	idle = dial();
	clock_gettime(CLOCK_MONOTONIC, &from);
	http_stop(listener);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ok(to.tv_sec - from.tv_sec < 4, "it stops, whoever is still there");
	close(idle);
	sim_maker_close(pcs.maker);
	buf_free(&quote);
	buf_free(&bare);
	return done();
}
