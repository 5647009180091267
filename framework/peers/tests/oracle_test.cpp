// The oracle agrees with hand-worked values, and refuses what comes near: the neighbouring formula, axis or winner.
#include "peers/oracle.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "peers/pool.hpp"
#include "peers/problems.hpp"

namespace kiln::peers {
namespace {

struct Case {
  Problem problem;
  Pool pool;
  Truth expected;

  explicit Case(Problem given) : problem(std::move(given)), pool(problem) {
    pool.refill(3);
    expected = truth(problem, pool[0]);
    for (std::size_t i = 0; i < expected.value.size(); ++i) out(i) = static_cast<float>(expected.value[i]);
  }
  const Operands& on() const { return pool[0]; }
  float& out(std::size_t i) const { return pool[0].out[i]; }
  std::string verdict() const { return disagreement(problem, expected, pool[0]); }
};

Problem square(Kind kind, float low = -3, float high = 3) {
  return {.name = "square", .kind = kind, .in = {{16, 16}}, .out = {16, 16}, .low = low, .high = high};
}

TEST(Oracle, TakesItsOwnRoundedAnswer) {
  for (const Kind kind : {Kind::softmax, Kind::gelu, Kind::gelu_tanh, Kind::tanh, Kind::relu})
    EXPECT_EQ(Case(square(kind)).verdict(), "") << static_cast<int>(kind);
}

TEST(Oracle, TellsTheTwoGelusApart) {
  const Case by_erf(square(Kind::gelu)), by_tanh(square(Kind::gelu_tanh));
  for (std::size_t i = 0; i < by_erf.expected.value.size(); ++i) by_erf.out(i) = by_tanh.out(i);
  EXPECT_NE(by_erf.verdict(), "");
}

TEST(Oracle, GeluOfOne) {
  const Case gelu(square(Kind::gelu, 1, 1)), by_tanh(square(Kind::gelu_tanh, 1, 1)), tanh(square(Kind::tanh, 1, 1));
  EXPECT_NEAR(gelu.expected.value[0], 0.8413447, 1e-7);
  EXPECT_NEAR(by_tanh.expected.value[0], 0.8411920, 1e-7);
  EXPECT_NEAR(tanh.expected.value[0], 0.7615942, 1e-7);
}

TEST(Oracle, SumsByTheRightAxis) {
  Problem first = square(Kind::sum_first), last = square(Kind::sum_last);
  first.out = last.out = {16};
  const Case down(first), along(last);
  double column = 0, row = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    column += down.on().in[0][16 * i + 3];
    row += down.on().in[0][16 * 3 + i];
  }
  EXPECT_DOUBLE_EQ(down.expected.value[3], column);
  EXPECT_DOUBLE_EQ(along.expected.value[3], row);
}

TEST(Oracle, SoftmaxAndLayerNormOfARow) {
  const Case softmax(square(Kind::softmax));
  double sum = 0;
  for (std::size_t i = 0; i < 16; ++i) sum += softmax.expected.value[i];
  EXPECT_NEAR(sum, 1, 1e-12);
  const float* row = softmax.on().in[0];
  EXPECT_NEAR(softmax.expected.value[1] / softmax.expected.value[0], std::exp(double{row[1]} - row[0]), 1e-9);

  Problem problem = square(Kind::layer_norm);
  problem.in = {{16, 16}, {16}, {16}};
  const Case norm(problem);
  double mean = 0, variance = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const double plain = (norm.expected.value[i] - norm.on().in[2][i]) / norm.on().in[1][i];
    mean += plain / 16;
    variance += plain * plain / 16;
  }
  EXPECT_NEAR(mean, 0, 1e-12);
  EXPECT_NEAR(variance, 1, 1e-4);  // epsilon takes a little
}

TEST(Oracle, ConvolutionPadsWithNothing) {
  Problem problem{.name = "conv", .kind = Kind::conv2d, .in = {{1, 2, 3, 4}, {1, 2, 3, 3}}, .out = {1, 1, 3, 4}};
  problem.padding = 1;
  const Case conv(problem);
  const float *in = conv.on().in[0], *weight = conv.on().in[1];
  // Row 0, column 3: taps above and to the right lie outside.
  double expected = 0;
  for (int c = 0; c < 2; ++c)
    for (int r = 1; r < 3; ++r)
      for (int s = 0; s < 2; ++s) expected += double{in[12 * c + 4 * (r - 1) + 3 + s - 1]} * weight[9 * c + 3 * r + s];
  EXPECT_NEAR(conv.expected.value[3], expected, 1e-12);
  conv.out(3) += 1e-3f;
  EXPECT_NE(conv.verdict(), "");
}

TEST(Oracle, LooksAtWinnersWhereThereAreAny) {
  const Case pool({.name = "pool", .kind = Kind::max_pool, .in = {{2, 1, 4, 6}}, .out = {2, 1, 2, 3}});
  EXPECT_EQ(pool.verdict(), "") << "nobody wrote winners";
  std::copy(pool.expected.winners.begin(), pool.expected.winners.end(), pool.on().winners);
  EXPECT_EQ(pool.verdict(), "");
  const float* image = pool.on().in[0] + 24;
  EXPECT_EQ(image[pool.on().winners[6 + 5]], pool.out(6 + 5));
  pool.on().winners[7] += 1;
  EXPECT_NE(pool.verdict().find("winner number 7"), std::string::npos);
}

TEST(Pool, FillsAnewAndAlikeForOneSeed) {
  const Problem problem = square(Kind::relu);
  Pool first(problem), second(problem);
  first.refill(5);
  second.refill(5);
  EXPECT_GE(first.sets(), 2);
  EXPECT_EQ(first[1].in[0][7], second[1].in[0][7]);
  EXPECT_NE(first[0].in[0][7], first[1].in[0][7]);
  second.refill(6);
  EXPECT_NE(first[1].in[0][7], second[1].in[0][7]);
  double sum = 0;
  for (int i = 0; i < 256; ++i) {
    EXPECT_GE(first[0].in[0][i], -3);
    EXPECT_LT(first[0].in[0][i], 3);
    sum += first[0].in[0][i];
  }
  EXPECT_NEAR(sum / 256, 0, 0.5);
}

}  // namespace
}  // namespace kiln::peers
