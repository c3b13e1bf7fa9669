/* The proof that a node broke an overlap table, as a file that anybody checks. */
#include "proto/breach.h"
#include "tests/support/partner.h"
#include "tests/support/table_lies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define CHEAT 1u
#define OTHER 2u

static struct table_rig rig;
static char text[SYM_EXHIBIT_BYTES_MAX];
static size_t len;

static void otherwise(struct sym_table_answer *said, struct sym_element *elements,
                      const struct sym_element *asked)
{
    struct sym_scalar other;
    sym_scalar_random(&other);
    assert_int_equal(
        sym_ristretto_multiply(&elements[said->elements / 2], NULL, rig.with, asked, 1, &other),
        SYM_OK);
}

static bool lie(struct table_rig *r, struct table_sent *s)
{
    if (s->type == TABLE_ANSWER && s->from == CHEAT && s->to == 0) {
        table_lie_answer(r, s, otherwise, true);
    }
    return true;
}

/* The exhibit of a table that CHEAT broke, with the card of this party. */
static void write_of(uint32_t party)
{
    char card[SYM_CARD_BYTES_MAX];
    size_t card_len = 0;
    struct partner p;
    struct sym_fault fault = {.text = ""};
    partner_open(&p, "Bank B", NULL);
    memcpy(p.card.identity, rig.parties[party].key.public_key, sizeof p.card.identity);
    assert_int_equal(sym_card_write(card, sizeof card, &card_len, &p.card, &rig.parties[party].key,
                                    NULL, &fault),
                     SYM_OK);
    struct sym_span exhibit = sym_table_list_exhibit(rig.parties[0].list);
    assert_true(exhibit.len > 0);
    assert_int_equal(sym_breach_write(text, sizeof text, &len, exhibit, sym_span(card, card_len)),
                     SYM_OK);
    partner_close(&p);
}

static enum sym_err read_it(struct sym_fault *fault)
{
    struct sym_card card;
    enum sym_err err = sym_breach_read(&card, sym_span(text, len), rig.with, "file", fault);
    if (err == SYM_OK) {
        assert_string_equal(card.name, "Bank B");
    }
    return err;
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(sym_crypto_init(), SYM_OK);
    table_rig_make(&rig, 3, SYM_TABLE_NOBODY, 30);
    for (uint32_t i = 0; i < 3; i++) {
        table_rig_plant(&rig, 1u << i, 30);
    }
    rig.tap = lie;
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    table_rig_close(&rig);
    return 0;
}

static void what_proves_a_breach_is_checked_with_the_card_beside_it(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    write_of(CHEAT);
    assert_memory_equal(text, "symbolon-breach/1\nexhibit: ", 27);
    assert_int_equal(read_it(&fault), SYM_OK);
}

static void nobody_else_is_accused_by_it(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    write_of(OTHER);
    assert_int_not_equal(read_it(&fault), SYM_OK);
    assert_string_equal(fault.text, "file:2: this is nothing that the owner of the card signed");
}

static void refuses_a_file_that_was_altered_or_cut(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    write_of(CHEAT);
    size_t whole = len;
    for (size_t at = 30; at < whole; at += whole / 40 + 1) {
        char was = text[at];
        text[at] = was == 'A' ? 'B' : 'A';
        if (text[at] != was) {
            assert_int_not_equal(read_it(&fault), SYM_OK);
        }
        text[at] = was;
    }
    for (size_t cut = 1; cut < whole; cut += whole / 40 + 1) {
        len = whole - cut;
        assert_int_not_equal(read_it(&fault), SYM_OK);
        assert_memory_equal(fault.text, "file", 4);
    }
}

static void refuses_an_exhibit_without_room_for_it(void **state)
{
    (void)state;
    struct sym_span exhibit = sym_table_list_exhibit(rig.parties[0].list);
    write_of(CHEAT);
    size_t least = SYM_BASE64_BYTES(exhibit.len);
    for (size_t max = 0; max < least; max += least / 20 + 1) {
        char *room = malloc(max + 1);
        size_t written = 0;
        assert_non_null(room);
        assert_int_not_equal(sym_breach_write(room, max, &written, exhibit, sym_span_text("card")),
                             SYM_OK);
        free(room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_proves_a_breach_is_checked_with_the_card_beside_it),
        cmocka_unit_test(nobody_else_is_accused_by_it),
        cmocka_unit_test(refuses_a_file_that_was_altered_or_cut),
        cmocka_unit_test(refuses_an_exhibit_without_room_for_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
