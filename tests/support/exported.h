/* exported.h - a node that exists in a test only, and the files it exports: card, checkpoint,
 * proofs, messages, a whole log as `symbolon log export` writes it. Keys, times and entries are
 * always the same for the same seed. What must not fail ends the test program.
 */
#ifndef SYM_TESTS_SUPPORT_EXPORTED_H
#define SYM_TESTS_SUPPORT_EXPORTED_H

#include "crypto/card.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "proto/evidence.h"

#define EXPORTED_TIME_MS 1790000000000u

struct exported {
    struct sym_node_keys keys;
    struct sym_card card;
    char card_text[SYM_CARD_BYTES_MAX];
    size_t card_len;
    struct sym_node_id id;
    char origin[SYM_KEY_NAME_BYTES];
    uint8_t (*hashes)[SYM_HASH_BYTES]; /* of leaves 0 … size - 1 */
    uint64_t size;
    uint64_t early; /* this entry carries a time that is too early; 0: none does */
    bool silent;    /* no entry says that bodies were erased */
};

void exported_new(struct exported *e, uint8_t seed, uint64_t size);
/* The same, but time goes back at this entry: a log that was never right, and is signed. */
void exported_new_early(struct exported *e, uint8_t seed, uint64_t size, uint64_t early);
/* The same, but no entry says that bodies were erased. */
void exported_new_silent(struct exported *e, uint8_t seed, uint64_t size);
void exported_free(struct exported *e);
struct sym_span exported_card(const struct exported *e);

/* Every EXPORTED_ERASES-th entry says that the bodies before it were erased, of which one in seven
 * is. */
#define EXPORTED_ERASES 50u
/* Entry number index, encoded; its body and salt, too (body may be NULL). */
struct exported_entry {
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    size_t leaf_len;
    uint8_t body[512];
    size_t body_len;
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES];
};
void exported_entry(struct exported_entry *out, const struct exported *e, uint64_t index);
/* The same with another time. */
void exported_entry_at(struct exported_entry *out, const struct exported *e, uint64_t index,
                       uint64_t time_ms);

/* For sym_merkle_prove_…, context: the struct. */
enum sym_err exported_read(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                           uint64_t index);
/* The signed head of the first size entries. */
#define EXPORTED_NOTE_BYTES 1024u
size_t exported_checkpoint(char out[EXPORTED_NOTE_BYTES], const struct exported *e, uint64_t size);
/* Writes the log into a new directory; cosigned by the witnesses. */
void exported_write(const struct exported *e, const char *dir, const struct exported *witnesses,
                    size_t n_witnesses);

#endif
