"""The time of the forward pass: a loop over the samples, and all samples in a matrix product."""

from timeit import repeat

import matplotlib.pyplot as plt
import numpy as np
from course_style import BLUE, ORANGE, use

use()
rng = np.random.default_rng(0)
W1, b1 = rng.standard_normal((4, 2)), rng.standard_normal((4, 1))
W2, b2 = rng.standard_normal((1, 4)), rng.standard_normal((1, 1))


def forward(X):
    return 1 / (1 + np.exp(-(W2 @ np.tanh(W1 @ X + b1) + b2)))


def looped(X):
    return np.hstack([forward(X[:, [i]]) for i in range(X.shape[1])])


sizes = [1, 10, 100, 1000, 10000]
samples = {m: rng.standard_normal((2, m)) for m in sizes}
times = {
    function: [1e3 * min(repeat(lambda f=function, m=m: f(samples[m]), number=1, repeat=5))
               for m in sizes]
    for function in (looped, forward)
}  # fmt: skip

figure, ax = plt.subplots(figsize=(6, 3.4))
for function, label, colour, marker in (
    (looped, "a loop over the samples", ORANGE, "^"),
    (forward, "one matrix product per layer", BLUE, "o"),
):
    ax.loglog(sizes, times[function], marker=marker, color=colour, label=label)
ratio = times[looped][-1] / times[forward][-1]
ax.annotate(
    f"{ratio:.0f} times",
    (sizes[-1], np.sqrt(times[looped][-1] * times[forward][-1])),
    ha="right",
    va="center",
)
ax.set(xlabel="samples m", ylabel="milliseconds")
ax.set_title("The same numbers, measured when this page was built", fontsize=11)
ax.legend(frameon=False)
