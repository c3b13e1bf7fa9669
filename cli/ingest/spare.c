#include "cli/ingest/spare.h"

#include "cli/ingest/batch.h"
#include "cli/ingest/rejects.h"

#include <stdlib.h>
#include <string.h>

static bool is_of_identifier(const struct sym_bound *bound, size_t column)
{
    for (size_t i = 0; i < bound->n_values; i++) {
        if (bound->values[i] == column) {
            return true;
        }
    }
    return bound->second == column;
}

static bool is_used(const struct sym_binding *b, size_t column)
{
    bool used = b->id == column;
    for (size_t i = 0; i < b->n && !used; i++) {
        used = is_of_identifier(&b->identifiers[i], column);
    }
    for (size_t i = 0; i < SYM_PERSON_PARTS && b->has_person && !used; i++) {
        used = b->person[i] == column;
    }
    for (size_t i = 0; i < b->n_fields && !used; i++) {
        used = b->fields[i].column == column;
    }
    return used;
}

enum sym_err sym_spare_find(struct sym_spare *out, const struct sym_binding *b,
                            const struct sym_span *titles, size_t n)
{
    struct sym_spare s = {.titles = calloc(n > 0 ? n : 1, sizeof *s.titles)};
    if (s.titles == NULL) {
        return SYM_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        struct sym_span title = sym_batch_trimmed(titles[i]);
        if (title.len > 0 && !is_used(b, i) && !sym_rejects_has_title(title)) {
            sym_batch_start(s.titles[s.n++], SYM_SPARE_BYTES, title);
        }
    }
    sym_spare_clear(out);
    *out = s;
    return SYM_OK;
}

void sym_spare_clear(struct sym_spare *s)
{
    free(s->titles);
    *s = (struct sym_spare){.titles = NULL};
}
