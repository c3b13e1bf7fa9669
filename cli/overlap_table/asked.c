#include "cli/overlap_table/asked.h"

#include "cli/epsilon.h"
#include "cli/terms.h"

enum sym_err sym_table_asked_read(struct sym_table_asked *out, struct sym_span parameters)
{
    return sym_decode(&out->arena, &out->asked, &sym_msg_overlap_table, parameters);
}

void sym_table_asked_clear(struct sym_table_asked *a)
{
    sym_arena_clear(&a->arena);
}

static size_t lists_of(const struct sym_table_asked *a)
{
    return a->asked.cohort.len / SYM_HASH_BYTES;
}

static struct sym_span list_at(const struct sym_table_asked *a, size_t i)
{
    return sym_span(a->asked.cohort.data + i * SYM_HASH_BYTES, SYM_HASH_BYTES);
}

void sym_table_asked_put_lines(struct sym_table *t, const struct sym_table_asked *a,
                               const struct sym_parties *parties)
{
    char names[SYM_PARTIES_BYTES] = "";
    char name[SYM_PARTY_BYTES];
    char epsilon[SYM_EPSILON_BYTES];
    bool exact = a->asked.mode == SYM_TABLE_EXACT;
    for (size_t i = 0; i < lists_of(a); i++) {
        sym_party_name(name, parties, list_at(a, i));
        sym_parties_add(names, i, name);
    }
    sym_parties_end(names, lists_of(a));
    sym_party_name(name, parties, a->asked.tallier);
    sym_epsilon_text(epsilon, a->asked.epsilon_nano);
    sym_table_format(t, "  counts");
    sym_table_format(t, "%s%s", exact ? "exact: counts as matches do" : "with noise, epsilon ",
                     exact ? "" : epsilon);
    sym_table_format(t, "  by");
    sym_table_format(t, "%s", sym_terms_type_text(a->asked.type));
    sym_table_format(t, "  lists");
    sym_table_format(t, "%zu: %s", lists_of(a), names);
    sym_table_format(t, "  counted by");
    sym_table_format(t, "%s", name);
}

void sym_table_asked_put_json(struct sym_json *j, const char *key, const struct sym_table_asked *a,
                              const struct sym_parties *parties)
{
    sym_json_object(j, key);
    sym_json_string(j, "mode", sym_table_mode_text(a->asked.mode));
    sym_json_number(j, "epsilon_nano", a->asked.epsilon_nano);
    sym_json_array(j, "lists");
    for (size_t i = 0; i < lists_of(a); i++) {
        sym_party_put_json(j, NULL, parties, list_at(a, i));
    }
    sym_json_end(j);
    sym_party_put_json(j, "tallier", parties, a->asked.tallier);
    sym_json_end(j);
}
