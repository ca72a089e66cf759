"""The voice of the customer: surveys, complaints, drivers, benchmarks, the closed loop."""
