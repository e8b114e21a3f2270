"""
Levenberg-Marquardt on a smooth function
========================================

With little noise and a small network, second-order solvers reach far lower errors than Adam.
"""

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import ShallowNetRegressor

x = np.linspace(-3, 3, 200)[:, np.newaxis]
y = np.sin(2 * x[:, 0]) * np.exp(-(x[:, 0] ** 2) / 8)

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
settings = {"activation": "tanh", "alpha": 1e-5, "max_iter": 300, "random_state": 0}
for solver, colour in (("adam", "#D55E00"), ("lbfgs", "#009E73"), ("lm", "#0072B2")):
    net = ShallowNetRegressor(8, solver=solver, numeric_encoding=None, **settings)
    if solver != "adam":
        net.set_params(n_iter_no_change=300)  # all of the iterations, for the picture
    with warnings.catch_warnings(action="ignore"):
        net.fit(x, y)
    error = np.sqrt(np.mean((net.predict(x) - y) ** 2))
    print(f"{solver:5} root mean square error {error:.0e} after {net.n_iter_} iterations")
    ax.loglog(np.arange(1, net.n_iter_ + 1), net.history_["data_loss"], color=colour, label=solver)
ax.set(xlabel="epoch or iteration", ylabel="loss without the penalty")
ax.legend(frameon=False)
