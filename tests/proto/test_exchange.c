#include "proto/exchange.h"

#include "crypto/secret.h"
#include "proto/statement.h"
#include "tests/support/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define ROOM (2 * SYM_SIGNED_BYTES_MAX)

static struct sym_sign_key key;
static uint8_t *out;

static int set_up(void **state)
{
    (void)state;
    out = malloc(ROOM);
    return out != NULL && sym_crypto_init() == SYM_OK && sym_sign_key_new(&key) == SYM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    sym_sign_key_clear(&key);
    free(out);
    return 0;
}

static struct sym_span ping_signed(uint64_t bytes)
{
    struct sym_ping ping = {.bytes = bytes};
    size_t len = 0;
    assert_int_equal(
        sym_signed_write(out, ROOM, &len, &sym_msg_ping, &ping, &key, SYM_DOMAIN_REQUEST), SYM_OK);
    return sym_span(out, len);
}

static enum sym_err read_ping(struct sym_span bytes, const uint8_t public_key[SYM_ED25519_BYTES],
                              const char *domain)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_ping ping = {.bytes = 99};
    enum sym_err err = sym_signed_read(&arena, &ping, &sym_msg_ping, bytes, public_key, domain);
    if (err != SYM_OK) {
        assert_int_equal(ping.bytes, 99);
        assert_null(arena.block);
    }
    return err;
}

/* Signed ----------------------------------------------------------------------------------------
 */

static void reads_what_it_signed(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_ping ping;
    struct sym_span bytes = ping_signed(123456789);
    assert_int_equal(
        sym_signed_read(&arena, &ping, &sym_msg_ping, bytes, key.public_key, SYM_DOMAIN_REQUEST),
        SYM_OK);
    assert_int_equal(ping.bytes, 123456789);
}

static void signs_a_domain_and_the_exact_bytes_of_the_body(void **state)
{
    (void)state;
    struct piece pieces[4];
    uint8_t signature[SYM_SIGNATURE_BYTES];
    assert_int_equal(pieces_of(pieces, ping_signed(5)), 2);
    assert_true(sym_span_equal(pieces[0].value, sym_span("\x08\x05", 2)));
    assert_int_equal(sym_sign(signature, &key, "symbolon-request-1", sym_span("\x08\x05", 2)),
                     SYM_OK);
    assert_true(sym_span_equal(pieces[1].value, sym_span(signature, sizeof signature)));
}

static void refuses_another_key_or_domain(void **state)
{
    (void)state;
    struct sym_sign_key other = {0};
    assert_int_equal(sym_sign_key_new(&other), SYM_OK);
    struct sym_span bytes = ping_signed(5);
    assert_int_equal(read_ping(bytes, key.public_key, SYM_DOMAIN_REQUEST), SYM_OK);
    assert_int_equal(read_ping(bytes, other.public_key, SYM_DOMAIN_REQUEST), SYM_BAD_SIGNATURE);
    static const char *const domains[] = {SYM_DOMAIN_RECEIPT, SYM_DOMAIN_CLOSE, SYM_DOMAIN_ABORT,
                                          SYM_DOMAIN_CONTROL, SYM_DOMAIN_CARD,  ""};
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        assert_int_equal(read_ping(bytes, key.public_key, domains[i]), SYM_BAD_SIGNATURE);
    }
    sym_sign_key_clear(&other);
}

static void refuses_each_bit_of_a_signed_message_when_it_is_altered(void **state)
{
    (void)state;
    struct sym_span bytes = ping_signed(300);
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        out[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        enum sym_err err = read_ping(bytes, key.public_key, SYM_DOMAIN_REQUEST);
        assert_true(err == SYM_BAD_SIGNATURE || err == SYM_BAD_FORMAT || err == SYM_BAD_VALUE ||
                    err == SYM_TOO_LONG);
        out[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(read_ping(bytes, key.public_key, SYM_DOMAIN_REQUEST), SYM_OK);
}

static void refuses_a_signed_message_cut_off_or_followed_by_bytes(void **state)
{
    (void)state;
    struct sym_span bytes = ping_signed(300);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_int_not_equal(read_ping(sym_span(out, len), key.public_key, SYM_DOMAIN_REQUEST),
                             SYM_OK);
    }
    memcpy(out + bytes.len, "\x18\x01", 2);
    assert_int_equal(read_ping(sym_span(out, bytes.len + 2), key.public_key, SYM_DOMAIN_REQUEST),
                     SYM_BAD_FORMAT);
}

/* The signature is checked first: a stranger's body is never parsed. */
static void looks_into_a_body_only_after_its_signature(void **state)
{
    (void)state;
    struct wire w;
    uint8_t signature[SYM_SIGNATURE_BYTES] = {0};
    struct sym_span garbage = sym_span("\xff\xff\xff", 3);
    wire_open(&w);
    wire_bytes(&w, 1, garbage);
    wire_bytes(&w, 2, sym_span(signature, sizeof signature));
    assert_int_equal(read_ping(wire_span(&w), key.public_key, SYM_DOMAIN_REQUEST),
                     SYM_BAD_SIGNATURE);
    w.len = 0;
    assert_int_equal(sym_sign(signature, &key, SYM_DOMAIN_REQUEST, garbage), SYM_OK);
    wire_bytes(&w, 1, garbage);
    wire_bytes(&w, 2, sym_span(signature, sizeof signature));
    assert_int_equal(read_ping(wire_span(&w), key.public_key, SYM_DOMAIN_REQUEST), SYM_BAD_FORMAT);
    wire_close(&w);
}

static void refuses_a_signed_message_longer_than_the_limit(void **state)
{
    (void)state;
    struct wire w;
    uint8_t *body = calloc(1, SYM_SIGNED_BYTES_MAX);
    assert_non_null(body);
    wire_open(&w);
    /* 1 + 3 bytes in front of the body, 2 + 64 of signature behind it. */
    size_t fits = SYM_SIGNED_BYTES_MAX - 4 - 2 - SYM_SIGNATURE_BYTES;
    for (size_t more = 0; more < 2; more++) {
        uint8_t signature[SYM_SIGNATURE_BYTES];
        struct sym_span span = sym_span(body, fits + more);
        assert_int_equal(sym_sign(signature, &key, SYM_DOMAIN_REQUEST, span), SYM_OK);
        w.len = 0;
        wire_bytes(&w, 1, span);
        wire_bytes(&w, 2, sym_span(signature, sizeof signature));
        assert_int_equal(w.len, SYM_SIGNED_BYTES_MAX + more);
        assert_int_equal(read_ping(wire_span(&w), key.public_key, SYM_DOMAIN_REQUEST),
                         more == 0 ? SYM_BAD_FORMAT : SYM_TOO_LONG);
    }
    wire_close(&w);
    free(body);
}

/* A message of its own for this, so that a body may be as long as can be. */
static void does_not_sign_more_than_is_read(void **state)
{
    (void)state;
    uint8_t *bytes = calloc(1, SYM_SIGNED_BYTES_MAX);
    assert_non_null(bytes);
    struct sym_signed inner = {.signature = sym_span(bytes, SYM_SIGNATURE_BYTES)};
    size_t overhead = 2 * (4 + 2 + SYM_SIGNATURE_BYTES);
    for (size_t more = 0; more < 2; more++) {
        size_t len = 7;
        inner.body = sym_span(bytes, SYM_SIGNED_BYTES_MAX - overhead + more);
        assert_int_equal(
            sym_signed_write(out, ROOM, &len, &sym_msg_signed, &inner, &key, SYM_DOMAIN_CLOSE),
            more == 0 ? SYM_OK : SYM_TOO_LONG);
        assert_int_equal(len, more == 0 ? SYM_SIGNED_BYTES_MAX : 7);
    }
    free(bytes);
}

static void refuses_to_sign_without_room_or_key(void **state)
{
    (void)state;
    struct sym_ping ping = {.bytes = 5};
    struct sym_sign_key absent = {0};
    size_t len = 7;
    size_t whole = ping_signed(5).len;
    assert_int_equal(
        sym_signed_write(out, whole - 1, &len, &sym_msg_ping, &ping, &key, SYM_DOMAIN_REQUEST),
        SYM_TOO_LONG);
    assert_int_equal(
        sym_signed_write(out, whole, &len, &sym_msg_ping, &ping, &absent, SYM_DOMAIN_REQUEST),
        SYM_BAD_FORMAT);
    ping.bytes = SYM_PING_BYTES_MAX + 1ull;
    assert_int_equal(
        sym_signed_write(out, whole, &len, &sym_msg_ping, &ping, &key, SYM_DOMAIN_REQUEST),
        SYM_BAD_VALUE);
    assert_int_equal(len, 7);
}

/* Bytes that never change -----------------------------------------------------------------------
 */

static void assert_encoding(const struct sym_message *message, const void *value, const char *hex)
{
    uint8_t want[512];
    size_t want_len = strlen(hex) / 2;
    size_t len = 0;
    assert_true(want_len <= sizeof want);
    assert_int_equal(sym_unhex(want, want_len, sym_span_text(hex)), SYM_OK);
    assert_int_equal(sym_encode(out, ROOM, &len, message, value), SYM_OK);
    assert_int_equal(len, want_len);
    assert_memory_equal(out, want, want_len);
}

/* Later versions must not move a field: what was signed once is verified for years. */
static void the_encoding_of_a_close_is_known_to_the_byte(void **state)
{
    (void)state;
    static const uint8_t c[SYM_HASH_BYTES] = {0xcc};
    struct sym_span hash = sym_span(c, sizeof c);
    struct sym_transcript sent = {.frames = 300, .hash = hash};
    struct sym_transcript received = {.frames = 0, .hash = hash};
    struct sym_close close = {.version = 1,
                              .exchange_id = sym_span(c, SYM_EXCHANGE_ID_BYTES),
                              .initiator = hash,
                              .responder = hash,
                              .closer = hash,
                              .closed_ms = 1,
                              .request_hash = hash,
                              .receipt_hash = hash,
                              .sent = &sent,
                              .received = &received};
#define C31 "cc00000000000000000000000000000000000000000000000000000000000000"
    assert_encoding(&sym_msg_close, &close,
                    "0801"
                    "1210cc000000000000000000000000000000"
                    "1a20" C31 "2220" C31 "2a20" C31 "3001"
                    "3a20" C31 "4220" C31 "4a2508ac021220" C31 "52221220" C31);
#undef C31
}

/* Written again it is the same bytes, so nothing that they say is lost. */
static void a_statement_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct sym_statement read = {.reason = 77};
        struct sym_statement st = {
            .is_abort = i == 4,
            .initiator = {.bytes = {1}},
            .responder = {.bytes = {2}},
            .signer = {.bytes = {2}},
            .time_ms = 5,
            .has_receipt = true,
            .sent_frames = 7,
            .received_frames = 8,
            .reason = i == 4 ? SYM_REASON_CANCELLED : 0,
            .has_consents = (i & 1) != 0,
            .has_release = (i & 2) != 0,
        };
        memset(st.exchange_id, 0x10, sizeof st.exchange_id);
        memset(st.request_hash, 0x20, sizeof st.request_hash);
        memset(st.receipt_hash, 0x30, sizeof st.receipt_hash);
        memset(st.sent_hash, 0x40, sizeof st.sent_hash);
        memset(st.received_hash, 0x50, sizeof st.received_hash);
        memset(st.consents_hash, 0x60, sizeof st.consents_hash);
        memset(st.release_hash, 0x70, sizeof st.release_hash);
        size_t len = 0;
        size_t again = 0;
        assert_int_equal(sym_statement_write(out, ROOM / 2, &len, &st, &key), SYM_OK);
        assert_int_equal(sym_statement_read(&read, sym_span(out, len), key.public_key), SYM_OK);
        assert_int_equal(sym_statement_write(out + ROOM / 2, ROOM / 2, &again, &read, &key),
                         SYM_OK);
        assert_true(sym_span_equal(sym_span(out, len), sym_span(out + ROOM / 2, again)));
    }
}

static void the_encoding_of_a_ping_is_known_to_the_byte(void **state)
{
    (void)state;
    struct sym_ping none = {.bytes = 0};
    struct sym_ping most = {.bytes = SYM_PING_BYTES_MAX};
    assert_encoding(&sym_msg_ping, &none, "");
    assert_encoding(&sym_msg_ping, &most, "088080808010");
}

/* Codes -----------------------------------------------------------------------------------------
 */

static void every_code_has_its_text(void **state)
{
    (void)state;
    assert_string_equal(sym_kind_text(SYM_KIND_PING), "ping");
    assert_string_equal(sym_kind_text(SYM_KIND_OVERLAP_MATCHES), "overlap:matches");
    assert_string_equal(sym_purpose_text(SYM_PURPOSE_MISSING_PERSON), "missing-person");
    assert_string_equal(sym_basis_text(SYM_BASIS_314B), "314b");
    assert_string_equal(sym_decision_text(SYM_DECISION_HELD), "held");
    assert_string_equal(sym_reason_text(SYM_REASON_LINK_LOST), "the link was lost");
}

static void codes_that_travel_keep_their_numbers(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        "unknown", "ping",    "overlap:matches",  "overlap:count", "overlap:table", "tabulate",
        "witness", "compare", "overlap:evaluate", "overlap:rows",  "unknown"};
    for (uint32_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_string_equal(sym_kind_text(i), kinds[i]);
    }
    static const char *const bases[] = {"none",        "consent",        "legal-obligation",
                                        "public-task", "vital-interest", "legitimate-interest",
                                        "314b",        "agreement",      "unknown"};
    for (uint32_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        assert_string_equal(sym_basis_text(i), bases[i]);
    }
    static const char *const purposes[] = {"none",        "aml",          "cft",
                                           "trafficking", "safeguarding", "missing-person",
                                           "statistics",  "test",         "unknown"};
    for (uint32_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
        assert_string_equal(sym_purpose_text(i), purposes[i]);
    }
    assert_string_equal(sym_decision_text(SYM_DECISION_GRANTED), sym_decision_text(1));
    assert_string_equal(sym_decision_text(SYM_DECISION_DENIED), sym_decision_text(3));
    assert_string_equal(sym_reason_text(11), "the evidence does not fit");
}

static void unknown_codes_are_called_so(void **state)
{
    (void)state;
    assert_string_equal(sym_kind_text(0), "unknown");
    assert_string_equal(sym_decision_text(0), "unknown");
    assert_string_equal(sym_decision_text(4), "unknown");
    assert_string_equal(sym_reason_text(SYM_REASON_SHARES + 1), "unknown");
    assert_string_equal(sym_purpose_text(UINT32_MAX), "unknown");
    assert_string_equal(sym_basis_text(8), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_signed),
        cmocka_unit_test(signs_a_domain_and_the_exact_bytes_of_the_body),
        cmocka_unit_test(refuses_another_key_or_domain),
        cmocka_unit_test(refuses_each_bit_of_a_signed_message_when_it_is_altered),
        cmocka_unit_test(refuses_a_signed_message_cut_off_or_followed_by_bytes),
        cmocka_unit_test(looks_into_a_body_only_after_its_signature),
        cmocka_unit_test(refuses_a_signed_message_longer_than_the_limit),
        cmocka_unit_test(does_not_sign_more_than_is_read),
        cmocka_unit_test(refuses_to_sign_without_room_or_key),
        cmocka_unit_test(the_encoding_of_a_close_is_known_to_the_byte),
        cmocka_unit_test(a_statement_is_read_as_it_was_written),
        cmocka_unit_test(the_encoding_of_a_ping_is_known_to_the_byte),
        cmocka_unit_test(every_code_has_its_text),
        cmocka_unit_test(codes_that_travel_keep_their_numbers),
        cmocka_unit_test(unknown_codes_are_called_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
