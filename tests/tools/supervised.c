/* symbolond with stand-ins for core and gate, whose behaviour $SYMBOLON_STUB lists: the supervisor
 * can be tested against children that fail, hang and lie. Words, separated by spaces:
 *     core-dies core-faults core-hangs core-lies core-lets-go     instead of serving
 *     core-resolves=HOST:PORT    the answer is logged
 *     core-ignores-stop gate-ignores-stop
 *     gate-dies gate-faults gate-lies gate-speaks                 once it was started
 * Each child logs what it was told, with keys as hashes of their first use only: never a key. */
#include "node/core/core.h"
#include "node/gate/gate.h"
#include "node/leash.h"
#include "node/log.h"
#include "node/supervisor/program.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct packet {
    enum sym_leash_type type;
    uint8_t bytes[SYM_LEASH_BYTES_MAX];
    size_t len;
};

/* The list, copied before there are children: they forget their environment. */
static char behaviour[512];

/* The argument behind "word=" or "" behind "word"; NULL when the word is not listed. */
static const char *stub(char out[128], const char *word)
{
    size_t len = strlen(word);
    for (const char *at = behaviour; *at != '\0'; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (n >= len && n < 128 && strncmp(at, word, len) == 0 && (n == len || at[len] == '=')) {
            size_t skip = n == len ? len : len + 1;
            memcpy(out, at + skip, n - skip);
            out[n - skip] = '\0';
            return out;
        }
        at += n;
    }
    return NULL;
}

static bool told(const char *word)
{
    char argument[128];
    return stub(argument, word) != NULL;
}

static bool await(struct packet *p, int leash)
{
    struct pollfd input = {.fd = leash, .events = POLLIN};
    while (poll(&input, 1, -1) < 0 && errno == EINTR) {
    }
    return sym_leash_receive(leash, &p->type, p->bytes, sizeof p->bytes, &p->len) == SYM_OK;
}

static void say(int leash, enum sym_leash_type type, const char *text)
{
    if (sym_leash_send(leash, type, sym_span_text(text)) != SYM_OK) {
        exit(3);
    }
}

static void hang(void)
{
    for (;;) {
        (void)pause();
    }
}

static void ask(int leash, const char *endpoint)
{
    uint8_t bytes[300];
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    struct sym_span whole;
    sym_write_u32(&w, 77);
    sym_write_span(&w, sym_span_text(endpoint));
    if (sym_write_end(&w, &whole) != SYM_OK ||
        sym_leash_send(leash, SYM_LEASH_RESOLVE, whole) != SYM_OK) {
        exit(3);
    }
}

static void log_answer(const struct packet *p)
{
    struct sym_reader r = sym_reader(sym_span(p->bytes, p->len));
    char text[SYM_LEASH_BYTES_MAX + 1];
    uint32_t number = sym_read_u32(&r);
    uint8_t err = sym_read_u8(&r);
    struct sym_span rest = sym_read_span(&r, r.left);
    memcpy(text, rest.data, rest.len);
    text[rest.len] = '\0';
    sym_log(SYM_LEVEL_INFO, "resolved", "number", number == 77 ? "77" : "wrong", "result",
            sym_err_name((enum sym_err)err), "addresses", text, NULL);
}

static int until_stopped(int leash, const char *ignores)
{
    struct packet p;
    while (await(&p, leash)) {
        if (p.type == SYM_LEASH_RESOLVED) {
            log_answer(&p);
        } else if (p.type == SYM_LEASH_STOP && told(ignores)) {
            hang();
        } else if (p.type == SYM_LEASH_STOP) {
            sym_log(SYM_LEVEL_INFO, "told-to-stop", NULL);
            return 0;
        }
    }
    return 4;
}

static void misbehave(int leash, const char *who)
{
    char word[32];
    const char *how[] = {"dies", "faults", "hangs", "lies", "lets-go"};
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        (void)snprintf(word, sizeof word, "%s-%s", who, how[i]);
        if (!told(word)) {
            continue;
        }
        switch (i) {
        case 0:
            (void)signal(SIGUSR1, SIG_DFL);
            (void)raise(SIGUSR1);
            break;
        case 1:
            say(leash, SYM_LEASH_FAULT, "the stub: cannot go on:\n\033[31m nobody can");
            exit(1);
        case 2:
            hang();
            break;
        case 3:
            say(leash, SYM_LEASH_CORE_KEYS, "keys");
            break;
        default:
            (void)close(leash);
            hang();
        }
    }
}

/* Where commands come in; none is answered. */
static bool open_control(const char *run_dir)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int len = snprintf(at.sun_path, sizeof at.sun_path, "%s/control", run_dir);
    return fd >= 0 && len > 0 && (size_t)len < sizeof at.sun_path &&
           bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
}

int sym_core_main(const struct sym_core_start *start)
{
    struct packet p;
    struct sym_node_keys keys = {.storage = {0}};
    char endpoint[128];

    if (!open_control(start->run_dir) || !await(&p, start->leash) ||
        p.type != SYM_LEASH_CORE_KEYS ||
        sym_leash_keys_read(&keys, sym_span(p.bytes, p.len)) != SYM_OK) {
        return 2;
    }
    sym_wipe(&p, sizeof p);
    misbehave(start->leash, "core");
    say(start->leash, SYM_LEASH_LISTEN, "127.0.0.1:7701");
    say(start->leash, SYM_LEASH_READY, "127.0.0.1:7701");
    if (stub(endpoint, "core-resolves") != NULL) {
        ask(start->leash, endpoint);
    }
    int code = until_stopped(start->leash, "core-ignores-stop");
    sym_node_keys_clear(&keys);
    return code;
}

int sym_gate_main(const struct sym_gate_start *start)
{
    struct packet p;
    struct sym_sign_key tls = {.seed = {0}};

    if (!await(&p, start->leash)) {
        return 2;
    }
    if (p.type == SYM_LEASH_STOP) {
        return 0;
    }
    if (p.type != SYM_LEASH_GATE_START || p.len <= SYM_SEED_BYTES ||
        sym_sign_key_from(&tls, sym_span(p.bytes, SYM_SEED_BYTES)) != SYM_OK) {
        return 2;
    }
    sym_wipe(&p, sizeof p);
    misbehave(start->leash, "gate");
    if (told("gate-speaks")) {
        say(start->leash, SYM_LEASH_RESOLVE, "12");
    }
    int code = until_stopped(start->leash, "gate-ignores-stop");
    sym_sign_key_clear(&tls);
    return code;
}

int main(int argc, char **argv)
{
    const char *list = getenv("SYMBOLON_STUB");
    (void)snprintf(behaviour, sizeof behaviour, "%s", list == NULL ? "" : list);
    return sym_program_main(argc, argv);
}
