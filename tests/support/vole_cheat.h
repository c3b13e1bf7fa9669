/* vole_cheat.h - sessions of engine vole in which one side cheats, as section 12 of its
 * specification lists them. A cheater is an honest machine whose state is changed between two of
 * its works, or the bytes that it hashes; it goes on as a cheater would, with challenges and
 * answers that fit its lie.
 *
 * Tests that use this are linked with --wrap=sym_prefix_hash_once: the hash that R takes of the
 * rows of its COT matrix, inside crypto/vole, is where rows can be changed before they are bound.
 * What is not as it should be fails the running test. */
#ifndef SYM_TESTS_SUPPORT_VOLE_CHEAT_H
#define SYM_TESTS_SUPPORT_VOLE_CHEAT_H

#include "tests/support/vole_rig.h"

#define CHEAT_ROUNDS 40u
#define OT_CHECK     SYM_BAD_TAG, "OT check"
#define VOLE_CHECK   SYM_BAD_TAG, "VOLE check"

/* One cheated session, and what came of it. */
struct cheat {
    void (*hook)(struct cheat *c, const struct vole_moment *m);
    void (*tap)(struct cheat *c, int from, struct rig_payload *p);
    void (*rows)(struct cheat *c, uint8_t *rows, uint64_t batch); /* R's, before they are hashed */
    uint32_t r_size;                                              /* 0: 5,000 */
    uint32_t batches;                                             /* of the session */
    struct vole_terms terms;
    bool done;               /* the lie was told */
    size_t place;            /* what a cheat needs to remember */
    struct vole_buffer kept; /* on the heap */
    struct sym_block saved;
    uint64_t seed;
    /* Afterwards. */
    enum sym_err err;
    int failed;
    char fault[SYM_FAULT_BYTES];
    uint32_t common;
};

/* Sizes of R's list: of a session of one batch, and of two. */
extern const uint32_t cheat_sizes[2];
/* How many of them are tried: under valgrind, one. */
size_t cheat_n_sizes(void);

/* One session. 100 items are in common. */
void cheat_play(struct cheat *c);
void assert_caught(const struct cheat *c, int by, enum sym_err err, const char *words);
/* Caught whenever it is tried, at each size. */
void assert_always_caught(struct cheat *c, int by, enum sym_err err, const char *words);
/* How often in CHEAT_ROUNDS rounds; when it is not, nothing is changed by it. */
size_t times_caught(struct cheat *c, int by, enum sym_err err, const char *words);

/* Takes the bytes of this message in the first batch and sends them in the last. */
void cheat_replay(struct cheat *c, struct vole_buffer *message, bool first, bool last);
/* The same from one session to the next; ends with the second. */
void cheat_replay_session(struct cheat *c, struct vole_buffer *message);

#endif
