// Module 09, data loading: from files to batches, in an order drawn anew each epoch, ready when they are wanted.
// Views are float32 and of any strides unless said otherwise; what is written overlaps no input. Where an argument is
// refused, nothing was written. No kernel allocates unless it returns a list, or says so.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kiln/kernels/contract.hpp"
#include "kiln/monitor.hpp"

namespace kiln {

/// What an IDX file holds, an element each: the third byte of its magic number.
enum class IdxType : std::uint8_t {
  u8 = 0x08,
  i8 = 0x09,
  i16 = 0x0b,
  i32 = 0x0c,
  f32 = 0x0d,
  f64 = 0x0e,
};

struct IdxHeader {
  IdxType type = IdxType::u8;
  Shape shape;
  std::int64_t data_offset = 0;  ///< in bytes, from the file's beginning to the first element
};

/// Numbers in rows, all as long: values[row * columns + column].
struct CsvTable {
  std::vector<std::string> names;  ///< of the columns; empty where the file has no header
  std::int64_t rows = 0, columns = 0;
  std::vector<float> values;
};

/// Examples [begin, end) of the epoch's order.
struct BatchRange {
  std::int64_t begin = 0, end = 0;
};

struct AugmentOptions {
  std::int64_t padding = 0;    ///< zeros on all four sides, from which a window of the image's size is cut
  float flip_probability = 0;  ///< of a mirror image, left and right exchanged; in [0, 1]
};

/// A ring of slots between one thread that loads batches and one that uses them. Batch i lies in slot i % slots.
struct PrefetchRing {
  std::int64_t slots = 2;
  std::int64_t loaded = 0;  ///< batches that were loaded so far
  std::int64_t used = 0;    ///< batches that were used and handed back so far
  bool finished = false;    ///< no more will be loaded
  bool closed = false;      ///< no more are wanted
};

/// What a driver does with a ring, on a clock that counts ticks and stands still but while nobody can run.
struct PrefetchScript {
  std::int64_t slots = 2;
  std::vector<std::int64_t> load_ticks;  ///< one a batch: how long loading it takes
  std::vector<std::int64_t> use_ticks;   ///< one a batch: how long using it takes
  std::int64_t close_after = -1;         ///< the user closes the ring after as many batches; -1: takes all there are
  std::uint64_t seed = 0;                ///< of the order in which threads take turns
  bool wake_for_nothing = false;         ///< wait() returns now and then although nobody notified
};

enum class PrefetchAction : std::int32_t {
  begin_load,  ///< ring_begin_load returned
  end_load,    ///< ring_end_load returned
  finish,      ///< ring_finish returned
  begin_use,   ///< ring_begin_use returned
  end_use,     ///< ring_end_use returned
  close,       ///< ring_close returned
};

struct PrefetchEvent {
  std::int64_t tick = 0;
  PrefetchAction action{};
  std::int64_t slot = -1;   ///< what begin_* returned, and of end_* the same; -1 elsewhere
  std::int64_t batch = -1;  ///< which lies in the slot, of end_* when it is called; -1: none, or a half-loaded one
};

/// What happened, in the order in which it did.
struct PrefetchTrace {
  std::vector<PrefetchEvent> events;
  std::int64_t ticks = 0;  ///< when both threads had ended
  std::string problem;     ///< why they did not end, or which rule of a monitor was broken; "" where all is well
};

namespace KILN_IMPL {

// ---- shuffle.cpp

/// Fisher and Yates' shuffle (Durstenfeld, "Algorithm 235: random permutation", 1964), from the end to the front: for i
/// = size - 1, ..., 1 the elements i and Random(seed).below(i + 1) change places, all from one generator. So each order
/// is equally likely, and the same seed gives the same order everywhere.
KILN_DECLARE void shuffle(std::uint64_t seed, std::span<std::int64_t> order);

// ---- idx.cpp
// The format of the MNIST files (LeCun, Cortes and Burges): two zero bytes, the element's type, the number of
// dimensions; each dimension's extent as a big-endian u32; then the elements, big-endian and row-major, to the end.

/// Reads the head and checks the length. Error(invalid_argument), saying what was found and what was expected, where
/// the head ends too early; the first two bytes are not zero (a file that begins with 1F 8B is compressed by gzip: the
/// text holds the word gzip); the type is unknown; there is no dimension, or more than kMaxRank; the product of the
/// extents other than 0 overflows (as bytes of elements, in an int64); the file is shorter than the extents promise, or
/// longer. Where the length would be right if the extents were little-endian, the text holds the word endian.
KILN_DECLARE IdxHeader parse_idx(std::span<const std::uint8_t> bytes);

/// out = the elements as floats, in row-major order: an f64 is rounded, an i32 too. `out` has header.shape.
/// Error(invalid_argument) where it has not, or the bytes from data_offset on are fewer than the elements take.
KILN_DECLARE void read_idx(std::span<const std::uint8_t> bytes, IdxHeader header, View out);

// ---- csv.cpp

/// Numbers between commas, a row a line. Lines end in LF or CR LF, the last one need not. Spaces and tabs around a
/// field have no say, nor has a UTF-8 byte order mark at the beginning. Where `header`, the first line holds the
/// columns' names. Numbers are written as std::from_chars reads them (and a plus may stand in front); each is rounded
/// to float once, however small. "nan", "inf" and "-inf" are numbers, of any case. Empty lines (spaces and tabs have no
/// say here either) at the end are passed over. No row gives rows = 0, with the header's columns or 0.
/// Error(invalid_argument), with the line (counted from 1) and the column (counted from 1, in fields) where it is about
/// one, where a row has another number of fields than the line before it, a field or a name is empty, a field is no
/// number or too large for a float, a line within the file is empty, or `header` is wanted and there is none.
KILN_DECLARE CsvTable parse_csv(std::string_view text, bool header);

// ---- collate.cpp

/// How many batches an epoch has: the last one may be short, and is left out where drop_last.
/// Error(invalid_argument) where examples is negative or batch_size is below 1.
KILN_DECLARE std::int64_t batch_count(std::int64_t examples, std::int64_t batch_size, bool drop_last);

/// Which places of the epoch's order batch `number` covers: as many as batch_size, but at the end.
/// Error(invalid_argument) as above, and where number lies outside [0, batch_count(examples, batch_size, false)).
KILN_DECLARE BatchRange batch_range(std::int64_t examples, std::int64_t batch_size, std::int64_t number);

/// batch[i] = examples[indices[i]]: examples is (count, ...), batch is (indices.size(), ...) with the same further
/// dimensions. An index may stand there twice. Error(invalid_argument) where the shapes do not fit, or an index lies
/// outside [0, count). It may use two threads, the calling one counted, that all have ended when it returns.
KILN_DECLARE void collate(ConstView examples, std::span<const std::int64_t> indices, View batch);
/// The same of labels, one an example.
KILN_DECLARE void collate_labels(std::span<const std::int32_t> labels, std::span<const std::int64_t> indices,
                                 std::span<std::int32_t> batch);

// ---- normalise.cpp

/// Mean and standard deviation (of the whole: divided by the count) of each channel of images (count, channels, ...),
/// in double; a channel whose mean is 1000 times its deviation keeps its digits. Error(invalid_argument) where the rank
/// is below 2, a channel has no elements, or mean.size() or deviation.size() is not the number of channels.
KILN_DECLARE void channel_statistics(ConstView images, std::span<double> mean, std::span<double> deviation);

/// out = (in - mean) / deviation, a channel each. A channel whose deviation is 0 becomes zeros where it equals its
/// mean. More exactly: out = float((in - mean) * (1 / deviation)), in double, with 1 in place of 1 / 0. `out` may be
/// the very same view as `in`. Error(invalid_argument) where the shapes differ, the rank is below 2, mean.size() or
/// deviation.size() is not the number of channels, or a deviation is negative or NaN.
KILN_DECLARE void normalise(ConstView in, std::span<const double> mean, std::span<const double> deviation, View out);

// ---- augment.cpp

/// out[c, y, x] = in[c, y, width - 1 - x]: images (channels, height, width) of one shape.
KILN_DECLARE void flip_image(ConstView in, View out);

/// out[c, y, x] = in[c, y + top - padding, x + left - padding], and 0 where that lies outside: a window of the image's
/// size, cut from the image with `padding` zeros around it. (padding, padding) is the image itself. in and out are
/// (channels, height, width) of one shape. Error(invalid_argument) where they are not, padding is negative, or top or
/// left lies outside [0, 2 * padding].
KILN_DECLARE void crop_image(ConstView in, std::int64_t padding, std::int64_t top, std::int64_t left, View out);

/// Changes each image of a batch (batch, channels, height, width) at random. Image i draws from
/// Random(seeds[i]), in this order: top = below(2 * padding + 1), left = below(2 * padding + 1), uniform() <
/// flip_probability for a flip, all three always; it is cropped, then flipped. So what becomes of an image depends on
/// its seed and on nothing else in the batch. Error(invalid_argument) where the shapes differ, seeds.size() is not the
/// batch, or an option is outside its range. Memory for one image may be allocated.
KILN_DECLARE void augment(ConstView in, AugmentOptions options, std::span<const std::uint64_t> seeds, View out);

// ---- prefetch_ring.cpp
// A bounded buffer (Dijkstra, "Cooperating sequential processes", 1965), guarded by a monitor. One thread loads, one
// uses; either may close. Every kernel takes the monitor's lock for as long as it looks at the ring or changes it, and
// gives it back before it returns or throws. Who has to wait sleeps in monitor.wait(), and never asks in circles.
// These kernels share their ring with another thread, so the judge runs them under drive_prefetch (below).

/// Waits until a slot is free (fewer than `slots` batches are loaded and not handed back) and returns its number: that
/// of batch `loaded`. -1 where the ring is closed, or becomes so. Error(invalid_argument) where slots is below 1.
KILN_DECLARE std::int64_t ring_begin_load(PrefetchRing& ring, Monitor& monitor);
/// The batch lies in its slot: it may be used.
KILN_DECLARE void ring_end_load(PrefetchRing& ring, Monitor& monitor);
/// No more batches will come: who waits for one must not wait for ever.
KILN_DECLARE void ring_finish(PrefetchRing& ring, Monitor& monitor);
/// Waits until a batch is loaded that was not used yet and returns its slot: that of batch `used`. -1 where the ring is
/// closed, or no batch is left and none will come. Error(invalid_argument) where slots is below 1.
KILN_DECLARE std::int64_t ring_begin_use(PrefetchRing& ring, Monitor& monitor);
/// The batch was used: its slot is free.
KILN_DECLARE void ring_end_use(PrefetchRing& ring, Monitor& monitor);
/// No more batches are wanted: both sides get -1 from now on, and who waits is woken.
KILN_DECLARE void ring_close(PrefetchRing& ring, Monitor& monitor);

}  // namespace KILN_IMPL

/// The ring's kernels of one implementation, for their driver.
struct RingKernels {
  decltype(impl::ring_begin_load)* begin_load;
  decltype(impl::ring_end_load)* end_load;
  decltype(impl::ring_finish)* finish;
  decltype(impl::ring_begin_use)* begin_use;
  decltype(impl::ring_end_use)* end_use;
  decltype(impl::ring_close)* close;
};

/// Runs a loader and a user on `kernels` under kiln/scheduler.hpp. The loader, for each batch: begin_load; if that gave
/// -1 it ends; load_ticks pass; end_load. After the last batch finish. The user: begin_use; at -1 it ends; use_ticks
/// pass; end_use; after close_after batches it calls close, and goes on: begin_use should give -1 then. Never hangs,
/// but where a kernel runs without end and never calls the monitor. Error(missing) where a kernel is null; what a
/// kernel throws leaves here, unless it was thrown with the lock held, which is a problem (a stub's is none).
/// Error(invalid_argument) where load_ticks and use_ticks differ in number, are more than 100,000 each, one is
/// negative, or their sum overflows.
PrefetchTrace drive_prefetch(const RingKernels& kernels, const PrefetchScript& script);

namespace KILN_IMPL {
/// The driver, on this implementation's ring: what the judge calls instead of the ring's kernels.
inline PrefetchTrace drive_prefetch(const PrefetchScript& script) {
  return kiln::drive_prefetch(
      RingKernels{ring_begin_load, ring_end_load, ring_finish, ring_begin_use, ring_end_use, ring_close}, script);
}
}  // namespace KILN_IMPL

/// The family's table. A null slot is a kernel without a definition.
struct DataSlots {
  decltype(impl::shuffle)* shuffle;
  decltype(impl::parse_idx)* parse_idx;
  decltype(impl::read_idx)* read_idx;
  decltype(impl::parse_csv)* parse_csv;
  decltype(impl::batch_count)* batch_count;
  decltype(impl::batch_range)* batch_range;
  decltype(impl::collate)* collate;
  decltype(impl::collate_labels)* collate_labels;
  decltype(impl::channel_statistics)* channel_statistics;
  decltype(impl::normalise)* normalise;
  decltype(impl::flip_image)* flip_image;
  decltype(impl::crop_image)* crop_image;
  decltype(impl::augment)* augment;
  decltype(impl::ring_begin_load)* ring_begin_load;
  decltype(impl::ring_end_load)* ring_end_load;
  decltype(impl::ring_finish)* ring_finish;
  decltype(impl::ring_begin_use)* ring_begin_use;
  decltype(impl::ring_end_use)* ring_end_use;
  decltype(impl::ring_close)* ring_close;
  decltype(impl::drive_prefetch)* drive_prefetch;

  static constexpr const char* kFamily = "data";
  static constexpr auto list() {
    return std::tuple{
        slot<&DataSlots::shuffle>("shuffle", "seed", "order"),
        slot<&DataSlots::parse_idx>("parse_idx", "bytes"),
        slot<&DataSlots::read_idx>("read_idx", "bytes", "header", "out"),
        slot<&DataSlots::parse_csv>("parse_csv", "text", "header"),
        slot<&DataSlots::batch_count>("batch_count", "examples", "batch_size", "drop_last"),
        slot<&DataSlots::batch_range>("batch_range", "examples", "batch_size", "number"),
        slot<&DataSlots::collate>("collate", "examples", "indices", "batch"),
        slot<&DataSlots::collate_labels>("collate_labels", "labels", "indices", "batch"),
        slot<&DataSlots::channel_statistics>("channel_statistics", "images", "mean", "deviation"),
        slot<&DataSlots::normalise>("normalise", "in", "mean", "deviation", "out"),
        slot<&DataSlots::flip_image>("flip_image", "in", "out"),
        slot<&DataSlots::crop_image>("crop_image", "in", "padding", "top", "left", "out"),
        slot<&DataSlots::augment>("augment", "in", "options", "seeds", "out"),
        driven_slot<&DataSlots::ring_begin_load>("ring_begin_load", "ring", "monitor"),
        driven_slot<&DataSlots::ring_end_load>("ring_end_load", "ring", "monitor"),
        driven_slot<&DataSlots::ring_finish>("ring_finish", "ring", "monitor"),
        driven_slot<&DataSlots::ring_begin_use>("ring_begin_use", "ring", "monitor"),
        driven_slot<&DataSlots::ring_end_use>("ring_end_use", "ring", "monitor"),
        driven_slot<&DataSlots::ring_close>("ring_close", "ring", "monitor"),
        driver_slot<&DataSlots::drive_prefetch>("drive_prefetch", "script"),
    };
  }
};

static_assert(sizeof(DataSlots) == kSlotCount<DataSlots> * sizeof(void*), "list() names every slot");

namespace KILN_IMPL {
/// This implementation's table.
inline DataSlots table(const DataSlots*) {
  return {
      .shuffle = shuffle,
      .parse_idx = parse_idx,
      .read_idx = read_idx,
      .parse_csv = parse_csv,
      .batch_count = batch_count,
      .batch_range = batch_range,
      .collate = collate,
      .collate_labels = collate_labels,
      .channel_statistics = channel_statistics,
      .normalise = normalise,
      .flip_image = flip_image,
      .crop_image = crop_image,
      .augment = augment,
      .ring_begin_load = ring_begin_load,
      .ring_end_load = ring_end_load,
      .ring_finish = ring_finish,
      .ring_begin_use = ring_begin_use,
      .ring_end_use = ring_end_use,
      .ring_close = ring_close,
      .drive_prefetch = drive_prefetch,
  };
}
}  // namespace KILN_IMPL

}  // namespace kiln
