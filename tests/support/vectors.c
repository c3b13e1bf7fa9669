#include "tests/support/vectors.h"

#include "crypto/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (1u << 20)

cJSON *vectors_load(const char *file)
{
    const char *folder = getenv("SYMBOLON_VECTORS");
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "tests/vectors", file);
    FILE *from = fopen(path, "rb");
    if (from == NULL) {
        fail_msg("cannot open %s: set SYMBOLON_VECTORS or run from the top of the tree", path);
    }
    char *text = malloc(FILE_MAX_BYTES);
    assert_non_null(text);
    size_t len = fread(text, 1, FILE_MAX_BYTES, from);
    (void)fclose(from);
    cJSON *parsed = cJSON_ParseWithLength(text, len);
    free(text);
    if (parsed == NULL) {
        fail_msg("%s is not JSON, or larger than %u bytes", path, FILE_MAX_BYTES);
    }
    return parsed;
}

const cJSON *vectors_get(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (item == NULL) {
        fail_msg("a vector has no member %s", name);
    }
    return item;
}

const char *vectors_text(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(vectors_get(object, name));
    assert_non_null(text);
    return text;
}

int vectors_int(const cJSON *object, const char *name)
{
    const cJSON *item = vectors_get(object, name);
    assert_true(cJSON_IsNumber(item));
    return item->valueint;
}

size_t vectors_unhex(uint8_t *out, size_t max, const cJSON *item)
{
    const char *text = cJSON_GetStringValue(item);
    assert_non_null(text);
    size_t len = strlen(text) / 2;
    assert_true(len <= max);
    assert_int_equal(sym_unhex(out, len, sym_span_text(text)), SYM_OK);
    return len;
}

void vectors_bytes(uint8_t *out, size_t len, const cJSON *object, const char *name)
{
    assert_int_equal(vectors_unhex(out, len, vectors_get(object, name)), len);
}
