/*
 * vault.c - an enclave program that has its secret from a verification service: a
 * password, and it tells who asks with a word whether that is it.
 *
 *	vault SERVICE KEY NAME
 *
 * Whose secret it takes and which are the program's arguments, so they are
 * measured: what the service calls itself and its release key, as assay serve
 * prints them, and the secret's name.  A request of the byte K and what the
 * service answered the host with brings the secret (docs/key-release.md); any
 * other is a word to be tried.  The first secret stays: so who brings another
 * changes nothing for who asks later.
 */
#include <assay/enclave.h>

#include <string.h>

struct vault {
	struct assay_key_wanted wanted;
	uint8_t secret[4096];
	size_t len; /* 0: none yet */
};

static bool say(struct assay_enclave *e, const char *text)
{
	return assay_enclave_put(e, (struct assay_bytes){ (const uint8_t *)text,
	                                                  strlen(text) });
}

static bool take(struct assay_enclave *e, struct vault *v,
                 struct assay_bytes released)
{
	if (v->len)
		return assay_enclave_refuse(e, "there is a secret already");
	if (!assay_key_open(e, v->secret, &v->len, sizeof(v->secret),
	                    &v->wanted, released) ||
	    !v->len)
		return assay_enclave_refuse(e, "this is not the secret that I "
		                               "was started for");
	return say(e, "I have the secret\n");
}

/* In a time that does not depend on where they differ. */
static bool is_secret(const struct vault *v, struct assay_bytes word)
{
	uint8_t differs = 0;

	for (size_t i = 0; word.len == v->len && i < v->len; i++)
		differs |= (uint8_t)(word.ptr[i] ^ v->secret[i]);
	return word.len == v->len && !differs;
}

static bool answer(struct assay_enclave *e, struct assay_bytes request,
                   void *own)
{
	struct vault *v = own;

	if (request.len && request.ptr[0] == 'K')
		return take(e, v,
		            (struct assay_bytes){ request.ptr + 1,
		                                  request.len - 1 });
	if (!v->len)
		return assay_enclave_refuse(e, "I have no secret yet");
	return say(e, is_secret(v, request) ? "yes\n" : "no\n");
}

int main(int argc, char **argv)
{
	static struct vault vault;
	const struct assay_enclave_app app = { .answer = answer,
		                               .own = &vault };

	if (argc != 4)
		return 2;
	vault.wanted.service = argv[1];
	vault.wanted.key = argv[2];
	vault.wanted.name = argv[3];
	return assay_enclave_run(&app);
}
