/* wire.c - what the processes of a platform say to each other. */
#include "sim/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/rd.h"
#include "sim/le.h"

enum { NUMBER_LEN = 4, PATIENCE = 10 /* seconds */ };

/* clang-format off */
static const struct {
	enum sim_door door;
	uint16_t request, reply;
	bool quote;        /* ends the reply */
} ops[SIM_N_OPS] = {
	[SIM_OP_EGETKEY] = { SIM_DOOR_ENCLAVE, SIM_KEYREQUEST_LEN,
	                     SIM_KEY_LEN, false },
	[SIM_OP_EREPORT] = { SIM_DOOR_ENCLAVE,
	                     SIM_TARGETINFO_LEN + SIM_REPORT_DATA_LEN,
	                     SIM_REPORT_LEN, false },
	[SIM_OP_EINIT] = { SIM_DOOR_LAUNCHER, SIM_EINIT_BODY_LEN, 0, false },
	[SIM_OP_QUOTING] = { SIM_DOOR_LAUNCHER, 0, 8, false },
	[SIM_OP_PCE_REPORT] = { SIM_DOOR_PCE, 0, SIM_REPORT_LEN, false },
	[SIM_OP_PC_INFO] = { SIM_DOOR_PCE,
	                     SIM_REPORT_LEN + 1 + SIM_PPID_KEY_LEN,
	                     SIM_PC_INFO_LEN, false },
	[SIM_OP_CERTIFY] = { SIM_DOOR_PCE, SIM_REPORT_LEN + SIM_CPUSVN_LEN + 2,
	                     64, false },
	[SIM_OP_TARGET] = { SIM_DOOR_QE, 0, SIM_TARGETINFO_LEN, false },
	[SIM_OP_QUOTE] = { SIM_DOOR_QE, SIM_REPORT_LEN, 0, true },
	[SIM_OP_ANSWER] = { SIM_DOOR_QE,
	                    SIM_REPORT_LEN + 16 + SIM_TARGETINFO_LEN,
	                    SIM_REPORT_LEN, true },
};
/* clang-format on */

/* ---- messages */

void sim_message_begin(struct sim_message *m, uint32_t number)
{
	m->len = 0;
	m->bad = false;
	m->fd = -1;
	sim_message_put_le(m, number, NUMBER_LEN);
}

void sim_message_put(struct sim_message *m, const void *p, size_t n)
{
	m->bad |= n > sizeof(m->bytes) - m->len;
	if (m->bad || !n)
		return;
	memcpy(m->bytes + m->len, p, n);
	m->len += n;
}

void sim_message_put_le(struct sim_message *m, uint64_t value, unsigned n)
{
	uint8_t le[8];

	le_put(le, value, n);
	sim_message_put(m, le, n);
}

bool sim_request_parse(enum sim_op *op, struct assay_bytes *body,
                       struct assay_bytes in, enum sim_door door)
{
	struct assay_rd r = assay_rd(in);
	uint32_t number = assay_rd_u32le(&r, "op");

	*op = SIM_OP_NONE;
	*body = (struct assay_bytes){ 0 };
	if (number == SIM_OP_NONE || number >= SIM_N_OPS ||
	    ops[number].door != door ||
	    assay_rd_left(&r) != ops[number].request)
		return false;
	*op = number;
	*body = assay_rd_rest(&r);
	return true;
}

static bool is_reply_len(size_t len, enum sim_op op)
{
	return ops[op].quote ? len > ops[op].reply : len == ops[op].reply;
}

bool sim_reply_parse(enum sim_status *status, struct assay_bytes *body,
                     struct assay_bytes in, enum sim_op op)
{
	struct assay_rd r = assay_rd(in);
	uint32_t number = assay_rd_u32le(&r, "status");
	size_t left = assay_rd_left(&r);

	*status = SIM_GONE;
	*body = (struct assay_bytes){ 0 };
	if (!assay_rd_ok(&r) ||
	    (number == SIM_SUCCESS ? !is_reply_len(left, op) : left != 0))
		return false;
	*status = number;
	*body = assay_rd_rest(&r);
	return true;
}

void sim_einit_body_read(struct sim_einit_body *e, struct assay_bytes body)
{
	struct assay_rd r = assay_rd(body);

	e->created.flags = assay_rd_u64le(&r, "FLAGS");
	e->created.xfrm = assay_rd_u64le(&r, "XFRM");
	e->created.misc_select = assay_rd_u32le(&r, "MISCSELECT");
	e->created.cet_attributes = assay_rd_u8(&r, "CET_ATTRIBUTES");
	e->created.config_svn = assay_rd_u16le(&r, "CONFIGSVN");
	assay_rd_copy(&r, e->created.config_id, 64, "CONFIGID");
	assay_rd_copy(&r, e->mrenclave, 32, "MRENCLAVE");
	e->sigstruct = assay_rd_bytes(&r, ASSAY_SIGSTRUCT_LEN, "SIGSTRUCT").ptr;
}

/* ---- sockets */

bool sim_pair(int fd[2])
{
	const struct timeval patience = { PATIENCE, 0 };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) != 0)
		return false;
	if (setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &patience,
	               sizeof(patience)) == 0)
		return true;
	close(fd[0]);
	close(fd[1]);
	return false;
}

bool sim_send_fd(int socket, struct assay_bytes data, int fd)
{
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	uint8_t *bytes = (uint8_t *)(uintptr_t)data.ptr; /* not written to */
	struct iovec iov = { bytes, data.len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_LEN(sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	do
		n = sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)data.len;
}

/* The descriptor that came along, or -1.  There is room for one: the kernel
 * closes more. */
static int passed_fd(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

ssize_t sim_receive_fd(int socket, void *data, size_t room, int *fd)
{
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { data, room };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = &control,
		              .msg_controllen = CMSG_LEN(sizeof(int)) };
	ssize_t n;

	do
		n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	*fd = n >= 0 ? passed_fd(&msg) : -1;
	if (n < 0 || !(msg.msg_flags & MSG_TRUNC))
		return n;
	errno = EMSGSIZE;
	return -1;
}

/* ---- messages over them */

/* Who does not take its replies is not waited for. */
static bool send_message(int fd, const struct sim_message *m)
{
	const struct assay_bytes data = { m->bytes, m->len };

	return sim_send_fd(fd, data, m->fd) && !m->bad;
}

/* False at the end, when patience is at its end, and for a message that is
 * longer than any. */
static bool recv_message(int fd, struct sim_message *m)
{
	ssize_t n = sim_receive_fd(fd, m->bytes, sizeof(m->bytes), &m->fd);

	m->len = n > 0 ? (size_t)n : 0;
	m->bad = false;
	return n > 0;
}

static void drop_fd(struct sim_message *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

/* A reply does not say what it answers: so after one that is late, or is none,
 * the socket is not used again. */
enum sim_status sim_call(int fd, struct sim_message *m,
                         struct assay_bytes *body)
{
	const enum sim_op op = (enum sim_op)le_get(m->bytes, NUMBER_LEN);
	enum sim_status status = SIM_GONE;

	*body = (struct assay_bytes){ 0 };
	if (!send_message(fd, m)) {
		shutdown(fd, SHUT_RDWR);
		return SIM_GONE;
	}
	if (!recv_message(fd, m) ||
	    !sim_reply_parse(&status, body,
	                     (struct assay_bytes){ m->bytes, m->len }, op))
		shutdown(fd, SHUT_RDWR);
	if (status != SIM_SUCCESS)
		drop_fd(m);
	return status;
}

bool sim_say_hello(int fd, enum sim_status status)
{
	struct sim_message m;

	sim_message_begin(&m, status);
	return send_message(fd, &m);
}

enum sim_status sim_hear_hello(int fd)
{
	struct sim_message m;
	bool heard = recv_message(fd, &m);

	drop_fd(&m);
	if (!heard || m.len != NUMBER_LEN)
		return SIM_GONE;
	return (enum sim_status)le_get(m.bytes, NUMBER_LEN);
}

bool sim_serve(int fd, const struct sim_service *service)
{
	struct sim_message in, reply;
	struct assay_bytes body;
	enum sim_status status;
	enum sim_op op;
	bool alive = recv_message(fd, &in);

	/* nobody passes anything to a server */
	drop_fd(&in);
	if (!alive ||
	    !sim_request_parse(&op, &body,
	                       (struct assay_bytes){ in.bytes, in.len },
	                       service->door))
		return false;
	sim_message_begin(&reply, SIM_SUCCESS);
	status = service->answer(service->self, &reply, op, body);
	if (status != SIM_SUCCESS) {
		drop_fd(&reply);
		sim_message_begin(&reply, status);
	}
	alive = send_message(fd, &reply);
	drop_fd(&reply);
	assay_wipe(in.bytes, in.len);
	assay_wipe(reply.bytes, reply.len);
	return alive;
}

/* ---- the processor behind a socket */

/* Copies a reply's body of n bytes; zeros if there is none. */
static void take(void *out, size_t n, struct assay_bytes body)
{
	struct assay_rd r = assay_rd(body);

	assay_rd_copy(&r, out, n, "body");
}

static enum sim_status over_egetkey(const void *self, uint8_t key[SIM_KEY_LEN],
                                    const uint8_t request[SIM_KEYREQUEST_LEN])
{
	struct assay_bytes body;
	struct sim_message m;
	enum sim_status status;

	sim_message_begin(&m, SIM_OP_EGETKEY);
	sim_message_put(&m, request, SIM_KEYREQUEST_LEN);
	status = sim_call(*(const int *)self, &m, &body);
	take(key, SIM_KEY_LEN, body);
	assay_wipe(m.bytes, NUMBER_LEN + SIM_KEY_LEN);
	return status;
}

static enum sim_status over_ereport(const void *self,
                                    uint8_t report[SIM_REPORT_LEN],
                                    const uint8_t target[SIM_TARGETINFO_LEN],
                                    const uint8_t data[SIM_REPORT_DATA_LEN])
{
	struct assay_bytes body;
	struct sim_message m;
	enum sim_status status;

	sim_message_begin(&m, SIM_OP_EREPORT);
	sim_message_put(&m, target, SIM_TARGETINFO_LEN);
	sim_message_put(&m, data, SIM_REPORT_DATA_LEN);
	status = sim_call(*(const int *)self, &m, &body);
	take(report, SIM_REPORT_LEN, body);
	return status;
}

struct sim_enclu sim_enclu_over(const int *fd)
{
	return (struct sim_enclu){ fd, over_egetkey, over_ereport };
}

/* ---- the PCE behind a socket */

static enum sim_status over_pce_report(const void *self,
                                       uint8_t report[SIM_REPORT_LEN])
{
	struct assay_bytes body;
	struct sim_message m;
	enum sim_status status;

	sim_message_begin(&m, SIM_OP_PCE_REPORT);
	status = sim_call(*(const int *)self, &m, &body);
	take(report, SIM_REPORT_LEN, body);
	return status;
}

static enum sim_status over_get_pc_info(const void *self,
                                        struct sim_pce_info *info,
                                        const uint8_t report[SIM_REPORT_LEN],
                                        uint8_t suite,
                                        const struct sim_ppid_key *key)
{
	struct assay_bytes body;
	struct sim_message m;
	enum sim_status status;

	sim_message_begin(&m, SIM_OP_PC_INFO);
	sim_message_put(&m, report, SIM_REPORT_LEN);
	sim_message_put_le(&m, suite, 1);
	sim_message_put(&m, key->n, sizeof(key->n));
	sim_message_put(&m, key->e, sizeof(key->e));
	status = sim_call(*(const int *)self, &m, &body);

	struct assay_rd r = assay_rd(body);

	assay_rd_copy(&r, info->ppid, sizeof(info->ppid), "PPID");
	info->pce_svn = assay_rd_u16le(&r, "PCESVN");
	info->pce_id = assay_rd_u16le(&r, "PCEID");
	info->scheme = assay_rd_u8(&r, "scheme");
	return status;
}

static enum sim_status over_certify(const void *self, uint8_t sig[64],
                                    const struct sim_psvn *psvn,
                                    const uint8_t report[SIM_REPORT_LEN])
{
	struct assay_bytes body;
	struct sim_message m;
	enum sim_status status;

	sim_message_begin(&m, SIM_OP_CERTIFY);
	sim_message_put(&m, report, SIM_REPORT_LEN);
	sim_message_put(&m, psvn->cpu_svn, SIM_CPUSVN_LEN);
	sim_message_put_le(&m, psvn->pce_svn, 2);
	status = sim_call(*(const int *)self, &m, &body);
	take(sig, 64, body);
	return status;
}

struct sim_pce sim_pce_over(const int *fd)
{
	return (struct sim_pce){ fd, over_pce_report, over_get_pc_info,
		                 over_certify };
}
