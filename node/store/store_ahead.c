/* Room behind the end of what is used, written with zeros before it is needed: a sync takes up to
 * half as long again when it has to record a longer file, too. What cannot be written here is left
 * to the commit, which needs as much and says so. A commit that is long takes longer for writing
 * everything twice than it saves. */
#include "node/store/store_state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define PART_BYTES ((uint64_t)65536)
#define PARTS_MAX  16u
#define LONG_BYTES ((uint64_t)32768)

void sym_store_reach_ahead(struct sym_store *s)
{
    static const uint8_t zeros[PART_BYTES];
    struct iovec parts[PARTS_MAX];
    uint64_t used = sym_store_bytes(s);
    uint64_t wanted = used / 8 / PART_BYTES + 1;
    size_t n = wanted < PARTS_MAX ? (size_t)wanted : PARTS_MAX;
    int fd = -1;
    bool was_long = used - s->used_before > LONG_BYTES && s->used_before != 0;
    s->used_before = used;
    if (used == 0 || was_long || used + n * PART_BYTES / 2 <= s->reached ||
        mdb_env_get_fd(s->env, &fd) != MDB_SUCCESS) {
        return;
    }
    struct stat info;
    if (s->reached == 0 && fstat(fd, &info) == 0) {
        s->reached = (uint64_t)info.st_size;
    }
    uint64_t from = s->reached < used ? used : s->reached;
    for (size_t i = 0; i < n; i++) {
        parts[i] = (struct iovec){.iov_base = (void *)(uintptr_t)zeros, .iov_len = PART_BYTES};
    }
    ssize_t written = pwritev(fd, parts, (int)n, (off_t)from);
    if (written > 0) {
        s->reached = from + (uint64_t)written;
        /* On its way to the disk before the next commit waits for it. */
        (void)sync_file_range(fd, (off_t)from, written, SYNC_FILE_RANGE_WRITE);
    }
}
