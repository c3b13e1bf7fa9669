#include "node/store/erasure.h"

#include "crypto/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PURPOSE     "erasure keys"
#define DOMAIN      "symbolon-erasure-1"
#define KEY_BYTES   32u
#define PLAIN_BYTES (8u + KEY_BYTES)
#define FILLED      (PLAIN_BYTES + SYM_SEAL_OVERHEAD_BYTES)
#define FILE_BYTES  (SYM_ERASURE_SLOTS * SYM_ERASURE_SLOT_BYTES)

static enum sym_err fail(const struct sym_erasure *e, struct sym_fault *fault, int code)
{
    return sym_disk_fail(fault, &e->dir, e->file, code);
}

/* Bound to its slot, so that an old one cannot be brought back in the other's place. */
static struct sym_span associated(uint8_t out[sizeof DOMAIN], size_t slot)
{
    struct sym_writer w = sym_writer(out, sizeof DOMAIN);
    sym_write_bytes(&w, DOMAIN, sizeof DOMAIN - 1);
    sym_write_u8(&w, (uint8_t)slot);
    return sym_span(out, sizeof DOMAIN);
}

static enum sym_err seal_slot(const struct sym_erasure *e, uint8_t out[FILLED], size_t slot)
{
    uint8_t ad[sizeof DOMAIN];
    uint8_t plain[PLAIN_BYTES];
    struct sym_span whole;
    struct sym_writer w = sym_writer(plain, sizeof plain);
    sym_write_u64(&w, e->slots[slot].generation);
    sym_write_span(&w, sym_secret_span(&e->slots[slot].key));
    enum sym_err err = sym_write_end(&w, &whole);
    if (err == SYM_OK) {
        err = sym_seal(out, e->own.data, associated(ad, slot), whole);
    }
    sym_wipe(plain, sizeof plain);
    return err;
}

/* What does not authenticate holds no key: it was overwritten, or writing it was cut short. */
static enum sym_err unseal_slot(struct sym_erasure *e, size_t slot, struct sym_span sealed)
{
    uint8_t ad[sizeof DOMAIN];
    uint8_t plain[PLAIN_BYTES];
    struct sym_erasure_slot *s = &e->slots[slot];
    enum sym_err err = sym_unseal(plain, e->own.data, associated(ad, slot), sealed);
    if (err == SYM_OK) {
        err = sym_secret_copy(&s->key, sym_span(plain + 8, KEY_BYTES));
        s->generation = err == SYM_OK ? sym_get_u64(plain) : 0;
    } else {
        err = SYM_OK;
    }
    sym_wipe(plain, sizeof plain);
    return err;
}

/* 0, or the operating system's error. */
static int put(const struct sym_erasure *e, size_t slot, struct sym_span bytes)
{
    size_t at = slot * SYM_ERASURE_SLOT_BYTES;
    while (bytes.len > 0) {
        ssize_t n = pwrite(e->fd, bytes.data, bytes.len, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno;
        }
        at += (size_t)n;
        bytes = sym_span(bytes.data + n, bytes.len - (size_t)n);
    }
    return fsync(e->fd) == 0 ? 0 : errno;
}

static void drop_key(struct sym_erasure_slot *s)
{
    sym_secret_clear(&s->key);
    s->generation = 0;
}

static enum sym_err begin(struct sym_erasure *e, const struct sym_disk *dir, const char *file,
                          struct sym_span master, struct sym_fault *fault)
{
    *e = (struct sym_erasure){.fd = -1, .dir = *dir, .file = file};
    if (master.len != SYM_SEAL_KEY_BYTES || sym_secret_new(&e->own, SYM_SEAL_KEY_BYTES) != SYM_OK) {
        return sym_fail(fault, SYM_NO_MEMORY, "%s/%s: no memory for its key", dir->shown, e->file);
    }
    sym_subkey(e->own.data, master.data, PURPOSE, sym_span_text(file));
    return SYM_OK;
}

static enum sym_err open_file(struct sym_erasure *e, struct sym_fault *fault)
{
    e->fd = openat(e->dir.fd, e->file, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    return e->fd >= 0 ? SYM_OK : fail(e, fault, errno);
}

enum sym_err sym_erasure_open(struct sym_erasure *e, const struct sym_disk *dir, const char *file,
                              struct sym_span master, struct sym_fault *fault)
{
    SYM_SECRET_AUTO bytes = {0};
    enum sym_err err = begin(e, dir, file, master, fault);
    if (err == SYM_OK) {
        err = sym_disk_read(&bytes, dir, e->file, FILE_BYTES, fault);
    }
    if (err == SYM_OK) {
        err = open_file(e, fault);
    }
    for (size_t i = 0; err == SYM_OK && i < SYM_ERASURE_SLOTS; i++) {
        struct sym_reader r = sym_reader(sym_secret_span(&bytes));
        (void)sym_read_span(&r, i * SYM_ERASURE_SLOT_BYTES);
        err = unseal_slot(e, i, sym_read_span(&r, FILLED));
        if (err != SYM_OK) {
            (void)sym_fail(fault, err, "%s/%s: it %s", dir->shown, e->file, sym_err_text(err));
        }
    }
    if (err != SYM_OK) {
        sym_erasure_close(e);
    }
    return err;
}

/* All that is in the file has its room on the disk from here on: a full one keeps nobody from
 * erasing. */
static enum sym_err make_file(struct sym_erasure *e, struct sym_fault *fault)
{
    uint8_t bytes[FILE_BYTES];
    sym_random(bytes, sizeof bytes);
    enum sym_err err = seal_slot(e, bytes, 0);
    if (err == SYM_OK) {
        err = sym_disk_remove(&e->dir, e->file, fault);
    }
    if (err == SYM_OK) {
        err = sym_disk_write(&e->dir, e->file, 0600, sym_span(bytes, sizeof bytes), fault);
    }
    return err == SYM_OK ? sym_disk_sync(&e->dir, fault) : err;
}

enum sym_err sym_erasure_make(struct sym_erasure *e, const struct sym_disk *dir, const char *file,
                              struct sym_span master, struct sym_fault *fault)
{
    enum sym_err err = begin(e, dir, file, master, fault);
    if (err == SYM_OK) {
        err = sym_secret_random(&e->slots[0].key, KEY_BYTES);
        if (err != SYM_OK) {
            (void)sym_fail(fault, err, "%s/%s: its key %s", dir->shown, e->file, sym_err_text(err));
        }
    }
    if (err == SYM_OK) {
        e->slots[0].generation = 1;
        e->slots[1].blank = true;
        err = make_file(e, fault);
    }
    if (err == SYM_OK) {
        err = open_file(e, fault);
    }
    if (err != SYM_OK) {
        sym_erasure_close(e);
    }
    return err;
}

void sym_erasure_close(struct sym_erasure *e)
{
    if (e->fd >= 0) {
        (void)close(e->fd);
        e->fd = -1;
    }
    for (size_t i = 0; i < SYM_ERASURE_SLOTS; i++) {
        drop_key(&e->slots[i]);
    }
    sym_secret_clear(&e->own);
}

const struct sym_secret *sym_erasure_key(const struct sym_erasure *e, uint64_t generation)
{
    for (size_t i = 0; i < SYM_ERASURE_SLOTS; i++) {
        if (generation > 0 && e->slots[i].generation == generation) {
            return &e->slots[i].key;
        }
    }
    return NULL;
}

static size_t other_slot(const struct sym_erasure *e, uint64_t generation)
{
    return e->slots[0].generation == generation ? 1 : 0;
}

static struct sym_erasure_slot *other(struct sym_erasure *e, uint64_t generation)
{
    return &e->slots[other_slot(e, generation)];
}

bool sym_erasure_is_alone(const struct sym_erasure *e, uint64_t generation)
{
    return e->slots[other_slot(e, generation)].blank;
}

bool sym_erasure_has_other(const struct sym_erasure *e, uint64_t generation)
{
    for (size_t i = 0; i < SYM_ERASURE_SLOTS; i++) {
        if (e->slots[i].generation != 0 && e->slots[i].generation != generation) {
            return true;
        }
    }
    return false;
}

enum sym_err sym_erasure_add(struct sym_erasure *e, uint64_t generation, struct sym_fault *fault)
{
    uint8_t sealed[FILLED];
    struct sym_erasure_slot *s = other(e, generation);
    size_t at = (size_t)(s - e->slots);
    drop_key(s);
    enum sym_err err = sym_secret_random(&s->key, KEY_BYTES);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s/%s: its next key %s", e->dir.shown, e->file,
                        sym_err_text(err));
    }
    s->generation = generation + 1;
    s->blank = false;
    err = seal_slot(e, sealed, at);
    int code = err == SYM_OK ? put(e, at, sym_span(sealed, sizeof sealed)) : EINVAL;
    return code == 0 ? SYM_OK : fail(e, fault, code);
}

enum sym_err sym_erasure_keep(struct sym_erasure *e, uint64_t generation, struct sym_fault *fault)
{
    uint8_t noise[FILLED];
    struct sym_erasure_slot *s = other(e, generation);
    if (s->blank) {
        return SYM_OK;
    }
    drop_key(s);
    sym_random(noise, sizeof noise);
    int code = put(e, (size_t)(s - e->slots), sym_span(noise, sizeof noise));
    s->blank = code == 0;
    return code == 0 ? SYM_OK : fail(e, fault, code);
}
