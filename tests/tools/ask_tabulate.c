/* ask_tabulate DIR DATASET [OPTION]... DIMENSION=CODE,CODE...: has the node of DIR begin a joint
 * tabulation of this cube, waits for its end and prints what became of it as JSON: state and fault,
 * and of a release its numbers and cells (0: suppressed).
 *
 *     --peers A,B       who is asked; default: all peers
 *     --without-own     the node contributes nothing
 *     --levels 0/0,1    places of the dimensions of each level; default: one level of all
 *     --epsilon NANO    default 1000000000
 *     --cells N         of one incident, at most; default 1
 *     --persons N       counts persons, of one incident at most so many
 *     --timeout MS
 *     --brief           a release without its cells
 *     --plan            only what would happen
 *     --follow          meanwhile "DONE TOTAL" on standard error, whenever a step was taken
 */
#include "cli/client.h"
#include "cli/exchange_row.h"
#include "cli/json.h"
#include "proto/tabulate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_MS        60000u
#define DIMENSIONS_MAX 8u
#define LEVELS_MAX     16u
#define CODES_MAX      65536u
#define PEERS_MAX      255u
#define QUERY_BYTES    (1u << 20)
#define POLL_NS        5000000
#define POLL_NS_MAX    100000000
#define PAGE_CELLS     1000000u

struct asked {
    struct sym_tab_dimension dimensions[DIMENSIONS_MAX];
    struct sym_tab_level levels[LEVELS_MAX];
    uint8_t places[LEVELS_MAX][DIMENSIONS_MAX];
    struct sym_span peers[PEERS_MAX];
    struct sym_span *codes;
    size_t n_codes;
    struct sym_tab_query query;
    struct sym_tabulate_start start;
    bool brief;
    bool plan;
    bool follow;
};

/* Splits text in place; how many pieces. */
static size_t split(struct sym_span *out, size_t max, char *text, const char *between)
{
    size_t n = 0;
    char *rest = NULL;
    for (char *p = strtok_r(text, between, &rest); p != NULL && n < max;
         p = strtok_r(NULL, between, &rest)) {
        out[n++] = sym_span_text(p);
    }
    return n;
}

static bool read_dimension(struct asked *a, char *word)
{
    char *codes = strchr(word, '=');
    if (codes == NULL || a->query.n_dimensions == DIMENSIONS_MAX) {
        return false;
    }
    *codes++ = '\0';
    struct sym_tab_dimension *d = &a->dimensions[a->query.n_dimensions++];
    enum sym_dimension dimension = SYM_DIMENSION_NONE;
    if (sym_dimension_parse(&dimension, sym_span_text(word)) != SYM_OK) {
        return false;
    }
    d->dimension = (uint32_t)dimension;
    d->codes = a->codes + a->n_codes;
    d->n_codes = split(a->codes + a->n_codes, CODES_MAX - a->n_codes, codes, ",");
    a->n_codes += d->n_codes;
    return d->n_codes > 0;
}

static void read_levels(struct asked *a, char *text)
{
    struct sym_span levels[LEVELS_MAX];
    struct sym_span places[DIMENSIONS_MAX];
    a->query.n_levels = split(levels, LEVELS_MAX, text, "/");
    for (size_t i = 0; i < a->query.n_levels; i++) {
        char room[64] = "";
        memcpy(room, levels[i].data, levels[i].len < sizeof room ? levels[i].len : 0);
        size_t n = split(places, DIMENSIONS_MAX, room, ",");
        for (size_t k = 0; k < n; k++) {
            a->places[i][k] = (uint8_t)(places[k].data[0] - '0');
        }
        a->levels[i].dimensions = sym_span(a->places[i], n);
    }
}

static bool read_option(struct asked *a, const char *name, char *value)
{
    bool good = value != NULL;
    if (strcmp(name, "--peers") == 0 && good) {
        a->start.n_peers = split(a->peers, PEERS_MAX, value, ",");
    } else if (strcmp(name, "--levels") == 0 && good) {
        read_levels(a, value);
    } else if (strcmp(name, "--epsilon") == 0 && good) {
        a->query.epsilon_nano = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--cells") == 0 && good) {
        a->query.cells_per_incident = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--persons") == 0 && good) {
        a->query.unit = SYM_TAB_PERSONS;
        a->query.persons_max = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--timeout") == 0 && good) {
        a->start.timeout_ms = (uint32_t)strtoul(value, NULL, 10);
    } else {
        return false;
    }
    return true;
}

static bool read_words(struct asked *a, int n, char **words)
{
    bool good = true;
    for (int i = 0; good && i < n; i++) {
        if (strcmp(words[i], "--without-own") == 0) {
            a->start.without_own = true;
        } else if (strcmp(words[i], "--brief") == 0) {
            a->brief = true;
        } else if (strcmp(words[i], "--plan") == 0) {
            a->plan = true;
        } else if (strcmp(words[i], "--follow") == 0) {
            a->follow = true;
        } else if (strncmp(words[i], "--", 2) == 0) {
            good = read_option(a, words[i], i + 1 < n ? words[i + 1] : NULL);
            i++;
        } else {
            good = read_dimension(a, words[i]);
        }
    }
    if (good && a->query.n_levels == 0) {
        for (size_t k = 0; k < a->query.n_dimensions; k++) {
            a->places[0][k] = (uint8_t)k;
        }
        a->levels[0].dimensions = sym_span(a->places[0], a->query.n_dimensions);
        a->query.n_levels = 1;
    }
    return good;
}

static enum sym_err print_plan(struct sym_client *c, const struct asked *a, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tabulate_plan p;
    enum sym_err err = sym_client_ask(c, SYM_VERB_TABULATE_PLAN, &a->start, &arena, &p, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_json *j = sym_json_new(stdout);
    sym_json_object(j, NULL);
    sym_json_number(j, "members", p.n_members);
    sym_json_number(j, "quorum", p.quorum);
    sym_json_number(j, "cells", p.cells);
    sym_json_number(j, "threshold", p.threshold);
    sym_json_number(j, "half_width", p.half_width);
    sym_json_number(j, "budget_left_nano", p.budget_left_nano);
    sym_json_number(j, "budget_cap_nano", p.budget_cap_nano);
    sym_json_bool(j, "contributes", p.contributes);
    sym_json_end(j);
    return sym_json_finish(j);
}

/* Asks until it has ended; the texts of *row lie in arena. */
static enum sym_err wait_for(struct sym_client *c, struct sym_span id, bool follow,
                             struct sym_arena *arena, struct sym_exchange_row *row,
                             struct sym_fault *fault)
{
    const struct sym_exchange_name name = {.id = id};
    struct timespec moment = {.tv_nsec = POLL_NS};
    uint64_t done = 0;
    for (;;) {
        sym_arena_clear(arena);
        enum sym_err err = sym_client_ask(c, SYM_VERB_EXCHANGE_STATE, &name, arena, row, fault);
        if (err != SYM_OK || row->state == SYM_EXCHANGE_DONE || row->state == SYM_EXCHANGE_DENIED ||
            row->state == SYM_EXCHANGE_ABORTED) {
            return err;
        }
        if (follow && row->done != done) {
            done = row->done;
            (void)fprintf(stderr, "%" PRIu64 " %" PRIu64 "\n", done, row->total);
        }
        (void)nanosleep(&moment, NULL);
        moment.tv_nsec += !follow && moment.tv_nsec < POLL_NS_MAX ? moment.tv_nsec / 8 : 0;
    }
}

static enum sym_err print_cells(struct sym_client *c, struct sym_json *j, struct sym_span id,
                                uint32_t cells, struct sym_fault *fault)
{
    static uint64_t room[PAGE_CELLS];
    enum sym_err err = SYM_OK;
    sym_json_array(j, "cells");
    for (uint32_t at = 0; err == SYM_OK && at < cells;) {
        size_t n = 0;
        SYM_ARENA_AUTO arena = {0};
        struct sym_cells_page page;
        const struct sym_cells_query asked = {.id = id, .first = at};
        err = sym_client_ask(c, SYM_VERB_RELEASE_CELLS, &asked, &arena, &page, fault);
        if (err == SYM_OK) {
            err = sym_cells_read(room, PAGE_CELLS, &n, page.cells);
        }
        for (size_t i = 0; err == SYM_OK && i < n; i++) {
            sym_json_number(j, NULL, room[i]);
        }
        at += (uint32_t)n;
    }
    sym_json_end(j);
    return err;
}

static enum sym_err print_release(struct sym_client *c, struct sym_json *j, const struct asked *a,
                                  struct sym_span id, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_release r;
    const struct sym_exchange_name name = {.id = id};
    enum sym_err err = sym_client_ask(c, SYM_VERB_RELEASE_SHOW, &name, &arena, &r, fault);
    if (err != SYM_OK) {
        return err;
    }
    sym_json_hex(j, "tabulation", r.tabulation);
    sym_json_hex(j, "cells_hash", r.cells_hash);
    sym_json_number(j, "participants", r.cohort.len / SYM_HASH_BYTES);
    sym_json_array(j, "survivors");
    for (size_t i = 0; i < r.survivors.len; i++) {
        size_t at = r.survivors.data[i] * (size_t)SYM_HASH_BYTES;
        sym_json_hex(j, NULL, sym_span(r.cohort.data + at, SYM_HASH_BYTES));
    }
    sym_json_end(j);
    sym_json_number(j, "threshold", r.threshold);
    sym_json_number(j, "half_width", r.half_width);
    sym_json_number(j, "suppressed", r.suppressed);
    return a->brief ? SYM_OK : print_cells(c, j, id, r.cells, fault);
}

static enum sym_err run(struct sym_client *c, const struct asked *a, struct sym_fault *fault)
{
    SYM_ARENA_AUTO named = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_name name;
    struct sym_exchange_row row;
    enum sym_err err = sym_client_ask(c, SYM_VERB_TABULATE_START, &a->start, &named, &name, fault);
    if (err == SYM_OK) {
        err = wait_for(c, name.id, a->follow, &arena, &row, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_json *j = sym_json_new(stdout);
    sym_json_object(j, NULL);
    sym_json_hex(j, "id", name.id);
    sym_json_string(j, "state", sym_exchange_state_text(row.state));
    sym_json_text(j, "fault", row.fault);
    sym_json_number(j, "elapsed_us", row.elapsed_us);
    sym_json_number(j, "bytes_sent", row.bytes_sent);
    sym_json_number(j, "bytes_received", row.bytes_received);
    if (row.state == SYM_EXCHANGE_DONE) {
        err = print_release(c, j, a, name.id, fault);
    }
    sym_json_end(j);
    enum sym_err written = sym_json_finish(j);
    return err != SYM_OK ? err : written;
}

static enum sym_err ask(const char *dir, const struct asked *a, struct sym_fault *fault)
{
    struct sym_client client = {0};
    struct sym_call call = {.dir = dir, .wait_ms = WAIT_MS};
    sym_command_options(&call.args, &sym_cmd_status);
    enum sym_err err = sym_client_open(&client, &call, fault);
    if (err == SYM_OK) {
        err = a->plan ? print_plan(&client, a, fault) : run(&client, a, fault);
    }
    sym_client_close(&client);
    return err;
}

int main(int argc, char **argv)
{
    static struct asked a;
    static uint8_t query[QUERY_BYTES];
    struct sym_fault fault = {.text =
                                  "usage: ask_tabulate DIR DATASET [OPTION]... DIMENSION=CODES..."};
    size_t len = 0;
    a.codes = calloc(CODES_MAX, sizeof *a.codes);
    a.query = (struct sym_tab_query){.version = 1,
                                     .dimensions = a.dimensions,
                                     .levels = a.levels,
                                     .persons_max = 1,
                                     .cells_per_incident = 1,
                                     .epsilon_nano = 1000000000};
    a.start = (struct sym_tabulate_start){
        .peers = a.peers, .purpose = SYM_PURPOSE_STATISTICS, .basis = SYM_BASIS_PUBLIC_TASK};
    enum sym_err err = SYM_BAD_VALUE;
    if (a.codes != NULL && argc > 3 && sym_crypto_init() == SYM_OK &&
        read_words(&a, argc - 3, argv + 3)) {
        a.start.dataset = sym_span_text(argv[2]);
        err = sym_encode(query, sizeof query, &len, &sym_msg_tab_query, &a.query);
    }
    if (err == SYM_OK) {
        a.start.query = sym_span(query, len);
        err = ask(argv[1], &a, &fault);
    }
    free(a.codes);
    if (err != SYM_OK) {
        (void)fprintf(stderr, "ask_tabulate: %s\n", fault.text);
        return 1;
    }
    return 0;
}
