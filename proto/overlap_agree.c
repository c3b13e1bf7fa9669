#include "proto/overlap_agree.h"

const char *sym_overlap_engine_text(uint32_t engine)
{
    static const char *const texts[SYM_OVERLAP_ENGINE_END] = {
#define SYM_OVERLAP_ENGINE_ROW(name, number, text) [number] = text,
        SYM_OVERLAP_ENGINE_LIST(SYM_OVERLAP_ENGINE_ROW)
#undef SYM_OVERLAP_ENGINE_ROW
    };
    return engine < SYM_OVERLAP_ENGINE_END && texts[engine] != NULL ? texts[engine] : "unknown";
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
    if (asked->engine != SYM_OVERLAP_ENGINE_DH) {
        return sym_fail(fault, SYM_UNSUPPORTED,
                        "overlap: engine %u is not offered by this node: use dh",
                        (unsigned)asked->engine);
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
