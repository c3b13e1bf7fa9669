#include "proto/token.h"

#define PERSONALISATION "symbolon-token-1"

_Static_assert(sizeof PERSONALISATION - 1 == SYM_PERSONALISATION_BYTES, "all of it is used");

#define SYM_TOKEN_TYPE_TEXT(name, text, meaning) (text),
static const char *const names[SYM_TOKEN_TYPE_COUNT] = {"none",
                                                        SYM_TOKEN_TYPE_LIST(SYM_TOKEN_TYPE_TEXT)};
#undef SYM_TOKEN_TYPE_TEXT

static bool is_type(enum sym_token_type type)
{
    return type > SYM_TOKEN_NONE && type < SYM_TOKEN_TYPE_COUNT;
}

const char *sym_token_type_name(enum sym_token_type type)
{
    return names[is_type(type) ? type : SYM_TOKEN_NONE];
}

enum sym_err sym_token_type_parse(enum sym_token_type *out, struct sym_span name)
{
    for (enum sym_token_type type = SYM_TOKEN_NONE + 1; type < SYM_TOKEN_TYPE_COUNT; type++) {
        if (sym_span_equal(name, sym_span_text(names[type]))) {
            *out = type;
            return SYM_OK;
        }
    }
    return SYM_NOT_FOUND;
}

enum sym_err sym_token_digest(uint8_t out[SYM_DIGEST_BYTES], enum sym_token_type type,
                              struct sym_span canonical)
{
    static const uint8_t separator[1] = {0};
    if (!is_type(type) || canonical.len == 0 || canonical.len > SYM_CANONICAL_BYTES_MAX) {
        return SYM_BAD_VALUE;
    }
    const struct sym_span token[] = {sym_span_text(names[type]),
                                     sym_span(separator, sizeof separator), canonical};
    sym_digest(out, PERSONALISATION, token, sizeof token / sizeof *token);
    return SYM_OK;
}
