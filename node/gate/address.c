#include "node/gate/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG            512
#define KEEPALIVE_IDLE_S   10
#define KEEPALIVE_EVERY_S  5
#define KEEPALIVE_COUNT    2
#define IPV6_CUSTOMER_BITS 64
/* The setting can be changed where the node runs only. */
#define ELSEWHERE                                                                                  \
    "\"symbolond --listen ADDRESS:PORT\"; then \"symbolon settings set listen ADDRESS:PORT\" "     \
    "keeps it"

static enum sym_err parse_port(in_port_t *port, const char *text)
{
    unsigned value = 0;
    size_t len = strlen(text);
    if (len < 1 || len > 5) {
        return SYM_BAD_FORMAT;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return SYM_BAD_FORMAT;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    if (value > UINT16_MAX) {
        return SYM_BAD_FORMAT;
    }
    *port = htons((uint16_t)value);
    return SYM_OK;
}

/* host is the text before the last colon, terminated. */
static enum sym_err parse_host(struct sym_address *out, char *host, in_port_t port)
{
    size_t len = strlen(host);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = port};

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(&out->at, &v4, sizeof v4);
        out->len = sizeof v4;
        return SYM_OK;
    }
    if (len < 2 || host[0] != '[' || host[len - 1] != ']') {
        return SYM_BAD_FORMAT;
    }
    host[len - 1] = '\0';
    if (inet_pton(AF_INET6, host + 1, &v6.sin6_addr) != 1) {
        return SYM_BAD_FORMAT;
    }
    memcpy(&out->at, &v6, sizeof v6);
    out->len = sizeof v6;
    return SYM_OK;
}

enum sym_err sym_address_parse(struct sym_address *out, struct sym_span text)
{
    char copy[SYM_ADDRESS_BYTES];
    in_port_t port = 0;

    if (text.len >= sizeof copy || memchr(text.data, '\0', text.len) != NULL) {
        return SYM_BAD_FORMAT;
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    char *colon = strrchr(copy, ':');
    if (colon == NULL) {
        return SYM_BAD_FORMAT;
    }
    *colon = '\0';
    enum sym_err err = parse_port(&port, colon + 1);
    return err == SYM_OK ? parse_host(out, copy, port) : err;
}

void sym_address_text(char out[SYM_ADDRESS_BYTES], const struct sym_address *a)
{
    char host[INET6_ADDRSTRLEN] = "?";
    if (a->at.ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &a->at, sizeof v4);
        (void)inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
        (void)snprintf(out, SYM_ADDRESS_BYTES, "%s:%u", host, ntohs(v4.sin_port));
    } else if (a->at.ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, &a->at, sizeof v6);
        (void)inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
        (void)snprintf(out, SYM_ADDRESS_BYTES, "[%s]:%u", host, ntohs(v6.sin6_port));
    } else {
        (void)snprintf(out, SYM_ADDRESS_BYTES, "?");
    }
}

/* The bytes that stand for a party; IPv4 in IPv6, which a socket on [::] yields, as IPv4. */
static struct sym_span party(const struct sym_address *a, uint8_t room[16])
{
    if (a->at.ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &a->at, sizeof v4);
        memcpy(room, &v4.sin_addr, sizeof v4.sin_addr);
        return sym_span(room, sizeof v4.sin_addr);
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, &a->at, sizeof v6);
    memcpy(room, &v6.sin6_addr, sizeof v6.sin6_addr);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        return sym_span(room + 12, 4);
    }
    return sym_span(room, IPV6_CUSTOMER_BITS / 8);
}

bool sym_address_same_party(const struct sym_address *a, const struct sym_address *b)
{
    uint8_t x[16];
    uint8_t y[16];
    return sym_span_equal(party(a, x), party(b, y));
}

static enum sym_err listen_fault(struct sym_fault *fault, struct sym_span text, int code)
{
    int len = (int)text.len;
    const char *at = (const char *)text.data;

    switch (code) {
    case EADDRINUSE:
        return sym_fail(fault, SYM_IN_USE,
                        "listen: %.*s is in use by another program (\"ss -ltnp\" names it): stop "
                        "that one, or start this node elsewhere: " ELSEWHERE,
                        len, at);
    case EACCES:
    case EPERM:
        return sym_fail(
            fault, SYM_DENIED,
            "listen: this user may not use %.*s: start with a port above 1023: " ELSEWHERE, len,
            at);
    case EADDRNOTAVAIL:
        return sym_fail(fault, SYM_NOT_FOUND,
                        "listen: this machine has no address %.*s: start with one of its own, or "
                        "with 0.0.0.0 or [::] for all: " ELSEWHERE,
                        len, at);
    default:
        return sym_fail(fault, SYM_IO, "listen: %.*s: %s: start elsewhere: " ELSEWHERE, len, at,
                        strerror(code));
    }
}

enum sym_err sym_address_listen(int *fd, struct sym_address *chosen, struct sym_span text,
                                struct sym_fault *fault)
{
    struct sym_address a;
    int on = 1;

    if (sym_address_parse(&a, text) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_FORMAT,
                        "listen: %.*s is no numeric address and port: write it as 192.0.2.1:7701 "
                        "or [2001:db8::1]:7701",
                        (int)text.len, (const char *)text.data);
    }
    int s = socket(a.at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0) {
        return listen_fault(fault, text, errno);
    }
    const struct sockaddr *at = (const struct sockaddr *)&a.at;
    /* A restart must not wait for the last connections of its predecessor to fade. */
    if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 || bind(s, at, a.len) != 0 ||
        listen(s, BACKLOG) != 0 || getsockname(s, (struct sockaddr *)&a.at, &a.len) != 0) {
        enum sym_err err = listen_fault(fault, text, errno);
        (void)close(s);
        return err;
    }
    *fd = s;
    *chosen = a;
    return SYM_OK;
}

enum sym_err sym_address_connect(int *fd, const struct sym_address *to)
{
    int s = socket(to->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0) {
        return errno == EMFILE || errno == ENFILE ? SYM_LIMIT : SYM_IO;
    }
    sym_address_tune(s);
    if (connect(s, (const struct sockaddr *)&to->at, to->len) != 0 && errno != EINPROGRESS) {
        (void)close(s);
        return SYM_UNREACHABLE;
    }
    *fd = s;
    return SYM_OK;
}

static void set(int fd, int level, int option, int value)
{
    /* Each is an improvement; without it the connection still works. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

void sym_address_tune(int fd)
{
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)SYM_TCP_USER_TIMEOUT_MS);
}
