"""Functions of exported C code: the operations on one sample.

An operation has the function of its name. The names of its parameters are those of the attributes
that are passed, besides the row `a` of `n` numbers, which is changed in place unless there is
another one, `out`; "n_" and a name is the length of an attribute. "@" is the end of what depends on
the precision: ``real`` is double or float, ``exp@`` is exp or expf, ``1.0@`` is 1.0 or 1.0f.
"""

import re

SOURCE = """\
static void numbers_(const real *a, const position *features, size_t n_features, const real *fill,
                     real *out)
{
    for (size_t i = 0; i < n_features; i++) {
        const real value = a[features[i]];
        out[i] = value != value ? fill[i] : value;
    }
}

static void relative_numbers_(const real *a, const position *features, size_t n_features,
                             const real *fill, const real *origin, const real *rest, real *out)
{
    for (size_t i = 0; i < n_features; i++) {
        const real value = a[features[i]];
        out[i] = value != value ? fill[i] : value - origin[i] - rest[i];
    }
}

static void levels_(const real *a, size_t feature, const short *places, size_t n_places,
                    const real *missing, size_t n_missing, real *out)
{
    const real code = a[feature];
    const int place = places[code >= 0 && code < (real)n_places ? (size_t)code : n_places - 1];
    for (size_t i = 0; i < n_missing; i++)
        out[i] = place == -2 ? missing[i] : (real)(place == (int)i);
}

static void means_(const real *a, size_t feature, const real *table, size_t n_table,
                   size_t n_missing, real *out)
{
    const real code = a[feature];
    const size_t row = code >= 0 && code < (real)n_table ? (size_t)code : n_table - 1;
    for (size_t i = 0; i < n_missing; i++)
        out[i] = table[row * n_missing + i];
}

static void missing_indicators_(const real *a, const position *features, size_t n_features,
                                real *out)
{
    for (size_t i = 0; i < n_features; i++)
        out[i] = (real)(a[features[i]] != a[features[i]]);
}

static real clip_(real z, real low, real high) { return z < low ? low : z > high ? high : z; }

static void limit_(real *a, const real *low, size_t n_low, const real *high)
{
    for (size_t i = 0; i < n_low; i++)
        a[i] = clip_(a[i], low[i], high[i]);
}

static void compress_(real *a, const position *columns, size_t n_columns, const real *center,
                      const real *scale, real largest)
{
    for (size_t i = 0; i < n_columns; i++) {
        real *z = a + columns[i];
        *z = asinh@(clip_((*z - center[i]) / scale[i], -largest, largest));
    }
}

static void scale_(real *a, size_t n, const real *shift, const real *factor)
{
    for (size_t i = 0; i < n; i++)
        a[i] = (a[i] - shift[i]) * factor[i];
}

static void bins_(real *a, size_t n, const position *columns, size_t n_columns, const real *slope,
                  const real *offset, const real *least, const real *most)
{
    for (size_t i = 0; i < n_columns; i++)
        a[n + i] = clip_(slope[i] * a[columns[i]] + offset[i], least[i], most[i]);
}

static void dense_(const real *a, size_t n, const real *rows, const real *b, size_t n_b, real *out)
{
    for (size_t i = 0; i < n_b; i++) {
        real sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += *rows++ * a[j];
        out[i] = sum + b[i];
    }
}

static real relu_(real z) { return z > 0 ? z : 0; }

static real leaky_relu_(real z, real slope) { return z > 0 ? z : slope * z; }

static real elu_(real z, real scale) { return z > 0 ? z : scale * expm1@(z); }

static real softplus_(real z) { return (z > 0 ? z : 0) + log1p@(exp@(-fabs@(z))); }

static real logistic_(real z)
{
    const real e = exp@(-fabs@(z));
    return (z > 0 ? 1 : e) / (1 + e);
}

static real silu_(real z) { return z * logistic_(z); }

static real gelu_(real z) { return z * 0.5@ * erfc@(-z * 0.70710678118654752@); }

static real tanh_(real z) { return tanh@(z); }

static real exp_(real z) { return exp@(z); }

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

static void ordered_(real *a, size_t n, size_t size, size_t base)
{
    for (; n; n -= size, a += size) {
        for (size_t k = base + 1; k < size; k++)
            a[k] = a[k - 1] + softplus_(a[k]);
        for (size_t k = base; k-- > 0;)
            a[k] = a[k + 1] - softplus_(a[k]);
    }
}

static void rescale_(real *a, size_t n, const real *scale, const real *shift)
{
    for (size_t i = 0; i < n; i++)
        a[i] = a[i] * scale[i] + shift[i];
}
"""


FUNCTIONS = {re.findall(r"\w+_\(", text)[0][:-1]: text.strip() for text in SOURCE.split("\n\n")}
PARAMETERS = {
    name: re.findall(r"(\w+)[,)]", text.partition(")")[0] + ")") for name, text in FUNCTIONS.items()
}
