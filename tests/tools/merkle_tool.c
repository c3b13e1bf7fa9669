/* A tree on standard input and output, for tests in other languages that know RFC 6962 themselves:
 *
 *     add HEX                        one leaf, its data
 *     reset                          an empty tree
 *     edge                           root of all leaves, kept while they were added
 *     root SIZE                      root of the first SIZE leaves
 *     inclusion INDEX SIZE           proof: hashes in hex, blanks between them
 *     consistency FROM SIZE
 *     included ROOT LEAF INDEX SIZE [HASH…]      "yes" or the error
 *     extends OLD FROM ROOT SIZE [HASH…]
 *
 * Every line but add and reset is answered by one. */
#include "crypto/merkle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAVES_MAX 8192u
#define LEVELS     14u
#define WORDS_MAX  (SYM_MERKLE_PROOF_MAX + 8u)

/* Roots of the perfect subtrees of each level, in order. */
static uint8_t subtree[LEVELS][LEAVES_MAX][SYM_HASH_BYTES];
static size_t count[LEVELS];
static struct sym_merkle_edge edge;

static void must(enum sym_err err)
{
    if (err != SYM_OK) {
        (void)printf("error %s\n", sym_err_name(err));
        exit(1);
    }
}

static void add(const char *hex)
{
    uint8_t data[256];
    uint8_t hash[SYM_HASH_BYTES];
    size_t len = strlen(hex) / 2;
    must(len <= sizeof data && count[0] < LEAVES_MAX ? SYM_OK : SYM_LIMIT);
    must(sym_unhex(data, len, sym_span_text(hex)));
    must(sym_merkle_leaf(hash, sym_span(data, len)));
    must(sym_merkle_add(&edge, hash));
    memcpy(subtree[0][count[0]++], hash, sizeof hash);
    for (size_t l = 0; l + 1 < LEVELS && count[l] % 2 == 0; l++) {
        must(sym_merkle_node(subtree[l + 1][count[l + 1]], subtree[l][count[l] - 2],
                             subtree[l][count[l] - 1]));
        count[l + 1]++;
    }
}

static enum sym_err read_subtree(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                                 uint64_t index)
{
    (void)context;
    if (level >= LEVELS || index >= count[level]) {
        return SYM_NOT_FOUND;
    }
    memcpy(out, subtree[level][index], SYM_HASH_BYTES);
    return SYM_OK;
}

static void print_hash(const uint8_t hash[SYM_HASH_BYTES], const char *end)
{
    char text[2 * SYM_HASH_BYTES + 1];
    sym_hex(text, hash, SYM_HASH_BYTES);
    (void)printf("%s%s", text, end);
}

static void print_proof(enum sym_err err, const struct sym_merkle_proof *proof)
{
    if (err != SYM_OK) {
        (void)printf("error %s\n", sym_err_name(err));
        return;
    }
    for (size_t i = 0; i < proof->n; i++) {
        print_hash(proof->hash[i], i + 1 < proof->n ? " " : "");
    }
    (void)printf("\n");
}

static uint64_t number(const char *text)
{
    return strtoull(text, NULL, 10);
}

static void unhex(uint8_t out[SYM_HASH_BYTES], const char *text)
{
    must(sym_unhex(out, SYM_HASH_BYTES, sym_span_text(text)));
}

/* words: two hashes and two numbers in the order of sym_merkle_check_…, then the proof. */
static void check(bool included, char *const *words, size_t n)
{
    uint8_t first[SYM_HASH_BYTES];
    uint8_t second[SYM_HASH_BYTES];
    uint8_t bytes[SYM_MERKLE_PROOF_MAX][SYM_HASH_BYTES];
    struct sym_span proof[SYM_MERKLE_PROOF_MAX];
    must(n >= 4 && n - 4 <= SYM_MERKLE_PROOF_MAX ? SYM_OK : SYM_LIMIT);
    for (size_t i = 4; i < n; i++) {
        unhex(bytes[i - 4], words[i]);
        proof[i - 4] = sym_span(bytes[i - 4], SYM_HASH_BYTES);
    }
    unhex(first, words[0]);
    unhex(second, words[included ? 1 : 2]);
    enum sym_err err = included ? sym_merkle_check_inclusion(first, second, number(words[2]),
                                                             number(words[3]), proof, n - 4)
                                : sym_merkle_check_consistency(first, number(words[1]), second,
                                                               number(words[3]), proof, n - 4);
    (void)printf("%s\n", err == SYM_OK ? "yes" : sym_err_name(err));
}

static void answer(char *const *words, size_t n)
{
    struct sym_merkle_proof proof = {.n = 0};
    uint8_t root[SYM_HASH_BYTES];
    const char *verb = words[0];
    if (strcmp(verb, "add") == 0) {
        add(n > 1 ? words[1] : "");
    } else if (strcmp(verb, "reset") == 0) {
        memset(count, 0, sizeof count);
        edge = (struct sym_merkle_edge){.size = 0};
    } else if (strcmp(verb, "edge") == 0) {
        must(sym_merkle_edge_root(root, &edge));
        print_hash(root, "\n");
    } else if (strcmp(verb, "root") == 0 && n == 2) {
        must(sym_merkle_root(root, number(words[1]), read_subtree, NULL));
        print_hash(root, "\n");
    } else if (strcmp(verb, "inclusion") == 0 && n == 3) {
        print_proof(sym_merkle_prove_inclusion(&proof, number(words[1]), number(words[2]),
                                               read_subtree, NULL),
                    &proof);
    } else if (strcmp(verb, "consistency") == 0 && n == 3) {
        print_proof(sym_merkle_prove_consistency(&proof, number(words[1]), number(words[2]),
                                                 read_subtree, NULL),
                    &proof);
    } else if (strcmp(verb, "included") == 0 || strcmp(verb, "extends") == 0) {
        check(verb[0] == 'i', words + 1, n - 1);
    } else {
        must(SYM_BAD_VALUE);
    }
}

int main(void)
{
    static char line[8192];
    must(sym_crypto_init());
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *words[WORDS_MAX];
        char *rest = NULL;
        size_t n = 0;
        for (char *w = strtok_r(line, " \n", &rest); w != NULL && n < WORDS_MAX;
             w = strtok_r(NULL, " \n", &rest)) {
            words[n++] = w;
        }
        if (n > 0) {
            answer(words, n);
        }
    }
    return 0;
}
