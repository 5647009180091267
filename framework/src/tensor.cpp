// The memory of tensors, and the ways to fill it.
#include "kiln/tensor.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <utility>

#include "kiln/random.hpp"
#include "kiln/tensor_observer.hpp"

namespace kiln {
namespace {

std::atomic<TensorObserver*> observer{nullptr};

}  // namespace

TensorObserver* observe_tensors(TensorObserver* next) { return observer.exchange(next, std::memory_order_acq_rel); }

void Tensor::Free::operator()(float* memory) const {
  if (TensorObserver* const told = observer.load(std::memory_order_acquire)) told->freed(memory);
  ::operator delete (memory, std::align_val_t{kAlignment});
}

Tensor::Memory Tensor::allocate(std::int64_t size) {
  const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(float);
  Memory memory(static_cast<float*>(::operator new (bytes, std::align_val_t{kAlignment})));
  if (TensorObserver* const told = observer.load(std::memory_order_acquire)) told->allocated(memory.get(), bytes);
  return memory;
}

Tensor::Tensor(const Shape& shape, Uninitialized)
    : shape_(shape), size_(checked_elements(shape, "Tensor")), memory_(allocate(size_)) {}

Tensor::Tensor(const Shape& shape) : Tensor(shape, Uninitialized{}) {
  // All bits 0 is 0.0f, and the library's own loop for that is several times as fast.
  if (size_ > 0) std::memset(memory_.get(), 0, static_cast<std::size_t>(size_) * sizeof(float));
}

Tensor Tensor::full(const Shape& shape, float value) {
  Tensor result(shape, Uninitialized{});
  std::ranges::fill(result.flat(), value);
  return result;
}

Tensor Tensor::from(const Shape& shape, std::span<const float> values) {
  const std::int64_t needed = checked_elements(shape, "Tensor::from");
  const std::int64_t given = static_cast<std::int64_t>(values.size());
  KILN_REQUIRE("Tensor::from: the number of values given is not that of shape " + to_string(shape), given == needed);
  Tensor result(shape, Uninitialized{});
  std::ranges::copy(values, result.flat().begin());
  return result;
}

Tensor Tensor::copy_of(const ConstView& view) {
  const int rank = view.rank();
  const int strides = view.strides.rank();
  KILN_REQUIRE("Tensor::copy_of: the ranks of " + to_string(view) + " differ", rank == strides);
  Tensor result(view.shape, Uninitialized{});
  Shape index = Shape::filled(rank, 0);
  std::int64_t offset = 0;
  for (float& out : result.flat()) {
    out = view.data[offset];
    // Step the index like a counter: the last dimension turns fastest.
    for (int d = rank - 1; d >= 0; --d) {
      offset += view.strides[d];
      if (++index[d] < view.shape[d]) break;
      offset -= index[d] * view.strides[d];
      index[d] = 0;
    }
  }
  return result;
}

Tensor Tensor::uniform(const Shape& shape, Random& random, float lo, float hi) {
  Tensor result(shape, Uninitialized{});
  for (float& value : result.flat()) value = random.uniform(lo, hi);
  return result;
}

Tensor Tensor::normal(const Shape& shape, Random& random, float mean, float deviation) {
  Tensor result(shape, Uninitialized{});
  for (float& value : result.flat()) value = random.normal(mean, deviation);
  return result;
}

Tensor::Tensor(const Tensor& other) : shape_(other.shape_), size_(other.size_) {
  if (other.memory_) memory_ = allocate(size_);
  std::ranges::copy(other.flat(), flat().begin());
}

Tensor::Tensor(Tensor&& other) noexcept
    : shape_(std::exchange(other.shape_, {0})),
      size_(std::exchange(other.size_, 0)),
      memory_(std::move(other.memory_)) {}

Tensor& Tensor::operator=(const Tensor& other) { return *this = Tensor(other); }

Tensor& Tensor::operator=(Tensor&& other) noexcept {
  // Through a third, so that a tensor moved to itself keeps its elements.
  Tensor taken(std::move(other));
  std::swap(shape_, taken.shape_);
  std::swap(size_, taken.size_);
  std::swap(memory_, taken.memory_);
  return *this;
}

}  // namespace kiln
