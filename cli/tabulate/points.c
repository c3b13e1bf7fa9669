#include "cli/tabulate/points.h"

#include <math.h>

#define RADIUS_KM     6371.0088
#define E6_IN_RADIANS (M_PI / 180e6)

struct sym_point sym_point_on_earth(int32_t latitude_e6, int32_t longitude_e6)
{
    double latitude = latitude_e6 * E6_IN_RADIANS;
    double longitude = longitude_e6 * E6_IN_RADIANS;
    return (struct sym_point){cos(latitude) * cos(longitude), cos(latitude) * sin(longitude),
                              sin(latitude)};
}

double sym_point_square(const struct sym_point *a, const struct sym_point *b)
{
    double x = a->x - b->x;
    double y = a->y - b->y;
    double z = a->z - b->z;
    return x * x + y * y + z * z;
}

double sym_point_km(double square)
{
    double half = sqrt(square) / 2;
    return 2 * RADIUS_KM * asin(half < 1 ? half : 1);
}
