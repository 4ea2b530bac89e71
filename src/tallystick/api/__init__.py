"""What programs of others talk to: HTTP."""
