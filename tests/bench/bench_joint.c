/* What the machines of a joint tabulation cost, messages and signatures included: all participants
 * and the initiator in this process, without links or storage. Compare bench_tabulate, which has
 * the bare computation.
 *
 *     bench_joint [--json] [NODES [COUNTRIES [MONTHS [GONE]]]]   (200 nodes, 400 x 250 cells, 0)
 *
 * GONE nodes leave before their vectors are complete. With noise; epsilon and sensitivity are 1. */
#include "tests/support/tab_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PHASES (SYM_TAB_FAILED + 1)

static const char *const names[PHASES] = {
    [SYM_TAB_CONSENTS] = "consents",   [SYM_TAB_SHARES] = "shares",
    [SYM_TAB_VECTORS] = "vectors",     [SYM_TAB_SURVIVORS] = "survivors",
    [SYM_TAB_UNMASKING] = "unmasking", [SYM_TAB_RELEASING] = "release",
};

static struct tab_rig rig;

static double seconds(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t number(int argc, char **argv, int at, uint32_t otherwise)
{
    return at < argc ? (uint32_t)strtoul(argv[at], NULL, 10) : otherwise;
}

static void show(const double *cpu, const double *wall, long rss_kib, bool done)
{
    double sum = 0;
    double total = 0;
    (void)printf("%u nodes, %u cells\n", rig.n, rig.cells);
    for (unsigned i = 0; i < PHASES; i++) {
        if (names[i] != NULL) {
            sum += cpu[i];
            total += wall[i];
            (void)printf("%-10s %8.3f s CPU %8.3f s\n", names[i], cpu[i], wall[i]);
        }
    }
    (void)printf("together   %8.3f s CPU %8.3f s; %.1f MB to the initiator; at most %ld MiB; %s\n",
                 sum, total, (double)rig.bytes_to_lead / 1e6, rss_kib / 1024,
                 done ? "released" : "failed");
}

static void show_json(const double *cpu, const double *wall, long rss_kib, bool done)
{
    (void)printf("{\"nodes\": %u, \"cells\": %u", rig.n, rig.cells);
    for (unsigned i = 0; i < PHASES; i++) {
        if (names[i] != NULL) {
            (void)printf(", \"%s_cpu_s\": %.3f, \"%s_wall_s\": %.3f", names[i], cpu[i], names[i],
                         wall[i]);
        }
    }
    (void)printf(", \"bytes_to_lead\": %llu, \"rss_kib\": %ld, \"done\": %s}\n",
                 (unsigned long long)rig.bytes_to_lead, rss_kib, done ? "true" : "false");
}

int main(int argc, char **argv)
{
    double cpu[PHASES] = {0};
    double wall[PHASES] = {0};
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    argc -= json;
    argv += json;
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    tab_rig_open(&rig, number(argc, argv, 1, 200), number(argc, argv, 2, 400),
                 number(argc, argv, 3, 250));
    rig.noise = rig.thorough = true;
    rig.crew = crew_new((unsigned)sysconf(_SC_NPROCESSORS_ONLN));
    for (uint32_t i = 0; i < number(argc, argv, 4, 0); i++) {
        rig.leaves[(7u + 3u * i) % rig.n] = TAB_VECTOR;
    }
    tab_rig_begin(&rig);
    for (bool any = true; any;) {
        enum sym_tab_phase phase = sym_tab_lead_phase(rig.lead);
        double c = seconds(CLOCK_PROCESS_CPUTIME_ID);
        double w = seconds(CLOCK_MONOTONIC);
        any = tab_rig_round(&rig);
        cpu[phase] += seconds(CLOCK_PROCESS_CPUTIME_ID) - c;
        wall[phase] += seconds(CLOCK_MONOTONIC) - w;
    }
    bool done = sym_tab_lead_phase(rig.lead) == SYM_TAB_DONE;
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    (json ? show_json : show)(cpu, wall, usage.ru_maxrss, done);
    tab_rig_close(&rig);
    return done ? 0 : 1;
}
