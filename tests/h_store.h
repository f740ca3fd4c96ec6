/* h_store.h - places for stores that tests make and throw away. */
#ifndef TESTS_H_STORE_H
#define TESTS_H_STORE_H

/* One of them. */
struct h_store {
	const char *name;
	const char *(*absent)(void); /* why it cannot be here, or NULL */
	void (*make)(void);          /* an empty one: h_store_where() */
	void (*sql)(const char *sql);
	void (*own_tests)(void);
};

const char *h_store_where(void);
void h_store_new(const struct h_store *place);
/* Does what somebody else might, in the last that was made: "SQL|VALUE|...",
 * where %s stands for a value of bytes. */
void h_store_sql(const char *sql);
/* This process may write no file that is larger. */
void h_store_limit(unsigned long most);
/* Stops and removes all. */
void h_store_end(void);

const char *h_file_absent(void);
void h_file_new(void);
void h_file_sql(const char *sql);

/* A schema of a PostgreSQL that is started when the first is made. */
const char *h_pg_absent(void);
void h_pg_new(void);
void h_pg_sql(const char *sql);
/* The number that a statement answers. */
long h_pg_number(const char *sql);
/* Those that are started later wait for the disk. */
void h_pg_durable(void);
/* Its disk has this size, in mounts of this process's own (h_disk.h); where it
 * is, or NULL.  Before it is started. */
const char *h_pg_disk(const char *options);
void h_pg_start(void);
/* Nobody tells it to stop, and nothing of it is left. */
void h_pg_kill(void);
/* `crash`: as if it had been killed. */
void h_pg_stop(int crash);

#endif
