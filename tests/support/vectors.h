/* vectors.h - official test vectors for the tests: JSON files from $SYMBOLON_VECTORS, otherwise
 * from tests/vectors. Whatever is missing or not in the expected form fails the running test. */
#ifndef SYM_TESTS_SUPPORT_VECTORS_H
#define SYM_TESTS_SUPPORT_VECTORS_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

/* The parsed file; the caller frees it with cJSON_Delete. */
cJSON *vectors_load(const char *file);
/* The member of this name. */
const cJSON *vectors_get(const cJSON *object, const char *name);
const char *vectors_text(const cJSON *object, const char *name);
int vectors_int(const cJSON *object, const char *name);
/* Decodes the hex string item into at most max bytes and tells how many there were. */
size_t vectors_unhex(uint8_t *out, size_t max, const cJSON *item);
/* The same for a member of which the length is known. */
void vectors_bytes(uint8_t *out, size_t len, const cJSON *object, const char *name);

#endif
