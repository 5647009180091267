// A module's tests in small, of the probe's kernels: what properties do is seen from outside, by program_test.cpp.
#include <cstdio>

#include "testing/run.hpp"
#include "testing/testing.hpp"
#include "worker/tests/probe.hpp"

namespace kiln::testing {

namespace {

const ProbeSlots& kernels() { return under_test<ProbeSlots>(); }

/// Prints what this run of a body drew, and where its operands will lie.
void trace(Generator& g) {
  const auto* session = run().session;
  const char* placement = session == nullptr                                   ? "here"
                          : session->placement() == worker::Placement::guarded ? "guarded"
                                                                               : "aligned";
  std::printf("trace %s %s %llx\n", ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name(),
              placement, static_cast<unsigned long long>(g.random().next_u64()));
}

void call(Generator& g, Fault fault, std::int64_t by = 0) {
  const Operand in = g.input("in", {4}), out = g.output("out", {4});
  kernels().misbehave(fault, in, out, by);
}

void add_once(Generator& g) {
  trace(g);
  const std::int64_t n = g.extent();
  const Operand a = g.input("a", {n}), out = g.output("out", {n}, g.writable_layout());
  kernels().add(a, a, out);
  Array64 twice = a.values();
  for (double& value : twice.values) value *= 2;
  expect_close(out, exact(twice));
}

TEST(right, sums) { for_each_case(3, add_once); }

TEST(wrong, from_the_third_case) {
  int bodies = 0;
  for_each_case(9, [&](Generator& g) {
    add_once(g);
    if (++bodies > 4) ADD_FAILURE() << "this is the third case";
  });
}

TEST(todo, stub) {
  one_case([](Generator& g) { kernels().unfinished(g.output("out", {1})); });
}

TEST(gone, missing) {
  one_case([](Generator& g) { kernels().absent(g.output("out", {1})); });
}

TEST(endless, first) {
  one_case([](Generator& g) { call(g, Fault::endless); });
}
TEST(endless, second) { for_each_case(1, add_once); }

TEST(crash, null) {
  one_case([](Generator& g) { call(g, Fault::null_write); });
}
TEST(crash, overrun) {
  one_case([](Generator& g) { call(g, Fault::write_behind); });
}
TEST(crash, after_all) { one_case(add_once); }

TEST(words, of_any_bytes) {
  one_case([](Generator&) { ADD_FAILURE() << "bytes \xff\xfe and \xc3"; });
}
TEST(words, none) {
  one_case([](Generator& g) { call(g, Fault::throw_error, static_cast<int>(ErrorKind::invalid_argument)); });
}
TEST(words, printed) {
  one_case([](Generator& g) { call(g, Fault::print); });
}

TEST(last_words, printed) {
  one_case([](Generator& g) {
    call(g, Fault::print);
    call(g, Fault::quick_exit, 7);
  });
}
TEST(last_words, after_all) { one_case(add_once); }

TEST(ours, judge) {
  one_case([](Generator&) { throw Error(ErrorKind::judge, "our own fault"); });
}

speed::SpeedCase smooth = speed::speed_case<&ProbeSlots::smooth>(
    "smooth.short", [](speed::SpeedArguments& s) { return std::tuple<ConstView, View>(s.input({64}), s.output({64})); },
    [](ConstView in, View) {
      Expected expected{Array64(in.shape), Array64(in.shape), 200};
      for (std::size_t i = 0; i < 64; ++i) {
        expected.value.values[i] = 2.0 * in.data[i];
        expected.magnitude.values[i] = 2.0;
      }
      return expected;
    });

}  // namespace
}  // namespace kiln::testing
