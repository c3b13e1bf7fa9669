#include "tests/support/gate_rig.h"
#include "tests/support/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A 0x10
#define B 0x20

static void meet(struct gate_rig *a, struct gate_rig *b)
{
    gate_rig_start(a, A, 0);
    gate_rig_start(b, B, 0);
    gate_rig_pin(a, B, b->pin);
    gate_rig_pin(b, A, a->pin);
}

static void a_dialled_link_comes_up_on_both_sides_and_carries_frames(void **state)
{
    (void)state;
    struct gate_rig a;
    struct gate_rig b;
    struct sym_bus pa = SYM_BUS_CLOSED;
    struct sym_bus pb = SYM_BUS_CLOSED;
    meet(&a, &b);
    gate_rig_dial(&a, B, b.port);
    (void)gate_rig_link(&a, &pa);
    (void)gate_rig_link(&b, &pb);
    static const size_t sizes[] = {1, 2, 7, 16375, 16376, 16377, 16384, 100000, 1048575, 1048576};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        rig_frame_send(&pa, sizes[i], (uint8_t)i);
        rig_frame_expect(&pb, sizes[i], (uint8_t)i);
        rig_frame_send(&pb, sizes[i], (uint8_t)(i + 100));
        rig_frame_expect(&pa, sizes[i], (uint8_t)(i + 100));
    }
    sym_bus_close(&pa);
    sym_bus_close(&pb);
    assert_int_equal(gate_rig_stop(&a), 0);
    assert_int_equal(gate_rig_stop(&b), 0);
}

int main(int argc, char **argv)
{
    gate_rig_become(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dialled_link_comes_up_on_both_sides_and_carries_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
