/* Keys of persons: the first byte says which parts the rest, cut at NULs, is. What is made is
 * bounded, in ASCII, made again of the same, and of each type once; each refusal says why. As a
 * table of nicknames the same bytes are read or refused with a line. */
#include "cli/ingest/nicknames.h"
#include "cli/ingest/person.h"
#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static struct sym_canon *made_once(void)
{
    static struct sym_canon *canon;
    static struct sym_nicknames *nicknames;
    if (canon == NULL) {
        insist(sym_crypto_init() == SYM_OK);
        insist(sym_nicknames_load(&nicknames, NULL, NULL) == SYM_OK);
        const struct sym_canon_rules rules = {
            .region = "", .dates = SYM_DATES_DMY, .nicknames = nicknames};
        insist(sym_canon_new(&canon, &rules, NULL) == SYM_OK);
    }
    return canon;
}

static void check_key(const struct sym_person_text *key)
{
    insist((SYM_TOKEN_KEY_TYPES >> key->type & 1) != 0 && key->text[0] != '\0');
    for (const char *at = key->text; *at != '\0'; at++) {
        insist(*at >= ' ' && *at < 0x7f);
    }
}

static void check(const struct sym_person_keys *k)
{
    uint64_t types = 0;
    insist(k->n <= SYM_PERSON_KEYS_MAX && k->n_made <= SYM_PERSON_PARTS);
    insist(k->n_refused <= SYM_PERSON_PARTS);
    for (size_t i = 0; i < k->n; i++) {
        check_key(&k->key[i]);
        insist((types >> k->key[i].type & 1) == 0);
        types |= UINT64_C(1) << k->key[i].type;
    }
    for (size_t i = 0; i < k->n_refused; i++) {
        insist(k->refused[i].part != SYM_PERSON_NONE && strchr(k->refused[i].text, ':') != NULL);
    }
}

static void read_nicknames(const uint8_t *data, size_t size)
{
    struct sym_nicknames *n = NULL;
    struct sym_fault fault = {SYM_OK, ""};
    enum sym_err err = sym_nicknames_parse(&n, "table", sym_span(data, size), &fault);
    insist(err == SYM_OK ? n != NULL : err == fault.err && strstr(fault.text, "table:") != NULL);
    sym_nicknames_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sym_person_keys first;
    static struct sym_person_keys second;
    struct sym_person person = {.part = {{NULL, 0}}};
    struct sym_canon *canon = made_once();
    if (size == 0) {
        return 0;
    }
    const uint8_t *at = data + 1;
    size_t left = size - 1;
    for (size_t p = SYM_PERSON_NONE + 1; p < SYM_PERSON_PARTS; p++) {
        if ((data[0] >> p & 1) == 0) {
            continue;
        }
        const uint8_t *nul = left > 0 ? memchr(at, '\0', left) : NULL;
        size_t len = nul != NULL ? (size_t)(nul - at) : left;
        person.part[p] = sym_span(at, len);
        len += nul != NULL ? 1 : 0;
        at += len;
        left -= len;
    }
    insist(sym_person_keys(&first, canon, &person) == SYM_OK);
    check(&first);
    insist(sym_person_keys(&second, canon, &person) == SYM_OK);
    insist(second.n == first.n);
    for (size_t i = 0; i < first.n; i++) {
        insist(strcmp(first.key[i].text, second.key[i].text) == 0);
    }
    if (data[0] == 0) {
        read_nicknames(data + 1, size - 1);
    }
    return 0;
}
