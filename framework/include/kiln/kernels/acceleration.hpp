// Module 15, acceleration: the kernels that cost most, made fast: by blocks that stay in a cache, by vectors, by
// threads, and by turning one problem into another that is solved already.
// Views are float32 and of any strides unless said otherwise; what is written overlaps no input in the sense of
// kiln/overlap.hpp, and where it does the answer is an Error(invalid_argument), since a product that reads what it has
// written is wrong without a word. Where an argument is refused, nothing was written. Scratch memory may be allocated,
// as much as each kernel says.
#pragma once

#include <cstdint>

#include "kiln/kernels/contract.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/overlap.hpp"

namespace kiln {

/// The ways to a product that matmul_dispatched chooses from.
enum class MatmulPath : std::int32_t {
  loops,     ///< the kernel of module 01: nothing is copied
  packed,    ///< matmul_packed, on the caller's thread
  parallel,  ///< matmul_parallel
};

namespace KILN_IMPL {

// ---- block_size.cpp

/// Bytes that one block of each operand takes: a, b and c, block x block floats each. The footprint of a block of 2^29
/// and more may overflow, and is not asked for. Error(invalid_argument) where block is below 1.
KILN_DECLARE std::int64_t block_footprint(std::int64_t block);

/// The largest of 256, 128, 64 and 32 whose footprint is at most `cache_bytes`; 32 where none is.
/// Error(invalid_argument) where cache_bytes is below 1.
KILN_DECLARE std::int64_t block_for_cache(std::int64_t cache_bytes);

// ---- matmul_blocked.cpp

/// c = a b, block by block (Lam, Rothberg and Wolf, "The cache performance and optimizations of blocked algorithms",
/// 1991): every product of a block of a and a block of b is added up before the next block of b is read. a is (m, k),
/// b is (k, n), c is (m, n); k = 0 gives zeros. `block` need not divide an extent and may be larger than each.
/// Nothing is allocated. Error(invalid_argument) where a rank is not 2, the extents do not fit, or block is below 1.
KILN_DECLARE void matmul_blocked(ConstView a, ConstView b, std::int64_t block, View c);

// ---- matmul_packed.cpp

/// c = alpha a b + beta c, as BLAS's sgemm (Goto and van de Geijn, "Anatomy of high-performance matrix
/// multiplication", 2008; Van Zee and van de Geijn, "BLIS", 2015): blocks of both operands are packed into panels in
/// the order in which a micro-kernel of vectors in registers reads them. a is (m, k), b is (k, n), c is (m, n).
/// Transposes are strides, and c's rows may lie further apart than they are wide (BLAS: ldc > n): what lies between
/// them stays as it is. Where beta is 0 c is not read, so that NaN there is gone; where alpha is 0 or k is 0 neither a
/// nor b is read. An element's sum does not depend on where in c it stands: the product of some rows of a and some
/// columns of b has the bits that these elements have in the whole product, whatever the strides.
/// The panels are allocated: at most 16 MiB, whatever the shapes.
/// Error(invalid_argument) where a rank is not 2, the extents do not fit, or c overlaps a or b.
KILN_DECLARE void matmul_packed(float alpha, ConstView a, ConstView b, float beta, View c);

// ---- matmul_parallel.cpp

/// matmul_packed on all threads of the pool (kiln/parallel.hpp). Each element of c is summed by one thread in the same
/// order whatever their number: results agree bit for bit between thread counts. Errors as of matmul_packed.
/// Composition: calls matmul_packed of this family.
KILN_DECLARE void matmul_parallel(float alpha, ConstView a, ConstView b, float beta, View c);

// ---- conv2d_im2col.cpp

/// The columns of one image (channels, height, width) as Chellapilla, Puri and Simard have them ("High performance
/// convolutional neural networks for document processing", 2006): columns is (channels * kernel_height * kernel_width,
/// out_height * out_width), and
///   columns[(i * kernel_height + r) * kernel_width + s, y * out_width + x] =
///       image[i, y * stride_height - padding_height + r, x * stride_width - padding_width + s], or 0 outside.
/// Error(invalid_argument) where a rank or shape does not fit, a stride or kernel extent is below 1, a padding below 0,
/// or the kernel does not fit into the padded image once.
KILN_DECLARE void im2col(ConstView image, std::int64_t kernel_height, std::int64_t kernel_width, Conv2dOptions options,
                         View columns);

/// conv2d of module 08 as one product an image: weight as (out_channels, in_channels * kernel_height * kernel_width)
/// times the columns. Zeros stand for the padding here: an infinite or NaN weight that meets it gives NaN, other than
/// in module 08. Columns of one image are allocated, and copies of the weights and of one image of `out` where these
/// have gaps. Composition: calls conv2d_shape of module 08 and matmul_packed of this family. Errors as of conv2d.
KILN_DECLARE void conv2d_im2col(ConstView in, ConstView weight, ConstView bias, Conv2dOptions options, View out);

// ---- softmax_simd.cpp

/// softmax of module 02, every promise of which holds, with vectors along the row. `out` may be the very same view as
/// `in`. Rows whose elements are not neighbours may be copied to scratch memory of a row.
KILN_DECLARE void softmax_simd(ConstView in, View out);

// ---- layer_norm_simd.cpp

/// Over each row, a run of the last dimension (Ba, Kiros and Hinton, "Layer normalization", 2016):
///   out = (in - mean) / sqrt(variance + epsilon) * weight + bias
/// with the row's mean and its biased variance, around the mean (a row whose mean is 1000 times its deviation keeps its
/// digits). weight and bias are (features), the extent of the last dimension. `out` may be the very same view as `in`.
/// Rows of NaN or infinity give NaN. Scratch memory of a row may be allocated.
/// Error(invalid_argument) where the rank is 0, shapes do not fit, features is 0, or epsilon is not positive.
KILN_DECLARE void layer_norm_simd(ConstView in, ConstView weight, ConstView bias, float epsilon, View out);

// ---- bias_gelu.cpp

/// out = gelu_tanh(in + bias), in one walk over memory instead of two; in is (rows, features), bias is (features). The
/// error, against this formula with the sum rounded to float, is at most a few eps * |in + bias|; -inf gives a zero,
/// inf gives inf, NaN stays. `out` may be the very same view as `in`.
/// Error(invalid_argument) where a rank or shape does not fit.
KILN_DECLARE void bias_gelu(ConstView in, ConstView bias, View out);

// ---- matmul_dispatched.cpp

/// Which way a product of (m, k) and (k, n) goes on `threads` threads: `loops` where packing costs more than it saves
/// (any extent is 0, or m n k is at most 4,096), `parallel` where threads > 1 and m n k is at least 4,194,304, `packed`
/// elsewhere. An m n k that overflows counts as large.
/// Error(invalid_argument) where an extent is negative or threads is below 1.
KILN_DECLARE MatmulPath choose_matmul(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t threads);

/// c = a b by the way that choose_matmul names for this many threads. Composition: calls choose_matmul, matmul_packed
/// and matmul_parallel of this family and matmul of the tensor family. Errors as of matmul_packed, on every way.
KILN_DECLARE void matmul_dispatched(ConstView a, ConstView b, std::int64_t threads, View c);

}  // namespace KILN_IMPL

/// Calls `kernel`, a matmul_parallel, while the pool has `threads` threads, and gives it back those that it had, also
/// where the kernel throws. Error(missing) where the kernel is null, Error(invalid_argument) where threads is below 1.
void multiply_on_threads(decltype(impl::matmul_parallel)* kernel, std::int64_t threads, float alpha, ConstView a,
                         ConstView b, float beta, View c);

namespace KILN_IMPL {
/// The driver, on this implementation's matmul_parallel: so the judge compares numbers of threads.
inline void matmul_parallel_on(std::int64_t threads, float alpha, ConstView a, ConstView b, float beta, View c) {
  multiply_on_threads(matmul_parallel, threads, alpha, a, b, beta, c);
}
}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct AccelerationSlots {
  decltype(impl::block_footprint)* block_footprint;
  decltype(impl::block_for_cache)* block_for_cache;
  decltype(impl::matmul_blocked)* matmul_blocked;
  decltype(impl::matmul_packed)* matmul_packed;
  decltype(impl::matmul_parallel)* matmul_parallel;
  decltype(impl::im2col)* im2col;
  decltype(impl::conv2d_im2col)* conv2d_im2col;
  decltype(impl::softmax_simd)* softmax_simd;
  decltype(impl::layer_norm_simd)* layer_norm_simd;
  decltype(impl::bias_gelu)* bias_gelu;
  decltype(impl::choose_matmul)* choose_matmul;
  decltype(impl::matmul_dispatched)* matmul_dispatched;
  decltype(impl::matmul_parallel_on)* matmul_parallel_on;

  static constexpr const char* kFamily = "acceleration";
  static constexpr auto list() {
    return std::tuple{
        slot<&AccelerationSlots::block_footprint>("block_footprint", "block"),
        slot<&AccelerationSlots::block_for_cache>("block_for_cache", "cache_bytes"),
        slot<&AccelerationSlots::matmul_blocked>("matmul_blocked", "a", "b", "block", "c"),
        slot<&AccelerationSlots::matmul_packed>("matmul_packed", "alpha", "a", "b", "beta", "c"),
        slot<&AccelerationSlots::matmul_parallel>("matmul_parallel", "alpha", "a", "b", "beta", "c"),
        slot<&AccelerationSlots::im2col>("im2col", "image", "kernel_height", "kernel_width", "options", "columns"),
        slot<&AccelerationSlots::conv2d_im2col>("conv2d_im2col", "in", "weight", "bias", "options", "out"),
        slot<&AccelerationSlots::softmax_simd>("softmax_simd", "in", "out"),
        slot<&AccelerationSlots::layer_norm_simd>("layer_norm_simd", "in", "weight", "bias", "epsilon", "out"),
        slot<&AccelerationSlots::bias_gelu>("bias_gelu", "in", "bias", "out"),
        slot<&AccelerationSlots::choose_matmul>("choose_matmul", "m", "n", "k", "threads"),
        slot<&AccelerationSlots::matmul_dispatched>("matmul_dispatched", "a", "b", "threads", "c"),
        driver_slot<&AccelerationSlots::matmul_parallel_on>("matmul_parallel_on", "threads", "alpha", "a", "b", "beta",
                                                            "c"),
    };
  }
};

static_assert(sizeof(AccelerationSlots) == kSlotCount<AccelerationSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline AccelerationSlots table(const AccelerationSlots*) {
  return {
      .block_footprint = block_footprint,
      .block_for_cache = block_for_cache,
      .matmul_blocked = matmul_blocked,
      .matmul_packed = matmul_packed,
      .matmul_parallel = matmul_parallel,
      .im2col = im2col,
      .conv2d_im2col = conv2d_im2col,
      .softmax_simd = softmax_simd,
      .layer_norm_simd = layer_norm_simd,
      .bias_gelu = bias_gelu,
      .choose_matmul = choose_matmul,
      .matmul_dispatched = matmul_dispatched,
      .matmul_parallel_on = matmul_parallel_on,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
