/* overlap_agree.h - what two nodes must have in common before an overlap is worth computing: nodes
 * with other rules for the same identifiers would find nothing, and not know why.
 *
 * The initiator's parameters say what it would compute with (struct sym_overlap); the responder
 * checks them before it grants anything. Of the engines that the initiator asked for and its own
 * grant covers it chooses one when it knows both sizes, and says in its answer which and why.
 */
#ifndef SYM_PROTO_OVERLAP_AGREE_H
#define SYM_PROTO_OVERLAP_AGREE_H

#include "proto/exchange.h"

/* Engines by number; a grant may name one that this version cannot compute with. */
#define SYM_OVERLAP_ENGINE_LIST(X) X(DH, 1, "dh") X(VOLE, 2, "vole") X(STANDING, 3, "standing")

enum sym_overlap_engine {
    SYM_OVERLAP_ENGINE_AUTO,
#define SYM_OVERLAP_ENGINE_ENUM(name, number, text) SYM_OVERLAP_ENGINE_##name = number,
    SYM_OVERLAP_ENGINE_LIST(SYM_OVERLAP_ENGINE_ENUM)
#undef SYM_OVERLAP_ENGINE_ENUM
        SYM_OVERLAP_ENGINE_END
};
#define SYM_OVERLAP_ENGINES ((1u << SYM_OVERLAP_ENGINE_END) - 2u) /* bit set of all */
#define SYM_OVERLAP_SUITE   1u
/* Lists as long as this make `vole` the faster one; of shorter ones it would also let a cheating
 * initiator test a multiple. */
#define SYM_OVERLAP_VOLE_LEAST 10000u
/* A standing list that is so many times as long as the query is worth sending. */
#define SYM_OVERLAP_STANDING_RATIO 64u

/* "dh"; "unknown" for a number that is no engine. */
const char *sym_overlap_engine_text(uint32_t engine);
/* The engines, as a bit set, that compute exchanges of this kind. */
uint32_t sym_overlap_engines_of(uint32_t kind);
/* The engines, as a bit set, that are asked for; some may be unknown. */
uint32_t sym_overlap_engines_asked(const struct sym_overlap *asked);
/* How many identifiers an initiator that cheats can test with a list that is announced with this
 * size: with `vole` as many as its encoding has columns (design of the engine, section 9). */
uint64_t sym_overlap_testable(enum sym_overlap_engine engine, uint32_t announced);

/* Why an engine was chosen. */
#define SYM_OVERLAP_WHY_LIST(X)                                                                    \
    X(NONE, "")                                                                                    \
    X(ASKED, "no other was asked for")                                                             \
    X(GRANT, "the grant covers no other")                                                          \
    X(SHORT, "the lists are short") X(LONG, "the lists are long")                                  \
        X(PROCESSOR, "the other side has no fast vole")                                            \
            X(HELD, "this side holds the standing list")                                           \
                X(FEW, "the standing list is long, the query short")                               \
                    X(PREPARING, "the standing list is being prepared")
enum sym_overlap_why {
#define SYM_OVERLAP_WHY_ENUM(name, text) SYM_OVERLAP_WHY_##name,
    SYM_OVERLAP_WHY_LIST(SYM_OVERLAP_WHY_ENUM)
#undef SYM_OVERLAP_WHY_ENUM
        SYM_OVERLAP_WHY_COUNT
};
/* "the lists are long"; empty for a number that is no reason. */
const char *sym_overlap_why_text(uint32_t why);

struct sym_overlap_choosing {
    uint32_t asked;   /* bit sets */
    uint32_t covered; /* of them; not 0 */
    uint32_t initiator_size;
    uint32_t responder_size;
    bool fast; /* this processor has what makes `vole` fast */
};
struct sym_overlap_standing_offer {
    uint32_t asked;   /* bit sets */
    uint32_t covered; /* of them */
    uint32_t query;   /* elements of the initiator, as announced */
    uint32_t list;    /* tags of the standing list; 0: there is none */
    bool held;        /* the initiator has it */
};
/* `standing` where no other engine is covered, where the initiator holds the list, and for few
 * elements against many; where it cannot be, or is not worth it, false. */
bool sym_overlap_choose_standing(enum sym_overlap_why *why,
                                 const struct sym_overlap_standing_offer *o);
/* Of several covered engines other than `standing` `vole` for long lists, `dh` for short ones. */
enum sym_overlap_engine sym_overlap_choose(enum sym_overlap_why *why,
                                           const struct sym_overlap_choosing *c);
/* The engine that an answer names, or that is the only one asked for; SYM_OVERLAP_ENGINE_AUTO when
 * it is none of those asked for. */
enum sym_overlap_engine sym_overlap_engine_agreed(const struct sym_overlap *asked,
                                                  const struct sym_overlap_answer *answer);

/* What a node can compare. */
struct sym_overlap_terms {
    uint32_t type_version;
    uint32_t canon_version;
    uint64_t types; /* bit t: type t is known; t from 1 to SYM_TOKEN_TYPES_MAX */
};

/* Can a request with these parameters be computed on these terms? SYM_UNSUPPORTED (engine, suite),
 * SYM_BAD_VERSION (type list, canonical forms), SYM_NOT_FOUND (type), and fault (may be NULL) says
 * it in words that fit into the remark of a denial. */
SYM_MUST enum sym_err sym_overlap_check(const struct sym_overlap *asked,
                                        const struct sym_overlap_terms *own,
                                        struct sym_fault *fault);

#endif
