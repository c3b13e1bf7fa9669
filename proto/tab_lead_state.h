/* tab_lead_state.h - what the rooms of tab_lead.c share; nobody else includes it but tests that
 * look at states.
 *
 * tab_lead.c holds the machine's outside, tab_lead_phases.c what follows when, tab_lead_take.c what
 * comes on a leg, tab_lead_sum.c adding, tab_lead_unmask.c removing masks, tab_lead_liars.c finding
 * who gives wrong shares, tab_lead_release.c the end.
 */
#ifndef SYM_PROTO_TAB_LEAD_STATE_H
#define SYM_PROTO_TAB_LEAD_STATE_H

#include "crypto/shamir.h"
#include "proto/tab_frames.h"
#include "proto/tab_lead.h"

/* How far a leg has come. */
enum leg_stage {
    LEG_PROPOSED,
    LEG_CONSENTED,
    LEG_SHARED,
    LEG_ASKED, /* for its vector */
    LEG_SENT,  /* its vector is here, and is what it signed: it survives, even if it is gone */
    LEG_SIGNED,
    LEG_UNMASKED,
    LEG_KEPT
};

/* Room for one vector on its way. */
enum slot_state { SLOT_FREE, SLOT_FILLS, SLOT_FULL, SLOT_ADDED };

struct lead_slot {
    enum slot_state state;
    uint8_t *packed;
    size_t got; /* bytes */
    struct sym_hash hash;
};

struct lead_leg {
    enum leg_stage stage;
    bool gone;    /* nothing more is sent or taken */
    bool missing; /* the tabulation failed for want of it */
    bool wants_close;
    uint32_t due;     /* bits of enum tab_type: what is to be sent, lowest first */
    size_t page;      /* bytes of the release's cells that have gone */
    uint64_t late_ms; /* when its vector is late */
    struct lead_slot *slot;
    uint32_t index;           /* in consenting */
    struct tab_bytes consent; /* signature and message, until all are listed */
    struct tab_bytes boxes;   /* for the others who consented */
    uint8_t vector_hash[SYM_HASH_BYTES];
    uint8_t signature[SYM_SIGNATURE_BYTES];
    struct sym_secret shares; /* its unmasking */
    bool misfits;             /* one of them does not fit those of t others */
};

/* Taking off the masks. */
enum lead_unmasking {
    UNMASK_WAITS,
    UNMASK_RECOVERS, /* the secrets, from shares */
    UNMASK_SEARCHES, /* for shares that fit together */
    UNMASK_DERIVES,  /* keys of the masks */
    UNMASK_SUBTRACTS,
    UNMASK_RELEASES, /* finds the threshold, drops what is below */
    UNMASK_DONE
};

/* A part of the search for shares that fit. */
struct lead_search {
    enum sym_err err;                    /* SYM_AGAIN: found none */
    uint8_t inside[SYM_TAB_MEMBERS_MAX]; /* t places */
    bool misfits[SYM_TAB_MEMBERS_MAX];   /* by place: does not fit these */
};

struct sym_tab_lead {
    struct sym_tab_lead_config config;
    struct sym_tab_rules rules;
    uint32_t least; /* participants, and survivors: max(t, minimum) */
    struct tab_bytes cohort;
    enum sym_tab_phase phase;
    uint64_t until_ms; /* 0: from when the clock is first told */
    bool asked;        /* somebody for a vector */
    char fault[SYM_FAULT_BYTES];
    struct tab_jobs jobs;
    uint64_t steps;

    struct sym_cube *cube;
    uint32_t cells;
    struct sym_laplace_params noise_params;
    uint8_t qid[SYM_HASH_BYTES];
    struct lead_leg *legs; /* by place */

    struct tab_consent *consenting; /* by place, ascending */
    uint32_t n_consents;
    struct tab_bytes consents; /* payload CONSENTS */
    uint8_t consents_hash[SYM_HASH_BYTES];
    uint64_t *epochs; /* by place; 0: did not consent */
    uint8_t question_id[SYM_HASH_BYTES];
    bool wants_look;
    uint8_t done[SYM_EXCHANGE_ID_BYTES];
    bool is_done;

    struct lead_slot *slots;
    size_t n_slots;
    bool adding;
    uint64_t *sum;

    struct tab_bytes survivors_said; /* payload SURVIVORS, and the hash of its content */
    uint8_t survivors_hash[SYM_HASH_BYTES];
    uint8_t survivors[SYM_TAB_MEMBERS_MAX];
    uint32_t n_survivors;
    struct tab_bytes signatures; /* payload SIGNATURES */

    enum lead_unmasking unmasking;
    bool task_out;
    uint8_t helpers[SYM_TAB_MEMBERS_MAX]; /* who gave shares; those of the first t are used */
    uint8_t weights[SYM_TAB_MEMBERS_MAX];
    uint32_t tried;             /* unmaskings that there were when they last did not fit together */
    uint32_t misfit;            /* index of the secret whose shares did not, */
    bool misfits;               /* if there is one */
    struct lead_search *search; /* by piece of that work */
    struct sym_secret secrets;  /* by index in consenting: a self seed or a mask key */
    enum sym_err *verdicts;     /* of each */
    struct sym_secret keys;     /* of masks that are to be taken off */
    enum sym_mask_sign *signs;
    uint32_t dropped[SYM_TAB_MEMBERS_MAX]; /* indices of who consented and did not survive */
    uint32_t n_dropped;

    struct tab_noise noise;
    uint32_t suppressed;
    struct tab_bytes released; /* cells */
    size_t released_len;
    struct tab_bytes head; /* Release; empty until it is made */
    uint8_t release_hash[SYM_HASH_BYTES];
    bool wants_keep;
};

/* tab_lead_phases.c */

/* It has failed, for a reason that a person reads. */
void sym_lead_fail(struct sym_tab_lead *l, const char *format, ...) SYM_PRINTF(2, 3);
/* Goes on as far as what is there allows; now_ms: 0 leaves the clock out. */
void sym_lead_advance(struct sym_tab_lead *l, uint64_t now_ms);
void sym_lead_drop(struct lead_leg *leg);

/* tab_lead_take.c */

SYM_MUST enum sym_err sym_lead_take(struct sym_tab_lead *l, uint32_t place,
                                    struct sym_span payload);

/* tab_lead_sum.c */

SYM_MUST enum sym_err sym_lead_sum_new(struct sym_tab_lead *l);
void sym_lead_sum_clear(struct sym_tab_lead *l);
/* Frees the room for vectors: all have been added. */
void sym_lead_slots_clear(struct sym_tab_lead *l);
/* Room for the next vector, or NULL. */
struct lead_slot *sym_lead_slot(struct sym_tab_lead *l);
/* Is a vector on its way, or not added yet? */
bool sym_lead_adds(const struct sym_tab_lead *l);
bool sym_lead_offer(struct sym_tab_lead *l, struct tab_job *job);

/* tab_lead_unmask.c */

/* Begins to recover secrets from the unmaskings there are; SYM_AGAIN: there are too few. */
SYM_MUST enum sym_err sym_lead_recover(struct sym_tab_lead *l);
void sym_lead_job_unmask(struct sym_tab_lead *l, struct tab_job *job);
/* For the shares of these places, different ones. */
SYM_MUST enum sym_err sym_lead_weights(uint8_t *weights, const uint8_t *places, uint32_t n);
/* The secret at this index from the shares of t places; SYM_BAD_VALUE: not what was committed to.
 */
SYM_MUST enum sym_err sym_lead_combine(const struct sym_tab_lead *l, struct sym_share *secret,
                                       uint32_t index, const uint8_t *places,
                                       const uint8_t *weights);

/* tab_lead_liars.c */

/* The shares of this secret do not fit together: begins to find out whose. */
SYM_MUST enum sym_err sym_lead_search(struct sym_tab_lead *l, uint32_t index);
void sym_lead_job_search(struct sym_tab_lead *l, struct tab_job *job);
void sym_lead_search_clear(struct sym_tab_lead *l);
/* The end of it when nobody can be told apart: who may have lied. */
void sym_lead_fail_misfit(struct sym_tab_lead *l);

/* tab_lead_release.c */

void sym_lead_job_release(struct sym_tab_lead *l, struct tab_job *job);

#endif
