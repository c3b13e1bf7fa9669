#include "crypto/agree.h"

#include "crypto/agree_kernel.h"
#include "crypto/cpu.h"
#include "crypto/ristretto_backend.h"

#include <string.h>

static void one_by_one(uint8_t (*shared)[SYM_X25519_BYTES], enum sym_err *verdicts,
                       const struct sym_exchange_key *own, const uint8_t *const *remotes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        verdicts[i] = sym_exchange_key_agree(shared[i], own, remotes[i]);
    }
}

#ifdef __x86_64__
static bool is_usable(void)
{
    return sym_cpu_has(sym_cpu_features(), SYM_AGREE_IFMA_WANTS);
}

/* A lane that is left over does what the first one does. Zero comes out where the point was of
 * small order; everybody may know that. */
static void by_lanes(uint8_t (*shared)[SYM_X25519_BYTES], enum sym_err *verdicts,
                     const struct sym_exchange_key *own, const uint8_t *const *remotes, size_t n)
{
    static const uint8_t zero[SYM_X25519_BYTES];
    uint8_t in[SYM_AGREE_LANES][SYM_X25519_BYTES];
    uint8_t out[SYM_AGREE_LANES][SYM_X25519_BYTES];
    for (size_t first = 0; first < n; first += SYM_AGREE_LANES) {
        size_t m = n - first < SYM_AGREE_LANES ? n - first : SYM_AGREE_LANES;
        for (size_t i = 0; i < SYM_AGREE_LANES; i++) {
            memcpy(in[i], remotes[first + (i < m ? i : 0)], sizeof in[i]);
        }
        sym_x25519_ifma(out[0], own->private_key.data, in[0]);
        for (size_t i = 0; i < m; i++) {
            bool none = sym_equal(out[i], zero, sizeof zero);
            SYM_DECLASSIFY(none);
            memcpy(shared[first + i], out[i], sizeof out[i]);
            verdicts[first + i] = none ? SYM_BAD_ELEMENT : SYM_OK;
        }
    }
    sym_wipe(out, sizeof out);
}
#endif

enum sym_err sym_agree_many_with(uint8_t (*shared)[SYM_X25519_BYTES], enum sym_err *verdicts,
                                 const struct sym_exchange_key *own, const uint8_t *const *remotes,
                                 size_t n, const char *forced)
{
    if (own->private_key.len != SYM_X25519_BYTES) {
        return SYM_BAD_FORMAT;
    }
#ifdef __x86_64__
    bool wanted = forced == NULL ? n > 1 : strcmp(forced, "ifma") == 0;
    if (wanted && is_usable()) {
        by_lanes(shared, verdicts, own, remotes, n);
        return SYM_OK;
    }
    if (wanted && forced != NULL) {
        return SYM_UNSUPPORTED;
    }
#endif
    if (forced != NULL && strcmp(forced, "sodium") != 0) {
        return SYM_NOT_FOUND;
    }
    one_by_one(shared, verdicts, own, remotes, n);
    return SYM_OK;
}

enum sym_err sym_agree_many(uint8_t (*shared)[SYM_X25519_BYTES], enum sym_err *verdicts,
                            const struct sym_exchange_key *own, const uint8_t *const *remotes,
                            size_t n)
{
    return sym_agree_many_with(shared, verdicts, own, remotes, n, NULL);
}
