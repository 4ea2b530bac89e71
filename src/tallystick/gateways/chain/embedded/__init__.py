"""The embedded chain: an anvil node that seals only what has been journaled durably.

anvil executes; Tallystick decides when a block is sealed, writes it to its own journal, and only
then acknowledges it and lets anybody see it. A restart replays the journal and must arrive at the
same block hashes. It is for trying, testing and private books: its operator could rewrite it.
"""
