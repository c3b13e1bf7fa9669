/* Linked to a test program that runs on a mutant: of its tests only the one that must fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

__attribute__((constructor)) static void pick(void)
{
    const char *name = getenv("MUTANTS_ONLY");
    if (name != NULL) {
        cmocka_set_test_filter(name);
    }
}
