"""
Random biases spread the kinks
==============================

A relu unit is a line with a kink. With zero biases, all kinks along a feature would lie at its
mean. Random biases spread them over the data.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow.network.activations import get_activation
from sklearn_shallow.network.layout import Layout

layout = Layout((1, 20, 1))
theta = layout.initial(np.random.default_rng(0), [get_activation("relu")])
W, b = layout.unpack(theta).W[0], layout.unpack(theta).b[0]
x = np.linspace(-2.5, 2.5, 200)[:, np.newaxis]  # a standardised feature

figure, axes = plt.subplots(1, 2, figsize=(8, 3), sharey=True, layout="constrained")
for ax, biases, title in zip(axes, (0 * b, b), ("biases zero", "as here"), strict=True):
    ax.plot(x[:, 0], np.maximum(0, x @ W + biases), color="#0072B2", lw=0.8)
    ax.set(title=title, xlabel="x")
kinks = -b / W[0]
print(f"{np.mean(abs(kinks) < 2):.0%} of the kinks lie within two standard deviations")
