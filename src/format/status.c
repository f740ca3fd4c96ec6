/* status.c - TCB statuses by name. */
#include <string.h>

#include "base/rd.h"
#include "format/tcb.h"

static const struct {
	const char *name, *meaning;
} statuses[ASSAY_N_STATUS] = {
	[ASSAY_STATUS_REVOKED] = { "Revoked",
	                           "The manufacturer no longer vouches for "
	                           "machines at this level." },
	[ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED] = { "OutOfDateConfigura"
	                                                    "tionNeeded",
	                                                    "The machine "
	                                                    "misses security "
	                                                    "updates, and its "
	                                                    "configuration may "
	                                                    "be unsafe as "
	                                                    "well." },
	[ASSAY_STATUS_OUT_OF_DATE] = { "OutOfDate",
	                               "The machine misses security updates: "
	                               "what the advisories describe may be "
	                               "used against it." },
	[ASSAY_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] = { "TDRelaunch"
	                                                            "AdvisedCon"
	                                                            "figuration"
	                                                            "Needed",
	                                                            "The TDX "
	                                                            "module "
	                                                            "was "
	                                                            "updated, "
	                                                            "but this "
	                                                            "TD was "
	                                                            "started "
	                                                            "before "
	                                                            "that, and "
	                                                            "the "
	                                                            "configurat"
	                                                            "ion may "
	                                                            "be unsafe "
	                                                            "as well: "
	                                                            "what it "
	                                                            "held in "
	                                                            "memory "
	                                                            "may have "
	                                                            "leaked." },
	[ASSAY_STATUS_TD_RELAUNCH_ADVISED] = { "TDRelaunchAdvised",
	                                       "The TDX module was updated, "
	                                       "but this TD was started before "
	                                       "that: what it held in memory "
	                                       "may have leaked." },
	[ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED] = { "Configuration"
	                                                         "AndSWHardenin"
	                                                         "gNeeded",
	                                                         "The machine "
	                                                         "is up to "
	                                                         "date, but is "
	                                                         "safe only "
	                                                         "with another "
	                                                         "configuration"
	                                                         " and with "
	                                                         "enclave code "
	                                                         "that defends "
	                                                         "itself "
	                                                         "against what "
	                                                         "the "
	                                                         "advisories "
	                                                         "describe." },
	[ASSAY_STATUS_CONFIGURATION_NEEDED] = { "ConfigurationNeeded",
	                                        "The machine is up to date, "
	                                        "but is safe only with another "
	                                        "configuration (often: "
	                                        "hyper-threading off, or "
	                                        "another BIOS setting)." },
	[ASSAY_STATUS_SW_HARDENING_NEEDED] = { "SWHardeningNeeded",
	                                       "The machine is up to date, but "
	                                       "enclave code must defend "
	                                       "itself against what the "
	                                       "advisories describe." },
	[ASSAY_STATUS_UP_TO_DATE] = { "UpToDate",
	                              "The machine has every update that the "
	                              "manufacturer asks for." },
};

const char *assay_status_name(enum assay_status status)
{
	return status < ASSAY_N_STATUS ? statuses[status].name : NULL;
}

const char *assay_status_meaning(enum assay_status status)
{
	return status < ASSAY_N_STATUS ? statuses[status].meaning : NULL;
}

enum assay_status assay_status_find(struct assay_bytes name)
{
	for (size_t i = 1; i < ASSAY_N_STATUS; i++)
		if (strlen(statuses[i].name) == name.len &&
		    memcmp(statuses[i].name, name.ptr, name.len) == 0)
			return (enum assay_status)i;
	return ASSAY_STATUS_NONE;
}
