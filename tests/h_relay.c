/* h_relay.c - something between a database and who asks it, that cuts. */
#include "h_relay.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SOCKET "/.s.PGSQL.5432"

static struct sockaddr_un here, there;
static int listening;
static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long left[2] = { -1, -1 }; /* bytes of questions, of answers */
static unsigned n_open;

static void must(bool holds)
{
	if (holds)
		return;
	perror("h_relay");
	exit(2);
}

void relay_cut(int answers, long bytes)
{
	pthread_mutex_lock(&lock);
	left[0] = left[1] = -1;
	left[answers] = bytes;
	pthread_mutex_unlock(&lock);
}

/* How many of n bytes pass; who is told fewer is cut. */
static size_t let(int answers, size_t n)
{
	long *most = &left[answers];

	pthread_mutex_lock(&lock);
	if (*most >= 0 && n > (size_t)*most) {
		n = (size_t)*most;
		*most = -1;
	} else if (*most >= 0) {
		*most -= (long)n;
	}
	pthread_mutex_unlock(&lock);
	return n;
}

static bool pass(int from, int to, int answers)
{
	char some[16384];
	const ssize_t n = recv(from, some, sizeof(some), 0);
	size_t most;

	if (n <= 0)
		return false;
	most = let(answers, (size_t)n);
	return send(to, some, most, MSG_NOSIGNAL) == n;
}

static void *relay(void *arg)
{
	const int ours = (int)(intptr_t)arg;
	const int theirs = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd p[2] = { { .fd = ours, .events = POLLIN },
		               { .fd = theirs, .events = POLLIN } };
	bool good = connect(theirs, (void *)&there, sizeof(there)) == 0;

	while (good && poll(p, 2, -1) > 0) {
		if (p[0].revents)
			good = pass(ours, theirs, 0);
		if (good && p[1].revents)
			good = pass(theirs, ours, 1);
	}
	close(ours);
	close(theirs);
	pthread_mutex_lock(&lock);
	n_open--;
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void *accepting(void *arg)
{
	pthread_t one;
	int fd;

	(void)arg;
	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		pthread_mutex_lock(&lock);
		n_open++;
		pthread_mutex_unlock(&lock);
		must(pthread_create(&one, NULL, relay, (void *)(intptr_t)fd) ==
		     0);
		pthread_detach(one);
	}
	return NULL;
}

void relay_start(const char *from)
{
	const int n = (int)strcspn(from, "&") - (int)strlen("/pg");

	here.sun_family = there.sun_family = AF_UNIX;
	snprintf(there.sun_path, sizeof(there.sun_path), "%.*s/pg" SOCKET, n,
	         from);
	snprintf(here.sun_path, sizeof(here.sun_path), "%.*s/relay", n, from);
	must(mkdir(here.sun_path, 0700) == 0);
	snprintf(here.sun_path, sizeof(here.sun_path), "%.*s/relay" SOCKET, n,
	         from);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(listening >= 0 &&
	     bind(listening, (void *)&here, sizeof(here)) == 0 &&
	     listen(listening, 64) == 0 &&
	     pthread_create(&thread, NULL, accepting, NULL) == 0);
}

static unsigned count_open(void)
{
	unsigned n;

	pthread_mutex_lock(&lock);
	n = n_open;
	pthread_mutex_unlock(&lock);
	return n;
}

/* Those that it serves have ended. */
void relay_stop(void)
{
	const struct timespec tick = { .tv_nsec = 10 * 1000 * 1000 };

	shutdown(listening, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(listening);
	for (int i = 0; i < 300 && count_open(); i++)
		nanosleep(&tick, NULL);
}
