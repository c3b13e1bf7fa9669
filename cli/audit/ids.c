#include "cli/audit/ids.h"

#include "crypto/digest.h"
#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 256u

void sym_ids_clear(struct sym_ids *s)
{
    free(s->ids);
    free(s->slots);
    *s = (struct sym_ids){.n = 0};
}

/* The slot where the id is, or belongs; there is always a free one. */
static size_t slot_of(const struct sym_ids *s, const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    uint8_t hash[SYM_DIGEST_BYTES];
    const struct sym_span parts[] = {sym_span(s->key, sizeof s->key),
                                     sym_span(id, SYM_EXCHANGE_ID_BYTES)};
    sym_digest(hash, "symbolon-audit-1", parts, 2);
    size_t at = (size_t)sym_get_u64(hash) & (s->n_slots - 1);
    while (s->slots[at] != 0 && memcmp(s->ids[s->slots[at] - 1], id, SYM_EXCHANGE_ID_BYTES) != 0) {
        at = (at + 1) & (s->n_slots - 1);
    }
    return at;
}

size_t sym_ids_find(const struct sym_ids *s, const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    size_t number = s->n_slots > 0 ? s->slots[slot_of(s, id)] : 0;
    return number > 0 ? number - 1 : SYM_NO_ID;
}

/* Twice as many slots as ids, at least. */
static bool grow(struct sym_ids *s)
{
    size_t n_slots = s->n_slots > 0 ? 2 * s->n_slots : SLOTS_FIRST;
    uint8_t(*ids)[SYM_EXCHANGE_ID_BYTES] = reallocarray(s->ids, n_slots / 2, sizeof *ids);
    if (ids == NULL) {
        return false;
    }
    s->ids = ids;
    size_t *slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    if (s->n_slots == 0) {
        sym_random(s->key, sizeof s->key);
    }
    free(s->slots);
    s->slots = slots;
    s->n_slots = n_slots;
    s->max = n_slots / 2;
    for (size_t i = 0; i < s->n; i++) {
        s->slots[slot_of(s, s->ids[i])] = i + 1;
    }
    return true;
}

size_t sym_ids_add(struct sym_ids *s, const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    if (s->n == s->max && !grow(s)) {
        return SYM_NO_ID;
    }
    size_t at = slot_of(s, id);
    if (s->slots[at] == 0) {
        memcpy(s->ids[s->n], id, SYM_EXCHANGE_ID_BYTES);
        s->slots[at] = ++s->n;
    }
    return s->slots[at] - 1;
}
