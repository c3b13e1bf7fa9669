/* false_matches.h - how many own records are expected to match another person's, in an overlap of
 * keys of persons (proto/keys.h).
 *
 * For a key that n own records have, and m of the other list, n * m * p pairs of different people
 * are expected to share it. p, the chance that two people do, is taken from the own list, of which
 * two records are two people: pairs that share it / all pairs. A short list says little about
 * that, so that a fixed chance of each kind of key (the table in false_matches.c) weighs as much as
 * a list of 3,200 records. m is not known by kind: the other list is taken to have its kinds in the
 * same proportions as the own one. Of pairs come records as if they fell independently.
 *
 * With the rule of two keys it is the chance that another person shares two of them, or that two
 * share one each. People who stand on the own list twice make the figure too high, relatives and
 * a list from one town or year on one side alone too low.
 */
#ifndef SYM_CLI_FALSE_MATCHES_H
#define SYM_CLI_FALSE_MATCHES_H

#include "proto/history.h"
#include "proto/keys.h"

struct sym_false_matches {
    struct sym_shared_keys own;
    double by_type[SYM_TOKEN_TYPE_COUNT]; /* records that match by this key, and should not */
    double expected;                      /* records that the rule keeps, and should not */
};

/* False when the exchange compared no keys of persons, or is not done. */
bool sym_false_matches(struct sym_false_matches *out, const struct sym_exchange_entry *e);

#endif
