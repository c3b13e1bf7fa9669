/* tab_member_state.h - what the rooms of tab_member.c share; nobody else includes it but tests that
 * look at states.
 *
 * tab_member.c holds the machine's outside, tab_member_consent.c query and consents,
 * tab_member_share.c boxes, tab_member_vector.c masks and tiles, tab_member_unmask.c survivors and
 * shares, tab_member_release.c the end.
 */
#ifndef SYM_PROTO_TAB_MEMBER_STATE_H
#define SYM_PROTO_TAB_MEMBER_STATE_H

#include "crypto/shamir.h"
#include "proto/tab_frames.h"
#include "proto/tab_member.h"

/* In the order in which they follow each other. SAYS: what it has to say is in `due`. COMPUTES: a
 * work is to be done, is out, or is done. */
enum member_state {
    MEMBER_AWAITS_QUERY,
    MEMBER_PREPARES, /* computes the table of the noise */
    MEMBER_WANTS_CONSENT,
    MEMBER_SAYS_CONSENT,
    MEMBER_AWAITS_CONSENTS,
    MEMBER_VERIFIES_CONSENTS,
    MEMBER_SEALS,
    MEMBER_SAYS_SHARES,
    MEMBER_AWAITS_BOXES,
    MEMBER_OPENS,
    MEMBER_AWAITS_SEND,
    MEMBER_WANTS_DEBIT,
    MEMBER_SAYS_TILES, /* and computes them */
    MEMBER_SAYS_VECTOR,
    MEMBER_AWAITS_SURVIVORS,
    MEMBER_SAYS_SIGNATURE,
    MEMBER_AWAITS_SIGNATURES,
    MEMBER_VERIFIES_SIGNATURES,
    MEMBER_WANTS_UNMASK,
    MEMBER_SAYS_UNMASK,
    MEMBER_SAYS_READY, /* for a release that it is owed */
    MEMBER_AWAITS_RELEASE,
    MEMBER_AWAITS_CELLS,
    MEMBER_CHECKS_RELEASE,
    MEMBER_WANTS_KEEP,
    MEMBER_SAYS_KEPT,
    MEMBER_CLOSES,
    MEMBER_OVER,
    MEMBER_DEAD,
    MEMBER_STATE_COUNT
};

/* A work of the present state. */
enum member_task { TASK_NONE, TASK_DUE, TASK_OUT };

struct member_tiles {
    uint64_t *cells; /* counts, which become the masked vector in place */
    bool *ready;     /* by tile: masked */
    size_t n_cells;
    size_t n;
    size_t given;  /* tiles given out to be masked */
    size_t masked; /* of them, done */
    size_t said;
    struct sym_hash hash;
};

struct sym_tab_member {
    struct sym_tab_member_config config;
    struct sym_secret psks;
    struct sym_tab_rules rules;
    struct tab_bytes cohort;
    uint8_t query_hash[SYM_HASH_BYTES];
    struct tab_bytes outline;
    struct tab_bytes query;
    enum member_state state;
    enum member_task task;
    struct tab_jobs jobs;
    struct tab_bytes due; /* a payload to be sent */
    uint64_t steps;       /* that are behind it */
    char fault[SYM_FAULT_BYTES];

    struct sym_cube *cube;
    uint32_t cells;
    struct sym_laplace *noise;
    struct sym_laplace_params noise_params;
    uint8_t qid[SYM_HASH_BYTES];

    uint64_t expires_ms;
    struct sym_exchange_key channel;
    struct sym_exchange_key mask;
    struct sym_secret seed;
    struct tab_bytes own_consent; /* signature and message */

    struct tab_bytes consents; /* the list as it came, and its hash */
    uint8_t consents_hash[SYM_HASH_BYTES];
    struct tab_consent *consenting; /* by place, ascending */
    struct sym_span *consent_spans; /* into consents */
    uint32_t n_consents;
    bool agreed;            /* all of them are valid */
    uint32_t own_index;     /* in consenting */
    enum sym_err *verdicts; /* by index, of the last work that looked at each */

    struct sym_secret shared;    /* what the channel key has in common with that of each of
                                  * n_consents, from sealing to opening */
    struct sym_secret pairs;     /* n_consents pairs of shares: own ones before they are sealed,
                                  * then what the others gave */
    struct tab_bytes boxes;      /* sealed, or as they came */
    struct sym_secret keys;      /* n_consents keys of masks: the own seed's at the own index */
    enum sym_mask_sign *signs;   /* of them */
    struct sym_secret noise_key; /* drawn once */
    bool asked;                  /* SEND came while boxes were still being opened */
    struct member_tiles tiles;
    uint8_t vector_hash[SYM_HASH_BYTES];

    struct tab_bytes survivors_said; /* TabSurvivors as it came, and its hash */
    uint8_t survivors_hash[SYM_HASH_BYTES];
    uint8_t survivors[SYM_TAB_MEMBERS_MAX];
    uint32_t n_survivors;
    struct tab_bytes signatures;
    bool unmasked;

    bool is_late; /* the release is owed: nothing but that is taken */
    struct sym_tab_owed owed;
    struct tab_bytes head;
    struct tab_bytes released; /* its cells, as far as they have come */
    size_t released_len;
    uint32_t released_cells;
};

typedef enum sym_err member_take_fn(struct sym_tab_member *m, struct sym_span content,
                                    uint64_t now_ms);

/* tab_member.c */

/* Records what the initiator has done, or, of what it has brought, perhaps a participant (by
 * place), and returns err; nothing where it is this node that has no memory. */
SYM_MUST enum sym_err sym_member_blame(struct sym_tab_member *m, enum sym_err err, uint32_t place,
                                       const char *what);
SYM_MUST enum sym_err sym_member_blame_initiator(struct sym_tab_member *m, enum sym_err err,
                                                 const char *what);
/* The shares that this participant sealed for this node did not open: whose doing that is cannot be
 * told, and keys that differ are nobody's. Returns SYM_BAD_TAG. */
SYM_MUST enum sym_err sym_member_cannot_open(struct sym_tab_member *m, uint32_t place);
/* Least number of participants and of survivors: max(t, minimum). */
uint32_t sym_member_least(const struct sym_tab_member *m);
/* Index of a place in consenting; n_consents if it did not consent. */
uint32_t sym_member_index(const struct sym_tab_member *m, uint32_t place);
/* Enters a state that begins with a work. */
void sym_member_compute(struct sym_tab_member *m, enum member_state state);

/* What may be taken, by state. */
member_take_fn sym_member_take_query;
member_take_fn sym_member_take_consents;
member_take_fn sym_member_take_done;
member_take_fn sym_member_take_boxes;
member_take_fn sym_member_take_send;
member_take_fn sym_member_take_survivors;
member_take_fn sym_member_take_signatures;
member_take_fn sym_member_take_release;
member_take_fn sym_member_take_cells;

/* The work of a state, described in job. */
void sym_member_job_prepare(struct sym_tab_member *m, struct tab_job *job);
void sym_member_job_verify_consents(struct sym_tab_member *m, struct tab_job *job);
void sym_member_job_seal(struct sym_tab_member *m, struct tab_job *job);
void sym_member_job_open(struct sym_tab_member *m, struct tab_job *job);
bool sym_member_offer_tile(struct sym_tab_member *m, struct tab_job *job);
void sym_member_job_verify_signatures(struct sym_tab_member *m, struct tab_job *job);
void sym_member_job_check_release(struct sym_tab_member *m, struct tab_job *job);

/* The shares of the own secrets, one for each place; and the payload of the boxes. */
SYM_MUST enum sym_err sym_member_split(struct sym_tab_member *m);
/* Bytes of the tile that is ready to be sent, payload type included; 0: none is. */
size_t sym_member_tile_bytes(const struct sym_tab_member *m);
SYM_MUST enum sym_err sym_member_write_tile(struct sym_tab_member *m, uint8_t *payload);
void sym_member_tiles_clear(struct member_tiles *tiles);

#endif
