"""Councils: who must agree to which kind of act, and what they agree to."""
