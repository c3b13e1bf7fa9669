#include "node/grant/grants_asked.h"

#include <string.h>

#define VERSION   1u
#define COUNT_MAX (SYM_EXCHANGES_PER_DAY_MAX + 1u)
/* Of what is counted by the element. */
#define MANY_MAX (2u * SYM_STANDING_PER_DAY_MAX)

_Static_assert(COUNT_MAX <= MANY_MAX && (uint64_t)SYM_ASKED_SLOTS * MANY_MAX < UINT32_MAX,
               "the sum fits");

static uint32_t sum(const struct sym_asked *a, size_t slots)
{
    uint32_t n = 0;
    for (size_t i = 0; i < slots; i++) {
        n += a->counts[i];
    }
    return n;
}

static void advance(struct sym_asked *a, uint64_t slot)
{
    if (slot > a->slot) {
        uint64_t by = slot - a->slot < SYM_ASKED_SLOTS ? slot - a->slot : SYM_ASKED_SLOTS;
        size_t kept = SYM_ASKED_SLOTS - (size_t)by;
        memmove(a->counts + by, a->counts, kept * sizeof *a->counts);
        memset(a->counts, 0, (size_t)by * sizeof *a->counts);
        a->slot = slot;
    } else if (a->slot - slot >= SYM_ASKED_SLOTS) {
        uint32_t all = sum(a, SYM_ASKED_SLOTS);
        *a = (struct sym_asked){.slot = slot};
        a->counts[0] = all < MANY_MAX ? all : MANY_MAX;
    }
}

uint32_t sym_asked_count(const struct sym_asked *a, uint64_t wall_ms)
{
    struct sym_asked now = *a;
    advance(&now, wall_ms / SYM_ASKED_SLOT_MS);
    return sum(&now, SYM_ASKED_SLOTS);
}

bool sym_asked_add(struct sym_asked *a, uint64_t wall_ms)
{
    advance(a, wall_ms / SYM_ASKED_SLOT_MS);
    if (a->counts[0] >= COUNT_MAX) {
        return false;
    }
    a->counts[0]++;
    return true;
}

void sym_asked_add_many(struct sym_asked *a, uint64_t wall_ms, uint32_t n)
{
    advance(a, wall_ms / SYM_ASKED_SLOT_MS);
    a->counts[0] += n < MANY_MAX - a->counts[0] ? n : MANY_MAX - a->counts[0];
}

void sym_asked_write(uint8_t out[SYM_ASKED_BYTES], const struct sym_asked *a)
{
    struct sym_writer w = sym_writer(out, SYM_ASKED_BYTES);
    sym_write_u8(&w, VERSION);
    sym_write_u64(&w, a->slot);
    for (size_t i = 0; i < SYM_ASKED_SLOTS; i++) {
        sym_write_u32(&w, a->counts[i]);
    }
}

enum sym_err sym_asked_read(struct sym_asked *a, struct sym_span bytes)
{
    struct sym_asked read = {.slot = 0};
    struct sym_reader r = sym_reader(bytes);
    uint8_t version = sym_read_u8(&r);
    bool fits = true;
    read.slot = sym_read_u64(&r);
    for (size_t i = 0; i < SYM_ASKED_SLOTS; i++) {
        read.counts[i] = sym_read_u32(&r);
        fits = fits && read.counts[i] <= MANY_MAX;
    }
    if (sym_read_end(&r) != SYM_OK || version != VERSION || !fits) {
        return SYM_BAD_FORMAT;
    }
    *a = read;
    return SYM_OK;
}
