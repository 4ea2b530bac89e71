"""The venue as a machine: entries of a journal go in, what came of them comes out, nothing else."""
