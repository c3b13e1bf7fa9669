/* points.h - places as points in space: on the Earth (a unit sphere, so that straight distances
 * sort as those along the ground do), or in a plane with z = 0.
 */
#ifndef SYM_CLI_TABULATE_POINTS_H
#define SYM_CLI_TABULATE_POINTS_H

#include <stdint.h>

struct sym_point {
    double x, y, z;
};

/* From millionths of degrees. */
struct sym_point sym_point_on_earth(int32_t latitude_e6, int32_t longitude_e6);
/* The square of the straight distance. */
double sym_point_square(const struct sym_point *a, const struct sym_point *b);
/* Kilometres along the ground, of such a square between points on the Earth. */
double sym_point_km(double square);

#endif
