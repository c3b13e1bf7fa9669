/* Bytes: sticky reader and writer, hex, base64. */
#include "crypto/bytes.h"
#include "crypto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t counting[16] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
                                     0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};

static void reads_big_endian_integers_of_every_width(void **state)
{
    (void)state;
    struct sym_reader r = sym_reader(sym_span(counting, 15));
    assert_int_equal(sym_read_u8(&r), 0x00);
    assert_int_equal(sym_read_u16(&r), 0x0102);
    assert_int_equal(sym_read_u32(&r), 0x03040506);
    assert_int_equal(sym_read_u64(&r), 0x07f8f9fafbfcfdfe);
    assert_int_equal(sym_read_end(&r), SYM_OK);
}

static void writes_and_reads_the_extremes_of_every_width(void **state)
{
    (void)state;
    static const uint64_t values[] = {0,         1,          0x7f,       0x80,
                                      UINT8_MAX, UINT16_MAX, UINT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint8_t out[15];
        uint64_t v = values[i];
        struct sym_writer w = sym_writer(out, sizeof out);
        sym_write_u8(&w, (uint8_t)v);
        sym_write_u16(&w, (uint16_t)v);
        sym_write_u32(&w, (uint32_t)v);
        sym_write_u64(&w, v);
        struct sym_span written;
        assert_int_equal(sym_write_end(&w, &written), SYM_OK);
        assert_int_equal(written.len, sizeof out);
        struct sym_reader r = sym_reader(written);
        assert_int_equal(sym_read_u8(&r), (uint8_t)v);
        assert_int_equal(sym_read_u16(&r), (uint16_t)v);
        assert_int_equal(sym_read_u32(&r), (uint32_t)v);
        assert_int_equal(sym_read_u64(&r), v);
        assert_int_equal(sym_read_end(&r), SYM_OK);
    }
}

static void writes_the_most_significant_byte_first(void **state)
{
    (void)state;
    uint8_t out[15];
    struct sym_writer w = sym_writer(out, sizeof out);
    sym_write_u8(&w, 0x00);
    sym_write_u16(&w, 0x0102);
    sym_write_u32(&w, 0x03040506);
    sym_write_u64(&w, 0x07f8f9fafbfcfdfe);
    struct sym_span written;
    assert_int_equal(sym_write_end(&w, &written), SYM_OK);
    assert_memory_equal(written.data, counting, sizeof out);
}

static void puts_and_gets_u64_in_place(void **state)
{
    (void)state;
    uint8_t out[8];
    sym_put_u64(out, 0x0001020304050607);
    assert_memory_equal(out, counting, sizeof out);
    assert_int_equal(sym_get_u64(counting + 8), 0xf8f9fafbfcfdfeff);
}

static void refuses_to_read_past_the_end(void **state)
{
    (void)state;
    for (size_t len = 0; len < 8; len++) {
        struct sym_reader r = sym_reader(sym_span(counting + 8, len));
        assert_int_equal(sym_read_u64(&r), 0);
        assert_int_equal(sym_read_end(&r), SYM_SHORT);
    }
    struct sym_reader r = sym_reader(sym_span(NULL, 0));
    assert_int_equal(sym_read_u8(&r), 0);
    assert_int_equal(sym_read_end(&r), SYM_SHORT);
}

static void refuses_every_read_after_a_short_one(void **state)
{
    (void)state;
    struct sym_reader r = sym_reader(sym_span(counting + 8, 3));
    assert_int_equal(sym_read_u32(&r), 0);
    assert_int_equal(sym_read_u8(&r), 0);
    assert_int_equal(sym_read_u16(&r), 0);
    assert_int_equal(sym_read_u64(&r), 0);
    struct sym_span span = sym_read_span(&r, 1);
    assert_int_equal(span.len, 0);
    uint8_t out[2] = {0xaa, 0xaa};
    sym_read_bytes(&r, out, sizeof out);
    assert_memory_equal(out, ((uint8_t[2]){0}), sizeof out);
    assert_int_equal(sym_read_end(&r), SYM_SHORT);
}

static void refuses_a_length_claim_of_all_ones(void **state)
{
    (void)state;
    struct sym_reader r = sym_reader(sym_span(counting, sizeof counting));
    assert_int_equal(sym_read_u8(&r), 0);
    struct sym_span span = sym_read_span(&r, SIZE_MAX);
    assert_int_equal(span.len, 0);
    assert_int_equal(sym_read_end(&r), SYM_SHORT);
}

static void refuses_bytes_left_over(void **state)
{
    (void)state;
    struct sym_reader r = sym_reader(sym_span(counting, 9));
    (void)sym_read_u64(&r);
    assert_int_equal(sym_read_end(&r), SYM_TRAILING);
    (void)sym_read_u8(&r);
    assert_int_equal(sym_read_end(&r), SYM_OK);
}

static void reads_spans_and_bytes_up_to_the_last(void **state)
{
    (void)state;
    struct sym_reader r = sym_reader(sym_span(counting, sizeof counting));
    struct sym_span nothing = sym_read_span(&r, 0);
    assert_int_equal(nothing.len, 0);
    struct sym_span first = sym_read_span(&r, 8);
    assert_ptr_equal(first.data, counting);
    assert_int_equal(first.len, 8);
    uint8_t rest[8];
    sym_read_bytes(&r, rest, sizeof rest);
    assert_memory_equal(rest, counting + 8, sizeof rest);
    assert_int_equal(sym_read_end(&r), SYM_OK);
}

static void reads_and_writes_nothing_without_a_buffer(void **state)
{
    (void)state;
    struct sym_reader r = sym_reader(sym_span(NULL, 0));
    sym_read_bytes(&r, NULL, 0);
    assert_int_equal(sym_read_span(&r, 0).len, 0);
    assert_int_equal(sym_read_end(&r), SYM_OK);
    struct sym_writer w = sym_writer(NULL, 0);
    sym_write_span(&w, sym_span(NULL, 0));
    struct sym_span written;
    assert_int_equal(sym_write_end(&w, &written), SYM_OK);
    assert_int_equal(written.len, 0);
}

static void refuses_to_write_past_the_end(void **state)
{
    (void)state;
    uint8_t out[9];
    for (size_t max = 0; max < 8; max++) {
        memset(out, 0xaa, sizeof out);
        struct sym_writer w = sym_writer(out, max);
        sym_write_u64(&w, 0);
        struct sym_span written = sym_span(counting, 3);
        assert_int_equal(sym_write_end(&w, &written), SYM_TOO_LONG);
        assert_ptr_equal(written.data, counting); /* outputs are written on success only */
        assert_int_equal(written.len, 3);
        for (size_t i = 0; i < sizeof out; i++) {
            assert_int_equal(out[i], 0xaa);
        }
    }
}

static void refuses_every_write_after_an_overlong_one(void **state)
{
    (void)state;
    uint8_t out[4] = {0};
    struct sym_writer w = sym_writer(out, sizeof out);
    sym_write_u8(&w, 1);
    sym_write_u32(&w, UINT32_MAX);
    sym_write_u8(&w, 2); /* would fit */
    sym_write_span(&w, sym_span(NULL, 0));
    struct sym_span written;
    assert_int_equal(sym_write_end(&w, &written), SYM_TOO_LONG);
    assert_int_equal(w.len, 1);
    assert_memory_equal(out, ((uint8_t[4]){1}), sizeof out);
}

static void refuses_a_written_length_that_would_wrap(void **state)
{
    (void)state;
    uint8_t out[4] = {0};
    struct sym_writer w = sym_writer(out, sizeof out);
    sym_write_u8(&w, 1);
    sym_write_bytes(&w, counting, SIZE_MAX);
    struct sym_span written;
    assert_int_equal(sym_write_end(&w, &written), SYM_TOO_LONG);
}

static void tells_equal_spans_from_different_ones(void **state)
{
    (void)state;
    struct sym_span abc = sym_span_text("abc");
    assert_int_equal(abc.len, 3);
    assert_true(sym_span_equal(abc, sym_span("abcd", 3)));
    assert_true(sym_span_equal(sym_span(NULL, 0), sym_span_text("")));
    assert_false(sym_span_equal(abc, sym_span_text("abd")));
    assert_false(sym_span_equal(abc, sym_span_text("abcd")));
    assert_false(sym_span_equal(abc, sym_span(NULL, 0)));
}

static void orders_spans_byte_by_byte_and_the_shorter_first(void **state)
{
    (void)state;
    struct sym_span abc = sym_span_text("abc");
    assert_int_equal(sym_span_compare(abc, sym_span_text("abc")), 0);
    assert_true(sym_span_compare(abc, sym_span_text("abd")) < 0);
    assert_true(sym_span_compare(sym_span_text("\xff"), abc) > 0);
    assert_true(sym_span_compare(sym_span_text("ab"), abc) < 0);
    assert_true(sym_span_compare(abc, sym_span(NULL, 0)) > 0);
}

static void sees_a_difference_in_any_single_bit(void **state)
{
    (void)state;
    assert_true(sym_equal(NULL, NULL, 0));
    for (size_t bit = 0; bit < 8 * sizeof counting; bit++) {
        uint8_t other[sizeof counting];
        memcpy(other, counting, sizeof other);
        assert_true(sym_equal(other, counting, sizeof other));
        other[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_false(sym_equal(other, counting, sizeof other));
    }
}

static void writes_hex_in_lower_case_and_reads_either(void **state)
{
    (void)state;
    char text[2 * sizeof counting + 1];
    uint8_t out[sizeof counting];
    sym_hex(text, counting, sizeof counting);
    assert_string_equal(text, "0001020304050607f8f9fafbfcfdfeff");
    assert_int_equal(sym_unhex(out, sizeof out, sym_span_text(text)), SYM_OK);
    assert_memory_equal(out, counting, sizeof out);
    struct sym_span upper = sym_span_text("0001020304050607F8F9fafbFCFDfEFf");
    assert_int_equal(sym_unhex(out, sizeof out, upper), SYM_OK);
    assert_memory_equal(out, counting, sizeof out);
    sym_hex(text, NULL, 0);
    assert_string_equal(text, "");
    assert_int_equal(sym_unhex(out, 0, sym_span_text("")), SYM_OK);
}

/* Reads text from a block of its exact size, so that a sanitizer sees a byte read too far. */
static enum sym_err unhex(const char *text, size_t len, size_t out_len)
{
    uint8_t out[8];
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, text, len);
    enum sym_err err = sym_unhex(out, out_len, sym_span(exact, len));
    free(exact);
    return err;
}

static void refuses_hex_of_another_length(void **state)
{
    (void)state;
    assert_int_equal(unhex("0102", 4, 2), SYM_OK);
    assert_int_equal(unhex("010", 3, 2), SYM_BAD_FORMAT);
    assert_int_equal(unhex("010", 3, 1), SYM_BAD_FORMAT);
    assert_int_equal(unhex("01020", 5, 2), SYM_BAD_FORMAT);
    assert_int_equal(unhex("010203", 6, 2), SYM_BAD_FORMAT);
    assert_int_equal(unhex("", 0, 1), SYM_BAD_FORMAT);
    assert_int_equal(unhex("01", 2, 0), SYM_BAD_FORMAT);
}

static void refuses_hex_with_anything_but_digits(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdefABCDEF";
    for (int c = 0; c <= UINT8_MAX; c++) {
        char text[4] = {'0', '1', (char)c, '2'};
        bool digit = c != 0 && strchr(digits, c) != NULL;
        assert_int_equal(unhex(text, 4, 2), digit ? SYM_OK : SYM_BAD_FORMAT);
        char first[4] = {(char)c, '1', '0', '2'};
        assert_int_equal(unhex(first, 4, 2), digit ? SYM_OK : SYM_BAD_FORMAT);
    }
    assert_int_equal(unhex("0x01", 4, 2), SYM_BAD_FORMAT);
    assert_int_equal(unhex("01:2", 4, 2), SYM_BAD_FORMAT);
}

static enum sym_err unbase64(const char *text, size_t room, uint8_t *out, size_t *len)
{
    size_t text_len = strlen(text);
    uint8_t *exact = malloc(text_len > 0 ? text_len : 1);
    assert_non_null(exact);
    memcpy(exact, text, text_len);
    *len = room;
    enum sym_err err = sym_unbase64(out, len, sym_span(exact, text_len));
    free(exact);
    return err;
}

/* RFC 4648, section 10. */
static const struct {
    const char *plain;
    const char *text;
} rfc4648[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};

static void writes_and_reads_the_base64_of_rfc_4648(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc4648 / sizeof rfc4648[0]; i++) {
        char text[SYM_BASE64_BYTES(6)];
        uint8_t out[6];
        size_t len;
        size_t plain_len = strlen(rfc4648[i].plain);
        sym_base64(text, (const uint8_t *)rfc4648[i].plain, plain_len);
        assert_string_equal(text, rfc4648[i].text);
        assert_int_equal(strlen(text) + 1, SYM_BASE64_BYTES(plain_len));
        assert_int_equal(unbase64(text, plain_len, out, &len), SYM_OK);
        assert_int_equal(len, plain_len);
        assert_memory_equal(out, rfc4648[i].plain, len);
    }
}

static void refuses_base64_that_is_longer_than_the_room(void **state)
{
    (void)state;
    for (size_t i = 1; i < sizeof rfc4648 / sizeof rfc4648[0]; i++) {
        uint8_t out[6] = {0};
        size_t len;
        size_t room = strlen(rfc4648[i].plain) - 1;
        assert_int_equal(unbase64(rfc4648[i].text, room, out, &len), SYM_BAD_FORMAT);
        assert_int_equal(out[room], 0);
    }
}

static void refuses_base64_that_is_not_strict(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Zh==",     "Zm9=",   "Zm9vYh==",
        "Zm9vYmF=", /* spare bits are not zero */
        "Zg",       "Zg=",    "Zm8",
        "Zm9vYg=", /* padding is missing */
        "Zm9v=",    "Zg===",  "Zm8==",
        "Zm9v====", /* too much of it */
        "=",        "==",     "====",
        "Z===",     "Z",      "Zm9vY", /* lengths that cannot be */
        "Zg==Zm9v", "Z=g=",   "=Zg=",  /* padding inside */
        " Zg==",    "Zg== ",  "Zg==\n",
        "Zm9v\r\n", "Zm 9v",  "Zm9v\t",         /* white space */
        "Zm-_",     "Zm9v!A", "Zm9v\x80\x41==", /* another alphabet */
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint8_t out[16];
        size_t len;
        enum sym_err err = unbase64(texts[i], sizeof out, out, &len);
        if (err != SYM_BAD_FORMAT) {
            fail_msg("accepted \"%s\"", texts[i]);
        }
        assert_int_equal(len, sizeof out); /* outputs are written on success only */
    }
}

static void refuses_base64_with_anything_but_its_alphabet(void **state)
{
    (void)state;
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 1; c <= UINT8_MAX; c++) {
        char text[5] = {'Z', (char)c, '9', 'v', 0};
        uint8_t out[3];
        size_t len;
        enum sym_err expected = strchr(alphabet, c) != NULL ? SYM_OK : SYM_BAD_FORMAT;
        assert_int_equal(unbase64(text, sizeof out, out, &len), expected);
    }
    uint8_t out[3];
    size_t len = sizeof out;
    assert_int_equal(sym_unbase64(out, &len, sym_span("Zm\0v", 4)), SYM_BAD_FORMAT);
}

static int start(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

static void steps_over_a_text_that_stands_there(void **state)
{
    (void)state;
    struct sym_reader r = sym_reader(sym_span_text("name: x"));
    sym_read_text(&r, "");
    sym_read_text(&r, "name: ");
    assert_int_equal(r.err, SYM_OK);
    assert_int_equal(r.left, 1);
    sym_read_text(&r, "y");
    assert_int_equal(r.err, SYM_BAD_FORMAT);
    r = sym_reader(sym_span_text("nam"));
    sym_read_text(&r, "name");
    assert_int_equal(r.err, SYM_SHORT);
    assert_true(sym_span_begins(sym_span_text("name: x"), sym_span_text("name")));
    assert_true(sym_span_begins(sym_span_text("name"), sym_span_text("")));
    assert_false(sym_span_begins(sym_span_text("nam"), sym_span_text("name")));
    assert_false(sym_span_begins(sym_span_text("game"), sym_span_text("name")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_big_endian_integers_of_every_width),
        cmocka_unit_test(writes_and_reads_the_extremes_of_every_width),
        cmocka_unit_test(writes_the_most_significant_byte_first),
        cmocka_unit_test(puts_and_gets_u64_in_place),
        cmocka_unit_test(refuses_to_read_past_the_end),
        cmocka_unit_test(refuses_every_read_after_a_short_one),
        cmocka_unit_test(refuses_a_length_claim_of_all_ones),
        cmocka_unit_test(refuses_bytes_left_over),
        cmocka_unit_test(reads_spans_and_bytes_up_to_the_last),
        cmocka_unit_test(reads_and_writes_nothing_without_a_buffer),
        cmocka_unit_test(refuses_to_write_past_the_end),
        cmocka_unit_test(refuses_every_write_after_an_overlong_one),
        cmocka_unit_test(refuses_a_written_length_that_would_wrap),
        cmocka_unit_test(tells_equal_spans_from_different_ones),
        cmocka_unit_test(orders_spans_byte_by_byte_and_the_shorter_first),
        cmocka_unit_test(sees_a_difference_in_any_single_bit),
        cmocka_unit_test(writes_hex_in_lower_case_and_reads_either),
        cmocka_unit_test(refuses_hex_of_another_length),
        cmocka_unit_test(refuses_hex_with_anything_but_digits),
        cmocka_unit_test(writes_and_reads_the_base64_of_rfc_4648),
        cmocka_unit_test(refuses_base64_that_is_longer_than_the_room),
        cmocka_unit_test(refuses_base64_that_is_not_strict),
        cmocka_unit_test(refuses_base64_with_anything_but_its_alphabet),
        cmocka_unit_test(steps_over_a_text_that_stands_there),
    };
    return cmocka_run_group_tests_name("bytes", tests, start, NULL);
}
