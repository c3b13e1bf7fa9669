/* Canonical forms of all types: the first byte chooses the type, the second the rules; then the
 * value, and behind a NUL its second part. A canonical form is bounded, clean text, and its own
 * canonical form; a refusal says why. */
#include "cli/ingest/canon.h"
#include "crypto/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RULES 2u

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Made once: loading ICU's tables takes a thousand times as long as one value. */
static struct sym_canon *canon_of(size_t rules)
{
    static const struct sym_canon_rules all[RULES] = {
        {.region = "GB"},
        {.region = "",
         .dates = SYM_DATES_DMY,
         .phones_possible = true,
         .email_providers = true,
         .url_drop_tracking = true,
         .today_yyyymmdd = 20261121},
    };
    static struct sym_canon *made[RULES];
    if (made[rules] == NULL) {
        insist(sym_canon_new(&made[rules], &all[rules], NULL) == SYM_OK);
    }
    return made[rules];
}

static void check_text(const struct sym_canonical *c)
{
    struct sym_span rest = sym_span(c->text, c->len);
    uint32_t character = 0;
    insist(c->len > 0 && c->len <= SYM_CANONICAL_BYTES_MAX && c->text[c->len] == '\0');
    while (rest.len > 0) {
        insist(sym_text_next(&character, &rest) && character >= ' ' && character != 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sym_canonical first;
    static struct sym_canonical second;
    static struct sym_canon_steps steps;
    struct sym_fault fault = {SYM_OK, ""};
    if (size < 2) {
        return 0;
    }
    enum sym_token_type type = 1 + data[0] % (SYM_TOKEN_TYPE_COUNT - 1);
    struct sym_canon *canon = canon_of(data[1] % RULES);
    const uint8_t *value = data + 2;
    const uint8_t *nul = memchr(value, '\0', size - 2);
    size_t len = nul != NULL ? (size_t)(nul - value) : size - 2;
    struct sym_canon_value v = {.value = sym_span(value, len)};
    if (nul != NULL) {
        v.part = sym_span(nul + 1, size - 2 - len - 1);
    }
    first.len = 0;
    enum sym_err err = sym_canon(&first, &steps, canon, type, v, &fault);
    insist(err == fault.err && (err == SYM_OK) == (fault.text[0] == '\0'));
    insist(steps.n <= SYM_CANON_STEPS_MAX);
    if (err != SYM_OK) {
        insist(first.len == 0);
        return 0;
    }
    check_text(&first);
    v = (struct sym_canon_value){.value = sym_span(first.text, first.len)};
    insist(sym_canon(&second, NULL, canon, type, v, &fault) == SYM_OK);
    insist(sym_span_equal(sym_span(first.text, first.len), sym_span(second.text, second.len)));
    return 0;
}
