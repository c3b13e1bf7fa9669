/* vole_state.h - what the rooms of vole.c share; nobody else includes it but tests that look at
 * states, or cheat.
 *
 * vole.c holds what both sides have in common, vole_frames.c how messages are cut into frames,
 * vole_setup.c sections 5 and 6 of the specification (nonces, base OTs), vole_list.c what happens
 * to the own items (section 8), vole_r.c and vole_s.c the two sides.
 */
#ifndef SYM_PROTO_VOLE_STATE_H
#define SYM_PROTO_VOLE_STATE_H

#include "crypto/vole/base_ot.h"
#include "crypto/vole/code.h"
#include "crypto/vole/match.h"
#include "proto/vole.h"

enum vole_state {
    VOLE_R_LISTENS,        /* M1 is to come */
    VOLE_R_GREETS,         /* M2 is due */
    VOLE_R_AWAITS_PAIRS,   /* M3 is to come */
    VOLE_R_OPENS,          /* the keys of the base OTs are computed */
    VOLE_R_RUNS,           /* M4 and M6 leave, M5 come */
    VOLE_R_SHARES,         /* M7 is due */
    VOLE_R_AWAITS_WORD,    /* M8 is to come */
    VOLE_R_MATCHES,        /* M9 comes; own masks are made */
    VOLE_S_COMMITS,        /* M1 is due */
    VOLE_S_AWAITS_ELEMENT, /* M2 is to come */
    VOLE_S_CHOOSES,        /* the base OTs are computed */
    VOLE_S_OFFERS,         /* M3 is due */
    VOLE_S_RUNS,           /* M4, M6, M7 come, M5 leave */
    VOLE_S_ANSWERS,        /* M8 is due when all checks are computed */
    VOLE_S_LISTS,          /* M9 is due as far as it is sorted */
    VOLE_AWAITS_CLOSE,     /* S */
    VOLE_CLOSES,           /* either: its close is due */
    VOLE_CLOSED,           /* R: has closed, waits for the other close; own masks are found in M9 */
    VOLE_DONE,
    VOLE_DEAD,
    VOLE_STATE_COUNT
};

/* What can arrive; the first nine are the first byte of a frame. */
enum vole_message {
    VOLE_NO_MESSAGE = 0,
    VOLE_M1,
    VOLE_M2,
    VOLE_M3,
    VOLE_M4,
    VOLE_M5,
    VOLE_M6,
    VOLE_M7,
    VOLE_M8,
    VOLE_M9,
    VOLE_OTHER_CLOSED,
    VOLE_MESSAGE_COUNT
};

#define VOLE_HEAD_BYTES 1u
#define VOLE_M1_BYTES   64u
#define VOLE_M2_BYTES   64u
#define VOLE_M7_BYTES   32u
#define VOLE_M8_BYTES   64u

/* Batches that are under way at one side: as many as S may be ahead, and two at R, where each takes
 * 40 MiB. */
#define VOLE_S_ROOMS   SYM_VOLE_AHEAD
#define VOLE_R_ROOMS   2u
#define VOLE_ROOMS_MAX SYM_VOLE_AHEAD
/* M4 that R has made and not sent. */
#define VOLE_M4_READY_MAX 2u
/* Items of one piece of work on the list, pieces that a work takes, and parts of S's masks that are
 * sorted each by itself. */
#define VOLE_LIST_PIECE       32768u
#define VOLE_LIST_WORK_PIECES 4u
#define VOLE_SORT_PARTS       32u
/* Masks of S that one work of R looks for. */
#define VOLE_SEARCH_MASKS 65536u

/* Pieces of work that find room that others have left. */
#define VOLE_SCRATCH_MAX 64u

/* Buffers of this many bytes and more come from where the caller said. */
#define VOLE_LARGE 1048576u

struct vole_buffer {
    uint8_t *at;
    size_t len;
};

/* A message that arrives. */
struct vole_arrival {
    enum vole_message type; /* VOLE_NO_MESSAGE between messages */
    uint8_t *to;
    size_t len;
    size_t at; /* bytes that have come */
};

/* The message that leaves next. */
struct vole_departure {
    enum vole_message type;
    const uint8_t *from;
    size_t len;
    size_t ready; /* bytes that may go now */
};

/* Secrets of a session that are small. */
struct vole_secrets {
    struct sym_block delta; /* S */
    uint8_t keys[2 * SYM_VOLE_ROWS][SYM_COT_KEY_BYTES];
    uint8_t w[32]; /* w_R or w_S */
    uint8_t c2[32];
};

/* The correlations of one batch (section 6). */
struct vole_cots {
    bool given; /* a work is making or checking M4, or has */
    bool made;
    struct vole_buffer m4;   /* until it has been sent, or checked */
    struct vole_buffer cots; /* t or q */
    struct vole_buffer row;  /* R: choice bits, noise, c */
    struct vole_buffer m5;   /* R: as it came */
    struct sym_block base[SYM_VOLE_BASE];
    uint32_t alpha[SYM_VOLE_TREES]; /* R */
};

/* What is done with a batch, in this order (sections 7 and 8). */
enum vole_stage {
    R_ENCODES,     /* P, in m6 */
    R_CLAIMS,      /* waits for M5; challenge and x* */
    R_FOLLOWS,     /* the trees, and the sum of their leaves */
    R_ACCUMULATES, /* the code, first half */
    R_SPREADS,     /* the code, second half; A = P + U: M6 is ready */
    R_DECODES,     /* acc of the batch's items */
    R_RESTS,       /* waits until M6 has been sent */
    S_GROWS,       /* the trees; M5 is ready */
    S_CHALLENGES,
    S_SUMS,
    S_ACCUMULATES,
    S_SPREADS,
    S_ANSWERS, /* waits for M6; K = V + delta A, and acc of the batch's items */
    VOLE_IDLE, /* no batch left */
    VOLE_STAGE_COUNT
};

struct vole_job;

struct vole_vectors {
    struct vole_buffer leaves; /* W or V, N blocks; then the outputs of the code */
    struct vole_buffer noise;  /* R: the half of U that goes through the code */
    struct vole_buffer pairs;  /* R: both between the halves of the code */
};

struct vole_room {
    uint32_t batch;
    enum vole_stage stage;
    bool working;             /* a work on it is out */
    bool m6_came;             /* S */
    struct vole_buffer m5;    /* S */
    struct vole_buffer m6;    /* x* and A, or before that P */
    struct vole_buffer seeds; /* S: of the trees */
    struct vole_vectors v;    /* R: from the trees on; S: always */
    struct sym_block chi;
    struct sym_block sums[SYM_VOLE_TREES]; /* of the ranges of trees that begin there */
};

/* The work of a stage. */
struct vole_stage_work {
    enum sym_err (*piece)(const struct vole_job *job, size_t first, size_t n);
    size_t grain;
    const char *fault; /* what an error of a piece means */
};

/* What is done with the own items, in this order (section 8). */
enum vole_list_stage {
    LIST_LATER,
    LIST_HASHES,
    LIST_BINS,
    LIST_SCATTERS,
    LIST_READY, /* in bins: encoded, decoded, until acc is complete */
    LIST_MASKS,
    LIST_BUCKETS,
    LIST_PARTITIONS,
    LIST_SORTS,    /* S */
    LIST_SEARCHES, /* R: once it has closed */
    LIST_DONE,
    LIST_STAGE_COUNT
};

struct vole_list {
    enum vole_list_stage stage;
    uint32_t total; /* pieces of this stage */
    uint32_t given;
    uint32_t done;
    struct vole_buffer room;   /* 32 bytes an item: hashed items; then acc, which become masks, and
                                * behind them records */
    struct vole_buffer binned; /* struct sym_okvs_item, by bins */
    struct vole_buffer index;  /* R: number -> item */
    struct vole_buffer counts; /* a row for each piece */
    struct vole_buffer offsets;
    struct sym_prefix prefix; /* of the hash of this stage */
    uint32_t bits;            /* of buckets */
    uint32_t batches;         /* whose items have acc */
    uint64_t passed;          /* items, for progress */
    bool part_done[VOLE_SORT_PARTS];
    struct vole_buffer masks; /* R: M9 as it comes */
    uint32_t masks_come;
    struct vole_buffer hits; /* R: by item */
    uint32_t *matches;
    uint32_t common;
};

/* A work that is out. Pieces run on other threads: what they read does not change meanwhile. */
struct vole_job {
    bool out;
    struct sym_vole_run *run;
    enum sym_err (*piece)(const struct vole_job *job, size_t first, size_t n);
    enum sym_err (*done)(struct sym_vole_run *run, const struct vole_job *job);
    size_t n;
    size_t grain;
    uint32_t batch;
    uint32_t at; /* the piece of the list that it begins with */
    struct vole_room *room;
    const char *fault; /* what an error of a piece means */
};

/* Room that pieces of work have used and others will. */
struct vole_scratch {
    struct {
        bool taken;  /* atomic; who takes it has the room for himself */
        uint8_t *at; /* atomic; the room's, once it is taken */
        struct vole_buffer room;
    } of[VOLE_SCRATCH_MAX];
};

struct sym_vole_run {
    struct sym_vole_config config;
    struct vole_scratch *scratch;
    enum vole_state state;
    struct sym_vole_geometry g;
    uint32_t n_r;
    uint32_t n_s;
    struct vole_job jobs[SYM_WORKS_OUT_MAX];
    size_t out;
    struct sym_fault fault;

    uint8_t m1[VOLE_M1_BYTES]; /* nonce_S, c_w */
    uint8_t m2[VOLE_M2_BYTES]; /* nonce_R, Y_R */
    uint8_t m7[VOLE_M7_BYTES];
    uint8_t m8[VOLE_M8_BYTES]; /* eq, w_S */
    struct vole_buffer m3;
    uint8_t sid[32];
    uint8_t ctx[32];
    struct sym_code code;
    struct sym_secret secrets;
    struct sym_secret scalar; /* R: y */

    struct vole_arrival arrival;
    size_t departed; /* bytes of the message that leaves */

    bool opening;           /* the base OTs have been given out */
    struct vole_cots *cots; /* by batch */
    uint32_t m4_gone;       /* messages sent, or come */
    uint32_t m5_gone;
    uint32_t m6_gone;
    uint32_t cots_made;     /* batches before this one have their COTs */
    uint32_t ends;          /* e_β that are known */
    struct vole_buffer end; /* e_0 … */
    struct vole_room rooms[VOLE_ROOMS_MAX];
    struct vole_vectors spare; /* R: that no room uses */
    struct vole_list list;
};

/* vole.c */

static inline bool sym_vole_is_r(const struct sym_vole_run *run)
{
    return run->config.role == SYM_SESSION_INITIATOR;
}

static inline struct vole_secrets *sym_vole_secrets(const struct sym_vole_run *run)
{
    return (struct vole_secrets *)(void *)run->secrets.data;
}

/* Room for len bytes, for vectors; nothing happens when there is room already. */
SYM_MUST enum sym_err sym_vole_buffer_make(const struct sym_vole_run *run, struct vole_buffer *b,
                                           size_t len);
/* The same, zeroed. */
SYM_MUST enum sym_err sym_vole_buffer_zero(const struct sym_vole_run *run, struct vole_buffer *b,
                                           size_t len);
void sym_vole_buffer_free(const struct sym_vole_run *run, struct vole_buffer *b);
void sym_vole_buffer_wipe(const struct sym_vole_run *run, struct vole_buffer *b);

static inline struct sym_block *sym_vole_blocks(const struct vole_buffer *b)
{
    return (struct sym_block *)(void *)b->at;
}

/* Room that a piece of work needs for itself, on any thread; empty when there is none. What was in
 * use before is used again: the piece wipes what it leaves there. */
struct vole_buffer sym_vole_scratch(const struct sym_vole_run *run, size_t len);
void sym_vole_scratch_back(const struct sym_vole_run *run, struct vole_buffer *b);
/* Fills in what went wrong, for the own log, unless that is known. Returns err. */
SYM_MUST enum sym_err sym_vole_blame(struct sym_vole_run *run, enum sym_err err, const char *why);
/* Frees what is needed no more when all has been computed and sent. */
void sym_vole_release(struct sym_vole_run *run);
/* The sum of what sym_batch_sum gave for the ranges of a room. */
struct sym_block sym_vole_sum(const struct vole_room *room);
/* The offer of a stage of a room, if it has one now. */
typedef bool vole_offer_fn(struct sym_vole_run *run, struct vole_room *room, struct vole_job *job);
bool sym_vole_offer_rooms(struct sym_vole_run *run, uint32_t rooms, vole_offer_fn *offer,
                          struct vole_job *job);
/* Makes that work, on n items, the job. */
void sym_vole_describe(struct vole_job *job, const struct vole_stage_work *work, size_t n,
                       enum sym_err (*done)(struct sym_vole_run *run, const struct vole_job *job));
/* Groups of outputs of the code that a batch uses. */
size_t sym_vole_groups(const struct sym_vole_run *run, uint32_t batch);
/* Bins of a batch and their columns: the first column of a bin in the vectors of the batch. */
size_t sym_vole_column(const struct sym_vole_run *run, size_t bin_of_batch);

/* vole_frames.c */

/* A message leaves that is there as a whole. True. */
static inline bool sym_vole_leaves(struct vole_departure *out, enum vole_message type,
                                   const uint8_t *from, size_t len)
{
    *out = (struct vole_departure){.type = type, .from = from, .len = len, .ready = len};
    return true;
}
/* The length of the next frame of a message that leaves; 0 when it is not ready. */
size_t sym_vole_frame_due(const struct sym_vole_run *run, const struct vole_departure *d);
/* Writes that frame. True at the end of the message. */
bool sym_vole_frame_put(struct sym_vole_run *run, const struct vole_departure *d, uint8_t *out);
SYM_MUST enum sym_err sym_vole_frame_take(struct sym_vole_run *run, struct sym_span payload);

/* What a message leads to, in one state: where it goes, asked before its first byte is taken, and
 * what happens when it is there. */
struct vole_taker {
    enum sym_err (*begin)(struct sym_vole_run *run, struct vole_arrival *a);
    enum sym_err (*end)(struct sym_vole_run *run);
};
/* NULL where a state refuses a message. */
const struct vole_taker *sym_vole_r_taker(enum vole_state state, enum vole_message type);
const struct vole_taker *sym_vole_s_taker(enum vole_state state, enum vole_message type);

/* vole_setup.c */

SYM_MUST enum sym_err sym_vole_setup_new(struct sym_vole_run *run);
/* D(0^32, "commit", 0, 0; nonce_S || w_S). */
void sym_vole_commitment(uint8_t out[32], const struct sym_vole_run *run, const uint8_t w_s[32]);
/* nonce_R is drawn after M1 was read. */
void sym_vole_draw_nonce(struct sym_vole_run *run);
/* sid, once M1 and nonce_R are known, with the code and the list's hash. */
SYM_MUST enum sym_err sym_vole_name_session(struct sym_vole_run *run);
/* ctx, once M3 is known. */
void sym_vole_name_context(struct sym_vole_run *run);
/* D(ctx, "eq", nbat, 0; w_R || e_0 || …). */
void sym_vole_equality(uint8_t out[32], const struct sym_vole_run *run);
/* c_2 from w_R and w_S; the list's masks may be made. */
void sym_vole_name_masks(struct sym_vole_run *run, const uint8_t w_r[32], const uint8_t w_s[32]);
bool sym_vole_offer_base(struct sym_vole_run *run, struct vole_job *job);

/* vole_list.c */

SYM_MUST enum sym_err sym_vole_list_begin(struct sym_vole_run *run);
/* R: so many masks of M9 have come; they ascend. */
SYM_MUST enum sym_err sym_vole_list_came(struct sym_vole_run *run, size_t masks);
/* All own items have acc, and c_2 is known. */
SYM_MUST enum sym_err sym_vole_list_go_on(struct sym_vole_run *run);
bool sym_vole_offer_list(struct sym_vole_run *run, struct vole_job *job);
/* acc of the items of a bin, and the items. */
struct sym_block *sym_vole_list_acc(const struct sym_vole_run *run, uint32_t bin);
const struct sym_okvs_item *sym_vole_list_bin(const struct sym_vole_run *run, uint32_t bin,
                                              size_t *n);
/* The items of a batch have acc. */
void sym_vole_list_passed(struct sym_vole_run *run, uint32_t batch);
/* S: M9, and how many bytes of it are in order. */
const uint8_t *sym_vole_list_sorted(const struct sym_vole_run *run, size_t *ready);
void sym_vole_list_release(struct sym_vole_run *run);

/* vole_r.c and vole_s.c: set up; the message that is ready, if one is; it has been sent; the next
 * work, if there is one, described in job. */
SYM_MUST enum sym_err sym_vole_r_new(struct sym_vole_run *run);
SYM_MUST enum sym_err sym_vole_s_new(struct sym_vole_run *run);
bool sym_vole_r_departs(const struct sym_vole_run *run, struct vole_departure *out);
bool sym_vole_s_departs(const struct sym_vole_run *run, struct vole_departure *out);
SYM_MUST enum sym_err sym_vole_r_departed(struct sym_vole_run *run, enum vole_message type);
SYM_MUST enum sym_err sym_vole_s_departed(struct sym_vole_run *run, enum vole_message type);
bool sym_vole_r_offer(struct sym_vole_run *run, struct vole_job *job);
bool sym_vole_s_offer(struct sym_vole_run *run, struct vole_job *job);

#endif
