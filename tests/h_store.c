/* h_store.c - places for stores that tests make and throw away. */
#include "h_store.h"

#include "h_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <postgresql/libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], where[512];
static char disk[100]; /* of PostgreSQL's own; "": none */
static const struct h_store *last;
static unsigned n_made;
static pid_t maker; /* its children stop nothing */
static pid_t server;
static const char *sync_setting = "fsync=off"; /* nobody pulls the plug */

static void must(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "h_store: %s\n", what);
	h_store_end();
	exit(2);
}

static void make_folder(void)
{
	if (folder[0])
		return;
	strcpy(folder, "/tmp/assay-store-XXXXXX");
	must(mkdtemp(folder) != NULL && chmod(folder, 0711) == 0,
	     "no temporary folder");
	maker = getpid();
}

const char *h_store_where(void)
{
	return where;
}

void h_store_new(const struct h_store *place)
{
	make_folder();
	last = place;
	n_made++;
	place->make();
}

/* "SQL|VALUE|..." with each %s as a value of bytes, x'...' in SQLite. */
static void expand(char *out, size_t size, const char *sql, const char *before)
{
	const char *value = strchr(sql, '|');
	size_t n = 0;

	for (; *sql && *sql != '|' && n + 300 < size; sql++) {
		if (sql[0] != '%' || sql[1] != 's') {
			out[n++] = *sql;
			continue;
		}
		sql++;
		n += (size_t)sprintf(out + n, "%s", before);
		for (value++; value[-1] && *value && *value != '|'; value++)
			n += (size_t)sprintf(out + n, "%02x",
			                     (unsigned char)*value);
		out[n++] = '\'';
	}
	out[n] = 0;
}

void h_store_sql(const char *sql)
{
	last->sql(sql);
}

void h_store_limit(unsigned long most)
{
	const struct rlimit limit = { most, most };

	must(setrlimit(RLIMIT_FSIZE, &limit) == 0, "no limit");
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void h_store_end(void)
{
	if (!folder[0] || getpid() != maker)
		return;
	h_pg_stop(1);
	if (disk[0])
		disk_unmount(disk);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	folder[0] = 0;
}

/* ---- a file */

const char *h_file_absent(void)
{
	return NULL;
}

void h_file_new(void)
{
	snprintf(where, sizeof(where), "%s/%u.db", folder, n_made);
}

void h_file_sql(const char *sql)
{
	char text[2000];
	sqlite3 *db = NULL;

	expand(text, sizeof(text), sql, "x'");
	must(sqlite3_open(where, &db) == SQLITE_OK &&
	             sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK,
	     text);
	sqlite3_close(db);
}

/* ---- a schema of a PostgreSQL */

static const char *program(const char *name)
{
	static char path[300];
	glob_t found = { 0 };
	size_t n;

	path[0] = 0;
	if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) == 0) {
		n = found.gl_pathc;
		snprintf(path, sizeof(path), "%s/%s", found.gl_pathv[n - 1],
		         name);
	}
	globfree(&found);
	return path;
}

/* It does not run as root. */
static const struct passwd *somebody(void)
{
	const struct passwd *who = getpwnam("postgres");

	return who ? who : getpwnam("nobody");
}

const char *h_pg_absent(void)
{
	if (access(program("initdb"), X_OK) != 0)
		return "no PostgreSQL in /usr/lib/postgresql";
	if (getuid() == 0 && !somebody())
		return "no user but root";
	return NULL;
}

/* In a child: a program as an ordinary user who ends with us, its words in
 * the folder. */
static void become(const char *const *argv)
{
	const struct passwd *who = somebody();
	char log[100];
	int out;

	snprintf(log, sizeof(log), "%s/log", folder);
	out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	if (getuid() == 0 &&
	    (setgroups(0, NULL) != 0 || setgid(who->pw_gid) != 0 ||
	     setuid(who->pw_uid) != 0))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	if (chdir("/") == 0)
		execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void make_cluster(const char *data)
{
	const char *argv[] = { program("initdb"), "-D", data,    "-U",
		               "assay",           "-A", "trust", "-N",
		               "--no-locale",     NULL };
	const struct passwd *who = somebody();
	int status;
	pid_t pid;

	must(mkdir(data, 0700) == 0 || errno == EEXIST, data);
	if (getuid() == 0)
		must(chown(data, who->pw_uid, who->pw_gid) == 0, data);
	pid = fork();
	if (pid == 0)
		become(argv);
	must(waitpid(pid, &status, 0) == pid && status == 0, "initdb");
}

static PGconn *administrator(void)
{
	char admin[300];

	snprintf(admin, sizeof(admin), "host=%s/pg user=assay dbname=postgres",
	         folder);
	return PQconnectdb(admin);
}

static bool answers(void)
{
	PGconn *conn = administrator();
	bool yes = PQstatus(conn) == CONNECTION_OK;

	PQfinish(conn);
	return yes;
}

void h_pg_durable(void)
{
	sync_setting = "fsync=on";
}

const char *h_pg_disk(const char *options)
{
	make_folder();
	snprintf(disk, sizeof(disk), "%s/pg", folder);
	must(mkdir(disk, 0700) == 0, disk);
	return disk_mount(disk, options) ? disk : NULL;
}

/* Until it answers; one that was killed may have left some that end only now,
 * beside whom none starts. */
static void wait_started(const char *const *argv)
{
	for (int i = 0; i < 600 && !answers(); i++) {
		if (waitpid(server, NULL, WNOHANG) == server) {
			server = fork();
			if (server == 0)
				become(argv);
		}
		usleep(50000);
	}
}

void h_pg_start(void)
{
	static char data[100], sockets[200], version[120];
	const char *argv[] = { program("postgres"),
		               "-D",
		               data,
		               "-c",
		               sockets,
		               "-c",
		               "listen_addresses=",
		               "-c",
		               sync_setting,
		               "-c",
		               "shared_buffers=16MB",
		               NULL };

	snprintf(data, sizeof(data), "%s/pg", folder);
	snprintf(sockets, sizeof(sockets), "unix_socket_directories=%s", data);
	snprintf(version, sizeof(version), "%s/PG_VERSION", data);
	if (access(version, F_OK) != 0) {
		make_cluster(data);
		argv[0] = program("postgres");
	}
	server = fork();
	if (server == 0)
		become(argv);
	wait_started(argv);
}

void h_pg_kill(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	server = 0;
}

void h_pg_stop(int crash)
{
	if (server > 0) {
		kill(server, crash ? SIGQUIT : SIGINT);
		waitpid(server, NULL, 0);
	}
	server = 0;
}

static char *pg_do(const char *sql)
{
	static char answer[100];
	PGconn *conn = administrator();
	PGresult *r = PQexec(conn, sql);
	const ExecStatusType status = PQresultStatus(r);

	must(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK,
	     PQerrorMessage(conn));
	answer[0] = 0;
	if (PQntuples(r))
		snprintf(answer, sizeof(answer), "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
	PQfinish(conn);
	return answer;
}

void h_pg_new(void)
{
	char sql[100];

	if (!server)
		h_pg_start();
	snprintf(sql, sizeof(sql), "CREATE SCHEMA t%u", n_made);
	pg_do(sql);
	snprintf(where, sizeof(where),
	         "postgresql:///postgres?host=%s/pg&user=assay"
	         "&options=-csearch_path%%3Dt%u",
	         folder, n_made);
}

void h_pg_sql(const char *sql)
{
	char text[2200];
	int n = snprintf(text, sizeof(text), "SET search_path = t%u;", n_made);

	expand(text + n, sizeof(text) - (size_t)n, sql, "'\\x");
	pg_do(text);
}

long h_pg_number(const char *sql)
{
	return strtol(pg_do(sql), NULL, 10);
}
