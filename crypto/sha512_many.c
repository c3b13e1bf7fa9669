#include "crypto/sha512_many.h"

#include <sodium.h>
#include <string.h>

/* Messages of more blocks, start apart, are hashed alone. */
#define SHORT_BLOCKS 2u
/* That go through the stack at a time: whole groups of the widest kernel. */
#define TOGETHER 32u

/* 0x80 and the length, which end the last block. */
#define PADDING 17u

struct message {
    const struct sym_span *parts;
    size_t n_parts;
    struct sym_span end;
};

void sym_sha512_start(struct sym_sha512_start *out, const uint8_t *blocks, size_t n_blocks)
{
    crypto_hash_sha512_state hash;
    (void)crypto_hash_sha512_init(&hash);
    (void)crypto_hash_sha512_update(&hash, blocks, n_blocks * SYM_SHA512_BLOCK);
    memcpy(out->state, hash.state, sizeof out->state);
    out->bytes = n_blocks * SYM_SHA512_BLOCK;
}

static void hash_alone(uint8_t out[SYM_SHA512_BYTES], const struct sym_sha512_start *start,
                       struct message m)
{
    crypto_hash_sha512_state hash;
    (void)crypto_hash_sha512_init(&hash);
    memcpy(hash.state, start->state, sizeof hash.state);
    hash.count[1] = (uint64_t)start->bytes * 8;
    for (size_t i = 0; i < m.n_parts; i++) {
        if (m.parts[i].len > 0) {
            (void)crypto_hash_sha512_update(&hash, m.parts[i].data, m.parts[i].len);
        }
    }
    if (m.end.len > 0) {
        (void)crypto_hash_sha512_update(&hash, m.end.data, m.end.len);
    }
    (void)crypto_hash_sha512_final(&hash, out); /* wipes the state */
}

/* With its padding, or SHORT_BLOCKS + 1 where they are more than that. */
static size_t blocks_of(struct message m)
{
    size_t left = SHORT_BLOCKS * SYM_SHA512_BLOCK - PADDING;
    size_t len = 0;
    for (size_t i = 0; i <= m.n_parts; i++) {
        const size_t more = i < m.n_parts ? m.parts[i].len : m.end.len;
        if (more > left) {
            return SHORT_BLOCKS + 1;
        }
        left -= more;
        len += more;
    }
    return (len + PADDING + SYM_SHA512_BLOCK - 1) / SYM_SHA512_BLOCK;
}

static void pad(uint8_t *out, size_t blocks, size_t begun, struct message m)
{
    const size_t whole = blocks * SYM_SHA512_BLOCK;
    size_t at = 0;
    for (size_t i = 0; i <= m.n_parts; i++) {
        const struct sym_span part = i < m.n_parts ? m.parts[i] : m.end;
        if (part.len > 0) {
            memcpy(out + at, part.data, part.len);
            at += part.len;
        }
    }
    memset(out + at, 0, whole - at);
    out[at] = 0x80;
    sym_put_u64(out + whole - 8, (uint64_t)(begun + at) * 8);
}

static struct message message_at(const struct sym_span *parts, size_t n_parts, struct sym_span end,
                                 size_t i)
{
    return (struct message){parts + i * n_parts, n_parts, end};
}

void sym_sha512_many(uint8_t (*out)[SYM_SHA512_BYTES], sym_sha512_lanes *lanes,
                     const struct sym_sha512_start *start, const struct sym_span *parts,
                     size_t n_parts, struct sym_span end, size_t n)
{
    uint8_t padded[TOGETHER * SHORT_BLOCKS * SYM_SHA512_BLOCK];
    struct sym_sha512_start none = {.bytes = 0};
    memcpy(none.state, sym_sha512_initial, sizeof none.state);
    const struct sym_sha512_start *from = start != NULL ? start : &none;
    size_t used = 0;
    for (size_t at = 0; at < n;) {
        const size_t blocks = blocks_of(message_at(parts, n_parts, end, at));
        const size_t most = n - at < TOGETHER ? n - at : TOGETHER;
        size_t alike = 1;
        while (alike < most && blocks_of(message_at(parts, n_parts, end, at + alike)) == blocks) {
            alike++;
        }
        if (lanes != NULL && alike > 1 && blocks <= SHORT_BLOCKS) {
            for (size_t i = 0; i < alike; i++) {
                pad(padded + i * blocks * SYM_SHA512_BLOCK, blocks, from->bytes,
                    message_at(parts, n_parts, end, at + i));
            }
            lanes(out + at, from->state, padded, blocks, alike);
            used = sizeof padded;
        } else {
            for (size_t i = 0; i < alike; i++) {
                hash_alone(out[at + i], from, message_at(parts, n_parts, end, at + i));
            }
        }
        at += alike;
    }
    sym_wipe(padded, used);
}
