// KILN_CHECK and KILN_REQUIRE print both sides and evaluate them once.
#include "kiln/check.hpp"

#include "throws.hpp"

namespace kiln {
namespace {

TEST(Check, PrintsBothSidesWithPlace) {
  const int rows = 3, columns = 4;
  EXPECT_ERROR(KILN_CHECK(rows == columns), broken_promise, "rows == columns (left is 3, right is 4)");
  EXPECT_ERROR(KILN_CHECK(rows == columns), broken_promise, "check_test.cpp:");
}

TEST(Check, RequirePrintsShapes) {
  const Shape a{2, 3}, b{3, 2};
  EXPECT_ERROR(KILN_REQUIRE("add: shapes differ", a == b), invalid_argument, "left is (2, 3), right is (3, 2)");
}

enum class State : std::uint8_t { open = 3, closed = 7 };

TEST(Check, EnumsAreShownAsNumbers) {
  EXPECT_ERROR(KILN_REQUIRE("state", State::open == State::closed), invalid_argument, "left is 3, right is 7");
}

TEST(Check, PassesAndEvaluatesOnce) {
  int calls = 0;
  KILN_CHECK(++calls == 1);
  KILN_REQUIRE("counted", ++calls <= 2);
  EXPECT_EQ(calls, 2);
}

TEST(Check, ShapeRefusesTooManyDimensions) {
  Shape shape = Shape::filled(kMaxRank, 1);
  EXPECT_ERROR(shape.push_back(1), invalid_argument, "at most 6");
  EXPECT_EQ(shape.rank(), kMaxRank);
}

}  // namespace
}  // namespace kiln
