/* tab_frames.h - payloads of joint tabulations (tabulate.h), and what both machines need besides;
 * nobody includes it but they and their tests.
 *
 * A payload is 1 byte of type and its content, numbers big-endian, cells little-endian:
 *     PROPOSE     the query
 *     CONSENT, SHARES, VECTOR, UNMASK
 *                 signature (64) | the message it signs (tabulation.proto)
 *     CONSENTS    number (1), then for each by place: length (2) | signature | TabConsent
 *     BOXES       a box from each other who consented, by place
 *     SEND        nothing
 *     TILE        the next SYM_TAB_TILE_CELLS cells, or those that are left
 *     SURVIVORS   TabSurvivors
 *     SIGNATURE   signature over it
 *     SIGNATURES  number (1), then for each by place: place (1) | signature
 *     RELEASE     Release
 *     CELLS       the next SYM_CELLS_PAGE_BYTES of its cells, or those that are left
 *     KEPT        signature over the hash of Release
 *     DONE        id of a tabulation (16)
 * No message of one kind is one of another: they differ in the types or lengths of their fields, so
 * that a signature says what it says under one domain.
 */
#ifndef SYM_PROTO_TAB_FRAMES_H
#define SYM_PROTO_TAB_FRAMES_H

#include "crypto/laplace.h"
#include "proto/tabulate.h"

enum tab_type {
    TAB_NO_TYPE,
    TAB_PROPOSE,
    TAB_CONSENT,
    TAB_CONSENTS,
    TAB_SHARES,
    TAB_BOXES,
    TAB_SEND,
    TAB_TILE,
    TAB_VECTOR,
    TAB_SURVIVORS,
    TAB_SIGNATURE,
    TAB_SIGNATURES,
    TAB_UNMASK,
    TAB_RELEASE,
    TAB_CELLS,
    TAB_KEPT,
    TAB_DONE,
    TAB_TYPE_COUNT
};

/* A pair of shares in a box: of the self seed, of the mask key. */
#define TAB_PAIR_BYTES 64u
/* Cells of one piece of work: what its masks pass over while it stays in a near cache. */
#define TAB_RANGE_CELLS 4096u
_Static_assert(SYM_TAB_TILE_CELLS % TAB_RANGE_CELLS == 0, "a tile is whole ranges");
/* Bytes of a TabConsent, a TabVector, a TabSurvivors, a TabUnmask or a Release beside their spans
 * of variable length. */
#define TAB_MESSAGE_BYTES 512u

/* Owned bytes; wiped when they are dropped, as some of them are shares. */
struct tab_bytes {
    uint8_t *data;
    size_t len;
};

/* b must be empty; room for len bytes, zeroed. */
SYM_MUST enum sym_err sym_tab_bytes_new(struct tab_bytes *b, size_t len);
SYM_MUST enum sym_err sym_tab_bytes_copy(struct tab_bytes *b, struct sym_span from);
void sym_tab_bytes_clear(struct tab_bytes *b);
struct sym_span sym_tab_bytes_span(const struct tab_bytes *b);

/* SYM_BAD_FORMAT for a type that there is not. */
SYM_MUST enum sym_err sym_tab_payload_read(enum tab_type *type, struct sym_span *content,
                                           struct sym_span payload);
/* A payload of this type; out must be empty. */
SYM_MUST enum sym_err sym_tab_payload_new(struct tab_bytes *out, enum tab_type type,
                                          struct sym_span content);

struct tab_signed {
    const uint8_t *signature;
    struct sym_span message;
};

SYM_MUST enum sym_err sym_tab_signed_read(struct tab_signed *out, struct sym_span content);
/* A payload of a signed message; variable: bytes of its spans of variable length. */
SYM_MUST enum sym_err sym_tab_signed_new(struct tab_bytes *out, enum tab_type type,
                                         const struct sym_sign_key *key,
                                         const struct sym_message *kind, const void *value,
                                         size_t variable);
/* Checks the signature and decodes. */
SYM_MUST enum sym_err sym_tab_signed_open(struct sym_arena *arena, void *value,
                                          const struct sym_message *kind, struct sym_span content,
                                          const uint8_t identity[SYM_ED25519_BYTES]);
SYM_MUST enum sym_err sym_tab_encode(struct tab_bytes *out, const struct sym_message *kind,
                                     const void *value, size_t variable);

/* Reads the next of a list of consents, signature and message together. */
struct sym_span sym_tab_consents_next(struct sym_reader *r);

/* What a node has consented with, decoded. */
struct tab_consent {
    uint32_t place;
    uint8_t channel_key[SYM_X25519_BYTES];
    uint8_t mask_key[SYM_X25519_BYTES];
    uint8_t seed_hash[SYM_HASH_BYTES];
    uint64_t epoch;
    uint64_t expires_ms;
};

/* Checks a signed consent of the participant at `place`. */
SYM_MUST enum sym_err sym_tab_consent_open(struct tab_consent *out, struct sym_span content,
                                           const uint8_t identity[SYM_ED25519_BYTES],
                                           const uint8_t qid[SYM_HASH_BYTES], uint32_t place);
/* Do two consents have a key or a commitment in common, or one twice? */
bool sym_tab_consents_clash(const struct tab_consent *a, const struct tab_consent *b);

/* Cells as they travel; in place is fine. */
void sym_tab_cells_pack(uint8_t *out, const uint64_t *cells, size_t n);
void sym_tab_cells_add(uint64_t *sum, const uint8_t *packed, size_t n);

/* What a release says of noise, by rule. */
struct tab_noise {
    struct sym_laplace_params params;
    struct sym_laplace_release release;
    uint32_t ghosts_per_million;
};
SYM_MUST enum sym_err sym_tab_noise_of(struct tab_noise *out, const struct sym_laplace_params *p,
                                       uint32_t present, uint32_t cells);

/* Copies parties and their keys; psks may be NULL: they are left out. */
SYM_MUST enum sym_err sym_tab_question_copy(struct sym_tab_question *out, struct sym_secret *psks,
                                            const struct sym_tab_question *from);
void sym_tab_question_clear(struct sym_tab_question *q);
/* The ids of a cohort one after the other; out must be empty. */
SYM_MUST enum sym_err sym_tab_cohort_new(struct tab_bytes *out, const struct sym_tab_question *q);

/* A work that is out, and whose it is. */
struct tab_job {
    bool out;
    void *owner;
    size_t at; /* what its pieces are about, beside their items */
    size_t n;
    size_t grain;
    enum sym_err (*piece)(const struct tab_job *job, size_t first, size_t n);
    enum sym_err (*done)(const struct tab_job *job, enum sym_err err);
};

struct tab_jobs {
    struct tab_job jobs[SYM_WORKS_OUT_MAX];
    size_t out;
};

/* One that is free, or NULL. */
struct tab_job *sym_tab_job(struct tab_jobs *jobs);
/* Gives it out. */
void sym_tab_job_give(struct tab_jobs *jobs, struct tab_job *job, struct sym_work *out);

#endif
