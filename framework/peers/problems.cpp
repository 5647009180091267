// Shapes and costs of the cases.
#include "peers/problems.hpp"

#include <cmath>

#include "kiln/random.hpp"

namespace kiln::peers {
namespace {

double floats(const Problem& problem) {
  auto count = static_cast<double>(elements(problem.out));
  for (const Extents& each : problem.in) count += static_cast<double>(elements(each));
  return count;
}

Problem sgemm(std::int64_t m, std::int64_t k, std::int64_t n, const std::string& name) {
  Problem problem{.name = "sgemm/" + name, .kind = Kind::sgemm, .in = {{m, k}, {k, n}}, .out = {m, n}};
  problem.flops = 2.0 * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n);
  problem.bytes = 4 * floats(problem);
  return problem;
}

Problem conv2d(const Extents& images, std::int64_t out_channels, std::int64_t kernel, std::int64_t padding) {
  const std::int64_t height = images[2] + 2 * padding - kernel + 1, width = images[3] + 2 * padding - kernel + 1;
  Problem problem{.name = "conv2d/" + to_string(images) + "-" + std::to_string(out_channels),
                  .kind = Kind::conv2d,
                  .in = {images, {out_channels, images[1], kernel, kernel}},
                  .out = {images[0], out_channels, height, width},
                  .padding = padding};
  problem.flops = 2.0 * static_cast<double>(elements(problem.out) * images[1] * kernel * kernel);
  problem.bytes = 4 * floats(problem);
  return problem;
}

Problem rows(Kind kind, const std::string& name, float low, float high) {
  const Extents shape{4096, 1024};
  Problem problem{
      .name = name + "/" + to_string(shape), .kind = kind, .in = {shape}, .out = shape, .low = low, .high = high};
  if (kind == Kind::layer_norm) problem.in = {shape, {shape[1]}, {shape[1]}};
  if (kind == Kind::add) problem.in = {shape, shape};
  if (kind == Kind::sum_first) problem.out = {shape[1]};
  if (kind == Kind::sum_last) problem.out = {shape[0]};
  problem.bytes = 4 * floats(problem);
  return problem;
}

Problem max_pool() {
  Problem problem{
      .name = "max_pool/32x64x56x56", .kind = Kind::max_pool, .in = {{32, 64, 56, 56}}, .out = {32, 64, 28, 28}};
  // A winner is eight bytes.
  problem.bytes = 4 * floats(problem) + 8 * static_cast<double>(elements(problem.out));
  return problem;
}

/// As He et al. draw them, biases zeros.
void begin(Problem& problem) {
  Random random(7);
  for (const Extents& shape : problem.parameter_shapes) {
    std::vector<float> values(static_cast<std::size_t>(elements(shape)));
    const auto bound = std::sqrt(6.0f * static_cast<float>(shape[0]) / static_cast<float>(elements(shape)));
    if (shape.size() > 1)
      for (float& value : values) value = random.uniform(-bound, bound);
    problem.parameters.push_back(std::move(values));
  }
}

Problem mlp(std::int64_t batch) {
  Problem problem{.name = "train/mlp", .kind = Kind::mlp, .in = {{batch, 784}}, .out = {1}, .low = 0};
  problem.parameter_shapes = {{256, 784}, {256}, {128, 256}, {128}, {kClasses, 128}, {kClasses}};
  // Forward, to the weights and, but for the first layer, to the inputs: a product each.
  problem.flops = 2.0 * static_cast<double>(batch) * (2 * 256 * 784 + 3 * 128 * 256 + 3 * 10 * 128);
  begin(problem);
  return problem;
}

Problem cnn(std::int64_t batch) {
  Problem problem{.name = "train/cnn", .kind = Kind::cnn, .in = {{batch, 1, 28, 28}}, .out = {1}, .low = 0};
  problem.parameter_shapes = {{16, 1, 3, 3}, {16}, {32, 16, 3, 3}, {32}, {kClasses, 32 * 7 * 7}, {kClasses}};
  problem.flops =
      2.0 * static_cast<double>(batch) * (2 * 28 * 28 * 16 * 9 + 3 * 14 * 14 * 32 * 16 * 9 + 3 * 10 * 32 * 7 * 7);
  begin(problem);
  return problem;
}

}  // namespace

std::int64_t elements(const Extents& extents) {
  std::int64_t product = 1;
  for (const std::int64_t each : extents) product *= each;
  return product;
}

std::string to_string(const Extents& extents) {
  std::string text;
  for (const std::int64_t each : extents) text += (text.empty() ? "" : "x") + std::to_string(each);
  return text;
}

std::vector<Problem> problems() {
  std::vector<Problem> all;
  for (const std::int64_t n : {64, 128, 255, 256, 257, 512, 1000, 1024, 2048})
    all.push_back(sgemm(n, n, n, std::to_string(n)));
  all.push_back(sgemm(1, 4096, 4096, "1x4096x4096"));
  all.push_back(sgemm(4096, 4096, 1, "4096x4096x1"));
  all.push_back(sgemm(1024, 1, 1024, "1024x1x1024"));
  all.push_back(conv2d({32, 64, 56, 56}, 64, 3, 1));
  all.push_back(conv2d({64, 1, 28, 28}, 16, 3, 1));
  all.push_back(conv2d({32, 16, 14, 14}, 32, 3, 1));
  all.push_back(rows(Kind::softmax, "softmax", -4, 4));
  all.push_back(rows(Kind::layer_norm, "layer_norm", -1, 3));
  all.push_back(rows(Kind::gelu, "gelu", -4, 4));
  all.push_back(rows(Kind::gelu_tanh, "gelu_tanh", -4, 4));
  all.push_back(rows(Kind::tanh, "tanh", -4, 4));
  all.push_back(rows(Kind::relu, "relu", -1, 1));
  all.push_back(rows(Kind::add, "add", -1, 1));
  all.push_back(rows(Kind::sum_first, "sum_first", -1, 1));
  all.push_back(rows(Kind::sum_last, "sum_last", -1, 1));
  all.push_back(max_pool());
  all.push_back(mlp(64));
  all.push_back(cnn(64));
  return all;
}

}  // namespace kiln::peers
