"""Securities, pure: terms, investors and claims, rules and verdicts, lots, counters, register."""
