/* http.h - a small HTTP server on 127.0.0.1, for one page of one person; the only user of
 * libmicrohttpd.
 *
 * One thread: nothing happens outside sym_http_run. Every connection serves one request and has
 * a deadline, however busily its sender dribbles; heads, bodies and connections are bounded below.
 * Every reply says that it may not be cached, framed, sniffed or told of to others.
 * Errors: SYM_EXISTS (the port is taken), SYM_NO_MEMORY, SYM_IO; the fault is a complete line.
 */
#ifndef SYM_CLI_UI_HTTP_H
#define SYM_CLI_UI_HTTP_H

#include "crypto/bytes.h"

/* What one connection may send: a head (the library answers 431 or 414 itself), a body (413). */
#define SYM_HTTP_HEAD_BYTES_MAX 16384u
#define SYM_HTTP_BODY_BYTES_MAX 1024u
/* At one time; others wait in the system's queue. A browser uses six. */
#define SYM_HTTP_CONNECTIONS_MAX 32u
/* From its first byte to the end of the request, and again from there to the end of the reply. */
#define SYM_HTTP_DEADLINE_MS 10000u

struct sym_http;

/* Texts and body borrow from the connection, during the call. NULL: there is no such header. */
struct sym_http_request {
    const char *method;
    const char *path; /* decoded, without the query */
    const char *host;
    const char *origin;
    const char *site; /* Sec-Fetch-Site: how a browser came to ask */
    const char *authorization;
    bool repeated; /* one of these headers came more than once */
    struct sym_span body;
    void *connection;
};
/* The value of a name in the query, the first where there are several; NULL: none. */
const char *sym_http_query(const struct sym_http_request *r, const char *name);

struct sym_http_reply {
    unsigned status;
    const char *type;   /* static */
    const char *policy; /* Content-Security-Policy; static */
    char *body;         /* of malloc; the server frees it; NULL: none */
    size_t len;
    bool secret; /* wipe the body when it is sent */
};
typedef void sym_http_fn(void *context, const struct sym_http_request *request,
                         struct sym_http_reply *reply);

/* port 0: any that is free. answer is called once for each whole request. */
SYM_MUST enum sym_err sym_http_open(struct sym_http **out, uint16_t port, sym_http_fn *answer,
                                    void *context, struct sym_fault *fault);
/* The one it listens on. */
uint16_t sym_http_port(const struct sym_http *h);
/* Readable when sym_http_run has something to do. */
int sym_http_fd(const struct sym_http *h);
/* How long it may stay idle, at most so many milliseconds. */
int sym_http_idle_ms(const struct sym_http *h, int most);
/* Takes connections, reads, answers, and cuts off what is over its time. */
void sym_http_run(struct sym_http *h);
/* Closes all; NULL is fine. */
void sym_http_close(struct sym_http *h);

#endif
