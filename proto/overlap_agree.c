#include "proto/overlap_agree.h"

#include "crypto/vole/geometry.h"

const char *sym_overlap_engine_text(uint32_t engine)
{
    static const char *const texts[SYM_OVERLAP_ENGINE_END] = {
#define SYM_OVERLAP_ENGINE_ROW(name, number, text) [number] = text,
        SYM_OVERLAP_ENGINE_LIST(SYM_OVERLAP_ENGINE_ROW)
#undef SYM_OVERLAP_ENGINE_ROW
    };
    return engine < SYM_OVERLAP_ENGINE_END && texts[engine] != NULL ? texts[engine] : "unknown";
}

uint32_t sym_overlap_engines_of(uint32_t kind)
{
    return kind == SYM_KIND_OVERLAP_MATCHES ? SYM_OVERLAP_ENGINES : 1u << SYM_OVERLAP_ENGINE_DH;
}

uint32_t sym_overlap_engines_asked(const struct sym_overlap *asked)
{
    if (asked->engine == 0) {
        return asked->engines;
    }
    return asked->engine < SYM_OVERLAP_ENGINE_END ? 1u << asked->engine : 0;
}

uint64_t sym_overlap_testable(enum sym_overlap_engine engine, uint32_t announced)
{
    struct sym_vole_geometry g;
    if (engine != SYM_OVERLAP_ENGINE_VOLE) {
        return announced;
    }
    return sym_vole_geometry_for(&g, announced) == SYM_OK ? (uint64_t)g.bins * g.columns
                                                          : UINT64_MAX;
}

const char *sym_overlap_why_text(uint32_t why)
{
    static const char *const texts[SYM_OVERLAP_WHY_COUNT] = {
#define SYM_OVERLAP_WHY_ROW(name, text) [SYM_OVERLAP_WHY_##name] = text,
        SYM_OVERLAP_WHY_LIST(SYM_OVERLAP_WHY_ROW)
#undef SYM_OVERLAP_WHY_ROW
    };
    return why < SYM_OVERLAP_WHY_COUNT ? texts[why] : "";
}

static bool is_single(uint32_t bits)
{
    return (bits & (bits - 1)) == 0;
}

static enum sym_overlap_engine first_of(uint32_t engines)
{
    uint32_t e = SYM_OVERLAP_ENGINE_DH;
    while (e + 1 < SYM_OVERLAP_ENGINE_END && (engines >> e & 1u) == 0) {
        e++;
    }
    return (enum sym_overlap_engine)e;
}

bool sym_overlap_choose_standing(enum sym_overlap_why *why,
                                 const struct sym_overlap_standing_offer *o)
{
    uint32_t bit = 1u << SYM_OVERLAP_ENGINE_STANDING;
    if ((o->covered & bit) == 0 || o->query == 0 || o->query > SYM_STANDING_QUERY_MAX ||
        o->list == 0) {
        return false;
    }
    if (o->covered == bit) {
        *why = is_single(o->asked & SYM_OVERLAP_ENGINES) ? SYM_OVERLAP_WHY_ASKED
                                                         : SYM_OVERLAP_WHY_GRANT;
    } else if (o->held) {
        *why = SYM_OVERLAP_WHY_HELD;
    } else if (o->list / o->query >= SYM_OVERLAP_STANDING_RATIO) {
        *why = SYM_OVERLAP_WHY_FEW;
    } else {
        return false;
    }
    return true;
}

enum sym_overlap_engine sym_overlap_choose(enum sym_overlap_why *why,
                                           const struct sym_overlap_choosing *c)
{
    uint32_t longer = c->initiator_size > c->responder_size ? c->initiator_size : c->responder_size;
    if (is_single(c->covered)) {
        *why = is_single(c->asked & SYM_OVERLAP_ENGINES) ? SYM_OVERLAP_WHY_ASKED
                                                         : SYM_OVERLAP_WHY_GRANT;
        return first_of(c->covered);
    }
    if (longer < SYM_OVERLAP_VOLE_LEAST || c->responder_size == 0) {
        *why = SYM_OVERLAP_WHY_SHORT;
        return SYM_OVERLAP_ENGINE_DH;
    }
    *why = c->fast ? SYM_OVERLAP_WHY_LONG : SYM_OVERLAP_WHY_PROCESSOR;
    return c->fast ? SYM_OVERLAP_ENGINE_VOLE : SYM_OVERLAP_ENGINE_DH;
}

enum sym_overlap_engine sym_overlap_engine_agreed(const struct sym_overlap *asked,
                                                  const struct sym_overlap_answer *answer)
{
    uint32_t engines = sym_overlap_engines_asked(asked) & SYM_OVERLAP_ENGINES;
    if (answer->engine == 0) {
        return engines != 0 && is_single(engines) ? first_of(engines) : SYM_OVERLAP_ENGINE_AUTO;
    }
    return answer->engine < SYM_OVERLAP_ENGINE_END && (engines >> answer->engine & 1u) != 0
               ? (enum sym_overlap_engine)answer->engine
               : SYM_OVERLAP_ENGINE_AUTO;
}

static enum sym_err check_version(const char *what, uint32_t asked, uint32_t own,
                                  struct sym_fault *fault)
{
    if (asked == own) {
        return SYM_OK;
    }
    return sym_fail(fault, SYM_BAD_VERSION,
                    "overlap: %s of version %u asked for, this node has %u: update the older node",
                    what, (unsigned)asked, (unsigned)own);
}

enum sym_err sym_overlap_check(const struct sym_overlap *asked, const struct sym_overlap_terms *own,
                               struct sym_fault *fault)
{
    if ((sym_overlap_engines_asked(asked) & SYM_OVERLAP_ENGINES) == 0) {
        return sym_fail(fault, SYM_UNSUPPORTED,
                        "overlap: none of the engines asked for is known to this node: use dh");
    }
    if (asked->suite != SYM_OVERLAP_SUITE) {
        return sym_fail(fault, SYM_UNSUPPORTED,
                        "overlap: suite %u is not known to this node: update the older node",
                        (unsigned)asked->suite);
    }
    enum sym_err err =
        check_version("identifier types", asked->type_version, own->type_version, fault);
    if (err == SYM_OK) {
        err = check_version("canonical forms", asked->canon_version, own->canon_version, fault);
    }
    if (err != SYM_OK || asked->type == 0) {
        return err;
    }
    if (asked->type > SYM_TOKEN_TYPES_MAX || (own->types >> asked->type & 1u) == 0) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "overlap: identifier type %u is not known to this node: ask for another",
                        (unsigned)asked->type);
    }
    return SYM_OK;
}
