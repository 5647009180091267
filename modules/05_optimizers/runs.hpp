// What the tests of this module share: steps of one tensor with the oracle beside them, options at random and in
// words.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "testing/kept.hpp"
#include "testing/testing.hpp"
#include "testing/values.hpp"

namespace kiln::testing {

/// "0.1", "1e-08"
inline std::string words(float value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

inline std::string words(const SgdOptions& options) {
  return "learning_rate " + words(options.learning_rate) + ", momentum " + words(options.momentum) + ", weight_decay " +
         words(options.weight_decay) + (options.nesterov ? ", nesterov" : "");
}

inline std::string words(const AdamOptions& options) {
  return "learning_rate " + words(options.learning_rate) + ", beta1 " + words(options.beta1) + ", beta2 " +
         words(options.beta2) + ", epsilon " + words(options.epsilon) + ", weight_decay " + words(options.weight_decay);
}

/// Sensible options of the kind; every second time with weight decay.
inline SgdOptions random_sgd(Generator& g, bool momentum, bool nesterov) {
  constexpr float kMomenta[] = {0.5f, 0.9f, 0.99f};
  return {.learning_rate = g.random().uniform(0.001f, 0.5f),
          .momentum = momentum ? kMomenta[g.random().below(3)] : 0.0f,
          .weight_decay = g.random().below(2) == 0 ? 0.0f : g.random().uniform(0.01f, 0.5f),
          .nesterov = nesterov};
}

inline AdamOptions random_adam(Generator& g) {
  constexpr float kFirst[] = {0.5f, 0.9f, 0.95f}, kSecond[] = {0.9f, 0.99f, 0.999f}, kEpsilon[] = {1e-8f, 1e-3f, 0.1f};
  return {.learning_rate = g.random().uniform(0.001f, 0.5f),
          .beta1 = kFirst[g.random().below(3)],
          .beta2 = kSecond[g.random().below(3)],
          .epsilon = kEpsilon[g.random().below(3)],
          .weight_decay = g.random().below(2) == 0 ? 0.0f : g.random().uniform(0.01f, 0.5f)};
}

/// A parameter and its velocity, taken step by step.
struct SgdRun {
  SgdOptions options;
  Operand parameter, velocity;
  oracle::SgdState expected;

  SgdRun(Generator& g, const SgdOptions& with, const Shape& shape, Layout layout = Layout::dense,
         Layout layout_of_velocity = Layout::dense)
      : options(with),
        parameter(g.input("parameter", shape, layout, -2.0f, 2.0f)),
        velocity(g.input("velocity", shape, layout_of_velocity)),
        expected{oracle::Followed(parameter), oracle::Followed(velocity)} {
    g.note(words(options));
  }

  void step(ConstView gradient) {
    under_test<OptimizerSlots>().sgd_step(gradient, options, parameter, velocity);
    oracle::sgd_step(gradient, options, expected);
    expect_close(velocity, expected.velocity.expected());
    expect_close(parameter, expected.parameter.expected());
  }
};

/// Adam or AdamW: two suites, which mostly ask the same.
struct AdamKind {
  const char* name;
  decltype(OptimizerSlots::adam_step) OptimizerSlots::*kernel;
  void (*oracle)(ConstView, const AdamOptions&, std::int64_t, oracle::AdamState&);

  void operator()(ConstView gradient, AdamOptions options, std::int64_t step, View parameter, View first,
                  View second) const {
    (under_test<OptimizerSlots>().*kernel)(gradient, options, step, parameter, first, second);
  }
};
inline constexpr AdamKind kAdam{"adam_step", &OptimizerSlots::adam_step, oracle::adam_step};
inline constexpr AdamKind kAdamW{"adamw_step", &OptimizerSlots::adamw_step, oracle::adamw_step};

/// A parameter and its moments, taken step by step.
struct AdamRun {
  AdamKind kind;
  AdamOptions options;
  Operand parameter, first, second;
  oracle::AdamState expected;

  /// Moments as after some steps; `fresh` ones are zero. Layouts are of parameter, first and second moment.
  AdamRun(Generator& g, const AdamKind& of, const AdamOptions& with, const Shape& shape, bool fresh,
          const std::vector<Layout>& layouts = std::vector<Layout>(3, Layout::dense))
      : kind(of),
        options(with),
        parameter(g.input("parameter", shape, layouts[0], -2.0f, 2.0f)),
        first(g.input("first_moment", shape, layouts[1])),
        second(g.input("second_moment", shape, layouts[2], 0.0f, 1.0f)) {
    if (fresh) {
      first.fill(0);
      second.fill(0);
    }
    expected = {oracle::Followed(parameter), oracle::Followed(first), oracle::Followed(second)};
    g.note(words(options));
  }

  void step(ConstView gradient, std::int64_t number) {
    kind(gradient, options, number, parameter, first, second);
    kind.oracle(gradient, options, number, expected);
    expect_close(first, expected.first_moment.expected());
    expect_close(second, expected.second_moment.expected());
    expect_close(parameter, expected.parameter.expected());
  }
};

/// Fresh uniform values in [-1, 1) for a gradient that is used again and again.
inline void draw_again(Generator& g, const Operand& gradient) {
  Array64 values(gradient.shape());
  for (double& value : values.values) value = g.random().uniform(-1.0f, 1.0f);
  gradient.assign(values);
}

}  // namespace kiln::testing
