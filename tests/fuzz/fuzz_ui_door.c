/* The local page's server as whoever reaches its port meets it: the input is what a connection
 * sends, up to its end. In it the byte 1 stands for the host and port of the server, 2 for the
 * token and 3 for the session, which no input can know. There is no node behind it.
 *
 * Without the host nothing is told but a refusal; without the session nothing but the empty page;
 * no secret is told but the session, once, to who brought the token; and every refusal that the
 * server itself makes is JSON with a line for the person. */
#include "cli/json.h"
#include "cli/ui/routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST    1
#define TOKEN   2
#define SESSION 3
/* Longer inputs say the same again: a head of 16 KiB is refused, whatever is in it. */
#define INPUT_BYTES_MAX 4096u
/* Both ends are in this thread: what has not come by then hardly comes. */
#define QUIET_MS 5
/* Only for a server that hangs. */
#define ROUNDS_MAX 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The server stays; the door is another for each input. */
struct house {
    struct sym_http *http;
    struct sym_client client;
    struct sym_ui ui;
    char token[SYM_DOOR_DIGITS + 1];
    char session[SYM_DOOR_DIGITS + 1]; /* "": the token is not used yet */
};

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void answer(void *context, const struct sym_http_request *request,
                   struct sym_http_reply *reply)
{
    struct house *h = context;
    h->ui.lost = true; /* it looks for its node again, and finds none */
    sym_ui_answer(&h->ui, request, reply);
}

static struct house *house(void)
{
    static struct house h = {.http = NULL};
    struct sym_fault fault;
    if (h.http == NULL) {
        h.client = (struct sym_client){.bus = SYM_BUS_CLOSED, .dir = "/nonexistent/node"};
        h.ui.client = &h.client;
        insist(sym_crypto_init() == SYM_OK &&
               sym_http_open(&h.http, 0, answer, &h, &fault) == SYM_OK);
    }
    return &h;
}

static void new_door(struct house *h)
{
    sym_door_clear(&h->ui.door);
    memset(h->session, 0, sizeof h->session);
    h->ui.may_decide = false;
    h->ui.came = false;
    h->ui.interrupted = false;
    insist(sym_door_open(&h->ui.door, sym_http_port(h->http)) == SYM_OK);
    memcpy(h->token, h->ui.door.token.data, SYM_DOOR_DIGITS);
}

static bool marks(struct sym_span input, int mark)
{
    return input.len > 0 && memchr(input.data, mark, input.len) != NULL;
}

/* The browser has been here. */
static void enter(struct house *h)
{
    char bearer[2 * SYM_DOOR_DIGITS];
    (void)snprintf(bearer, sizeof bearer, "Bearer %s", h->token);
    const struct sym_http_request r = {.authorization = bearer};
    insist(sym_door_take_token(&h->ui.door, &r) == 0);
    memcpy(h->session, h->ui.door.session.data, SYM_DOOR_DIGITS);
}

static int dial(const struct house *h)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(sym_http_port(h->http)),
                             .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    insist(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

/* The input with what its marks stand for. */
static size_t fill(char *out, const struct house *h, struct sym_span input)
{
    size_t len = 0;
    for (size_t i = 0; i < input.len; i++) {
        const char *mark = input.data[i] == HOST      ? h->ui.door.host
                           : input.data[i] == TOKEN   ? h->token
                           : input.data[i] == SESSION ? h->session
                                                      : NULL;
        if (mark != NULL) {
            memcpy(out + len, mark, strlen(mark));
            len += strlen(mark);
        } else {
            out[len++] = (char)input.data[i];
        }
    }
    return len;
}

/* All that comes back until the server closes; *whole is false when it did not: it waits for more
 * than the input has. */
static char *talk(size_t *reply_len, bool *whole, struct house *h, struct sym_span input)
{
    static char out[INPUT_BYTES_MAX * SYM_DOOR_DIGITS];
    char *reply = NULL;
    FILE *to = open_memstream(&reply, reply_len);
    insist(to != NULL);
    int fd = dial(h);
    size_t len = fill(out, h, input);
    size_t sent = 0;
    bool open = true;
    for (int round = 0; open; round++) {
        char part[4096];
        insist(round < ROUNDS_MAX);
        if (sent < len) {
            ssize_t n = send(fd, out + sent, len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
            sent = n > 0 ? sent + (size_t)n : n < 0 && round > 1 ? len : sent;
        }
        if (sent == len) {
            (void)shutdown(fd, SHUT_WR);
        }
        sym_http_run(h->http);
        for (ssize_t n = 1; n > 0;) {
            n = recv(fd, part, sizeof part, MSG_DONTWAIT);
            *whole = n == 0; /* and not reset, which takes back what was on its way */
            open = n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
            (void)fwrite(part, 1, n > 0 ? (size_t)n : 0, to);
        }
        struct pollfd waits[] = {{.fd = sym_http_fd(h->http), .events = POLLIN},
                                 {.fd = fd, .events = POLLIN}};
        int wait_ms = sym_http_idle_ms(h->http, QUIET_MS);
        int ready = poll(waits, open ? 2 : 0, open ? wait_ms : 0);
        open = open && (ready > 0 || sent < len || wait_ms < QUIET_MS);
    }
    (void)close(fd);
    sym_http_run(h->http);
    insist(fclose(to) == 0);
    return reply;
}

static bool has(const char *text, size_t len, const char *what)
{
    return *what != '\0' && memmem(text, len, what, strlen(what)) != NULL;
}

/* {"error": a line} */
static void is_a_refusal(const char *body)
{
    struct sym_json_value *v = NULL;
    insist(sym_json_read(&v, body) == SYM_OK);
    insist(*sym_json_words(sym_json_get(v, "error")) != '\0');
    sym_json_free(v);
}

static void judge(const struct house *h, const char *reply, size_t len, struct sym_span input)
{
    if (len == 0) {
        return; /* it was no request, and nobody is told so */
    }
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (strncmp(reply, go_on, sizeof go_on - 1) == 0) {
        judge(h, reply + sizeof go_on - 1, len - (sizeof go_on - 1), input);
        return;
    }
    insist(strncmp(reply, "HTTP/1.1 ", 9) == 0);
    const int status = atoi(reply + 9);
    const char *body = memmem(reply, len, "\r\n\r\n", 4);
    insist(status >= 200 && status < 600 && body != NULL);
    const bool json = has(reply, (size_t)(body - reply), "Content-Type: application/json\r\n");
    const bool page = has(reply, (size_t)(body - reply), "Content-Type: text/html;");
    const bool session = has(reply, (size_t)(body - reply), "Content-Type: text/plain\r\n");
    insist(!has(reply, len, h->token));
    insist(!has(reply, len, h->session));
    insist(status >= 400 || marks(input, HOST));
    insist(status != 200 || page || session);
    insist(status != 503 || marks(input, SESSION));
    insist(!session || status != 200 || (marks(input, TOKEN) && h->ui.came));
    if (json) {
        insist(status >= 400);
        insist(has(reply, (size_t)(body - reply), "Cache-Control: no-store\r\n"));
        is_a_refusal(body + 4);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_BYTES_MAX) {
        return 0;
    }
    struct house *h = house();
    size_t len = 0;
    new_door(h);
    if (marks(sym_span(data, size), SESSION)) {
        enter(h);
    }
    bool whole = false;
    char *reply = talk(&len, &whole, h, sym_span(data, size));
    if (whole) {
        judge(h, reply, len, sym_span(data, size));
    }
    free(reply);
    return 0;
}
