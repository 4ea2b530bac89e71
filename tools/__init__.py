"""Tools of the project, run by hand."""
