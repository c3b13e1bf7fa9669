#include "cli/client.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_DEFAULT_S 10u
#define TIMEOUT_MAX_S     (SYM_REQUEST_LIFE_MS_MAX / 1000u)
#define COUNT_MAX         100000u
#define MIB_MAX           (SYM_PING_BYTES_MAX >> 20)
#define POLL_FIRST_US     5000u
#define POLL_MAX_US       200000u
#define BETWEEN_PINGS_US  200000u

static const struct sym_option options[] = {
    {.name = "mib", .argument = "N", .help = "send N MiB each time, to measure throughput"},
    {.name = "count", .argument = "N", .help = "ping N times; default: 1"},
    {.name = "timeout", .argument = "SECONDS", .help = "give up after this long; default: 10"},
    {0},
};

struct ping {
    struct sym_client *client;
    const char *alias;
    uint64_t bytes;
    uint32_t timeout_ms;
    sigset_t interrupts; /* blocked: they are taken while sleeping */
};

struct result {
    uint64_t round_trip_us;
    uint64_t elapsed_us;
};

struct summary {
    uint64_t sent, answered;
    uint64_t min_us, max_us, sum_us;
    uint64_t elapsed_us;
};

static uint64_t steady_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* True when it was interrupted by Ctrl-C or a request to end. */
static bool sleep_interrupted(const struct ping *ping, uint64_t microseconds)
{
    struct timespec pause = {.tv_sec = (time_t)(microseconds / 1000000u),
                             .tv_nsec = (long)(microseconds % 1000000u) * 1000};
    int taken;
    do {
        taken = sigtimedwait(&ping->interrupts, NULL, &pause);
    } while (taken < 0 && errno == EINTR);
    return taken > 0;
}

static enum sym_err cancel(const struct ping *ping, struct sym_span id, struct sym_fault *fault)
{
    struct sym_exchange_name name = {.id = id};
    struct sym_fault why;
    if (sym_client_do(ping->client, SYM_VERB_EXCHANGE_CANCEL, &name, &why) != SYM_OK) {
        return sym_fail(fault, SYM_CANCELLED, "%s: interrupted; %.200s", ping->alias, why.text);
    }
    return sym_fail(fault, SYM_CANCELLED, "%s: cancelled", ping->alias);
}

/* What an ended exchange says. */
static enum sym_err conclude(struct result *out, const struct ping *ping,
                             const struct sym_exchange_row *row, struct sym_fault *fault)
{
    if (row->state == SYM_EXCHANGE_DONE && row->result == SYM_OK) {
        *out = (struct result){.round_trip_us = row->round_trip_us, .elapsed_us = row->elapsed_us};
        return SYM_OK;
    }
    enum sym_err err = (enum sym_err)row->result;
    if (err == SYM_OK) {
        err = row->state == SYM_EXCHANGE_DENIED ? SYM_DENIED : SYM_CLOSED;
    }
    if (row->fault.len == 0) {
        return sym_fail(fault, err, "%s: %s", ping->alias, sym_err_text(err));
    }
    char text[SYM_FAULT_BYTES];
    sym_format_text(text, sizeof text, row->fault);
    bool names_peer = strncmp(text, ping->alias, strlen(ping->alias)) == 0;
    return names_peer ? sym_fail(fault, err, "%s", text)
                      : sym_fail(fault, err, "%s: %s", ping->alias, text);
}

static bool has_ended(const struct sym_exchange_row *row)
{
    return row->state == SYM_EXCHANGE_DONE || row->state == SYM_EXCHANGE_DENIED ||
           row->state == SYM_EXCHANGE_ABORTED;
}

static enum sym_err follow(struct result *out, const struct ping *ping, struct sym_span id,
                           struct sym_progress *progress, struct sym_fault *fault)
{
    struct sym_exchange_name name = {.id = id};
    uint64_t pause_us = POLL_FIRST_US;
    for (;;) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_exchange_row row;
        enum sym_err err =
            sym_client_ask(ping->client, SYM_VERB_EXCHANGE_STATE, &name, &arena, &row, fault);
        if (err != SYM_OK) {
            return err;
        }
        if (has_ended(&row)) {
            return conclude(out, ping, &row, fault);
        }
        if (ping->bytes > 0) {
            sym_progress_update(progress, row.done, row.total, steady_us());
        }
        if (sleep_interrupted(ping, pause_us)) {
            return cancel(ping, id, fault);
        }
        pause_us = pause_us * 3 / 2 < POLL_MAX_US ? pause_us * 3 / 2 : POLL_MAX_US;
    }
}

static enum sym_err ping_once(struct result *out, const struct ping *ping, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_name name;
    struct sym_ping_start wish = {
        .alias = sym_span_text(ping->alias), .bytes = ping->bytes, .timeout_ms = ping->timeout_ms};
    enum sym_err err =
        sym_client_ask(ping->client, SYM_VERB_PING_START, &wish, &arena, &name, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_progress progress = sym_progress(ping->alias, SYM_PROGRESS_BYTES, steady_us());
    err = follow(out, ping, name.id, &progress, fault);
    sym_progress_end(&progress);
    return err;
}

static uint64_t bytes_per_second(uint64_t bytes, uint64_t elapsed_us)
{
    return elapsed_us > 0 ? (uint64_t)((double)bytes * 1e6 / (double)elapsed_us) : 0;
}

static void print_one(const struct ping *ping, const struct result *result)
{
    char round_trip[SYM_FORMAT_BYTES];
    sym_format_latency(round_trip, result->round_trip_us);
    if (ping->bytes == 0) {
        (void)printf("%s: %s, sealed core to core\n", ping->alias, round_trip);
    } else {
        char bytes[SYM_FORMAT_BYTES];
        char elapsed[SYM_FORMAT_BYTES];
        char rate[SYM_FORMAT_BYTES];
        sym_format_bytes(bytes, ping->bytes);
        sym_format_latency(elapsed, result->elapsed_us);
        sym_format_bytes(rate, bytes_per_second(ping->bytes, result->elapsed_us));
        (void)printf("%s: %s, %s in %s (%s/s), sealed core to core\n", ping->alias, round_trip,
                     bytes, elapsed, rate);
    }
    (void)fflush(stdout);
}

static void count(struct summary *s, const struct result *result)
{
    s->min_us =
        s->answered == 0 || result->round_trip_us < s->min_us ? result->round_trip_us : s->min_us;
    s->max_us = result->round_trip_us > s->max_us ? result->round_trip_us : s->max_us;
    s->sum_us += result->round_trip_us;
    s->elapsed_us += result->elapsed_us;
    s->answered++;
}

static void print_summary(const struct ping *ping, const struct summary *s)
{
    char min[SYM_FORMAT_BYTES];
    char avg[SYM_FORMAT_BYTES];
    char max[SYM_FORMAT_BYTES];
    char alias[SYM_FORMAT_TEXT_BYTES(SYM_ALIAS_BYTES)];
    sym_format_text(alias, sizeof alias, sym_span_text(ping->alias));
    (void)printf("%s: %" PRIu64 " sent, %" PRIu64 " answered", alias, s->sent, s->answered);
    if (s->answered > 0) {
        sym_format_latency(min, s->min_us);
        sym_format_latency(avg, s->sum_us / s->answered);
        sym_format_latency(max, s->max_us);
        (void)printf("; min %s, avg %s, max %s", min, avg, max);
    }
    (void)putchar('\n');
}

static enum sym_err print_json(const struct ping *ping, const struct summary *s,
                               const struct sym_fault *fault)
{
    struct sym_json *j = sym_json_new(stdout);
    sym_json_object(j, NULL);
    sym_json_string(j, "peer", ping->alias);
    sym_json_number(j, "sent", s->sent);
    sym_json_number(j, "answered", s->answered);
    if (s->answered > 0) {
        sym_json_object(j, "round_trip_us");
        sym_json_number(j, "min", s->min_us);
        sym_json_number(j, "avg", s->sum_us / s->answered);
        sym_json_number(j, "max", s->max_us);
        sym_json_end(j);
    }
    if (s->answered > 0 && ping->bytes > 0) {
        uint64_t bytes = ping->bytes * s->answered;
        sym_json_number(j, "bytes", bytes);
        sym_json_number(j, "elapsed_us", s->elapsed_us);
        sym_json_number(j, "bytes_per_second", bytes_per_second(bytes, s->elapsed_us));
    }
    if (fault->err != SYM_OK) {
        sym_json_string(j, "error", sym_err_name(fault->err));
        sym_json_string(j, "reason", fault->text);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

/* Fills fault with the last failure, or SYM_OK in its err. */
static void ping_times(struct summary *s, const struct ping *ping, uint64_t times, bool quiet,
                       struct sym_fault *fault)
{
    fault->err = SYM_OK;
    while (s->sent < times) {
        struct result result = {0};
        struct sym_fault why;
        enum sym_err err = ping_once(&result, ping, &why);
        s->sent++;
        if (err == SYM_OK) {
            count(s, &result);
        } else {
            *fault = why;
        }
        if (err == SYM_OK && !quiet) {
            print_one(ping, &result);
        }
        /* Only what may pass is tried again. */
        bool passing = err == SYM_OK || err == SYM_TIMEOUT || err == SYM_UNREACHABLE;
        if (!passing) {
            break;
        }
        if (s->sent < times && sleep_interrupted(ping, BETWEEN_PINGS_US)) {
            fault->err = sym_fail(fault, SYM_CANCELLED, "%s: cancelled", ping->alias);
            break;
        }
    }
}

static enum sym_exit check(uint64_t *mib, uint64_t *times, uint64_t *timeout_s,
                           const struct sym_call *call)
{
    struct sym_fault fault;
    *mib = 0;
    *times = 1;
    *timeout_s = TIMEOUT_DEFAULT_S;
    const struct sym_args *args = &call->args;
    if (sym_args_number(mib, args, "mib", 1, MIB_MAX, &fault) != SYM_OK ||
        sym_args_number(times, args, "count", 1, COUNT_MAX, &fault) != SYM_OK ||
        sym_args_number(timeout_s, args, "timeout", 1, TIMEOUT_MAX_S, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    return SYM_EXIT_DONE;
}

static enum sym_exit run(const struct sym_call *call)
{
    uint64_t mib = 0;
    uint64_t times = 0;
    uint64_t timeout_s = 0;
    enum sym_exit code = check(&mib, &times, &timeout_s, call);
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    SYM_CLIENT_AUTO client = {0};
    struct ping ping = {.client = &client,
                        .alias = call->args.operands[0],
                        .bytes = mib << 20,
                        .timeout_ms = (uint32_t)timeout_s * 1000u};
    (void)sigemptyset(&ping.interrupts);
    (void)sigaddset(&ping.interrupts, SIGINT);
    (void)sigaddset(&ping.interrupts, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &ping.interrupts, NULL);
    struct sym_fault fault;
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    bool json = sym_args_has(&call->args, "json");
    struct summary summary = {0};
    ping_times(&summary, &ping, times, json, &fault);
    if (json) {
        code = sym_command_printed(print_json(&ping, &summary, &fault));
    } else if (times > 1) {
        print_summary(&ping, &summary);
    }
    return fault.err != SYM_OK ? sym_command_failed(&fault) : code;
}

const struct sym_command sym_cmd_peer_ping = {
    .name = "peer ping",
    .summary = "measure the sealed way to a peer's core and back",
    .usage = {"ALIAS [--count N] [--mib N] [--timeout SECONDS]"},
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
