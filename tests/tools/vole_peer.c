/* vole_peer PORT R|S N_R N_S COMMON: plays one side of suite overlap-vole-1 over TCP against
 * another implementation: listens on 127.0.0.1:PORT for one peer (0: any port) and prints
 * "listening PORT". Messages M1 … M9 go one after the other as the specification has them, without
 * the frames of proto/vole.h. Item i of R is SHA-256("item" || LE64(i)), item i of S that of i +
 * N_R - COMMON; the context is 1, 2, 3 and 29 zeros. Ends with "R found N" or "S done", and with an
 * error when what R found is not what both have.
 */
#include "proto/vole.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/vole_state.h"

struct peer {
    struct sym_vole_run *run;
    int fd;
    uint8_t *digests;
    uint32_t *numbers; /* of the item that lies at each place */
    size_t n;
};

static void must(bool done, const char *what)
{
    if (!done) {
        (void)fprintf(stderr, "vole_peer: %s failed\n", what);
        exit(1);
    }
}

/* Items ----------------------------------------------------------------------------------------
 */

static uint8_t *all;

static int compare(const void *a, const void *b)
{
    return memcmp(all + *(const uint32_t *)a * 32u, all + *(const uint32_t *)b * 32u, 32);
}

static void make_items(struct peer *p, size_t n, uint64_t from)
{
    p->n = n;
    all = malloc(n * 32);
    p->digests = malloc(n * 32);
    p->numbers = malloc(n * sizeof *p->numbers);
    must(all != NULL && p->digests != NULL && p->numbers != NULL, "memory");
    for (size_t i = 0; i < n; i++) {
        uint8_t text[12] = "item";
        uint64_t number = i + from;
        memcpy(text + 4, &number, sizeof number);
        (void)crypto_hash_sha256(all + i * 32, text, sizeof text);
        p->numbers[i] = (uint32_t)i;
    }
    qsort(p->numbers, n, sizeof *p->numbers, compare);
    for (size_t i = 0; i < n; i++) {
        memcpy(p->digests + i * 32, all + p->numbers[i] * 32u, 32);
    }
    free(all);
}

/* Bytes ----------------------------------------------------------------------------------------
 */

static void send_all(struct peer *p, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(p->fd, bytes, len, MSG_NOSIGNAL);
        must(n > 0, "sending");
        bytes += n;
        len -= (size_t)n;
    }
}

/* What the run has to say and to compute. True when it did anything. */
static bool act(struct peer *p)
{
    static uint8_t frame[VOLE_HEAD_BYTES + SYM_VOLE_FRAME_BYTES];
    struct sym_work work;
    size_t len = 0;
    if (sym_vole_step(p->run, &len) == SYM_VOLE_DATA) {
        must(sym_vole_write(p->run, frame, len) == SYM_OK, "writing");
        send_all(p, frame + VOLE_HEAD_BYTES, len - VOLE_HEAD_BYTES);
        return true;
    }
    if (sym_vole_work(p->run, &work)) {
        enum sym_err err = work.run(work.context, 0, work.n);
        err = sym_vole_worked(p->run, work.context, err);
        must(err == SYM_OK, sym_vole_fault(p->run));
        return true;
    }
    return false;
}

/* The message that the other side must send now, and its length; none: VOLE_NO_MESSAGE. */
static enum vole_message due(const struct sym_vole_run *run, size_t *len)
{
    const struct sym_vole_geometry *g = &run->g;
    bool m4 = run->m4_gone < g->batches;
    switch ((unsigned)run->state) {
    case VOLE_R_LISTENS:
    case VOLE_S_AWAITS_ELEMENT:
        *len = 64;
        return run->state == VOLE_R_LISTENS ? VOLE_M1 : VOLE_M2;
    case VOLE_R_AWAITS_PAIRS:
        *len = SYM_BASE_OT_PAIRS_BYTES;
        return VOLE_M3;
    case VOLE_R_RUNS:
        *len = sym_vole_m5_bytes(g);
        return run->m5_gone < g->batches ? VOLE_M5 : VOLE_NO_MESSAGE;
    case VOLE_R_AWAITS_WORD:
        *len = VOLE_M8_BYTES;
        return VOLE_M8;
    case VOLE_R_MATCHES:
        *len = run->n_s * (size_t)SYM_VOLE_MASK_BYTES;
        return run->list.masks_come < run->n_s ? VOLE_M9 : VOLE_NO_MESSAGE;
    case VOLE_S_RUNS:
        *len = m4 ? sym_vole_m4_bytes(g) : VOLE_M7_BYTES;
        if (!m4 && run->m6_gone < g->batches) {
            *len = sym_vole_m6_bytes(g, run->m6_gone);
            return VOLE_M6;
        }
        return m4 ? VOLE_M4 : VOLE_M7;
    }
    return VOLE_NO_MESSAGE;
}

static void receive(struct peer *p)
{
    static uint8_t frame[VOLE_HEAD_BYTES + SYM_VOLE_FRAME_BYTES];
    size_t len = 0;
    frame[0] = (uint8_t)due(p->run, &len);
    must(frame[0] != VOLE_NO_MESSAGE, "going on");
    for (size_t at = 0, n = 0; at < len; at += n) {
        n = len - at < SYM_VOLE_FRAME_BYTES ? len - at : SYM_VOLE_FRAME_BYTES;
        must(recv(p->fd, frame + VOLE_HEAD_BYTES, n, MSG_WAITALL) == (ssize_t)n, "receiving");
        must(sym_vole_take(p->run, SYM_EVENT_DATA, sym_span(frame, VOLE_HEAD_BYTES + n)) == SYM_OK,
             sym_vole_fault(p->run));
    }
}

static int wait_for_peer(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = sizeof at;
    int one = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
             bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 1) == 0 &&
             getsockname(listener, (struct sockaddr *)&at, &len) == 0,
         "listening");
    (void)printf("listening %u\n", ntohs(at.sin_port));
    (void)fflush(stdout);
    int fd = accept(listener, NULL, NULL);
    must(fd >= 0, "accepting");
    (void)close(listener);
    return fd;
}

static void check_result(const struct peer *p, size_t n_r, size_t common)
{
    struct sym_vole_result result;
    must(sym_vole_result(p->run, &result) == SYM_OK, "asking for the result");
    bool right = result.common == common;
    for (uint32_t i = 0; i < result.common; i++) {
        right = right && p->numbers[result.matches[i]] >= n_r - common;
    }
    (void)printf("R found %u\n", result.common);
    must(right, "finding what both have");
}

int main(int argc, char **argv)
{
    must(argc == 6, "usage: vole_peer PORT R|S N_R N_S COMMON");
    bool is_r = argv[2][0] == 'R';
    uint32_t n_r = (uint32_t)strtoul(argv[3], NULL, 10);
    uint32_t n_s = (uint32_t)strtoul(argv[4], NULL, 10);
    uint32_t common = (uint32_t)strtoul(argv[5], NULL, 10);
    struct peer p = {0};
    must(sym_crypto_init() == SYM_OK, "libsodium");
    make_items(&p, is_r ? n_r : n_s, is_r ? 0 : n_r - common);
    struct sym_vole_config c = {.role = is_r ? SYM_SESSION_INITIATOR : SYM_SESSION_RESPONDER,
                                .digests = p.digests,
                                .n = p.n,
                                .own_size = is_r ? n_r : n_s,
                                .peer_size = is_r ? n_s : n_r,
                                .context = {1, 2, 3}};
    must(sym_ristretto_choose(&c.with, getenv("SYMBOLON_RISTRETTO")) == SYM_OK &&
             sym_vole_kernel_choose(&c.kernel, getenv("SYMBOLON_VOLE")) == SYM_OK &&
             sym_vole_new(&p.run, &c) == SYM_OK,
         "beginning");
    p.fd = wait_for_peer((uint16_t)strtoul(argv[1], NULL, 10));
    while (p.run->state != VOLE_CLOSES && p.run->state != VOLE_AWAITS_CLOSE) {
        if (!act(&p)) {
            receive(&p);
        }
    }
    if (is_r) {
        must(sym_vole_write(p.run, NULL, 0) == SYM_OK, "closing");
        while (act(&p)) {
        }
        check_result(&p, n_r, common);
    } else {
        (void)puts("S done");
    }
    sym_vole_free(p.run);
    free(p.digests);
    free(p.numbers);
    (void)close(p.fd);
    return 0;
}
