#include "crypto/sha256/sha_portable.h"

#ifdef __x86_64__
#define LANES  8
#define FINISH sym_sha_avx2_finish
#include "crypto/sha256/sha_lanes.h"
#else
typedef int sym_sha_avx2_is_of_x86;
#endif
