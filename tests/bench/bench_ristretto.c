/* The group arithmetic of each backend beside libsodium's own functions, in the same process: CPU
 * time of one thread per element, the least of several rounds, wiping and dispatch included; then
 * two threads against one, and a sum with weights of 128 bits.
 *
 *     bench_ristretto [--json]
 */
#include "crypto/ristretto.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ELEMENTS 4096u
#define SLICE    512u /* of those, but for sums */
#define BARE     48u
#define ROUNDS   60u
#define THREADS  2u

#define THREAD_ROUNDS 7u

enum measure { DERIVE_MULTIPLY, MULTIPLY, DERIVE, CHECK, SUM, MEASURES };

static const char *const names[] = {"derive+multiply", "multiply", "derive", "check", "sum"};

static struct sym_uniform uniform[ELEMENTS];
static struct sym_element elements[ELEMENTS];
static uint8_t weights[ELEMENTS * SYM_SHORT_WEIGHT_BYTES];
static struct sym_scalar scalar;

static void must(bool done, const char *what)
{
    if (!done) {
        (void)fprintf(stderr, "bench_ristretto: %s failed\n", what);
        exit(1);
    }
}

static double us_of(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* What the backends are measured against: libsodium called as its manual says, element by element.
 */
static void bare(enum measure what, struct sym_element *out)
{
    struct sym_element total = {{0}};
    struct sym_scalar weight = {{0}};
    int bad = 0;
    for (size_t i = 0; i < BARE; i++) {
        struct sym_element e = elements[i];
        if (what == DERIVE_MULTIPLY || what == DERIVE) {
            bad |= crypto_core_ristretto255_from_hash(e.bytes, uniform[i].bytes);
        }
        if (what == DERIVE_MULTIPLY || what == MULTIPLY) {
            bad |= crypto_scalarmult_ristretto255(out[i].bytes, scalar.bytes, e.bytes);
        }
        if (what == CHECK) {
            bad |= !crypto_core_ristretto255_is_valid_point(e.bytes);
        }
        if (what == SUM) {
            memcpy(weight.bytes, weights + i * SYM_SHORT_WEIGHT_BYTES, SYM_SHORT_WEIGHT_BYTES);
            bad |= crypto_scalarmult_ristretto255(e.bytes, weight.bytes, e.bytes);
            bad |= crypto_core_ristretto255_add(total.bytes, total.bytes, e.bytes);
        }
    }
    must(bad == 0, "libsodium");
}

static size_t elements_of(enum measure what)
{
    return what == SUM ? ELEMENTS : SLICE;
}

static void batch(enum measure what, struct sym_element *out, const struct sym_ristretto *with,
                  size_t n)
{
    enum sym_err err = SYM_INTERNAL;
    switch (what) {
    case DERIVE_MULTIPLY:
        err = sym_ristretto_derive_multiply(out, NULL, with, uniform, n, &scalar);
        break;
    case MULTIPLY:
        err = sym_ristretto_multiply(out, NULL, with, elements, n, &scalar);
        break;
    case DERIVE:
        err = sym_ristretto_derive(out, NULL, with, uniform, n);
        break;
    case CHECK:
        err = sym_ristretto_check(NULL, with, elements, n);
        break;
    case SUM:
        err = sym_ristretto_sum(out, NULL, with, elements, n, weights, SYM_SHORT_WEIGHT_BYTES);
        break;
    case MEASURES:
        break;
    }
    must(err == SYM_OK, names[what]);
}

struct cost {
    double backend_us; /* per element */
    double bare_us;
};

/* The two take turns for as long each, so that what else the processor does meets both alike. */
static struct cost measure(enum measure what, const struct sym_ristretto *with)
{
    static struct sym_element out[ELEMENTS];
    struct cost least = {1e9, 1e9};
    for (unsigned round = 0; round < ROUNDS; round++) {
        double began = us_of(CLOCK_THREAD_CPUTIME_ID);
        batch(what, out, with, elements_of(what));
        double between = us_of(CLOCK_THREAD_CPUTIME_ID);
        bare(what, out);
        double ended = us_of(CLOCK_THREAD_CPUTIME_ID);
        double backend_us = (between - began) / (double)elements_of(what);
        double bare_us = (ended - between) / BARE;
        least.backend_us = backend_us < least.backend_us ? backend_us : least.backend_us;
        least.bare_us = bare_us < least.bare_us ? bare_us : least.bare_us;
    }
    return least;
}

static void *run_thread(void *context)
{
    struct sym_element *out = calloc(ELEMENTS, sizeof *out);
    must(out != NULL, "memory");
    batch(MULTIPLY, out, context, ELEMENTS);
    free(out);
    return NULL;
}

/* How many times as much two threads get done as one, in wall time. */
static double measure_threads(const struct sym_ristretto *with)
{
    double least[THREADS + 1] = {0, 1e12, 1e12};
    for (unsigned round = 0; round < THREAD_ROUNDS; round++) {
        for (unsigned n = 1; n <= THREADS; n++) {
            pthread_t threads[THREADS];
            double began = us_of(CLOCK_MONOTONIC);
            for (unsigned i = 0; i < n; i++) {
                must(pthread_create(&threads[i], NULL, run_thread, (void *)(uintptr_t)with) == 0,
                     "a thread");
            }
            for (unsigned i = 0; i < n; i++) {
                (void)pthread_join(threads[i], NULL);
            }
            double spent = us_of(CLOCK_MONOTONIC) - began;
            least[n] = spent < least[n] ? spent : least[n];
        }
    }
    return THREADS * least[1] / least[THREADS];
}

static void report(const struct sym_ristretto *with, bool json, bool first)
{
    const char *name = sym_ristretto_name(with);
    for (int what = 0; what < MEASURES; what++) {
        struct cost c = measure((enum measure)what, with);
        (void)printf(json ? "%s{\"backend\": \"%s\", \"operation\": \"%s\", \"us\": %.3f, "
                            "\"libsodium_us\": %.3f, \"ratio\": %.2f}"
                          : "%s%-8s %-16s %9.3f %9.3f %7.2f\n",
                     !json                ? ""
                     : first && what == 0 ? "\n "
                                          : ",\n ",
                     name, names[what], c.backend_us, c.bare_us, c.bare_us / c.backend_us);
        (void)fflush(stdout);
    }
    (void)printf(json ? ",\n {\"backend\": \"%s\", \"operation\": \"two threads\", \"ratio\": %.2f}"
                      : "%-8s two threads against one %18.2f\n",
                 name, measure_threads(with));
}

int main(int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    const struct sym_ristretto *with = NULL;
    must(sym_crypto_init() == SYM_OK && sym_ristretto_choose(&with, NULL) == SYM_OK, "set-up");
    sym_random(uniform[0].bytes, sizeof uniform);
    sym_random(weights, sizeof weights);
    sym_scalar_random(&scalar);
    batch(DERIVE, elements, with, ELEMENTS);
    (void)printf(json ? "["
                      : "microseconds of CPU per element, batches of %u, sums of %u\n%-8s %-16s "
                        "%9s %9s %7s\n",
                 SLICE, ELEMENTS, "backend", "operation", "backend", "libsodium", "ratio");
    bool first = true;
    for (size_t i = 0; sym_ristretto_name_at(i) != NULL; i++) {
        const char *name = sym_ristretto_name_at(i);
        if (strcmp(name, "sodium") != 0 && sym_ristretto_choose(&with, name) == SYM_OK) {
            report(with, json, first);
            first = false;
        }
    }
    (void)printf("%s", json ? "\n]\n" : "");
    return 0;
}
