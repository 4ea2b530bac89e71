# pragma version 0.4.3
"""
@title Countries
@license Apache-2.0
@notice Index of a country in rules and records: its place, from 1, in the order of the numeric codes
        of ISO 3166-1 as of 2026. 0 means that no country is stated. Later codes are to be appended,
        so that an index never changes its meaning; the same table is `tallystick.core.countries`.
"""

COUNT: constant(uint256) = 249
# The United States with their territories and possessions, a bit each (17 CFR 230.902(l)): AS, GU, MP, UM, PR, US, VI.
UNITED_STATES: constant(uint256) = (
    (1 << 5) | (1 << 92) | (1 << 165) | (1 << 166) | (1 << 181) | (1 << 240) | (1 << 241)
)
NUMERIC: constant(Bytes[498]) = x"00040008000a000c001000140018001c001f002000240028002c00300032003300340038003c0040004400460048004a004c00540056005a005c006000640068006c007000740078007c00840088008c009000940098009c009e00a200a600aa00ae00af00b200b400b800bc00bf00c000c400cb00cc00d000d400d600da00de00e200e700e800e900ea00ee00ef00f200f600f800fa00fe010201040106010a010c010e01130114012001240128012c013001340138013c014001440148014c014e015001540158015c016001640168016c017001740178017c018001840188018e019001940198019a019e01a101a201a601aa01ac01ae01b201b601b801ba01be01c201c601ca01ce01d201d601da01de01e001e401ec01f001f201f301f401f801fc020002040208020c02100213021502160217021c0224022a022e02320236023a023e024202440245024702480249024a024f02560258025c026002640268026c027002720276027a027e028202830286028c028e0293029402960297029a029e02a202a602aa02ae02b002b202b602be02bf02c002c102c202c602cc02d402d802d902dc02e402e802ec02f002f402f802fa02fc030003040308030c031003140318031b031c031e0320032403270332033a033f034003410342034803520356035a035c035e036c03720377037e"


@internal
@pure
def _numeric(index: uint256) -> uint16:
    """
    @notice ISO 3166-1 numeric code of a country index; 0 if there is none.
    """
    if index == 0 or index > COUNT:
        return 0
    return convert(slice(NUMERIC, (index - 1) * 2, 2), uint16)


@internal
@pure
def _index(numeric: uint16) -> uint256:
    """
    @notice Country index of an ISO 3166-1 numeric code; 0 if there is none.
    """
    table: Bytes[498] = NUMERIC
    low: uint256 = 0
    high: uint256 = COUNT
    for i: uint256 in range(8):
        if low >= high:
            break
        middle: uint256 = (low + high) // 2
        code: uint16 = convert(slice(table, middle * 2, 2), uint16)
        if code == numeric:
            return middle + 1
        if code < numeric:
            low = middle + 1
        else:
            high = middle
    return 0
