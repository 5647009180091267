// Module 01, tensor: the kernels that every later module stands on.
// Views are float32 and of any strides unless said otherwise; strides count elements. No kernel here allocates.
// Indexing and broadcasting follow NumPy ("Array programming with NumPy", Harris et al., 2020).
#pragma once

#include "kiln/kernels/contract.hpp"

namespace kiln {

namespace KILN_IMPL {

// ---- fill.cpp

/// out[i...] = value for every element of `out`, whatever its strides; memory between the elements stays as it is.
KILN_DECLARE void fill(View out, float value);

// ---- shape.cpp

/// Row-major strides, in elements: the last is 1, each other is the product of the extents behind it.
/// An extent of 0 counts as 1 here, so that no stride is 0. Rank 0 gives rank 0.
KILN_DECLARE Strides contiguous_strides(Shape shape);

/// The shape that `a` and `b` broadcast to: aligned at their last dimensions, equal extents stay, 1 gives way to the
/// other (to 0 as well), a missing dimension counts as 1. Error(invalid_argument) where two extents differ and neither
/// is 1.
KILN_DECLARE Shape broadcast_shapes(Shape a, Shape b);

/// sum over d of index[d] * strides[d], in elements.
/// Error(invalid_argument) where the ranks differ or an index lies outside [0, shape[d]).
KILN_DECLARE std::int64_t index_to_offset(Shape index, Shape shape, Strides strides);

// ---- copy.cpp

/// out[i...] = in[i...]; `in` has any strides (0 and negative too), `out` is contiguous and does not overlap `in`.
/// Error(invalid_argument) where the shapes differ or `out` is not contiguous.
KILN_DECLARE void copy(ConstView in, View out);

// ---- elementwise.cpp

/// out = a (op) b, element by element, with `a` and `b` broadcast to out.shape. `out` may be the very same view as `a`
/// or `b`; otherwise it overlaps neither. div follows IEEE 754 (x/0 is infinite, 0/0 is NaN). Error(invalid_argument)
/// where a.shape and b.shape do not broadcast to exactly out.shape.
KILN_DECLARE void add(ConstView a, ConstView b, View out);
KILN_DECLARE void sub(ConstView a, ConstView b, View out);
KILN_DECLARE void mul(ConstView a, ConstView b, View out);
KILN_DECLARE void div(ConstView a, ConstView b, View out);

// ---- reduce.cpp

/// Reduces `in` over dimension `axis`, which counts from the end where it is negative (-1 is the last).
/// out.shape is in.shape without that dimension, or with extent 1 there where `keepdims`. `out` does not overlap `in`.
/// Over an empty axis the sum is 0, the mean is NaN, and max is an error. max keeps NaN: one NaN makes the result NaN.
/// Error(invalid_argument) where axis lies outside [-rank, rank), out.shape does not fit, or max meets an empty axis.
KILN_DECLARE void sum(ConstView in, int axis, bool keepdims, View out);
KILN_DECLARE void mean(ConstView in, int axis, bool keepdims, View out);
KILN_DECLARE void max(ConstView in, int axis, bool keepdims, View out);

// ---- matmul.cpp

/// c = a b: a is (m, k), b is (k, n), c is (m, n) and overlaps neither. k = 0 gives zeros.
/// Error(invalid_argument) where a rank is not 2 or the extents do not fit.
KILN_DECLARE void matmul(ConstView a, ConstView b, View c);

/// c[i] = a[i] b[i] for each i of c's batch: a is (batch, m, k), b is (batch, k, n), c is (batch, m, n) and overlaps
/// neither. A batch of 1 in `a`, in `b` or in both is used for every i. k = 0 gives zeros.
/// Error(invalid_argument) where a rank is not 3 or the extents do not fit.
KILN_DECLARE void batched_matmul(ConstView a, ConstView b, View c);

}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct TensorSlots {
  decltype(impl::fill)* fill;
  decltype(impl::contiguous_strides)* contiguous_strides;
  decltype(impl::broadcast_shapes)* broadcast_shapes;
  decltype(impl::index_to_offset)* index_to_offset;
  decltype(impl::copy)* copy;
  decltype(impl::add)* add;
  decltype(impl::sub)* sub;
  decltype(impl::mul)* mul;
  decltype(impl::div)* div;
  decltype(impl::sum)* sum;
  decltype(impl::mean)* mean;
  decltype(impl::max)* max;
  decltype(impl::matmul)* matmul;
  decltype(impl::batched_matmul)* batched_matmul;

  static constexpr const char* kFamily = "tensor";
  static constexpr auto list() {
    return std::tuple{
        slot<&TensorSlots::fill>("fill", "out", "value"),
        slot<&TensorSlots::contiguous_strides>("contiguous_strides", "shape"),
        slot<&TensorSlots::broadcast_shapes>("broadcast_shapes", "a", "b"),
        slot<&TensorSlots::index_to_offset>("index_to_offset", "index", "shape", "strides"),
        slot<&TensorSlots::copy>("copy", "in", "out"),
        slot<&TensorSlots::add>("add", "a", "b", "out"),
        slot<&TensorSlots::sub>("sub", "a", "b", "out"),
        slot<&TensorSlots::mul>("mul", "a", "b", "out"),
        slot<&TensorSlots::div>("div", "a", "b", "out"),
        slot<&TensorSlots::sum>("sum", "in", "axis", "keepdims", "out"),
        slot<&TensorSlots::mean>("mean", "in", "axis", "keepdims", "out"),
        slot<&TensorSlots::max>("max", "in", "axis", "keepdims", "out"),
        slot<&TensorSlots::matmul>("matmul", "a", "b", "c"),
        slot<&TensorSlots::batched_matmul>("batched_matmul", "a", "b", "c"),
    };
  }
};

static_assert(sizeof(TensorSlots) == kSlotCount<TensorSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline TensorSlots table(const TensorSlots*) {
  return {
      .fill = fill,
      .contiguous_strides = contiguous_strides,
      .broadcast_shapes = broadcast_shapes,
      .index_to_offset = index_to_offset,
      .copy = copy,
      .add = add,
      .sub = sub,
      .mul = mul,
      .div = div,
      .sum = sum,
      .mean = mean,
      .max = max,
      .matmul = matmul,
      .batched_matmul = batched_matmul,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
