/* Handshakes: the vectors pass, and no message but the partner's does. */
#include "tests/crypto/noise_pair.h"

static void assert_frame(struct sym_channel *from, struct sym_channel *to,
                         const struct bytes *payload, const struct bytes *message)
{
    uint8_t data[BUFFER];
    memcpy(data, payload->data, payload->len);
    assert_int_equal(sym_channel_seal(from, data, payload->len), SYM_OK);
    assert_int_equal(message->len, payload->len + SYM_AEAD_TAG_BYTES);
    assert_memory_equal(data, message->data, message->len);
    assert_int_equal(sym_channel_open(to, data, message->len), SYM_OK);
    assert_memory_equal(data, payload->data, payload->len);
}

static void assert_vector(const char *protocol)
{
    struct vector v = read_vector(protocol);
    struct pair p;
    begin_pair(&p, &v);
    struct bytes got = {0};
    uint8_t seen[SYM_X25519_BYTES];
    struct sym_noise *side[2] = {p.init, p.resp};
    for (size_t i = 0; i < 2; i++) {
        struct bytes message = written(side[i], span_of(&v.payload[i]));
        assert_true(sym_span_equal(span_of(&message), span_of(&v.message[i])));
        assert_int_equal(read_by(side[1 - i], &got, &message), SYM_OK);
        assert_true(sym_span_equal(span_of(&got), span_of(&v.payload[i])));
        assert_int_equal(sym_noise_remote_ephemeral(side[1 - i], seen), SYM_OK);
        assert_memory_equal(seen, v.message[i].data, sizeof seen);
    }
    struct sym_channel sending[2] = {{{0}, 0, false}};
    struct sym_channel receiving[2] = {{{0}, 0, false}};
    for (size_t i = 0; i < 2; i++) {
        uint8_t hash[SYM_HASH_BYTES];
        assert_int_equal(sym_noise_hash(side[i], hash), SYM_OK);
        assert_memory_equal(hash, v.hash.data, sizeof hash);
        assert_int_equal(sym_noise_split(side[i], &sending[i], &receiving[i]), SYM_OK);
        assert_int_equal(sym_noise_hash(side[i], hash), SYM_OK);
        assert_memory_equal(hash, v.hash.data, sizeof hash);
    }
    for (size_t i = 2; i < MESSAGES; i++) {
        assert_frame(&sending[i % 2], &receiving[1 - i % 2], &v.payload[i], &v.message[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        sym_channel_clear(&sending[i]);
        sym_channel_clear(&receiving[i]);
    }
    end_pair(&p);
}

static void passes_the_vector_of_kk(void **state)
{
    (void)state;
    assert_vector("Noise_KK_25519_ChaChaPoly_SHA256");
}

static void passes_the_vector_of_kkpsk0(void **state)
{
    (void)state;
    assert_vector("Noise_KKpsk0_25519_ChaChaPoly_SHA256");
}

/* RFC 7748, section 6.1. */
static void derives_the_public_keys_of_rfc_7748(void **state)
{
    (void)state;
    static const char *const keys[2][2] = {
        {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
         "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"},
        {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"},
    };
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[2][SYM_X25519_BYTES];
        struct sym_exchange_key k = {0};
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(sym_unhex(bytes[j], sizeof bytes[j], sym_span_text(keys[i][j])),
                             SYM_OK);
        }
        assert_int_equal(sym_exchange_key_from(&k, sym_span(bytes[0], sizeof bytes[0])), SYM_OK);
        assert_memory_equal(k.public_key, bytes[1], sizeof bytes[1]);
        sym_exchange_key_clear(&k);
    }
}

static void keys_drawn_afresh_agree_and_differ_each_time(void **state)
{
    (void)state;
    struct sym_exchange_key a = {0};
    struct sym_exchange_key b = {0};
    uint8_t hash[2][SYM_HASH_BYTES];
    uint8_t e[SYM_X25519_BYTES];
    assert_int_equal(sym_exchange_key_new(&a), SYM_OK);
    assert_int_equal(sym_exchange_key_new(&b), SYM_OK);
    assert_memory_not_equal(a.public_key, b.public_key, sizeof a.public_key);
    for (size_t i = 0; i < 2; i++) {
        struct sym_noise *init = NULL;
        struct sym_noise *resp = NULL;
        assert_int_equal(sym_noise_new(&init, SYM_NOISE_INITIATOR, none, &a, b.public_key, none),
                         SYM_OK);
        assert_int_equal(sym_noise_new(&resp, SYM_NOISE_RESPONDER, none, &b, a.public_key, none),
                         SYM_OK);
        assert_int_equal(sym_noise_ephemeral(init, e, none), SYM_OK);
        pass(init, resp, "");
        assert_int_equal(sym_noise_ephemeral(resp, e, none), SYM_OK);
        pass(resp, init, "");
        assert_int_equal(sym_noise_hash(resp, hash[i]), SYM_OK);
        sym_noise_free(init);
        sym_noise_free(resp);
    }
    assert_memory_not_equal(hash[0], hash[1], sizeof hash[0]);
    sym_exchange_key_clear(&a);
    sym_exchange_key_clear(&b);
}

/* Message 1 of a pair made of v is refused by its responder. */
static void assert_refused(const struct vector *v)
{
    struct pair p;
    begin_pair(&p, v);
    struct bytes got = {0};
    struct bytes message = written(p.init, span_of(&v->payload[0]));
    assert_int_equal(read_by(p.resp, &got, &message), SYM_BAD_TAG);
    assert_int_equal(got.len, 0);
    assert_refuses_everything(p.resp);
    end_pair(&p);
}

static void refuses_another_psk_and_a_psk_against_none(void **state)
{
    (void)state;
    struct vector v = read_vector("Noise_KKpsk0_25519_ChaChaPoly_SHA256");
    v.resp_psk.data[31] ^= 1;
    assert_refused(&v);
    v.resp_psk.len = 0;
    assert_refused(&v);
    v.resp_psk = v.init_psk;
    v.init_psk.len = 0;
    assert_refused(&v);
}

static void refuses_another_prologue_and_other_static_keys(void **state)
{
    (void)state;
    struct vector v = read_vector("Noise_KK_25519_ChaChaPoly_SHA256");
    struct vector other = v;
    other.resp_prologue.data[0] ^= 1;
    assert_refused(&other);
    other = v;
    other.resp_prologue.len--;
    assert_refused(&other);
    other = v;
    other.resp_remote = v.init_remote;
    assert_refused(&other);
    other = v;
    other.init_remote = v.resp_remote;
    assert_refused(&other);
    other = v;
    other.init_static = v.resp_static;
    assert_refused(&other);
}

static void refuses_every_flipped_bit_of_message_1(void **state)
{
    (void)state;
    struct vector v = read_vector("Noise_KKpsk0_25519_ChaChaPoly_SHA256");
    for (size_t bit = 0; bit < v.message[0].len * 8; bit++) {
        struct pair p;
        begin_pair(&p, &v);
        struct bytes got = {0};
        struct bytes message = v.message[0];
        message.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(read_by(p.resp, &got, &message), SYM_BAD_TAG);
        end_pair(&p);
    }
}

static void refuses_every_flipped_bit_of_message_2(void **state)
{
    (void)state;
    struct vector v = read_vector("Noise_KK_25519_ChaChaPoly_SHA256");
    for (size_t bit = 0; bit < v.message[1].len * 8; bit++) {
        struct pair p;
        begin_pair(&p, &v);
        struct bytes got = written(p.init, span_of(&v.payload[0]));
        struct bytes message = v.message[1];
        message.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(read_by(p.init, &got, &message), SYM_BAD_TAG);
        assert_refuses_everything(p.init);
        end_pair(&p);
    }
}

static void refuses_the_second_message_of_another_handshake(void **state)
{
    (void)state;
    struct vector v = read_vector("Noise_KKpsk0_25519_ChaChaPoly_SHA256");
    struct vector later = v;
    later.init_ephemeral.data[0] ^= 8;
    struct pair p;
    begin_pair(&p, &later);
    struct bytes got = written(p.init, span_of(&v.payload[0]));
    assert_int_equal(read_by(p.init, &got, &v.message[1]), SYM_BAD_TAG);
    end_pair(&p);
}

static void refuses_a_message_that_comes_twice(void **state)
{
    (void)state;
    struct vector v = read_vector("Noise_KK_25519_ChaChaPoly_SHA256");
    struct pair p;
    begin_pair(&p, &v);
    struct bytes got = {0};
    assert_int_equal(read_by(p.resp, &got, &v.message[0]), SYM_OK);
    assert_int_equal(read_by(p.resp, &got, &v.message[0]), SYM_WRONG_STATE);
    assert_refuses_everything(p.resp);
    got = written(p.init, span_of(&v.payload[0]));
    assert_int_equal(read_by(p.init, &got, &v.message[1]), SYM_OK);
    assert_int_equal(read_by(p.init, &got, &v.message[1]), SYM_WRONG_STATE);
    assert_refuses_everything(p.init);
    end_pair(&p);
}

/* The points of small order on the curve and its twist, canonical or not; the first is all zero. */
static const char *const small_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void refuses_points_of_small_order(void **state)
{
    (void)state;
    struct vector v = read_vector("Noise_KK_25519_ChaChaPoly_SHA256");
    for (size_t i = 0; i < sizeof small_order / sizeof small_order[0]; i++) {
        uint8_t point[SYM_X25519_BYTES];
        assert_int_equal(sym_unhex(point, sizeof point, sym_span_text(small_order[i])), SYM_OK);
        struct pair p;
        begin_pair(&p, &v);
        struct bytes got = {0};
        struct bytes message = v.message[0];
        memcpy(message.data, point, sizeof point);
        assert_int_equal(read_by(p.resp, &got, &message), SYM_BAD_ELEMENT);
        got = written(p.init, span_of(&v.payload[0]));
        message = v.message[1];
        memcpy(message.data, point, sizeof point);
        assert_int_equal(read_by(p.init, &got, &message), SYM_BAD_ELEMENT);
        assert_refuses_everything(p.init);
        end_pair(&p);
        struct vector bad = v;
        memcpy(bad.init_remote.data, point, sizeof point);
        begin_pair(&p, &bad);
        assert_int_equal(sym_noise_write(p.init, got.data, sizeof got.data, &got.len, none),
                         SYM_BAD_ELEMENT);
        assert_refuses_everything(p.init);
        end_pair(&p);
    }
}

static void refuses_messages_too_short_too_long_or_without_room(void **state)
{
    (void)state;
    struct vector v = read_vector("Noise_KK_25519_ChaChaPoly_SHA256");
    for (size_t len = 0; len < SYM_NOISE_OVERHEAD_BYTES; len++) {
        struct pair p;
        begin_pair(&p, &v);
        struct bytes got = {0};
        struct bytes message = v.message[0];
        message.len = len;
        assert_int_equal(read_by(p.resp, &got, &message), SYM_SHORT);
        assert_refuses_everything(p.resp);
        end_pair(&p);
    }
    static uint8_t big[SYM_NOISE_MESSAGE_BYTES_MAX + 1];
    static uint8_t out[SYM_NOISE_MESSAGE_BYTES_MAX + 1];
    size_t len = 0;
    struct pair p;
    begin_pair(&p, &v);
    assert_int_equal(sym_noise_read(p.resp, out, sizeof out, &len, sym_span(big, sizeof big)),
                     SYM_TOO_LONG);
    assert_int_equal(sym_noise_write(p.init, out, sizeof out, &len,
                                     sym_span(big, sizeof big - SYM_NOISE_OVERHEAD_BYTES)),
                     SYM_TOO_LONG);
    assert_refuses_everything(p.init);
    end_pair(&p);
    begin_pair(&p, &v);
    assert_int_equal(
        sym_noise_read(p.resp, out, v.payload[0].len - 1, &len, span_of(&v.message[0])),
        SYM_TOO_LONG);
    assert_int_equal(
        sym_noise_write(p.init, out, v.message[0].len - 1, &len, span_of(&v.payload[0])),
        SYM_TOO_LONG);
    end_pair(&p);
}

static void carries_the_longest_payload(void **state)
{
    (void)state;
    static uint8_t payload[SYM_NOISE_MESSAGE_BYTES_MAX - SYM_NOISE_OVERHEAD_BYTES];
    static uint8_t message[SYM_NOISE_MESSAGE_BYTES_MAX];
    static uint8_t got[sizeof payload];
    struct vector v = read_vector("Noise_KK_25519_ChaChaPoly_SHA256");
    struct pair p;
    begin_pair(&p, &v);
    size_t len = 0;
    memset(payload, 'p', sizeof payload);
    assert_int_equal(
        sym_noise_write(p.init, message, sizeof message, &len, sym_span(payload, sizeof payload)),
        SYM_OK);
    assert_int_equal(len, sizeof message);
    assert_int_equal(sym_noise_read(p.resp, got, sizeof got, &len, sym_span(message, len)), SYM_OK);
    assert_int_equal(len, sizeof got);
    assert_memory_equal(got, payload, sizeof got);
    end_pair(&p);
}

static void refuses_calls_out_of_order(void **state)
{
    (void)state;
    struct vector v = read_vector("Noise_KK_25519_ChaChaPoly_SHA256");
    struct bytes b = {0};
    struct sym_channel in = {0};
    struct sym_channel out = {0};

    struct pair p;
    begin_pair(&p, &v);
    assert_int_equal(read_by(p.init, &b, &v.message[1]), SYM_WRONG_STATE);
    assert_refuses_everything(p.init);
    assert_int_equal(sym_noise_write(p.resp, b.data, sizeof b.data, &b.len, none), SYM_WRONG_STATE);
    assert_refuses_everything(p.resp);
    end_pair(&p);

    begin_pair(&p, &v);
    assert_int_equal(sym_noise_ephemeral(p.init, b.data, none), SYM_WRONG_STATE);
    assert_refuses_everything(p.init);
    assert_int_equal(sym_noise_split(p.resp, &out, &in), SYM_WRONG_STATE);
    assert_refuses_everything(p.resp);
    end_pair(&p);

    begin_pair(&p, &v);
    assert_int_equal(sym_noise_hash(p.init, b.data), SYM_WRONG_STATE);
    assert_int_equal(sym_noise_remote_ephemeral(p.resp, b.data), SYM_WRONG_STATE);
    pass(p.init, p.resp, "asking too early harms nothing");
    assert_int_equal(sym_noise_hash(p.resp, b.data), SYM_WRONG_STATE);
    assert_int_equal(sym_noise_split(p.init, &out, &in), SYM_WRONG_STATE);
    assert_int_equal(sym_noise_write(p.init, b.data, sizeof b.data, &b.len, none), SYM_WRONG_STATE);
    end_pair(&p);
}

static void refuses_to_write_without_an_ephemeral_key(void **state)
{
    (void)state;
    struct vector v = read_vector("Noise_KK_25519_ChaChaPoly_SHA256");
    struct pair p;
    begin_pair(&p, &v);
    struct sym_noise *n = NULL;
    struct bytes b = {0};
    assert_int_equal(
        sym_noise_new(&n, SYM_NOISE_INITIATOR, none, &p.init_key, v.init_remote.data, none),
        SYM_OK);
    assert_int_equal(sym_noise_write(n, b.data, sizeof b.data, &b.len, none), SYM_WRONG_STATE);
    assert_refuses_everything(n);
    sym_noise_free(n);
    end_pair(&p);
}

static void refuses_keys_of_other_lengths(void **state)
{
    (void)state;
    uint8_t long_key[33] = {1};
    struct sym_exchange_key k = {0};
    struct sym_exchange_key empty = {0};
    struct sym_noise *n = NULL;
    assert_int_equal(sym_exchange_key_from(&k, sym_span(long_key, 31)), SYM_BAD_FORMAT);
    assert_int_equal(sym_exchange_key_from(&k, sym_span(long_key, 33)), SYM_BAD_FORMAT);
    assert_int_equal(sym_exchange_key_from(&k, sym_span(long_key, 32)), SYM_OK);
    assert_int_equal(
        sym_noise_new(&n, SYM_NOISE_INITIATOR, none, &k, k.public_key, sym_span(long_key, 33)),
        SYM_BAD_FORMAT);
    assert_int_equal(
        sym_noise_new(&n, SYM_NOISE_INITIATOR, none, &k, k.public_key, sym_span(long_key, 31)),
        SYM_BAD_FORMAT);
    assert_int_equal(sym_noise_new(&n, SYM_NOISE_INITIATOR, none, &empty, k.public_key, none),
                     SYM_BAD_FORMAT);
    assert_null(n);
    assert_int_equal(sym_noise_new(&n, SYM_NOISE_INITIATOR, none, &k, k.public_key, none), SYM_OK);
    assert_int_equal(sym_noise_ephemeral(n, long_key, sym_span(long_key, 31)), SYM_BAD_FORMAT);
    assert_refuses_everything(n);
    sym_noise_free(n);
    sym_noise_free(NULL);
    sym_exchange_key_clear(&k);
    sym_exchange_key_clear(&k);
}

static void refuses_everything_after_the_split(void **state)
{
    (void)state;
    struct pair p;
    begin_agreed_pair(&p);
    struct sym_channel out = {0};
    struct sym_channel in = {0};
    assert_int_equal(sym_noise_split(p.init, &out, &in), SYM_OK);
    struct sym_channel again[2] = {{{0}, 0, false}};
    assert_int_equal(sym_noise_split(p.init, &again[0], &again[1]), SYM_WRONG_STATE);
    assert_null(again[0].aead.context);
    assert_refuses_everything(p.init);
    sym_channel_clear(&out);
    sym_channel_clear(&in);
    end_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_the_vector_of_kk),
        cmocka_unit_test(passes_the_vector_of_kkpsk0),
        cmocka_unit_test(derives_the_public_keys_of_rfc_7748),
        cmocka_unit_test(keys_drawn_afresh_agree_and_differ_each_time),
        cmocka_unit_test(refuses_another_psk_and_a_psk_against_none),
        cmocka_unit_test(refuses_another_prologue_and_other_static_keys),
        cmocka_unit_test(refuses_every_flipped_bit_of_message_1),
        cmocka_unit_test(refuses_every_flipped_bit_of_message_2),
        cmocka_unit_test(refuses_the_second_message_of_another_handshake),
        cmocka_unit_test(refuses_a_message_that_comes_twice),
        cmocka_unit_test(refuses_points_of_small_order),
        cmocka_unit_test(refuses_messages_too_short_too_long_or_without_room),
        cmocka_unit_test(carries_the_longest_payload),
        cmocka_unit_test(refuses_calls_out_of_order),
        cmocka_unit_test(refuses_to_write_without_an_ephemeral_key),
        cmocka_unit_test(refuses_keys_of_other_lengths),
        cmocka_unit_test(refuses_everything_after_the_split),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
