#include "proto/bus.h"

#include <errno.h>
#include <nanomsg/nn.h>
#include <nanomsg/pair.h>
#include <nanomsg/reqrep.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What REQ and REP put in front of a payload: a request id and one hop. */
#define HEADER_ROOM         64u
#define RECONNECT_MS        10
#define RECONNECT_MAX_MS    200
#define CONNECT_STEP_MIN_US 50u
#define CONNECT_STEP_MAX_US 5000u
#define CONNECT_MAX_MS      2000u
#define IPC_PREFIX          "ipc://"
#define IPC_PREFIX_LEN      6u
/* A route travels as one control message: its length, then its bytes. */
#define ROUTE_ROOM NN_CMSG_SPACE(sizeof(size_t) + sizeof(((struct sym_bus_route *)0)->bytes))

static enum sym_err err_of(int code)
{
    switch (code) {
    case EAGAIN:
    case EINTR:
        return SYM_AGAIN;
    case ETIMEDOUT:
        return SYM_TIMEOUT;
    case EMFILE:
        return SYM_LIMIT;
    case ENOMEM:
        return SYM_NO_MEMORY;
    case EINVAL:
    case ENAMETOOLONG:
        return SYM_BAD_VALUE;
    case EMSGSIZE:
        return SYM_TOO_LONG;
    case EBADF:
    case ETERM:
        return SYM_CLOSED;
    default:
        return SYM_IO;
    }
}

static enum sym_err set_option(const struct sym_bus *b, int option, int value)
{
    int rc = nn_setsockopt(b->socket, NN_SOL_SOCKET, option, &value, sizeof value);
    return rc == 0 ? SYM_OK : err_of(nn_errno());
}

static enum sym_err set_options(const struct sym_bus *b)
{
    enum sym_err err = set_option(b, NN_RCVMAXSIZE, (int)(b->message_max + HEADER_ROOM));
    if (err == SYM_OK) {
        err = set_option(b, NN_RECONNECT_IVL, RECONNECT_MS);
    }
    if (err == SYM_OK) {
        err = set_option(b, NN_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
    }
    return err;
}

enum sym_err sym_bus_open(struct sym_bus *b, enum sym_bus_kind kind, size_t message_max)
{
    static const struct {
        int domain;
        int protocol;
    } kinds[] = {
        [SYM_BUS_PAIR] = {AF_SP, NN_PAIR},
        [SYM_BUS_ASK] = {AF_SP, NN_REQ},
        [SYM_BUS_REPLY] = {AF_SP_RAW, NN_REP},
    };

    if (message_max > INT32_MAX - HEADER_ROOM) {
        return SYM_BAD_VALUE;
    }
    struct sym_bus opened = {.message_max = message_max};
    opened.socket = nn_socket(kinds[kind].domain, kinds[kind].protocol);
    if (opened.socket < 0) {
        return err_of(nn_errno());
    }
    enum sym_err err = set_options(&opened);
    if (err != SYM_OK) {
        sym_bus_close(&opened);
        return err;
    }
    *b = opened;
    return SYM_OK;
}

static bool is_ipc_url(const char *url)
{
    return strncmp(url, IPC_PREFIX, IPC_PREFIX_LEN) == 0 && strlen(url) < SYM_BUS_URL_BYTES &&
           url[IPC_PREFIX_LEN] != '\0';
}

enum sym_err sym_bus_bind(struct sym_bus *b, const char *url)
{
    if (!is_ipc_url(url)) {
        return SYM_BAD_VALUE;
    }
    /* nanomsg would find out by connecting whether the file is in use; core may not connect. */
    if (unlink(url + IPC_PREFIX_LEN) != 0 && errno != ENOENT) {
        return SYM_IO;
    }
    return nn_bind(b->socket, url) < 0 ? err_of(nn_errno()) : SYM_OK;
}

enum sym_err sym_bus_connect(struct sym_bus *b, const char *url)
{
    if (!is_ipc_url(url)) {
        return SYM_BAD_VALUE;
    }
    return nn_connect(b->socket, url) < 0 ? err_of(nn_errno()) : SYM_OK;
}

void sym_bus_close(struct sym_bus *b)
{
    if (b->socket >= 0) {
        /* Interrupted by a signal it has not closed yet. */
        while (nn_close(b->socket) != 0 && nn_errno() == EINTR) {
        }
    }
    *b = (struct sym_bus)SYM_BUS_CLOSED;
}

bool sym_bus_connected(const struct sym_bus *b)
{
    uint64_t connections = nn_get_statistic(b->socket, NN_STAT_CURRENT_CONNECTIONS);
    /* All ones means an error, such as a closed socket. */
    return connections != 0 && connections != UINT64_MAX;
}

static int descriptor(const struct sym_bus *b, int option)
{
    int fd = -1;
    size_t len = sizeof fd;
    return nn_getsockopt(b->socket, NN_SOL_SOCKET, option, &fd, &len) == 0 ? fd : -1;
}

int sym_bus_receive_fd(const struct sym_bus *b)
{
    return descriptor(b, NN_RCVFD);
}

int sym_bus_send_fd(const struct sym_bus *b)
{
    return descriptor(b, NN_SNDFD);
}

uint8_t *sym_bus_buffer(size_t len)
{
    return nn_allocmsg(len, 0);
}

void sym_bus_release(uint8_t *buffer)
{
    if (buffer != NULL) {
        (void)nn_freemsg(buffer);
    }
}

enum sym_err sym_bus_send(struct sym_bus *b, uint8_t *buffer)
{
    return nn_send(b->socket, &buffer, NN_MSG, NN_DONTWAIT) < 0 ? err_of(nn_errno()) : SYM_OK;
}

/* Takes the result of a receive into *buffer and *len, or releases what is too long. */
static enum sym_err take(const struct sym_bus *b, uint8_t **buffer, size_t *len, void *message,
                         int received)
{
    if (received < 0) {
        return err_of(nn_errno());
    }
    if ((size_t)received > b->message_max) {
        (void)nn_freemsg(message);
        return SYM_TOO_LONG;
    }
    *buffer = message;
    *len = (size_t)received;
    return SYM_OK;
}

enum sym_err sym_bus_receive(struct sym_bus *b, uint8_t **buffer, size_t *len)
{
    void *message = NULL;
    int received = nn_recv(b->socket, &message, NN_MSG, NN_DONTWAIT);
    return take(b, buffer, len, message, received);
}

static enum sym_err read_route(struct sym_bus_route *route, struct nn_msghdr *header)
{
    for (struct nn_cmsghdr *c = NN_CMSG_FIRSTHDR(header); c != NULL;
         c = NN_CMSG_NXTHDR(header, c)) {
        size_t len = 0;
        if (c->cmsg_level != PROTO_SP || c->cmsg_type != SP_HDR) {
            continue;
        }
        memcpy(&len, NN_CMSG_DATA(c), sizeof len);
        if (len > sizeof route->bytes) {
            return SYM_TOO_LONG;
        }
        memcpy(route->bytes, NN_CMSG_DATA(c) + sizeof len, len);
        route->len = len;
        return SYM_OK;
    }
    return SYM_BAD_FORMAT;
}

enum sym_err sym_bus_receive_from(struct sym_bus *b, uint8_t **buffer, size_t *len,
                                  struct sym_bus_route *route)
{
    void *message = NULL;
    void *control = NULL;
    struct nn_iovec part = {.iov_base = &message, .iov_len = NN_MSG};
    struct nn_msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = NN_MSG};
    int received = nn_recvmsg(b->socket, &header, NN_DONTWAIT);
    if (received < 0) {
        return err_of(nn_errno());
    }
    enum sym_err err = read_route(route, &header);
    (void)nn_freemsg(control);
    if (err != SYM_OK) {
        (void)nn_freemsg(message);
        return err;
    }
    return take(b, buffer, len, message, received);
}

enum sym_err sym_bus_send_to(struct sym_bus *b, uint8_t *buffer, const struct sym_bus_route *route)
{
    union {
        struct nn_cmsghdr header;
        uint8_t bytes[ROUTE_ROOM];
    } control;
    size_t len = route->len;

    if (len > sizeof route->bytes) {
        return SYM_BAD_VALUE;
    }
    memset(&control, 0, sizeof control);
    control.header.cmsg_len = NN_CMSG_LEN(sizeof len + len);
    control.header.cmsg_level = PROTO_SP;
    control.header.cmsg_type = SP_HDR;
    memcpy(NN_CMSG_DATA(&control.header), &len, sizeof len);
    memcpy(NN_CMSG_DATA(&control.header) + sizeof len, route->bytes, len);

    struct nn_iovec part = {.iov_base = &buffer, .iov_len = NN_MSG};
    struct nn_msghdr header = {.msg_iov = &part,
                               .msg_iovlen = 1,
                               .msg_control = &control,
                               .msg_controllen = NN_CMSG_SPACE(sizeof len + len)};
    return nn_sendmsg(b->socket, &header, NN_DONTWAIT) < 0 ? err_of(nn_errno()) : SYM_OK;
}

/* A node that runs answers within a fraction of a millisecond; one that starts takes a while. */
static enum sym_err await_connection(const struct sym_bus *b, unsigned timeout_ms)
{
    uint64_t wait_us = 1000u * (timeout_ms < CONNECT_MAX_MS ? timeout_ms : CONNECT_MAX_MS);
    uint64_t step_us = CONNECT_STEP_MIN_US;

    for (uint64_t waited_us = 0; !sym_bus_connected(b); waited_us += step_us) {
        if (waited_us >= wait_us) {
            return SYM_UNREACHABLE;
        }
        step_us = 2 * step_us < CONNECT_STEP_MAX_US ? 2 * step_us : CONNECT_STEP_MAX_US;
        const struct timespec step = {.tv_nsec = (long)step_us * 1000L};
        (void)nanosleep(&step, NULL);
    }
    return SYM_OK;
}

enum sym_err sym_bus_ask(struct sym_bus *b, struct sym_span request, uint8_t **reply, size_t *len,
                         unsigned timeout_ms)
{
    if (timeout_ms > INT32_MAX) {
        return SYM_BAD_VALUE;
    }
    if (request.len > b->message_max) {
        return SYM_TOO_LONG;
    }
    enum sym_err err = await_connection(b, timeout_ms);
    if (err == SYM_OK) {
        err = set_option(b, NN_RCVTIMEO, (int)timeout_ms);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (nn_send(b->socket, request.data, request.len, 0) < 0) {
        return err_of(nn_errno());
    }
    void *message = NULL;
    int received = nn_recv(b->socket, &message, NN_MSG, 0);
    err = take(b, reply, len, message, received);
    return err == SYM_TIMEOUT && !sym_bus_connected(b) ? SYM_UNREACHABLE : err;
}
