// Module 15's hidden tests of products: the edges that the visible tests leave out. One suite an exercise, one edge a
// test. Each also asks for a result that is no edge case, so that a kernel that does nothing passes none.
#include <limits>

#include "products.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::products;

namespace {

/// 1, 2, ..., 9, 1, 2, ...: products and short sums of them are exact.
std::vector<float> digits(std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 9 + 1);
  return values;
}

// ---- block_size

TEST(block_size, more_than_an_int_counts) {
  one_case([](Generator&) {
    EXPECT_EQ(kernel().block_footprint(100'000), 120'000'000'000) << "a block of 100,000";
    EXPECT_EQ(kernel().block_footprint(14'000), 2'352'000'000) << "a block of 14,000";
    EXPECT_EQ(kernel().block_for_cache(std::int64_t{1} << 40), 256) << "a cache of a tebibyte";
  });
}

TEST(block_size, every_cache) {
  for_each_case(20, [](Generator& g) {
    const std::int64_t bytes = between(g, 1, 1 << 20);
    EXPECT_EQ(kernel().block_for_cache(bytes), oracle::block_for_cache(bytes)) << bytes << " bytes";
  });
}

// ---- matmul_blocked

void expect_blocked(ConstView a, ConstView b, std::int64_t block, View c) {
  SCOPED_TRACE("block = " + std::to_string(block) + ", a " + to_string(a) + ", b " + to_string(b));
  kernel().matmul_blocked(a, b, block, c);
  expect_close(c, oracle::matmul(to_array64(a), to_array64(b)));
}

TEST(matmul_blocked, nothing_of_nothing) {
  one_case([](Generator&) {
    const std::vector<float> memory = digits(64);
    for (const Extents& e : {Extents{0, 3, 4}, Extents{3, 0, 4}, Extents{0, 0, 0}, Extents{3, 4, 0}, Extents{1, 1, 0},
                             Extents{1, 1, 1}, Extents{5, 6, 7}}) {
      const Sentinels c(e.c(), {std::max<std::int64_t>(e.n, 1), 1});
      expect_blocked(dense(memory, e.a()), dense(memory, e.b()), 4, c.view());
      c.expect_rest_untouched();
    }
  });
}

TEST(matmul_blocked, blocks_of_any_size) {
  one_case([](Generator&) {
    const Extents e{37, 41, 43};
    const std::vector<float> a = digits(e.m * e.k), b = digits(e.k * e.n);
    for (const std::int64_t block : {std::int64_t{1}, std::int64_t{7}, std::int64_t{64}, std::int64_t{1} << 40,
                                     std::numeric_limits<std::int64_t>::max()}) {
      std::vector<float> c(static_cast<std::size_t>(e.m * e.n), kNaN);
      expect_blocked(dense(a, e.a()), dense(b, e.b()), block, dense(c, e.c()));
    }
  });
}

TEST(matmul_blocked, what_lies_between_rows_stays) {
  one_case([](Generator&) {
    const std::vector<float> memory = digits(200);
    for (const Strides& strides : {Strides{9, 1}, Strides{1, 6}, Strides{14, 2}, Strides{-9, 1}, Strides{9, -1}}) {
      const Sentinels c({5, 7}, strides);
      expect_blocked({memory.data() + 40, {5, 4}, {-9, 2}}, {memory.data(), {4, 7}, {1, 5}}, 3, c.view());
      c.expect_rest_untouched();
    }
  });
}

TEST(matmul_blocked, zeros_keep_nan) {
  one_case([](Generator&) {
    const std::vector<float> a{0, 0, 1, 2}, b{kNaN, 1, kInfinity, 2};
    std::vector<float> c(4, 7.0f);
    expect_blocked(dense(a, {2, 2}), dense(b, {2, 2}), 1, dense(c, {2, 2}));
  });
}

// ---- what is asked of both kernels of alpha a b + beta c

void expect_nothing_of_nothing(const Scaled& scaled) {
  one_case([&](Generator&) {
    const std::vector<float> memory = digits(64);
    for (const Extents& e : {Extents{0, 3, 4}, Extents{3, 0, 4}, Extents{0, 0, 0}, Extents{3, 4, 0}, Extents{1, 1, 0},
                             Extents{1, 1, 1}, Extents{1, 7, 1}, Extents{5, 6, 7}})
      for (const float beta : {0.0f, 3.0f}) {
        const Sentinels c(e.c(), {std::max<std::int64_t>(e.n, 1) + 2, 1});
        expect_multiplies(scaled, 2, dense(memory, e.a()), dense(memory, e.b()), beta, c.view());
        c.expect_rest_untouched();
      }
  });
}

/// Strides of every kind, zero and negative ones among them, and c by columns.
void expect_every_stride(const Scaled& scaled) {
  one_case([&](Generator&) {
    const std::vector<float> memory = digits(400);
    const ConstView operands_a[] = {{memory.data() + 90, {5, 6}, {-8, -1}},
                                    {memory.data(), {5, 6}, {0, 1}},
                                    {memory.data() + 3, {5, 6}, {1, 5}},
                                    {memory.data() + 80, {5, 6}, {-13, 2}}};
    const ConstView operands_b[] = {{memory.data() + 80, {6, 7}, {1, -9}},
                                    {memory.data(), {6, 7}, {1, 0}},
                                    {memory.data() + 2, {6, 7}, {7, 1}},
                                    {memory.data() + 60, {6, 7}, {3, 11}}};
    for (std::size_t i = 0; i < 4; ++i)
      for (const Strides& strides : {Strides{9, 1}, Strides{1, 6}, Strides{14, 2}, Strides{-9, 1}, Strides{9, -1}}) {
        const Sentinels c({5, 7}, strides);
        expect_multiplies(scaled, 1, operands_a[i], operands_b[i], 0, c.view());
        expect_multiplies(scaled, -1, operands_a[i], operands_b[3 - i], 2, c.view());
        c.expect_rest_untouched();
      }
  });
}

/// Neither is read where it does not count, in sums of more than one block as well.
void expect_factors_of_0(const Scaled& scaled) {
  for_each_case(2, [&](Generator& g) {
    for (const Extents& e : {Extents{5, 7, 3}, Extents{20, 40, 700}}) {
      const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
      const std::vector<float> broken(static_cast<std::size_t>(e.m * e.k), kNaN);
      const Operand c = filled(g, "c", e.c());
      expect_multiplies(scaled, 0, dense(broken, e.a()), dense(b, e.b()), 0.5f, c);
      expect_multiplies(scaled, 0, dense(broken, e.a()), dense(b, e.b()), 1, c);
      c.fill(kInfinity);
      expect_multiplies(scaled, 1, dense(a, e.a()), dense(b, e.b()), 0, c);
    }
  });
}

/// beta counts once, however many blocks k is cut into.
void expect_beta_once(const Scaled& scaled) {
  for_each_case(1, [&](Generator& g) {
    for (const Extents& e : {Extents{8, 24, 1100}, Extents{40, 17, 513}}) {
      const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
      const Operand c = filled(g, "c", e.c());
      expect_multiplies(scaled, 0.5f, dense(a, e.a()), dense(b, e.b()), -3, c);
    }
  });
}

/// A NaN or infinity reaches its own row or column, and no other.
void expect_nan_stays(const Scaled& scaled) {
  one_case([&](Generator&) {
    const Extents e{13, 35, 9};
    for (const float special : {kNaN, kInfinity}) {
      std::vector<float> a = digits(e.m * e.k), b = digits(e.k * e.n), c(static_cast<std::size_t>(e.m * e.n), kNaN);
      a[static_cast<std::size_t>(12 * e.k + 8)] = special;
      expect_multiplies(scaled, 1, dense(a, e.a()), dense(b, e.b()), 0, dense(c, e.c()));
      a = digits(e.m * e.k);
      b[static_cast<std::size_t>(8 * e.n + 34)] = special;
      expect_multiplies(scaled, 1, dense(a, e.a()), dense(b, e.b()), 0, dense(c, e.c()));
    }
  });
}

TEST(matmul_packed, nothing_of_nothing) { expect_nothing_of_nothing(packed()); }
TEST(matmul_packed, every_stride) { expect_every_stride(packed()); }
TEST(matmul_packed, factors_of_0) { expect_factors_of_0(packed()); }
TEST(matmul_packed, beta_counts_once) { expect_beta_once(packed()); }
TEST(matmul_packed, a_nan_stays_in_its_row) { expect_nan_stays(packed()); }

TEST(matmul_packed, every_edge_of_a_tile) {
  one_case([](Generator& g) {
    for (std::int64_t m = 1; m <= 30; ++m) expect_product_of(packed(), g, {m, 5, 4});
    for (std::int64_t n = 1; n <= 70; ++n) expect_product_of(packed(), g, {3, n, 4});
  });
}

TEST(matmul_packed, transposed_operands) {
  for_each_case(1, [](Generator& g) {
    for (const Extents& e : {Extents{150, 170, 300}, Extents{14, 32, 9}}) {
      const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
      std::vector<float> c(static_cast<std::size_t>(e.m * e.n), kNaN);
      expect_multiplies(packed(), 1, {a.data(), e.a(), {1, e.m}}, {b.data(), e.b(), {1, e.k}}, 0, dense(c, e.c()));
      expect_multiplies(packed(), 1, {a.data(), e.a(), {1, e.m}}, dense(b, e.b()), 0, View{c.data(), e.c(), {1, e.m}});
    }
  });
}

TEST(matmul_packed, overlaps_that_are_none) {
  one_case([](Generator&) {
    // An empty a lies in c's memory; so does a b that is not read, and is refused all the same.
    const Kept<> kept(Shape{32}, 2.0f);
    const View c{kept.numbers().data(), {2, 4}, {4, 1}};
    const std::vector<float> other = digits(32);
    kernel().matmul_packed(1, {c.data, {2, 0}, {1, 1}}, dense(other, {0, 4}), 0.5f, c);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(kept.numbers()[i], 1.0f) << "element " << i << " of c, halved";
    EXPECT_EQ(kept.numbers()[8], 2.0f) << "behind c";
    expect_error(ErrorKind::invalid_argument, "alpha is 0, and c is b all the same", [&] {
      kernel().matmul_packed(0, dense(other, {4, 4}), {c.data, {4, 4}, {4, 1}}, 1, {c.data + 8, {4, 4}, {4, 1}});
    });
    expect_error(ErrorKind::invalid_argument, "c has the odd columns of the matrix whose even ones are a", [&] {
      kernel().matmul_packed(1, {c.data, {2, 2}, {4, 2}}, dense(other, {2, 2}), 0, {c.data + 1, {2, 2}, {4, 2}});
    });
  });
}

// ---- matmul_parallel

TEST(matmul_parallel, nothing_of_nothing) { expect_nothing_of_nothing(parallel()); }
TEST(matmul_parallel, every_stride) { expect_every_stride(parallel()); }
TEST(matmul_parallel, factors_of_0) { expect_factors_of_0(parallel()); }
TEST(matmul_parallel, beta_counts_once) { expect_beta_once(parallel()); }
TEST(matmul_parallel, a_nan_stays_in_its_row) { expect_nan_stays(parallel()); }

TEST(matmul_parallel, fewer_rows_than_threads) {
  for_each_case(1, [](Generator& g) {
    for (const Extents& e : {Extents{1, 1, 100'000}, Extents{1, 3000, 700}, Extents{3000, 1, 700}, Extents{3, 2, 5}}) {
      const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
      for (const std::int64_t threads : {1, 4}) {
        std::vector<float> c(static_cast<std::size_t>(e.m * e.n), kNaN);
        kernel().matmul_parallel_on(threads, 1, dense(a, e.a()), dense(b, e.b()), 0, dense(c, e.c()));
        expect_close(dense(c, e.c()), oracle::matmul(to_array64(dense(a, e.a())), to_array64(dense(b, e.b()))));
      }
    }
  });
}

TEST(matmul_parallel, transposed_c_on_many_threads) {
  for_each_case(1, [](Generator& g) {
    const Extents e{190, 230, 170};
    const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
    const std::vector<float> before = random_values(g, e.m * (e.n + 3));
    const auto c_of = [&](std::vector<float>& memory) { return View{memory.data(), e.c(), {1, e.m}}; };
    std::vector<float> one = before, many = before;
    const Expected expected = oracle::matmul(2, to_array64({a.data(), e.a(), {1, e.m}}), to_array64(dense(b, e.b())),
                                             -1, to_array64(c_of(one)));
    kernel().matmul_parallel_on(1, 2, {a.data(), e.a(), {1, e.m}}, dense(b, e.b()), -1, c_of(one));
    kernel().matmul_parallel_on(4, 2, {a.data(), e.a(), {1, e.m}}, dense(b, e.b()), -1, c_of(many));
    expect_close(c_of(one), expected);
    expect_same_bits("4 threads against one", many, one, e.m);
  });
}

// ---- matmul_dispatched

void expect_path(const Extents& e, std::int64_t threads, MatmulPath expected) {
  EXPECT_EQ(static_cast<int>(kernel().choose_matmul(e.m, e.n, e.k, threads)), static_cast<int>(expected))
      << "m " << e.m << ", n " << e.n << ", k " << e.k << ", threads " << threads
      << " (0 is loops, 1 packed, 2 parallel)";
}

TEST(matmul_dispatched, products_that_overflow_are_large) {
  one_case([](Generator&) {
    const std::int64_t huge = std::int64_t{1} << 32, most = std::numeric_limits<std::int64_t>::max();
    expect_path({huge, huge, 1}, 2, MatmulPath::parallel);
    expect_path({huge, huge, huge}, 2, MatmulPath::parallel);
    expect_path({huge, huge, huge}, 1, MatmulPath::packed);
    expect_path({1, huge, huge}, 2, MatmulPath::parallel);
    expect_path({most, most, most}, 2, MatmulPath::parallel);
    expect_path({65536, 65536, 65536}, 1, MatmulPath::packed);
    expect_path({2, 2, 2}, 1, MatmulPath::loops);
  });
}

TEST(matmul_dispatched, nothing_goes_by_the_loops) {
  one_case([](Generator&) {
    const std::int64_t huge = std::int64_t{1} << 40;
    for (const Extents& e : {Extents{0, huge, huge}, Extents{huge, 0, huge}, Extents{huge, huge, 0}, Extents{0, 0, 0}})
      expect_path(e, 2, MatmulPath::loops);
    expect_path({64, 64, 64}, 2, MatmulPath::packed);
  });
}

TEST(matmul_dispatched, nothing_of_nothing) {
  one_case([](Generator&) {
    const std::vector<float> memory = digits(64);
    for (const Extents& e :
         {Extents{0, 3, 4}, Extents{3, 0, 4}, Extents{3, 4, 0}, Extents{1, 1, 0}, Extents{1, 1, 1}, Extents{5, 6, 7}}) {
      const Sentinels c(e.c(), {std::max<std::int64_t>(e.n, 1) + 1, 1});
      kernel().matmul_dispatched(dense(memory, e.a()), dense(memory, e.b()), 2, c.view());
      expect_close(c.view(), oracle::matmul(to_array64(dense(memory, e.a())), to_array64(dense(memory, e.b()))));
      c.expect_rest_untouched();
    }
  });
}

}  // namespace
