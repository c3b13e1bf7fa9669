/* patterns.h - how one peer asks, day by day: what came today beside what was usual on the 28 days
 * before, so that a sudden change is seen.
 *
 * Counted is each new request, by kind, and those that no grant allows; one that is held and asked
 * again is the same request. Days are those of UTC. A clock that is set back ages nothing until it
 * has caught up; set back by more than all that is kept, everything is forgotten. Pure: the clock
 * is an argument, milliseconds. Errors: SYM_BAD_FORMAT.
 */
#ifndef SYM_NODE_GRANT_PATTERNS_H
#define SYM_NODE_GRANT_PATTERNS_H

#include "crypto/bytes.h"

#define SYM_PATTERN_DAYS  29u /* today and the 28 before */
#define SYM_PATTERN_KINDS 6u  /* by enum sym_kind; what is no kind counts as 0 */
/* What is stored: version, day, counts. */
#define SYM_PATTERN_BYTES (9u + 4u * SYM_PATTERN_DAYS * (SYM_PATTERN_KINDS + 1u))

/* Fewer requests a day are never sudden; fewer denials without a grant are never probing. */
#define SYM_PATTERN_ASKED_LEAST  20u
#define SYM_PATTERN_PROBES_LEAST 5u
/* So many times the median of the days before is too much. */
#define SYM_PATTERN_FACTOR 5u

/* Zero-initialised: never asked. Of each row the newest day comes first. */
struct sym_pattern {
    uint64_t day; /* since 1970 */
    uint32_t asked[SYM_PATTERN_KINDS][SYM_PATTERN_DAYS];
    uint32_t probes[SYM_PATTERN_DAYS]; /* denied, as there is no such grant */
};

/* One request; probe: no grant allows it. */
void sym_pattern_add(struct sym_pattern *p, uint32_t kind, bool probe, uint64_t wall_ms);

/* What is unusual today; zeros: nothing. */
struct sym_pattern_finding {
    uint32_t asked;       /* requests today: more than SYM_PATTERN_ASKED_LEAST and more than
                           * SYM_PATTERN_FACTOR times the median */
    uint32_t asked_usual; /* the median of the days before */
    uint32_t kind;        /* that stands out, where all together do not; 0: all together */
    uint32_t probes;      /* today, by the same measure: at least SYM_PATTERN_PROBES_LEAST */
    uint32_t probes_usual;
};
void sym_pattern_judge(struct sym_pattern_finding *out, const struct sym_pattern *p,
                       uint64_t wall_ms);

/* As it is stored; SYM_BAD_FORMAT: it is not. */
void sym_pattern_write(uint8_t out[SYM_PATTERN_BYTES], const struct sym_pattern *p);
SYM_MUST enum sym_err sym_pattern_read(struct sym_pattern *p, struct sym_span bytes);

#endif
