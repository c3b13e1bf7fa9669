/* fake_overlap.h - a fake core that serves one overlap in any state: for the tests of overlap and
 * exchange. */
#ifndef SYM_TESTS_CLI_FAKE_OVERLAP_H
#define SYM_TESTS_CLI_FAKE_OVERLAP_H

#include "proto/exchange.h"
#include "tests/cli/fake_node.h"

static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0x4f, 0x1c, 0xaa, 1};
static const uint8_t other_id[SYM_EXCHANGE_ID_BYTES] = {0x4f, 0x1c, 0xab, 2};
static const uint8_t peer_id[32] = {9};

static inline struct sym_exchange_entry entry(enum sym_kind kind, enum sym_exchange_state state)
{
    return (struct sym_exchange_entry){.id = sym_span(id, sizeof id),
                                       .alias = sym_span_text("bank-b"),
                                       .peer = sym_span(peer_id, sizeof peer_id),
                                       .role = SYM_AS_INITIATOR,
                                       .kind = (uint32_t)kind,
                                       .state = (uint32_t)state,
                                       .purpose = SYM_PURPOSE_AML,
                                       .basis = SYM_BASIS_314B,
                                       .case_ref = sym_span_text("C-17"),
                                       .user = sym_span_text("alice"),
                                       .mine = sym_span_text("suspects"),
                                       .theirs = sym_span_text("watch"),
                                       .own_size = 20000,
                                       .peer_size = 18000,
                                       .common = 3,
                                       .records = kind == SYM_KIND_OVERLAP_MATCHES ? 2 : 0,
                                       .has_result = kind == SYM_KIND_OVERLAP_MATCHES,
                                       .started_ms = UINT64_C(1000) * FAKE_NOW_S,
                                       .ended_ms = UINT64_C(1000) * (FAKE_NOW_S + 4),
                                       .bytes_sent = 1280000,
                                       .bytes_received = 1400000};
}

static inline void note_start(const struct fake_call *call)
{
    const struct sym_overlap_start *s = call->arguments;
    char line[512];
    (void)snprintf(line, sizeof line,
                   "%.*s %.*s %.*s kind=%u type=%u engine=%u purpose=%u basis=%u case=%.*s "
                   "note=%.*s timeout=%u",
                   (int)s->alias.len, (const char *)s->alias.data, (int)s->mine.len,
                   (const char *)s->mine.data, (int)s->theirs.len, (const char *)s->theirs.data,
                   s->kind, s->type, s->engine, s->purpose, s->basis, (int)s->case_ref.len,
                   (const char *)s->case_ref.data, (int)s->note.len, (const char *)s->note.data,
                   s->timeout_ms);
    fake_note(call->node, line);
}

/* Two rows, whose second id would be a formula in a spreadsheet and holds what moves a cursor. */
static inline const void *two_rows(const struct sym_exchange_entry *e)
{
    static const uint8_t lengths[] = {3, 7};
    static const uint8_t ids[] = "r-1=1+\"\xc2\x9b;";
    static const uint8_t bits[16] = {
        [7] = 1u << SYM_TOKEN_IBAN, [15] = 1u << SYM_TOKEN_IBAN | 1u << SYM_TOKEN_PHONE};
    static struct sym_result_page page;
    page = (struct sym_result_page){.exchange = e,
                                    .id_lengths = {lengths, sizeof lengths},
                                    .ids = {ids, 10},
                                    .types = {bits, sizeof bits}};
    return &page;
}

/* Serves an overlap whose state is this when asked, and whose entry is *e. */
static inline enum sym_err serve(struct fake_call *call, enum sym_exchange_state state,
                                 const struct sym_exchange_entry *e)
{
    static const struct sym_exchange_name name = {.id = {id, sizeof id}};
    static struct sym_exchange_row row;
    static struct sym_exchange_list list;
    row = (struct sym_exchange_row){.id = sym_span(id, sizeof id),
                                    .alias = sym_span_text("bank-b"),
                                    .state = (uint32_t)state,
                                    .result = e->result,
                                    .fault = e->fault,
                                    .done = 10000,
                                    .total = 40000,
                                    .bytes_sent = 1 << 20,
                                    .bytes_received = 1 << 20};
    list = (struct sym_exchange_list){.exchanges = e, .n_exchanges = 1};
    if (call->verb == SYM_VERB_OVERLAP_START) {
        note_start(call);
        call->answer = &name;
    } else if (call->verb == SYM_VERB_EXCHANGE_STATE) {
        call->answer = &row;
    } else if (call->verb == SYM_VERB_EXCHANGE_SHOW) {
        call->answer = e;
    } else if (call->verb == SYM_VERB_EXCHANGE_LIST) {
        call->answer = &list;
    } else if (call->verb == SYM_VERB_EXCHANGE_RESULT) {
        call->answer = two_rows(e);
    } else if (call->verb == SYM_VERB_PEER_LIST) {
        static const struct sym_peer_list nobody = {.n_peers = 0};
        call->answer = &nobody;
    } else if (call->verb == SYM_VERB_RELEASE_EVIDENCE) {
        return SYM_NOT_FOUND;
    }
    return SYM_OK;
}

static inline enum sym_err matches(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_OVERLAP_MATCHES, SYM_EXCHANGE_DONE);
    return serve(call, call->number < 2 ? SYM_EXCHANGE_RUNNING : SYM_EXCHANGE_DONE, &e);
}

static inline enum sym_err a_count(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_OVERLAP_COUNT, SYM_EXCHANGE_DONE);
    return serve(call, SYM_EXCHANGE_DONE, &e);
}

#endif
