/* table_fuzz.h - an overlap table of three lists (table_rig.h) in which a fuzzer's input changes
 * what is said on one kind of link: payloads pass, are altered, cut, made up or lost; what was
 * signed is signed again, so that what lies behind signatures is reached. */
#ifndef SYM_TESTS_SUPPORT_TABLE_FUZZ_H
#define SYM_TESTS_SUPPORT_TABLE_FUZZ_H

#include "tests/support/table_rig.h"

/* Ends the program when a machine breaks a rule. */
void table_fuzz(const uint8_t *data, size_t size, enum table_link link);

#endif
