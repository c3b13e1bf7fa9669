#include "cli/ui/http.h"

#include "cli/pause.h"
#include "crypto/secret.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define US_PER_MS 1000u

/* A connection that is open. */
struct visit {
    int fd; /* -1: the place is free */
    uint64_t since_us;
};

struct sym_http {
    struct MHD_Daemon *daemon;
    sym_http_fn *answer;
    void *context;
    int epoll;
    uint16_t port;
    struct visit visits[SYM_HTTP_CONNECTIONS_MAX];
};

/* A request on its way in. */
struct incoming {
    uint8_t body[SYM_HTTP_BODY_BYTES_MAX];
    size_t len;
    bool too_long;
};

/* Connections -------------------------------------------------------------------------------- */

static void came_or_went(void *context, struct MHD_Connection *connection, void **visit,
                         enum MHD_ConnectionNotificationCode code)
{
    struct sym_http *h = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*visit != NULL) {
            ((struct visit *)*visit)->fd = -1;
        }
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (size_t i = 0; info != NULL && i < SYM_HTTP_CONNECTIONS_MAX; i++) {
        if (h->visits[i].fd < 0) {
            h->visits[i] = (struct visit){.fd = info->connect_fd, .since_us = sym_steady_us()};
            *visit = &h->visits[i];
            return;
        }
    }
}

/* The library's own time limit begins again with every byte; this one does not. */
static void cut_off_late(struct sym_http *h)
{
    uint64_t now_us = sym_steady_us();
    for (size_t i = 0; i < SYM_HTTP_CONNECTIONS_MAX; i++) {
        const struct visit *v = &h->visits[i];
        if (v->fd >= 0 && now_us - v->since_us > (uint64_t)SYM_HTTP_DEADLINE_MS * US_PER_MS) {
            (void)shutdown(v->fd, SHUT_RDWR);
        }
    }
}

/* The time that it took to find the answer is not the browser's. */
static void begin_again(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info != NULL && info->socket_context != NULL) {
        ((struct visit *)info->socket_context)->since_us = sym_steady_us();
    }
}

/* Requests ----------------------------------------------------------------------------------- */

static enum MHD_Result read_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct sym_http_request *r = context;
    const struct {
        const char *name;
        const char **to;
    } wanted[] = {{"Host", &r->host},
                  {"Origin", &r->origin},
                  {"Sec-Fetch-Site", &r->site},
                  {"Authorization", &r->authorization}};
    (void)kind;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (strcasecmp(name, wanted[i].name) == 0) {
            r->repeated = r->repeated || *wanted[i].to != NULL;
            *wanted[i].to = value != NULL ? value : "";
        }
    }
    return MHD_YES;
}

const char *sym_http_query(const struct sym_http_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* Replies ------------------------------------------------------------------------------------ */

/* A body that is secret, with its length before it. */
struct wiped {
    size_t len;
    char text[];
};

static void wipe_body(void *context)
{
    struct wiped *w = context;
    sym_wipe(w->text, w->len);
    free(w);
}

static struct MHD_Response *response_of(struct sym_http_reply *reply)
{
    static char nothing[1];
    if (reply->body == NULL) {
        return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    }
    if (!reply->secret) {
        struct MHD_Response *r =
            MHD_create_response_from_buffer(reply->len, reply->body, MHD_RESPMEM_MUST_FREE);
        if (r == NULL) {
            free(reply->body);
        }
        return r;
    }
    struct MHD_Response *r = NULL;
    struct wiped *w = malloc(sizeof *w + reply->len);
    if (w != NULL) {
        w->len = reply->len;
        memcpy(w->text, reply->body, reply->len);
        r = MHD_create_response_from_buffer_with_free_callback_cls(reply->len, w->text, wipe_body,
                                                                   w);
        if (r == NULL) {
            wipe_body(w);
        }
    }
    sym_wipe_free(reply->body, reply->len);
    return r;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct sym_http_reply *reply)
{
    static const char *const always[][2] = {
        {"Cache-Control", "no-store"},
        {"Connection", "close"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
    };
    struct MHD_Response *r = response_of(reply);
    if (r == NULL) {
        return MHD_NO;
    }
    bool fine = MHD_add_response_header(r, "Content-Type", reply->type) == MHD_YES &&
                MHD_add_response_header(r, "Content-Security-Policy", reply->policy) == MHD_YES;
    for (size_t i = 0; fine && i < sizeof always / sizeof *always; i++) {
        fine = MHD_add_response_header(r, always[i][0], always[i][1]) == MHD_YES;
    }
    enum MHD_Result sent = fine ? MHD_queue_response(connection, reply->status, r) : MHD_NO;
    MHD_destroy_response(r);
    begin_again(connection);
    return sent;
}

static enum MHD_Result refuse_size(struct MHD_Connection *connection)
{
    struct sym_http_reply reply = {
        .status = 413, .type = "text/plain", .policy = "default-src 'none'"};
    return send_reply(connection, &reply);
}

/* The head is there: room for its body, unless that says it is too long. */
static enum MHD_Result begin_request(struct MHD_Connection *connection, void **incoming)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (length != NULL && strtoull(length, NULL, 10) > SYM_HTTP_BODY_BYTES_MAX) {
        return refuse_size(connection);
    }
    *incoming = calloc(1, sizeof(struct incoming));
    return *incoming != NULL ? MHD_YES : MHD_NO;
}

static void take_body(struct incoming *in, const char *data, size_t *len)
{
    if (*len > sizeof in->body - in->len) {
        in->too_long = true;
    } else {
        memcpy(in->body + in->len, data, *len);
        in->len += *len;
    }
    *len = 0;
}

static enum MHD_Result take(void *context, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *data,
                            size_t *data_len, void **incoming)
{
    struct sym_http *h = context;
    (void)version;
    if (*incoming == NULL) {
        return begin_request(connection, incoming);
    }
    struct incoming *in = *incoming;
    if (*data_len > 0) {
        take_body(in, data, data_len);
        return MHD_YES;
    }
    if (in->too_long) {
        return refuse_size(connection);
    }
    struct sym_http_request request = {.method = method,
                                       .path = url,
                                       .body = sym_span(in->body, in->len),
                                       .connection = connection};
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, read_header, &request);
    struct sym_http_reply reply = {.status = 500, .type = "text/plain", .policy = ""};
    h->answer(h->context, &request, &reply);
    return send_reply(connection, &reply);
}

static void end_request(void *context, struct MHD_Connection *connection, void **incoming,
                        enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    free(*incoming);
    *incoming = NULL;
}

/* The server --------------------------------------------------------------------------------- */

/* Nothing that is asked for needs %: what has one stays as it came, and is not there. */
static size_t leave_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static enum sym_err start(struct sym_http *h, uint16_t port)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_port = htons(port),
                               .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    errno = 0;
    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, take, h, MHD_OPTION_SOCK_ADDR, &here,
        MHD_OPTION_CONNECTION_LIMIT, SYM_HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        SYM_HTTP_DEADLINE_MS / 1000u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)SYM_HTTP_HEAD_BYTES_MAX, MHD_OPTION_NOTIFY_CONNECTION, came_or_went, h,
        MHD_OPTION_NOTIFY_COMPLETED, end_request, NULL, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped,
        NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (h->daemon == NULL) {
        return errno == EADDRINUSE ? SYM_EXISTS : SYM_IO;
    }
    const union MHD_DaemonInfo *bound = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);
    h->port = bound != NULL ? bound->port : 0;
    const union MHD_DaemonInfo *waits = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    h->epoll = waits != NULL ? waits->epoll_fd : -1;
    return h->port != 0 && h->epoll >= 0 ? SYM_OK : SYM_IO;
}

enum sym_err sym_http_open(struct sym_http **out, uint16_t port, sym_http_fn *answer, void *context,
                           struct sym_fault *fault)
{
    struct sym_http *h = calloc(1, sizeof *h);
    if (h == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "the page %s", sym_err_text(SYM_NO_MEMORY));
    }
    h->answer = answer;
    h->context = context;
    for (size_t i = 0; i < SYM_HTTP_CONNECTIONS_MAX; i++) {
        h->visits[i].fd = -1;
    }
    enum sym_err err = start(h, port);
    if (err != SYM_OK) {
        sym_http_close(h);
        return sym_fail(fault, err, "127.0.0.1:%u: %s", (unsigned)port,
                        err == SYM_EXISTS ? "the port is taken; leave --port to get a free one"
                                          : "cannot listen there");
    }
    *out = h;
    return SYM_OK;
}

uint16_t sym_http_port(const struct sym_http *h)
{
    return h->port;
}

int sym_http_fd(const struct sym_http *h)
{
    return h->epoll;
}

int sym_http_idle_ms(const struct sym_http *h, int most)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    return MHD_get_timeout(h->daemon, &ms) == MHD_YES && ms < (unsigned)most ? (int)ms : most;
}

void sym_http_run(struct sym_http *h)
{
    (void)MHD_run(h->daemon);
    cut_off_late(h);
}

void sym_http_close(struct sym_http *h)
{
    if (h != NULL && h->daemon != NULL) {
        MHD_stop_daemon(h->daemon);
    }
    free(h);
}
