/* overlap_rig.h - token sets with a known intersection, and two overlap machines that talk in
 * memory over links with little room, while their works are done in any order. What must not fail
 * ends the program, so that benchmarks and fuzzers may use it, too. */
#ifndef SYM_TESTS_SUPPORT_OVERLAP_RIG_H
#define SYM_TESTS_SUPPORT_OVERLAP_RIG_H

#include "proto/overlap.h"
#include "tests/support/crew.h"

/* Digests, ascending. */
struct token_set {
    uint8_t (*digests)[SYM_HASH_BYTES];
    size_t n;
};

/* The first `common` digests of seed, and `others` that no other side has. */
void token_set_make(struct token_set *s, uint64_t seed, size_t common, size_t others, int side);
void token_set_free(struct token_set *s);
/* Sizes that a benchmark is asked for: "20" is two lists of 2^20, "10x22" one of 2^10 against one
 * of 2^22. False for what is neither, or longer than 2^most. */
bool token_set_sizes(size_t sizes[2], const char *word, unsigned most);
/* The highest resident memory of this program so far, KiB; unlike ru_maxrss, without that of the
 * process that became it. 0: not known. */
size_t peak_kib(void);
/* Indices in a of what b has, too, ascending; returns how many. By comparing, for knowing better.
 */
size_t token_set_meet(const struct token_set *a, const struct token_set *b, uint32_t *indices);

#define RIG_INITIATOR 0
#define RIG_RESPONDER 1
/* Payloads that one direction of a link holds. */
#define RIG_ROOM          2u
#define RIG_PAYLOAD_BYTES (5u + 32u * SYM_OVERLAP_ITEMS_MAX)

struct rig_payload {
    enum sym_session_event_kind kind;
    uint8_t *bytes;
    size_t len;
};

struct rig_work {
    struct sym_work work;
    enum sym_err err;
    size_t at; /* items done */
};

struct rig {
    struct sym_overlap_run *runs[2];
    struct rig_payload links[2][RIG_ROOM]; /* on their way from this side */
    size_t on_way[2];
    struct rig_work works[2][SYM_WORKS_OUT_MAX]; /* without a crew */
    size_t n_works[2];
    struct crew *crew; /* NULL: pieces are done here, in an order drawn from the seed */
    uint64_t seed;
    enum sym_err err; /* the first that a run returned */
    /* What was sent, by side. */
    uint64_t payloads[2];
    uint64_t bytes[2];
    /* Sees every payload before it is delivered; may be NULL. */
    void (*tap)(void *context, int from, struct rig_payload *payload);
    void *tap_context;
};

struct rig_sizes {
    uint32_t initiator;
    uint32_t responder;
};

/* Runs over a and b. Zero sizes: without padding. */
void rig_open(struct rig *r, enum sym_kind kind, const struct sym_ristretto *with,
              const struct token_set *a, const struct token_set *b, struct rig_sizes sizes);
/* Does one thing, if there is one to do, and no run has failed. */
bool rig_step(struct rig *r);
/* Steps until nothing is left to do. */
void rig_run(struct rig *r);
bool rig_done(const struct rig *r);
/* Also with works out and payloads on their way. */
void rig_close(struct rig *r);

uint64_t rig_draw(uint64_t *seed);

/* Does all works of a run here; the first error that it returns. */
enum sym_err rig_work(struct sym_overlap_run *run);

#endif
