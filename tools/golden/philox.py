"""kiln::Random once more, for the masks and weights that Kiln draws: Philox4x32-10 (Salmon et al., 2011)."""

import statistics

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
MASK = 0xFFFFFFFF


def philox4x32(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        high0, low0 = divmod(MULTIPLIERS[0] * c[0], 1 << 32)
        high1, low1 = divmod(MULTIPLIERS[1] * c[2], 1 << 32)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + WEYL[0]) & MASK, (k[1] + WEYL[1]) & MASK]
    return c


class Random:
    def __init__(self, seed):
        self.key = (seed & MASK, seed >> 32)
        self.block = 0
        self.words = []

    def next_u32(self):
        if not self.words:
            self.words = philox4x32((self.block & MASK, self.block >> 32, 0, 0), self.key)
            self.block += 1
        return self.words.pop(0)

    def next_u64(self):
        low = self.next_u32()
        return self.next_u32() << 32 | low

    def uniform(self):
        return (self.next_u32() >> 8) * 2.0**-24

    def uniform_double(self):
        return (self.next_u64() >> 11) * 2.0**-53

    def normal_double(self):
        # The middle of one of 2^52 cells; NormalDist is AS 241, as kiln::Random.
        return statistics.NormalDist().inv_cdf(((self.next_u64() >> 12) + 0.5) * 2.0**-52)
