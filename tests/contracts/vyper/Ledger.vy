# pragma version 0.4.3
"""
@title Heavy work, item by item
@notice Each item costs as much gas as the test says, and can be done once.
"""

cost: public(uint256)
done: public(uint256)
marks: HashMap[uint256, uint256]
forbidden: bool


@external
def setCost(slots: uint256):
    """
    @param slots words written anew per item, about 22,100 gas each
    """
    self.cost = slots


@external
def forbid(yes: uint256):
    self.forbidden = yes != 0


@external
def work(start: uint256, end: uint256):
    assert not self.forbidden, "forbidden"
    for item: uint256 in range(start, end, bound=1000):
        assert self.marks[item << 128] == 0, "done-already"
        for slot: uint256 in range(self.cost, bound=1000):
            self.marks[(item << 128) + slot] = 1
        self.done += 1
