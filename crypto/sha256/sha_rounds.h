/* The rounds of SHA-256 and SHA-512 (FIPS 180-4 sections 6.2.2 and 6.4.2), for as many messages at
 * once as a vector has words. Whoever includes this has defined word, WORD_BITS and the constants
 * ROUND_CONSTANTS, and may define operations that the processor has an instruction for. */

#ifndef ADD
#define ADD(x, y)         ((x) + (y))
#define ROTATE(x, n)      ((x) >> (n) | (x) << (WORD_BITS - (n)))
#define SHIFT(x, n)       ((x) >> (n))
#define XOR3(x, y, z)     ((x) ^ (y) ^ (z))
#define CHOOSE(x, y, z)   (((x) & (y)) ^ (~(x) & (z)))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define ALL(x)            (x)
#endif

#if WORD_BITS == 32
#define ROUNDS      64
#define OF_A(x)     SIGMA(x, 2, 13, 22)
#define OF_E(x)     SIGMA(x, 6, 11, 25)
#define OF_EARLY(x) SIGMA_SHIFT(x, 7, 18, 3)
#define OF_LATE(x)  SIGMA_SHIFT(x, 17, 19, 10)
#else
#define ROUNDS      80
#define OF_A(x)     SIGMA(x, 28, 34, 39)
#define OF_E(x)     SIGMA(x, 14, 18, 41)
#define OF_EARLY(x) SIGMA_SHIFT(x, 1, 8, 7)
#define OF_LATE(x)  SIGMA_SHIFT(x, 19, 61, 6)
#endif

/* As macros: vectors wider than the registers may not be passed to functions. */
#define SIGMA(x, a, b, c)       XOR3(ROTATE(x, a), ROTATE(x, b), ROTATE(x, c))
#define SIGMA_SHIFT(x, a, b, c) XOR3(ROTATE(x, a), ROTATE(x, b), SHIFT(x, c))

/* Round i of sixteen; the caller turns the letters instead of moving the words. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                           \
    do {                                                                                           \
        const word one =                                                                           \
            ADD(ADD(ADD(h, OF_E(e)), CHOOSE(e, f, g)), ADD(w[i], ALL(ROUND_CONSTANTS[t + (i)])));  \
        d = ADD(d, one);                                                                           \
        h = ADD(one, ADD(OF_A(a), MAJORITY(a, b, c)));                                             \
    } while (0)
#define EIGHT_ROUNDS(i)                                                                            \
    do {                                                                                           \
        ROUND(a, b, c, d, e, f, g, h, (i));                                                        \
        ROUND(h, a, b, c, d, e, f, g, (i) + 1);                                                    \
        ROUND(g, h, a, b, c, d, e, f, (i) + 2);                                                    \
        ROUND(f, g, h, a, b, c, d, e, (i) + 3);                                                    \
        ROUND(e, f, g, h, a, b, c, d, (i) + 4);                                                    \
        ROUND(d, e, f, g, h, a, b, c, (i) + 5);                                                    \
        ROUND(c, d, e, f, g, h, a, b, (i) + 6);                                                    \
        ROUND(b, c, d, e, f, g, h, a, (i) + 7);                                                    \
    } while (0)

static inline __attribute__((always_inline)) void schedule(word w[16])
{
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++) {
        w[i] = ADD(ADD(w[i], OF_LATE(w[(i + 14) % 16])),
                   ADD(w[(i + 9) % 16], OF_EARLY(w[(i + 1) % 16])));
    }
}

/* One block of each message, w being its words. */
static inline __attribute__((always_inline)) void compress(word s[8], word w[16])
{
    // cppcheck-suppress ctuArrayIndex ; it does not know how wide a vector is
    word a = s[0];
    word b = s[1];
    word c = s[2];
    word d = s[3];
    word e = s[4];
    word f = s[5];
    word g = s[6];
    word h = s[7];
    for (unsigned t = 0; t < ROUNDS; t += 16) {
        if (t > 0) {
            schedule(w);
        }
        EIGHT_ROUNDS(0);
        EIGHT_ROUNDS(8);
    }
    s[0] = ADD(s[0], a);
    s[1] = ADD(s[1], b);
    s[2] = ADD(s[2], c);
    s[3] = ADD(s[3], d);
    s[4] = ADD(s[4], e);
    s[5] = ADD(s[5], f);
    s[6] = ADD(s[6], g);
    s[7] = ADD(s[7], h);
}
