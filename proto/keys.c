#include "proto/keys.h"

const char *sym_overlap_rule_text(uint32_t rule)
{
    static const char *const texts[SYM_RULE_COUNT] = {
        [SYM_RULE_ANY] = "any", [SYM_RULE_TWO] = "two"};
    return rule < SYM_RULE_COUNT ? texts[rule] : "unknown";
}

bool sym_overlap_rule_keeps(enum sym_overlap_rule rule, uint64_t types)
{
    uint64_t keys = types & SYM_TOKEN_KEY_TYPES;
    switch (rule) {
    case SYM_RULE_ANY:
        return types != 0;
    case SYM_RULE_TWO:
        return types != keys || (keys & (keys - 1)) != 0;
    case SYM_RULE_COUNT:
        break;
    }
    return false;
}

/* Who shares two keys is counted twice in the sum, and once beside the key that most share. */
void sym_shared_keys_add(struct sym_shared_keys *s, const uint8_t *types, const uint32_t *held_by,
                         size_t n)
{
    uint64_t sum = 0;
    uint64_t most = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t others = held_by[i] > 0 ? held_by[i] - 1u : 0;
        s->tokens[types[i]]++;
        s->shared[types[i]] += others;
        sum += others;
        most = others > most ? others : most;
    }
    s->records += n > 0 ? 1 : 0;
    s->shared_two += sum / 2 < sum - most ? sum / 2 : sum - most;
}

void sym_shared_keys_join(struct sym_shared_keys *s, const struct sym_shared_keys *other)
{
    for (size_t t = 0; t < SYM_TOKEN_TYPE_COUNT; t++) {
        s->tokens[t] += other->tokens[t];
        s->shared[t] += other->shared[t];
    }
    s->records += other->records;
    s->shared_two += other->shared_two;
}

enum sym_err sym_shared_keys_write(struct sym_writer *w, const struct sym_shared_keys *s)
{
    if (s->records == 0) {
        return SYM_OK;
    }
    sym_write_u64(w, s->records);
    sym_write_u64(w, s->shared_two);
    for (size_t t = 0; t < SYM_TOKEN_TYPE_COUNT; t++) {
        if (s->tokens[t] > 0) {
            sym_write_u8(w, (uint8_t)t);
            sym_write_u64(w, s->tokens[t]);
            sym_write_u64(w, s->shared[t]);
        }
    }
    return w->err;
}

enum sym_err sym_shared_keys_read(struct sym_shared_keys *out, struct sym_span bytes)
{
    struct sym_shared_keys s = {.records = 0};
    struct sym_reader r = sym_reader(bytes);
    if (bytes.len == 0) {
        *out = s;
        return SYM_OK;
    }
    if (bytes.len < 16 || (bytes.len - 16) % 17 != 0) {
        return SYM_BAD_FORMAT;
    }
    s.records = sym_read_u64(&r);
    s.shared_two = sym_read_u64(&r);
    for (size_t i = 0; i < (bytes.len - 16) / 17; i++) {
        uint8_t type = sym_read_u8(&r);
        uint64_t tokens = sym_read_u64(&r);
        uint64_t shared = sym_read_u64(&r);
        if (type < SYM_TOKEN_TYPE_COUNT) {
            s.tokens[type] = tokens;
            s.shared[type] = shared;
        }
    }
    *out = s;
    return SYM_OK;
}
