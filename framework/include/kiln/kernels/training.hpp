// Module 07, training: what stands around the gradient: measures of how good a network is, the length of a gradient,
// the rate of learning, steps over several small batches, and a run's memory on disk.
// Views are float32 and of any strides unless said otherwise. Where an argument is refused, nothing was written. No
// kernel allocates unless it returns a list, or says so.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "kiln/kernels/contract.hpp"
#include "kiln/kernels/optimizers.hpp"

namespace kiln {

/// How the learning rate moves over a run: a straight rise, then half a cosine down.
struct ScheduleOptions {
  float peak = 0.1f;              ///< the highest rate, at least 0
  float last = 0;                 ///< the rate at the end, in [0, peak]
  std::int64_t warmup_steps = 0;  ///< in [0, total_steps]
  std::int64_t total_steps = 1;   ///< at least 1
};

/// An unsigned number of a checkpoint: a count, a seed, the bits of a double.
struct CheckpointNumber {
  std::string name;
  std::uint64_t value = 0;
};

/// A tensor of a checkpoint; values in row-major order, as many as `shape` has elements.
struct CheckpointTensor {
  std::string name;
  Shape shape;
  std::vector<float> values;
};

/// All that a run needs to go on as if it had never stopped.
struct Checkpoint {
  std::vector<CheckpointNumber> numbers;
  std::vector<CheckpointTensor> tensors;
};

/// Of train_step.
struct TrainOptions {
  SgdOptions sgd;  ///< its learning_rate is not read: the schedule gives it
  ScheduleOptions schedule;
  double max_norm = std::numeric_limits<double>::infinity();  ///< of the whole gradient; infinity: no clipping
  std::int64_t micro_batch = 0;  ///< examples that go through the network at once; 0: all of them
};

/// What a step did.
struct TrainResult {
  double loss = 0;           ///< mean cross-entropy of the examples, before the step
  double gradient_norm = 0;  ///< before clipping
  float learning_rate = 0;   ///< of this step
};

namespace KILN_IMPL {

// ---- accuracy.cpp

/// predictions[i] = the column of the largest element of row i of logits (rows, classes): the first of equals; where a
/// row holds NaN, the first NaN's (as numpy and PyTorch have it).
/// Error(invalid_argument) where logits is not a matrix, has no column, or predictions.size() is not its rows.
KILN_DECLARE void predicted_classes(ConstView logits, std::span<std::int32_t> predictions);

/// How many predictions equal their label. A label that is ignore_index is never counted.
/// Error(invalid_argument) where the lengths differ.
KILN_DECLARE std::int64_t count_correct(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                                        std::int32_t ignore_index);

// ---- confusion_matrix.cpp

/// counts[label * classes + prediction] += 1 for each example: rows are the truth, columns what was said. Adds to what
/// stands there, so that a data set may come in batches. An example whose label is ignore_index is passed over.
/// Error(invalid_argument) where the lengths differ, classes is below 1, counts.size() is not classes * classes, or a
/// label or prediction that counts lies outside [0, classes).
KILN_DECLARE void confusion_matrix(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                                   std::int32_t ignore_index, std::int64_t classes, std::span<std::int64_t> counts);

// ---- clip_gradients.cpp

/// Clipping by the global norm (Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks",
/// 2013). norm = sqrt(the sum of the squares of all elements of all gradients), summed in double, so that no float
/// overflows or vanishes. Where norm > max_norm every element is multiplied by float(max_norm / norm); elsewhere
/// nothing is written, and where the norm is not finite neither: the caller sees it in the result. Returns the norm
/// before clipping; 0 where there is no element. max_norm may be infinity: then this only measures.
/// No two gradients overlap. Error(invalid_argument) where max_norm is negative, 0 or NaN.
KILN_DECLARE double clip_gradients(const std::vector<View>& gradients, double max_norm);

// ---- learning_rate.cpp

/// The rate of step `step`, which counts from 0 (Goyal et al., "Accurate, large minibatch SGD", 2017, for the rise;
/// Loshchilov and Hutter, "SGDR", 2017, for the fall), computed in double and rounded once:
///   step < warmup_steps:  peak * (step + 1) / (warmup_steps + 1)
///   step < total_steps:   last + (peak - last) * (1 + cos(pi * p)) / 2,
///                         p = (step - warmup_steps) / (total_steps - warmup_steps)
///   otherwise:            last
/// Error(invalid_argument) where step is negative or an option is outside its range (not finite included).
KILN_DECLARE float learning_rate(std::int64_t step, ScheduleOptions options);

// ---- accumulate_gradients.cpp

/// A batch that is too large for memory goes through in parts: sums[i] += gradients[i] * float(examples / total), where
/// gradients are those of the mean loss over the `examples` of this part, and `total` is how many the whole batch has,
/// so that the sum over all parts, short ones too, is the gradient of the mean loss over the batch.
/// The factor is computed in double and rounded to float. gradients[i] and sums[i] have one shape and do not overlap.
/// A gradient may be the very same view twice. Error(invalid_argument) where the numbers of tensors or a shape differ,
/// examples is below 0, total is below 1, or examples > total.
KILN_DECLARE void accumulate_gradients(const std::vector<ConstView>& gradients, std::int64_t examples,
                                       std::int64_t total, const std::vector<View>& sums);

// ---- checkpoint.cpp
// The format, version 1. All integers are little-endian and unsigned; a text is its length in bytes (u32), then the
// bytes, any at all.
//   "KILNCKPT"                          8 bytes
//   version = 1                         u32
//   how many numbers, how many tensors  u32, u32
//   each number: name, value            text, u64
//   each tensor: name, rank, extents, values   text, u32, rank * u64, and u32 an element: the bits of the float
//   crc32 of all bytes before           u32

/// The cyclic redundancy check of IEEE 802.3, as in zlib and PNG: polynomial 0xEDB88320 (bits reflected), begun with
/// all ones, inverted at the end. Of "123456789" it is 0xCBF43926, of nothing 0.
KILN_DECLARE std::uint32_t crc32(std::span<const std::uint8_t> bytes);

/// The bytes of a checkpoint. Equal checkpoints give equal bytes; every bit of a value is kept, that of -0 and of each
/// NaN too. Error(invalid_argument) where a tensor's values are not as many as its shape's elements, an extent is
/// negative, the product of the extents (those of 0 left out) does not fit 63 bits, or two numbers or two tensors have
/// one name.
KILN_DECLARE std::vector<std::uint8_t> encode_checkpoint(const Checkpoint& checkpoint);

/// The way back. Error(invalid_argument), saying what was found and what was expected, where the bytes are no
/// checkpoint, of another version, end too early, go on after the end, hold a name twice, a rank above kMaxRank,
/// extents that encode_checkpoint would refuse or whose product does not fit the bytes that are left, or do not agree
/// with their crc32. Whatever the bytes promise, no more memory is taken than a small multiple of their number.
KILN_DECLARE Checkpoint decode_checkpoint(std::span<const std::uint8_t> bytes);

// ---- train_step.cpp

/// One step of training of a multilayer perceptron, composed of earlier kernels. The network is
///   linear, relu, linear, relu, ..., linear
/// with parameters = {weight 0, bias 0, weight 1, bias 1, ...}: weight i is (out_i, in_i), bias i is (out_i), in_(i+1)
/// = out_i; x is (batch, in_0), and the last layer's output are the logits of out_last classes, of which labels, one a
/// row of x, are numbers in [0, classes). The step:
///   1. cut the batch into parts of micro_batch examples, the last one maybe shorter; of each: forward, the mean
///      cross-entropy, backward, and the part's gradients added to the batch's (accumulate_gradients)
///   2. the gradient's global norm is clipped to max_norm (clip_gradients)
///   3. the rate is learning_rate(step, schedule)
///   4. each parameter takes an sgd_step with it and its velocity; a tensor that stands twice among the parameters
///      has one gradient, the sum of both, and is stepped once, with the velocity of its first place
/// Returns what happened. Where the loss or the norm is not finite, the result says so and no parameter and no velocity
/// was written. Velocities have their parameters' shapes, or shape (0) without momentum. Memory in proportion to the
/// network and micro_batch may be allocated. Parameters overlap nothing else; they are dense.
/// Error(invalid_argument) where a shape does not fit (no layer, no example and a missing bias included), a label is
/// out of range, micro_batch or step is negative, or for what the kernels refuse; nothing was written then.
KILN_DECLARE TrainResult train_step(ConstView x, std::span<const std::int32_t> labels, std::int64_t step,
                                    TrainOptions options, const std::vector<View>& parameters,
                                    const std::vector<View>& velocities);

}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct TrainingSlots {
  decltype(impl::predicted_classes)* predicted_classes;
  decltype(impl::count_correct)* count_correct;
  decltype(impl::confusion_matrix)* confusion_matrix;
  decltype(impl::clip_gradients)* clip_gradients;
  decltype(impl::learning_rate)* learning_rate;
  decltype(impl::accumulate_gradients)* accumulate_gradients;
  decltype(impl::crc32)* crc32;
  decltype(impl::encode_checkpoint)* encode_checkpoint;
  decltype(impl::decode_checkpoint)* decode_checkpoint;
  decltype(impl::train_step)* train_step;

  static constexpr const char* kFamily = "training";
  static constexpr auto list() {
    return std::tuple{
        slot<&TrainingSlots::predicted_classes>("predicted_classes", "logits", "predictions"),
        slot<&TrainingSlots::count_correct>("count_correct", "predictions", "labels", "ignore_index"),
        slot<&TrainingSlots::confusion_matrix>("confusion_matrix", "predictions", "labels", "ignore_index", "classes",
                                               "counts"),
        slot<&TrainingSlots::clip_gradients>("clip_gradients", "gradients", "max_norm"),
        slot<&TrainingSlots::learning_rate>("learning_rate", "step", "options"),
        slot<&TrainingSlots::accumulate_gradients>("accumulate_gradients", "gradients", "examples", "total", "sums"),
        slot<&TrainingSlots::crc32>("crc32", "bytes"),
        slot<&TrainingSlots::encode_checkpoint>("encode_checkpoint", "checkpoint"),
        slot<&TrainingSlots::decode_checkpoint>("decode_checkpoint", "bytes"),
        slot<&TrainingSlots::train_step>("train_step", "x", "labels", "step", "options", "parameters", "velocities"),
    };
  }
};

static_assert(sizeof(TrainingSlots) == kSlotCount<TrainingSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline TrainingSlots table(const TrainingSlots*) {
  return {
      .predicted_classes = predicted_classes,
      .count_correct = count_correct,
      .confusion_matrix = confusion_matrix,
      .clip_gradients = clip_gradients,
      .learning_rate = learning_rate,
      .accumulate_gradients = accumulate_gradients,
      .crc32 = crc32,
      .encode_checkpoint = encode_checkpoint,
      .decode_checkpoint = decode_checkpoint,
      .train_step = train_step,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
