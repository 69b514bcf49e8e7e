/* The paired t-test. */
#include "eval/paired.h"

#include <math.h>

#include "eval/student.h"

static const double rounding = 1e-12;

double sample_mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return count ? sum / (double)count : NAN;
}

double sample_deviation(const double *values, size_t count)
{
    double mean = sample_mean(values, count), squares = 0;
    for (size_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
    return count > 1 ? sqrt(squares / (double)(count - 1)) : NAN;
}

static double difference_deviation(const double *a, const double *b, size_t pairs, double mean)
{
    double squares = 0;
    for (size_t i = 0; i < pairs; i++) squares += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
    return sqrt(squares / (double)(pairs - 1));
}

paired_comparison paired_compare(const double *a, const double *b, size_t pairs)
{
    paired_comparison result = {pairs, sample_mean(a, pairs) - sample_mean(b, pairs), NAN, NAN, NAN};
    if (pairs < 2) return result;
    double freedom = (double)(pairs - 1);
    double error = difference_deviation(a, b, pairs, result.difference) / sqrt((double)pairs);
    if (error <= rounding * fmax(fabs(a[0]), fabs(b[0]))) return result; /* t would be infinite, or 0 / 0 */
    double half = student_limit(0.05, freedom) * error;
    result.low = result.difference - half;
    result.high = result.difference + half;
    result.p = student_two_sided(result.difference / error, freedom);
    return result;
}
