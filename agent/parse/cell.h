/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cell: a child process that reads what attackers may have written.
 *
 * ELF files, package databases, unit files, crontabs and certificates are
 * parsed there and nowhere else. The child has no capability, no name on the
 * file system (Landlock, where the kernel has it), no system call beyond
 * reading the descriptors it is sent and answering (seccomp), and limits on
 * memory and time. The asker opens the files, hands over one descriptor a
 * question and gets rows back. A child that crashes or hangs is ended and
 * replaced; the question fails, is counted, and can be told as an event.
 *
 * One question at a time; not for use by two threads at once. The child ends
 * with the thread that asked first.
 */
#ifndef WEIR_PARSE_CELL_H
#define WEIR_PARSE_CELL_H

#include <stdint.h>

#include "parse/parsers.h"
#include "parse/row.h"

/* For one question, unless the caller says otherwise. */
#define CELL_TIME_NS 5000000000ULL

/* Address space of the child. */
#define CELL_MEMORY_BYTES (192ULL << 20)

/* One that was taken over by what it read does not stay for longer. */
#define CELL_QUESTIONS_MAX 1000

struct cell;

struct cell_counts {
	uint64_t asked;
	uint64_t crashed; /* the child died */
	uint64_t hung;	  /* it was out of time, or of memory */
	uint64_t lied;	  /* it answered what no parser of ours answers */
	uint64_t started; /* children */
};

/* What became of a question. */
enum cell_fault {
	CELL_FINE, /* answered; an error is the parser's own word */
	CELL_CRASHED,
	CELL_HUNG,
	CELL_LIED,
	CELL_ABSENT, /* no child could be started */
};

/*
 * The texts that the ELF parser looks for are sent to each child at its start;
 * they are copied. The child is started by the first question. 0 and *ret the
 * caller's for cell_free(), or -errno.
 */
int cell_new(const char *const *needles, uint32_t needle_cnt, struct cell **ret);
struct cell *cell_free(struct cell *c); /* returns NULL; takes NULL */
void cell_freep(struct cell **c);

/* Non-zero ends the answer and is returned. */
typedef int (*cell_row_fn)(void *ctx, const struct row *row);

/*
 * What @parser finds in @fd (open for reading, a regular file; it stays the
 * caller's; -1: all it needs is in @ask). @ask: what the parser wants to know
 * besides, up to CELL_ASK_BYTES_MAX, may be NULL. 0, what the parser or @fn
 * returned, -EIO: the child crashed, -ETIME: it hung, -EPROTO: it lied,
 * -ECHILD: there is none; rows that came before that were handed over.
 * @time_ns 0: CELL_TIME_NS; it is the time that is waited for the child, and
 * half of it is what a parser is told to keep to.
 */
#define CELL_ASK_BYTES_MAX (1u << 20)
int cell_ask(struct cell *c, enum parser parser, int fd, const void *ask, uint32_t ask_len,
	     uint64_t time_ns, cell_row_fn fn, void *ctx);

void cell_count(const struct cell *c, struct cell_counts *ret);

/* Of the last question, and in words: "it died of signal 11 (Segmentation fault)". */
enum cell_fault cell_fault(const struct cell *c);
const char *cell_why(const struct cell *c);

/* "crashed", "hung", "lied" */
const char *cell_fault_name(enum cell_fault fault);

/*
 * How the child is confined here, for `weir doctor`: "no capabilities,
 * seccomp, ...", or why there can be none. It starts one; valid until the
 * next call.
 */
const char *cell_walls(void);

/* main() calls it when the program was started as the child. Does not return. */
_Noreturn void cell_main(void);
#define CELL_ARGV0 "weir-cell"

#endif /* WEIR_PARSE_CELL_H */
