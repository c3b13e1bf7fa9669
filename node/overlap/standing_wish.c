#include "node/overlap/standing_wish.h"

#include <string.h>

#define DAY_MS UINT64_C(86400000)

static void wish_for(struct sym_standing_wish *out, const struct sym_datasets *datasets,
                     const struct sym_standing_offer *offer, size_t at, uint32_t type)
{
    uint8_t numbers[48];
    uint8_t content[SYM_DIGEST_BYTES];
    struct sym_writer w = sym_writer(numbers, sizeof numbers);
    *out = (struct sym_standing_wish){.peer = offer->peer,
                                      .type = type,
                                      .days = offer->days,
                                      .most = (uint64_t)offer->days * offer->elements_per_day};
    memcpy(out->dataset, offer->dataset.data, offer->dataset.len);
    sym_datasets_basis(datasets, at, content);
    sym_write_u64(&w, type);
    sym_write_u64(&w, offer->days);
    sym_write_u64(&w, offer->elements_per_day);
    sym_write_u64(&w, offer->number);
    sym_write_u64(&w, offer->given_s);
    if (offer->restored_ms > 0) {
        /* What was evaluated since the backup is not counted in its row. */
        sym_write_u64(&w, offer->restored_ms);
    }
    const struct sym_span parts[] = {sym_span(offer->peer.bytes, SYM_NODE_ID_BYTES),
                                     sym_span(numbers, w.len), sym_span(content, sizeof content)};
    sym_digest(out->basis, "symbolon-stands1", parts, 3);
}

void sym_standing_wishes(struct sym_grants *grants, const struct sym_datasets *datasets,
                         sym_standing_wish_fn *fn, void *context)
{
    struct sym_standing_offer offers[SYM_STANDING_KEPT_MAX];
    size_t n = sym_grants_offers(grants, offers, SYM_STANDING_KEPT_MAX);
    size_t wishes = 0; /* no more than there can be */
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        if (sym_datasets_find(datasets, &at, offers[i].dataset, NULL) != SYM_OK ||
            sym_datasets_is_outdated(datasets, at)) {
            continue;
        }
        for (uint32_t type = 0; type < SYM_TOKEN_TYPE_COUNT; type++) {
            uint64_t tokens = sym_datasets_tokens(datasets, at, (enum sym_token_type)type);
            struct sym_standing_wish wish;
            if ((offers[i].types >> type & 1u) == 0 || tokens == 0 ||
                tokens > SYM_STANDING_LIST_MAX) {
                continue;
            }
            wish_for(&wish, datasets, &offers[i], at, type);
            if (wishes++ == SYM_STANDING_KEPT_MAX || fn(context, &wish)) {
                return;
            }
        }
    }
}

bool sym_standing_fits(const struct sym_standing_row *row, const struct sym_standing_wish *wish,
                       uint64_t now_ms)
{
    return row->own && sym_equal(row->basis, wish->basis, sizeof row->basis) &&
           now_ms < row->expires_ms &&
           row->made_ms <= now_ms + DAY_MS; /* a clock that was set back makes none last */
}
