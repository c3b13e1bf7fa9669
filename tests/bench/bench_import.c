/* Import: rows per second from a CSV file to tokens, with all processors: accounts (IBAN, and
 * account with sort code) and telephone numbers. The sink only counts. On a busy machine the time
 * of the processors says more. */
#include "cli/ingest/import.h"
#include "crypto/secret.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define ACCOUNT_ROWS 1000000u
#define PHONE_ROWS   100000u

static double now_s(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void give_up(const char *why)
{
    (void)fprintf(stderr, "bench_import: %s\n", why);
    exit(EXIT_FAILURE);
}

/* British numbers: check digits from ISO 7064, so that each is one to keep. */
static void write_iban(FILE *to, uint32_t number)
{
    char bban[32];
    unsigned rest = 0;
    (void)snprintf(bban, sizeof bban, "WEST123456%08" PRIu32, number);
    for (const char *at = bban; *at != '\0'; at++) {
        rest = *at <= '9' ? rest * 10 + (unsigned)(*at - '0')
                          : rest * 100 + (unsigned)(*at - 'A') + 10;
        rest %= 97;
    }
    rest = (rest * 1000000 + 161100) % 97; /* "GB00" */
    (void)fprintf(to, "GB%02u %s", 98 - rest, bban);
}

static void write_accounts(FILE *to)
{
    (void)fputs("id,iban,bank,account\n", to);
    for (uint32_t i = 0; i < ACCOUNT_ROWS; i++) {
        (void)fprintf(to, "c%" PRIu32 ",", i);
        if (i % 2 == 0) {
            write_iban(to, i);
            (void)fputs(",,\n", to);
        } else {
            (void)fprintf(to, ",20-00-00,%08" PRIu32 "\n", i);
        }
    }
}

static void write_phones(FILE *to)
{
    (void)fputs("id,phone\n", to);
    for (uint32_t i = 0; i < PHONE_ROWS; i++) {
        (void)fprintf(to, "c%" PRIu32 ",020 7%03u %04u\n", i, 100 + i / 10000 % 900, i % 10000);
    }
}

static void measure(const char *what, const char *profile_name, void write_rows(FILE *to))
{
    char path[32];
    static struct sym_profile profile;
    struct sym_fault fault;
    struct sym_import_counts counts;
    const struct sym_import_calls calls = {.context = NULL};
    int fd = memfd_create("rows", MFD_CLOEXEC);
    FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (to == NULL) {
        give_up("there is no memory for the rows");
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    write_rows(to);
    if (fflush(to) != 0 || sym_profile_load(&profile, profile_name, &fault) != SYM_OK) {
        give_up("the rows cannot be written, or the profile is gone");
    }
    memcpy(profile.rules.region, "GB", 3);
    const struct sym_import_source source = {.path = path, .profile = &profile};
    double began = now_s(CLOCK_MONOTONIC);
    double cpu_began = now_s(CLOCK_PROCESS_CPUTIME_ID);
    enum sym_err err = sym_import(&counts, &source, &calls, &fault);
    double took = now_s(CLOCK_MONOTONIC) - began;
    double cpu = now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_began;
    (void)fclose(to);
    if (err != SYM_OK || counts.records != counts.rows) {
        give_up(err != SYM_OK ? fault.text : "rows were rejected");
    }
    (void)printf("import %-9s %8" PRIu64 " rows %7.2f s %9.0f rows/s %7.2f us of CPU per row\n",
                 what, counts.rows, took, (double)counts.rows / took,
                 cpu * 1e6 / (double)counts.rows);
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        give_up("libsodium cannot be initialised");
    }
    measure("accounts", "accounts", write_accounts);
    measure("phones", "persons", write_phones);
    return EXIT_SUCCESS;
}
