// Which slot of which backend each rung is.
#include "journey/ladder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "kiln/backend.hpp"
#include "kiln/check.hpp"
#include "kiln/kernels/acceleration.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/kernels/tensor.hpp"

namespace kiln::journey {
namespace {

constexpr const char *kNaive = "naive", *kStudent = "student", *kOptimized = "optimized", *kLibrary = "library";
constexpr std::int64_t kConvBatch = 4, kKernel = 3;

/// Why a backend's own kernel cannot be had; "" where it can.
std::string why_missing(const std::string& backend, const std::string& family, const std::string& kernel) try {
  for (const SlotReport& slot : backend_report(backend)) {
    if (slot.family != family || slot.kernel != kernel) continue;
    const bool own = backend == kReference ? slot.answer == Answer::reference : slot.answer == Answer::student;
    if (own) return "";
    if (slot.reason == Reason::stub) return fmt::format("{} is still a stub ({})", kernel, slot.where);
  }
  return fmt::format("backend {} of this build has no {} of its own", backend, kernel);
} catch (const Error& error) {
  return error.what();  // there is no such backend: the registry says why, and which there are
}

/// A rung; `make` gives its work, and is asked only where the backend has the kernel: its address is looked up once.
template <class Make>
Rung rung(const char* id, std::string title, const char* backend, const char* family, const char* kernel, int threads,
          Make make) {
  Rung made{.id = id,
            .title = std::move(title),
            .backend = backend,
            .threads = threads,
            .yours = std::string_view(backend) == kStudent};
  made.missing = why_missing(backend, family, kernel);
  if (made.missing.empty()) made.work = make(backend);
  return made;
}

Work plain_matmul(const char* backend) {
  return [kernel = kernels<TensorSlots>(backend).matmul](std::span<const ConstView> in, View out) {
    kernel(in[0], in[1], out);
  };
}

/// Bytes of the second-level cache as the system tells, or the first-level one's, or 32 KiB.
std::int64_t cache_bytes() {
  for (const int level : {_SC_LEVEL2_CACHE_SIZE, _SC_LEVEL1_DCACHE_SIZE})
    if (const long bytes = sysconf(level); bytes > 0) return bytes;
  return 32 << 10;
}

std::int64_t block_of(const char* backend) {
  try {
    return kernels<AccelerationSlots>(backend).block_for_cache(cache_bytes());
  } catch (const Error&) {
    return 64;
  }
}

Work blocked_matmul(const char* backend) {
  return [kernel = kernels<AccelerationSlots>(backend).matmul_blocked, block = block_of(backend)](
             std::span<const ConstView> in, View out) { kernel(in[0], in[1], block, out); };
}

/// Of matmul_packed and matmul_parallel.
template <auto Kernel>
Work product(const char* backend) {
  return [kernel = kernels<AccelerationSlots>(backend).*Kernel](std::span<const ConstView> in, View out) {
    kernel(1, in[0], in[1], 0, out);
  };
}

Ladder matmul_ladder(int threads) {
  const char* const ref = kReference;
  const auto packed = product<&AccelerationSlots::matmul_packed>;
  const auto parallel = product<&AccelerationSlots::matmul_parallel>;
  Ladder ladder{.kernel = "matmul", .size_name = "n", .rungs = {}, .reference = plain_matmul(ref), .note = {}};
  ladder.note = "c = a b of n x n matrices of floats";
  if (why_missing(ref, "acceleration", "matmul_blocked").empty())
    ladder.note +=
        fmt::format("; blocked with blocks of {0} x {0} for a cache of {1} KiB", block_of(ref), cache_bytes() / 1024);
  const char* const fast = "acceleration";
  ladder.rungs = {
      rung("loops", "three loops, i-j-k (backend naive)", kNaive, "tensor", "matmul", 1, plain_matmul),
      rung("reordered", "loops in the order of memory (module 01)", ref, "tensor", "matmul", 1, plain_matmul),
      rung("blocked", "blocks that stay in a cache (module 15)", ref, fast, "matmul_blocked", 1, blocked_matmul),
      rung("packed", "packed panels and vectors (module 15)", ref, fast, "matmul_packed", 1, packed),
      rung("parallel", "the same on all threads (module 15)", ref, fast, "matmul_parallel", threads, parallel),
      rung("optimized", "backend optimized", kOptimized, "tensor", "matmul", 1, plain_matmul),
      rung("library", "backend library (a BLAS)", kLibrary, "tensor", "matmul", 1, plain_matmul),
      rung("my matmul", "yours, module 01", kStudent, "tensor", "matmul", 1, plain_matmul),
      rung("my blocked", "yours, module 15", kStudent, fast, "matmul_blocked", 1, blocked_matmul),
      rung("my packed", "yours, module 15", kStudent, fast, "matmul_packed", 1, packed),
      rung("my parallel", "yours, module 15", kStudent, fast, "matmul_parallel", threads, parallel),
  };
  return ladder;
}

constexpr Conv2dOptions kConv{.padding_height = 1, .padding_width = 1};

Work plain_conv2d(const char* backend) {
  return [kernel = kernels<SpatialSlots>(backend).conv2d](std::span<const ConstView> in, View out) {
    kernel(in[0], in[1], in[2], kConv, out);
  };
}
Work im2col(const char* backend) {
  return [kernel = kernels<AccelerationSlots>(backend).conv2d_im2col](std::span<const ConstView> in, View out) {
    kernel(in[0], in[1], in[2], kConv, out);
  };
}

Ladder conv2d_ladder() {
  const char* const ref = kReference;
  Ladder ladder{.kernel = "conv2d", .size_name = "shape", .rungs = {}, .reference = plain_conv2d(ref), .note = {}};
  ladder.note = fmt::format(
      "{} images, {} x {} filters, padding 1; a shape is channels x extent, as many channels out "
      "(16 from 1)",
      kConvBatch, kKernel, kKernel);
  ladder.rungs = {
      rung("loops", "seven loops (backend naive)", kNaive, "spatial", "conv2d", 1, plain_conv2d),
      rung("reference", "loops in the order of memory (module 08)", ref, "spatial", "conv2d", 1, plain_conv2d),
      rung("im2col", "a product of columns (module 15)", ref, "acceleration", "conv2d_im2col", 1, im2col),
      rung("optimized", "backend optimized", kOptimized, "spatial", "conv2d", 1, plain_conv2d),
      rung("library", "backend library", kLibrary, "spatial", "conv2d", 1, plain_conv2d),
      rung("my conv2d", "yours, module 08", kStudent, "spatial", "conv2d", 1, plain_conv2d),
      rung("my im2col", "yours, module 15", kStudent, "acceleration", "conv2d_im2col", 1, im2col),
  };
  return ladder;
}

/// A whole number from 1 to `most`; 0 where the text is none.
std::int64_t extent(std::string_view text, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 1 && value <= most ? value : 0;
}

[[noreturn]] void refuse(const std::string& word, const char* expected) {
  throw Error(ErrorKind::invalid_argument, fmt::format("--sizes: \"{}\" is no size; expected {}", word, expected));
}

Problem matmul_problem(const std::string& word) {
  const std::int64_t n = extent(word, 8192);
  if (n == 0) refuse(word, "numbers from 1 to 8192 between commas, such as 64,256");
  const auto size = static_cast<double>(n);
  return {.label = word,
          .size = size,
          .inputs = {{n, n}, {n, n}},
          .output = {n, n},
          .flops = 2 * size * size * size,
          .terms = size};
}

Problem conv2d_problem(const std::string& word) {
  const std::size_t cross = word.find('x');
  const std::int64_t channels = cross == std::string::npos ? 0 : extent(word.substr(0, cross), 2048);
  const std::int64_t side = cross == std::string::npos ? 0 : extent(word.substr(cross + 1), 1024);
  if (channels == 0 || side == 0) refuse(word, "channels x extent between commas, such as 16x14,64x56");
  const std::int64_t out = channels == 1 ? 16 : channels;
  const auto terms = static_cast<double>(channels * kKernel * kKernel);
  const auto outputs = static_cast<double>(kConvBatch * out * side * side);
  return {.label = word,
          .size = 2 * outputs * terms,
          .inputs = {{kConvBatch, channels, side, side}, {out, channels, kKernel, kKernel}, {out}},
          .output = {kConvBatch, out, side, side},
          .flops = 2 * outputs * terms,
          .terms = terms + 1};
}

}  // namespace

std::vector<std::string> kernels_with_ladder() { return {"matmul", "conv2d"}; }

Ladder ladder_of(const std::string& kernel, int threads) {
  // Families without any table are not known to the registry before somebody asks.
  kiln::kernels<TensorSlots>();
  kiln::kernels<SpatialSlots>();
  kiln::kernels<AccelerationSlots>();
  if (kernel == "matmul") return matmul_ladder(threads);
  if (kernel == "conv2d") return conv2d_ladder();
  throw Error(ErrorKind::invalid_argument, fmt::format("there is no journey of \"{}\"; there are those of {}", kernel,
                                                       fmt::join(kernels_with_ladder(), ", ")));
}

Problem problem_of(const std::string& kernel, const std::string& word) {
  return kernel == "matmul" ? matmul_problem(word) : conv2d_problem(word);
}

std::vector<std::string> default_sizes(const std::string& kernel, bool quick) {
  if (kernel != "matmul")
    return quick ? std::vector<std::string>{"1x8", "8x8", "16x14"}
                 : std::vector<std::string>{"1x8", "1x28", "8x14", "16x14", "16x28", "32x28", "64x28", "64x56"};
  if (quick) return {"16", "64", "256"};
  return {"16", "32", "64", "128", "200", "256", "500", "512", "800", "1024", "2048"};
}

std::vector<std::string> fine_sizes(const std::string& kernel) {
  if (kernel != "matmul") return {"1x2", "2x2", "2x4", "4x4", "4x8", "8x8", "8x14", "16x8"};
  return {"2", "3", "4", "5", "6", "7", "8", "10", "12", "14", "16", "20", "24", "28", "32", "40", "48", "56", "64"};
}

}  // namespace kiln::journey
