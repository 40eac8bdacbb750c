"""Recursive filters over whole blocks, as matrix products.

A recursive filter depends on its own last output, which is slow sample by sample in Python. Cut into short pieces,
a piece's output is (its input through a Toeplitz matrix) + (the state at its start through another), and the
states themselves are a running sum that doubling resolves in log2(pieces) steps. This is exact, not an
approximation, and spares the second and a half that importing ``scipy.signal`` costs.
"""

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

PIECE = 32
"""Samples: long enough for a few large products, short enough that the triangle wasted in them is small."""


class Recursive:
    """A cascade of biquads with memory, for a fixed number of channels.

    Args:
        sections: (k, 6) coefficients ``b0 b1 b2 a0 a1 a2`` with ``a0`` = 1, as in Matlab and SciPy.
        channels: How many signals run through it side by side.
    """

    def __init__(self, sections: F64, channels: int) -> None:
        a, b, c, d = _state_space(sections)
        self._order = len(b)
        powers = [np.eye(self._order)]
        for _ in range(PIECE):
            powers.append(a @ powers[-1])
        response = np.array([d, *(c @ p @ b for p in powers[: PIECE - 1])])
        lag = np.subtract.outer(np.arange(PIECE), np.arange(PIECE))
        self._through = np.where(lag >= 0, response[np.abs(lag)], 0.0).T.copy()  # (in, out)
        self._ring = np.array([c @ p for p in powers[:PIECE]]).T.copy()  # (state, out)
        self._into = np.array([p @ b for p in powers[PIECE - 1 :: -1]])  # (in, state)
        self._powers = [p.T.copy() for p in powers]
        self._doubled = [self._powers[PIECE]]
        self.state: F64 = np.zeros((channels, self._order))

    def __call__(self, samples: NDArray[np.float32]) -> F64:
        """Filter the next samples: (channels, n) in, (channels, n) out."""
        channels, n = samples.shape
        pieces = n // PIECE
        whole, rest = pieces * PIECE, n % PIECE
        out = np.empty((channels, n))
        if pieces:
            x = samples[:, :whole].astype(np.float64).reshape(channels, pieces, PIECE)
            states = self._run(x @ self._into)
            y = x @ self._through
            y += states[:, :-1] @ self._ring
            out[:, :whole] = y.reshape(channels, whole)
            self.state = states[:, -1]
        if rest:
            tail = samples[:, whole:].astype(np.float64)
            out[:, whole:] = tail @ self._through[:rest, :rest] + self.state @ self._ring[:, :rest]
            self.state = self.state @ self._powers[rest] + tail @ self._into[PIECE - rest :]
        return out

    def _run(self, driven: F64) -> F64:
        """States at the start of each piece and after the last, from what each piece drives into them."""
        states = np.concatenate([self.state[:, None], driven], axis=1)
        step, i = 1, 0
        while step < states.shape[1]:
            if i == len(self._doubled):
                self._doubled.append(self._doubled[-1] @ self._doubled[-1])
            states[:, step:] += states[:, :-step] @ self._doubled[i]
            step, i = 2 * step, i + 1
        return states


def _state_space(sections: F64) -> tuple[F64, F64, F64, float]:
    """A cascade as one state space: A (m, m), B (m,), C (m,), D, each section in transposed direct form II."""
    a, b, c, d = np.zeros((0, 0)), np.zeros(0), np.zeros(0), 1.0
    for b0, b1, b2, _, a1, a2 in sections:
        a_next, b_next = np.array([[-a1, 1.0], [-a2, 0.0]]), np.array([b1 - a1 * b0, b2 - a2 * b0])
        upper = np.hstack([a, np.zeros((len(a), 2))])
        a = np.vstack([upper, np.hstack([np.outer(b_next, c), a_next])])
        b = np.concatenate([b, b_next * d])
        c = np.concatenate([b0 * c, [1.0, 0.0]])
        d = b0 * d
    return a, b, c, float(d)
