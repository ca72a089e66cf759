"""Run the notebooks: plan, warm kernels, execution, many clients."""
