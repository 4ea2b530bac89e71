"""Orders, order books, matching, auctions and sessions; they know nothing of chains or clocks."""
