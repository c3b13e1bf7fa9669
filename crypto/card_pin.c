#include "crypto/card.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S       86400
#define PAIR_BYTES  (SYM_NODE_ID_BYTES + 8)
#define DOMAIN_TEXT "symbolon-roster-1"

static bool same_endpoints(const struct sym_card *a, const struct sym_card *b)
{
    if (a->n_endpoint != b->n_endpoint) {
        return false;
    }
    for (size_t i = 0; i < a->n_endpoint; i++) {
        if (strcmp(a->endpoint[i], b->endpoint[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool same_slots(const uint8_t a[][32], size_t n_a, const uint8_t b[][32], size_t n_b)
{
    return n_a == n_b && sym_equal(a, b, 32 * n_a);
}

static bool same_key(const uint8_t a[32], const uint8_t b[32])
{
    return sym_equal(a, b, 32);
}

bool sym_card_equal(const struct sym_card *a, const struct sym_card *b)
{
    return strcmp(a->name, b->name) == 0 && a->role == b->role && a->serial == b->serial &&
           a->issued_s == b->issued_s && a->expires_s == b->expires_s &&
           same_key(a->identity, b->identity) && same_slots(a->tls, a->n_tls, b->tls, b->n_tls) &&
           same_slots(a->exchange, a->n_exchange, b->exchange, b->n_exchange) &&
           same_key(a->log, b->log) && same_key(a->cosign, b->cosign) && same_endpoints(a, b) &&
           a->has_previous == b->has_previous &&
           (!a->has_previous || same_key(a->previous, b->previous));
}

static enum sym_err accept_time(const struct sym_card *card, int64_t now_s, struct sym_fault *fault)
{
    if (card->expires_s <= now_s) {
        return sym_fail(fault, SYM_EXPIRED,
                        "card: has expired; ask the partner for a new card, or check this clock");
    }
    if (card->issued_s > now_s && card->issued_s - now_s > DAY_S) {
        return sym_fail(fault, SYM_STALE,
                        "card: was issued more than a day in the future; check both clocks");
    }
    return SYM_OK;
}

static enum sym_err accept_after(const struct sym_card *card, const struct sym_card *pinned,
                                 struct sym_fault *fault)
{
    bool same_node = same_key(card->identity, pinned->identity);
    bool handed_over = card->has_previous && same_key(card->previous, pinned->identity);
    if (!same_node && !handed_over) {
        return sym_fail(fault, SYM_DENIED,
                        "card: is of another identity, which the pinned one did not sign; compare "
                        "its fingerprint, then remove the peer and add it anew");
    }
    if (card->serial < pinned->serial) {
        return sym_fail(fault, SYM_OLDER,
                        "card: is older than the one pinned; ask the partner for the newest card");
    }
    if (card->serial == pinned->serial && !sym_card_equal(card, pinned)) {
        return sym_fail(fault, SYM_EXISTS,
                        "card: has the serial of the one pinned but says something else; ask the "
                        "partner which is true, and for one with a higher serial");
    }
    return SYM_OK;
}

enum sym_err sym_card_accept(const struct sym_card *card, const struct sym_card *pinned,
                             const struct sym_node_id *self, int64_t now_s, struct sym_fault *fault)
{
    struct sym_node_id id;
    sym_node_id_of(&id, card->identity);
    if (sym_node_id_equal(&id, self)) {
        return sym_fail(fault, SYM_SELF,
                        "card: is this node's own; give it to partners and add theirs here");
    }
    enum sym_err err = accept_time(card, now_s, fault);
    return err == SYM_OK && pinned != NULL ? accept_after(card, pinned, fault) : err;
}

static int compare_pairs(const void *a, const void *b)
{
    const uint8_t *x = a;
    const uint8_t *y = b;
    for (size_t i = 0; i < PAIR_BYTES; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

enum sym_err sym_roster_fingerprint(uint8_t out[SYM_HASH_BYTES], const struct sym_card *cards,
                                    size_t n)
{
    uint8_t pairs[SYM_ROSTER_CARDS_MAX][PAIR_BYTES];
    crypto_hash_sha256_state state;
    if (n > SYM_ROSTER_CARDS_MAX) {
        return SYM_LIMIT;
    }
    for (size_t i = 0; i < n; i++) {
        struct sym_node_id id;
        sym_node_id_of(&id, cards[i].identity);
        memcpy(pairs[i], id.bytes, sizeof id.bytes);
        sym_put_u64(pairs[i] + sizeof id.bytes, cards[i].serial);
    }
    qsort(pairs, n, sizeof pairs[0], compare_pairs);
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, (const uint8_t *)DOMAIN_TEXT, sizeof DOMAIN_TEXT - 1);
    (void)crypto_hash_sha256_update(&state, (const uint8_t *)pairs, n * sizeof pairs[0]);
    (void)crypto_hash_sha256_final(&state, out);
    return SYM_OK;
}
