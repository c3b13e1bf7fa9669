/* room.h - a directory of its own for one test, with a store in it, and a disk that can be full.
 * What must not fail fails the running test. */
#ifndef SYM_TESTS_SUPPORT_ROOM_H
#define SYM_TESTS_SUPPORT_ROOM_H

#include "node/evidence/log.h"
#include "tests/support/scratch.h"

struct room {
    struct scratch scratch;
    const char *dir; /* scratch.path */
    uint8_t master[32];
    struct sym_store *store;
    struct sym_log *log; /* NULL until room_log */
    struct sym_disk disk;
    struct sym_node_id self;
    struct sym_sign_key log_key;
    struct sym_sign_key cosign_key;
};

/* For cmocka_unit_test_setup_teardown: *state is a struct room. */
int room_set_up(void **state);
int room_tear_down(void **state);

void room_open(struct room *s);
/* As a node does that is stopped and started again. */
void room_reopen(struct room *s);
/* The evidence log in that store, opened by the first call after each opening of the store. */
struct sym_log *room_log(struct room *s);
enum sym_err room_try_log(struct room *s, struct sym_fault *fault);
/* Every entry as one line, `event user=… approver=… peer=… subject=… detail`, with what there is:
 * how many there are, how many have the wanted text in their line, and the last. */
struct room_lines {
    size_t n;
    size_t found;
    char last[2048];
    const char *wanted;
};
struct room_lines room_lines(struct room *s, const char *wanted);
/* Removes the directory and all below it. */
void room_close(struct room *s);
/* The path of a file in the directory; valid until the next call. */
const char *room_path(const struct room *s, const char *name);

/* While full, no file of this process can be written: EFBIG. */
void room_fill_disk(bool full);

/* One put, get or delete in a transaction of its own. room_get fails the test unless the value
 * is there, and gives its text. */
SYM_MUST enum sym_err room_put(struct room *s, enum sym_table table, const char *key,
                               const char *value);
SYM_MUST enum sym_err room_has(struct room *s, enum sym_table table, const char *key);
void room_get(struct room *s, enum sym_table table, const char *key, char out[256]);
size_t room_count(struct room *s, enum sym_table table);

#endif
