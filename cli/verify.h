/* verify.h - checks files of evidence without a node: proofs, checkpoints, exhibits, cards, and an
 * exported log.
 *
 * What is trusted are the keys that the user gives; a file that brings its own card is checked
 * against that, and the verdict says so. A verdict is one line: good, or what is wrong, with file,
 * line and entry. Errors are verdicts; only SYM_NO_MEMORY and what the terminal does are others.
 */
#ifndef SYM_CLI_VERIFY_H
#define SYM_CLI_VERIFY_H

#include "cli/audit/erasures.h"
#include "cli/options.h"
#include "crypto/card.h"
#include "crypto/merkle.h"
#include "crypto/note.h"

#include <stdio.h>

#define SYM_TRUST_MAX SYM_GIVEN_MAX /* all that a command line can name */
/* One file of evidence, bytes. */
#define SYM_PROOF_BYTES_MAX (1u << 20)

/* Keys and cards that the user gives. */
struct sym_trust {
    struct sym_note_key keys[SYM_TRUST_MAX];
    size_t n_keys;
    struct sym_card cards[SYM_TRUST_MAX];
    size_t n_cards;
};

/* The log key of this origin that is trusted, or NULL. */
const uint8_t *sym_trust_log_key(const struct sym_trust *t, struct sym_span origin);
/* Nothing was given to compare with. */
bool sym_trust_is_empty(const struct sym_trust *t);
/* Are the identity and log key of this card those of one that is trusted? */
bool sym_trust_card(const struct sym_trust *t, const struct sym_card *card);
/* Cosignatures of the note by keys that are trusted; those that do not verify are a fault. */
SYM_MUST enum sym_err sym_trust_cosigners(const struct sym_trust *t, size_t *n,
                                          const struct sym_note *note, const char *name,
                                          struct sym_fault *fault);

#define SYM_VERDICT_BYTES 2048u

/* A head and the entries of an export of its log. */
enum sym_head_state {
    SYM_HEAD_UNSEEN, /* no such export was given, or it ends before */
    SYM_HEAD_FITS,
    SYM_HEAD_CONTRADICTS /* or another head does */
};

struct sym_verdict {
    const char *kind; /* "proof", "checkpoint", … */
    bool good;
    bool trusted; /* compared with a key that the user gave */
    bool absent;  /* there is no file or directory of that name */
    bool strange; /* not good, since no key that was given is the signer's: nothing else was seen */
    char text[SYM_VERDICT_BYTES];
    char origin[SYM_KEY_NAME_BYTES]; /* of the log it tells of; "" where there is none */
    uint64_t size;                   /* of that log, entries */
    uint8_t root[SYM_HASH_BYTES];    /* of them */
    enum sym_head_state head;        /* of what exports were given */
    enum sym_head_state seen;        /* of the one that is being verified */
    bool met;                        /* there was one of that log */
};

/* All verdicts of one run, zero-initialised before theirs. */
struct sym_heads {
    struct sym_verdict *verdicts;
    char *const *paths; /* of what they are of */
    size_t n;
};

/* The file at path, which is no directory. */
void sym_verify_file(struct sym_verdict *v, const struct sym_trust *trust, const char *path);

/* An exported log; heads of the same log that are good so far are compared with its entries. */
void sym_verify_directory(struct sym_verdict *v, const struct sym_trust *trust, const char *path,
                          const struct sym_heads *heads);

/* NAME.body.jsonl, the body of one entry, against the proof NAME.tlog-proof beside it. */
bool sym_verify_is_body(const char *path);
void sym_verify_body(struct sym_verdict *v, const struct sym_trust *trust, const char *path);

/* Shared by the rooms of this module. ---------------------------------------------------------- */

/* Records a fault as the verdict. */
void sym_verdict_wrong(struct sym_verdict *v, const struct sym_fault *fault);
/* Good, as format says; with a remark where the card was not compared, and wrong when it is not one
 * that is trusted although some are. */
void sym_verdict_by_card(struct sym_verdict *v, const struct sym_trust *trust,
                         const struct sym_card *card, const char *what);
void sym_verdict_head(struct sym_verdict *v, const struct sym_checkpoint *head);

/* Heads of this log, while its entries come one after the other. */
struct sym_heads_walk {
    const struct sym_heads *heads;
    char origin[SYM_KEY_NAME_BYTES];
    uint64_t next; /* size of the next of them */
};
void sym_heads_begin(struct sym_heads_walk *w, const struct sym_heads *heads,
                     const struct sym_checkpoint *log);
/* Compares those of the size of this tree, if it is their turn. */
SYM_MUST enum sym_err sym_heads_at(struct sym_heads_walk *w, const struct sym_merkle_edge *edge);
/* What was seen counts if the export was good itself. name: of that, as it is shown. */
void sym_heads_settle(const struct sym_heads *h, const struct sym_verdict *log, const char *name);
/* After all: heads that met no export are compared with each other, which tells something of those
 * of one size; what could not be compared is told, and what contradicts is not good. */
void sym_heads_end(const struct sym_heads *h);
/* An ordinary file, or none: what an export was unpacked to may be a pipe, which nobody writes. */
bool sym_verify_is_ordinary(const char *path);
/* How many entries the checkpoint in this directory claims, unchecked; 0 where it cannot be read.
 */
uint64_t sym_heads_claimed(const char *dir);
/* "fits", "contradicts", "unchecked". */
const char *sym_head_text(const struct sym_verdict *v);

/* bodies.jsonl of an export: one line for each entry, in order, in one form:
 *     {"index":17,"salt":"<base64>","body":"<base64>"}
 *     {"index":17,"erased":true}
 */
struct sym_bodies {
    FILE *file;           /* NULL: the export has none */
    uint8_t *line;        /* room for the longest */
    const char *name;     /* borrowed */
    uint64_t line_number; /* of the line that was read last, from 1 */
    uint64_t erased, shown;
    struct sym_erasures erasures;
};
SYM_MUST enum sym_err sym_bodies_open(struct sym_bodies *b, const char *path, const char *name,
                                      struct sym_fault *fault);
void sym_bodies_close(struct sym_bodies *b);
/* The next line must be of this entry, and what it shows what the entry commits to. */
SYM_MUST enum sym_err sym_bodies_check(struct sym_bodies *b, uint64_t index,
                                       const struct sym_leaf *leaf, struct sym_fault *fault);
/* Nothing is left, and what was erased the log says so of. */
SYM_MUST enum sym_err sym_bodies_end(struct sym_bodies *b, struct sym_fault *fault);

#endif
