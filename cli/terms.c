#include "cli/terms.h"

#include "cli/format.h"
#include "proto/overlap_agree.h"
#include "proto/table_mode.h"

#include <string.h>

#define PURPOSES_MAX 32u

/* The word of a number; "unknown" for one that has none. */
typedef const char *word_of(uint32_t number);

static bool find(uint32_t *out, word_of *word, uint32_t first, uint32_t end, struct sym_span text)
{
    for (uint32_t i = first; i < end; i++) {
        if (sym_span_equal(text, sym_span_text(word(i))) && strcmp(word(i), "unknown") != 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static enum sym_err refuse(struct sym_fault *fault, struct sym_span text, const char *words)
{
    char shown[SYM_FORMAT_TEXT_BYTES(40)];
    text.len = text.len < 40 ? text.len : 40;
    sym_format_text(shown, sizeof shown, text);
    return sym_fail(fault, SYM_BAD_VALUE, "\"%s\" is not one of %s", shown, words);
}

enum sym_err sym_terms_kind(uint32_t *out, const char *text, struct sym_fault *fault)
{
    struct sym_span word = sym_span_text(text);
    bool known = find(out, sym_kind_text, SYM_KIND_OVERLAP_MATCHES, SYM_KIND_WITNESS, word);
    return known ? SYM_OK : refuse(fault, word, SYM_TERMS_KINDS);
}

static enum sym_err purpose(uint32_t *out, struct sym_span word, struct sym_fault *fault)
{
    bool known = find(out, sym_purpose_text, SYM_PURPOSE_NONE + 1, PURPOSES_MAX, word);
    return known ? SYM_OK : refuse(fault, word, SYM_TERMS_PURPOSES);
}

enum sym_err sym_terms_purpose(uint32_t *out, const char *text, struct sym_fault *fault)
{
    return purpose(out, sym_span_text(text), fault);
}

enum sym_err sym_terms_basis(uint32_t *out, const char *text, struct sym_fault *fault)
{
    struct sym_span word = sym_span_text(text);
    bool known = find(out, sym_basis_text, SYM_BASIS_NONE + 1, UINT8_MAX, word);
    return known ? SYM_OK : refuse(fault, word, SYM_TERMS_BASES);
}

static enum sym_err type_of(uint32_t *out, struct sym_span word, struct sym_fault *fault)
{
    enum sym_token_type type = SYM_TOKEN_NONE;
    if (sym_token_type_parse(&type, word) != SYM_OK) {
        return refuse(fault, word, SYM_TERMS_TYPES);
    }
    *out = (uint32_t)type;
    return SYM_OK;
}

enum sym_err sym_terms_type(uint32_t *out, const char *text, struct sym_fault *fault)
{
    return type_of(out, sym_span_text(text), fault);
}

static enum sym_err mode(uint32_t *out, struct sym_span word, struct sym_fault *fault)
{
    bool known = find(out, sym_table_mode_text, 1, SYM_TABLE_MODE_END, word);
    return known ? SYM_OK : refuse(fault, word, SYM_TERMS_MODES);
}

enum sym_err sym_terms_mode(uint32_t *out, const char *text, struct sym_fault *fault)
{
    return mode(out, sym_span_text(text), fault);
}

static enum sym_err set(uint64_t *out,
                        enum sym_err (*parse)(uint32_t *, struct sym_span, struct sym_fault *),
                        const char *text, struct sym_fault *fault)
{
    uint64_t bits = 0;
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        uint32_t bit = 0;
        enum sym_err err = parse(&bit, sym_span(at, len), fault);
        if (err != SYM_OK) {
            return err;
        }
        bits |= UINT64_C(1) << bit;
        at += len;
        if (*at == '\0') {
            break;
        }
    }
    *out = bits;
    return SYM_OK;
}

enum sym_err sym_terms_purposes(uint32_t *out, const char *text, struct sym_fault *fault)
{
    uint64_t bits = 0;
    enum sym_err err = set(&bits, purpose, text, fault);
    if (err == SYM_OK) {
        *out = (uint32_t)bits;
    }
    return err;
}

static enum sym_err engine(uint32_t *out, struct sym_span word, struct sym_fault *fault)
{
    bool known = find(out, sym_overlap_engine_text, 1, SYM_OVERLAP_ENGINE_END, word);
    return known ? SYM_OK : refuse(fault, word, SYM_TERMS_ENGINES);
}

enum sym_err sym_terms_engines(uint32_t *out, const char *text, struct sym_fault *fault)
{
    uint64_t bits = 0;
    enum sym_err err = set(&bits, engine, text, fault);
    if (err == SYM_OK) {
        *out = (uint32_t)bits;
    }
    return err;
}

enum sym_err sym_terms_modes(uint32_t *out, const char *text, struct sym_fault *fault)
{
    uint64_t bits = 0;
    enum sym_err err = set(&bits, mode, text, fault);
    if (err == SYM_OK) {
        *out = (uint32_t)bits;
    }
    return err;
}

enum sym_err sym_terms_types(uint64_t *out, const char *text, struct sym_fault *fault)
{
    return set(out, type_of, text, fault);
}

uint32_t sym_terms_all_purposes(void)
{
    uint32_t all = 0;
    for (uint32_t i = SYM_PURPOSE_NONE + 1; i < PURPOSES_MAX; i++) {
        all |= strcmp(sym_purpose_text(i), "unknown") != 0 ? 1u << i : 0;
    }
    return all;
}

uint64_t sym_terms_all_types(void)
{
    return (UINT64_C(1) << SYM_TOKEN_TYPE_COUNT) - 1;
}

const char *sym_terms_type_text(uint32_t type)
{
    if (type == SYM_TOKEN_NONE) {
        return "any";
    }
    return type < SYM_TOKEN_TYPE_COUNT ? sym_token_type_name((enum sym_token_type)type) : "unknown";
}

static void add_word(char *out, size_t size, const char *word, const char *between)
{
    size_t used = strlen(out);
    (void)snprintf(out + used, size - used, "%s%s", used > 0 ? between : "", word);
}

void sym_terms_types_text(char out[SYM_TERMS_BYTES], uint64_t types, const char *between)
{
    out[0] = '\0';
    for (uint32_t i = 0; i < SYM_TOKEN_TYPE_COUNT; i++) {
        if ((types >> i & 1) != 0) {
            add_word(out, SYM_TERMS_BYTES, sym_terms_type_text(i), between);
        }
    }
    if (types >> SYM_TOKEN_TYPE_COUNT != 0) {
        add_word(out, SYM_TERMS_BYTES, "unknown", between);
    }
}

bool sym_terms_are_all_purposes(uint32_t purposes)
{
    uint32_t all = sym_terms_all_purposes();
    return (purposes & all) == all;
}

bool sym_terms_are_all_types(uint64_t types)
{
    uint64_t all = sym_terms_all_types();
    return (types & all) == all;
}

static void words_text(char out[SYM_TERMS_BYTES], uint32_t bits, word_of *word, uint32_t end)
{
    out[0] = '\0';
    for (uint32_t i = 1; i < end; i++) {
        if ((bits >> i & 1) != 0) {
            add_word(out, SYM_TERMS_BYTES, word(i), ",");
        }
    }
    if (out[0] == '\0') {
        add_word(out, SYM_TERMS_BYTES, "none", ",");
    }
}

void sym_terms_purposes_text(char out[SYM_TERMS_BYTES], uint32_t purposes)
{
    words_text(out, purposes, sym_purpose_text, PURPOSES_MAX);
}

void sym_terms_engines_text(char out[SYM_TERMS_BYTES], uint32_t engines)
{
    words_text(out, engines, sym_overlap_engine_text, SYM_OVERLAP_ENGINE_END);
}

void sym_terms_modes_text(char out[SYM_TERMS_BYTES], uint32_t modes)
{
    words_text(out, modes, sym_table_mode_text, SYM_TABLE_MODE_END);
}

void sym_terms_put_purposes(struct sym_table *t, uint32_t purposes)
{
    char text[SYM_TERMS_BYTES];
    sym_terms_purposes_text(text, purposes);
    sym_table_format(t, "%s", sym_terms_are_all_purposes(purposes) ? "all" : text);
}

void sym_terms_put_engines(struct sym_table *t, uint32_t engines)
{
    char text[SYM_TERMS_BYTES];
    sym_terms_engines_text(text, engines);
    sym_table_format(t, "%s", text);
}

void sym_terms_put_modes(struct sym_table *t, uint32_t modes)
{
    char text[SYM_TERMS_BYTES];
    sym_terms_modes_text(text, modes);
    sym_table_format(t, "%s", text);
}

void sym_terms_put_types(struct sym_table *t, uint64_t types, const char *between)
{
    char text[SYM_TERMS_BYTES];
    uint64_t all = sym_terms_all_types();
    sym_terms_types_text(text, types, between);
    sym_table_format(t, "%s", (types & all) == all ? "all" : text);
}

void sym_terms_json_purposes(struct sym_json *j, const char *key, uint32_t purposes)
{
    sym_json_array(j, key);
    for (uint32_t i = 0; i < PURPOSES_MAX; i++) {
        if ((purposes >> i & 1) != 0) {
            sym_json_string(j, NULL, sym_purpose_text(i));
        }
    }
    sym_json_end(j);
}

static void json_words(struct sym_json *j, const char *key, uint32_t bits, word_of *word)
{
    sym_json_array(j, key);
    for (uint32_t i = 1; i < 32; i++) {
        if ((bits >> i & 1) != 0) {
            sym_json_string(j, NULL, word(i));
        }
    }
    sym_json_end(j);
}

void sym_terms_json_engines(struct sym_json *j, const char *key, uint32_t engines)
{
    json_words(j, key, engines, sym_overlap_engine_text);
}

void sym_terms_json_modes(struct sym_json *j, const char *key, uint32_t modes)
{
    json_words(j, key, modes, sym_table_mode_text);
}

void sym_terms_json_types(struct sym_json *j, const char *key, uint64_t types)
{
    sym_json_array(j, key);
    for (uint32_t i = 0; i <= SYM_TOKEN_TYPES_MAX; i++) {
        if ((types >> i & 1) != 0) {
            sym_json_string(j, NULL, sym_terms_type_text(i));
        }
    }
    sym_json_end(j);
}
