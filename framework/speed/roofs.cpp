// The roofs' loops, one for each vector width, and the stopwatch around them.
// This file has flags of its own: its loops must be unrolled, and they hold nothing for a sanitizer to find.
#include "speed/roofs.hpp"

#include <immintrin.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "kiln/check.hpp"

namespace kiln::speed {
namespace {

// An FMA takes four or five cycles and two can begin in each: ten chains fill the units, twelve leave room, and
// sixteen registers hold them beside the two operands.
constexpr int kChains = 12;

using Multiply = float (*)(std::int64_t steps);
using Read = float (*)(const float* data, std::int64_t count);

float multiply_128(std::int64_t steps) {
  const __m128 factor = _mm_set1_ps(0.999f), term = _mm_set1_ps(0.001f);
  __m128 chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = _mm_set1_ps(static_cast<float>(i));
  for (std::int64_t step = 0; step < steps; ++step)
    for (int i = 0; i < kChains; ++i) chain[i] = _mm_add_ps(_mm_mul_ps(chain[i], factor), term);
  __m128 sum = chain[0];
  for (int i = 1; i < kChains; ++i) sum = _mm_add_ps(sum, chain[i]);
  return _mm_cvtss_f32(sum);
}

[[gnu::target("avx2,fma")]] float multiply_256(std::int64_t steps) {
  const __m256 factor = _mm256_set1_ps(0.999f), term = _mm256_set1_ps(0.001f);
  __m256 chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = _mm256_set1_ps(static_cast<float>(i));
  for (std::int64_t step = 0; step < steps; ++step)
    for (int i = 0; i < kChains; ++i) chain[i] = _mm256_fmadd_ps(chain[i], factor, term);
  __m256 sum = chain[0];
  for (int i = 1; i < kChains; ++i) sum = _mm256_add_ps(sum, chain[i]);
  return _mm256_cvtss_f32(sum);
}

[[gnu::target("avx512f")]] float multiply_512(std::int64_t steps) {
  const __m512 factor = _mm512_set1_ps(0.999f), term = _mm512_set1_ps(0.001f);
  __m512 chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = _mm512_set1_ps(static_cast<float>(i));
  for (std::int64_t step = 0; step < steps; ++step)
    for (int i = 0; i < kChains; ++i) chain[i] = _mm512_fmadd_ps(chain[i], factor, term);
  __m512 sum = chain[0];
  for (int i = 1; i < kChains; ++i) sum = _mm512_add_ps(sum, chain[i]);
  return _mm512_cvtss_f32(sum);
}

// Eight sums: an addition takes up to four cycles, and two loads can begin in each. `count` is a multiple of 128.
constexpr int kSums = 8;

float read_128(const float* data, std::int64_t count) {
  __m128 sum[kSums] = {};
  for (std::int64_t i = 0; i < count; i += 4 * kSums)
    for (int j = 0; j < kSums; ++j) sum[j] = _mm_add_ps(sum[j], _mm_load_ps(data + i + 4 * j));
  for (int j = 1; j < kSums; ++j) sum[0] = _mm_add_ps(sum[0], sum[j]);
  return _mm_cvtss_f32(sum[0]);
}

[[gnu::target("avx2")]] float read_256(const float* data, std::int64_t count) {
  __m256 sum[kSums] = {};
  for (std::int64_t i = 0; i < count; i += 8 * kSums)
    for (int j = 0; j < kSums; ++j) sum[j] = _mm256_add_ps(sum[j], _mm256_load_ps(data + i + 8 * j));
  for (int j = 1; j < kSums; ++j) sum[0] = _mm256_add_ps(sum[0], sum[j]);
  return _mm256_cvtss_f32(sum[0]);
}

[[gnu::target("avx512f")]] float read_512(const float* data, std::int64_t count) {
  __m512 sum[kSums] = {};
  for (std::int64_t i = 0; i < count; i += 16 * kSums)
    for (int j = 0; j < kSums; ++j) sum[j] = _mm512_add_ps(sum[j], _mm512_load_ps(data + i + 16 * j));
  for (int j = 1; j < kSums; ++j) sum[0] = _mm512_add_ps(sum[0], sum[j]);
  return _mm512_cvtss_f32(sum[0]);
}

/// Written past the caches: a line that is only written need not be read first.
void triad(const float* b, const float* c, float* a, std::int64_t count) {
  const __m128 scale = _mm_set1_ps(3);
  for (std::int64_t i = 0; i < count; i += 4)
    _mm_stream_ps(a + i, _mm_add_ps(_mm_load_ps(b + i), _mm_mul_ps(scale, _mm_load_ps(c + i))));
  _mm_sfence();
}

struct Width {
  const char* name;
  int floats;
  Multiply multiply;
  Read read;
};

/// What this CPU and its operating system support, narrowest first.
std::vector<Width> widths() {
  std::vector<Width> found{{"128-bit multiply and add", 4, multiply_128, read_128}};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    found.push_back({"256-bit FMA", 8, multiply_256, read_256});
  if (__builtin_cpu_supports("avx512f")) found.push_back({"512-bit FMA", 16, multiply_512, read_512});
  return found;
}

volatile float sink;

double now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Seconds of body(thread) on each of `threads` threads at once.
double seconds_of(int threads, const std::function<void(int)>& body) {
  if (threads == 1) {
    const double start = now(CLOCK_THREAD_CPUTIME_ID);
    body(0);
    return now(CLOCK_THREAD_CPUTIME_ID) - start;
  }
  std::barrier begin(threads);
  std::vector<double> starts(static_cast<std::size_t>(threads)), ends(starts);
  {
    std::vector<std::jthread> running;
    const auto run = [&](int thread) {
      const auto i = static_cast<std::size_t>(thread);
      begin.arrive_and_wait();
      starts[i] = now(CLOCK_MONOTONIC);
      body(thread);
      ends[i] = now(CLOCK_MONOTONIC);
    };
    try {
      for (int thread = 0; thread < threads; ++thread) running.emplace_back(run, thread);
    } catch (...) {
      // Those that started wait for the others.
      for (auto missing = running.size(); missing < starts.size(); ++missing) begin.arrive_and_drop();
      throw;
    }
  }
  return *std::ranges::max_element(ends) - *std::ranges::min_element(starts);
}

// Shorter tries are lost between two ticks of the clock and in starting threads.
constexpr double kTry = 2e-3;

/// The best rate of a second's part: body(thread, times) does `work` on each thread as many times as it is told.
double best_rate(int threads, double seconds, double work, const std::function<void(int, std::int64_t)>& body) {
  const double deadline = now(CLOCK_MONOTONIC) + seconds;
  std::int64_t times = 1;
  double best = 0;
  do {
    const double taken = seconds_of(threads, [&](int thread) { body(thread, times); });
    if (taken < kTry) {
      times *= 2;
      continue;
    }
    best = std::max(best, static_cast<double>(threads) * static_cast<double>(times) * work / taken);
  } while (best == 0 || now(CLOCK_MONOTONIC) < deadline);
  return best;
}

struct FreeArray {
  void operator()(float* memory) const { std::free(memory); }
};
using Array = std::unique_ptr<float[], FreeArray>;

Array ones(std::int64_t count) {
  const auto bytes = static_cast<std::size_t>(count) * sizeof(float);
  Array memory(static_cast<float*>(std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096)));
  if (!memory) throw std::bad_alloc();
  std::fill_n(memory.get(), count, 1.0f);
  return memory;
}

/// The system's word for a cache's bytes, or `otherwise` where it has none.
std::int64_t cache_bytes(int name, std::int64_t otherwise) {
  const long bytes = sysconf(name);
  return bytes > 0 ? bytes : otherwise;
}

// A multiple of every loop's step, for each thread's share of three arrays too.
constexpr std::int64_t kStep = 128;

double read_rate(int threads, double seconds, std::int64_t set_bytes, Read read) {
  const std::int64_t count = std::max(kStep, set_bytes / 4 / kStep * kStep);
  std::vector<Array> sets;
  for (int thread = 0; thread < threads; ++thread) sets.push_back(ones(count));
  return best_rate(threads, seconds, 4 * static_cast<double>(count), [&](int thread, std::int64_t times) {
    const float* set = sets[static_cast<std::size_t>(thread)].get();
    for (std::int64_t i = 0; i < times; ++i) sink = read(set, count);
  });
}

double triad_rate(int threads, double seconds, std::int64_t set_bytes) {
  const std::int64_t count = std::max(kStep, set_bytes / 12 / kStep * kStep);
  std::vector<Array> sets;
  for (int thread = 0; thread < threads; ++thread) sets.push_back(ones(3 * count));
  return best_rate(threads, seconds, 12 * static_cast<double>(count), [&](int thread, std::int64_t times) {
    float* set = sets[static_cast<std::size_t>(thread)].get();
    for (std::int64_t i = 0; i < times; ++i) triad(set, set + count, set + 2 * count, count);
  });
}

}  // namespace

Roofs measure_roofs(int threads, double seconds) {
  KILN_REQUIRE("roofs need at least one thread", threads >= 1);
  KILN_REQUIRE("roofs need a time above 0 to be measured in", (std::isfinite(seconds) && seconds > 0));
  const std::vector<Width> known = widths();
  Roofs roofs;
  roofs.threads = threads;

  // Arithmetic: the widest vectors need not be the fastest.
  constexpr std::int64_t kSteps = 1024;
  for (const Width& width : known) {
    const double work = 2.0 * kSteps * kChains * width.floats;
    const double rate = best_rate(threads, seconds / 3 / static_cast<double>(known.size()), work,
                                  [&](int, std::int64_t times) { sink = width.multiply(kSteps * times); });
    if (rate <= roofs.flops) continue;
    roofs.flops = rate;
    roofs.vectors = width.name;
  }

  // Caches: three quarters of one, so that what else the thread needs has room.
  const Read read = known.back().read;
  roofs.l1_bytes = read_rate(threads, seconds / 6, cache_bytes(_SC_LEVEL1_DCACHE_SIZE, 32 << 10) * 3 / 4, read);
  roofs.l2_bytes = read_rate(threads, seconds / 6, cache_bytes(_SC_LEVEL2_CACHE_SIZE, 512 << 10) * 3 / 4, read);

  // Memory: four times the last cache, shared by the threads.
  const std::int64_t last = cache_bytes(_SC_LEVEL3_CACHE_SIZE, 32 << 20);
  const std::int64_t set = std::clamp<std::int64_t>(4 * last, 64 << 20, 512 << 20) / threads;
  roofs.read_bytes = read_rate(threads, seconds / 6, set, read);
  roofs.triad_bytes = triad_rate(threads, seconds / 6, set);
  roofs.bytes = std::max(roofs.read_bytes, roofs.triad_bytes);
  return roofs;
}

}  // namespace kiln::speed
