// Random numbers: the authors' known answers, golden values that hold for every compiler, and the distributions' edges.
#include "kiln/random.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include "throws.hpp"

namespace kiln {
namespace {

TEST(Philox, GivesTheAuthorsKnownAnswers) {
  using Words = std::array<std::uint32_t, 4>;
  // Random123 1.14, tests/kat_vectors, philox4x32 with 10 rounds.
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// Golden values. Integers and uniforms were worked out by a second implementation (Philox in Python); the normals agree
// with Python's statistics.NormalDist, which is AS 241 on the logarithm of libm, to one unit in the last place.
constexpr std::uint64_t kSeed = 0x0123456789abcdef;

template <class T, class Draw>
std::vector<T> draw(int count, Draw next, Random random = Random(kSeed)) {
  std::vector<T> drawn;
  for (int i = 0; i < count; ++i) drawn.push_back(next(random));
  return drawn;
}

TEST(Golden, Integers) {
  EXPECT_EQ(draw<std::uint32_t>(6, [](Random& random) { return random.next_u32(); }),
            (std::vector<std::uint32_t>{0xb850222e, 0xc58cb04b, 0x14a7a020, 0x7a84fff9, 0xadca1466, 0x523e0d85}));
  EXPECT_EQ(draw<std::uint64_t>(
                2, [](Random& random) { return random.next_u64(); }, Random(kSeed).fork((1ULL << 40) + 5)),
            (std::vector<std::uint64_t>{0xb672ec5dbc7cb51e, 0xd909086f52f6294e}));
  EXPECT_EQ(draw<std::uint64_t>(8, [](Random& random) { return random.below(1000); }),
            (std::vector<std::uint64_t>{382, 192, 742, 69, 935, 980, 840, 504}));
  std::vector<int> items(10);
  std::iota(items.begin(), items.end(), 0);
  Random(kSeed).shuffle(std::span<int>(items));
  EXPECT_EQ(items, (std::vector<int>{7, 1, 5, 4, 0, 3, 9, 8, 6, 2}));
}

TEST(Golden, Uniforms) {
  EXPECT_EQ(draw<float>(4, [](Random& random) { return random.uniform(); }),
            (std::vector<float>{0x1.70a044p-1f, 0x1.8b196p-1f, 0x1.4a7ap-4f, 0x1.ea13fcp-2f}));
  EXPECT_EQ(
      draw<double>(4, [](Random& random) { return random.uniform_double(); }),
      (std::vector<double>{0x1.8b19609770a04p-1, 0x1.ea13ffe4529e8p-2, 0x1.48f83616b7284p-2, 0x1.6533b47eca802p-1}));
}

TEST(Golden, Normals) {
  EXPECT_EQ(
      draw<double>(8, [](Random& random) { return random.normal_double(); }),
      (std::vector<double>{0x1.7d1fefe6bebd9p-1, -0x1.b7cfa82cf35b1p-5, -0x1.db5208a9f4c09p-2, 0x1.090daf0c1e50fp-1,
                           0x1.66f95ecd52f72p-6, -0x1.42ab2284d91c6p+0, -0x1.483314fa03e17p-9, 0x1.374123694a40dp+1}));
}

/// FNV-1a over the bits of many values: one that differs in its last bit anywhere changes it.
template <class Bits, class Draw>
std::uint64_t hash(Draw next) {
  Random random(kSeed);
  std::uint64_t hash = 0xcbf29ce484222325;
  for (int i = 0; i < 20000; ++i) hash = (hash ^ std::bit_cast<Bits>(next(random))) * 0x100000001b3;
  return hash;
}

TEST(Golden, ManyValues) {
  EXPECT_EQ(hash<std::uint32_t>([](Random& random) { return random.normal(); }), 0xe6b2be0adbfa3b79);  // Python's too
  EXPECT_EQ(hash<std::uint64_t>([](Random& random) { return random.normal_double(); }), 0x8cf9d992d6b33010);
  EXPECT_EQ(hash<std::uint32_t>([](Random& random) { return random.normal(0.1f, 3); }), 0x6c024fd123be159a);
  EXPECT_EQ(hash<std::uint32_t>([](Random& random) { return random.uniform(-0.3f, 0.7f); }), 0xddc3bfeeaaa345ce);
}

TEST(Random, ForkDependsOnSeedAndStreamAlone) {
  Random a(7), b(7);
  for (int i = 0; i < 5; ++i) b.next_u32();
  Random from_a = a.fork(3), from_b = b.fork(3);
  EXPECT_EQ(from_a.next_u64(), from_b.next_u64());
}

TEST(Random, ForksDifferFromEachOtherAndFromTheirParent) {
  std::set<std::uint64_t> firsts;
  const Random root(7);
  firsts.insert(Random(root).next_u64());
  for (std::uint64_t stream = 0; stream < 100; ++stream) {
    Random child = root.fork(stream);
    firsts.insert(child.next_u64());
    firsts.insert(child.fork(stream).next_u64());
  }
  EXPECT_EQ(firsts.size(), 201u);
  EXPECT_NE(Random(std::uint64_t{1} << 32).next_u64(), Random(0).next_u64()) << "the seed's high half counts";
}

TEST(Random, UniformStaysInItsRangeAndFillsIt) {
  Random random(1);
  float lowest = 1, highest = 0;
  double sum = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const float value = random.uniform();
    ASSERT_GE(value, 0.0f);
    ASSERT_LT(value, 1.0f);
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
    sum += value;
  }
  EXPECT_LT(lowest, 1e-3f);
  EXPECT_GT(highest, 0.999f);
  // Five standard errors of the mean: sqrt(1/12 / draws) = 0.00091.
  EXPECT_NEAR(sum / kDraws, 0.5, 0.0046);
}

TEST(Random, UniformBoundsAreHalfOpen) {
  Random random(2);
  // One float fits into the range: rounding must not reach the upper bound.
  const float next = std::nextafter(1.0f, 2.0f);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(random.uniform(1.0f, next), 1.0f);
  EXPECT_EQ(random.uniform(3, 3), 3.0f);
  const float largest = std::numeric_limits<float>::max();
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(std::isfinite(random.uniform(-largest, largest)));
  EXPECT_ERROR(random.uniform(1, 0), invalid_argument, "left is 1, right is 0");
  EXPECT_ERROR(random.uniform(0, INFINITY), invalid_argument, "not finite");
  EXPECT_ERROR(random.uniform(NAN, 1), invalid_argument, "not finite");
}

TEST(Random, NormalHasTheMomentsAndTailsOfTheNormalDistribution) {
  Random random(3);
  constexpr int kDraws = 200000;
  double sum = 0, squares = 0, fourths = 0;
  int beyond_two = 0, beyond_four = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double z = random.normal_double();
    ASSERT_LT(std::fabs(z), 8.3);
    sum += z;
    squares += z * z;
    fourths += z * z * z * z;
    beyond_two += std::fabs(z) > 2;
    beyond_four += std::fabs(z) > 4;
  }
  // Five standard errors each: 1, sqrt(2), sqrt(96) and sqrt(p (1 - p)) over sqrt(draws).
  EXPECT_NEAR(sum / kDraws, 0.0, 5 * 0.00224);
  EXPECT_NEAR(squares / kDraws, 1.0, 5 * 0.00316);
  EXPECT_NEAR(fourths / kDraws, 3.0, 5 * 0.0219);
  EXPECT_NEAR(beyond_two / double{kDraws}, 0.0455, 5 * 0.000466);
  EXPECT_GT(beyond_four, 0);
  EXPECT_LT(beyond_four, 36);  // expected 12.7
}

TEST(Random, BelowIsUniformAndNeverReachesItsBound) {
  Random random(4);
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  // Chi-squared with 6 degrees of freedom exceeds 32.6 once in 10^5.
  double chi_squared = 0;
  for (int count : counts) chi_squared += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi_squared, 32.6);
  EXPECT_EQ(random.below(1), 0u);
  EXPECT_ERROR(random.below(0), invalid_argument, "below 0");
}

TEST(Random, BelowHasNoBiasForLargeBounds) {
  // Plain modulo would draw from the lowest third of this range every second time.
  Random random(5);
  constexpr std::uint64_t kBound = 3ULL << 62;
  int low = 0;
  constexpr int kDraws = 30000;
  for (int i = 0; i < kDraws; ++i) {
    const std::uint64_t drawn = random.below(kBound);
    ASSERT_LT(drawn, kBound);
    low += drawn < (1ULL << 62);
  }
  EXPECT_NEAR(low / double{kDraws}, 1.0 / 3, 5 * 0.00272);
}

TEST(Random, ShuffleReachesEveryOrderEquallyOften) {
  Random random(6);
  std::vector<int> counts(27, 0);
  for (int i = 0; i < 60000; ++i) {
    std::array<int, 3> items{0, 1, 2};
    random.shuffle(std::span<int>(items));
    ++counts[static_cast<std::size_t>(9 * items[0] + 3 * items[1] + items[2])];
  }
  EXPECT_EQ(std::ranges::count_if(counts, [](int count) { return count > 0; }), 6);
  // Chi-squared with 5 degrees of freedom exceeds 30.9 once in 10^5.
  double chi_squared = 0;
  for (int count : counts)
    if (count > 0) chi_squared += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi_squared, 30.9);
  random.shuffle(std::span<int>());
}

}  // namespace
}  // namespace kiln
