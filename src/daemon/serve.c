/* serve.c - assay serve: the verification service. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "crypto/signkey.h"
#include "daemon/daemon.h"
#include "daemon/fetch.h"
#include "os/folder.h"
#include "os/systemd.h"
#include "service/inner.h"
#include "service/provision.h"

enum {
	WORKERS = 16, /* most of them wait: for the network, or the store */
	CONNECTIONS = 1024,
	CERT_DAYS = 365,
	PEM_MAX = 1 << 20,
};

struct options {
	const char *listen, *data, *database, *issuer, *open, *tls_cert,
		*tls_key, *kek, *provision, *ca_file, *proxy;
	struct cli_list roots, pcs, secrets;
	bool no_tls, offline, no_evidence, quiet;
};
#define TO(member) offsetof(struct options, member)

const struct cli_option serve_options[] = {
	CLI_OPTION_LISTEN(TO(listen), "127.0.0.1:8443"),
	{ "--data", "DIR", CLI_TEXT, TO(data),
	  "where keys, documents and the database are; made if it is not "
	  "there" },
	{ "--database", "URL", CLI_TEXT, TO(database),
	  "postgresql://...: a database that several nodes share" },
	CLI_OPTION_ROOTS(TO(roots)),
	CLI_OPTION_PCS(TO(pcs)),
	CLI_OPTION_CA_FILE(TO(ca_file)),
	CLI_OPTION_PROXY(TO(proxy)),
	{ "--offline", NULL, CLI_FLAG, TO(offline),
	  "ask nobody: what was imported, or comes with the evidence" },
	{ "--issuer", "URL", CLI_TEXT, TO(issuer),
	  "the address that callers know the service by" },
	{ "--open", "SCOPES", CLI_TEXT, TO(open),
	  "what takes no API key, of verify,read,keys; verify,read at a "
	  "loopback address, else verify" },
	{ "--no-tls", NULL, CLI_FLAG, TO(no_tls),
	  "plain HTTP: at a loopback address, or behind something that has "
	  "TLS" },
	{ "--tls-cert", "FILE", CLI_TEXT, TO(tls_cert),
	  "the certificate, with its chain, in PEM; one that it signs itself "
	  "if left out" },
	{ "--tls-key", "FILE", CLI_TEXT, TO(tls_key), "its key" },
	{ "--kek", "URI", CLI_TEXT, TO(kek),
	  "pkcs11:...: the key that wraps secrets is in a token; else a file "
	  "in DIR" },
	{ "--provision", "ADDR:PORT", CLI_TEXT, TO(provision),
	  "give secrets to Gramine's clients over RA-TLS there, too" },
	{ "--provision-secret", "NAME", CLI_LIST, TO(secrets),
	  "one of the secrets that are given there" },
	{ "--no-evidence", NULL, CLI_FLAG, TO(no_evidence),
	  "keep no evidence: then nothing can be forecast" },
	{ "--quiet", NULL, CLI_FLAG, TO(quiet), "no line for each request" },
	{ 0 },
};

/* What a run has; what is in it lives as long as the program. */
struct server {
	struct options o;
	struct service_options service;
	struct fetch_roots roots;
	char data[PATH_MAX];
	int folder;
	struct buf cert, key;
	char admin[SERVICE_KEY_LEN]; /* made now; "": there was one */
	struct service *running;
};

/* ---- where things are */

/* The folder of the state of this user's programs. */
static bool choose_folder(struct server *s)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (s->o.data)
		n = snprintf(s->data, sizeof(s->data), "%s", s->o.data);
	else if (geteuid() == 0)
		n = snprintf(s->data, sizeof(s->data), "/var/lib/assay");
	else if (state && *state)
		n = snprintf(s->data, sizeof(s->data), "%s/assay", state);
	else
		n = snprintf(s->data, sizeof(s->data), "%s/.local/state/assay",
		             home ? home : ".");
	return n > 0 && n < (int)sizeof(s->data);
}

static bool make_folders(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		mkdir(path, 0755); /* what fails is told by the last */
		*p = '/';
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool take_folder(struct server *s)
{
	errno = ENAMETOOLONG;
	if (choose_folder(s) && make_folders(s->data)) {
		s->folder = folder_open(AT_FDCWD, s->data, 0700);
		if (s->folder >= 0)
			return true;
	}
	cli_warn("serve: %s: %s (--data DIR: another place)", s->data,
	         strerror(errno));
	return false;
}

static bool take_roots(struct server *s)
{
	const bool good = fetch_roots(&s->roots, &s->o.roots);

	s->service.root = (const uint8_t(*)[64])s->roots.key;
	s->service.n_roots = s->roots.n;
	return good;
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 ||
	       strncmp(address, "[::1]:", 6) == 0;
}

static bool take_scopes(struct server *s)
{
	s->service.open = SERVICE_VERIFY;
	if (is_loopback(s->o.listen))
		s->service.open |= SERVICE_READ;
	if (!s->o.open || (service_scopes_read(&s->service.open, s->o.open) &&
	                   !(s->service.open & SERVICE_ADMIN)))
		return true;
	cli_usage(&verb_serve, "--open: want some of verify,read,keys");
	return false;
}

/* ---- TLS */

static bool read_pem(struct buf *out, const char *path)
{
	uint8_t *p;
	size_t n;

	if (!cli_read_max(&p, &n, path, PEM_MAX)) {
		cli_warn("serve: %s: %s", path, strerror(errno));
		return false;
	}
	buf_put(out, p, n);
	buf_put_zeros(out, 1);
	assay_wipe(p, n);
	free(p);
	return !out->bad;
}

/* What the certificate is for: the machine's own addresses, or the one that it
 * listens at. */
static void name_server(char sans[200], const char *listen)
{
	const char *colon = strrchr(listen, ':');
	const int n = colon ? (int)(colon - listen) : 0;
	const bool v6 = n > 2 && listen[0] == '[';

	snprintf(sans, 200, "DNS:localhost,IP:127.0.0.1,IP:::1");
	if (n && !is_loopback(listen) && strncmp(listen, "0.0.0.0", 7) != 0 &&
	    strncmp(listen, "[::]", 4) != 0)
		snprintf(sans + strlen(sans), 200 - strlen(sans), ",IP:%.*s",
		         v6 ? n - 2 : n, v6 ? listen + 1 : listen);
}

/* A key and a certificate by itself, in the data's folder. */
static bool make_certificate(struct server *s)
{
	uint8_t pem[ASSAY_KEY_PEM_MAX];
	struct assay_bytes key = { .ptr = pem };
	char cert[ASSAY_PEM_CERT_MAX], sans[200];
	const int64_t now = time(NULL);
	bool good;

	name_server(sans, s->o.listen);
	good = assay_sign_key_make(pem, &key.len, ASSAY_SIGN_P256) &&
	       assay_self_signed(cert, key, "assay", sans, now - 86400,
	                         now + CERT_DAYS * 86400) &&
	       file_put(s->folder, "tls-key.pem", key, 0600, true) &&
	       file_put(s->folder, "tls-cert.pem", buf_text(cert), 0644, true);
	assay_wipe(pem, sizeof(pem));
	if (!good)
		cli_warn("serve: no certificate could be made: %s",
		         strerror(errno));
	return good;
}

static bool take_own_certificate(struct server *s)
{
	if (!file_get(&s->cert, s->folder, "tls-cert.pem", PEM_MAX, false) ||
	    !file_get(&s->key, s->folder, "tls-key.pem", PEM_MAX, true)) {
		if (errno != ENOENT) {
			cli_warn("serve: %s/tls-*.pem: %s", s->data,
			         strerror(errno));
			return false;
		}
		if (!make_certificate(s) ||
		    !file_get(&s->cert, s->folder, "tls-cert.pem", PEM_MAX,
		              false) ||
		    !file_get(&s->key, s->folder, "tls-key.pem", PEM_MAX, true))
			return false;
	}
	buf_put_zeros(&s->cert, 1);
	buf_put_zeros(&s->key, 1);
	return !s->cert.bad && !s->key.bad;
}

static bool take_tls(struct server *s)
{
	if (s->o.no_tls && !is_loopback(s->o.listen))
		cli_warn("serve: --no-tls: whoever is on the way reads API "
		         "keys and changes answers, if nothing in front of "
		         "it has TLS");
	if (s->o.no_tls && !s->o.provision)
		return true;
	if (!s->o.tls_cert != !s->o.tls_key) {
		cli_usage(&verb_serve, "--tls-cert and --tls-key go together");
		return false;
	}
	if (!s->o.tls_cert)
		return take_own_certificate(s);
	return read_pem(&s->cert, s->o.tls_cert) &&
	       read_pem(&s->key, s->o.tls_key);
}

/* ---- the first start */

/* An API key that may do everything: in a file, since what is printed is kept in
 * logs. */
static bool make_admin(struct server *s)
{
	bool has = false, good;

	if (!service_has_admin(s->running, &has))
		return false;
	if (has)
		return true;
	good = service_caller_make(s->admin, s->running, "first-admin",
	                           SERVICE_VERIFY | SERVICE_READ |
	                                   SERVICE_KEYS | SERVICE_ADMIN,
	                           "assay serve") &&
	       file_put(s->folder, "admin-key", buf_text(s->admin), 0600, true);
	assay_wipe(s->admin + 1, sizeof(s->admin) - 1);
	return good;
}

static void tell(const struct server *s, const char *url)
{
	const bool own = !s->o.no_tls && !s->o.tls_cert;
	char curl[PATH_MAX + 40], hex[65], why[SERVICE_WHY];
	uint8_t key[32];

	snprintf(curl, sizeof(curl), "curl%s%s%s", own ? " --cacert " : "",
	         own ? s->data : "", own ? "/tls-cert.pem" : "");
	printf("Serving at %s, data in %s.\n", url, s->data);
	if (service_release_key(key, s->running, why)) {
		assay_hex_print(hex, key, sizeof(key), false);
		printf("Release key, by which enclaves know its secrets: %s\n",
		       hex);
	} else {
		cli_warn("serve: no secret can be released: %s", why);
	}
	if (s->admin[0])
		printf("An API key that may do everything was made: it is in "
		       "%s/admin-key.\n",
		       s->data);
	printf("Try it:\n"
	       "  %s %s/readyz\n"
	       "  %s --data-binary @EVIDENCE '%s/v1/verify?any_code=1'\n",
	       curl, url, curl, url);
	if (memcmp(s->roots.key[0], assay_intel_root_key, 64) != 0)
		printf("  (a simulation is accepted under a policy with "
		       "\"simulation\": true, or accept=... SEC:INSECURE)\n");
	fflush(stdout);
}

/* ---- running */

/* Its keys are in no file of a dump, and no other program of this user's reads
 * them out of its memory. */
static bool seclude(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0) == 0)
		return true;
	cli_warn("serve: memory cannot be kept from dumps: %s",
	         strerror(errno));
	return false;
}

/* How many connections there may be: each takes a descriptor, and as many are left
 * for what it takes to answer. */
static unsigned take_descriptors(void)
{
	struct rlimit files = { 0 };

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur < 2 * CONNECTIONS) {
		files.rlim_cur = files.rlim_max < 2 * CONNECTIONS
		                         ? files.rlim_max
		                         : 2 * CONNECTIONS;
		setrlimit(RLIMIT_NOFILE, &files); /* what it did is seen */
		getrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur >= 2 * CONNECTIONS)
		return CONNECTIONS;
	cli_warn("serve: at most %u connections at a time (ulimit -n %u: %u)",
	         (unsigned)files.rlim_cur / 2, 2 * CONNECTIONS, CONNECTIONS);
	return (unsigned)files.rlim_cur / 2;
}

static struct provision *open_door(struct server *s, bool *failed)
{
	struct provision_options how = {
		.address = s->o.provision,
		.cert = { s->cert.ptr, s->cert.len - 1 },
		.key = { s->key.ptr, s->key.len - 1 },
		.secret = s->o.secrets.item,
		.n_secrets = s->o.secrets.n,
	};
	char why[DOOR_WHY];
	struct provision *p = NULL;

	*failed = false;
	if (!s->o.provision)
		return NULL;
	p = provision_start(s->running, &how, why);
	*failed = !p;
	if (!p)
		cli_warn("serve: --provision: %s", why);
	return p;
}

static bool is_everywhere(const char *address)
{
	return strncmp(address, "0.0.0.0:", 8) == 0 ||
	       strncmp(address, "[::]:", 5) == 0;
}

/* Where it is to be found; what listens everywhere, or at a socket that was made
 * elsewhere, at least from this machine. */
static void name_url(char url[SERVICE_ISSUER_LEN], const struct server *s,
                     bool given, unsigned port)
{
	const char *host = given || is_everywhere(s->o.listen) ? "localhost:"
	                                                       : s->o.listen;

	snprintf(url, SERVICE_ISSUER_LEN, "http%s://%.*s:%u",
	         s->o.no_tls ? "" : "s", (int)(strrchr(host, ':') - host), host,
	         port);
	if ((given || is_everywhere(s->o.listen)) && !s->o.issuer)
		cli_warn("serve: callers elsewhere need --issuer URL: tokens "
		         "say that they are by %s",
		         url);
	if (s->o.no_tls && !is_loopback(s->o.listen))
		cli_warn("serve: --no-tls: whoever is on the way reads API "
		         "keys and evidence");
}

static int answer(struct server *s, const sigset_t *stop)
{
	const int fd = systemd_listening();
	const unsigned connections = take_descriptors();
	const struct http_service how = {
		.routes = service_routes,
		.after = service_after,
		.error = service_error,
		.self = s->running,
		.limits = { .workers = WORKERS,
		            .connections = connections,
		            .per_address = connections / 4 },
		.tls_cert = s->o.no_tls ? NULL : (char *)s->cert.ptr,
		.tls_key = s->o.no_tls ? NULL : (char *)s->key.ptr,
	};
	char why[HTTP_WHY_LEN], url[SERVICE_ISSUER_LEN];
	struct http_listener *listener;
	struct provision *door;
	bool failed;
	int got;

	door = open_door(s, &failed);
	if (failed)
		return CLI_TROUBLE;
	listener = http_listen(fd >= 0 ? "fd:3" : s->o.listen, &how, why);
	if (!listener) {
		cli_warn("serve: %s", why);
		provision_stop(door);
		return CLI_TROUBLE;
	}
	name_url(url, s, fd >= 0, http_port(listener));
	if (!s->o.issuer)
		service_set_issuer(s->running, url);
	tell(s, url);
	if (door)
		printf("Secrets over RA-TLS at port %u.\n",
		       provision_port(door));
	fflush(stdout);
	if (!systemd_tell("READY=1"))
		cli_warn("serve: the service manager could not be told");
	sigwait(stop, &got);
	if (!systemd_tell("STOPPING=1"))
		errno = 0; /* it sees for itself */
	http_stop(listener);
	provision_stop(door);
	return CLI_YES;
}

static int start(struct server *s)
{
	char why[SERVICE_WHY];
	sigset_t stop;
	int status;

	/* before there is another thread, so that it inherits this */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	s->running = service_open(&s->service, why);
	if (!s->running) {
		cli_warn("serve: %s", why);
		return CLI_TROUBLE;
	}
	if (make_admin(s)) {
		status = answer(s, &stop);
	} else {
		cli_warn("serve: no API key could be made: %s",
		         store_why(s->running->store));
		status = CLI_TROUBLE;
	}
	service_close(s->running);
	return status;
}

static int run(int argc, char **argv)
{
	struct server s = { .folder = -1 };
	int status;

	if (!cli_operands(&s.o, NULL, 0, 0, &status, &verb_serve, argc, argv))
		return status;
	if (!s.o.listen)
		s.o.listen = "127.0.0.1:8443";
	if (s.o.provision && !s.o.secrets.n)
		return cli_usage(&verb_serve,
		                 "--provision: want --provision-secret NAME");
	if (s.o.secrets.n && !s.o.provision)
		return cli_usage(&verb_serve, "--provision-secret goes with "
		                              "--provision");
	if (s.o.no_tls && s.o.tls_cert)
		return cli_usage(&verb_serve,
		                 "--tls-cert does not go with --no-tls");
	if (s.o.issuer && strncmp(s.o.issuer, "https://", 8) != 0 &&
	    strncmp(s.o.issuer, "http://", 7) != 0)
		return cli_usage(&verb_serve,
		                 "--issuer: got %s, want https://...",
		                 s.o.issuer);
	if (!seclude() || !take_roots(&s) || !take_scopes(&s) ||
	    !take_folder(&s) || !take_tls(&s))
		return CLI_TROUBLE;
	s.service.data = s.data;
	s.service.database = s.o.database;
	s.service.issuer = s.o.issuer;
	s.service.pcs = s.o.pcs.item;
	s.service.n_pcs = s.o.pcs.n;
	s.service.ca_file = s.o.ca_file;
	s.service.proxy = s.o.proxy;
	s.service.no_fetch = s.o.offline;
	s.service.keep_evidence = !s.o.no_evidence;
	s.service.kek = s.o.kek;
	s.service.quiet = s.o.quiet;
	return start(&s);
}

/* Options live as long as the program, which ends here. */
int serve_verb(int argc, char **argv)
{
	const int status = run(argc, argv);

	if (fflush(stdout) != 0)
		_exit(CLI_TROUBLE);
	_exit(status);
}
