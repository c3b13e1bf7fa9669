#include "tests/support/cheap_backup.h"

#include "crypto/bytes.h"

#define PARAMETERS_AT 18 /* behind the line that names format and version */
#define MEMORY_BYTES  (64u << 20)
#define PASSES        1u

void __real_sym_backup_header(uint8_t out[SYM_BACKUP_HEADER_BYTES],
                              const struct sym_backup_about *about);

void __wrap_sym_backup_header(uint8_t out[SYM_BACKUP_HEADER_BYTES],
                              const struct sym_backup_about *about)
{
    __real_sym_backup_header(out, about);
    struct sym_writer w = sym_writer(out + PARAMETERS_AT, 8);
    sym_write_u32(&w, MEMORY_BYTES);
    sym_write_u32(&w, PASSES);
}
