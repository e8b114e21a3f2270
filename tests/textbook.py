"""The textbook equations, literally: one sample at a time, columns as samples, plain loops.

W[l] here has shape (n_out, n_in), the transpose of ours. For a sample x with label y:

    Z1 = W1 x + b1,   A1 = g(Z1),   Z2 = W2 A1 + b2,   A2 = link(Z2)
    dZ2 = A2 - y,     dW2 = dZ2 A1',             db2 = dZ2
    dZ1 = W2' dZ2 * g'(Z1),   dW1 = dZ1 x',      db1 = dZ1

with all d's averaged over the m samples.
"""

import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def tanh(z):
    return (1 - math.exp(-2 * z)) / (1 + math.exp(-2 * z))


SLOPES = {
    "logistic": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (tanh, lambda z: 1 - tanh(z) ** 2),
    "relu": (lambda z: 0 if z < 0 else z, lambda z: 0 if z < 0 else 1),
    "leaky_relu": (lambda z: 0.01 * z if z < 0 else z, lambda z: 0.01 if z < 0 else 1),
}


def softmax(z):
    exps = [math.exp(v) for v in z]
    return [e / sum(exps) for e in exps]


def link(z):
    return [sigmoid(z[0])] if len(z) == 1 else softmax(z)


def affine(W, b, x):
    return [
        sum(w * v for w, v in zip(row, x, strict=True)) + c for row, c in zip(W, b, strict=True)
    ]


def forward(W, b, x, g):
    """Return Z and A of every layer of one sample."""
    Z, A = [], [list(x)]
    for layer in range(len(W)):
        Z.append(affine(W[layer], b[layer], A[-1]))
        last = layer == len(W) - 1
        A.append(link(Z[-1]) if last else [g(z) for z in Z[-1]])
    return Z, A


def backward(W, Z, A, y, slope):
    """Return dW and db of every layer of one sample."""
    dZ = [a - t for a, t in zip(A[-1], y, strict=True)]
    dW, db = [None] * len(W), [None] * len(W)
    for layer in reversed(range(len(W))):
        dW[layer] = [[d * a for a in A[layer]] for d in dZ]
        db[layer] = list(dZ)
        if layer:
            dA = [sum(W[layer][i][j] * dZ[i] for i in range(len(dZ))) for j in range(len(A[layer]))]
            dZ = [d * slope(z) for d, z in zip(dA, Z[layer - 1], strict=True)]
    return dW, db


def mean_gradient(W, b, X, Y, activation):
    """Average dW and db over the samples."""
    g, slope = SLOPES[activation]
    m = len(X)
    dW = [[[0.0] * len(row) for row in matrix] for matrix in W]
    db = [[0.0] * len(vector) for vector in b]
    for x, y in zip(X, Y, strict=True):
        Z, A = forward(W, b, x, g)
        for layer, (dWi, dbi) in enumerate(zip(*backward(W, Z, A, y, slope), strict=True)):
            for i, row in enumerate(dWi):
                db[layer][i] += dbi[i] / m
                for j, value in enumerate(row):
                    dW[layer][i][j] += value / m
    return dW, db


def gradient_descent(W, b, X, Y, activation, learning_rate, n_steps):
    """Return W and b after plain gradient descent on all samples."""
    for _ in range(n_steps):
        dW, db = mean_gradient(W, b, X, Y, activation)
        for layer in range(len(W)):
            for i in range(len(W[layer])):
                b[layer][i] -= learning_rate * db[layer][i]
                for j in range(len(W[layer][i])):
                    W[layer][i][j] -= learning_rate * dW[layer][i][j]
    return W, b
