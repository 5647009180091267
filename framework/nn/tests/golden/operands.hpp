// A case's operands in memory, by name.
#pragma once

#include <limits>
#include <string>

#include "golden_case.hpp"
#include "routes.hpp"

namespace kiln::golden {

class Operands {
 public:
  Operands(const Case& golden, const Placing& placing) : golden_(golden), placing_(placing) {}

  const Case& golden() const { return golden_; }
  bool backward(const char* cotangent = "grad_out") const { return golden_.has_input(cotangent); }

  testing::Operand in(const std::string& name) const {
    const testing::Array64 values = golden_.input(name);
    testing::Operand operand(name, values.shape, placing_.layout);
    operand.assign(values);
    return operand;
  }
  /// Of the expected shape, full of NaN.
  testing::Operand out(const std::string& name) const { return filled(name, std::numeric_limits<float>::quiet_NaN()); }
  /// Of the expected shape, with what a gradient held before.
  testing::Operand gradient(const std::string& name) const { return filled(name, placing_.start); }

  void expect_out(const testing::Operand& out) const { expect(golden_, out.name(), out.view()); }
  void expect_gradient(const testing::Operand& gradient) const {
    expect(golden_, gradient.name(), gradient.view(), placing_.start);
  }

 private:
  testing::Operand filled(const std::string& name, float value) const {
    testing::Operand operand(name, golden_.shape_of(name), placing_.layout);
    operand.fill(value);
    return operand;
  }

  const Case& golden_;
  const Placing& placing_;
};

}  // namespace kiln::golden
