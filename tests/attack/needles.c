/* needles NEEDLES FILE… - looks for many byte strings in files at once.
 *
 * NEEDLES is a row of needles, each its length in 4 bytes (little-endian) and that many bytes, at
 * least 8. Prints "number offset file" for each needle, the first time it is found in a file.
 * Needles are kept by their first 8 bytes in a hash table; a bitmap in front of it answers for
 * nearly every place of a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX      8u
#define BITMAP_BITS 26u
#define NONE        UINT32_MAX

struct needle {
    const uint8_t *data;
    uint32_t len;
    uint32_t next;  /* with the same slot */
    uint32_t found; /* number of the last file in which it was */
};

struct search {
    struct needle *needles;
    uint32_t n;
    uint32_t *slots;
    unsigned slot_bits;
    uint8_t *bitmap;
};

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "needles: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void *room(size_t n, size_t size)
{
    void *p = calloc(n, size);
    if (p == NULL) {
        give_up("memory");
    }
    return p;
}

struct content {
    const uint8_t *data;
    size_t len;
};

static struct content map_file(const char *path)
{
    struct content c = {NULL, 0};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        give_up(path);
    }
    c.len = (size_t)st.st_size;
    if (c.len > 0) {
        void *p = mmap(NULL, c.len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            give_up(path);
        }
        c.data = p;
    }
    (void)close(fd);
    return c;
}

static uint64_t head_of(const uint8_t *data)
{
    uint64_t head;
    memcpy(&head, data, PREFIX);
    return head * UINT64_C(0x9e3779b97f4a7c15);
}

static size_t length_at(const uint8_t *data)
{
    return (size_t)data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16 | (size_t)data[3] << 24;
}

static uint32_t count_needles(struct content c)
{
    uint32_t n = 0;
    for (size_t at = 0; at < c.len; n++) {
        size_t len = c.len - at >= 4 ? length_at(c.data + at) : 0;
        if (len < PREFIX || len > c.len - at - 4) {
            errno = EINVAL;
            give_up("the file of needles");
        }
        at += 4 + len;
    }
    return n;
}

static void read_needles(struct search *s, const char *path)
{
    struct content c = map_file(path);
    size_t at = 0;
    s->n = count_needles(c);
    s->slot_bits = 1;
    while ((UINT64_C(1) << s->slot_bits) < s->n) {
        s->slot_bits++;
    }
    s->needles = room(s->n + 1u, sizeof *s->needles);
    s->slots = room((size_t)1 << s->slot_bits, sizeof *s->slots);
    s->bitmap = room((size_t)1 << (BITMAP_BITS - 3), 1);
    memset(s->slots, 0xff, sizeof *s->slots << s->slot_bits);
    for (uint32_t i = 0; i < s->n; i++) {
        size_t len = length_at(c.data + at);
        struct needle *needle = &s->needles[i];
        uint64_t head = head_of(c.data + at + 4);
        uint32_t *slot = &s->slots[head >> (64 - s->slot_bits)];
        *needle = (struct needle){c.data + at + 4, (uint32_t)len, *slot, NONE};
        *slot = i;
        s->bitmap[head >> (64 - BITMAP_BITS + 3)] |=
            (uint8_t)(1u << ((head >> (64 - BITMAP_BITS)) & 7u));
        at += 4 + len;
    }
}

static void look_at(struct search *s, uint64_t head, struct content c, size_t at, uint32_t number,
                    const char *path)
{
    uint32_t next;
    for (uint32_t i = s->slots[head >> (64 - s->slot_bits)]; i != NONE; i = next) {
        struct needle *needle = &s->needles[i];
        next = needle->next;
        if (needle->found != number && needle->len <= c.len - at &&
            memcmp(needle->data, c.data + at, needle->len) == 0) {
            needle->found = number;
            (void)printf("%u %zu %s\n", i, at, path);
        }
    }
}

static void search_file(struct search *s, uint32_t number, const char *path)
{
    struct content c = map_file(path);
    for (size_t at = 0; at + PREFIX <= c.len; at++) {
        uint64_t head = head_of(c.data + at);
        unsigned bit = (unsigned)(head >> (64 - BITMAP_BITS)) & 7u;
        if ((s->bitmap[head >> (64 - BITMAP_BITS + 3)] >> bit & 1u) != 0) {
            look_at(s, head, c, at, number, path);
        }
    }
    if (c.len > 0) {
        (void)munmap((void *)(uintptr_t)c.data, c.len);
    }
}

int main(int argc, char **argv)
{
    struct search s = {.n = 0};
    if (argc < 3) {
        (void)fputs("usage: needles NEEDLES FILE...\n", stderr);
        return EXIT_FAILURE;
    }
    read_needles(&s, argv[1]);
    for (int i = 2; i < argc; i++) {
        search_file(&s, (uint32_t)i, argv[i]);
    }
    free(s.needles);
    free(s.slots);
    free(s.bitmap);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
