// MemoryProfiler: the high-water mark, leaks by name, and blocks that are given back wrongly.
#include "profile/memory_profiler.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "kiln/keep.hpp"

namespace kiln::profile {
namespace {

TEST(MemoryProfiler, follows_blocks) {
  MemoryProfiler memory;
  const std::int64_t weights = memory.allocate(1000, "weights");
  const std::int64_t batch = memory.allocate(500, "batch");
  memory.release(batch);
  memory.allocate(200, "loss");
  EXPECT_EQ(memory.current_bytes(), 1200);
  EXPECT_EQ(memory.peak_bytes(), 1500);
  memory.reset_peak();
  EXPECT_EQ(memory.peak_bytes(), 1200);
  memory.release(weights);
  EXPECT_EQ(memory.current_bytes(), 200);
  const MemoryReport report = memory.report();
  EXPECT_EQ(report.peak, 1500) << "a reset does not rewrite the trace";
  ASSERT_EQ(report.leaks.size(), 1u);
  EXPECT_EQ(report.leaks[0].who, "loss");
}

TEST(MemoryProfiler, names_what_leaks) {
  MemoryProfiler memory;
  memory.allocate(2048, "gradients of conv1");
  EXPECT_EQ(memory.describe(),
            "high-water mark 2.000 KB at event 0, in use then:\n  2.000 KB  gradients of conv1 (block 0)\n"
            "2.000 KB never given back:\n  2.000 KB  gradients of conv1 (block 0)\n");
  memory.release(0);
  EXPECT_NE(memory.describe().find("no leaks"), std::string::npos);
  EXPECT_EQ(MemoryProfiler().describe(), "high-water mark 0 B\nno leaks\n");
}

TEST(MemoryProfiler, refuses_what_is_not_in_use) {
  MemoryProfiler memory;
  const std::int64_t block = memory.allocate(8, "x");
  memory.release(block);
  for (const auto& [number, words] : {std::pair<std::int64_t, const char*>{block, "twice"}, {77, "unknown"}}) {
    try {
      memory.release(number, "the trainer");
      FAIL() << "block " << number << " was taken back";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("the trainer"), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(memory.allocate(-1, "x"), Error);
  EXPECT_TRUE(memory.report().leaks.empty());
}

TEST(ProcessMemory, sees_what_is_touched) {
  ProcessMemory memory;
  const std::int64_t before = memory.current_bytes();
  if (before == 0) GTEST_SKIP() << "this system says nothing of a process's memory";
  constexpr std::size_t kBytes = 64u << 20;
  auto block = std::make_unique<char[]>(kBytes);
  for (std::size_t i = 0; i < kBytes; i += 4096) block[i] = 1;
  keep(block.get());
  EXPECT_GE(memory.current_bytes(), before + static_cast<std::int64_t>(kBytes) / 2);
  EXPECT_GE(memory.peak_bytes(), memory.current_bytes());
}

}  // namespace
}  // namespace kiln::profile
