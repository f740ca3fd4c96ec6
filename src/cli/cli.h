/* cli.h - what the verbs of `assay` share: options, text, files. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <assay/assay.h>

/* Exit statuses, as grep's. */
enum { CLI_YES = 0, CLI_NO = 1, CLI_TROUBLE = 2 };

struct cli_text; /* text that grows, below */

/* ---- verbs and their options (option.c) ---- */

/* Operands, or an option that may be given several times. */
struct cli_list {
	const char **item;
	size_t n;
};

struct cli_time {
	bool given;
	int64_t at;
};

enum cli_kind {
	CLI_FLAG, /* bool */
	CLI_TEXT, /* const char *, at most once */
	CLI_LIST, /* struct cli_list */
	CLI_TIME, /* struct cli_time, at most once */
};

struct cli_option {
	const char *name;  /* "--at"; NULL ends a table */
	const char *value; /* "TIME", or NULL: a flag */
	enum cli_kind kind;
	size_t to; /* its offset in the verb's own struct */
	const char *help;
};

/* A verb is one file: what it is called, how, and what it does. */
struct cli_verb {
	const char *name;     /* "verify", "collateral show" */
	const char *operands; /* "EVIDENCE..." */
	const char *summary;
	const struct cli_option *options;
	int (*run)(int argc, char **argv); /* argv[0] is the name's last word */
};

extern const struct cli_verb cmd_verify, cmd_inspect, cmd_explain,
	cmd_collateral_show, cmd_collateral_bundle, cmd_policy_check,
	cmd_policy_keys, cmd_policy_test, cmd_forecast, cmd_measure, cmd_sign,
	cmd_key_new, cmd_key_show, cmd_attest, cmd_diff, cmd_token_verify,
	cmd_audit_verify, cmd_audit_check;

/*
 * cli_options reads the arguments into the verb's struct `to` (zeroed by the
 * caller) and `operands`.  False: there is nothing more to do, and `status` is
 * what to exit with (help was asked for, or something is wrong with it).
 */
ASSAY_MUST_CHECK bool cli_options(void *to, struct cli_list *operands,
                                  int *status, const struct cli_verb *verb,
                                  int argc, char **argv);
/* The same with from `least` to `most` operands, which go into operand[]; the
 * others become NULL. */
ASSAY_MUST_CHECK bool cli_operands(void *to, const char **operand, size_t least,
                                   size_t most, int *status,
                                   const struct cli_verb *verb, int argc,
                                   char **argv);
/* Standard input is read once: whether one argument at most is "-", of a verb
 * that writes no file.  False, with a message. */
ASSAY_MUST_CHECK bool cli_input_once(const struct cli_verb *verb, int argc,
                                     char **argv);
int cli_help(const struct cli_verb *verb);
/* cli_usage says what is wrong with the arguments; always CLI_TROUBLE. */
int cli_usage(const struct cli_verb *verb, const char *fmt, ...)
	ASSAY_PRINTF(2, 3);

/* ---- which verb is meant (verb.c) ---- */

/* How many of the arguments are the words of this name; 0: it is another. */
int cli_match(const char *name, int argc, char **argv);
/* Whether this is the first word of a name of several. */
bool cli_begins(const char *name, const char *word);
/* A verb in a list of them. */
void cli_put_row(struct cli_text *text, const char *name, const char *summary);

/* "Did you mean": the nearest name of those considered, without regard to case;
 * NULL where none is near. */
struct cli_near {
	const char *wanted, *name;
	unsigned distance;
};
struct cli_near cli_near(const char *wanted);
void cli_consider(struct cli_near *near, const char *name);

/* ---- their values (value.c) ---- */

/* A number of decimal digits, at most `max`. */
ASSAY_MUST_CHECK bool cli_number(uint64_t *n, const char *text, uint64_t max);
/* What an option says, into `n`, which stays as it is if `text` is NULL.  False,
 * with a message. */
ASSAY_MUST_CHECK bool cli_take_number(uint64_t *n, const struct cli_verb *verb,
                                      const char *option, const char *text,
                                      uint64_t least, uint64_t most);
/* 1 to `most` bytes in hex, and how many.  False, with a message. */
ASSAY_MUST_CHECK bool cli_take_hex(uint8_t *out, size_t *n, size_t most,
                                   const struct cli_verb *verb,
                                   const char *option, const char *text);

/* ---- text (text.c) ---- */

/* Text that grows; a NUL follows it. */
struct cli_text {
	char *ptr;
	size_t len, cap;
	bool colour;
};

void cli_put(struct cli_text *text, const char *fmt, ...) ASSAY_PRINTF(2, 3);
void cli_put_hex(struct cli_text *text, const uint8_t *p, size_t n, bool upper);
/* A sentence in lines of at most 78 columns: `first` before the first, as many
 * spaces before the others. */
void cli_put_wrapped(struct cli_text *text, const char *first,
                     const char *sentence);
/* What a line is about, in a column of its own. */
void cli_put_label(struct cli_text *text, const char *label);
/* A name from outside: control characters become '?'. */
void cli_put_name(struct cli_text *text, const char *name);

enum cli_paint { CLI_PLAIN = 0, CLI_BOLD, CLI_GREEN, CLI_YELLOW, CLI_RED };
/* What switches the paint on, and (CLI_PLAIN) off: "" without colours. */
const char *cli_paint(const struct cli_text *text, enum cli_paint paint);

/* cli_colour: stdout is a terminal and nobody said NO_COLOR. */
bool cli_colour(void);
/* cli_flush writes the text to stdout and empties it; false (and a message) if
 * that fails. */
ASSAY_MUST_CHECK bool cli_flush(struct cli_text *text);
/* The same, and frees it; CLI_YES or CLI_TROUBLE. */
int cli_print(struct cli_text *text);
void cli_text_free(struct cli_text *text);

/* Writes all of it; false, with errno, if that fails. */
ASSAY_MUST_CHECK bool cli_write_all(int fd, const char *p, size_t n);

/* A line "assay: ..." on stderr. */
void cli_warn(const char *fmt, ...) ASSAY_PRINTF(1, 2);
/* A check that failed, as a line: "QUOTE Q_SIG [DCAP 4.0] at byte 436: ...". */
void cli_put_err(struct cli_text *text, const struct assay_err *err);
/* The same of what `name` names, and what to do about it. */
void cli_put_fault(struct cli_text *text, const char *name,
                   const struct assay_err *err);
void cli_warn_err(const char *name, const struct assay_err *err);

/* A key of a policy file, as its manual has it (cmd_policy.c). */
void cli_put_key(struct cli_text *text, const struct assay_policy_key *key);

/* ---- memory (memory.c) ---- */

/* Zeroed memory, or the end of the program. */
void *cli_alloc(size_t n, size_t size);
_Noreturn void cli_out_of_memory(void);
/* cli_expect_judgement has the heap grow by what a judgement needs, at once:
 * page by page, as each is touched, takes as long as two signatures. */
void cli_expect_judgement(void);

/* ---- files (file.c) ---- */

/*
 * cli_read reads a file ("-": stdin) into memory that the caller frees, at most
 * one byte more than ASSAY_EVIDENCE_MAX: who reads it then says that it is too
 * large.  False, with errno, if it cannot be read.
 */
ASSAY_MUST_CHECK bool cli_read(uint8_t **ptr, size_t *len, const char *path);
/* The same with at most one byte more than `max`. */
ASSAY_MUST_CHECK bool cli_read_max(uint8_t **ptr, size_t *len, const char *path,
                                   size_t max);
/* Writes the file anew, whole or not at all; what is no regular file (a device,
 * a pipe, where a link leads) is written into; "-": stdout.  False, with
 * errno. */
ASSAY_MUST_CHECK bool cli_write(const char *path, const char *text, size_t len);
bool cli_is_folder(const char *path);
/* The regular files of a folder, as paths, sorted by name; false, with errno.
 * Adds to `list`, whose items and array are allocated. */
ASSAY_MUST_CHECK bool cli_folder(struct cli_list *list, const char *path);
/* The files of evidence that operands mean: themselves, or what is in a folder
 * but for documents of a collateral.  False, with a message. */
ASSAY_MUST_CHECK bool cli_files(struct cli_list *files,
                                const struct cli_list *operands);
void cli_list_add(struct cli_list *list, const char *item);
const char *cli_base_name(const char *path);

/* Memory to decode `n` bytes into. */
struct assay_scratch cli_scratch(size_t n);

/* ---- roots and times (root.c) ---- */

/* cli_root reads --root: a certificate in PEM or DER, or a key in hex.  NULL
 * path, or "intel": Intel's.  False, with a message, if it is none. */
ASSAY_MUST_CHECK bool cli_root(uint8_t key[64], const char *path);
/* The time that was given, or the clock's. */
int64_t cli_now(const struct cli_time *at);

#endif
