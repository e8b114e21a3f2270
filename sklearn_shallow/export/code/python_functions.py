"""Functions whose source is copied into exported Python code: the operations on one sample.

An operation has the function of its name. Other parameters than the first are its attributes.

Convention
----------
a : list of float
    What an operation gets of the one before it.
"""

import math


def _read(x, n_features, categories):
    """Return numbers and the codes of categories, nan where one is missing or unknown."""
    if len(x) != n_features:
        raise ValueError("x has %d features, expected %d." % (len(x), n_features))
    found = []
    for place, value in enumerate(x):
        if place in categories:
            value = categories[place].get(value)
        found.append(math.nan if value is None else float(value))
    return found


def _run(a, steps):
    for function, *parameters in steps:
        a = function(a, *parameters)
    return a


def _columns(a, parts):
    return [value for part in parts for value in _run(a, [part])]


def _numbers(a, features, fill):
    return [f if math.isnan(a[i]) else a[i] for i, f in zip(features, fill)]


def _relative_numbers(a, features, fill, origin, rest):
    parts = zip(features, fill, origin, rest)
    return [f if math.isnan(a[i]) else a[i] - o - r for i, f, o, r in parts]


def _levels(a, feature, places, missing):
    code = a[feature]
    place = places[int(code) if 0 <= code < len(places) else -1]
    return list(missing) if place == -2 else [float(k == place) for k in range(len(missing))]


def _means(a, feature, table):
    code = a[feature]
    return list(table[int(code) if 0 <= code < len(table) else -1])


def _missing_indicators(a, features):
    return [float(math.isnan(a[i])) for i in features]


def _limit(a, low, high):
    return [min(max(v, lo), hi) for v, lo, hi in zip(a, low, high)] + a[len(low) :]


def _compress(a, columns, center, scale, largest):
    a = list(a)
    for i, c, s in zip(columns, center, scale):
        a[i] = math.asinh(min(max((a[i] - c) / s, -largest), largest))
    return a


def _scale(a, shift, factor):
    return [(v - s) * f for v, s, f in zip(a, shift, factor)]


def _bins(a, columns, slope, offset, least, most):
    rows = zip(columns, slope, offset, least, most)
    return a + [min(max(s * a[i] + o, lo), hi) for i, s, o, lo, hi in rows]


def _dense(a, rows, b):
    return [sum(w * v for w, v in zip(row, a)) + c for row, c in zip(rows, b)]


def _activate(a, function, *parameter):
    return [function(z, *parameter) for z in a]


def _exp(z):
    return math.exp(z) if z < 709.7 else math.inf


def _logistic(z):
    if z >= 0:
        return 1 / (1 + math.exp(-z))
    e = math.exp(z)
    return e / (1 + e)


def _tanh(z):
    return math.tanh(z)


def _relu(z):
    return max(z, 0.0)


def _leaky_relu(z, slope):
    return max(z, slope * z)


def _elu(z, scale):
    return z if z > 0 else scale * math.expm1(z)


def _softplus(z):
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def _silu(z):
    return z * _logistic(z)


def _gelu(z):
    return z * 0.5 * math.erfc(-z * math.sqrt(0.5))


def _softmax(a):
    largest = max(a)
    e = [math.exp(v - largest) for v in a]
    total = sum(e)
    return [v / total for v in e]


def _opposites(a):
    return [-a[0], a[0]]


def _ordered(a, size, base):
    a = list(a)
    for first in range(0, len(a), size):
        for k in range(first + base + 1, first + size):
            a[k] = a[k - 1] + _softplus(a[k])
        for k in range(first + base - 1, first - 1, -1):
            a[k] = a[k + 1] - _softplus(a[k])
    return a


def _rescale(a, scale, shift):
    return [v * s + t for v, s, t in zip(a, scale, shift)]


def _average(a, branches):
    results = [_run(a, steps) for steps in branches]
    return [sum(values) / len(values) for values in zip(*results)]
