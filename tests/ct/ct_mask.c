/* Masks and boxes: private keys, seeds, the preshared key, cells and what is in boxes are undefined
 * for valgrind. Public are public keys, commitments, closed boxes, and whether something was
 * refused. */
#include "crypto/agree.h"
#include "crypto/sharebox.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#define CELLS 5000u
#define PLAIN 64u

static void make_secret(void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(data, len);
}

static void make_public(void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(data, len);
}

/* Stands in for libsodium's: that a shared secret is zero is told to everybody. */
int crypto_scalarmult(unsigned char *out, const unsigned char *scalar, const unsigned char *point)
{
    int refused = crypto_scalarmult_curve25519(out, scalar, point);
    make_public(&refused, sizeof refused);
    return refused;
}

static bool make_key(struct sym_exchange_key *k, uint8_t seed)
{
    uint8_t private_key[SYM_X25519_BYTES];
    memset(private_key, seed, sizeof private_key);
    make_secret(private_key, sizeof private_key);
    bool made = sym_exchange_key_from(k, sym_span(private_key, sizeof private_key)) == SYM_OK;
    make_public(k->public_key, sizeof k->public_key);
    return made;
}

/* Unsupported ways are none that valgrind's CPU has. */
static bool mask_with(const char *name, const uint8_t *keys)
{
    static const enum sym_mask_sign signs[2] = {SYM_MASK_ADD, SYM_MASK_SUBTRACT};
    static uint64_t cells[CELLS];
    struct sym_masker m = {0};
    make_secret(cells, sizeof cells);
    enum sym_err err = sym_masker_new_with(&m, name);
    if (err == SYM_OK) {
        struct sym_span both = sym_span(keys, sizeof signs / sizeof *signs * SYM_MASK_KEY_BYTES);
        err = sym_mask_cells(cells, CELLS, 0, &m, both, signs);
        (void)printf("%s\n", name);
    } else if (err == SYM_UNSUPPORTED) {
        err = SYM_OK;
    }
#ifdef PLANT_BRANCH
    if (cells[CELLS - 1] > 7) {
        (void)fputs("planted\n", stderr);
    }
#endif
    sym_masker_clear(&m);
    return err == SYM_OK;
}

static bool mask(const struct sym_exchange_key *own, const struct sym_exchange_key *other)
{
    static const uint8_t qid[SYM_QID_BYTES] = {1};
    const uint8_t *remotes[1] = {other->public_key};
    uint8_t seed[SYM_MASK_SEED_BYTES] = {2};
    uint8_t commitment[SYM_HASH_BYTES];
    uint8_t keys[2][SYM_MASK_KEY_BYTES];
    uint8_t shared[1][SYM_X25519_BYTES];
    enum sym_err verdict = SYM_OK;
    make_secret(seed, sizeof seed);
    bool done = sym_mask_commit(commitment, seed, qid) == SYM_OK &&
                sym_mask_self_key(keys[0], seed, qid) == SYM_OK &&
                sym_agree_many(shared, &verdict, own, remotes, 1) == SYM_OK && verdict == SYM_OK &&
                sym_mask_pair_key_from(keys[1], shared[0], own->public_key, other->public_key,
                                       qid) == SYM_OK;
    for (size_t at = 0; done && sym_masker_name_at(at) != NULL; at++) {
        done = mask_with(sym_masker_name_at(at), keys[0]);
    }
    return done;
}

static bool seal(const struct sym_exchange_key *own, const struct sym_exchange_key *other)
{
    const struct sym_sharebox_route route = {.from = 1, .to = 2};
    uint8_t psk[SYM_PSK_BYTES] = {3};
    uint8_t plain[PLAIN] = {4};
    uint8_t box[PLAIN + SYM_SHAREBOX_OVERHEAD_BYTES];
    make_secret(psk, sizeof psk);
    make_secret(plain, sizeof plain);
    uint8_t shared[SYM_X25519_BYTES];
    const struct sym_sharebox_pair pair = {shared, own->public_key, other->public_key};
    return sym_exchange_key_agree(shared, own, other->public_key) == SYM_OK &&
           sym_sharebox_seal(box, &pair, sym_span(psk, sizeof psk), &route,
                             sym_span(plain, sizeof plain)) == SYM_OK;
}

int main(void)
{
    struct sym_exchange_key a = {0};
    struct sym_exchange_key b = {0};
    bool done = sym_crypto_init() == SYM_OK && make_key(&a, 1) && make_key(&b, 2) && mask(&a, &b) &&
                seal(&a, &b);
    sym_exchange_key_clear(&a);
    sym_exchange_key_clear(&b);
    (void)puts(done ? "cells were masked and shares sealed" : "masking or sealing failed");
    return done ? 0 : 1;
}
