"""
A slope that looks right at zero
================================

A common error in the derivative of tanh: the square of the whole fraction is applied to the
denominator only. A numerical derivative finds it at once.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(-4, 4, 201)
fraction = (1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x))
right = 1 - fraction**2
wrong = 1 - (1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x)) ** 2
numerical = (np.tanh(x + 1e-5) - np.tanh(x - 1e-5)) / 2e-5
print(f"largest error: {abs(right - numerical).max():.0e} and {abs(wrong - numerical).max():.1f}")

figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(x, right, color="#0072B2", label="1 - (num / den)**2")
ax.plot(x, wrong, "--", color="#D55E00", label="1 - num / den**2")
ax.plot(x[::10], numerical[::10], "k.", label="numerical")
ax.legend(frameon=False)
