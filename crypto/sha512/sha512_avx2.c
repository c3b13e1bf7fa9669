#include "crypto/sha512/sha512.h"

#ifdef __x86_64__
#define LANES 4
#define HASH  sym_sha512_avx2
#include "crypto/sha512/lanes.h"
#else
typedef int sym_sha512_avx2_is_of_x86;
#endif
