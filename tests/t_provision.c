/*
 * t_provision.c - Gramine's secret provisioning by a whole service: a simulated
 * manufacturer publishes at the paths of Intel's, the service fetches from
 * there, and an enclave of a machine of his asks.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "crypto/signkey.h"
#include "h_maker.h"
#include "h_ratls.h"
#include "net/http.h"
#include "serve/pcs.h"
#include "service/inner.h"
#include "service/provision.h"
#include "tap.h"

static struct net_client *client;
static struct net_answer got;
static char key[SERVICE_KEY_LEN], home[64];

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("# %s\n", what);
	abort();
}

static int64_t now(void)
{
	return MAKER_NOW + 60;
}

static void quote(struct buf *out, const uint8_t report_data[64])
{
	must(maker_quote_of(out, maker_path("maker/processors/m"), report_data),
	     "a quote");
}

/* ---- asking the service */

static unsigned post(uint16_t port, const char *path, struct assay_bytes body)
{
	char url[200], auth[SERVICE_KEY_LEN + 32];
	const char *const headers[] = { auth, NULL };
	struct net_err err;

	net_forget(&got);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	snprintf(auth, sizeof(auth), "Authorization: Bearer %s", key);
	must(net_ask(client, &got,
	             &(struct net_request){
			     .url = url,
			     .type = "application/octet-stream",
			     .body = body,
			     .headers = headers,
			     .answer_max = 1 << 20,
		     },
	             &err),
	     err.text);
	return got.status;
}

static bool said(const char *what)
{
	return got.body && strstr((const char *)got.body, what);
}

/* ---- what there is */

static void make_machine(void)
{
	struct sim_maker *m;
	struct sim_make_spec spec = {
		.name = "m", .count = 1, .ca = SIM_CA_PLATFORM, .now = MAKER_NOW
	};
	struct sim_why why;

	must(sim_maker_init(maker_path("maker"), MAKER_NOW, &why), why.text);
	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	m = maker_open(maker_path("maker"));
	must(sim_maker_make(m, &spec), "a processor");
	sim_maker_close(m);
}

static struct service *serve(const char *pcs, const uint8_t (*root)[64])
{
	static const char *urls[1];
	struct service_options options = { .data = home,
		                           .root = root,
		                           .n_roots = 1,
		                           .pcs = urls,
		                           .n_pcs = 1,
		                           .quiet = true,
		                           .now = now };
	char why[SERVICE_WHY];
	struct service *s;

	urls[0] = pcs;
	s = service_open(&options, why);
	must(s != NULL, why);
	must(service_caller_make(key, s, "admin",
	                         SERVICE_VERIFY | SERVICE_ADMIN, "test"),
	     "an API key");
	return s;
}

static struct http_listener *listen_for(struct service *s)
{
	static struct http_service here = { .routes = service_routes,
		                            .error = service_error };
	char text[HTTP_WHY_LEN];
	struct http_listener *l;

	here.self = s;
	l = http_listen("127.0.0.1:0", &here, text);
	must(l != NULL, text);
	return l;
}

static struct provision *open_door(struct service *s)
{
	static const char *const names[] = { "sgx", "none" };
	static char cert[ASSAY_PEM_CERT_MAX];
	static uint8_t pem[ASSAY_KEY_PEM_MAX];
	struct assay_bytes tls = { .ptr = pem };
	char why[DOOR_WHY];
	struct provision *p;

	must(assay_sign_key_make(pem, &tls.len, ASSAY_SIGN_P256) &&
	             assay_self_signed(cert, tls, "localhost", NULL, 0,
	                               INT32_MAX),
	     "a certificate");
	p = provision_start(
		s,
		&(struct provision_options){ .address = "127.0.0.1:0",
	                                     .cert = buf_text(cert),
	                                     .key = tls,
	                                     .secret = names,
	                                     .n_secrets = 2 },
		why);
	must(p != NULL, why);
	return p;
}

/* ---- all of it */

static void test_visit(uint16_t http, uint16_t door)
{
	struct ratls_spec spec = { .standard = true, .alg = 1, .quote = quote };
	struct ratls_visit v = { 0 };
	uint8_t data[64] = { 0 };

	ratls_certify(&v, NULL, &spec);
	ok(post(http, "/v1/verify?policy=sim", buf_bytes(&v.cert)) == 200 &&
	           said("\"decision\":\"accept\"") &&
	           said("\"keys\":\"bound\"") && said("\"tls_key\":\"3059"),
	   "the service judges the certificate");
	ratls_visit(&v, door);
	ok(!v.len, "no secret is there yet");
	must(post(http, "/v1/secrets/none?policy=real", buf_text("gold")) ==
	                     200 &&
	             post(http, "/v1/secrets/sgx?policy=sim",
	                  buf_text("0123456789abcdef")) == 200,
	     "secrets");
	ratls_visit(&v, door);
	ok(ratls_got(&v, "0123456789abcdef"), "the one that it may have");
	ratls_leave(&v);
	v = (struct ratls_visit){ 0 };
	spec.report_data = (struct assay_bytes){ data, sizeof(data) };
	ratls_certify(&v, NULL, &spec);
	ratls_visit(&v, door);
	ok(v.shaken && !v.len, "none for a key that is not attested");
	ratls_leave(&v);
	/* which costs no memory: under a sanitizer this is a test of that */
	v = (struct ratls_visit){ 0 };
	spec = (struct ratls_spec){ .standard = false };
	ratls_certify(&v, NULL, &spec);
	ratls_visit(&v, door);
	ok(!v.len, "nor for a certificate without evidence");
	ratls_leave(&v);
}

int main(void)
{
	static uint8_t root[1][64];
	struct http_listener *pcs_at, *http;
	struct pcs pcs = { 0 };
	struct provision *door;
	struct service *s;
	char url[64];

	assay_crypto_start();
	signal(SIGPIPE, SIG_IGN);
	snprintf(home, sizeof(home), "%s/home", maker_folder());
	make_machine();
	maker_root_key(root[0], maker_path("maker"));
	pcs_at = maker_publish(&pcs, now());
	client = net_start(NULL);
	must(client != NULL, "a client");
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_port(pcs_at));
	s = serve(url, (const uint8_t(*)[64])root);
	http = listen_for(s);
	ok(post(http_port(http), "/v1/policies/sim",
	        buf_text("{\"simulation\":true,\"any_code\":true}")) < 300 &&
	           post(http_port(http), "/v1/policies/real",
	                buf_text("{\"any_code\":true}")) < 300,
	   "policies");
	door = open_door(s);
	test_visit(http_port(http), provision_port(door));
	provision_stop(door);
	http_stop(http);
	http_stop(pcs_at);
	service_close(s);
	sim_maker_close(pcs.maker);
	net_forget(&got);
	net_end(client);
	return done();
}
