/* h_relay.h - something between a database and who asks it, that cuts. */
#ifndef TESTS_H_RELAY_H
#define TESTS_H_RELAY_H

/* Passes on what comes at "relay" beside the folder "pg" of PostgreSQL's socket;
 * `from` begins with that folder's path, which an '&' ends. */
void relay_start(const char *from);
/* The next connection that passes on so many more bytes is cut: of questions, or
 * of answers.  -1: none. */
void relay_cut(int answers, long bytes);
void relay_stop(void);

#endif
