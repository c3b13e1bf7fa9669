/* watched_free.h - a program whose free() looks whether memory that a test watches was overwritten
 * before. To be included once, after cmocka.h. */
#ifndef SYM_TESTS_PROTO_WATCHED_FREE_H
#define SYM_TESTS_PROTO_WATCHED_FREE_H

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define WATCHED_MAX 16u

static struct {
    const uint8_t *at; /* NULL: whatever is of that length */
    size_t len;
    bool gone;
    bool wiped;
} watched[WATCHED_MAX];
static size_t n_watched;

#ifndef SYM_SANDBOX_OPEN /* there another library has free() already */
#define LOOKS true
void __libc_free(void *at);

static inline bool is_zero(const uint8_t *at, size_t len)
{
    uint8_t all = 0;
    for (size_t i = 0; i < len; i++) {
        all |= at[i];
    }
    return all == 0;
}

/* A block is up to 24 bytes longer than was asked for. */
static inline bool is_watched(size_t i, const void *at)
{
    size_t room = watched[i].at == NULL ? malloc_usable_size((void *)(uintptr_t)at) : 0;
    return watched[i].at == NULL ? room >= watched[i].len && room <= watched[i].len + 24
                                 : watched[i].at == at && !watched[i].gone;
}

void free(void *at)
{
    for (size_t i = 0; at != NULL && i < n_watched; i++) {
        if (is_watched(i, at)) {
            bool wiped = is_zero(at, watched[i].len);
            watched[i].wiped = (watched[i].wiped || !watched[i].gone) && wiped;
            watched[i].gone = true;
        }
    }
    __libc_free(at);
}
#else
#define LOOKS false
#endif

static inline void forget_watched(void)
{
    n_watched = 0;
    memset(watched, 0, sizeof watched);
}

static inline void watch(const void *at, size_t len)
{
    assert_true(n_watched < WATCHED_MAX && at != NULL && len > 0);
    watched[n_watched++].len = len;
    watched[n_watched - 1].at = at;
}

static inline void watch_length(size_t len)
{
    assert_true(n_watched < WATCHED_MAX);
    watched[n_watched++].len = len;
}

static inline void assert_wiped(void)
{
    size_t n = n_watched;
    n_watched = 0;
    for (size_t i = 0; i < n; i++) {
        if (!watched[i].gone || !watched[i].wiped) {
            fail_msg("%zu of %zu bytes long: %s", i, watched[i].len,
                     watched[i].gone ? "not wiped" : "not freed");
        }
    }
}

static inline void skip_without_free(void)
{
    if (!LOOKS) {
        print_message("SKIP: free() belongs to the sanitizer or to valgrind\n");
        skip();
    }
    forget_watched();
}

#endif
