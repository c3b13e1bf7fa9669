/* result.h - the one list of things that can go wrong, and the texts for them.
 *
 * Every function that can fail returns enum sym_err and must be checked. Outputs are written
 * only on success. Layers that talk to people add the thing and the remedy to the reason with
 * struct sym_fault; crypto/ and proto/ fill it only where a parser knows more than an enum can say.
 */
#ifndef SYM_CRYPTO_RESULT_H
#define SYM_CRYPTO_RESULT_H

#define SYM_MUST                       __attribute__((warn_unused_result))
#define SYM_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

#define SYM_ERR_LIST(X)                                                                            \
    X(OK, "done")                                                                                  \
    X(SHORT, "ends too early")                                                                     \
    X(TRAILING, "has bytes after its end")                                                         \
    X(TOO_LONG, "is longer than the limit")                                                        \
    X(BAD_FORMAT, "is not in the expected format")                                                 \
    X(BAD_VALUE, "has a value outside its range")                                                  \
    X(BAD_VERSION, "is of a version this program does not know")                                   \
    X(BAD_ELEMENT, "is not a canonical group element, or is the identity")                         \
    X(BAD_SCALAR, "is not a usable scalar")                                                        \
    X(BAD_SIGNATURE, "does not carry a valid signature")                                           \
    X(BAD_TAG, "does not authenticate: wrong key, or altered bytes")                               \
    X(WRONG_STATE, "does not fit the state of the exchange")                                       \
    X(REPLAY, "was seen before")                                                                   \
    X(STALE, "carries a time too far from this clock")                                             \
    X(EXPIRED, "has expired")                                                                      \
    X(OLDER, "is older than the one already held")                                                 \
    X(SELF, "belongs to this node itself")                                                         \
    X(NOT_FOUND, "does not exist")                                                                 \
    X(EXISTS, "exists already")                                                                    \
    X(DENIED, "is not allowed")                                                                    \
    X(IN_USE, "is in use by another process")                                                      \
    X(BAD_PERMISSIONS, "has the wrong owner or permissions")                                       \
    X(UNREACHABLE, "cannot be reached")                                                            \
    X(TIMEOUT, "did not answer in time")                                                           \
    X(CLOSED, "was closed by the other side")                                                      \
    X(CANCELLED, "was cancelled")                                                                  \
    X(AGAIN, "is not ready yet")                                                                   \
    X(LIMIT, "would exceed a limit")                                                               \
    X(NO_MEMORY, "does not fit into memory")                                                       \
    X(NO_SPACE, "does not fit on the disk")                                                        \
    X(IO, "could not be read or written")                                                          \
    X(UNSUPPORTED, "is not supported on this system")                                              \
    X(INTERNAL, "met a condition that should be impossible")                                       \
    X(HELD, "waits for an approver")

enum sym_err {
#define SYM_ERR_ENUM(name, text) SYM_##name,
    SYM_ERR_LIST(SYM_ERR_ENUM)
#undef SYM_ERR_ENUM
        SYM_ERR_COUNT
};

/* The reason as a phrase that completes "the card …"; never NULL. */
const char *sym_err_text(enum sym_err err);

/* The stable name, such as "BAD_TAG"; never NULL. Used in logs and JSON. */
const char *sym_err_name(enum sym_err err);

/* Room for one line that a person reads: thing, reason, remedy. Bytes, terminator included. */
#define SYM_FAULT_BYTES 320

struct sym_fault {
    enum sym_err err;
    char text[SYM_FAULT_BYTES];
};

/* Records err and the formatted line in fault (may be NULL) and returns err. A line that is too
 * long is cut, but no UTF-8 character in two. Never put a secret
 * or an imported value into the text: it is logged. */
enum sym_err sym_fail(struct sym_fault *fault, enum sym_err err, const char *format, ...)
    SYM_PRINTF(3, 4);

#endif
