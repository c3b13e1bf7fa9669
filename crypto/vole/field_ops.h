/* The field functions of a kernel (kernel_table.h) over one multiplication, for kernels that
 * multiply one element at a time. Whoever includes this has defined static inline struct sym_block
 * multiply(struct sym_block a, struct sym_block b)
 */

static struct sym_block field_multiply(struct sym_block a, struct sym_block b)
{
    return multiply(a, b);
}

/* Horner in chi^4 for four interleaved parts: a multiplication waits for the one before. */
static struct sym_block field_sum(const struct sym_block *z, size_t n, struct sym_block chi)
{
    enum { PARTS = 4 };
    struct sym_block powers[PARTS];
    struct sym_block part[PARTS] = {{0, 0}};
    powers[0] = chi;
    for (unsigned i = 1; i < PARTS; i++) {
        powers[i] = multiply(powers[i - 1], chi);
    }
    for (size_t at = n; at > 0; at -= PARTS) {
        for (unsigned i = 0; i < PARTS; i++) {
            part[i] = multiply(part[i], powers[PARTS - 1]);
            part[i] = sym_block_add(part[i], z[at - PARTS + i]);
        }
    }
    struct sym_block sum = {0, 0};
    for (unsigned i = 0; i < PARTS; i++) {
        sum = sym_block_add(sum, multiply(part[i], powers[i]));
    }
    sym_wipe(part, sizeof part);
    return sum;
}

static void field_hash_rows(struct sym_block *out, const struct sym_block *rows, size_t n, size_t k,
                            struct sym_block chi)
{
    enum { AT_ONCE_ROWS = 4 };
    for (size_t r = 0; r < n; r += AT_ONCE_ROWS) {
        struct sym_block a[AT_ONCE_ROWS] = {{0, 0}};
        for (size_t j = 0; j + 1 < k; j++) {
            for (size_t i = 0; i < AT_ONCE_ROWS; i++) {
                a[i] = multiply(sym_block_add(a[i], rows[(r + i) * k + j]), chi);
            }
        }
        for (size_t i = 0; i < AT_ONCE_ROWS; i++) {
            out[r + i] = sym_block_add(a[i], rows[(r + i + 1) * k - 1]);
        }
    }
}

static void field_shift(struct sym_block *v, struct sym_block delta, const uint8_t *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sym_block t = multiply(delta, sym_block_load(a + i * SYM_BLOCK_BYTES));
        v[i] = sym_block_add(v[i], t);
    }
}

static void field_dense(struct sym_block *out, const struct sym_block *items, size_t n,
                        const struct sym_block p[SYM_VOLE_DENSE], const struct sym_block *delta)
{
    for (size_t i = 0; i < n; i++) {
        struct sym_block eta = items[2 * i];
        struct sym_block a = multiply(p[2], eta);
        a = multiply(sym_block_add(a, p[1]), eta);
        a = multiply(sym_block_add(a, p[0]), eta);
        if (delta != NULL) {
            a = sym_block_add(a, multiply(*delta, items[2 * i + 1]));
        }
        out[i] = sym_block_add(out[i], a);
    }
}
