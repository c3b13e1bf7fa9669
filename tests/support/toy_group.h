/* toy_group.h - a backend for tests that need many elements: the integers mod l under addition, so
 * that an element is a scalar and times k is times k. Same order, sizes and refusals as
 * ristretto255 (not canonical, identity), no security, about 100 times faster.
 */
#ifndef SYM_TESTS_SUPPORT_TOY_GROUP_H
#define SYM_TESTS_SUPPORT_TOY_GROUP_H

#include "crypto/ristretto.h"

extern const struct sym_ristretto toy_group;

#endif
