#include "node/leash.h"

#include "node/loop.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#define KEYS_VERSION 1u

enum sym_err sym_leash_new(int ends[2])
{
    int made[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, made) != 0) {
        return errno == EMFILE || errno == ENFILE ? SYM_LIMIT : SYM_IO;
    }
    ends[0] = made[0];
    ends[1] = made[1];
    return SYM_OK;
}

/* Until the leash takes a packet again. */
static enum sym_err await_room(int leash, uint64_t until_ms)
{
    struct pollfd room = {.fd = leash, .events = POLLOUT};
    uint64_t now_ms = sym_now_ms();
    if (now_ms >= until_ms) {
        return SYM_TIMEOUT;
    }
    int n = poll(&room, 1, (int)(until_ms - now_ms));
    if (n < 0 && errno != EINTR) {
        return SYM_IO;
    }
    return SYM_OK;
}

static enum sym_err send_error(int code)
{
    switch (code) {
    case EAGAIN:
    case EINTR:
        return SYM_AGAIN;
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
        return SYM_CLOSED;
    default:
        return SYM_IO;
    }
}

enum sym_err sym_leash_send(int leash, enum sym_leash_type type, struct sym_span payload)
{
    uint8_t head = (uint8_t)type;
    /* sendmsg takes what it only reads as writable. */
    union {
        const uint8_t *in;
        void *out;
    } data = {.in = payload.data};
    struct iovec parts[2] = {{.iov_base = &head, .iov_len = sizeof head},
                             {.iov_base = data.out, .iov_len = payload.len}};
    struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
    uint64_t until_ms = sym_now_ms() + SYM_LEASH_WAIT_MS;

    if (payload.len > SYM_LEASH_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    for (;;) {
        if (sendmsg(leash, &packet, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
            return SYM_OK;
        }
        enum sym_err err = send_error(errno);
        if (err == SYM_AGAIN) {
            err = await_room(leash, until_ms);
        }
        if (err != SYM_OK) {
            return err;
        }
    }
}

static ssize_t take(int leash, struct msghdr *packet)
{
    ssize_t n;
    do {
        n = recvmsg(leash, packet, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n;
}

enum sym_err sym_leash_receive(int leash, enum sym_leash_type *type, uint8_t *out, size_t max,
                               size_t *len)
{
    uint8_t head = 0;
    struct iovec parts[2] = {{.iov_base = &head, .iov_len = sizeof head},
                             {.iov_base = out, .iov_len = max}};
    struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n = take(leash, &packet);

    if (n < 0 && errno == EAGAIN) {
        return SYM_AGAIN;
    }
    if (n < 0 && errno != ECONNRESET) {
        return SYM_IO;
    }
    if (n <= 0) {
        return SYM_CLOSED;
    }
    if ((packet.msg_flags & MSG_TRUNC) != 0 || (size_t)n - 1 > SYM_LEASH_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    if (head < SYM_LEASH_CORE_KEYS || head > SYM_LEASH_STOP) {
        return SYM_BAD_FORMAT;
    }
    *type = (enum sym_leash_type)head;
    *len = (size_t)n - 1;
    return SYM_OK;
}

/* Keys ---------------------------------------------------------------------------------------- */

_Static_assert(SYM_LEASH_KEYS_BYTES == 1 + 3 * SYM_SEED_BYTES + SYM_STORAGE_KEY_BYTES +
                                           SYM_X25519_BYTES + 1 + SYM_X25519_BYTES,
               "the layout that leash.h describes");

enum sym_err sym_leash_keys_write(uint8_t out[SYM_LEASH_KEYS_BYTES],
                                  const struct sym_node_keys *keys)
{
    const struct sym_secret *always[] = {&keys->identity.seed, &keys->log.seed, &keys->cosign.seed,
                                         &keys->storage, &keys->exchange[0].private_key};
    static const uint8_t none[SYM_X25519_BYTES];
    const struct sym_secret *next = &keys->exchange[1].private_key;
    bool has_next = next->len == SYM_X25519_BYTES;
    struct sym_writer w = sym_writer(out, SYM_LEASH_KEYS_BYTES);
    struct sym_span whole;

    sym_write_u8(&w, KEYS_VERSION);
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        sym_write_span(&w, sym_secret_span(always[i]));
    }
    sym_write_u8(&w, has_next);
    sym_write_span(&w, has_next ? sym_secret_span(next) : sym_span(none, sizeof none));
    /* A key that is absent left a shorter text. */
    return sym_write_end(&w, &whole) == SYM_OK && whole.len == SYM_LEASH_KEYS_BYTES
               ? SYM_OK
               : SYM_BAD_FORMAT;
}

static enum sym_err fill_keys(struct sym_node_keys *keys, struct sym_reader *r)
{
    struct sym_sign_key *sign[] = {&keys->identity, &keys->log, &keys->cosign};
    enum sym_err err = SYM_OK;

    for (size_t i = 0; i < sizeof sign / sizeof sign[0] && err == SYM_OK; i++) {
        err = sym_sign_key_from(sign[i], sym_read_span(r, SYM_SEED_BYTES));
    }
    if (err == SYM_OK) {
        err = sym_secret_copy(&keys->storage, sym_read_span(r, SYM_STORAGE_KEY_BYTES));
    }
    if (err == SYM_OK) {
        err = sym_exchange_key_from(&keys->exchange[0], sym_read_span(r, SYM_X25519_BYTES));
    }
    uint8_t has_next = sym_read_u8(r);
    struct sym_span next = sym_read_span(r, SYM_X25519_BYTES);
    if (err == SYM_OK && has_next > 1) {
        err = SYM_BAD_FORMAT;
    }
    if (err == SYM_OK && has_next == 1) {
        err = sym_exchange_key_from(&keys->exchange[1], next);
    }
    return err;
}

enum sym_err sym_leash_keys_read(struct sym_node_keys *keys, struct sym_span bytes)
{
    struct sym_reader r = sym_reader(bytes);
    uint8_t version = sym_read_u8(&r);

    if (bytes.len != SYM_LEASH_KEYS_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (version != KEYS_VERSION) {
        return SYM_BAD_VERSION;
    }
    enum sym_err err = fill_keys(keys, &r);
    if (err == SYM_OK) {
        err = sym_read_end(&r);
    }
    if (err != SYM_OK) {
        sym_node_keys_clear(keys);
    }
    return err;
}
