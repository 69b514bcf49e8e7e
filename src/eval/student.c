/* The continued fraction of the incomplete beta function (Abramowitz and Stegun, 26.5.8) by Lentz's method. */
#include "eval/student.h"

#include <math.h>

enum { TERMS = 10000 };
static const double precision = 1e-16, tiny = 1e-300;

static double step_aside(double value)
{
    return fabs(value) < tiny ? tiny : value; /* Lentz: no division by 0 */
}

static double fraction(double x, double a, double b)
{
    double c = 1, d = 1 / step_aside(1 - (a + b) * x / (a + 1)), product = d;
    for (int m = 1; m < TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / step_aside(1 + even * d);
        c = step_aside(1 + even / c);
        product *= d * c;
        d = 1 / step_aside(1 + odd * d);
        c = step_aside(1 + odd / c);
        product *= d * c;
        if (fabs(d * c - 1) < precision) break;
    }
    return product;
}

/* y: 1 - x, which the caller knows better than a difference of numbers near 1 would. */
static double beta(double x, double y, double a, double b)
{
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y));
    if (x < (a + 1) / (a + b + 2)) return front * fraction(x, a, b) / a; /* where it converges fast */
    return 1 - front * fraction(y, b, a) / b;
}

double student_beta(double x, double a, double b)
{
    if (isnan(x) || x <= 0) return isnan(x) ? x : 0;
    return x >= 1 ? 1 : beta(x, 1 - x, a, b);
}

double student_two_sided(double t, double freedom)
{
    double square = t * t;
    if (isnan(square) || square == 0 || isinf(square)) return isnan(square) ? square : square == 0;
    return beta(freedom / (freedom + square), square / (freedom + square), freedom / 2, 0.5);
}

double student_limit(double p, double freedom)
{
    double low = 0, high = 1;
    while (student_two_sided(high, freedom) > p && high < 1e300) high *= 2;
    for (;;) { /* the probability falls with t; halve until no number lies between */
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return high;
        if (student_two_sided(middle, freedom) > p)
            low = middle;
        else
            high = middle;
    }
}
