// Module 15's tests of products, as students see them: one suite an exercise, one behaviour a test; at the end the
// speed cases. The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include "products.hpp"

using namespace kiln;
using namespace kiln::testing;
using namespace kiln::products;

namespace {

// ---- block_size

TEST(block_size, by_hand) {
  one_case([](Generator&) {
    EXPECT_EQ(kernel().block_footprint(1), 12) << "a block of 1: three floats";
    EXPECT_EQ(kernel().block_footprint(32), 12 * 1024) << "a block of 32";
    EXPECT_EQ(kernel().block_footprint(64), 48 * 1024) << "a block of 64";
    EXPECT_EQ(kernel().block_footprint(256), 768 * 1024) << "a block of 256";
    EXPECT_EQ(kernel().block_for_cache(32 << 10), 32) << "32 KiB";
    EXPECT_EQ(kernel().block_for_cache(64 << 10), 64) << "64 KiB";
    EXPECT_EQ(kernel().block_for_cache(512 << 10), 128) << "512 KiB";
    EXPECT_EQ(kernel().block_for_cache(1 << 20), 256) << "1 MiB";
    EXPECT_EQ(kernel().block_for_cache(64 << 20), 256) << "64 MiB: 256 is the largest that is asked for";
  });
}

TEST(block_size, a_full_cache_fits) {
  one_case([](Generator&) {
    for (const std::int64_t block : {64, 128, 256}) {
      EXPECT_EQ(kernel().block_for_cache(12 * block * block), block) << "exactly three blocks of " << block;
      EXPECT_EQ(kernel().block_for_cache(12 * block * block - 1), block / 2)
          << "one byte less than three blocks of " << block;
    }
  });
}

TEST(block_size, tiny_caches) {
  one_case([](Generator&) {
    for (const std::int64_t bytes : {1, 100, 4096, 12 * 1024 - 1, 12 * 1024})
      EXPECT_EQ(kernel().block_for_cache(bytes), 32) << bytes << " bytes";
    EXPECT_EQ(kernel().block_for_cache(48 << 10), 64) << "48 KiB";
  });
}

TEST(block_size, refuses_nothing) {
  one_case([](Generator&) {
    for (const std::int64_t wrong : {0, -1, -64}) {
      expect_error(ErrorKind::invalid_argument, "a block of " + std::to_string(wrong),
                   [&] { kernel().block_footprint(wrong); });
      expect_error(ErrorKind::invalid_argument, "a cache of " + std::to_string(wrong) + " bytes",
                   [&] { kernel().block_for_cache(wrong); });
    }
    EXPECT_EQ(kernel().block_footprint(2), 48) << "a block of 2";
  });
}

// ---- matmul_blocked

Multiply blocked(std::int64_t block) {
  return [block](ConstView a, ConstView b, View c) { kernel().matmul_blocked(a, b, block, c); };
}

template <class ViewOrOperand = View>
void expect_blocked(ConstView a, ConstView b, std::int64_t block, const ViewOrOperand& c) {
  SCOPED_TRACE("block = " + std::to_string(block));
  kernel().matmul_blocked(a, b, block, c);
  expect_close(c, oracle::matmul(to_array64(a), to_array64(b)));
}

TEST(matmul_blocked, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> a{1, 2, 3, 4, 5, 6}, b{1, 0, 2, 0, 1, 3};
    for (const std::int64_t block : {1, 2, 3, 64}) {
      std::vector<float> c(4, kNaN), d(9, kNaN);
      kernel().matmul_blocked(dense(a, {2, 3}), dense(b, {3, 2}), block, dense(c, {2, 2}));
      EXPECT_EQ(c, (std::vector<float>{8, 9, 20, 18})) << "(2, 3) times (3, 2), block " << block;
      kernel().matmul_blocked(dense(b, {3, 2}), dense(a, {2, 3}), block, dense(d, {3, 3}));
      EXPECT_EQ(d, (std::vector<float>{1, 2, 3, 2, 4, 6, 13, 17, 21})) << "(3, 2) times (2, 3), block " << block;
    }
  });
}

TEST(matmul_blocked, random_shapes) {
  for_each_case(40, [](Generator& g) {
    const Extents e = random_extents(g);
    const Operand a = g.input("a", e.a(), Layout::dense), b = g.input("b", e.b(), Layout::dense);
    expect_blocked(a, b, between(g, 1, 48), g.output("c", e.c()));
  });
}

TEST(matmul_blocked, random_layouts) {
  for_each_case(40, [](Generator& g) {
    const Extents e = positive_extents(g);
    const Operand a = g.input("a", e.a()), b = g.input("b", e.b());
    expect_blocked(a, b, between(g, 1, 24), g.output("c", e.c(), g.writable_layout()));
  });
}

TEST(matmul_blocked, blocks_need_not_divide) {
  for_each_case(3, [](Generator& g) {
    for (const Extents& e : {Extents{9, 7, 5}, Extents{5, 9, 7}, Extents{7, 5, 9}, Extents{33, 35, 37}}) {
      const Operand a = g.input("a", e.a(), Layout::dense), b = g.input("b", e.b(), Layout::dense);
      for (const std::int64_t block : {4, 6, 32, 40}) expect_blocked(a, b, block, g.output("c", e.c()));
    }
  });
}

TEST(matmul_blocked, overwrites_c) {
  for_each_case(5, [](Generator& g) {
    const Extents e = positive_extents(g);
    const Operand a = g.input("a", e.a()), b = g.input("b", e.b()), c = g.output("c", e.c());
    c.fill(5.0f);
    for (int time = 0; time < 2; ++time) expect_blocked(a, b, 8, c);
  });
}

TEST(matmul_blocked, refuses_misfits) {
  one_case([](Generator&) {
    expect_refuses_misfits("matmul_blocked", blocked(2));
    const std::vector<float> memory = counted(12);
    const Kept<> kept(Shape{2, 4}, 7.0f);
    for (const std::int64_t block : {0, -1, -64})
      expect_refused("matmul_blocked with blocks of " + std::to_string(block), kept, [&] {
        blocked(block)(dense(memory, {2, 3}), dense(memory, {3, 4}), kept);
      });
  });
}

TEST(matmul_blocked, refuses_overlap) {
  one_case([](Generator&) { expect_refuses_overlap("matmul_blocked", blocked(4)); });
}

// ---- matmul_packed

Multiply plain(const Scaled& scaled) {
  return [call = scaled.call](ConstView a, ConstView b, View c) { call(1, a, b, 0, c); };
}

void expect_by_hand(const Scaled& scaled) {
  one_case([&](Generator&) {
    const std::vector<float> a{1, 2, 3, 4, 5, 6}, b{1, 0, 2, 0, 1, 3};
    std::vector<float> c(4, kNaN);
    scaled.call(1, dense(a, {2, 3}), dense(b, {3, 2}), 0, dense(c, {2, 2}));
    EXPECT_EQ(c, (std::vector<float>{8, 9, 20, 18})) << "(2, 3) times (3, 2)";
    scaled.call(2, dense(a, {2, 3}), dense(b, {3, 2}), -1, dense(c, {2, 2}));
    EXPECT_EQ(c, (std::vector<float>{8, 9, 20, 18})) << "twice that, less what stood there";
    scaled.call(0.5f, dense(a, {2, 3}), dense(b, {3, 2}), 10, dense(c, {2, 2}));
    EXPECT_EQ(c, (std::vector<float>{84, 94.5f, 210, 189})) << "half of it, and 10 times what stood there";
  });
}

void expect_random_shapes(const Scaled& scaled) {
  for_each_case(40, [&](Generator& g) {
    const Extents e = random_extents(g);
    const Operand a = g.input("a", e.a(), Layout::dense), b = g.input("b", e.b(), Layout::dense);
    expect_multiplies(scaled, 1, a, b, 0, g.output("c", e.c()));
  });
}

void expect_random_layouts(const Scaled& scaled) {
  for_each_case(40, [&](Generator& g) {
    const Extents e = positive_extents(g);
    const Operand a = g.input("a", e.a()), b = g.input("b", e.b());
    expect_multiplies(scaled, 1, a, b, 0, g.output("c", e.c(), g.writable_layout()));
  });
}

void expect_keeps_beta_times_c(const Scaled& scaled) {
  for_each_case(20, [&](Generator& g) {
    const Extents e = positive_extents(g);
    const Operand a = g.input("a", e.a()), b = g.input("b", e.b());
    const Operand c = filled(g, "c", e.c(), g.writable_layout());
    for (const auto& [alpha, beta] : {std::pair{1.0f, 1.0f}, {-2.0f, 0.5f}, {0.25f, -1.0f}})
      expect_multiplies(scaled, alpha, a, b, beta, c);
  });
}

/// Where beta is 0, whatever stands in c is gone; so it is where the product has no terms.
void expect_no_nan_from_c(const Scaled& scaled) {
  for_each_case(3, [&](Generator& g) {
    for (const Extents& e : {Extents{3, 5, 7}, Extents{17, 40, 9}, Extents{7, 20, 0}, Extents{16, 32, 0}}) {
      const Operand a = g.input("a", e.a(), Layout::dense), b = g.input("b", e.b(), Layout::dense);
      for (const float alpha : {1.0f, 0.0f}) expect_multiplies(scaled, alpha, a, b, 0, g.output("c", e.c()));
    }
  });
}

/// BLAS: ldc > n. With more than one block of k the gaps are passed more than once.
void expect_gaps_stay(const Scaled& scaled) {
  one_case([&](Generator& g) {
    for (const Extents& e : {Extents{3, 5, 4}, Extents{7, 9, 300}, Extents{6, 16, 5}, Extents{5, 17, 3}}) {
      const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
      for (const std::int64_t between_rows : {e.n + 1, e.n + 3}) {
        const Sentinels c(e.c(), {between_rows, 1});
        expect_multiplies(scaled, 1, dense(a, e.a()), dense(b, e.b()), 0, c.view());
        expect_multiplies(scaled, 2, dense(a, e.a()), dense(b, e.b()), -0.5f, c.view());
        c.expect_rest_untouched();
      }
    }
  });
}

TEST(matmul_packed, by_hand) { expect_by_hand(packed()); }
TEST(matmul_packed, random_shapes) { expect_random_shapes(packed()); }
TEST(matmul_packed, random_layouts) { expect_random_layouts(packed()); }
TEST(matmul_packed, keeps_beta_times_c) { expect_keeps_beta_times_c(packed()); }
TEST(matmul_packed, beta_0_forgets_nan) { expect_no_nan_from_c(packed()); }
TEST(matmul_packed, what_lies_between_rows_stays) { expect_gaps_stay(packed()); }

TEST(matmul_packed, long_sums) {
  for_each_case(2, [](Generator& g) {
    for (const Extents& e : {Extents{9, 20, 700}, Extents{30, 33, 1025}, Extents{1, 1, 5000}})
      expect_product_of(packed(), g, e);
  });
}

TEST(matmul_packed, many_rows_and_columns) {
  for_each_case(1, [](Generator& g) {
    for (const Extents& e : {Extents{700, 19, 23}, Extents{11, 5000, 7}, Extents{333, 129, 300}})
      expect_product_of(packed(), g, e);
  });
}

TEST(matmul_packed, bits_do_not_depend_on_the_place) {
  for_each_case(3, [](Generator& g) {
    const Extents e{between(g, 40, 80), between(g, 40, 80), 300};
    const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
    const std::vector<float> before = random_values(g, e.m * e.n);
    const std::int64_t row = between(g, 1, 20), column = between(g, 1, 20);
    const std::int64_t rows = between(g, 1, e.m - row), columns = between(g, 1, e.n - column);
    g.note(describe(e) + "; rows " + std::to_string(row) + " to " + std::to_string(row + rows) + ", columns " +
           std::to_string(column) + " to " + std::to_string(column + columns));
    for (const float beta : {0.0f, 0.75f}) {
      std::vector<float> whole = before, part, expected;
      for (std::int64_t i = row; i < row + rows; ++i)
        part.insert(part.end(), before.begin() + i * e.n + column, before.begin() + i * e.n + column + columns);
      kernel().matmul_packed(1.5f, dense(a, e.a()), dense(b, e.b()), beta, dense(whole, e.c()));
      kernel().matmul_packed(1.5f, {a.data() + row * e.k, {rows, e.k}, {e.k, 1}},
                             {b.data() + column, {e.k, columns}, {e.n, 1}}, beta, dense(part, {rows, columns}));
      for (std::int64_t i = row; i < row + rows; ++i)
        expected.insert(expected.end(), whole.begin() + i * e.n + column, whole.begin() + i * e.n + column + columns);
      expect_same_bits("some rows and columns against the whole product", part, expected, columns);
      expect_close(dense(whole, e.c()), oracle::matmul(1.5, to_array64(dense(a, e.a())), to_array64(dense(b, e.b())),
                                                       beta, to_array64(dense(before, e.c()))));
    }
  });
}

TEST(matmul_packed, refuses_misfits) {
  one_case([](Generator&) { expect_refuses_misfits("matmul_packed", plain(packed())); });
}
TEST(matmul_packed, refuses_overlap) {
  one_case([](Generator&) { expect_refuses_overlap("matmul_packed", plain(packed())); });
}

// ---- matmul_parallel

TEST(matmul_parallel, by_hand) { expect_by_hand(parallel()); }
TEST(matmul_parallel, random_shapes) { expect_random_shapes(parallel()); }
TEST(matmul_parallel, random_layouts) { expect_random_layouts(parallel()); }
TEST(matmul_parallel, keeps_beta_times_c) { expect_keeps_beta_times_c(parallel()); }
TEST(matmul_parallel, beta_0_forgets_nan) { expect_no_nan_from_c(parallel()); }
TEST(matmul_parallel, what_lies_between_rows_stays) { expect_gaps_stay(parallel()); }

TEST(matmul_parallel, large_products) {
  for_each_case(1, [](Generator& g) {
    for (const Extents& e : {Extents{200, 210, 190}, Extents{1000, 70, 130}, Extents{70, 1000, 130}})
      expect_product_of(parallel(), g, e);
  });
}

TEST(matmul_parallel, same_bits_on_any_number_of_threads) {
  for_each_case(1, [](Generator& g) {
    // The third is a sum that is longer than the matrix is large; the fourth has fewer rows than there are threads.
    for (const Extents& e :
         {Extents{200, 210, 190}, Extents{600, 100, 150}, Extents{9, 17, 40'000}, Extents{3, 2000, 300}}) {
      SCOPED_TRACE(describe(e));
      const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
      const std::vector<float> before = random_values(g, e.m * e.n);
      const Expected expected = oracle::matmul(1.5, to_array64(dense(a, e.a())), to_array64(dense(b, e.b())), 0.25,
                                               to_array64(dense(before, e.c())));
      std::vector<float> alone = before;
      kernel().matmul_parallel_on(1, 1.5f, dense(a, e.a()), dense(b, e.b()), 0.25f, dense(alone, e.c()));
      expect_close(dense(alone, e.c()), expected);
      for (const std::int64_t threads : {2, 3, 4}) {
        std::vector<float> c = before;
        kernel().matmul_parallel_on(threads, 1.5f, dense(a, e.a()), dense(b, e.b()), 0.25f, dense(c, e.c()));
        expect_close(dense(c, e.c()), expected);
        expect_same_bits(std::to_string(threads) + " threads against one", c, alone, e.n);
      }
    }
  });
}

TEST(matmul_parallel, same_bits_every_time) {
  for_each_case(1, [](Generator& g) {
    const Extents e{150, 170, 160};
    const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
    std::vector<float> first(static_cast<std::size_t>(e.m * e.n), kNaN);
    kernel().matmul_parallel_on(4, 1, dense(a, e.a()), dense(b, e.b()), 0, dense(first, e.c()));
    expect_close(dense(first, e.c()), oracle::matmul(to_array64(dense(a, e.a())), to_array64(dense(b, e.b()))));
    for (int time = 0; time < 10; ++time) {
      std::vector<float> c(first.size(), kNaN);
      kernel().matmul_parallel_on(4, 1, dense(a, e.a()), dense(b, e.b()), 0, dense(c, e.c()));
      expect_same_bits("the same product again", c, first, e.n);
    }
  });
}

TEST(matmul_parallel, refuses_misfits) {
  one_case([](Generator&) { expect_refuses_misfits("matmul_parallel", plain(parallel())); });
}
TEST(matmul_parallel, refuses_overlap) {
  one_case([](Generator&) { expect_refuses_overlap("matmul_parallel", plain(parallel())); });
}

// ---- matmul_dispatched

std::string path_name(MatmulPath path) {
  switch (path) {
    case MatmulPath::loops: return "loops";
    case MatmulPath::packed: return "packed";
    case MatmulPath::parallel: return "parallel";
  }
  return "none of the three";
}

void expect_path(const Extents& e, std::int64_t threads, MatmulPath expected) {
  EXPECT_EQ(path_name(kernel().choose_matmul(e.m, e.n, e.k, threads)), path_name(expected))
      << "m " << e.m << ", n " << e.n << ", k " << e.k << ", threads " << threads;
}

TEST(matmul_dispatched, chooses_by_hand) {
  one_case([](Generator&) {
    expect_path({8, 8, 8}, 1, MatmulPath::loops);
    expect_path({8, 8, 8}, 4, MatmulPath::loops);
    expect_path({64, 64, 64}, 1, MatmulPath::packed);
    expect_path({64, 64, 64}, 4, MatmulPath::packed);
    expect_path({512, 512, 512}, 1, MatmulPath::packed);
    expect_path({512, 512, 512}, 2, MatmulPath::parallel);
    expect_path({1, 4096, 4096}, 2, MatmulPath::parallel);
    expect_path({4096, 1, 1}, 2, MatmulPath::loops);
  });
}

TEST(matmul_dispatched, chooses_at_the_thresholds) {
  one_case([](Generator&) {
    expect_path({16, 16, 16}, 2, MatmulPath::loops);
    expect_path({1, 4097, 1}, 2, MatmulPath::packed);
    expect_path({17, 241, 1}, 1, MatmulPath::packed);
    expect_path({256, 64, 256}, 2, MatmulPath::parallel);
    expect_path({256, 64, 256}, 1, MatmulPath::packed);
    expect_path({3, 1, 1398101}, 2, MatmulPath::packed);
  });
}

TEST(matmul_dispatched, refuses_impossible_extents) {
  one_case([](Generator&) {
    for (const Extents& e : {Extents{-1, 2, 2}, Extents{2, -1, 2}, Extents{2, 2, -1}, Extents{-2, -2, 2}})
      expect_error(ErrorKind::invalid_argument, "an extent is negative",
                   [&] { kernel().choose_matmul(e.m, e.n, e.k, 1); });
    for (const std::int64_t threads : {0, -1})
      expect_error(ErrorKind::invalid_argument, std::to_string(threads) + " threads",
                   [&] { kernel().choose_matmul(2, 2, 2, threads); });
    expect_path({2, 2, 2}, 1, MatmulPath::loops);
  });
}

Multiply dispatched(std::int64_t threads) {
  return [threads](ConstView a, ConstView b, View c) { kernel().matmul_dispatched(a, b, threads, c); };
}

template <class ViewOrOperand = View>
void expect_dispatched(ConstView a, ConstView b, std::int64_t threads, const ViewOrOperand& c) {
  SCOPED_TRACE("threads = " + std::to_string(threads));
  kernel().matmul_dispatched(a, b, threads, c);
  expect_close(c, oracle::matmul(to_array64(a), to_array64(b)));
}

TEST(matmul_dispatched, random_shapes) {
  for_each_case(40, [](Generator& g) {
    const Extents e = random_extents(g);
    const Operand a = g.input("a", e.a()), b = g.input("b", e.b());
    expect_dispatched(a, b, between(g, 1, 4), g.output("c", e.c(), g.writable_layout()));
  });
}

TEST(matmul_dispatched, every_way) {
  for_each_case(1, [](Generator& g) {
    for (const Extents& e : {Extents{5, 6, 7}, Extents{40, 50, 60}, Extents{170, 160, 180}}) {
      const std::vector<float> a = random_values(g, e.m * e.k), b = random_values(g, e.k * e.n);
      for (const std::int64_t threads : {1, 2, 4}) {
        std::vector<float> c(static_cast<std::size_t>(e.m * e.n), kNaN);
        expect_dispatched(dense(a, e.a()), dense(b, e.b()), threads, dense(c, e.c()));
      }
    }
  });
}

TEST(matmul_dispatched, refuses_misfits) {
  one_case([](Generator&) {
    expect_refuses_misfits("matmul_dispatched", dispatched(1));
    const std::vector<float> memory = counted(12);
    const Kept<> kept(Shape{2, 4}, 7.0f);
    expect_refused("matmul_dispatched on no threads", kept, [&] {
      dispatched(0)(dense(memory, {2, 3}), dense(memory, {3, 4}), kept);
    });
  });
}

TEST(matmul_dispatched, refuses_overlap) {
  one_case([](Generator&) {
    // 8 x 8 goes by the loops, which do not look.
    expect_refuses_overlap("matmul_dispatched", dispatched(2));
  });
}

// ---- speed: what the steps in module.toml are about

/// Arguments of a product without alpha and beta.
template <class Between>
auto product_arguments(const Extents& e, Between between) {
  return [e, between](speed::SpeedArguments& s) {
    ConstView a = s.input(e.a()), b = s.input(e.b());
    return std::tuple_cat(std::tuple<ConstView, ConstView>(a, b), between, std::tuple<View>(s.output(e.c())));
  };
}

auto scaled_arguments(const Extents& e) {
  return [e](speed::SpeedArguments& s) {
    ConstView a = s.input(e.a()), b = s.input(e.b());
    return std::tuple<float, ConstView, ConstView, float, View>(1.0f, a, b, 0.0f, s.output(e.c()));
  };
}

Expected product_oracle(float alpha, ConstView a, ConstView b, float beta, View c) {
  return oracle::matmul(alpha, to_array64(a), to_array64(b), beta, to_array64(c));
}

/// b is larger than the second-level cache of most machines, so that it matters how often it is read. Its rows are no
/// power of two apart, which would fill the same few sets of a cache.
const speed::SpeedCase blocked_wide = speed::speed_case<&AccelerationSlots::matmul_blocked>(
    "matmul_blocked.wide", product_arguments({64, 1900, 700}, std::tuple<std::int64_t>(64)),
    [](ConstView a, ConstView b, std::int64_t, View) { return oracle::matmul(to_array64(a), to_array64(b)); });

const speed::SpeedCase packed_square = speed::speed_case<&AccelerationSlots::matmul_packed>(
    "matmul_packed.square", scaled_arguments({256, 256, 256}), product_oracle);
const speed::SpeedCase packed_uneven = speed::speed_case<&AccelerationSlots::matmul_packed>(
    "matmul_packed.uneven", scaled_arguments({131, 257, 263}), product_oracle);

const speed::SpeedCase parallel_square = speed::speed_case<&AccelerationSlots::matmul_parallel>(
    "matmul_parallel.square", scaled_arguments({640, 640, 640}), product_oracle);

}  // namespace
