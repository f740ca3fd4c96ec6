/* h_launch.c - a machine and a signed enclave program to launch on it. */
#include "h_launch.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "h_machine.h"
#include "h_measure.h"
#include "measure/launch.h"
#include "measure/sigstruct.h"
#include "launch/isolate.h"
#include "tap.h"

static bool build(const struct h_launch *h)
{
	char command[400];

	snprintf(command, sizeof(command),
	         "${CC:-cc} -O2 -static-pie -Wl,-z,relro,-z,now,-z,noexecstack,"
	         "-z,separate-code -o %s/victim tests/p_victim.c 2>%s/log",
	         h->dir, h->dir);
	return system(command) == 0;
}

static void sign(struct buf *out, struct assay_bytes program)
{
	static const uint8_t args[] = "enclave\0one\0\0two";
	struct assay_launch launch = {
		.stack = 1 << 20,
		.heap = 16 << 20,
		.threads = 1,
		.profile = ASSAY_PROFILE_CLOSED,
		.n_args = 4,
		.args = { args, sizeof(args) },
	};
	struct assay_measuring how = { .launch = &launch };
	uint8_t page[ASSAY_PAGE], s[ASSAY_SIGSTRUCT_LEN];
	uint8_t tail[ASSAY_SIGNED_TAIL];
	struct assay_sigstruct fields;
	struct assay_measurement m;

	assay_sigstruct_default(&fields, true);
	if (!assay_measure(&m, program, &how) ||
	    !assay_launch_write(page, &launch, program, NULL))
		abort();
	memcpy(fields.mrenclave, m.computed, 32);
	if (!assay_sigstruct_sign(s, &fields, machine_signer(2), NULL))
		abort();
	assay_signed_tail(tail, program.len, page, s);
	buf_put_bytes(out, program);
	buf_put(out, tail, sizeof(tail));
}

bool launch_sign(struct buf *out, const char *path)
{
	struct assay_bytes program;
	uint8_t *p = slurp(path, &program.len);

	if (!p)
		return false;
	program.ptr = p;
	sign(out, program);
	free(p);
	return true;
}

bool launch_prepare(struct h_launch *h, const char **why)
{
	static struct sim_machine machine;
	static struct sim_world world;
	char path[64];

	*h = (struct h_launch){ .dir = "/tmp/assay-launch-XXXXXX" };
	if (!mkdtemp(h->dir))
		abort();
	*why = "cc -static-pie";
	if (!build(h))
		return false;
	machine_default(&machine);
	machine_provision(&machine, &world);
	if (!sim_machine_write(&machine, h->dir))
		abort();
	sim_machine_free(&machine);
	sim_world_free(&world);
	snprintf(path, sizeof(path), "%s/victim", h->dir);
	if (!launch_sign(&h->program, path))
		abort();
	return true;
}

void launch_free(struct h_launch *h)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", h->dir);
	if (system(command) != 0)
		note("%s stays", h->dir);
	buf_free(&h->program);
}

const char *launch_lacks(void)
{
	const struct sim_protection *p = sim_protections;

	while (p->name && (!p->needed || p->probe()))
		p++;
	return p->name;
}

static bool take(int fd, void *to, size_t n)
{
	uint8_t *p = to;

	while (n > 0) {
		struct pollfd wait = { fd, POLLIN, 0 };
		ssize_t got = poll(&wait, 1, 10000) == 1 ? read(fd, p, n) : 0;

		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

const char *launch_ask(const struct sim_run *run, char what, size_t *len)
{
	static char answer[20001];
	uint32_t n;

	if (write(run->requests, &what, 1) != 1 ||
	    !take(run->requests, &n, sizeof(n)) || n >= sizeof(answer) ||
	    !take(run->requests, answer, n))
		return NULL;
	answer[n] = 0;
	if (len)
		*len = n;
	return answer;
}
