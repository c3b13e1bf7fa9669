/* Standing lists: two machines that talk to each other in a toy group, while payloads are altered
 * on their way, left out, repeated, or replaced by what the input has. What was not altered must
 * come out right; after an error a machine is dead, and no list that was altered is handed out as
 * one that cannot be read. */
#include "crypto/secret.h"
#include "proto/sorted.h"
#include "proto/standing_state.h"

#include "tests/support/toy_group.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIST_MAX  (SYM_TAG_BLOCK + 40u)
#define QUERY_MAX 48u
#define TAG_MAX   (SYM_TAG_BITS_MAX / 8)

enum { ASKER, HOLDER };

struct pair {
    uint32_t n; /* of the list, and of its beginning in the query */
    uint32_t common;
    uint32_t query;
    struct sym_standing_list list;
    struct sym_scalar key;
    uint8_t digests[LIST_MAX * SYM_HASH_BYTES];
    uint8_t own[QUERY_MAX * SYM_HASH_BYTES];
    uint8_t tags[LIST_MAX * TAG_MAX];
    uint8_t firsts[2 * TAG_MAX];
    uint8_t bytes[2][SYM_TAG_BLOCK_BYTES_MAX];
    struct sym_span blocks[2];
    struct sym_standing_run *side[2];
    bool altered;
    bool dead[2];
};

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void number(uint8_t out[SYM_HASH_BYTES], uint32_t i)
{
    memset(out, 0, SYM_HASH_BYTES);
    out[0] = (uint8_t)(i >> 16);
    out[1] = (uint8_t)(i >> 8);
    out[2] = (uint8_t)i;
}

/* The query has the first `common` of the list, and then others. */
static void make_list(struct pair *p)
{
    struct sym_span inputs[LIST_MAX];
    struct sym_tag_code code;
    size_t len = sym_tag_bytes(p->list.bits);
    for (uint32_t i = 0; i < p->n; i++) {
        number(p->digests + i * SYM_HASH_BYTES, i);
    }
    for (uint32_t i = 0; i < p->query; i++) {
        number(p->own + i * SYM_HASH_BYTES, i < p->common ? i : LIST_MAX + i);
    }
    memset(&p->key, 0, sizeof p->key);
    p->key.bytes[0] = 3;
    sym_oprf_spans(inputs, p->n, p->digests, SYM_HASH_BYTES);
    insist(sym_oprf_evaluate_own((struct sym_oprf_tags){.data = p->tags, .len = len}, NULL,
                                 &toy_group, inputs, p->n, &p->key, SYM_OPRF_INPUT) == SYM_OK);
    sym_tag_trim(p->tags, p->n, p->list.bits);
    sym_sorted_sort(p->tags, p->n, len);
    insist(sym_tag_code_for(&code, p->list.bits, p->n) == SYM_OK);
    for (uint32_t b = 0; b < sym_standing_blocks(p->n); b++) {
        const uint8_t *tags = p->tags + b * SYM_TAG_BLOCK * len;
        size_t bytes = 0;
        insist(sym_tag_block_write(p->bytes[b], sizeof p->bytes[b], &bytes, &code, tags,
                                   sym_standing_block_tags(p->n, b)) == SYM_OK);
        p->blocks[b] = sym_span(p->bytes[b], bytes);
        memcpy(p->firsts + b * len, tags, len);
    }
}

static void check(struct pair *p, int side, enum sym_err err)
{
    size_t len = 7;
    struct sym_work work;
    struct sym_overlap_progress done = sym_standing_progress(p->side[side]);
    p->dead[side] = p->dead[side] || err != SYM_OK;
    insist(done.done <= done.total);
    if (p->dead[side] && p->side[side]->state != STANDING_DONE) {
        insist(sym_standing_step(p->side[side], &len) == SYM_OVERLAP_WAIT && len == 0);
        insist(!sym_standing_work(p->side[side], &work));
    }
}

static void compute(struct pair *p, int side)
{
    struct sym_work work;
    uint32_t wanted = 0;
    while (sym_standing_work(p->side[side], &work)) {
        insist(sym_standing_works_out(p->side[side]) == 1);
        enum sym_err err = work.run(work.context, 0, work.n);
        check(p, side, sym_standing_worked(p->side[side], work.context, err));
    }
    while (sym_standing_wants(p->side[side], &wanted)) {
        insist(wanted < sym_standing_blocks(p->n));
        check(p, side, sym_standing_give(p->side[side], p->blocks[wanted]));
    }
}

static void hear(struct pair *p, int side, bool closes, struct sym_span payload)
{
    uint8_t *exact = malloc(payload.len > 0 ? payload.len : 1);
    insist(exact != NULL);
    if (payload.len > 0) {
        memcpy(exact, payload.data, payload.len);
    }
    check(p, side,
          sym_standing_take(p->side[side], closes ? SYM_EVENT_CLOSED : SYM_EVENT_DATA,
                            sym_span(exact, payload.len)));
    free(exact);
}

/* One payload on its way; what happens to it is what the input says. */
static void carry(struct pair *p, int to, bool closes, uint8_t *payload, size_t len,
                  struct sym_reader *in)
{
    uint8_t what = in->left > 0 ? sym_read_u8(in) : 0;
    p->altered = p->altered || what != 0;
    switch (what) {
    case 1: /* lost */
        return;
    case 2: /* comes twice */
        hear(p, to, closes, sym_span(payload, len));
        break;
    case 3: /* too short */
        len -= len > 0 ? 1 : 0;
        break;
    case 4: /* closed in between */
        hear(p, to, true, sym_span(NULL, 0));
        break;
    case 5: { /* what the input has */
        struct sym_span other = sym_read_span(in, in->left < 300 ? in->left : 300);
        hear(p, to, false, other);
        return;
    }
    default:
        if (what != 0 && len > 0) {
            uint32_t at = sym_read_u16(in);
            payload[at % len] ^= what;
        }
        break;
    }
    hear(p, to, closes, sym_span(payload, len));
}

static void say_all(struct pair *p, int side, struct sym_reader *in)
{
    static uint8_t payload[SYM_TAG_BLOCK_BYTES_MAX + STANDING_HEAD_BYTES];
    enum sym_overlap_step step;
    size_t len = 0;
    while ((step = sym_standing_step(p->side[side], &len)) != SYM_OVERLAP_WAIT) {
        insist(len <= sizeof payload);
        insist(sym_standing_write(p->side[side], payload, len) == SYM_OK);
        carry(p, 1 - side, step == SYM_OVERLAP_CLOSE, payload, len, in);
    }
}

static void judge(struct pair *p)
{
    struct sym_overlap_result result;
    const struct sym_span *blocks = NULL;
    const uint8_t *firsts = NULL;
    bool known = sym_standing_result(p->side[ASKER], &result) == SYM_OK;
    if (!p->altered) {
        insist(known && p->side[ASKER]->state == STANDING_DONE &&
               p->side[HOLDER]->state == STANDING_DONE);
        insist(result.common == p->common);
    }
    for (uint32_t i = 0; known && i < result.common; i++) {
        insist(result.matches[i] < p->query &&
               (i == 0 || result.matches[i - 1] < result.matches[i]));
    }
    if (sym_standing_received(p->side[ASKER], &blocks, &firsts) == SYM_OK) {
        struct sym_tag_code code;
        insist(sym_tag_code_for(&code, p->list.bits, p->n) == SYM_OK);
        for (uint32_t b = 0; b < sym_standing_blocks(p->n); b++) {
            insist(sym_tag_block_read(p->tags, sym_standing_block_tags(p->n, b), &code,
                                      blocks[b]) == SYM_OK);
            insist(memcmp(p->tags, firsts + b * sym_tag_bytes(code.bits),
                          sym_tag_bytes(code.bits)) == 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pair p;
    insist(sym_crypto_init() == SYM_OK);
    if (size < 4) {
        return 0;
    }
    memset(&p, 0, sizeof p);
    bool sends = (data[0] & 1u) != 0;
    p.n = data[1] >= 0xf8 ? SYM_TAG_BLOCK + data[1] % 40u : data[1] % 64u + 1;
    p.query = data[2] % QUERY_MAX + 1;
    p.common = data[3] % (p.query + 1);
    p.common = p.common < p.n ? p.common : p.n;
    p.list = (struct sym_standing_list){.n = p.n, .bits = 64 + data[0] / 2 % 65u};
    make_list(&p);
    for (int side = 0; side < 2; side++) {
        const struct sym_standing_config c = {
            .role = side == ASKER ? SYM_SESSION_INITIATOR : SYM_SESSION_RESPONDER,
            .with = &toy_group,
            .list = p.list,
            .query_size = p.query,
            .sends_list = sends,
            .digests = p.own,
            .n = p.query - p.query / 4 > p.common ? p.query - p.query / 4 : p.common,
            .firsts = p.firsts,
            .key = &p.key,
            .blocks = p.blocks};
        insist(sym_standing_new(&p.side[side], &c) == SYM_OK);
    }
    struct sym_reader in = sym_reader(sym_span(data + 4, size - 4));
    for (int turn = 0; turn < 8; turn++) {
        compute(&p, turn % 2);
        say_all(&p, turn % 2, &in);
    }
    judge(&p);
    sym_standing_free(p.side[ASKER]);
    sym_standing_free(p.side[HOLDER]);
    return 0;
}
