#include "proto/overlap_state.h"

_Static_assert(OVERLAP_HEAD_BYTES + SYM_OVERLAP_ITEMS_MAX * SYM_ELEMENT_BYTES <= SYM_DATA_BYTES_MAX,
               "a full payload fits into a data frame");

uint32_t sym_overlap_due(const struct overlap_stream *s)
{
    uint32_t left = s->total - s->at;
    return left < SYM_OVERLAP_ITEMS_MAX ? left : SYM_OVERLAP_ITEMS_MAX;
}

bool sym_overlap_over(const struct overlap_stream *s)
{
    return s->at == s->total;
}

enum sym_err sym_overlap_expect(const struct overlap_stream *s,
                                const struct overlap_payload *payload)
{
    if (sym_overlap_over(s)) {
        return SYM_WRONG_STATE;
    }
    return payload->n == sym_overlap_due(s) ? SYM_OK : SYM_BAD_VALUE;
}

size_t sym_overlap_payload_bytes(uint32_t n, size_t item_len)
{
    return OVERLAP_HEAD_BYTES + n * item_len;
}

void sym_overlap_put(uint8_t *out, const struct overlap_payload *payload, size_t item_len)
{
    struct sym_writer w = sym_writer(out, sym_overlap_payload_bytes(payload->n, item_len));
    sym_write_u8(&w, (uint8_t)payload->type);
    sym_write_u32(&w, payload->n);
    sym_write_bytes(&w, payload->items, payload->n * item_len);
}

enum sym_err sym_overlap_get(struct overlap_payload *out, size_t tag_len, struct sym_span payload)
{
    struct sym_reader r = sym_reader(payload);
    uint8_t type = sym_read_u8(&r);
    uint32_t n = sym_read_u32(&r);
    if (r.err != SYM_OK || type < OVERLAP_BLINDED || type > OVERLAP_TAGS) {
        return SYM_BAD_FORMAT;
    }
    if (n > SYM_OVERLAP_ITEMS_MAX) {
        return SYM_BAD_VALUE;
    }
    *out = (struct overlap_payload){.type = (enum overlap_message)type, .n = n};
    size_t item_len = type == OVERLAP_TAGS ? tag_len : SYM_ELEMENT_BYTES;
    out->items = sym_read_span(&r, n * item_len).data;
    return sym_read_end(&r) == SYM_OK ? SYM_OK : SYM_BAD_FORMAT;
}

/* The smallest b with 2^b >= n. */
static unsigned bits(uint32_t n)
{
    unsigned b = 0;
    while (b < 32 && (1ull << b) < n) {
        b++;
    }
    return b;
}

size_t sym_overlap_tag_bytes(uint32_t initiator_size, uint32_t responder_size)
{
    size_t len = (40u + bits(initiator_size) + bits(responder_size) + 7u) / 8u;
    return len > SYM_OPRF_TAG_MIN_BYTES ? len : SYM_OPRF_TAG_MIN_BYTES;
}
