#include "cli/follow.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/pause.h"

#include <inttypes.h>
#include <stdio.h>

#define TIMEOUT_DEFAULT_S 10u
#define TIMEOUT_MAX_S     (SYM_REQUEST_LIFE_MS_MAX / 1000u)
#define COUNT_MAX         100000u
#define MIB_MAX           (SYM_PING_BYTES_MAX >> 20)
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
    const struct sym_follow follow = {.client = ping->client,
                                      .alias = ping->alias,
                                      .unit = SYM_PROGRESS_BYTES,
                                      .shown = ping->bytes > 0};
    struct sym_exchange_row row;
    err = sym_follow(&row, &follow, name.id, fault);
    if (err == SYM_OK) {
        *out = (struct result){.round_trip_us = row.round_trip_us, .elapsed_us = row.elapsed_us};
    }
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
    (void)printf("%s: %" PRIu64 " sent, %" PRIu64 " answered", ping->alias, s->sent, s->answered);
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
        if (s->sent < times && sym_pause(BETWEEN_PINGS_US)) {
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
    sym_pause_begin();
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
    .example = "peer ping bank-b --count 10",
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
