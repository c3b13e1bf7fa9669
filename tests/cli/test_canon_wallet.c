#include "cli/ingest/base58.h"
#include "cli/ingest/bech32.h"
#include "cli/ingest/keccak.h"
#include "tests/cli/canon_case.h"
#include "tests/support/vectors.h"

#include <ctype.h>
#include <stdio.h>
#include <ucontext.h>
#include <valgrind/memcheck.h>

static cJSON *bech32_vectors(void)
{
    return vectors_load("bip173-bip350-bech32.json");
}

static void assert_kind(const cJSON *list, int n, enum sym_bech32_kind kind)
{
    const cJSON *text;
    assert_int_equal(cJSON_GetArraySize(list), n);
    cJSON_ArrayForEach(text, list)
    {
        struct sym_bech32 b;
        assert_int_equal(sym_bech32_parse(&b, sym_span_text(text->valuestring)), SYM_OK);
        assert_int_equal(b.kind, kind);
    }
}

static void bech32_takes_the_valid_strings_of_both_bips(void **state)
{
    (void)state;
    cJSON *file = bech32_vectors();
    assert_kind(vectors_get(file, "bech32_valid"), 7, SYM_BECH32);
    assert_kind(vectors_get(file, "bech32m_valid"), 7, SYM_BECH32M);
    cJSON_Delete(file);
}

static void bech32_refuses_the_invalid_strings_of_both_bips(void **state)
{
    (void)state;
    cJSON *file = bech32_vectors();
    const cJSON *text;
    const cJSON *list = vectors_get(file, "invalid");
    assert_int_equal(cJSON_GetArraySize(list), 23);
    cJSON_ArrayForEach(text, list)
    {
        struct sym_bech32 b;
        assert_int_not_equal(sym_bech32_parse(&b, sym_span_text(text->valuestring)), SYM_OK);
    }
    cJSON_Delete(file);
}

static void takes_the_valid_segwit_addresses_in_lower_case(void **state)
{
    cJSON *file = bech32_vectors();
    const cJSON *text;
    const cJSON *list = vectors_get(file, "segwit_valid");
    assert_int_equal(cJSON_GetArraySize(list), 8);
    cJSON_ArrayForEach(text, list)
    {
        char lower[SYM_BECH32_BYTES_MAX + 1] = "";
        for (size_t i = 0; text->valuestring[i] != '\0'; i++) {
            lower[i] = (char)tolower(text->valuestring[i]);
        }
        accepts(*state, SYM_TOKEN_WALLET, text->valuestring, lower);
    }
    cJSON_Delete(file);
}

static void refuses_the_invalid_segwit_addresses(void **state)
{
    cJSON *file = bech32_vectors();
    const cJSON *text;
    const cJSON *list = vectors_get(file, "segwit_invalid");
    assert_int_equal(cJSON_GetArraySize(list), 14);
    cJSON_ArrayForEach(text, list)
    {
        refuses(*state, SYM_TOKEN_WALLET, text->valuestring, "Bech32");
    }
    cJSON_Delete(file);
}

static void takes_base58check_addresses_as_they_are(void **state)
{
    static const char *const addresses[] = {
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", /* Bitcoin, block 0 */
        "3P14159f73E4gFr7JterCCQh9QjiTjiZrG", /* BIP-13 */
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
        "1111111111111111111114oLvT2", /* all zero */
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        accepts(*state, SYM_TOKEN_WALLET, addresses[i], addresses[i]);
    }
}

static void refuses_base58_with_anything_changed(void **state)
{
    refuses(*state, SYM_TOKEN_WALLET, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "checksum does not match");
    refuses(*state, SYM_TOKEN_WALLET, "1a1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "checksum does not match");
    refuses(*state, SYM_TOKEN_WALLET, "A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "checksum does not match");
    refuses(*state, SYM_TOKEN_WALLET, "1A1zP1eP5QGefi2DMPTfTL5SLmv7Div0Na", "is no address in");
    refuses(*state, SYM_TOKEN_WALLET, "1A1z P1eP5QGefi2DMPTfTL5SLmv7DivfNa", "is no address in");
    refuses(*state, SYM_TOKEN_WALLET, "unknown", "");
    refuses(*state, SYM_TOKEN_WALLET, "1", "is no address in");
}

/* Keys of the Bitcoin wiki and of BIP-32, test vector 1; ten bytes of anything. */
static void refuses_private_keys_and_other_things_in_base58(void **state)
{
    refuses(*state, SYM_TOKEN_WALLET, "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
            "is a private key");
    refuses(*state, SYM_TOKEN_WALLET,
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMR"
            "NNU3T"
            "GtRBeJgk33yuGBxrMPHi",
            "is a private key");
    refuses(*state, SYM_TOKEN_WALLET, "97aESq1VxeYVAmxHSDmG", "what it holds is no address");
}

/* The next test runs on a stack of its own, to see what is left on it. */
static uint8_t own_stack[1u << 20];
static ucontext_t back;
static void *canon;

static void refuse_a_key(void)
{
    refuses(canon, SYM_TOKEN_WALLET, "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
            "is a private key");
}

static void leaves_no_private_key_on_the_stack(void **state)
{
    static const uint8_t part[] = {0x0b, 0x2f, 0xe5, 0x0b, 0x7c, 0xae, 0x11, 0xec}; /* of the key */
    ucontext_t there;
    if (RUNNING_ON_VALGRIND) {
        (void)puts("SKIP: valgrind forbids reading a stack that was left");
        skip();
    }
    canon = *state;
    assert_int_equal(getcontext(&there), 0);
    there.uc_stack.ss_sp = own_stack;
    there.uc_stack.ss_size = sizeof own_stack;
    there.uc_link = &back;
    makecontext(&there, refuse_a_key, 0);
    assert_int_equal(swapcontext(&back, &there), 0);
    assert_null(memmem(own_stack, sizeof own_stack, part, sizeof part));
}

static void base58_is_bounded(void **state)
{
    (void)state;
    char text[200];
    uint8_t out[SYM_BASE58_BYTES_MAX];
    size_t len = 0;
    memset(text, 'z', sizeof text);
    assert_int_equal(sym_base58check(out, &len, sym_span(text, sizeof text)), SYM_TOO_LONG);
    memset(text, '1', sizeof text);
    assert_int_equal(sym_base58check(out, &len, sym_span(text, sizeof text)), SYM_TOO_LONG);
    assert_int_equal(sym_base58check(out, &len, sym_span(text, 4)), SYM_BAD_FORMAT);
    assert_int_equal(sym_base58check(out, &len, sym_span(text, 0)), SYM_BAD_FORMAT);
}

/* EIP-55: its four examples. */
static const char *const checksummed[] = {
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
};

static void ethereum_addresses_are_checked_and_written_small(void **state)
{
    for (size_t i = 0; i < sizeof checksummed / sizeof *checksummed; i++) {
        char lower[64] = "";
        char upper[64] = "0x";
        for (size_t c = 0; checksummed[i][c] != '\0'; c++) {
            lower[c] = (char)tolower(checksummed[i][c]);
            upper[c] = c < 2 ? checksummed[i][c] : (char)toupper(checksummed[i][c]);
        }
        accepts(*state, SYM_TOKEN_WALLET, checksummed[i], lower);
        accepts(*state, SYM_TOKEN_WALLET, upper, lower);
        accepts(*state, SYM_TOKEN_WALLET, lower, lower);
    }
}

static void remarks_on_an_address_without_checksum(void **state)
{
    struct sym_canonical out;
    struct sym_fault fault;
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_WALLET, checksummed[0], "", &fault), SYM_OK);
    assert_null(out.remark);
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_WALLET,
                              "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "", &fault),
                     SYM_OK);
    assert_non_null(strstr(out.remark, "no checksum"));
}

static void refuses_one_letter_in_the_wrong_case(void **state)
{
    for (size_t c = 2; c < 42; c++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%s", checksummed[0]);
        if (isalpha((unsigned char)text[c])) {
            text[c] = (char)(text[c] ^ 0x20);
            refuses(*state, SYM_TOKEN_WALLET, text, "EIP-55");
        }
    }
    refuses(*state, SYM_TOKEN_WALLET, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "has 39 digits");
    refuses(*state, SYM_TOKEN_WALLET, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
            "character 42 is no hexadecimal digit");
}

struct hash {
    const char *text;
    const char *want;
};

/* The Keccak team's submission (before FIPS 202): empty input and "abc"; Ethereum's own example. */
static void keccak_is_the_hash_from_before_fips_202(void **state)
{
    (void)state;
    static const struct hash hashes[] = {
        {"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
        {"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"},
        {"The quick brown fox jumps over the lazy dog",
         "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15"},
    };
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        uint8_t hash[32];
        char hex[65];
        assert_int_equal(sym_keccak256(hash, sym_span_text(hashes[i].text)), SYM_OK);
        sym_hex(hex, hash, sizeof hash);
        assert_string_equal(hex, hashes[i].want);
    }
}

static void keccak_takes_one_block(void **state)
{
    (void)state;
    static const uint8_t zeros[SYM_KECCAK_BYTES_MAX + 1];
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    assert_int_equal(sym_keccak256(a, sym_span(zeros, sizeof zeros)), SYM_TOO_LONG);
    assert_int_equal(sym_keccak256(a, sym_span(zeros, sizeof zeros - 1)), SYM_OK);
    assert_int_equal(sym_keccak256(b, sym_span(zeros, sizeof zeros - 2)), SYM_OK);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bech32_takes_the_valid_strings_of_both_bips),
        cmocka_unit_test(bech32_refuses_the_invalid_strings_of_both_bips),
        cmocka_unit_test(takes_the_valid_segwit_addresses_in_lower_case),
        cmocka_unit_test(refuses_the_invalid_segwit_addresses),
        cmocka_unit_test(takes_base58check_addresses_as_they_are),
        cmocka_unit_test(refuses_base58_with_anything_changed),
        cmocka_unit_test(refuses_private_keys_and_other_things_in_base58),
        cmocka_unit_test(leaves_no_private_key_on_the_stack),
        cmocka_unit_test(base58_is_bounded),
        cmocka_unit_test(ethereum_addresses_are_checked_and_written_small),
        cmocka_unit_test(remarks_on_an_address_without_checksum),
        cmocka_unit_test(refuses_one_letter_in_the_wrong_case),
        cmocka_unit_test(keccak_is_the_hash_from_before_fips_202),
        cmocka_unit_test(keccak_takes_one_block),
    };
    return cmocka_run_group_tests_name("canon_wallet", tests, case_setup, case_teardown);
}
