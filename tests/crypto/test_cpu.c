#include "crypto/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/valgrind.h>

/* How Linux names them in /proc/cpuinfo, where it lists what it has enabled. */
static const struct named {
    uint32_t feature;
    const char *name;
} names[] = {
    {SYM_CPU_PCLMUL, "pclmulqdq"},
    {SYM_CPU_AES, "aes"},
    {SYM_CPU_AVX2, "avx2"},
    {SYM_CPU_BMI2, "bmi2"},
    {SYM_CPU_ADX, "adx"},
    {SYM_CPU_SHA, "sha_ni"},
    {SYM_CPU_GFNI, "gfni"},
    {SYM_CPU_VAES, "vaes"},
    {SYM_CPU_VPCLMULQDQ, "vpclmulqdq"},
    {SYM_CPU_AVX512F, "avx512f"},
    {SYM_CPU_AVX512DQ, "avx512dq"},
    {SYM_CPU_AVX512IFMA, "avx512ifma"},
    {SYM_CPU_AVX512BW, "avx512bw"},
    {SYM_CPU_AVX512VL, "avx512vl"},
    {SYM_CPU_AVX512VBMI, "avx512vbmi"},
    {SYM_CPU_AMD, "AuthenticAMD"},
};
#define NAME_COUNT (sizeof names / sizeof *names)

/* 0 where there are no such lines, as on other processors. */
static uint32_t told_by_linux(void)
{
    static char line[1u << 14];
    uint32_t features = 0;
    bool is_last = false;
    FILE *file = fopen("/proc/cpuinfo", "r");
    assert_non_null(file);
    while (!is_last && fgets(line, sizeof line, file) != NULL) {
        is_last = strncmp(line, "flags", 5) == 0;
        if (!is_last && strncmp(line, "vendor_id", 9) != 0) {
            continue;
        }
        for (char *word = strtok(line, " \t\n"); word != NULL; word = strtok(NULL, " \t\n")) {
            for (size_t i = 0; i < NAME_COUNT; i++) {
                features |= strcmp(word, names[i].name) == 0 ? names[i].feature : 0;
            }
        }
    }
    assert_int_equal(fclose(file), 0);
    return features;
}

static void agrees_with_what_linux_has_enabled(void **state)
{
    (void)state;
    uint32_t linux_features = told_by_linux();
    uint32_t features = sym_cpu_features();
    /* valgrind has a processor of its own, which knows less. */
    bool emulated = RUNNING_ON_VALGRIND != 0;
    for (size_t i = 0; i < NAME_COUNT; i++) {
        bool told = (linux_features & names[i].feature) != 0;
        bool found = (features & names[i].feature) != 0;
        if (found != told && !(emulated && told)) {
            fail_msg("%s: found %d, Linux says %d", names[i].name, found, told);
        }
    }
}

static void each_feature_has_a_bit_of_its_own(void **state)
{
    (void)state;
    uint32_t seen = 0;
    for (size_t i = 0; i < NAME_COUNT; i++) {
        assert_int_equal(seen & names[i].feature, 0);
        seen |= names[i].feature;
    }
    assert_int_equal(sym_cpu_features() & ~seen, 0);
}

static void a_set_has_another_only_as_a_whole(void **state)
{
    (void)state;
    uint32_t both = SYM_CPU_AES | SYM_CPU_VAES;
    assert_true(sym_cpu_has(both, SYM_CPU_AES));
    assert_true(sym_cpu_has(both, both));
    assert_true(sym_cpu_has(both, 0));
    assert_false(sym_cpu_has(SYM_CPU_AES, both));
    assert_false(sym_cpu_has(0, SYM_CPU_VAES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_what_linux_has_enabled),
        cmocka_unit_test(each_feature_has_a_bit_of_its_own),
        cmocka_unit_test(a_set_has_another_only_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
