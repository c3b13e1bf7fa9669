#include "tests/support/tally.h"

#include "crypto/agree.h"

#include <stdlib.h>
#include <string.h>

enum sym_err tally_open(struct tally *y, size_t n, size_t t)
{
    *y = (struct tally){.n = n, .t = t, .nodes = calloc(n, sizeof *y->nodes)};
    bool made = y->nodes != NULL;
    for (size_t i = 0; made && i < n; i++) {
        struct tally_node *node = &y->nodes[i];
        node->dealt = calloc(n, sizeof *node->dealt);
        node->held = calloc(n, sizeof *node->held);
        node->boxes = calloc(n, sizeof *node->boxes);
        node->signs = calloc(n, sizeof *node->signs);
        made =
            node->dealt != NULL && node->held != NULL && node->boxes != NULL && node->signs != NULL;
    }
    sym_random(y->qid, sizeof y->qid);
    return made ? SYM_OK : SYM_NO_MEMORY;
}

void tally_close(struct tally *y)
{
    for (size_t i = 0; y->nodes != NULL && i < y->n; i++) {
        struct tally_node *node = &y->nodes[i];
        sym_exchange_key_clear(&node->consent);
        sym_exchange_key_clear(&node->mask);
        sym_secret_clear(&node->shared);
        sym_secret_clear(&node->keys);
        free(node->dealt);
        free(node->held);
        free(node->boxes);
        free(node->signs);
    }
    free(y->nodes);
    *y = (struct tally){0};
}

enum sym_err tally_consent(struct tally *y, size_t node)
{
    struct tally_node *own = &y->nodes[node];
    sym_random(own->seed.bytes, sizeof own->seed.bytes);
    sym_random(own->noise_key, sizeof own->noise_key);
    enum sym_err err = sym_exchange_key_new(&own->consent);
    if (err == SYM_OK) {
        err = sym_exchange_key_new(&own->mask);
    }
    return err == SYM_OK ? sym_mask_commit(own->commitment, own->seed.bytes, y->qid) : err;
}

enum sym_err tally_deal(struct tally *y, size_t node)
{
    struct tally_node *own = &y->nodes[node];
    struct sym_share of_seed[SYM_SHAMIR_SHARES_MAX];
    struct sym_share of_key[SYM_SHAMIR_SHARES_MAX];
    struct sym_share key;
    memcpy(key.bytes, own->mask.private_key.data, sizeof key.bytes);
    enum sym_err err = sym_shamir_split(of_seed, y->n, y->t, &own->seed);
    if (err == SYM_OK) {
        err = sym_shamir_split(of_key, y->n, y->t, &key);
    }
    for (size_t j = 0; err == SYM_OK && j < y->n; j++) {
        own->dealt[j] = (struct tally_shares){.of_seed = of_seed[j], .of_key = of_key[j]};
    }
    own->held[node] = own->dealt[node];
    return err;
}

static struct sym_sharebox_route route_of(const struct tally *y, size_t from, size_t to)
{
    struct sym_sharebox_route route = {.from = (uint8_t)from, .to = (uint8_t)to};
    memcpy(route.qid, y->qid, sizeof route.qid);
    return route;
}

static struct sym_sharebox_pair pair_of(const struct tally *y, size_t own, size_t other)
{
    return (struct sym_sharebox_pair){
        .shared = y->nodes[own].shared.data + other * SYM_X25519_BYTES,
        .own = y->nodes[own].consent.public_key,
        .remote = y->nodes[other].consent.public_key,
    };
}

/* What the key of a node has in common with that of every other one: n x 32 bytes. */
static enum sym_err agree_with_all(struct sym_secret *shared, const struct tally *y,
                                   const struct sym_exchange_key *own, bool masks)
{
    enum sym_err verdicts[SYM_SHAMIR_SHARES_MAX];
    const uint8_t *remotes[SYM_SHAMIR_SHARES_MAX];
    for (size_t j = 0; j < y->n; j++) {
        remotes[j] = masks ? y->nodes[j].mask.public_key : y->nodes[j].consent.public_key;
    }
    enum sym_err err = sym_secret_new(shared, y->n * SYM_X25519_BYTES);
    if (err == SYM_OK) {
        err = sym_agree_many((void *)shared->data, verdicts, own, remotes, y->n);
    }
    for (size_t j = 0; err == SYM_OK && j < y->n; j++) {
        err = verdicts[j];
    }
    return err;
}

enum sym_err tally_seal(struct tally *y, size_t node)
{
    struct tally_node *own = &y->nodes[node];
    enum sym_err err = agree_with_all(&own->shared, y, &own->consent, false);
    for (size_t j = 0; err == SYM_OK && j < y->n; j++) {
        struct sym_sharebox_route route = route_of(y, node, j);
        struct sym_sharebox_pair pair = pair_of(y, node, j);
        if (j != node) {
            err = sym_sharebox_seal(own->boxes[j], &pair, sym_span(NULL, 0), &route,
                                    sym_span(&own->dealt[j], sizeof own->dealt[j]));
        }
    }
    return err;
}

enum sym_err tally_unseal(struct tally *y, size_t node)
{
    struct tally_node *own = &y->nodes[node];
    enum sym_err err = SYM_OK;
    for (size_t j = 0; err == SYM_OK && j < y->n; j++) {
        struct sym_sharebox_route route = route_of(y, j, node);
        struct sym_sharebox_pair pair = pair_of(y, node, j);
        if (j != node) {
            err = sym_sharebox_open((uint8_t *)&own->held[j], &pair, sym_span(NULL, 0), &route,
                                    sym_span(y->nodes[j].boxes[node], TALLY_BOX_BYTES));
        }
    }
    return err;
}

void tally_hand_over(struct tally *y, size_t node)
{
    for (size_t j = 0; j < y->n; j++) {
        y->nodes[node].held[j] = y->nodes[j].dealt[node];
    }
}

enum sym_err tally_agree(struct tally *y, size_t node)
{
    struct tally_node *own = &y->nodes[node];
    struct sym_secret shared = {0};
    enum sym_err err = agree_with_all(&shared, y, &own->mask, true);
    if (err == SYM_OK) {
        err = sym_secret_new(&own->keys, y->n * SYM_MASK_KEY_BYTES);
    }
    for (size_t j = 0; err == SYM_OK && j < y->n; j++) {
        uint8_t *key = own->keys.data + j * SYM_MASK_KEY_BYTES;
        if (j == node) {
            own->signs[j] = SYM_MASK_ADD;
            err = sym_mask_self_key(key, own->seed.bytes, y->qid);
        } else {
            own->signs[j] = sym_mask_sign_of(node, j);
            err = sym_mask_pair_key_from(key, shared.data + j * SYM_X25519_BYTES,
                                         own->mask.public_key, y->nodes[j].mask.public_key, y->qid);
        }
    }
    sym_secret_clear(&shared);
    return err;
}

enum sym_err tally_mask(uint64_t *cells, size_t n, uint64_t first, const struct tally *y,
                        size_t node, struct sym_masker *m)
{
    const struct tally_node *own = &y->nodes[node];
    return sym_mask_cells(cells, n, first, m, sym_secret_span(&own->keys), own->signs);
}

static void points_of(uint8_t *points, const uint8_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        points[i] = (uint8_t)(from[i] + 1);
    }
}

enum sym_err tally_seed(struct sym_share *out, const struct tally *y, size_t node,
                        const uint8_t *from, size_t count)
{
    struct sym_share shares[SYM_SHAMIR_SHARES_MAX];
    uint8_t points[SYM_SHAMIR_SHARES_MAX];
    uint8_t weights[SYM_SHAMIR_SHARES_MAX];
    uint8_t commitment[SYM_HASH_BYTES];
    for (size_t i = 0; i < count; i++) {
        shares[i] = y->nodes[from[i]].held[node].of_seed;
    }
    points_of(points, from, count);
    enum sym_err err = sym_shamir_weights(weights, points, count);
    if (err == SYM_OK) {
        sym_shamir_combine(out, weights, shares, count);
        err = sym_mask_commit(commitment, out->bytes, y->qid);
    }
    if (err == SYM_OK && !sym_equal(commitment, y->nodes[node].commitment, sizeof commitment)) {
        err = SYM_BAD_TAG;
    }
    return err;
}

enum sym_err tally_key(struct sym_exchange_key *out, const struct tally *y, size_t node,
                       const uint8_t *from, size_t count)
{
    struct sym_share shares[SYM_SHAMIR_SHARES_MAX];
    struct sym_share key;
    uint8_t points[SYM_SHAMIR_SHARES_MAX];
    uint8_t weights[SYM_SHAMIR_SHARES_MAX];
    for (size_t i = 0; i < count; i++) {
        shares[i] = y->nodes[from[i]].held[node].of_key;
    }
    points_of(points, from, count);
    enum sym_err err = sym_shamir_weights(weights, points, count);
    if (err == SYM_OK) {
        sym_shamir_combine(&key, weights, shares, count);
        err = sym_exchange_key_from(out, sym_span(key.bytes, sizeof key.bytes));
    }
    if (err == SYM_OK &&
        !sym_equal(out->public_key, y->nodes[node].mask.public_key, SYM_X25519_BYTES)) {
        sym_exchange_key_clear(out);
        err = SYM_BAD_TAG;
    }
    return err;
}

/* The masks that a node which is gone left on the vectors of the others. */
static enum sym_err take_off_gone(uint8_t *keys, enum sym_mask_sign *signs, size_t *count,
                                  const struct tally *y, size_t gone, const bool *survived,
                                  const uint8_t *answered)
{
    struct sym_exchange_key key = {0};
    enum sym_err err = tally_key(&key, y, gone, answered, y->t);
    for (size_t j = 0; err == SYM_OK && j < y->n; j++) {
        if (survived[j]) {
            signs[*count] = sym_mask_sign_inverse(sym_mask_sign_of(j, gone));
            err = sym_mask_pair_key(keys + *count * SYM_MASK_KEY_BYTES, &key,
                                    y->nodes[j].mask.public_key, y->qid);
            ++*count;
        }
    }
    sym_exchange_key_clear(&key);
    return err;
}

enum sym_err tally_recover(struct tally_masks *m, const struct tally *y, const bool *survived,
                           const uint8_t *answered)
{
    size_t alive = 0;
    for (size_t i = 0; i < y->n; i++) {
        alive += survived[i] ? 1 : 0;
    }
    size_t most = alive * (1 + y->n - alive);
    size_t count = 0;
    m->signs = calloc(most, sizeof *m->signs);
    enum sym_err err =
        m->signs == NULL ? SYM_NO_MEMORY : sym_secret_new(&m->keys, most * SYM_MASK_KEY_BYTES);
    for (size_t i = 0; err == SYM_OK && i < y->n; i++) {
        struct sym_share seed;
        if (survived[i]) {
            err = tally_seed(&seed, y, i, answered, y->t);
            if (err == SYM_OK) {
                m->signs[count] = SYM_MASK_SUBTRACT;
                err = sym_mask_self_key(m->keys.data + count * SYM_MASK_KEY_BYTES, seed.bytes,
                                        y->qid);
                count++;
            }
        } else {
            err = take_off_gone(m->keys.data, m->signs, &count, y, i, survived, answered);
        }
    }
    return err;
}

void tally_masks_clear(struct tally_masks *m)
{
    sym_secret_clear(&m->keys);
    free(m->signs);
    *m = (struct tally_masks){0};
}
