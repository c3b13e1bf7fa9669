/* shelf.h - a node's datasets for one test, with a clock that the test moves, users, and chunks of
 * made-up records: record number n has the id "r<n>" and tokens whose digests begin with n. What
 * must not fail fails the running test.
 */
#ifndef SYM_TESTS_SUPPORT_SHELF_H
#define SYM_TESTS_SUPPORT_SHELF_H

#include "node/data/datasets.h"
#include "tests/support/room.h"

struct shelf {
    struct room room;
    struct sym_disk dir;
    struct sym_vault *vault;
    struct sym_datasets *datasets;
    struct sym_author alice;
    struct sym_author bob;
};

/* For cmocka_unit_test_setup_teardown: *state is a struct shelf. */
int shelf_set_up(void **state);
int shelf_tear_down(void **state);

void shelf_open(struct shelf *s);
void shelf_close(struct shelf *s);
/* As a node does that is stopped and started again. */
void shelf_reopen(struct shelf *s);
/* Lets go of all but the directory, for a child that opens it. */
void shelf_leave(struct shelf *s);
/* Moves the clock. */
void shelf_pass(uint64_t ms);

/* Columns of n records from number first on, with 1 to per_record tokens each in turn, of the types
 * 1, 2, …; in memory that lasts until the next call. */
struct sym_import_chunk shelf_chunk(const uint8_t id[SYM_IMPORT_ID_BYTES], uint64_t number,
                                    unsigned first, unsigned n, unsigned per_record);
/* Tokens of the records from number first on. */
uint64_t shelf_tokens(unsigned first, unsigned n, unsigned per_record);

/* An import by alice: its steps, with the id made of this letter. */
SYM_MUST enum sym_err shelf_begin(struct shelf *s, char letter, const char *dataset, bool append,
                                  struct sym_fault *fault);
SYM_MUST enum sym_err shelf_give(struct shelf *s, char letter, uint64_t number, unsigned first,
                                 unsigned n, unsigned per_record);
SYM_MUST enum sym_err shelf_end(struct shelf *s, char letter, bool keep, uint64_t chunks,
                                struct sym_fault *fault);
void shelf_id(uint8_t out[SYM_IMPORT_ID_BYTES], char letter);

/* A whole import of records first to first + n, in chunks of 3000. */
SYM_MUST enum sym_err shelf_import(struct shelf *s, char letter, const char *dataset, bool append,
                                   unsigned first, unsigned n);
#define SHELF_PER_RECORD 3u
/* Chunks of so many records fill the memory of an import after some five of them. */
#define SHELF_LARGE 8000u

struct sym_dataset_row shelf_row(struct shelf *s, const char *dataset);
bool shelf_has(struct shelf *s, const char *dataset);
struct sym_content *shelf_hold(struct shelf *s, const char *dataset);
/* Walks the content: exactly the records first to first + n of shelf_import? */
bool shelf_holds(const struct sym_content *c, unsigned first, unsigned n);
bool shelf_reads(struct shelf *s, const char *dataset, unsigned first, unsigned n);
/* Entries of the vault. */
size_t shelf_values(struct shelf *s);
SYM_MUST enum sym_err shelf_forget(struct shelf *s, const char *dataset, const char *record,
                                   struct sym_dataset_forgotten *out, struct sym_fault *fault);
SYM_MUST enum sym_err shelf_drop(struct shelf *s, const char *dataset, struct sym_fault *fault);

#endif
