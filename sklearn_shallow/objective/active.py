"""Epochs without the hidden units that are zero for all rows.

The decay makes unnecessary units zero: on many tables, half or more of 100 units are zero after
half of a fit. The loss has no gradient with respect to their weights, so that the matrix products
of an epoch can omit these units: the result is the same, in less time.
"""

import numpy as np

from sklearn_shallow.network.passes import Network

# Costs of a step on a batch, in multiplications
COST_OF_UNIT = 20  # activation and derivative of one unit, per row
COST_OF_PARAMETER, COST_OF_STEP = 75, 150_000  # copies to and from the smaller network


def active_units(objective, theta):
    """Return the units of every layer, without the hidden units that are zero for all rows and for
    a row of zeros; None if an activation is not zero for negative input."""
    network, n_layers = objective.network, len(objective.network.activations)
    if not n_layers or not all(activation.ends_at_zero for activation in network.activations):
        return None
    parameters = objective.layout.unpack(theta.astype(objective.dtype, copy=False))
    largest = [b.copy() for b in parameters.b[:-1]]
    for raw, _, _ in objective.outputs(theta):
        work = objective.workspace(len(raw))
        for maximum, A in zip(largest, work.A, strict=True):
            np.maximum(maximum, A[:, :-1].max(axis=0), out=maximum)
    units = objective.layout.units
    return [
        np.arange(units[0]),
        *(np.flatnonzero(maximum > 0) for maximum in largest),
        np.arange(units[-1]),
    ]


class ActiveUnits:
    """An objective restricted to some of the units of a network, for steps on batches.

    Parameters
    ----------
    objective : Objective
    kept : list of ndarrays of int, the units of every layer
    """

    def __init__(self, objective, kept):
        layout, self.places = objective.layout.of_units(kept)
        self.objective = objective.on_network(Network(layout, objective.network.activations))
        theta, gradient = np.empty((2, len(self.places)), objective.dtype)
        self.parameters, self.gradient = layout.unpack(theta), layout.unpack(gradient)
        n_units = sum(objective.layout.units[1:-1]) - sum(layout.units[1:-1])
        n_params = objective.n_params - layout.n_params
        self._saved = n_params + COST_OF_UNIT * n_units

    def pays(self, batch_size):
        """Return whether omitting units saves more time per batch than the copies take."""
        return batch_size * self._saved > COST_OF_PARAMETER * len(self.places) + COST_OF_STEP

    def differentiate(self, parameters, batch, raw, gradient, scale):
        """Write the raw output and the gradient of a batch, see `Objective.differentiate`."""
        np.take(parameters.flat, self.places, out=self.parameters.flat, mode="clip")
        self.objective.differentiate(self.parameters, batch, raw, self.gradient, scale)
        gradient.flat[...] = 0
        gradient.flat[self.places] = self.gradient.flat
