"""Overall assessment: profit, acquisition, indices, weights, ranking."""
