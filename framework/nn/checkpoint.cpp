// From handles to bytes in a file, and back.
#include "nn/checkpoint.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unordered_map>

#include "kiln/backend.hpp"
#include "kiln/whole_file.hpp"
#include "nn/context.hpp"

namespace kiln::nn {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::invalid_argument, "checkpoint: " + what + "; it is of another network or optimizer");
}

std::span<float> flat(const View& view) { return {view.data, static_cast<std::size_t>(view.size())}; }

template <class Entries>
auto by_name(const Entries& entries) {
  std::unordered_map<std::string, const typename Entries::value_type*> found;
  for (const auto& entry : entries) found.emplace(entry.name, &entry);
  return found;
}

}  // namespace

State state_of(Layer& model) {
  State state;
  for (Parameter& parameter : model.parameters())
    state.tensors.push_back({"model." + parameter.name(), static_cast<Variable&>(parameter).data()});
  state.add("model.", model.state());
  return state;
}

State state_of(Layer& model, Optimizer& optimizer) {
  State state = state_of(model);
  state.add("optimizer.", optimizer.state());
  return state;
}

Checkpoint take(const State& state) {
  Checkpoint checkpoint;
  for (const State::Number& each : state.numbers) checkpoint.numbers.push_back({each.name, *each.value});
  for (const State::Floats& each : state.tensors) {
    const std::span<const float> values = flat(each.view);
    checkpoint.tensors.push_back({each.name, each.view.shape, {values.begin(), values.end()}});
  }
  return checkpoint;
}

void restore(const Checkpoint& checkpoint, const State& state) {
  const auto numbers = by_name(checkpoint.numbers);
  const auto tensors = by_name(checkpoint.tensors);
  // Look at all of it before the first value is written.
  for (const State::Number& each : state.numbers)
    if (!numbers.contains(each.name)) refuse("it holds no number " + each.name);
  for (const State::Floats& each : state.tensors) {
    const auto found = tensors.find(each.name);
    if (found == tensors.end()) refuse("it holds no tensor " + each.name);
    if (found->second->shape != each.view.shape)
      refuse("its " + each.name + " has shape " + to_string(found->second->shape) + " where " +
             to_string(each.view.shape) + " is expected");
  }
  for (const State::Number& each : state.numbers) *each.value = numbers.at(each.name)->value;
  for (const State::Floats& each : state.tensors)
    std::ranges::copy(tensors.at(each.name)->values, flat(each.view).begin());
}

std::uint64_t number(const Checkpoint& checkpoint, const std::string& name) {
  const auto found = std::ranges::find(checkpoint.numbers, name, &CheckpointNumber::name);
  if (found == checkpoint.numbers.end()) refuse("it holds no number " + name);
  return found->value;
}

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  const std::vector<std::uint8_t> bytes = kernels<TrainingSlots>().encode_checkpoint(checkpoint);
  const std::string_view content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const auto problem = write_atomically(path, content))
    throw Error(ErrorKind::invalid_argument, "checkpoint: " + *problem);
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> content;
  try {
    content.assign(std::istreambuf_iterator<char>(file), {});
  } catch (const std::ios_base::failure&) {  // a folder opens, and cannot be read
    file.setstate(std::ios::badbit);
  }
  if (!file.is_open() || file.bad())
    throw Error(ErrorKind::invalid_argument, "checkpoint: cannot read " + path.string() + ": " + std::strerror(errno));
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  return detail::with_context([&] { return path.string(); },
                              [&] { return kernels<TrainingSlots>().decode_checkpoint(bytes); });
}

}  // namespace kiln::nn
