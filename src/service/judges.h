/* judges.h - who judges, and what of it is remembered. */
#ifndef SERVICE_JUDGES_H
#define SERVICE_JUDGES_H

#include "service/inner.h"

struct service_judges *service_judges_open(struct service *service);
void service_judges_close(struct service_judges *js);

/* Of a case that was judged: whether the rules say which code it must be; and why
 * the service had no documents of its own for it (NULL: it had). */
bool service_case_names_code(const struct service_case *c);
const char *service_case_lacks(const struct service_case *c);

/* ---- what was seen (sightings.c): written into the store once a second, by a
 * thread of its own */

struct service_sightings *service_sightings_start(struct service *service);
/* Writes what is left. */
void service_sightings_stop(struct service_sightings *g);
/* Writes what was seen until now, unless the store takes long. */
void service_sightings_flush(struct service *service);
/* Takes note of a platform that proved genuine, or is refused for what it is. */
void service_saw(struct service *service, const struct service_case *c);

#endif
