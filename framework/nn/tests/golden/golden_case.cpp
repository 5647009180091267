// The index, and tensors with their tolerances.
#include "golden_case.hpp"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kiln/check.hpp"
#include "npy.hpp"

namespace kiln::golden {

namespace {

/// Where the tensors' paths in the index begin.
constexpr const char* kCases = "cases";

template <class Map>
const auto& find(const Case& golden, const Map& map, const std::string& name, const char* kind) {
  const auto found = map.find(name);
  if (found == map.end())
    throw Error(ErrorKind::invalid_argument,
                "golden data: case " + golden.name + " has no " + std::string(kind) + " \"" + name + "\"");
  return found->second;
}

void read_attribute(const std::string& name, const nlohmann::json& value, Case& golden) {
  if (value.is_string())
    golden.words[name] = value.get<std::string>();
  else if (value.is_array())
    golden.numbers[name] = value.get<std::vector<double>>();
  else
    golden.numbers[name] = {value.is_boolean() ? static_cast<double>(value.get<bool>()) : value.get<double>()};
}

Case read_case(const nlohmann::json& entry, const nlohmann::json& reasons, const std::filesystem::path& folder) {
  Case golden;
  golden.name = entry.at("name").get<std::string>();
  golden.op = entry.at("op").get<std::string>();
  golden.source = entry.at("source").get<std::string>();
  golden.reason = reasons.at(entry.at("tolerance").get<std::string>()).get<std::string>();
  for (const auto& [name, value] : entry.at("attributes").items()) read_attribute(name, value, golden);
  for (const auto& [name, file] : entry.at("inputs").items()) golden.inputs[name] = folder / file.get<std::string>();
  for (const auto& [name, tensor] : entry.at("expected").items()) {
    ExpectedFiles files{folder / tensor.at("file").get<std::string>(), {}, tensor.at("terms").get<double>()};
    if (tensor.contains("magnitude")) files.magnitude = folder / tensor.at("magnitude").get<std::string>();
    golden.expected[name] = files;
  }
  return golden;
}

}  // namespace

testing::Array64 Case::input(const std::string& tensor) const {
  return read_float32(find(*this, inputs, tensor, "input"));
}

std::vector<std::int32_t> Case::labels() const { return read_int32(find(*this, inputs, "labels", "input")); }

testing::Expected Case::expectation(const std::string& tensor, double start) const {
  const ExpectedFiles& files = find(*this, expected, tensor, "expected tensor");
  testing::Expected result{read_float64(files.value), {}, files.terms};
  const bool exact = files.terms == 0 && start == 0;
  if (!files.magnitude.empty()) {
    result.magnitude = read_float32(files.magnitude);
    KILN_REQUIRE("golden data: " + files.magnitude.string() + " has another shape than what it is of",
                 result.magnitude.shape == result.value.shape);
  } else if (!exact) {
    result.magnitude = result.value;
    for (double& value : result.magnitude.values) value = std::abs(value);
  }
  if (start == 0) return result;
  // What was there takes part in the sum: one addition more, and each of them rounds on its magnitude too.
  result.terms += 1;
  for (double& value : result.value.values) value += start;
  for (double& value : result.magnitude.values) value += std::abs(start);
  return result;
}

double Case::number(const std::string& attribute) const { return find(*this, numbers, attribute, "number").at(0); }

const std::string& Case::word(const std::string& attribute) const { return find(*this, words, attribute, "word"); }

Shape Case::shape(const std::string& attribute) const {
  Shape shape;
  for (const double extent : find(*this, numbers, attribute, "shape"))
    shape.push_back(static_cast<std::int64_t>(extent));
  return shape;
}

void expect(const Case& golden, const std::string& tensor, ConstView actual, double start) {
  // A copy with a name, for the comparison's words.
  const testing::Operand named(tensor, actual.shape, testing::Layout::dense);
  named.assign(testing::to_array64(actual));
  testing::expect_close(named, golden.expectation(tensor, start), 1.0);
}

std::vector<Case> read_index(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "index.json";
  std::ifstream stream(file);
  if (!stream)
    throw Error(ErrorKind::invalid_argument, "golden data: " + file.string() +
                                                 " cannot be read; remake it with tools/golden, or take it from the "
                                                 "repository");
  try {
    const nlohmann::json index = nlohmann::json::parse(stream);
    std::vector<Case> cases;
    for (const nlohmann::json& entry : index.at("cases"))
      cases.push_back(read_case(entry, index.at("tolerances"), folder / kCases));
    return cases;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::invalid_argument, "golden data: " + file.string() + ": " + error.what());
  }
}

}  // namespace kiln::golden
