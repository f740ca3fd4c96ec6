/*
 * door.h - a TLS listener whose clients show a certificate of their own: any,
 * for what is in it is judged by whoever serves them.  What the handshake has
 * proved is that the client has the certificate's key.
 *
 * TLS 1.2 or 1.3; nothing is resumed, renegotiated or sent early, so each
 * connection has a handshake of its own.  So many clients are served at a time
 * as there are threads; none takes longer than the time that it has.
 */
#ifndef SERVICE_DOOR_H
#define SERVICE_DOOR_H

#include <assay/base.h>

enum {
	DOOR_WHY = 256,
	DOOR_THREADS = 32,
	DOOR_PER_ADDRESS = 8, /* of one address (IPv6: network of 64 bits) */
	/* for the handshake and what is asked: Gramine's clients have their
	 * quotes, two, made when they are connected */
	DOOR_ARRIVE_MS = 30000,
	DOOR_SEND_MS = 10000,
	DOOR_CERT_MAX = 64 << 10,
	DOOR_ADDRESS_LEN = 48,
};

/* A client whose handshake is over. */
struct door_client;
/* Its certificate, in DER as it came. */
struct assay_bytes door_certificate(const struct door_client *client);
/* That certificate's key, which the client has: SubjectPublicKeyInfo in DER. */
struct assay_bytes door_key(const struct door_client *client);
/* Its address as text, without its port. */
const char *door_address(const struct door_client *client);
/* Exactly so many bytes from it; false: it is gone, or too slow. */
ASSAY_MUST_CHECK bool door_read(struct door_client *client, uint8_t *out,
                                size_t n);
/* All of it to the client. */
ASSAY_MUST_CHECK bool door_write(struct door_client *client,
                                 struct assay_bytes in);

struct door;
/*
 * door_open listens at an address ("127.0.0.1:4433", "[::1]:0") in threads of its
 * own until door_close.
 *
 * cert, key  PEM texts: the server's certificate, with what is between it and its
 *            CA's behind it, and its private key
 * serve      called by several threads at a time, once for each client
 * NULL, and the reason.
 */
struct door *door_open(const char *address, struct assay_bytes cert,
                       struct assay_bytes key,
                       void (*serve)(void *self, struct door_client *client),
                       void *self, char why[DOOR_WHY]);
uint16_t door_port(const struct door *door);
/* Lets clients that are being judged be answered; others are cut. */
void door_close(struct door *door);

#endif
