"""The council: acts that one member may do alone, and those that several must agree to."""
