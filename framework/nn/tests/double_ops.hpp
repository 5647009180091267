// The operations again in double, by their formulas and with an index an element, for central differences to measure.
#pragma once

#include <functional>
#include <vector>

#include "testing/array64.hpp"

namespace kiln::nn {

using testing::Array64;

Array64 map64(const Array64& in, const std::function<double(double)>& f);
/// Two operands that broadcast.
Array64 zip64(const Array64& a, const Array64& b, const std::function<double(double, double)>& f);
/// f of each run of elements along `axis` >= 0.
Array64 reduce64(const Array64& in, int axis, bool keepdims,
                 const std::function<double(const std::vector<double>&)>& f);
/// f(row) in place of each run of the last dimension.
Array64 rows64(const Array64& in, const std::function<std::vector<double>(const std::vector<double>&)>& f);

Array64 matmul64(const Array64& a, const Array64& b);
Array64 batched_matmul64(const Array64& a, const Array64& b);
Array64 transpose64(const Array64& in, int first, int second);
/// The same elements under another shape.
Array64 reshape64(const Array64& in, const Shape& shape);

double sum64(const std::vector<double>& values);
std::vector<double> softmax64(const std::vector<double>& row);
std::vector<double> log_softmax64(const std::vector<double>& row);
double gelu64(double x);
double gelu_tanh64(double x);
double sigmoid64(double x);

Array64 mean_squared_error64(const Array64& prediction, const Array64& target);
Array64 binary_cross_entropy64(const Array64& logits, const Array64& target);
Array64 cross_entropy64(const Array64& logits, const std::vector<std::int32_t>& labels, std::int32_t ignore_index);

}  // namespace kiln::nn
