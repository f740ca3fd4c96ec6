/* wire.h - what the processes of a platform say to each other: messages of
 * fixed sizes over sockets that keep them apart (SOCK_SEQPACKET). */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <sys/types.h>

#include "sim/qe.h"

enum { SIM_MESSAGE_MAX = 16384 };

/* Who is asked.  Behind a socket stands one door, and only what belongs to it
 * is answered there. */
enum sim_door {
	SIM_DOOR_ENCLAVE = 0, /* the processor, as one enclave sees it */
	SIM_DOOR_LAUNCHER,    /* the processor, as who launches enclaves does */
	SIM_DOOR_PCE,
	SIM_DOOR_QE,
	SIM_N_DOORS
};

enum sim_op {
	SIM_OP_NONE = 0,
	SIM_OP_EGETKEY, /* KEYREQUEST -> key */
	SIM_OP_EREPORT, /* TARGETINFO, REPORTDATA -> REPORT */
	SIM_OP_EINIT,   /* ECREATE's part, MRENCLAVE, SIGSTRUCT -> a socket */
	SIM_OP_QUOTING, /* -> pids of PCE and QE, started anew; a socket */
	SIM_OP_PCE_REPORT, /* -> the PCE's report for nobody */
	SIM_OP_PC_INFO,    /* REPORT, suite, key -> info */
	SIM_OP_CERTIFY,    /* REPORT, CPUSVN, PCESVN -> signature */
	SIM_OP_TARGET,     /* -> the QE's TARGETINFO */
	SIM_OP_QUOTE,      /* REPORT -> quote */
	SIM_OP_ANSWER,     /* REPORT, nonce, TARGETINFO -> QE's REPORT, quote */
	SIM_N_OPS
};

/* Bytes of the bodies that are more than a struct of their own. */
enum {
	SIM_EINIT_BODY_LEN = 8 + 8 + 4 + 1 + 2 + 64 + 32 + ASSAY_SIGSTRUCT_LEN,
	SIM_PPID_KEY_LEN = ASSAY_RSA3072_LEN + 4,
	SIM_PC_INFO_LEN = ASSAY_RSA3072_LEN + 2 + 2 + 1,
};

/*
 * A request is u32 op and a body, a reply u32 status and, if that is SUCCESS, a
 * body, all little-endian.  The lengths of bodies are those of the operation;
 * where a quote ends one, there is at least one byte of it.  With some replies
 * goes a socket.
 */
struct sim_message {
	size_t len;
	bool bad; /* more was put than has room */
	int fd;   /* goes along, or -1 */
	uint8_t bytes[SIM_MESSAGE_MAX];
};
void sim_message_begin(struct sim_message *m, uint32_t number);
void sim_message_put(struct sim_message *m, const void *p, size_t n);
void sim_message_put_le(struct sim_message *m, uint64_t value, unsigned n);

/* The request in `in`, if it is one for this door; its body, viewed. */
ASSAY_MUST_CHECK bool sim_request_parse(enum sim_op *op,
                                        struct assay_bytes *body,
                                        struct assay_bytes in,
                                        enum sim_door door);
/* The reply in `in` to a request of `op`; the body is empty but for SUCCESS. */
ASSAY_MUST_CHECK bool sim_reply_parse(enum sim_status *status,
                                      struct assay_bytes *body,
                                      struct assay_bytes in, enum sim_op op);

/* What an EINIT request says. */
struct sim_einit_body {
	struct sim_ecreate created;
	uint8_t mrenclave[32];
	const uint8_t *sigstruct; /* in the body */
};
void sim_einit_body_read(struct sim_einit_body *einit, struct assay_bytes body);

/* A pair of connected sockets: fd[0] for who answers, fd[1] for who asks, who
 * waits ten seconds for an answer.  False if there are none. */
ASSAY_MUST_CHECK bool sim_pair(int fd[2]);

/* sim_send_fd sends a message, without waiting, and with it the descriptor,
 * unless that is -1. */
ASSAY_MUST_CHECK bool sim_send_fd(int socket, struct assay_bytes data, int fd);
/* sim_receive_fd waits for a message: its length, 0 at the end; -1 with errno,
 * EMSGSIZE if it is longer than `room`.  `fd` is what came along, close-on-exec,
 * or -1, in any case. */
ASSAY_MUST_CHECK ssize_t sim_receive_fd(int socket, void *data, size_t room,
                                        int *fd);

/* A status alone: what a server says, unasked, of how its start went. */
ASSAY_MUST_CHECK bool sim_say_hello(int fd, enum sim_status status);
ASSAY_MUST_CHECK enum sim_status sim_hear_hello(int fd);

/*
 * sim_call sends the request in `m` and waits for the reply, whose body it
 * views in `m`; a socket that came with it is m->fd, else that is -1.  GONE if
 * the other side has ended, does not answer in time, or answers what is no
 * reply: then the socket is shut down, and every later call is GONE.
 */
ASSAY_MUST_CHECK enum sim_status sim_call(int fd, struct sim_message *m,
                                          struct assay_bytes *body);

/* Answers a request: puts the body into `reply`, which is begun. */
struct sim_service {
	enum sim_door door;
	enum sim_status (*answer)(void *self, struct sim_message *reply,
	                          enum sim_op op, struct assay_bytes body);
	void *self;
};
/* Waits for one request and answers it.  False if the other side has ended, or
 * sent what is no request for this door: then close the socket. */
ASSAY_MUST_CHECK bool sim_serve(int fd, const struct sim_service *service);

/* The processor, and the PCE, behind a socket, borrowed. */
struct sim_enclu sim_enclu_over(const int *fd);
struct sim_pce sim_pce_over(const int *fd);

#endif
