/* probe.c - what this kernel has to keep an enclave apart. */
#include "daemon/probe.h"

#include "cli/cli.h"
#include "launch/isolate.h"

#include <stdio.h>

int probe_list(bool json)
{
	bool all = true;

	for (const struct sim_protection *p = sim_protections; p->name; p++) {
		bool has = p->probe();

		all = all && (has || !p->needed);
		if (json)
			printf("%s{\"name\":\"%s\",\"needed\":%s,"
			       "\"present\":%s}%s",
			       p == sim_protections ? "[" : ",", p->name,
			       p->needed ? "true" : "false",
			       has ? "true" : "false", p[1].name ? "" : "]\n");
		else
			printf("%-15s %-8s %-7s %s\n", p->name,
			       p->needed ? "needed" : "optional",
			       has ? "present" : "missing", p->what);
	}
	return fflush(stdout) ? 2 : all ? 0 : 1;
}

void probe_warn(const char *verb)
{
	for (const struct sim_protection *p = sim_protections; p->name; p++)
		if (!p->needed && !p->probe())
			cli_warn("%s: warning: without %s: %s", verb, p->name,
			         p->what);
}
