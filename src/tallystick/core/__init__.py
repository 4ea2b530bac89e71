"""Words that everything else is built from: amounts, identifiers, time, errors, hashing."""
