/* Exchange: signed messages. The first byte says which message, and whether the rest comes as a
 * whole Signed message or as the body of one that is signed here, so that what lies behind the
 * signature is reached. What is accepted must be signed to the same bytes again. */
#include "crypto/secret.h"
#include "proto/exchange.h"

#include <stdlib.h>
#include <string.h>

#define ROOM (2u * SYM_SIGNED_BYTES_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

union any {
    struct sym_request request;
    struct sym_receipt receipt;
    struct sym_close close;
    struct sym_abort abort;
    struct sym_ping ping;
};

static const struct {
    const struct sym_message *message;
    const char *domain;
} kinds[] = {
    {&sym_msg_request, SYM_DOMAIN_REQUEST}, {&sym_msg_receipt, SYM_DOMAIN_RECEIPT},
    {&sym_msg_close, SYM_DOMAIN_CLOSE},     {&sym_msg_abort, SYM_DOMAIN_ABORT},
    {&sym_msg_ping, SYM_DOMAIN_REQUEST},
};

#define KINDS (sizeof kinds / sizeof *kinds)

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static const struct sym_sign_key *key(void)
{
    static struct sym_sign_key k;
    if (k.seed.len == 0) {
        static const uint8_t seed[SYM_SEED_BYTES] = {1};
        insist(sym_crypto_init() == SYM_OK);
        insist(sym_sign_key_from(&k, sym_span(seed, sizeof seed)) == SYM_OK);
    }
    return &k;
}

static void read_signed(struct sym_span bytes, size_t kind)
{
    SYM_ARENA_AUTO arena = {0};
    union any value;
    memset(&value, 0, sizeof value);
    if (sym_signed_read(&arena, &value, kinds[kind].message, bytes, key()->public_key,
                        kinds[kind].domain) != SYM_OK) {
        insist(arena.block == NULL);
        return;
    }
    size_t len = 0;
    uint8_t *again = malloc(ROOM);
    insist(again != NULL);
    insist(sym_signed_write(again, ROOM, &len, kinds[kind].message, &value, key(),
                            kinds[kind].domain) == SYM_OK);
    insist(sym_span_equal(sym_span(again, len), bytes));
    free(again);
}

static void read_body(struct sym_span body, size_t kind)
{
    uint8_t signature[SYM_SIGNATURE_BYTES];
    size_t len = 0;
    uint8_t *bytes = malloc(ROOM);
    insist(bytes != NULL);
    insist(sym_sign(signature, key(), kinds[kind].domain, body) == SYM_OK);
    struct sym_signed wrapped = {.body = body, .signature = sym_span(signature, sizeof signature)};
    if (sym_encode(bytes, ROOM, &len, &sym_msg_signed, &wrapped) == SYM_OK) {
        read_signed(sym_span(bytes, len), kind);
    }
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct sym_span rest = sym_span(data + 1, size - 1);
    size_t kind = (data[0] >> 1) % KINDS;
    if ((data[0] & 1) != 0) {
        read_body(rest, kind);
    } else {
        read_signed(rest, kind);
    }
    return 0;
}
