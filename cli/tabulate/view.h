/* view.h - counts per cell as they are shown: a release that the node holds, or a preview of what
 * it would contribute; with the names and points of the codes.
 *
 * Errors: those of client.h, SYM_BAD_FORMAT (the node's answer makes no sense), SYM_NO_MEMORY. The
 * fault is a complete line.
 */
#ifndef SYM_CLI_TABULATE_VIEW_H
#define SYM_CLI_TABULATE_VIEW_H

#include "cli/client.h"
#include "cli/ingest/gazetteer.h"
#include "cli/parties.h"
#include "cli/proof.h"
#include "proto/cube.h"

/* One code of a dimension. */
struct sym_label {
    const char *name; /* "Italy"; the code itself where there is no other */
    bool has_point;
    int32_t latitude_e6;
    int32_t longitude_e6;
};

struct sym_view {
    struct sym_arena head; /* what the spans of release point to */
    struct sym_arena body; /* and those of query */
    struct sym_parties parties;
    struct sym_proof proof;
    struct sym_release release;
    struct sym_tab_query query;
    struct sym_cube *cube;
    struct sym_gazetteer *places; /* owns the names */
    struct sym_label *labels[SYM_TAB_DIMENSIONS_MAX];
    char (*words)[SYM_CODE_BYTES_MAX + 1]; /* names that are the codes */
    uint64_t *cells;                       /* of a release: 0 is suppressed */
    size_t n_cells;
    bool is_preview;
    bool again; /* a release that was there before this exchange, which has spent nothing */
    uint8_t id[SYM_EXCHANGE_ID_BYTES]; /* of a release: of the exchange */
    /* Of a preview: */
    struct sym_span dataset; /* borrowed */
    uint64_t records;
    uint64_t left_out;
};

/* Each with a view that is zero but for `again`; clear it in every case. */
SYM_MUST enum sym_err sym_view_release(struct sym_view *out, struct sym_client *client,
                                       struct sym_span exchange, struct sym_fault *fault);
/* Waits while the node counts; Ctrl-C ends it (pause.h). */
SYM_MUST enum sym_err sym_view_preview(struct sym_view *out, struct sym_client *client,
                                       const struct sym_tabulate_start *start,
                                       struct sym_fault *fault);
void sym_view_clear(struct sym_view *v);

/* The dimension that stands at place `at` of a level, as its place in the query. */
size_t sym_view_dimension(const struct sym_view *v, size_t level, size_t at);
/* The codes of a cell, numbered within its level: their places in the lists, one for each dimension
 * of the level. */
void sym_view_codes(size_t places[SYM_TAB_DIMENSIONS_MAX], const struct sym_view *v, size_t level,
                    size_t cell);
/* "country x year" */
#define SYM_LEVEL_BYTES 160u
void sym_level_text(char out[SYM_LEVEL_BYTES], const struct sym_tab_query *query, size_t level);

#endif
