/* Student's t distribution, by the incomplete beta function. */
#ifndef EVAL_STUDENT_H
#define EVAL_STUDENT_H

/* I_x(a, b), the regularised incomplete beta function: 0 <= x <= 1, a and b > 0. */
double student_beta(double x, double a, double b);

/* Probability that |T| is larger than |t|. `freedom` > 0: degrees of freedom. NaN gives NaN. */
double student_two_sided(double t, double freedom);

/* The t that |T| exceeds with probability `p`, 0 < p < 1: 0.05 for a 95 % interval. */
double student_limit(double p, double freedom);

#endif
