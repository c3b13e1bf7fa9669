#include "cli/false_matches.h"

#include <math.h>

/* Pairs of records after which the own list counts for as much as the table: 3,200 records. */
#define PAIRS_TO_BELIEVE 5.0e6

/* The chance that two people share a key. Of birth dates, 1 in 25,000 pairs; of the sound of given
 * names, 1 in 120 (Metaphone) and 1 in 80 (Soundex), of surnames 1 in 500 and 1 in 300, as in
 * English-speaking lists; of postcodes and towns, 1 in 1,000, and of years of birth, 1 in 60, in
 * lists from one country. */
#define DOB     (1.0 / 25000)
#define GIVEN   (1.0 / 120)
#define SURNAME (1.0 / 500)
#define BOTH    (1.0 / 80 / 300)
#define PLACE   (1.0 / 1000)
#define YEAR    (1.0 / 60)
#define EXACT   (DOB / 100000)

static const double chances[SYM_TOKEN_TYPE_COUNT] = {
    [SYM_TOKEN_NAME_DOB] = EXACT,
    [SYM_TOKEN_NAMES_DOB] = BOTH * DOB,
    [SYM_TOKEN_SURNAME_DOB] = SURNAME * DOB,
    [SYM_TOKEN_GIVEN_DOB] = GIVEN * DOB,
    [SYM_TOKEN_DOB_POSTCODE] = DOB * PLACE,
    [SYM_TOKEN_DOB_TOWN] = DOB * PLACE,
    [SYM_TOKEN_NAMES_POSTCODE] = BOTH * PLACE,
    [SYM_TOKEN_NAMES_TOWN] = BOTH * PLACE,
    [SYM_TOKEN_SURNAME_POSTCODE_YEAR] = SURNAME * PLACE * YEAR,
};

/* Of two keys at once: mostly the two that differ in postcode and town, which go together. */
#define TWO (DOB * PLACE / 2 + BOTH * PLACE / 2 + BOTH * DOB)

/* shared: counted from both sides of each pair. */
static double chance(uint64_t shared, uint64_t records, double fixed)
{
    double n = (double)records;
    double pairs = n * (n - 1) / 2;
    return ((double)shared / 2 + fixed * PAIRS_TO_BELIEVE) / (pairs + PAIRS_TO_BELIEVE);
}

/* The records of the other list that have a key. */
static double their_records(const struct sym_shared_keys *own, const struct sym_exchange_entry *e)
{
    uint64_t tokens = 0;
    for (size_t t = 0; t < SYM_TOKEN_TYPE_COUNT; t++) {
        tokens += own->tokens[t];
    }
    tokens = e->own_size > 0 && e->own_size < tokens ? e->own_size : tokens;
    return tokens > 0 ? (double)e->peer_size * (double)own->records / (double)tokens : 0;
}

/* The chance that a record hits fewer than two keys, each independently. */
static double fewer_than_two(const double hits[SYM_TOKEN_TYPE_COUNT])
{
    double sum = 0;
    double one = 1;
    for (size_t t = 0; t < SYM_TOKEN_TYPE_COUNT; t++) {
        sum += hits[t];
        one += expm1(hits[t]);
    }
    return exp(-sum) * one;
}

bool sym_false_matches(struct sym_false_matches *out, const struct sym_exchange_entry *e)
{
    struct sym_false_matches f = {.expected = 0};
    double hits[SYM_TOKEN_TYPE_COUNT] = {0};
    double sum = 0;
    if (sym_shared_keys_read(&f.own, e->shared) != SYM_OK || f.own.records == 0) {
        return false;
    }
    double n = (double)f.own.records;
    double theirs = their_records(&f.own, e);
    for (size_t t = 0; t < SYM_TOKEN_TYPE_COUNT; t++) {
        double with_key = (double)f.own.tokens[t];
        if (f.own.tokens[t] == 0) {
            continue;
        }
        double each = theirs * with_key / n * chance(f.own.shared[t], f.own.tokens[t], chances[t]);
        f.by_type[t] = -with_key * expm1(-each);
        hits[t] = each * with_key / n;
        sum += hits[t];
    }
    f.expected = -n * expm1(-sum);
    if (e->rule == SYM_RULE_TWO) {
        double same = theirs * chance(f.own.shared_two, f.own.records, TWO);
        double two = n * (1 - exp(-same) * fewer_than_two(hits));
        f.expected = two < f.expected ? two : f.expected;
    }
    *out = f;
    return true;
}
