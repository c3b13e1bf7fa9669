#include "crypto/aead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define FRAME 1000u

static void unhex(uint8_t *out, size_t len, const char *text)
{
    assert_int_equal(sym_unhex(out, len, sym_span_text(text)), SYM_OK);
}

static void assert_hex(const uint8_t *got, size_t len, const char *text)
{
    uint8_t want[512];
    assert_true(len <= sizeof want);
    unhex(want, len, text);
    assert_memory_equal(got, want, len);
}

static struct sym_aead keyed(uint8_t first)
{
    uint8_t key[SYM_AEAD_KEY_BYTES] = {first};
    struct sym_aead a = {0};
    assert_int_equal(sym_aead_init(&a, key), SYM_OK);
    return a;
}

/* RFC 8439, appendix A.5. */
static const char rfc_key[] = "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0";
static const char rfc_plain[] =
    "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, "
    "replaced, or obsoleted by other documents at any time. It is inappropriate to use "
    "Internet-Drafts as reference material or to cite them other than as /\xe2\x80\x9cwork in "
    "progress./\xe2\x80\x9d";
static const char rfc_cipher[] =
    "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26"
    "b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37"
    "c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cd"
    "e7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273"
    "f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0"
    "ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709b"
    "eead9d67890cbb22392336fea1851f38";

static void seals_and_opens_the_vector_of_rfc_8439(void **state)
{
    (void)state;
    uint8_t key[SYM_AEAD_KEY_BYTES];
    uint8_t ad[12];
    uint8_t data[sizeof rfc_plain - 1 + SYM_AEAD_TAG_BYTES];
    unhex(key, sizeof key, rfc_key);
    unhex(ad, sizeof ad, "f33388860000000000004e91");
    memcpy(data, rfc_plain, sizeof rfc_plain - 1);
    struct sym_aead a = {0};
    assert_int_equal(sym_aead_init(&a, key), SYM_OK);
    uint64_t nonce = 0x0807060504030201u;
    assert_int_equal(sym_aead_seal(&a, nonce, sym_span(ad, sizeof ad), data, sizeof rfc_plain - 1),
                     SYM_OK);
    assert_hex(data, sizeof data, rfc_cipher);
    assert_int_equal(sym_aead_open(&a, nonce, sym_span(ad, sizeof ad), data, sizeof data), SYM_OK);
    assert_memory_equal(data, rfc_plain, sizeof rfc_plain - 1);
    sym_aead_clear(&a);
}

static void one_context_seals_and_opens_in_any_order(void **state)
{
    (void)state;
    struct sym_aead a = keyed(1);
    uint8_t frames[3][FRAME + SYM_AEAD_TAG_BYTES] = {{0}};
    for (uint8_t i = 0; i < 3; i++) {
        memset(frames[i], i, FRAME);
        assert_int_equal(sym_aead_seal(&a, i, sym_span(NULL, 0), frames[i], FRAME), SYM_OK);
    }
    for (uint8_t i = 3; i-- > 0;) {
        uint8_t want[FRAME];
        memset(want, i, FRAME);
        assert_int_equal(sym_aead_open(&a, i, sym_span(NULL, 0), frames[i], sizeof frames[i]),
                         SYM_OK);
        assert_memory_equal(frames[i], want, FRAME);
    }
    sym_aead_clear(&a);
}

static void an_empty_frame_is_a_tag(void **state)
{
    (void)state;
    struct sym_aead a = keyed(1);
    uint8_t tag[SYM_AEAD_TAG_BYTES];
    assert_int_equal(sym_aead_seal(&a, 9, sym_span_text("ad"), tag, 0), SYM_OK);
    assert_int_equal(sym_aead_open(&a, 9, sym_span_text("ad"), tag, sizeof tag), SYM_OK);
    assert_int_equal(sym_aead_seal(&a, 9, sym_span_text("ad"), tag, 0), SYM_OK);
    assert_int_equal(sym_aead_open(&a, 9, sym_span_text("aD"), tag, sizeof tag), SYM_BAD_TAG);
    sym_aead_clear(&a);
}

static void refuses_any_flipped_bit_and_wipes_the_frame(void **state)
{
    (void)state;
    static const uint8_t zeros[64 + SYM_AEAD_TAG_BYTES];
    struct sym_aead a = keyed(1);
    for (size_t bit = 0; bit < sizeof zeros * 8; bit++) {
        uint8_t data[sizeof zeros] = "text";
        assert_int_equal(sym_aead_seal(&a, 5, sym_span_text("ad"), data, 64), SYM_OK);
        data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(sym_aead_open(&a, 5, sym_span_text("ad"), data, sizeof data), SYM_BAD_TAG);
        assert_memory_equal(data, zeros, sizeof data);
    }
    sym_aead_clear(&a);
}

static void refuses_another_key_nonce_or_associated_data(void **state)
{
    (void)state;
    struct sym_aead a = keyed(1);
    struct sym_aead other = keyed(2);
    uint8_t sealed[4 + SYM_AEAD_TAG_BYTES] = "text";
    assert_int_equal(sym_aead_seal(&a, 5, sym_span_text("ad"), sealed, 4), SYM_OK);
    uint8_t data[sizeof sealed];
    memcpy(data, sealed, sizeof data);
    assert_int_equal(sym_aead_open(&other, 5, sym_span_text("ad"), data, sizeof data), SYM_BAD_TAG);
    memcpy(data, sealed, sizeof data);
    assert_int_equal(sym_aead_open(&a, 5u + (1ull << 32), sym_span_text("ad"), data, sizeof data),
                     SYM_BAD_TAG);
    memcpy(data, sealed, sizeof data);
    assert_int_equal(sym_aead_open(&a, 5, sym_span_text(""), data, sizeof data), SYM_BAD_TAG);
    memcpy(data, sealed, sizeof data);
    assert_int_equal(sym_aead_open(&a, 5, sym_span_text("ad"), data, sizeof data), SYM_OK);
    assert_memory_equal(data, "text", 4);
    sym_aead_clear(&a);
    sym_aead_clear(&other);
}

static void refuses_a_frame_without_room_for_a_tag_and_one_beyond_int(void **state)
{
    (void)state;
    struct sym_aead a = keyed(1);
    uint8_t data[SYM_AEAD_TAG_BYTES] = {0};
    for (size_t len = 0; len < SYM_AEAD_TAG_BYTES; len++) {
        assert_int_equal(sym_aead_open(&a, 0, sym_span(NULL, 0), data, len), SYM_SHORT);
    }
    size_t huge = (size_t)SYM_AEAD_BYTES_MAX + 1;
    assert_int_equal(sym_aead_seal(&a, 0, sym_span(NULL, 0), data, huge), SYM_TOO_LONG);
    assert_int_equal(sym_aead_seal(&a, 0, sym_span(data, huge), data, 0), SYM_TOO_LONG);
    assert_int_equal(sym_aead_open(&a, 0, sym_span(NULL, 0), data, huge + 16), SYM_TOO_LONG);
    sym_aead_clear(&a);
    sym_aead_clear(&a);
}

/* FIPS 180-2, appendices B.1 and B.3. */
static const char abc_hash[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char million_hash[] =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void hashes_the_vectors_of_fips_180(void **state)
{
    (void)state;
    uint8_t out[SYM_HASH_BYTES];
    assert_int_equal(sym_sha256(out, sym_span_text("abc")), SYM_OK);
    assert_hex(out, sizeof out, abc_hash);
    assert_int_equal(sym_sha256(out, sym_span(NULL, 0)), SYM_OK);
    assert_hex(out, sizeof out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_running_hash_can_be_read_without_ending_it(void **state)
{
    (void)state;
    uint8_t out[SYM_HASH_BYTES];
    uint8_t a[1000];
    memset(a, 'a', sizeof a);
    struct sym_hash h = {0};
    assert_int_equal(sym_hash_init(&h), SYM_OK);
    sym_hash_update(&h, sym_span(NULL, 0));
    for (size_t i = 0; i < 1000; i++) {
        size_t cut = i % sizeof a;
        sym_hash_update(&h, sym_span(a, cut));
        if (i % 100 == 7) {
            assert_int_equal(sym_hash_value(out, &h), SYM_OK);
        }
        sym_hash_update(&h, sym_span(a + cut, sizeof a - cut));
    }
    assert_int_equal(sym_hash_value(out, &h), SYM_OK);
    assert_hex(out, sizeof out, million_hash);
    assert_int_equal(sym_hash_value(out, &h), SYM_OK);
    assert_hex(out, sizeof out, million_hash);
    sym_hash_clear(&h);
    sym_hash_clear(&h);
}

static void a_running_hash_remembers_a_failed_update(void **state)
{
    (void)state;
    struct sym_hash h = {0};
    uint8_t out[SYM_HASH_BYTES] = {7};
    assert_int_equal(sym_hash_init(&h), SYM_OK);
    h.failed = true;
    sym_hash_update(&h, sym_span_text("abc"));
    assert_int_equal(sym_hash_value(out, &h), SYM_NO_MEMORY);
    assert_int_equal(out[0], 7);
    sym_hash_clear(&h);
}

/* RFC 5869, test case 3: no salt is a salt of zeros, and Noise has no info. */
static void derives_the_vector_of_rfc_5869(void **state)
{
    (void)state;
    static const uint8_t salt[SYM_HASH_BYTES];
    uint8_t material[22];
    uint8_t out[3][SYM_HASH_BYTES] = {{0}};
    memset(material, 0x0b, sizeof material);
    assert_int_equal(sym_hkdf(out, 2, salt, sym_span(material, sizeof material)), SYM_OK);
    assert_hex(out[0], 32, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    assert_hex(out[1], 10, "9d201395faa4b61a96c8");
    uint8_t more[3][SYM_HASH_BYTES];
    assert_int_equal(sym_hkdf(more, 3, salt, sym_span(material, sizeof material)), SYM_OK);
    assert_memory_equal(more, out, 64);
    assert_memory_not_equal(more[2], more[1], 32);
}

static void a_stream_goes_on_where_it_stopped(void **state)
{
    (void)state;
    static const uint8_t key[SYM_STREAM_KEY_BYTES] = {9};
    static uint8_t whole[20000];
    static uint8_t parts[20000];
    struct sym_stream s = {0};
    assert_int_equal(sym_stream_init(&s), SYM_OK);
    assert_int_equal(sym_stream_start(&s, key, 5), SYM_OK);
    assert_int_equal(sym_stream_next(&s, whole, sizeof whole), SYM_OK);
    assert_int_equal(sym_stream_start(&s, key, 5), SYM_OK);
    for (size_t at = 0, n = 1; at < sizeof parts; at += n, n = n * 5 + 3) {
        n = sizeof parts - at < n ? sizeof parts - at : n;
        assert_int_equal(sym_stream_next(&s, parts + at, n), SYM_OK);
    }
    assert_memory_equal(whole, parts, sizeof whole);
    assert_int_equal(sym_stream_start(&s, key, 6), SYM_OK);
    assert_int_equal(sym_stream_next(&s, parts, SYM_STREAM_BLOCK_BYTES), SYM_OK);
    assert_memory_equal(whole + SYM_STREAM_BLOCK_BYTES, parts, SYM_STREAM_BLOCK_BYTES);
    sym_stream_clear(&s);
}

static void refuses_a_stream_that_was_not_started(void **state)
{
    (void)state;
    uint8_t out[SYM_STREAM_BLOCK_BYTES];
    struct sym_stream s = {0};
    assert_int_equal(sym_stream_init(&s), SYM_OK);
    assert_int_equal(sym_stream_next(&s, out, sizeof out), SYM_WRONG_STATE);
    sym_stream_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seals_and_opens_the_vector_of_rfc_8439),
        cmocka_unit_test(one_context_seals_and_opens_in_any_order),
        cmocka_unit_test(an_empty_frame_is_a_tag),
        cmocka_unit_test(refuses_any_flipped_bit_and_wipes_the_frame),
        cmocka_unit_test(refuses_another_key_nonce_or_associated_data),
        cmocka_unit_test(refuses_a_frame_without_room_for_a_tag_and_one_beyond_int),
        cmocka_unit_test(hashes_the_vectors_of_fips_180),
        cmocka_unit_test(a_running_hash_can_be_read_without_ending_it),
        cmocka_unit_test(a_running_hash_remembers_a_failed_update),
        cmocka_unit_test(derives_the_vector_of_rfc_5869),
        cmocka_unit_test(a_stream_goes_on_where_it_stopped),
        cmocka_unit_test(refuses_a_stream_that_was_not_started),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
