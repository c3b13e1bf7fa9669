#include "proto/tag_block.h"

#include "crypto/secret.h"
#include "proto/sorted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define TAGS SYM_TAG_BLOCK

struct room {
    uint8_t tags[TAGS * 16];
    uint8_t read[TAGS * 16];
    uint8_t block[SYM_TAG_BLOCK_BYTES_MAX];
    uint8_t again[SYM_TAG_BLOCK_BYTES_MAX];
    size_t len;
};

static int make_room(void **state)
{
    *state = malloc(sizeof(struct room));
    return *state == NULL ? -1 : 0;
}

static int clear_room(void **state)
{
    free(*state);
    return 0;
}

/* n random tags, and the code for a list of so many. */
static struct sym_tag_code draw(struct room *r, size_t n, unsigned bits)
{
    struct sym_tag_code code;
    size_t len = sym_tag_bytes(bits);
    sym_random(r->tags, n * len);
    sym_tag_trim(r->tags, n, bits);
    sym_sorted_sort(r->tags, n, len);
    assert_int_equal(sym_tag_code_for(&code, bits, (uint32_t)n), SYM_OK);
    return code;
}

static void a_list_comes_back_as_it_was(void **state)
{
    struct room *r = *state;
    static const unsigned bits[] = {64, 65, 70, 71, 72, 77, 92, 127, 128};
    static const size_t sizes[] = {1, 2, 3, 100, TAGS - 1, TAGS};
    for (size_t b = 0; b < sizeof bits / sizeof *bits; b++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            size_t n = sizes[s];
            struct sym_tag_code code = draw(r, n, bits[b]);
            assert_int_equal(
                sym_tag_block_write(r->block, sizeof r->block, &r->len, &code, r->tags, n), SYM_OK);
            assert_int_equal(sym_tag_block_read(r->read, n, &code, sym_span(r->block, r->len)),
                             SYM_OK);
            assert_memory_equal(r->read, r->tags, n * sym_tag_bytes(bits[b]));
        }
    }
}

static bool seek(struct sym_tag_reader *reader, const uint8_t *tag)
{
    bool found = false;
    assert_int_equal(sym_tag_reader_seek(&found, reader, tag), SYM_OK);
    return found;
}

/* The tag behind this one, in its valid bits. */
static void step(uint8_t tag[16], unsigned bits)
{
    size_t at = sym_tag_bytes(bits);
    uint8_t by = (uint8_t)(1u << (8 * at - bits));
    for (uint8_t carry = by; carry > 0 && at > 0; at--) {
        tag[at - 1] = (uint8_t)(tag[at - 1] + carry);
        carry = tag[at - 1] < carry ? 1 : 0;
    }
}

static void tags_are_found_in_a_block_and_others_are_not(void **state)
{
    struct room *r = *state;
    static const unsigned bits[] = {64, 71, 75, 121, 128};
    for (size_t b = 0; b < sizeof bits / sizeof *bits; b++) {
        struct sym_tag_reader reader;
        size_t len = sym_tag_bytes(bits[b]);
        struct sym_tag_code code = draw(r, TAGS, bits[b]);
        struct sym_span block;
        assert_int_equal(
            sym_tag_block_write(r->block, sizeof r->block, &r->len, &code, r->tags, TAGS), SYM_OK);
        block = sym_span(r->block, r->len);
        assert_int_equal(sym_tag_reader_open(&reader, TAGS, &code, block), SYM_OK);
        for (size_t i = 0; i < TAGS; i += i < 8 || i > TAGS - 8 ? 1 : 97) {
            uint8_t other[16];
            memcpy(other, r->tags + i * len, len);
            step(other, bits[b]);
            assert_true(seek(&reader, r->tags + i * len));
            assert_true(seek(&reader, r->tags + i * len));
            assert_false(seek(&reader, other));
        }
    }
}

static void what_lies_behind_the_last_tag_asked_for_is_not_read(void **state)
{
    struct room *r = *state;
    struct sym_tag_reader reader;
    bool found = true;
    struct sym_tag_code code = draw(r, TAGS, 75);
    assert_int_equal(sym_tag_block_write(r->block, sizeof r->block, &r->len, &code, r->tags, TAGS),
                     SYM_OK);
    struct sym_span half = sym_span(r->block, r->len / 2);
    assert_int_equal(sym_tag_reader_open(&reader, TAGS, &code, half), SYM_OK);
    assert_true(seek(&reader, r->tags + (size_t)10 * (TAGS / 4)));
    assert_int_equal(sym_tag_reader_seek(&found, &reader, r->tags + (size_t)10 * (TAGS - 1)),
                     SYM_BAD_FORMAT);
    assert_false(found);
}

static void a_reader_refuses_what_is_no_block(void **state)
{
    struct room *r = *state;
    struct sym_tag_reader reader;
    struct sym_tag_code code = draw(r, 40, 75);
    const struct sym_tag_code odd = {.bits = 75, .rice = 75};
    struct sym_span none = sym_span(r->block, 9);
    struct sym_span long_one = sym_span(r->block, SYM_TAG_BLOCK_BYTES_MAX + 1);
    assert_int_equal(sym_tag_reader_open(&reader, 40, &code, none), SYM_BAD_FORMAT);
    assert_int_equal(sym_tag_reader_open(&reader, 40, &code, long_one), SYM_TOO_LONG);
    assert_int_equal(sym_tag_reader_open(&reader, 0, &code, none), SYM_BAD_VALUE);
    assert_int_equal(sym_tag_reader_open(&reader, TAGS + 1, &code, none), SYM_BAD_VALUE);
    assert_int_equal(sym_tag_reader_open(&reader, 40, &odd, none), SYM_BAD_VALUE);
}

/* 2^20 tags of 40 + 20 + 17 bits fit into 8 MB: those of a block are as far from each other as in a
 * list of its length with ten bits less. */
static void tags_cost_little_more_than_they_must(void **state)
{
    struct room *r = *state;
    struct sym_tag_code code = draw(r, TAGS, 77 - 10);
    assert_int_equal(sym_tag_block_write(r->block, sizeof r->block, &r->len, &code, r->tags, TAGS),
                     SYM_OK);
    assert_true((double)r->len * 8.0 / TAGS < 67.0 - 10.0 + 1.7);
    assert_true((double)r->len / TAGS * (1 << 20) < 8e6);
}

static void equal_tags_and_the_largest_one_are_tags_too(void **state)
{
    struct room *r = *state;
    struct sym_tag_code code;
    memset(r->tags, 0xff, sizeof r->tags);
    memset(r->tags, 0, 9);
    sym_tag_trim(r->tags, 100, 70);
    assert_int_equal(r->tags[2 * 9 - 1], 0xfc);
    assert_int_equal(sym_tag_code_for(&code, 70, 1000), SYM_OK);
    assert_int_equal(sym_tag_block_write(r->block, sizeof r->block, &r->len, &code, r->tags, 100),
                     SYM_OK);
    assert_int_equal(sym_tag_block_read(r->read, 100, &code, sym_span(r->block, r->len)), SYM_OK);
    assert_memory_equal(r->read, r->tags, 900);
}

/* What is read is what would be written: there is one encoding. */
static void a_flipped_bit_is_another_list_or_none(void **state)
{
    struct room *r = *state;
    struct sym_tag_code code = draw(r, 40, 70);
    size_t others = 0;
    size_t len = 0;
    assert_int_equal(sym_tag_block_write(r->block, sizeof r->block, &r->len, &code, r->tags, 40),
                     SYM_OK);
    for (size_t bit = 0; bit < 8 * r->len; bit++) {
        r->block[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (sym_tag_block_read(r->read, 40, &code, sym_span(r->block, r->len)) == SYM_OK) {
            others++;
            assert_memory_not_equal(r->read, r->tags, 360);
            assert_int_equal(
                sym_tag_block_write(r->again, sizeof r->again, &len, &code, r->read, 40), SYM_OK);
            assert_int_equal(len, r->len);
            assert_memory_equal(r->again, r->block, len);
        }
        r->block[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_in_range(others, 1, 8 * r->len - 1);
}

static void refuses_a_block_of_another_length(void **state)
{
    struct room *r = *state;
    struct sym_tag_code code = draw(r, 40, 70);
    assert_int_equal(sym_tag_block_write(r->block, sizeof r->block, &r->len, &code, r->tags, 40),
                     SYM_OK);
    r->block[r->len] = 0;
    assert_int_equal(sym_tag_block_read(r->read, 40, &code, sym_span(r->block, r->len + 1)),
                     SYM_BAD_FORMAT);
    for (size_t len = 0; len < r->len; len++) {
        assert_int_equal(sym_tag_block_read(r->read, 40, &code, sym_span(r->block, len)),
                         SYM_BAD_FORMAT);
    }
    assert_int_equal(sym_tag_block_read(r->read, 41, &code, sym_span(r->block, r->len)),
                     SYM_BAD_FORMAT);
    assert_int_equal(
        sym_tag_block_read(r->read, 40, &code, sym_span(r->block, SYM_TAG_BLOCK_BYTES_MAX + 1)),
        SYM_TOO_LONG);
}

static void refuses_what_would_pass_the_largest_tag(void **state)
{
    struct room *r = *state;
    struct sym_tag_code code = {.bits = 70, .rice = 66};
    memset(r->block, 0xff, sizeof r->block);
    assert_int_equal(sym_tag_block_read(r->read, 2, &code, sym_span(r->block, 1000)),
                     SYM_BAD_FORMAT);
    memset(r->block, 0xff, 8); /* the largest, and itself again: bits 70, then 0 and rice */
    memset(r->block + 8, 0, 10);
    r->block[8] = 0xfc;
    assert_int_equal(sym_tag_block_read(r->read, 2, &code, sym_span(r->block, 18)), SYM_OK);
    r->block[17] = 0x80; /* and one more than that */
    assert_int_equal(sym_tag_block_read(r->read, 2, &code, sym_span(r->block, 18)), SYM_BAD_FORMAT);
    memset(r->block, 0xff, sizeof r->block);
    memset(r->block, 0, 9); /* 0, and then 2^68 - 1 and something */
    r->block[8] = 0x03;
    assert_int_equal(sym_tag_block_read(r->read, 2, &code, sym_span(r->block, 1000)),
                     SYM_BAD_FORMAT);
}

static void refuses_tags_that_descend(void **state)
{
    struct room *r = *state;
    struct sym_tag_code code = draw(r, 3, 70);
    r->tags[0] = 0xff;
    r->tags[9] = 0xfe;
    assert_int_equal(sym_tag_block_write(r->block, sizeof r->block, &r->len, &code, r->tags, 3),
                     SYM_BAD_VALUE);
}

static void refuses_what_has_no_room(void **state)
{
    struct room *r = *state;
    struct sym_tag_code code = draw(r, 40, 70);
    assert_int_equal(sym_tag_block_write(r->block, sizeof r->block, &r->len, &code, r->tags, 40),
                     SYM_OK);
    for (size_t max = 0; max < r->len; max++) {
        size_t len = 0;
        assert_int_equal(sym_tag_block_write(r->again, max, &len, &code, r->tags, 40),
                         SYM_TOO_LONG);
    }
    code.rice = 3; /* such tags are not those of a long list */
    assert_int_equal(sym_tag_block_write(r->again, sizeof r->again, &r->len, &code, r->tags, 40),
                     SYM_TOO_LONG);
}

static void refuses_impossible_parameters(void **state)
{
    struct room *r = *state;
    static const struct {
        struct sym_tag_code code;
        size_t n;
    } rows[] = {{{63, 10}, 1}, {{129, 10}, 1}, {{70, 70}, 1}, {{70, 10}, 0}, {{70, 10}, TAGS + 1}};
    struct sym_tag_code code;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(sym_tag_block_write(r->block, sizeof r->block, &r->len, &rows[i].code,
                                             r->tags, rows[i].n),
                         SYM_BAD_VALUE);
        assert_int_equal(
            sym_tag_block_read(r->read, rows[i].n, &rows[i].code, sym_span(r->block, 100)),
            SYM_BAD_VALUE);
    }
    assert_int_equal(sym_tag_code_for(&code, 63, 10), SYM_BAD_VALUE);
    assert_int_equal(sym_tag_code_for(&code, 129, 10), SYM_BAD_VALUE);
    assert_int_equal(sym_tag_code_for(&code, 70, 0), SYM_OK);
    assert_int_equal(code.rice, 69);
    assert_int_equal(sym_tag_code_for(&code, 77, 1u << 20), SYM_OK);
    assert_int_equal(code.rice, 57);
    assert_int_equal(sym_tag_code_for(&code, 77, (1u << 20) + 1), SYM_OK);
    assert_int_equal(code.rice, 56);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_comes_back_as_it_was),
        cmocka_unit_test(tags_are_found_in_a_block_and_others_are_not),
        cmocka_unit_test(what_lies_behind_the_last_tag_asked_for_is_not_read),
        cmocka_unit_test(a_reader_refuses_what_is_no_block),
        cmocka_unit_test(tags_cost_little_more_than_they_must),
        cmocka_unit_test(equal_tags_and_the_largest_one_are_tags_too),
        cmocka_unit_test(a_flipped_bit_is_another_list_or_none),
        cmocka_unit_test(refuses_a_block_of_another_length),
        cmocka_unit_test(refuses_what_would_pass_the_largest_tag),
        cmocka_unit_test(refuses_tags_that_descend),
        cmocka_unit_test(refuses_what_has_no_room),
        cmocka_unit_test(refuses_impossible_parameters),
    };
    return cmocka_run_group_tests(tests, make_room, clear_room);
}
