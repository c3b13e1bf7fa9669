#include "tests/support/desk.h"
#include "tests/support/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 20u

/* Tables ----------------------------------------------------------------------------------------
 */

static void every_table_agrees_with_its_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        struct sym_fault fault = {.text = ""};
        if (sym_message_check(tables[i], &fault) != SYM_OK) {
            fail_msg("%s", fault.text);
        }
    }
}

/* Reads "message Name {" at the start of a line. */
static size_t names_covered(const char *path)
{
    char line[256];
    char name[64];
    size_t n = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("cannot open %s: run from the top of the tree", path);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "message %63[A-Za-z0-9]", name) != 1) {
            continue;
        }
        bool found = false;
        for (size_t i = 0; i < tables_count; i++) {
            found = found || strcmp(tables[i]->name + strlen("symbolon."), name) == 0;
        }
        if (!found) {
            fail_msg("%s: message %s has no table, or tables.h does not list it", path, name);
        }
        n++;
    }
    (void)fclose(file);
    return n;
}

static void every_message_of_the_schemas_has_a_table(void **state)
{
    (void)state;
    size_t n = names_covered("proto/exchange.proto") + names_covered("proto/control.proto") +
               names_covered("proto/dataset.proto") + names_covered("proto/grant.proto") +
               names_covered("proto/history.proto") + names_covered("proto/local.proto") +
               names_covered("proto/backup.proto") + names_covered("proto/evidence.proto") +
               names_covered("proto/tabulation.proto") + names_covered("proto/table.proto") +
               names_covered("proto/table_control.proto");
    assert_int_equal(n, tables_count);
}

static void refuses_a_table_that_disagrees_with_its_schema(void **state)
{
    (void)state;
    struct sym_field fields[2] = {sym_msg_signed.fields[0], sym_msg_signed.fields[1]};
    struct sym_message m = sym_msg_signed;
    m.fields = fields;
    assert_int_equal(sym_message_check(&m, NULL), SYM_OK);
    fields[1].name = "seal";
    assert_int_equal(sym_message_check(&m, NULL), SYM_BAD_FORMAT);
    fields[1].name = "signature";
    fields[1].kind = SYM_TEXT;
    assert_int_equal(sym_message_check(&m, NULL), SYM_BAD_FORMAT);
    fields[1].kind = SYM_MANY_BYTES;
    assert_int_equal(sym_message_check(&m, NULL), SYM_BAD_FORMAT);
    fields[1].kind = SYM_BYTES;
    m.n_fields = 1;
    assert_int_equal(sym_message_check(&m, NULL), SYM_BAD_FORMAT);
    m.n_fields = 2;
    m.name = "symbolon.Unheard";
    assert_int_equal(sym_message_check(&m, NULL), SYM_NOT_FOUND);
    struct sym_field list = sym_msg_peer_list.fields[0];
    struct sym_message peers = sym_msg_peer_list;
    peers.fields = &list;
    list.sub = &sym_msg_setting;
    assert_int_equal(sym_message_check(&peers, NULL), SYM_BAD_FORMAT);
    list.sub = NULL;
    assert_int_equal(sym_message_check(&peers, NULL), SYM_BAD_FORMAT);
}

static void refuses_a_message_that_is_in_no_schema(void **state)
{
    (void)state;
    struct sym_message m = sym_msg_empty;
    m.name = "symbolon.Unheard";
    struct sym_empty value = {0};
    struct sym_arena arena = {0};
    assert_int_equal(sym_decode(&arena, &value, &m, sym_span(NULL, 0)), SYM_INTERNAL);
}

/* There and back --------------------------------------------------------------------------------
 */

static void assert_survives(const struct sym_message *m, enum sample_size size, uint64_t seed)
{
    struct desk d = desk_open(size, seed);
    void *value = sample_value(&d.sample, m);
    struct sym_span first = desk_encode(&d, m, value);
    struct sym_arena arena = {0};
    uint8_t *again = malloc(first.len + 1);
    assert_non_null(again);
    size_t len = 0;
    enum sym_err err = sym_decode(&arena, d.value, m, first);
    if (err != SYM_OK) {
        fail_msg("%s: size %d: %s", m->name, (int)size, sym_err_name(err));
    }
    assert_true(message_equal(m, value, d.value));
    assert_int_equal(sym_encode(again, first.len, &len, m, d.value), SYM_OK);
    assert_true(sym_span_equal(first, sym_span(again, len)));
    if (first.len > 0) {
        assert_int_equal(sym_encode(again, first.len - 1, &len, m, d.value), SYM_TOO_LONG);
    }
    free(again);
    sym_arena_clear(&arena);
    desk_close(&d);
}

static void the_smallest_of_every_message_survives_a_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        assert_survives(tables[i], SAMPLE_LEAST, 0);
    }
}

static void the_largest_of_every_message_survives_a_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        assert_survives(tables[i], SAMPLE_MOST, 1);
    }
}

static void every_message_survives_a_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            assert_survives(tables[i], SAMPLE_MIXED, seed);
        }
    }
}

static void an_empty_message_is_no_bytes(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    struct sym_empty empty = {0};
    struct sym_gate_stop stop = {0};
    struct sym_ping ping = {0};
    assert_int_equal(desk_encode(&d, &sym_msg_empty, &empty).len, 0);
    assert_int_equal(desk_encode(&d, &sym_msg_gate_stop, &stop).len, 0);
    assert_int_equal(desk_encode(&d, &sym_msg_ping, &ping).len, 0);
    assert_int_equal(desk_decode(&d, &sym_msg_empty, sym_span(NULL, 0)), SYM_OK);
    assert_int_equal(desk_decode(&d, &sym_msg_gate_stop, sym_span(NULL, 0)), SYM_OK);
    assert_int_equal(desk_decode(&d, &sym_msg_empty, sym_span("\0", 1)), SYM_BAD_FORMAT);
    assert_int_equal(desk_decode(&d, &sym_msg_empty, sym_span("\x08\x01", 2)), SYM_BAD_FORMAT);
    size_t len = 9;
    assert_int_equal(sym_encode(d.out, 0, &len, &sym_msg_empty, &empty), SYM_OK);
    assert_int_equal(len, 0);
    desk_close(&d);
}

/* It may have been a secret. */
static void what_cannot_be_encoded_leaves_nothing_behind(void **state)
{
    (void)state;
    static uint8_t psk[SYM_PSK_BYTES] = {0x5a, 0x5a};
    static const uint8_t zeros[256];
    uint8_t out[256];
    size_t len = 7;
    struct sym_peer_add good = {.cards = sym_span_text("cards"), .psk = sym_span(psk, sizeof psk)};
    struct sym_peer_add bad = good;
    bad.alias = sym_span_text("\xff");
    memset(out, 0, sizeof out);
    assert_int_equal(sym_encode(out, sizeof out, &len, &sym_msg_peer_add, &bad), SYM_BAD_FORMAT);
    assert_memory_equal(out, zeros, sizeof out);
    assert_int_equal(sym_encode(out, 40, &len, &sym_msg_peer_add, &good), SYM_TOO_LONG);
    assert_memory_equal(out, zeros, sizeof out);
    assert_int_equal(len, 7);
    assert_int_equal(sym_encode(out, 41, &len, &sym_msg_peer_add, &good), SYM_OK);
    assert_int_equal(len, 41);
}

static void a_decoded_value_does_not_borrow_from_its_input(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    struct sym_peer_name name = {.alias = sym_span_text("bank-b")};
    struct sym_span bytes = desk_encode(&d, &sym_msg_peer_name, &name);
    struct sym_arena arena = {0};
    struct sym_peer_name got;
    assert_int_equal(sym_decode(&arena, &got, &sym_msg_peer_name, bytes), SYM_OK);
    memset(d.out, 'x', bytes.len);
    assert_true(sym_span_equal(got.alias, sym_span_text("bank-b")));
    sym_arena_clear(&arena);
    assert_null(arena.block);
    sym_arena_clear(&arena);
    desk_close(&d);
}

/* Text ------------------------------------------------------------------------------------------
 */

static const struct sym_span unclean[] = {
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }
    TEXT("a\0b"),             /* a C string would end here */
    TEXT("\0"),               /* … and be empty */
    TEXT("ab\0"),             /* … and lose its last byte */
    TEXT("\0ab"),             /* … or all of them */
    TEXT("\x01"),             /* C0 */
    TEXT("a\rb"),             /* CR would hide what stands before it on a terminal */
    TEXT("\x1b[31m"),         /* escape sequence */
    TEXT("a\x7f"),            /* DEL */
    TEXT("\xc2\x80"),         /* C1, U+0080 */
    TEXT("\xc2\x9b"),         /* C1, CSI */
    TEXT("\xc2\x9f"),         /* C1, U+009F */
    TEXT("\x80"),             /* continuation without a start */
    TEXT("a\xbf"),            /* the same, later */
    TEXT("\xc0\xaf"),         /* overlong slash */
    TEXT("\xc1\x81"),         /* overlong A */
    TEXT("\xe0\x80\xaf"),     /* overlong, three bytes */
    TEXT("\xe0\x9f\xbf"),     /* the largest overlong of three */
    TEXT("\xf0\x80\x80\xaf"), /* overlong, four bytes */
    TEXT("\xf0\x8f\xbf\xbf"), /* the largest overlong of four */
    TEXT("\xed\xa0\x80"),     /* first surrogate */
    TEXT("\xed\xbf\xbf"),     /* last surrogate */
    TEXT("\xf4\x90\x80\x80"), /* above U+10FFFF */
    TEXT("\xf5\x80\x80\x80"), /* starts no sequence */
    TEXT("\xf8\x88\x80\x80"), /* five bytes of old */
    TEXT("\xf8\x90\x80\x80"), /* five bytes of old, whose last four would do */
    TEXT("\xff\xbf\xbf\xbf"),
    TEXT("\xff"),              /* never */
    TEXT("\xc3"),              /* cut off after one of two */
    TEXT("\xe2\x82"),          /* two of three */
    TEXT("\xf0\x9f\x94"),      /* three of four */
    TEXT("\xc3\x28"),          /* no continuation */
    TEXT("\xe2\x82\x28"),      /* no second one */
    TEXT("\xf0\x9f\x94\x28z"), /* no third one */
};

static const struct sym_span clean[] = {
    TEXT("a"),
    TEXT("two\nlines\tand a tab"),
    TEXT("~ \x7e"),
    TEXT("\xc2\xa0"),         /* U+00A0, the first after C1 */
    TEXT("\xdf\xbf"),         /* U+07FF */
    TEXT("\xe0\xa0\x80"),     /* U+0800 */
    TEXT("\xed\x9f\xbf"),     /* U+D7FF */
    TEXT("\xee\x80\x80"),     /* U+E000 */
    TEXT("\xef\xbf\xbf"),     /* U+FFFF */
    TEXT("\xf0\x90\x80\x80"), /* U+10000 */
    TEXT("\xf4\x8f\xbf\xbf"), /* U+10FFFF */
    TEXT("Caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac"),
#undef TEXT
};

static enum sym_err decode_as_text(struct desk *d, struct sym_span text, bool element)
{
    d->wire.len = 0;
    if (!element) {
        wire_bytes(&d->wire, 1, text);
        return desk_decode(d, &sym_msg_peer_name, wire_span(&d->wire));
    }
    static const uint8_t id[32] = {1};
    wire_bytes(&d->wire, 1, sym_span(id, sizeof id));
    wire_bytes(&d->wire, 2, sym_span_text("first"));
    wire_bytes(&d->wire, 2, text);
    return desk_decode(d, &sym_msg_gate_dial, wire_span(&d->wire));
}

static enum sym_err encode_text(struct desk *d, struct sym_span text, bool element)
{
    static const uint8_t id[32] = {1};
    size_t len = 0;
    struct sym_peer_name name = {.alias = text};
    struct sym_gate_dial dial = {
        .id = sym_span(id, sizeof id), .addresses = &text, .n_addresses = 1};
    return element ? sym_encode(d->out, DESK_BYTES, &len, &sym_msg_gate_dial, &dial)
                   : sym_encode(d->out, DESK_BYTES, &len, &sym_msg_peer_name, &name);
}

static void refuses_text_that_is_not_clean(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < sizeof unclean / sizeof *unclean; i++) {
        for (int element = 0; element < 2; element++) {
            if (decode_as_text(&d, unclean[i], element == 1) != SYM_BAD_FORMAT ||
                encode_text(&d, unclean[i], element == 1) != SYM_BAD_FORMAT) {
                fail_msg("text %zu is not refused (as an element: %d)", i, element);
            }
        }
    }
    desk_close(&d);
}

static void takes_text_that_is_clean(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) {
        for (int element = 0; element < 2; element++) {
            if (decode_as_text(&d, clean[i], element == 1) != SYM_OK ||
                encode_text(&d, clean[i], element == 1) != SYM_OK) {
                fail_msg("text %zu is refused (as an element: %d)", i, element);
            }
        }
    }
    desk_close(&d);
}

/* What lies behind the span is not looked at. */
static void refuses_text_whose_span_ends_inside_a_character(void **state)
{
    (void)state;
    static const char *const points[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x94\x91"};
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        for (size_t len = 1; len < strlen(points[i]); len++) {
            assert_int_equal(encode_text(&d, sym_span(points[i], len), false), SYM_BAD_FORMAT);
        }
        assert_int_equal(encode_text(&d, sym_span_text(points[i]), false), SYM_OK);
    }
    desk_close(&d);
}

static void takes_any_bytes_where_bytes_are_meant(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < sizeof unclean / sizeof *unclean; i++) {
        d.wire.len = 0;
        wire_bytes(&d.wire, 1, unclean[i]);
        assert_int_equal(desk_decode(&d, &sym_msg_card_text, wire_span(&d.wire)), SYM_OK);
    }
    desk_close(&d);
}

/* Memory ----------------------------------------------------------------------------------------
 */

/* A megabyte of two-byte sub-messages would be half a million structs. */
static void refuses_a_flood_of_empty_sub_messages(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < SYM_CONTROL_BYTES_MAX / 2; i++) {
        wire_raw(&d.wire, sym_span("\x0a\0", 2));
    }
    assert_int_equal(desk_decode(&d, &sym_msg_peer_list, wire_span(&d.wire)), SYM_LIMIT);
    assert_int_equal(desk_decode(&d, &sym_msg_setting_list, wire_span(&d.wire)), SYM_LIMIT);
    assert_int_equal(desk_decode(&d, &sym_msg_user_list, wire_span(&d.wire)), SYM_LIMIT);
    assert_int_equal(desk_decode(&d, &sym_msg_card_renew, wire_span(&d.wire)), SYM_LIMIT);
    assert_int_equal(desk_decode(&d, &sym_msg_signed, wire_span(&d.wire)), SYM_LIMIT);
    desk_close(&d);
}

/* The library merges a repeated sub-message into the first, copying the lists inside each time. */
static void refuses_a_flood_of_sub_messages_that_merge(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < SYM_SIGNED_BYTES_MAX / 4; i++) {
        wire_raw(&d.wire, sym_span("\x7a\x02\x1a\0", 4)); /* evidence { consistency: "" } */
    }
    assert_int_equal(desk_decode(&d, &sym_msg_request, wire_span(&d.wire)), SYM_LIMIT);
    desk_close(&d);
}

static void memory_stays_a_small_multiple_of_the_input(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_MOST, 13);
    for (size_t i = 0; i < tables_count; i++) {
        struct sym_arena arena = {0};
        struct sym_span bytes = desk_encode(&d, tables[i], sample_value(&d.sample, tables[i]));
        assert_int_equal(sym_decode(&arena, d.value, tables[i], bytes), SYM_OK);
        assert_true(arena.used <= arena.max && arena.max <= 28 * bytes.len + 65536);
        sym_arena_clear(&arena);
    }
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_agrees_with_its_schema),
        cmocka_unit_test(every_message_of_the_schemas_has_a_table),
        cmocka_unit_test(refuses_a_table_that_disagrees_with_its_schema),
        cmocka_unit_test(refuses_a_message_that_is_in_no_schema),
        cmocka_unit_test(the_smallest_of_every_message_survives_a_round_trip),
        cmocka_unit_test(the_largest_of_every_message_survives_a_round_trip),
        cmocka_unit_test(every_message_survives_a_round_trip),
        cmocka_unit_test(an_empty_message_is_no_bytes),
        cmocka_unit_test(what_cannot_be_encoded_leaves_nothing_behind),
        cmocka_unit_test(a_decoded_value_does_not_borrow_from_its_input),
        cmocka_unit_test(refuses_text_that_is_not_clean),
        cmocka_unit_test(refuses_text_whose_span_ends_inside_a_character),
        cmocka_unit_test(takes_text_that_is_clean),
        cmocka_unit_test(takes_any_bytes_where_bytes_are_meant),
        cmocka_unit_test(refuses_a_flood_of_empty_sub_messages),
        cmocka_unit_test(refuses_a_flood_of_sub_messages_that_merge),
        cmocka_unit_test(memory_stays_a_small_multiple_of_the_input),
    };
    return cmocka_run_group_tests(tests, tables_collect, NULL);
}
