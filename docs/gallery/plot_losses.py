"""
Losses and their slopes
=======================

The derivative of the loss is the influence of a sample on the weights. With the squared error, the
influence of an outlier is unlimited; the other losses limit it.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import AbsoluteError, Huber, Quantile, SquaredError

residual = np.linspace(-4, 4, 401)[:, np.newaxis]  # prediction minus truth
zero = np.zeros_like(residual)
losses = {
    "squared_error": SquaredError(),
    "absolute_error": AbsoluteError(),
    "huber": Huber(),
    "quantile, 0.9": Quantile(0.9),
}
figure, axes = plt.subplots(1, 2, figsize=(8, 3.5), layout="constrained")
styles = ("-", "--", "-.", ":")
for (name, loss), style in zip(losses.items(), styles, strict=True):
    axes[0].plot(residual, loss.terms(zero, residual), ls=style, label=name)
    axes[1].plot(residual, loss.gradient(zero, residual, np.empty_like(residual)), ls=style)
axes[0].set(title="loss", xlabel="prediction minus truth", ylim=(0, 4))
axes[1].set(title="slope", xlabel="prediction minus truth", ylim=(-2.5, 2.5))
axes[0].legend(frameon=False, fontsize=8)
