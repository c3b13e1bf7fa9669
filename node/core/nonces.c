#include "node/core/nonces.h"

#include <stdlib.h>
#include <string.h>

#define ANSWERS_MAX      32u
#define ANSWER_BYTES_MAX 4096u

struct seen {
    uint8_t nonce[SYM_NONCE_BYTES];
    uint64_t expires_ms; /* 0: a free slot */
};

struct answer {
    uint8_t nonce[SYM_NONCE_BYTES];
    size_t len; /* 0: a free slot */
    uint8_t bytes[ANSWER_BYTES_MAX];
};

struct sym_nonces {
    struct seen seen[SYM_CONTROL_NONCES_MAX];
    struct answer answers[ANSWERS_MAX];
    size_t next_answer;
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

enum sym_err sym_nonces_answer(const struct sym_nonces *n, struct sym_span nonce,
                               struct sym_span *answer)
{
    for (size_t i = 0; i < ANSWERS_MAX; i++) {
        const struct answer *a = &n->answers[i];
        if (a->len > 0 && sym_span_equal(nonce, sym_span(a->nonce, sizeof a->nonce))) {
            *answer = sym_span(a->bytes, a->len);
            return SYM_OK;
        }
    }
    return SYM_NOT_FOUND;
}

enum sym_err sym_nonces_add(struct sym_nonces *n, struct sym_span nonce, uint64_t expires_ms,
                            uint64_t now_ms, struct sym_fault *fault)
{
    struct seen *slot = NULL;
    for (size_t i = 0; i < SYM_CONTROL_NONCES_MAX; i++) {
        struct seen *s = &n->seen[i];
        if (s->expires_ms <= now_ms) {
            slot = slot == NULL ? s : slot;
        } else if (sym_span_equal(nonce, sym_span(s->nonce, sizeof s->nonce))) {
            return sym_fail(fault, SYM_REPLAY, "control request: was made before; make a new one");
        }
    }
    if (slot == NULL) {
        return sym_fail(fault, SYM_LIMIT,
                        "control: more than %u requests within a minute; try again later",
                        SYM_CONTROL_NONCES_MAX);
    }
    memcpy(slot->nonce, nonce.data, sizeof slot->nonce);
    slot->expires_ms = expires_ms;
    return SYM_OK;
}

void sym_nonces_keep(struct sym_nonces *n, struct sym_span nonce, struct sym_span answer)
{
    struct sym_span known;
    if (answer.len == 0 || answer.len > ANSWER_BYTES_MAX ||
        sym_nonces_answer(n, nonce, &known) == SYM_OK) {
        return;
    }
    struct answer *a = &n->answers[n->next_answer];
    n->next_answer = (n->next_answer + 1) % ANSWERS_MAX;
    memcpy(a->nonce, nonce.data, sizeof a->nonce);
    memcpy(a->bytes, answer.data, answer.len);
    a->len = answer.len;
}
