#include "proto/outline.h"

#include "proto/codec.h"

enum sym_err sym_tab_outline_write(uint8_t out[SYM_TAB_OUTLINE_BYTES_MAX], size_t *len,
                                   const struct sym_tab_query *query)
{
    struct sym_tab_outlined dimensions[SYM_TAB_DIMENSIONS_MAX];
    struct sym_span ends[SYM_TAB_DIMENSIONS_MAX][2];
    if (query->n_dimensions > SYM_TAB_DIMENSIONS_MAX) {
        return SYM_LIMIT;
    }
    for (size_t i = 0; i < query->n_dimensions; i++) {
        const struct sym_tab_dimension *d = &query->dimensions[i];
        dimensions[i] = (struct sym_tab_outlined){.dimension = d->dimension,
                                                  .codes = (uint32_t)d->n_codes,
                                                  .some = d->codes,
                                                  .n_some = d->n_codes,
                                                  .narrows = d->narrows};
        if (d->n_codes > SYM_TAB_OUTLINED_CODES) {
            ends[i][0] = d->codes[0];
            ends[i][1] = d->codes[d->n_codes - 1];
            dimensions[i].some = ends[i];
            dimensions[i].n_some = 2;
        }
    }
    const struct sym_tab_outline outline = {.shape = query->shape,
                                            .unit = query->unit,
                                            .persons_max = query->persons_max,
                                            .cells_per_incident = query->cells_per_incident,
                                            .dimensions = dimensions,
                                            .n_dimensions = query->n_dimensions,
                                            .levels = query->levels,
                                            .n_levels = query->n_levels};
    return sym_encode(out, SYM_TAB_OUTLINE_BYTES_MAX, len, &sym_msg_tab_outline, &outline);
}

enum sym_err sym_tab_outline_check(struct sym_span outline, const struct sym_tab_query *query)
{
    uint8_t own[SYM_TAB_OUTLINE_BYTES_MAX];
    size_t len = 0;
    enum sym_err err = sym_tab_outline_write(own, &len, query);
    return err == SYM_OK && !sym_span_equal(outline, sym_span(own, len)) ? SYM_BAD_VALUE : err;
}
