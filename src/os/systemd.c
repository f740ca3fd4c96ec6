/* systemd.c - what a service manager gives and is told. */
#include "os/systemd.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST = 3 };

int systemd_listening(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	const bool mine = pid && n && strtol(pid, NULL, 10) == getpid() &&
	                  strcmp(n, "1") == 0;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return mine && fcntl(FIRST, F_SETFD, FD_CLOEXEC) == 0 ? FIRST : -1;
}

bool systemd_tell(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const size_t n = path ? strlen(path) : 0;
	bool told;
	int fd;

	if (n == 0)
		return true;
	if (n >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, path, n);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = 0; /* an abstract one */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	told = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	              (const struct sockaddr *)&to,
	              (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	                          n)) == (ssize_t)strlen(state);
	close(fd);
	return told;
}
