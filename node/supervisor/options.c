#include "node/supervisor/options.h"

#include "crypto/text.h"
#include "node/listen.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_MAX 1096

const char sym_options_help[] =
    "usage: symbolond --dir DIR [--listen ADDRESS:PORT] [--passphrase-file FILE | --key-file "
    "FILE]\n"
    "       symbolond --init --dir DIR --name NAME --role ROLE --listen ADDRESS:PORT\n"
    "                 [--endpoint HOST:PORT]... [--days N] [--passphrase-file FILE | --key-file "
    "FILE]\n"
    "       symbolond --rotate WHAT --dir DIR [--passphrase-file FILE | --key-file FILE]\n"
    "       symbolond --restore BACKUP --dir DIR [--passphrase-file FILE]\n"
    "       symbolond --help | --version\n"
    "\n"
    "Runs the node in DIR in the foreground, until SIGTERM or SIGINT; prints one line that starts\n"
    "with \"ready\" when it serves. SIGHUP is ignored: the node has no configuration file.\n"
    "\n"
    "  --dir DIR               directory of the node\n"
    "  --listen ADDRESS:PORT   this time, take connections there and not where the setting says\n"
    "  --passphrase-file FILE  holds the passphrase of DIR/node.keys\n"
    "  --key-file FILE         holds the key of DIR/node.keys, when that is wrapped by a key\n"
    "                          (neither: systemd's credential \"passphrase\" or \"key\", or a "
    "prompt)\n"
    "  --init                  make a node in DIR\n"
    "    --name NAME           of the organisation, as partners see it\n"
    "    --role ROLE           bank, ngo, police, auditor or other\n"
    "    --listen ADDRESS:PORT numeric, where partners' connections are taken\n"
    "    --endpoint HOST:PORT  how partners reach it; up to 4; default: what --listen says\n"
    "    --days N              how long the card holds; default: 365\n"
    "  --rotate WHAT           replace a key of a stopped node: tls, exchange (announce the next\n"
    "                          one), finish (use what was announced), log, cosign, identity\n"
    "  --restore BACKUP        make the node in DIR, which is new or empty, from a backup\n"
    "    --passphrase-file FILE holds the passphrase of the backup\n";

enum {
    OPTION_DIR = 256, /* above every character */
    OPTION_PASSPHRASE_FILE,
    OPTION_KEY_FILE,
    OPTION_INIT,
    OPTION_NAME,
    OPTION_ROLE,
    OPTION_LISTEN,
    OPTION_ENDPOINT,
    OPTION_DAYS,
    OPTION_ROTATE,
    OPTION_RESTORE,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_END
};

#define OPTIONS (OPTION_END - OPTION_DIR)

static const struct option known[] = {
    {"dir", required_argument, NULL, OPTION_DIR},
    {"passphrase-file", required_argument, NULL, OPTION_PASSPHRASE_FILE},
    {"key-file", required_argument, NULL, OPTION_KEY_FILE},
    {"init", no_argument, NULL, OPTION_INIT},
    {"name", required_argument, NULL, OPTION_NAME},
    {"role", required_argument, NULL, OPTION_ROLE},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
    {"days", required_argument, NULL, OPTION_DAYS},
    {"rotate", required_argument, NULL, OPTION_ROTATE},
    {"restore", required_argument, NULL, OPTION_RESTORE},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

/* What was given; value of an option without argument: "". */
struct given {
    const char *value[OPTIONS];
    const char *endpoint[SYM_CARD_ENDPOINTS_MAX];
    size_t n_endpoint;
};

static const char *value_of(const struct given *g, int option)
{
    return g->value[option - OPTION_DIR];
}

static enum sym_err keep(struct given *g, int option, const char *value, struct sym_fault *fault)
{
    const char *name = known[option - OPTION_DIR].name;
    if (option == OPTION_ENDPOINT) {
        if (g->n_endpoint == SYM_CARD_ENDPOINTS_MAX) {
            return sym_fail(fault, SYM_BAD_VALUE, "--endpoint: a card holds at most %u",
                            SYM_CARD_ENDPOINTS_MAX);
        }
        g->endpoint[g->n_endpoint++] = value;
    } else if (value_of(g, option) != NULL) {
        return sym_fail(fault, SYM_BAD_VALUE, "--%s: is given twice", name);
    }
    g->value[option - OPTION_DIR] = value == NULL ? "" : value;
    return SYM_OK;
}

/* getopt_long takes the beginning of a name for the name. */
static enum sym_err check_written(int option, char **argv, struct sym_fault *fault)
{
    const char *name = known[option - OPTION_DIR].name;
    bool apart = optarg != NULL && optarg == argv[optind - 1];
    const char *word = argv[optind - (apart ? 2 : 1)];
    size_t len = strcspn(word, "=");
    return len == strlen(name) + 2
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_VALUE, "%.*s: there is no such option; did you mean --%s?",
                          len < 60 ? (int)len : 60, word, name);
}

static enum sym_err collect(struct given *g, int argc, char **argv, struct sym_fault *fault)
{
    opterr = 0;
    optind = 0; /* start afresh, as glibc wants it */
    for (;;) {
        int option = getopt_long(argc, argv, ":", known, NULL);
        if (option == -1) {
            break;
        }
        if (option == ':') {
            return sym_fail(fault, SYM_BAD_VALUE, "%.60s: needs a value", argv[optind - 1]);
        }
        if (option == '?' && optopt >= OPTION_DIR) {
            return sym_fail(fault, SYM_BAD_VALUE, "--%s: takes no value",
                            known[optopt - OPTION_DIR].name);
        }
        if (option == '?') {
            return sym_fail(fault, SYM_BAD_VALUE, "%.60s: there is no such option",
                            argv[optind - 1]);
        }
        enum sym_err err = check_written(option, argv, fault);
        err = err == SYM_OK ? keep(g, option, optarg, fault) : err;
        if (err != SYM_OK) {
            return err;
        }
    }
    if (optind < argc) {
        return sym_fail(fault, SYM_BAD_VALUE, "%.60s: belongs to no option", argv[optind]);
    }
    return SYM_OK;
}

static enum sym_err choose_mode(enum sym_mode *mode, const struct given *g, struct sym_fault *fault)
{
    static const int only_init[] = {OPTION_NAME, OPTION_ROLE, OPTION_ENDPOINT, OPTION_DAYS};
    bool init = value_of(g, OPTION_INIT) != NULL;

    *mode = SYM_MODE_RUN;
    if (value_of(g, OPTION_RESTORE) != NULL &&
        (init || value_of(g, OPTION_ROTATE) != NULL || value_of(g, OPTION_KEY_FILE) != NULL)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--restore: takes a passphrase only, and not together with --init or "
                        "--rotate");
    }
    if (init && value_of(g, OPTION_ROTATE) != NULL) {
        return sym_fail(fault, SYM_BAD_VALUE, "--rotate: not together with --init");
    }
    for (size_t i = 0; i < sizeof only_init / sizeof only_init[0] && !init; i++) {
        if (value_of(g, only_init[i]) != NULL) {
            return sym_fail(fault, SYM_BAD_VALUE, "--%s: only together with --init",
                            known[only_init[i] - OPTION_DIR].name);
        }
    }
    if (value_of(g, OPTION_LISTEN) != NULL &&
        (value_of(g, OPTION_ROTATE) != NULL || value_of(g, OPTION_RESTORE) != NULL)) {
        return sym_fail(fault, SYM_BAD_VALUE, "--listen: not together with --rotate or --restore");
    }
    if (init) {
        *mode = SYM_MODE_INIT;
    } else if (value_of(g, OPTION_ROTATE) != NULL) {
        *mode = SYM_MODE_ROTATE;
    } else if (value_of(g, OPTION_RESTORE) != NULL) {
        *mode = SYM_MODE_RESTORE;
    }
    return SYM_OK;
}

/* One line of output names it. */
static bool is_one_line(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static enum sym_err take_common(struct sym_options *o, const struct given *g,
                                struct sym_fault *fault)
{
    o->init.dir = value_of(g, OPTION_DIR);
    o->init.from = (struct sym_secret_source){
        .passphrase_file = value_of(g, OPTION_PASSPHRASE_FILE),
        .key_file = value_of(g, OPTION_KEY_FILE),
        .cancel = -1,
    };
    if (o->init.dir == NULL || o->init.dir[0] == '\0') {
        return sym_fail(fault, SYM_BAD_VALUE, "--dir: is missing");
    }
    if (!is_one_line(o->init.dir)) {
        return sym_fail(fault, SYM_BAD_VALUE, "--dir: holds control characters");
    }
    if (o->init.from.passphrase_file != NULL && o->init.from.key_file != NULL) {
        return sym_fail(fault, SYM_BAD_VALUE, "--key-file: not together with --passphrase-file");
    }
    return SYM_OK;
}

static enum sym_err take_listen(bool *wildcard, const char *text, struct sym_fault *fault)
{
    return sym_listen_check(wildcard, sym_span_text(text)) == SYM_OK
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_VALUE,
                          "--listen: \"%.60s\" is not a numeric address and port, such as "
                          "192.0.2.7:7701 or [2001:db8::7]:7701",
                          text);
}

static enum sym_err take_places(struct sym_init *init, const struct given *g,
                                struct sym_fault *fault)
{
    bool wildcard = false;
    init->listen = value_of(g, OPTION_LISTEN);
    init->n_endpoint = g->n_endpoint;
    memcpy(init->endpoint, g->endpoint, sizeof init->endpoint);
    enum sym_err err = take_listen(&wildcard, init->listen, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (wildcard && g->n_endpoint == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--listen: partners cannot dial \"%.60s\": say with --endpoint how they "
                        "reach this node",
                        init->listen);
    }
    for (size_t i = 0; i < g->n_endpoint; i++) {
        if (sym_endpoint_check(sym_span_text(g->endpoint[i])) != SYM_OK) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "--endpoint: \"%.60s\" is not host:port or [v6]:port", g->endpoint[i]);
        }
    }
    return SYM_OK;
}

static enum sym_err take_days(struct sym_init *init, const char *text, struct sym_fault *fault)
{
    init->days = SYM_INIT_DAYS;
    if (text == NULL) {
        return SYM_OK;
    }
    size_t digits = strspn(text, "0123456789");
    unsigned long days = digits > 0 && text[digits] == '\0' ? strtoul(text, NULL, 10) : 0;
    if (days < 1 || days > DAYS_MAX) {
        return sym_fail(fault, SYM_BAD_VALUE, "--days: \"%.20s\" is not a number from 1 to %d",
                        text, DAYS_MAX);
    }
    init->days = (unsigned)days;
    return SYM_OK;
}

static enum sym_err take_init(struct sym_init *init, const struct given *g, struct sym_fault *fault)
{
    static const int needed[] = {OPTION_NAME, OPTION_ROLE, OPTION_LISTEN};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (value_of(g, needed[i]) == NULL) {
            return sym_fail(fault, SYM_BAD_VALUE, "--%s: is missing",
                            known[needed[i] - OPTION_DIR].name);
        }
    }
    init->name = value_of(g, OPTION_NAME);
    if (strlen(init->name) >= SYM_NAME_BYTES || !sym_text_is_name(sym_span_text(init->name))) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--name: is not 1 to %u bytes of printable UTF-8 without spaces at its "
                        "ends",
                        SYM_NAME_BYTES - 1);
    }
    const char *role = value_of(g, OPTION_ROLE);
    if (sym_role_parse(&init->role, sym_span_text(role)) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--role: \"%.30s\" is not one of bank, ngo, police, auditor, other", role);
    }
    enum sym_err err = take_places(init, g, fault);
    return err == SYM_OK ? take_days(init, value_of(g, OPTION_DAYS), fault) : err;
}

static enum sym_err take_rotate(enum sym_rotate *what, const char *text, struct sym_fault *fault)
{
    if (sym_rotate_parse(what, text) == SYM_OK) {
        return SYM_OK;
    }
    return sym_fail(fault, SYM_BAD_VALUE,
                    "--rotate: \"%.30s\" is not one of tls, exchange, log, cosign, identity, "
                    "finish",
                    text);
}

enum sym_err sym_options_parse(struct sym_options *out, int argc, char **argv,
                               struct sym_fault *fault)
{
    struct given g = {.n_endpoint = 0};
    struct sym_options o = {.mode = SYM_MODE_RUN};

    enum sym_err err = collect(&g, argc, argv, fault);
    if (err == SYM_OK && value_of(&g, OPTION_HELP) != NULL) {
        out->mode = SYM_MODE_HELP;
        return SYM_OK;
    }
    if (err == SYM_OK && value_of(&g, OPTION_VERSION) != NULL) {
        out->mode = SYM_MODE_VERSION;
        return SYM_OK;
    }
    if (err == SYM_OK) {
        err = choose_mode(&o.mode, &g, fault);
    }
    if (err == SYM_OK) {
        err = take_common(&o, &g, fault);
    }
    if (err == SYM_OK && o.mode == SYM_MODE_RUN && value_of(&g, OPTION_LISTEN) != NULL) {
        o.listen = value_of(&g, OPTION_LISTEN);
        err = take_listen(NULL, o.listen, fault);
    }
    if (err == SYM_OK && o.mode == SYM_MODE_INIT) {
        err = take_init(&o.init, &g, fault);
    }
    if (err == SYM_OK && o.mode == SYM_MODE_ROTATE) {
        err = take_rotate(&o.what, value_of(&g, OPTION_ROTATE), fault);
    }
    o.backup = value_of(&g, OPTION_RESTORE);
    if (err == SYM_OK) {
        *out = o;
    }
    return err;
}
