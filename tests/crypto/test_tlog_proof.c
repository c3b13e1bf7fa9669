#include "crypto/tlog_proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define ORIGIN "symbolon/0011/evidence"
#define LEAVES 5u

static struct sym_sign_key key;
static struct sym_sign_key other_key;
static uint8_t leaf[LEAVES][SYM_HASH_BYTES];
static char checkpoint[1024];
static size_t checkpoint_len;
static char text[4096];
static size_t text_len;

static enum sym_err read_subtree(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                                 uint64_t index)
{
    struct sym_merkle_edge edge = {.size = 0};
    (void)context;
    for (uint64_t i = index << level; i < (index + 1) << level; i++) {
        assert_int_equal(sym_merkle_add(&edge, leaf[i]), SYM_OK);
    }
    memcpy(out, edge.hash[0], SYM_HASH_BYTES);
    return SYM_OK;
}

static void make_text(uint64_t index, bool with_entry)
{
    static struct sym_tlog_proof proof;
    proof = (struct sym_tlog_proof){.index = index};
    if (with_entry) {
        proof.extra[0] = (uint8_t)index;
        proof.extra_len = 1;
    }
    proof.checkpoint = sym_span(checkpoint, checkpoint_len);
    assert_int_equal(sym_merkle_prove_inclusion(&proof.path, index, LEAVES, read_subtree, NULL),
                     SYM_OK);
    assert_int_equal(sym_tlog_proof_write(text, sizeof text, &text_len, &proof), SYM_OK);
}

static int make(void **state)
{
    (void)state;
    const uint8_t seed[SYM_SEED_BYTES] = {5};
    const uint8_t other[SYM_SEED_BYTES] = {6};
    struct sym_checkpoint c = {.origin = sym_span_text(ORIGIN), .size = LEAVES};
    assert_int_equal(sym_crypto_init(), SYM_OK);
    assert_int_equal(sym_sign_key_from(&key, sym_span(seed, sizeof seed)), SYM_OK);
    assert_int_equal(sym_sign_key_from(&other_key, sym_span(other, sizeof other)), SYM_OK);
    for (uint8_t i = 0; i < LEAVES; i++) {
        assert_int_equal(sym_merkle_leaf(leaf[i], sym_span(&i, 1)), SYM_OK);
    }
    assert_int_equal(sym_merkle_root(c.root, LEAVES, read_subtree, NULL), SYM_OK);
    assert_int_equal(sym_checkpoint_sign(checkpoint, sizeof checkpoint, &checkpoint_len, &c, &key),
                     SYM_OK);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    sym_sign_key_clear(&key);
    sym_sign_key_clear(&other_key);
    return 0;
}

/* What the file says about the entry whose hash this is. */
static enum sym_err check(const uint8_t hash[SYM_HASH_BYTES], const struct sym_sign_key *log,
                          struct sym_fault *fault)
{
    static struct sym_tlog_proof proof;
    struct sym_checkpoint c;
    enum sym_err err = sym_tlog_proof_read(&proof, sym_span(text, text_len), "file", fault);
    return err == SYM_OK ? sym_tlog_proof_verify(&c, &proof, hash, log->public_key, fault) : err;
}

static void every_entry_has_a_proof_that_holds(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < LEAVES; i++) {
        make_text(i, i % 2 == 0);
        assert_int_equal(check(leaf[i], &key, NULL), SYM_OK);
        assert_int_equal(check(leaf[(i + 1) % LEAVES], &key, NULL), SYM_BAD_TAG);
    }
}

static void the_text_is_that_of_c2sp(void **state)
{
    (void)state;
    char want[4096];
    char hash[SYM_BASE64_BYTES(SYM_HASH_BYTES)];
    uint8_t node[SYM_HASH_BYTES];
    make_text(4, true);
    assert_int_equal(read_subtree(NULL, node, 2, 0), SYM_OK);
    sym_base64(hash, node, sizeof node);
    (void)snprintf(want, sizeof want, "c2sp.org/tlog-proof@v1\nextra BA==\nindex 4\n%s\n\n%.*s",
                   hash, (int)checkpoint_len, checkpoint);
    assert_int_equal(text_len, strlen(want));
    assert_memory_equal(text, want, text_len);
}

static void refuses_a_proof_of_another_log(void **state)
{
    (void)state;
    struct sym_fault fault;
    make_text(1, false);
    assert_int_equal(check(leaf[1], &other_key, &fault), SYM_NOT_FOUND);
    assert_string_equal(fault.text, "the checkpoint of the proof is not signed by this log");
}

static void refuses_a_proof_with_any_bit_flipped(void **state)
{
    (void)state;
    make_text(2, false); /* of an entry that is known otherwise */
    for (size_t bit = 0; bit < 8 * text_len; bit++) {
        text[bit / 8] ^= (char)(1u << (bit % 8));
        assert_int_not_equal(check(leaf[2], &key, NULL), SYM_OK);
        text[bit / 8] ^= (char)(1u << (bit % 8));
    }
    assert_int_equal(check(leaf[2], &key, NULL), SYM_OK);
}

static void refuses_a_proof_that_is_cut_off_anywhere(void **state)
{
    (void)state;
    make_text(2, true);
    for (size_t len = text_len; len > 0; len--) {
        text_len = len - 1;
        assert_int_not_equal(check(leaf[2], &key, NULL), SYM_OK);
    }
}

static void faults_name_the_line(void **state)
{
    (void)state;
#define HASH "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
#define NOTE "\no\n1\n" HASH "\n\n\xe2\x80\x94 a AAAAAAA=\n"
    static const struct {
        const char *text, *fault;
    } bad[] = {
        {"", "file:1: the text ends before this line"},
        {"c2sp.org/tlog-proof@v2\nindex 0\n" NOTE, "file:1: this should be the line"},
        {"c2sp.org/tlog-proof@v1\r\nindex 0\n" NOTE, "file:1: this should be the line"},
        {"c2sp.org/tlog-proof@v1\nindex 00\n" NOTE, "file:2: this is not a whole number"},
        {"c2sp.org/tlog-proof@v1\nindex -1\n" NOTE, "file:2: this is not a whole number"},
        {"c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n" NOTE, "file:2: this is not"},
        {"c2sp.org/tlog-proof@v1\nextra !\nindex 0\n" NOTE, "file:2: this is not base64"},
        {"c2sp.org/tlog-proof@v1\nextra \nindex 0\n" NOTE, "file:2: this is not base64"},
        {"c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n" NOTE, "file:3: this is not the base64"},
        {"c2sp.org/tlog-proof@v1\nindex 0\n" HASH "\nAA==\n" NOTE, "file:4: this is not"},
        {"c2sp.org/tlog-proof@v1\nindex 0\n" HASH " \n" NOTE, "file:3: this is not"},
        {"c2sp.org/tlog-proof@v1\nindex 0\n\nno note\n", "file:4: what begins here"},
        {"c2sp.org/tlog-proof@v1\nindex 0\n" HASH "\n", "file:4: the text ends"},
    };
    static struct sym_tlog_proof proof;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sym_fault fault = {.err = SYM_OK, .text = ""};
        assert_int_not_equal(
            sym_tlog_proof_read(&proof, sym_span_text(bad[i].text), "file", &fault), SYM_OK);
        if (strncmp(fault.text, bad[i].fault, strlen(bad[i].fault)) != 0) {
            fail_msg("case %zu: %s", i, fault.text);
        }
    }
    assert_int_equal(sym_tlog_proof_read(&proof,
                                         sym_span_text("c2sp.org/tlog-proof@v1\nindex 0\n" NOTE),
                                         "file", NULL),
                     SYM_OK);
}

static void refuses_more_than_there_is_room_for(void **state)
{
    (void)state;
    static struct sym_tlog_proof proof;
    char long_text[8192] = SYM_TLOG_PROOF_HEAD "\nindex 0\n";
    for (size_t i = 0; i < 65; i++) {
        strcat(long_text, HASH "\n");
    }
    strcat(long_text, NOTE);
    assert_int_equal(sym_tlog_proof_read(&proof, sym_span_text(long_text), "file", NULL),
                     SYM_TOO_LONG);
    char extra[8192] = SYM_TLOG_PROOF_HEAD "\nextra ";
    memset(extra + strlen(extra), 'A', SYM_BASE64_BYTES(SYM_TLOG_EXTRA_BYTES_MAX) + 3);
    strcat(extra, "\nindex 0\n" NOTE);
    assert_int_equal(sym_tlog_proof_read(&proof, sym_span_text(extra), "file", NULL), SYM_TOO_LONG);
    make_text(1, false);
    size_t len = 0;
    proof = (struct sym_tlog_proof){.checkpoint = sym_span(checkpoint, checkpoint_len)};
    assert_int_equal(sym_tlog_proof_write(text, checkpoint_len, &len, &proof), SYM_TOO_LONG);
    proof.path.n = SYM_MERKLE_PROOF_MAX + 1;
    assert_int_equal(sym_tlog_proof_write(text, sizeof text, &len, &proof), SYM_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_has_a_proof_that_holds),
        cmocka_unit_test(the_text_is_that_of_c2sp),
        cmocka_unit_test(refuses_a_proof_of_another_log),
        cmocka_unit_test(refuses_a_proof_with_any_bit_flipped),
        cmocka_unit_test(refuses_a_proof_that_is_cut_off_anywhere),
        cmocka_unit_test(faults_name_the_line),
        cmocka_unit_test(refuses_more_than_there_is_room_for),
    };
    return cmocka_run_group_tests_name("tlog_proof", tests, make, drop);
}
