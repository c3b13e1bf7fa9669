#include "crypto/sha512/sha512.h"

#ifdef __x86_64__

#ifdef __AVX512F__ /* not where valgrind has to run it */
#include <immintrin.h>

#define ADD(x, y)    ((x) + (y))
#define ROTATE(x, n) ((word)_mm512_ror_epi64((__m512i)(x), n))
#define SHIFT(x, n)  ((x) >> (n))
#define ALL(x)       (x)
/* Truth tables: x ^ y ^ z, x ? y : z, and what two of three say. */
#define LOGIC(x, y, z, table)                                                                      \
    ((word)_mm512_ternarylogic_epi64((__m512i)(x), (__m512i)(y), (__m512i)(z), table))
#define XOR3(x, y, z)     LOGIC(x, y, z, 0x96)
#define CHOOSE(x, y, z)   LOGIC(x, y, z, 0xca)
#define MAJORITY(x, y, z) LOGIC(x, y, z, 0xe8)
#endif

#define LANES 8
#define HASH  sym_sha512_avx512
#include "crypto/sha512/lanes.h"

#else
typedef int sym_sha512_avx512_is_of_x86;
#endif
