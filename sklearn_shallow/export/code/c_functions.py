"""Functions of exported C code: the operations on one sample.

"@" is the end of what depends on the precision: ``real`` is double or float, ``exp@`` is exp or
expf, ``1.0@`` is 1.0 or 1.0f. Arrays of n numbers are changed in place unless there is an `out`.
"""

import re

SOURCE = """\
static void numbers_(const real *x, const position *features, const real *fill, size_t n,
                     real *out)
{
    for (size_t i = 0; i < n; i++) {
        const real value = x[features[i]];
        out[i] = value != value ? fill[i] : value;
    }
}

static void counted_numbers_(const real *x, const position *features, const real *fill,
                             const real *origin, const real *rest, size_t n, real *out)
{
    for (size_t i = 0; i < n; i++) {
        const real value = x[features[i]];
        out[i] = value != value ? fill[i] : value - origin[i] - rest[i];
    }
}

static void levels_(real code, const short *levels, size_t n_levels, const real *missing, size_t n,
                    real *out)
{
    const int level = levels[code >= 0 && code < (real)n_levels ? (size_t)code : n_levels - 1];
    for (size_t i = 0; i < n; i++)
        out[i] = level == -2 ? missing[i] : (real)(level == (int)i);
}

static void means_(real code, const real *table, size_t n_rows, size_t n, real *out)
{
    const size_t row = code >= 0 && code < (real)n_rows ? (size_t)code : n_rows - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = table[row * n + i];
}

static void gaps_(const real *x, const position *features, size_t n, real *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (real)(x[features[i]] != x[features[i]]);
}

static real clip_(real z, real low, real high)
{
    return z < low ? low : z > high ? high : z;
}

static void limit_(real *a, const real *low, const real *high, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = clip_(a[i], low[i], high[i]);
}

static void compress_(real *a, const position *columns, const real *center, const real *scale,
                      real largest, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        real *z = a + columns[i];
        *z = asinh@(clip_((*z - center[i]) / scale[i], -largest, largest));
    }
}

static void scale_(real *a, const real *shift, const real *factor, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = (a[i] - shift[i]) * factor[i];
}

static void bins_(const real *a, const position *columns, const real *slope, const real *offset,
                  const real *least, const real *most, size_t n, real *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = clip_(slope[i] * a[columns[i]] + offset[i], least[i], most[i]);
}

static void dense_(const real *a, size_t n_in, const real *rows, const real *b, size_t n, real *out)
{
    for (size_t i = 0; i < n; i++) {
        real sum = 0;
        for (size_t j = 0; j < n_in; j++)
            sum += *rows++ * a[j];
        out[i] = sum + b[i];
    }
}

static real relu_(real z)
{
    return z > 0 ? z : 0;
}

static real leaky_relu_(real z, real slope)
{
    return z > 0 ? z : slope * z;
}

static real elu_(real z, real scale)
{
    return z > 0 ? z : scale * expm1@(z);
}

static real softplus_(real z)
{
    return (z > 0 ? z : 0) + log1p@(exp@(-fabs@(z)));
}

static real logistic_(real z)
{
    const real e = exp@(-fabs@(z));
    return (z > 0 ? 1 : e) / (1 + e);
}

static real silu_(real z)
{
    return z * logistic_(z);
}

static real gelu_(real z)
{
    return z * 0.5@ * erfc@(-z * 0.70710678118654752@);
}

static real tanh_(real z)
{
    return tanh@(z);
}

static real exp_(real z)
{
    return exp@(z);
}

static void softmax_(real *a, size_t n)
{
    real largest = a[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        if (a[i] > largest)
            largest = a[i];
    for (size_t i = 0; i < n; i++)
        sum += a[i] = exp@(a[i] - largest);
    for (size_t i = 0; i < n; i++)
        a[i] /= sum;
}

static void opposites_(real *a)
{
    a[1] = a[0];
    a[0] = -a[0];
}

static void ordered_(real *a, size_t size, size_t base, size_t n)
{
    for (; n; n -= size, a += size) {
        for (size_t k = base + 1; k < size; k++)
            a[k] = a[k - 1] + softplus_(a[k]);
        for (size_t k = base; k-- > 0;)
            a[k] = a[k + 1] - softplus_(a[k]);
    }
}

static void rescale_(real *a, const real *scale, const real *shift, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = a[i] * scale[i] + shift[i];
}

static void add_(real *sum, const real *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += a[i];
}
"""


FUNCTIONS = {re.findall(r"\w+_\(", text)[0][:-1]: text.strip() for text in SOURCE.split("\n\n")}
