/* vole_rig.h - two machines of engine vole that talk in memory, while their works are done in any
 * order; what they say can be altered on its way, and what they hold in between works. What must
 * not fail ends the program, so that benchmarks and fuzzers may use it, too. */
#ifndef SYM_TESTS_SUPPORT_VOLE_RIG_H
#define SYM_TESTS_SUPPORT_VOLE_RIG_H

#include "proto/vole_state.h"
#include "tests/support/overlap_rig.h"

#define VOLE_R 0
#define VOLE_S 1
/* Payloads that one direction of a link holds. */
#define VOLE_RIG_ROOM      3u
#define VOLE_PAYLOAD_BYTES (VOLE_HEAD_BYTES + SYM_VOLE_FRAME_BYTES)

struct vole_rig;

/* A moment of a side: a work of it was given out, or all of it was done and reported. */
struct vole_moment {
    struct vole_rig *rig;
    int side;
    struct sym_vole_run *run;
    const struct vole_job *job;
    bool after;
};

struct vole_rig {
    struct sym_vole_run *runs[2];
    struct rig_payload links[2][VOLE_RIG_ROOM]; /* on their way from this side */
    size_t on_way[2];
    struct rig_work works[2][SYM_WORKS_OUT_MAX]; /* without a crew */
    size_t n_works[2];
    struct crew *crew; /* NULL: pieces are done here, in an order drawn from the seed */
    bool prompt;       /* without a crew: works are done at once, and whole */
    uint64_t seed;
    enum sym_err err; /* the first that a run returned */
    int failed;       /* the side that returned it */
    /* What was sent, by side. */
    uint64_t payloads[2];
    uint64_t bytes[2];
    /* Sees every payload before it is delivered, and every moment; may be NULL. */
    void (*tap)(void *context, int from, struct rig_payload *payload);
    void (*hook)(void *context, const struct vole_moment *m);
    void *context;
};

/* How a bout is fought: zero members stand for what is usual. */
struct vole_terms {
    const struct sym_ristretto *group; /* the toy group */
    const char *kernel;                /* the fastest */
    uint32_t r_size;                   /* padded sizes; 0: without padding */
    uint32_t s_size;
    uint32_t s_thinks_r_size; /* what S takes for R's */
    uint32_t s_thinks_s_size; /* S announces; R takes s_size */
    bool other_context;       /* S has another one */
};

void vole_rig_open(struct vole_rig *r, const struct token_set *x, const struct token_set *y,
                   const struct vole_terms *terms);
/* Does one thing, if there is one to do, and no run has failed. */
bool vole_rig_step(struct vole_rig *r);
/* Steps until nothing is left to do. */
void vole_rig_run(struct vole_rig *r);
bool vole_rig_done(const struct vole_rig *r);
/* Also with works out and payloads on their way. */
void vole_rig_close(struct vole_rig *r);

/* Does all works of a run here; the first error that it returns. */
enum sym_err vole_rig_work(struct sym_vole_run *run);

#endif
