#include "node/grant/patterns.h"

#include <string.h>

#define VERSION 1u
#define DAY_MS  86400000u
/* Of one day: more is as sudden as this. */
#define COUNT_MAX 1000000u

_Static_assert((uint64_t)SYM_PATTERN_KINDS *COUNT_MAX *SYM_PATTERN_FACTOR < UINT32_MAX,
               "sums and multiples fit");

static void shift(uint32_t counts[SYM_PATTERN_DAYS], size_t by)
{
    memmove(counts + by, counts, (SYM_PATTERN_DAYS - by) * sizeof *counts);
    memset(counts, 0, by * sizeof *counts);
}

static void advance(struct sym_pattern *p, uint64_t day)
{
    if (day > p->day) {
        size_t by =
            day - p->day < SYM_PATTERN_DAYS ? (size_t)(day - p->day) : (size_t)SYM_PATTERN_DAYS;
        for (size_t i = 0; i < SYM_PATTERN_KINDS; i++) {
            shift(p->asked[i], by);
        }
        shift(p->probes, by);
        p->day = day;
    } else if (p->day - day >= SYM_PATTERN_DAYS) {
        *p = (struct sym_pattern){.day = day};
    }
}

static void count(uint32_t *n)
{
    *n += *n < COUNT_MAX;
}

void sym_pattern_add(struct sym_pattern *p, uint32_t kind, bool probe, uint64_t wall_ms)
{
    advance(p, wall_ms / DAY_MS);
    count(&p->asked[kind < SYM_PATTERN_KINDS ? kind : 0][0]);
    if (probe) {
        count(&p->probes[0]);
    }
}

/* Of the days before today; the lower of the two in the middle. */
static uint32_t median(const uint32_t counts[SYM_PATTERN_DAYS])
{
    uint32_t sorted[SYM_PATTERN_DAYS - 1] = {0};
    for (size_t i = 0; i < SYM_PATTERN_DAYS - 1; i++) {
        size_t at = i;
        for (; at > 0 && sorted[at - 1] > counts[i + 1]; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = counts[i + 1];
    }
    return sorted[(SYM_PATTERN_DAYS - 2) / 2];
}

static bool is_sudden(const uint32_t counts[SYM_PATTERN_DAYS], uint32_t *usual)
{
    *usual = median(counts);
    return counts[0] > SYM_PATTERN_ASKED_LEAST && counts[0] > SYM_PATTERN_FACTOR * *usual;
}

void sym_pattern_judge(struct sym_pattern_finding *out, const struct sym_pattern *p,
                       uint64_t wall_ms)
{
    struct sym_pattern now = *p;
    uint32_t all[SYM_PATTERN_DAYS] = {0};
    uint32_t usual = 0;
    *out = (struct sym_pattern_finding){.asked = 0};
    advance(&now, wall_ms / DAY_MS);
    for (uint32_t kind = 0; kind < SYM_PATTERN_KINDS; kind++) {
        for (size_t i = 0; i < SYM_PATTERN_DAYS; i++) {
            all[i] += now.asked[kind][i];
        }
        if (is_sudden(now.asked[kind], &usual) && now.asked[kind][0] > out->asked) {
            *out = (struct sym_pattern_finding){
                .asked = now.asked[kind][0], .asked_usual = usual, .kind = kind};
        }
    }
    if (is_sudden(all, &usual)) {
        *out = (struct sym_pattern_finding){.asked = all[0], .asked_usual = usual};
    }
    usual = median(now.probes);
    if (now.probes[0] >= SYM_PATTERN_PROBES_LEAST && now.probes[0] > SYM_PATTERN_FACTOR * usual) {
        out->probes = now.probes[0];
        out->probes_usual = usual;
    }
}

static void write_counts(struct sym_writer *w, const uint32_t counts[SYM_PATTERN_DAYS])
{
    for (size_t i = 0; i < SYM_PATTERN_DAYS; i++) {
        sym_write_u32(w, counts[i]);
    }
}

void sym_pattern_write(uint8_t out[SYM_PATTERN_BYTES], const struct sym_pattern *p)
{
    struct sym_writer w = sym_writer(out, SYM_PATTERN_BYTES);
    sym_write_u8(&w, VERSION);
    sym_write_u64(&w, p->day);
    for (size_t i = 0; i < SYM_PATTERN_KINDS; i++) {
        write_counts(&w, p->asked[i]);
    }
    write_counts(&w, p->probes);
}

static bool read_counts(struct sym_reader *r, uint32_t counts[SYM_PATTERN_DAYS])
{
    bool fits = true;
    for (size_t i = 0; i < SYM_PATTERN_DAYS; i++) {
        counts[i] = sym_read_u32(r);
        fits = fits && counts[i] <= COUNT_MAX;
    }
    return fits;
}

enum sym_err sym_pattern_read(struct sym_pattern *p, struct sym_span bytes)
{
    struct sym_pattern read = {.day = 0};
    struct sym_reader r = sym_reader(bytes);
    uint8_t version = sym_read_u8(&r);
    bool fits = true;
    read.day = sym_read_u64(&r);
    for (size_t i = 0; i < SYM_PATTERN_KINDS; i++) {
        fits = read_counts(&r, read.asked[i]) && fits;
    }
    fits = read_counts(&r, read.probes) && fits;
    if (sym_read_end(&r) != SYM_OK || version != VERSION || !fits) {
        return SYM_BAD_FORMAT;
    }
    *p = read;
    return SYM_OK;
}
