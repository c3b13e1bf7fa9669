/* overlap_agree.h - what two nodes must have in common before an overlap is worth computing: nodes
 * with other rules for the same identifiers would find nothing, and not know why.
 *
 * The initiator's parameters say what it would compute with (struct sym_overlap); the responder
 * checks them before it grants anything.
 */
#ifndef SYM_PROTO_OVERLAP_AGREE_H
#define SYM_PROTO_OVERLAP_AGREE_H

#include "proto/exchange.h"

/* Engines by number; a grant may name one that this version cannot compute with. */
#define SYM_OVERLAP_ENGINE_LIST(X) X(DH, 1, "dh") X(VOLE, 2, "vole")

enum sym_overlap_engine {
    SYM_OVERLAP_ENGINE_AUTO,
#define SYM_OVERLAP_ENGINE_ENUM(name, number, text) SYM_OVERLAP_ENGINE_##name = number,
    SYM_OVERLAP_ENGINE_LIST(SYM_OVERLAP_ENGINE_ENUM)
#undef SYM_OVERLAP_ENGINE_ENUM
        SYM_OVERLAP_ENGINE_END
};
#define SYM_OVERLAP_ENGINES ((1u << SYM_OVERLAP_ENGINE_END) - 2u) /* bit set of all */
#define SYM_OVERLAP_SUITE   1u

/* "dh"; "unknown" for a number that is no engine. */
const char *sym_overlap_engine_text(uint32_t engine);

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
