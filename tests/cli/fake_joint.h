/* fake_joint.h - a fake core that tabulates: it takes the question, and answers with counts that
 * the test chooses. For the tests of joint tabulations. */
#ifndef SYM_TESTS_CLI_FAKE_JOINT_H
#define SYM_TESTS_CLI_FAKE_JOINT_H

#include "proto/cube.h"
#include "proto/evidence.h"
#include "proto/tabulate.h"
#include "tests/cli/fake_node.h"

#define CELLS_MAX 400000u

static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0x4f, 0x1c, 0xaa, 1};
static const uint8_t qid[32] = {7};

/* What a fake core remembers of the question, and answers. */
static struct {
    uint8_t query[SYM_TAB_QUERY_BYTES_MAX];
    size_t query_len;
    struct sym_arena arena;
    struct sym_tab_query decoded;
    struct sym_cube *cube;
} asked;

/* In each level 100 in the first cell, and 40 in the third. */
static void first_and_third(uint64_t *cells)
{
    for (size_t i = 0; i < asked.decoded.n_levels; i++) {
        size_t at = 0;
        size_t size = 0;
        sym_cube_level(asked.cube, i, &at, &size);
        cells[at + (size > 2 ? 2 : 0)] = 40;
        cells[at] = 100;
    }
}

/* Says the counts of the cube that is asked; all are 0 before. */
static void (*count_cells)(uint64_t *cells) = first_and_third;

/* One line of what was asked, and the cube, for the answers. */
static inline void take_question(const struct fake_call *call, const struct sym_tabulate_start *s)
{
    struct sym_fault fault = {.text = ""};
    char line[1024];
    asked.query_len = s->query.len;
    memcpy(asked.query, s->query.data, s->query.len);
    sym_cube_free(asked.cube);
    asked.cube = NULL;
    sym_arena_clear(&asked.arena);
    if (sym_decode(&asked.arena, &asked.decoded, &sym_msg_tab_query,
                   sym_span(asked.query, asked.query_len)) != SYM_OK ||
        sym_cube_new(&asked.cube, &asked.decoded, &fault) != SYM_OK) {
        fake_note(call->node, "no question");
        return;
    }
    (void)snprintf(line, sizeof line,
                   "%.*s peers=%zu own=%d purpose=%u basis=%u case=%.*s shape=%s unit=%u p=%u k=%u "
                   "epsilon=%llu cells=%zu levels=%zu",
                   (int)s->dataset.len, (const char *)s->dataset.data, s->n_peers, !s->without_own,
                   s->purpose, s->basis, (int)s->case_ref.len, (const char *)s->case_ref.data,
                   sym_tab_shape_text(asked.decoded.shape), asked.decoded.unit,
                   asked.decoded.persons_max, asked.decoded.cells_per_incident,
                   (unsigned long long)asked.decoded.epsilon_nano, sym_cube_cells(asked.cube),
                   asked.decoded.n_levels);
    fake_note(call->node, line);
    for (size_t i = 0; i < asked.decoded.n_dimensions; i++) {
        const struct sym_tab_dimension *d = &asked.decoded.dimensions[i];
        struct sym_span last = d->codes[d->n_codes - 1];
        (void)snprintf(line, sizeof line, "%s: %.*s .. %.*s, %zu %s",
                       sym_dimension_text(d->dimension), (int)d->codes[0].len,
                       (const char *)d->codes[0].data, (int)last.len, (const char *)last.data,
                       d->n_codes, d->narrows != 0 ? "alone" : "of all");
        fake_note(call->node, line);
    }
}

/* Of the exchange: the release was there before. */
static bool answered_before = false;

/* What is released: cells of 0 are suppressed. */
static inline const uint64_t *counted_cells(void)
{
    static uint64_t cells[CELLS_MAX];
    memset(cells, 0, sym_cube_cells(asked.cube) * sizeof *cells);
    count_cells(cells);
    return cells;
}

static inline const void *a_page(uint32_t first, bool preview)
{
    static uint8_t bytes[SYM_CELLS_PAGE_BYTES];
    static struct sym_cells_page page;
    size_t n = sym_cube_cells(asked.cube);
    size_t len = 0;
    size_t done = 0;
    sym_cells_write(bytes, sizeof bytes, &len, counted_cells() + first, n - first, &done);
    page = (struct sym_cells_page){.first = first,
                                   .cells = sym_span(bytes, len),
                                   .next = first + done < n ? first + (uint32_t)done : 0,
                                   .total = (uint32_t)n,
                                   .records = preview ? 140 : 0,
                                   .left_out = preview ? 5 : 0};
    return &page;
}

static inline const void *the_plan(uint32_t n)
{
    static struct sym_span members[5];
    static struct sym_tabulate_plan plan;
    for (size_t i = 0; i < 5; i++) {
        members[i] = sym_span_text(i == 0 ? "" : "bank-b");
    }
    plan = (struct sym_tabulate_plan){.members = members,
                                      .n_members = n,
                                      .quorum = 4,
                                      .colluders = 1,
                                      .minimum = 5,
                                      .cells = (uint32_t)sym_cube_cells(asked.cube),
                                      .sensitivity = sym_cube_sensitivity(asked.cube),
                                      .half_width = 7,
                                      .threshold = 25,
                                      .ghosts_per_million = 10,
                                      .epsilon_nano = sym_cube_epsilon(asked.cube),
                                      .budget_left_nano = 7500000000u,
                                      .budget_cap_nano = 8000000000u,
                                      .renews_ms = UINT64_C(1798761600000),
                                      .contributes = true};
    return &plan;
}

static inline const void *the_release(void)
{
    static uint8_t cohort[5 * 32];
    static uint8_t epochs[5 * 8];
    static const uint8_t survivors[] = {0, 1, 2, 4};
    static struct sym_release release;
    size_t cells = sym_cube_cells(asked.cube);
    size_t n_shown = 0;
    const uint64_t *counted = counted_cells();
    for (size_t i = 0; i < cells; i++) {
        n_shown += counted[i] > 0;
    }
    for (uint8_t i = 0; i < 5; i++) {
        cohort[32 * i] = i;
    }
    release = (struct sym_release){.version = 1,
                                   .tabulation = sym_span(id, sizeof id),
                                   .qid = sym_span(qid, sizeof qid),
                                   .initiator = sym_span(cohort, 32),
                                   .dataset = sym_span_text("incidents"),
                                   .purpose = SYM_PURPOSE_TEST,
                                   .basis = SYM_BASIS_CONSENT,
                                   .released_ms = UINT64_C(1000) * FAKE_NOW_S,
                                   .query = sym_span(asked.query, asked.query_len),
                                   .cohort = sym_span(cohort, sizeof cohort),
                                   .epochs = sym_span(epochs, sizeof epochs),
                                   .survivors = sym_span(survivors, sizeof survivors),
                                   .quorum = 4,
                                   .colluders = 1,
                                   .noise_shares = 3,
                                   .sensitivity = sym_cube_sensitivity(asked.cube),
                                   .half_width = 7,
                                   .threshold = 25,
                                   .cells = (uint32_t)cells,
                                   .suppressed = (uint32_t)(cells - n_shown),
                                   .ghosts_per_million = 10,
                                   .consents_hash = sym_span(qid, 32),
                                   .survivors_hash = sym_span(qid, 32),
                                   .cells_hash = sym_span(qid, 32)};
    return &release;
}

/* Those at the places 1 and 3 of the release; who asked is pinned no more. */
static inline const void *the_peers(void)
{
    static uint8_t ids[2][32];
    static struct sym_peer_row rows[2];
    static struct sym_peer_list list = {.peers = rows, .n_peers = 2};
    for (uint8_t i = 0; i < 2; i++) {
        ids[i][0] = (uint8_t)(1 + 2 * i);
        rows[i] = (struct sym_peer_row){.alias = sym_span_text(i == 0 ? "bank-b" : "ngo-north"),
                                        .name = sym_span_text("Somebody"),
                                        .role = SYM_ROLE_BANK,
                                        .id = sym_span(ids[i], 32),
                                        .serial = 1};
    }
    return &list;
}

static inline enum sym_err tabulates(struct fake_call *call)
{
    static const struct sym_exchange_name name = {.id = {id, sizeof id}};
    static struct sym_exchange_row row;
    static unsigned previews;
    row = (struct sym_exchange_row){.id = sym_span(id, sizeof id), .state = SYM_EXCHANGE_DONE};
    if (call->verb == SYM_VERB_TABULATE_PLAN) {
        take_question(call, call->arguments);
        call->answer = the_plan(5);
    } else if (call->verb == SYM_VERB_TABULATE_START) {
        call->answer = &name;
    } else if (call->verb == SYM_VERB_EXCHANGE_STATE) {
        call->answer = &row;
    } else if (call->verb == SYM_VERB_EXCHANGE_SHOW) {
        static struct sym_exchange_entry entry;
        entry = (struct sym_exchange_entry){.id = sym_span(id, sizeof id),
                                            .role = SYM_AS_INITIATOR,
                                            .kind = SYM_KIND_TABULATE,
                                            .state = SYM_EXCHANGE_DONE,
                                            .answered_before = answered_before};
        call->answer = &entry;
    } else if (call->verb == SYM_VERB_RELEASE_SHOW) {
        call->answer = the_release();
    } else if (call->verb == SYM_VERB_PEER_LIST) {
        call->answer = the_peers();
    } else if (call->verb == SYM_VERB_RELEASE_EVIDENCE) {
        return SYM_NOT_FOUND;
    } else if (call->verb == SYM_VERB_RELEASE_CELLS) {
        call->answer = a_page(((const struct sym_cells_query *)call->arguments)->first, false);
    } else if (call->verb == SYM_VERB_TABULATE_PREVIEW) {
        const struct sym_cells_query *q = call->arguments;
        if (previews++ == 0) {
            take_question(call, q->start);
            return SYM_AGAIN;
        }
        call->answer = a_page(q->first, true);
    }
    return SYM_OK;
}

#define JOINT "|--peers|all|--dataset|incidents|--purpose|test|--basis|consent|--case|C-17|--yes"
#define SMALL "hotspots" JOINT "|--by|country,year|--only|country=IT,Libya,MT|--from|2019|--to|2020"

#endif
