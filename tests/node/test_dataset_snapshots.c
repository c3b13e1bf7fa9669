/* What joint tabulations read: the snapshot of incidents or aggregates that was published last,
 * whatever is imported, added or forgotten since. */
#include "node/data/datasets_state.h"
#include "proto/incident.h"
#include "tests/support/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N     5000u /* two segments */
#define CHUNK 1000u

/* How many incidents each record stands for. */
static uint64_t incidents = 1;

/* Rows ----------------------------------------------------------------------------------------- */

static size_t row_of(uint8_t *out, size_t room, unsigned number)
{
    size_t len = 0;
    struct sym_incident i = {.count = incidents, .persons = 1 + number % 7};
    assert_int_equal(
        sym_incident_add(&i, SYM_FIELD_OF_COUNTRY, sym_span_text(number % 2 == 0 ? "IT" : "FR")),
        SYM_OK);
    assert_int_equal(sym_incident_write(out, room, &len, &i), SYM_OK);
    return len;
}

static struct sym_import_begin begin_of(uint8_t id[SYM_IMPORT_ID_BYTES], char letter, bool append,
                                        uint32_t kind)
{
    shelf_id(id, letter);
    return (struct sym_import_begin){.id = sym_span(id, SYM_IMPORT_ID_BYTES),
                                     .dataset = sym_span_text("cases"),
                                     .profile = sym_span_text("htcds"),
                                     .append = append,
                                     .kind = kind};
}

static enum sym_err give(struct shelf *s, const uint8_t id[SYM_IMPORT_ID_BYTES], uint64_t number,
                         unsigned first, unsigned n)
{
    static const uint8_t no_tokens[CHUNK];
    static uint8_t id_lengths[CHUNK];
    static uint8_t ids[CHUNK * 12];
    static uint8_t lengths[CHUNK * 2];
    static uint8_t rows[CHUNK * 64];
    size_t ids_len = 0;
    size_t rows_len = 0;
    uint64_t next = 0;
    for (unsigned i = 0; i < n; i++) {
        char text[12];
        int len = snprintf(text, sizeof text, "r%u", first + i);
        memcpy(ids + ids_len, text, (size_t)len);
        id_lengths[i] = (uint8_t)len;
        ids_len += (size_t)len;
        size_t row = row_of(rows + rows_len, sizeof rows - rows_len, first + i);
        lengths[2 * i] = (uint8_t)(row >> 8);
        lengths[2 * i + 1] = (uint8_t)row;
        rows_len += row;
    }
    const struct sym_import_chunk chunk = {.id = sym_span(id, SYM_IMPORT_ID_BYTES),
                                           .number = number,
                                           .id_lengths = sym_span(id_lengths, n),
                                           .ids = sym_span(ids, ids_len),
                                           .token_counts = sym_span(no_tokens, n),
                                           .row_lengths = sym_span(lengths, 2 * (size_t)n),
                                           .rows = sym_span(rows, rows_len)};
    return sym_datasets_import_chunk(s->datasets, &next, &chunk, &s->alice, NULL);
}

/* Records first to first + n, begun as it says. */
static void import_as(struct shelf *s, const struct sym_import_begin *begin, unsigned first,
                      unsigned n)
{
    struct sym_dataset_row row;
    struct sym_import_end end = {.id = begin->id, .keep = true};
    uint64_t next = 0;
    assert_int_equal(sym_datasets_import_begin(s->datasets, &next, begin, &s->alice, NULL), SYM_OK);
    for (unsigned at = 0; at < n; at += CHUNK) {
        assert_int_equal(
            give(s, begin->id.data, end.chunks++, first + at, n - at < CHUNK ? n - at : CHUNK),
            SYM_OK);
    }
    assert_int_equal(sym_datasets_import_end(s->datasets, &row, &end, &s->alice, NULL), SYM_OK);
    assert_int_equal(row.kind, begin->kind);
}

static void import_incidents(struct shelf *s, char letter, bool append, unsigned first, unsigned n)
{
    uint8_t id[SYM_IMPORT_ID_BYTES];
    const struct sym_import_begin begin = begin_of(id, letter, append, SYM_DATASET_INCIDENTS);
    import_as(s, &begin, first, n);
}

/* Prints of the ids that an import would add to, from a segment on; how many. */
static size_t prints_from(struct shelf *s, uint8_t *room, uint32_t segment, bool append,
                          uint32_t *next)
{
    uint8_t id[SYM_IMPORT_ID_BYTES];
    struct sym_import_begin begin = begin_of(id, 'z', append, SYM_DATASET_INCIDENTS);
    struct sym_writer w = sym_writer(room, (size_t)SYM_IMPORT_PRINTS_MAX * SYM_ID_PRINT_BYTES);
    begin.prints_from = segment;
    assert_int_equal(sym_datasets_prints(s->datasets, &w, next, &begin, NULL), SYM_OK);
    assert_int_equal(w.len % SYM_ID_PRINT_BYTES, 0);
    return w.len / SYM_ID_PRINT_BYTES;
}

static void assert_print(const uint8_t *prints, size_t at, unsigned number)
{
    uint8_t print[SYM_ID_PRINT_BYTES];
    char text[12];
    (void)snprintf(text, sizeof text, "r%u", number);
    sym_id_print(print, sym_span_text(text));
    assert_memory_equal(prints + at * SYM_ID_PRINT_BYTES, print, sizeof print);
}

static void an_import_hears_which_ids_are_there(void **state)
{
    static uint8_t room[SYM_IMPORT_PRINTS_MAX * SYM_ID_PRINT_BYTES];
    struct shelf *s = *state;
    const unsigned n = SYM_IMPORT_PRINTS_MAX + 5000;
    uint32_t next = 99;
    assert_int_equal(prints_from(s, room, 1, true, &next), 0); /* there is no such dataset */
    assert_int_equal(next, 0);
    import_incidents(s, 'a', false, 0, n - 1000);
    import_incidents(s, 'b', true, n - 1000, 1000);
    assert_int_equal(prints_from(s, room, 1, false, &next), 0); /* it will go */
    size_t first = prints_from(s, room, 1, true, &next);
    assert_print(room, 0, 0);
    assert_print(room, first - 1, (unsigned)first - 1);
    assert_true(next > 1);
    size_t second = prints_from(s, room, next, true, &next);
    assert_print(room, second - 1, n - 1);
    assert_int_equal(first + second, n);
    assert_int_equal(next, 0);
    assert_int_equal(prints_from(s, room, 4000000000u, true, &next), 0);
    assert_int_equal(next, 0);
}

static struct sym_import_begin aggregates(uint8_t id[SYM_IMPORT_ID_BYTES], char letter, bool append,
                                          uint32_t cells, uint32_t persons)
{
    struct sym_import_begin begin = begin_of(id, letter, append, SYM_DATASET_AGGREGATES);
    begin.cells_per_incident = cells;
    begin.persons_max = persons;
    return begin;
}

static void import_aggregates(struct shelf *s, char letter, bool append, uint32_t cells,
                              uint32_t persons)
{
    uint8_t id[SYM_IMPORT_ID_BYTES];
    const struct sym_import_begin begin = aggregates(id, letter, append, cells, persons);
    import_as(s, &begin, 0, 10);
}

static void publish(struct shelf *s)
{
    size_t at = 0;
    assert_int_equal(
        sym_datasets_publish(s->datasets, &at, sym_span_text("cases"), &s->alice, NULL), SYM_OK);
}

static enum sym_err hold(struct shelf *s, struct sym_content **out, struct sym_dataset_row *row)
{
    return sym_snapshot_hold(out, row, s->datasets, sym_span_text("cases"), NULL);
}

/* Records first to first + n with their rows, but for the one with the number `without`. */
static bool content_is(const struct sym_content *c, unsigned first, unsigned n, unsigned without)
{
    unsigned next = first;
    bool same = true;
    for (size_t at = 0; same && at < sym_content_segments(c); at++) {
        struct sym_segment segment = {.n_records = 0};
        if (sym_content_segment(c, at, &segment) != SYM_OK) {
            return false;
        }
        const uint8_t *id = segment.ids;
        const uint8_t *row = segment.rows.data;
        for (size_t i = 0; same && i < segment.n_records; i++, next++) {
            char text[12];
            uint8_t expected[64];
            next += next == without;
            (void)snprintf(text, sizeof text, "r%u", next);
            size_t len = row_of(expected, sizeof expected, next);
            same = sym_span_equal(sym_span(id, segment.id_lengths[i]), sym_span_text(text)) &&
                   sym_segment_row_length(&segment, i) == len && memcmp(row, expected, len) == 0;
            id += segment.id_lengths[i];
            row += len;
        }
        sym_segment_clear(&segment);
    }
    return same && next + (next == without) == first + n;
}

/* The snapshot holds these and says so, also after a restart. */
static void assert_snapshot(struct shelf *s, uint64_t epoch, unsigned first, unsigned n)
{
    for (int again = 0; again < 2; again++) {
        struct sym_content *c = NULL;
        struct sym_dataset_row row;
        assert_int_equal(hold(s, &c, &row), SYM_OK);
        assert_int_equal(row.epoch, epoch);
        assert_int_equal(row.published_records, n);
        assert_true(content_is(c, first, n, UINT32_MAX));
        sym_content_release(c);
        shelf_reopen(s);
    }
}

/* What is published ---------------------------------------------------------------------------- */

static void what_is_published_is_what_was_imported(void **state)
{
    struct shelf *s = *state;
    import_incidents(s, 'a', false, 0, N);
    publish(s);
    assert_snapshot(s, 1, 0, N);
    struct sym_dataset_row row = shelf_row(s, "cases");
    assert_int_equal(row.kind, SYM_DATASET_INCIDENTS);
    assert_int_equal(row.tokens, 0);
    assert_int_equal(row.cells_per_incident, 0);
}

static void refuses_what_was_never_published(void **state)
{
    struct shelf *s = *state;
    struct sym_content *c = NULL;
    struct sym_dataset_row row;
    struct sym_fault fault = {.text = ""};
    import_incidents(s, 'a', false, 0, 10);
    assert_int_equal(sym_snapshot_hold(&c, &row, s->datasets, sym_span_text("cases"), &fault),
                     SYM_WRONG_STATE);
    assert_null(c);
    assert_non_null(strstr(fault.text, "symbolon dataset publish cases"));
}

static void refuses_identifiers_and_what_does_not_exist(void **state)
{
    struct shelf *s = *state;
    struct sym_content *c = NULL;
    struct sym_dataset_row row;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(hold(s, &c, &row), SYM_NOT_FOUND);
    assert_int_equal(shelf_import(s, 'a', "cases", false, 0, 10), SYM_OK);
    assert_int_equal(hold(s, &c, &row), SYM_UNSUPPORTED);
    publish(s);
    assert_int_equal(sym_snapshot_hold(&c, &row, s->datasets, sym_span_text("cases"), &fault),
                     SYM_UNSUPPORTED);
    assert_non_null(strstr(fault.text, "cases: holds identifiers, not incidents; compare it with "
                                       "\"symbolon overlap\", or import incidents"));
    assert_null(c);
}

static void what_is_added_is_not_published_before_it_is(void **state)
{
    struct shelf *s = *state;
    import_incidents(s, 'a', false, 0, N);
    publish(s);
    import_incidents(s, 'b', true, N, 700);
    assert_int_equal(shelf_row(s, "cases").records, N + 700);
    assert_snapshot(s, 1, 0, N);
    publish(s);
    assert_snapshot(s, 2, 0, N + 700);
}

static void what_is_replaced_stays_published_until_the_next_time(void **state)
{
    struct shelf *s = *state;
    import_incidents(s, 'a', false, 0, N);
    publish(s);
    import_incidents(s, 'b', false, 20000, 300);
    assert_snapshot(s, 1, 0, N);
    import_incidents(s, 'c', false, 30000, 400);
    assert_snapshot(s, 1, 0, N);
    assert_int_equal(shelf_row(s, "cases").records, 400);
    publish(s);
    assert_snapshot(s, 2, 30000, 400);
}

/* Two segments were published; of what came and went in between nothing is left. */
static void what_is_published_no_more_is_erased(void **state)
{
    struct shelf *s = *state;
    import_incidents(s, 'a', false, 0, N);
    publish(s);
    import_incidents(s, 'b', false, 0, 10);
    import_incidents(s, 'c', false, 0, 10);
    assert_int_equal(shelf_values(s), 2 + 1);
    publish(s);
    assert_int_equal(shelf_values(s), 1);
    shelf_reopen(s);
    assert_int_equal(shelf_values(s), 1);
}

static void who_holds_a_snapshot_reads_it_over_a_publication(void **state)
{
    struct shelf *s = *state;
    struct sym_content *c = NULL;
    struct sym_dataset_row row;
    import_incidents(s, 'a', false, 0, N);
    publish(s);
    assert_int_equal(hold(s, &c, &row), SYM_OK);
    import_incidents(s, 'b', false, 0, 10);
    publish(s);
    assert_true(content_is(c, 0, N, UINT32_MAX));
    assert_int_equal(shelf_values(s), 2 + 1);
    sym_content_release(c);
    assert_int_equal(shelf_values(s), 1);
}

static void publishes_the_same_again_under_the_next_epoch(void **state)
{
    struct shelf *s = *state;
    import_incidents(s, 'a', false, 0, 10);
    publish(s);
    publish(s);
    assert_snapshot(s, 2, 0, 10);
    assert_int_equal(shelf_values(s), 1);
}

/* Forgetting and dropping ---------------------------------------------------------------------- */

static void assert_forgotten(struct shelf *s, unsigned number, unsigned n)
{
    struct sym_content *c = NULL;
    struct sym_dataset_row row;
    assert_int_equal(hold(s, &c, &row), SYM_OK);
    assert_true(content_is(c, 0, n, number));
    assert_int_equal(row.published_records, n - 1);
    assert_int_equal(row.epoch, 1);
    sym_content_release(c);
}

static void a_forgotten_record_is_in_no_snapshot(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    import_incidents(s, 'a', false, 0, N);
    publish(s);
    import_incidents(s, 'b', true, N, 10);
    assert_int_equal(shelf_forget(s, "cases", "r4321", &gone, NULL), SYM_OK);
    assert_int_equal(gone.records, 1);
    assert_forgotten(s, 4321, N);
    shelf_reopen(s);
    assert_forgotten(s, 4321, N);
    assert_int_equal(shelf_forget(s, "cases", "r4321", &gone, NULL), SYM_NOT_FOUND);
}

/* Also one that was added after, or that only the snapshot has. */
static void a_record_that_was_replaced_is_forgotten_in_the_snapshot(void **state)
{
    uint8_t before[SYM_DIGEST_BYTES];
    uint8_t after[SYM_DIGEST_BYTES];
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    import_incidents(s, 'a', false, 0, N);
    publish(s);
    import_incidents(s, 'b', false, 0, 10);
    sym_datasets_basis(s->datasets, 0, before);
    assert_int_equal(shelf_forget(s, "cases", "r4999", &gone, NULL), SYM_OK);
    sym_datasets_basis(s->datasets, 0, after);
    assert_memory_not_equal(before, after, sizeof before);
    assert_int_equal(gone.records, 0);
    assert_int_equal(gone.published_records, 1);
    assert_forgotten(s, 4999, N);
    assert_int_equal(shelf_row(s, "cases").records, 10);
}

static void a_record_that_was_added_since_is_forgotten_there_only(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    import_incidents(s, 'a', false, 0, 10);
    publish(s);
    import_incidents(s, 'b', true, 10, 10);
    assert_int_equal(shelf_forget(s, "cases", "r15", &gone, NULL), SYM_OK);
    assert_int_equal(gone.records, 1);
    assert_int_equal(gone.published_records, 0);
    assert_int_equal(shelf_row(s, "cases").records, 19);
    assert_snapshot(s, 1, 0, 10);
}

static void who_holds_a_snapshot_cannot_read_what_was_forgotten(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    struct sym_segment segment = {.n_records = 0};
    struct sym_content *c = NULL;
    struct sym_dataset_row row;
    import_incidents(s, 'a', false, 0, 10);
    publish(s);
    import_incidents(s, 'b', false, 100, 10);
    assert_int_equal(hold(s, &c, &row), SYM_OK);
    assert_int_equal(shelf_forget(s, "cases", "r5", &gone, NULL), SYM_OK);
    assert_int_equal(sym_content_segment(c, 0, &segment), SYM_CANCELLED);
    sym_content_release(c);
    assert_forgotten(s, 5, 10);
}

static void dropping_takes_the_snapshot_too(void **state)
{
    struct shelf *s = *state;
    struct sym_content *c = NULL;
    struct sym_content *none = NULL;
    struct sym_segment segment = {.n_records = 0};
    struct sym_dataset_row row;
    import_incidents(s, 'a', false, 0, N);
    publish(s);
    import_incidents(s, 'b', false, 0, 10);
    assert_int_equal(hold(s, &c, &row), SYM_OK);
    assert_int_equal(shelf_drop(s, "cases", NULL), SYM_OK);
    assert_int_equal(sym_content_segment(c, 0, &segment), SYM_CANCELLED);
    sym_content_release(c);
    assert_int_equal(hold(s, &none, &row), SYM_NOT_FOUND);
    assert_int_equal(shelf_values(s), 0);
}

static void a_dataset_of_the_same_name_was_never_published(void **state)
{
    struct shelf *s = *state;
    struct sym_content *c = NULL;
    struct sym_dataset_row row;
    import_incidents(s, 'a', false, 0, 10);
    publish(s);
    assert_int_equal(shelf_drop(s, "cases", NULL), SYM_OK);
    import_incidents(s, 'b', false, 0, 10);
    assert_int_equal(hold(s, &c, &row), SYM_WRONG_STATE);
}

/* Kinds and bounds ----------------------------------------------------------------------------- */

static void aggregates_keep_their_bounds(void **state)
{
    struct shelf *s = *state;
    import_aggregates(s, 'a', false, 4, 30);
    publish(s);
    for (int again = 0; again < 2; again++) {
        struct sym_content *c = NULL;
        struct sym_dataset_row row;
        assert_int_equal(hold(s, &c, &row), SYM_OK);
        assert_int_equal(row.kind, SYM_DATASET_AGGREGATES);
        assert_int_equal(row.cells_per_incident, 4);
        assert_int_equal(row.persons_max, 30);
        sym_content_release(c);
        shelf_reopen(s);
    }
}

/* The noise of a query must cover what is in the snapshot, and not what has replaced it. */
static void the_bounds_of_a_snapshot_are_those_that_it_was_declared_with(void **state)
{
    static const uint32_t others[][2] = {{1, 30}, {4, 1}, {5, 31}};
    struct shelf *s = *state;
    for (size_t i = 0; i < 3; i++) {
        struct sym_content *c = NULL;
        struct sym_dataset_row row;
        import_aggregates(s, (char)('a' + 2 * i), false, 4, 30);
        publish(s);
        import_aggregates(s, (char)('b' + 2 * i), false, others[i][0], others[i][1]);
        assert_int_equal(hold(s, &c, &row), SYM_WRONG_STATE);
        assert_int_equal(shelf_values(s), 1);
        sym_datasets_row(s->datasets, 0, &row);
        assert_int_equal(row.published_ms, 0);
        assert_int_equal(row.epoch, i + 1);
    }
}

static void refuse(struct shelf *s, const struct sym_import_begin *begin, const char *words)
{
    uint64_t next = 0;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(sym_datasets_import_begin(s->datasets, &next, begin, &s->alice, &fault),
                     SYM_BAD_VALUE);
    assert_non_null(strstr(fault.text, words));
}

static void refuses_aggregates_without_bounds_and_bounds_of_others(void **state)
{
    struct shelf *s = *state;
    uint8_t id[SYM_IMPORT_ID_BYTES];
    struct sym_import_begin begin = aggregates(id, 'a', false, 0, 0);
    refuse(s, &begin, "aggregates declare in how many cells one incident counts");
    begin.cells_per_incident = 1;
    refuse(s, &begin, "aggregates declare in how many cells one incident counts");
    begin.kind = SYM_DATASET_INCIDENTS;
    refuse(s, &begin, "others declare nothing");
}

static void refuses_to_replace_what_is_of_another_kind(void **state)
{
    struct shelf *s = *state;
    uint8_t id[SYM_IMPORT_ID_BYTES];
    import_incidents(s, 'a', false, 0, 10);
    publish(s);
    struct sym_import_begin begin = aggregates(id, 'b', false, 2, 3);
    refuse(s, &begin,
           "dataset cases: holds incidents, and these are aggregates; import them under another "
           "name, or drop it first: \"symbolon dataset drop cases\"");
    begin = begin_of(id, 'b', false, SYM_DATASET_IDENTIFIERS);
    refuse(s, &begin, "holds incidents, and these are identifiers");
    assert_snapshot(s, 1, 0, 10);
    assert_int_equal(shelf_drop(s, "cases", NULL), SYM_OK);
    assert_int_equal(shelf_import(s, 'c', "cases", false, 0, 10), SYM_OK);
    begin = begin_of(id, 'd', false, SYM_DATASET_INCIDENTS);
    refuse(s, &begin, "holds identifiers, and these are incidents");
}

static void refuses_to_append_other_bounds_or_another_kind(void **state)
{
    struct shelf *s = *state;
    uint8_t id[SYM_IMPORT_ID_BYTES];
    import_aggregates(s, 'a', false, 2, 3);
    struct sym_import_begin begin = aggregates(id, 'b', true, 2, 4);
    refuse(s, &begin, "was declared with 2 cells per incident and 3 persons");
    begin = aggregates(id, 'b', true, 1, 3);
    refuse(s, &begin, "was declared with 2 cells per incident and 3 persons");
    begin = begin_of(id, 'b', true, SYM_DATASET_INCIDENTS);
    refuse(s, &begin, "holds aggregates, and these are incidents");
    import_aggregates(s, 'c', true, 2, 3);
    assert_int_equal(shelf_row(s, "cases").records, 20);
}

static void refuses_columns_of_another_kind(void **state)
{
    struct shelf *s = *state;
    uint8_t id[SYM_IMPORT_ID_BYTES];
    uint64_t next = 0;
    struct sym_import_begin begin = begin_of(id, 'a', false, SYM_DATASET_INCIDENTS);
    assert_int_equal(sym_datasets_import_begin(s->datasets, &next, &begin, &s->alice, NULL),
                     SYM_OK);
    assert_int_equal(shelf_give(s, 'a', 0, 0, 10, SHELF_PER_RECORD), SYM_BAD_VALUE);
    assert_int_equal(shelf_begin(s, 'b', "suspects", false, NULL), SYM_OK);
    shelf_id(id, 'b');
    assert_int_equal(give(s, id, 0, 0, 10), SYM_BAD_VALUE);
}

static void refuses_incidents_that_stand_for_several(void **state)
{
    struct shelf *s = *state;
    uint8_t id[SYM_IMPORT_ID_BYTES];
    uint64_t next = 0;
    struct sym_import_begin begin = begin_of(id, 'a', false, SYM_DATASET_INCIDENTS);
    assert_int_equal(sym_datasets_import_begin(s->datasets, &next, &begin, &s->alice, NULL),
                     SYM_OK);
    incidents = 2;
    enum sym_err err = give(s, id, 0, 0, 10);
    uint8_t other[SYM_IMPORT_ID_BYTES];
    begin = aggregates(other, 'b', false, 1, 10);
    begin.dataset = sym_span_text("counts");
    import_as(s, &begin, 0, 10);
    incidents = 1;
    assert_int_equal(err, SYM_BAD_VALUE);
}

static void a_full_disk_publishes_nothing_and_loses_nothing(void **state)
{
    struct shelf *s = *state;
    size_t at = 0;
    import_incidents(s, 'a', false, 0, 10);
    publish(s);
    import_incidents(s, 'b', false, 10, 20);
    room_fill_disk(true);
    enum sym_err err =
        sym_datasets_publish(s->datasets, &at, sym_span_text("cases"), &s->alice, NULL);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_snapshot(s, 1, 0, 10);
    publish(s);
    assert_snapshot(s, 2, 10, 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shelf_set_up, shelf_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_published_is_what_was_imported),
        TEST(an_import_hears_which_ids_are_there),
        TEST(refuses_what_was_never_published),
        TEST(refuses_identifiers_and_what_does_not_exist),
        TEST(what_is_added_is_not_published_before_it_is),
        TEST(what_is_replaced_stays_published_until_the_next_time),
        TEST(what_is_published_no_more_is_erased),
        TEST(who_holds_a_snapshot_reads_it_over_a_publication),
        TEST(publishes_the_same_again_under_the_next_epoch),
        TEST(a_forgotten_record_is_in_no_snapshot),
        TEST(a_record_that_was_replaced_is_forgotten_in_the_snapshot),
        TEST(a_record_that_was_added_since_is_forgotten_there_only),
        TEST(who_holds_a_snapshot_cannot_read_what_was_forgotten),
        TEST(dropping_takes_the_snapshot_too),
        TEST(a_dataset_of_the_same_name_was_never_published),
        TEST(aggregates_keep_their_bounds),
        TEST(the_bounds_of_a_snapshot_are_those_that_it_was_declared_with),
        TEST(refuses_aggregates_without_bounds_and_bounds_of_others),
        TEST(refuses_to_replace_what_is_of_another_kind),
        TEST(refuses_to_append_other_bounds_or_another_kind),
        TEST(refuses_columns_of_another_kind),
        TEST(refuses_incidents_that_stand_for_several),
        TEST(a_full_disk_publishes_nothing_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
