#include "node/core/nonces.h"

#include "crypto/identity.h"

#include <stdlib.h>
#include <string.h>

/* As much of a public key as tells the users of one node apart. */
#define USER_BYTES       8u
#define ANSWERS_MAX      32u
#define ANSWER_BYTES_MAX 4096u

struct seen {
    uint8_t nonce[SYM_NONCE_BYTES];
    uint8_t user[USER_BYTES];
    bool is_operator;
    uint64_t expires_ms; /* by the wall clock; 0: never used */
    uint64_t added_ms;   /* by the clock that nobody sets */
};

struct answer {
    uint8_t nonce[SYM_NONCE_BYTES];
    uint8_t user[SYM_ED25519_BYTES];
    size_t len; /* 0: a free slot */
    uint8_t bytes[ANSWER_BYTES_MAX];
};

struct sym_nonces {
    struct seen seen[SYM_CONTROL_NONCES_MAX];
    struct answer answers[ANSWERS_MAX];
    size_t next_answer;
    uint64_t forgotten_ms; /* what expires no later may be one that is not remembered any more */
};

enum sym_err sym_nonces_new(struct sym_nonces **out)
{
    *out = calloc(1, sizeof **out);
    return *out == NULL ? SYM_NO_MEMORY : SYM_OK;
}

void sym_nonces_free(struct sym_nonces *n)
{
    free(n);
}

enum sym_err sym_nonces_answer(const struct sym_nonces *n, struct sym_span user,
                               struct sym_span nonce, struct sym_span *answer)
{
    for (size_t i = 0; i < ANSWERS_MAX; i++) {
        const struct answer *a = &n->answers[i];
        if (a->len > 0 && sym_span_equal(nonce, sym_span(a->nonce, sizeof a->nonce)) &&
            sym_span_equal(user, sym_span(a->user, sizeof a->user))) {
            *answer = sym_span(a->bytes, a->len);
            return SYM_OK;
        }
    }
    return SYM_NOT_FOUND;
}

/* What is remembered already, as far as it bears on one user. */
struct share {
    size_t own;
    size_t others; /* of all who are not operators */
};

static void count(struct share *used, const struct seen *s, const struct sym_nonce_holder *holder)
{
    used->own += sym_equal(s->user, holder->user.data, USER_BYTES);
    used->others += !s->is_operator;
}

/* One user cannot lock the others out, and all together not those who could stop them. */
static bool may_add(const struct share *used, const struct sym_nonce_holder *holder)
{
    return holder->is_operator ||
           (used->own < SYM_CONTROL_NONCES_PER_USER_MAX &&
            used->others < SYM_CONTROL_NONCES_MAX - SYM_CONTROL_NONCES_PER_USER_MAX);
}

/* Slots are used again as late as can be, and first the one that expired first: whoever sets the
 * wall clock back a little is not refused for it. */
enum sym_err sym_nonces_add(struct sym_nonces *n, const struct sym_nonce_holder *holder,
                            struct sym_span nonce, uint64_t expires_ms, uint64_t now_ms,
                            struct sym_fault *fault)
{
    struct seen *slot = NULL;
    struct share used = {0};
    for (size_t i = 0; i < SYM_CONTROL_NONCES_MAX; i++) {
        struct seen *s = &n->seen[i];
        if (s->expires_ms > 0 && sym_span_equal(nonce, sym_span(s->nonce, sizeof s->nonce))) {
            return sym_fail(fault, SYM_REPLAY, "control request: was made before; make a new one");
        }
        if (s->expires_ms > 0 && now_ms - s->added_ms < SYM_CONTROL_LIFE_MS) {
            count(&used, s, holder);
        } else if (slot == NULL || s->expires_ms < slot->expires_ms) {
            slot = s;
        }
    }
    if (expires_ms <= n->forgotten_ms) {
        return sym_fail(fault, SYM_REPLAY,
                        "control request: expires no later than one that is forgotten, and may "
                        "have been run; the clock was set back: start the node again");
    }
    if (slot == NULL || !may_add(&used, holder)) {
        return sym_fail(fault, SYM_LIMIT,
                        "control: too many requests within a minute; try again later");
    }
    n->forgotten_ms = slot->expires_ms > n->forgotten_ms ? slot->expires_ms : n->forgotten_ms;
    memcpy(slot->nonce, nonce.data, sizeof slot->nonce);
    memcpy(slot->user, holder->user.data, sizeof slot->user);
    slot->is_operator = holder->is_operator;
    slot->expires_ms = expires_ms;
    slot->added_ms = now_ms;
    return SYM_OK;
}

void sym_nonces_keep(struct sym_nonces *n, struct sym_span user, struct sym_span nonce,
                     struct sym_span answer)
{
    struct sym_span known;
    if (answer.len == 0 || answer.len > ANSWER_BYTES_MAX ||
        sym_nonces_answer(n, user, nonce, &known) == SYM_OK) {
        return;
    }
    struct answer *a = &n->answers[n->next_answer];
    n->next_answer = (n->next_answer + 1) % ANSWERS_MAX;
    memcpy(a->nonce, nonce.data, sizeof a->nonce);
    memcpy(a->user, user.data, sizeof a->user);
    memcpy(a->bytes, answer.data, answer.len);
    a->len = answer.len;
}
