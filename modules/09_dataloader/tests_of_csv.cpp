// Module 09's tests of csv, as students see them: tables as programs and people write them, and broken ones.
#include "kiln/kernels/data.hpp"

#include <cmath>
#include <cstdio>

#include "loading.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const DataSlots& kernel() { return under_test<DataSlots>(); }

using Names = std::vector<std::string>;

/// Expects `text` to be a table of `rows` rows that holds `values`.
void expect_table(const std::string& text, std::int64_t rows, const std::vector<float>& values) {
  const CsvTable table = kernel().parse_csv(text, false);
  const std::string what = "the text " + ::testing::PrintToString(text);
  EXPECT_EQ(table.rows, rows) << what;
  EXPECT_EQ(table.columns, rows == 0 ? 0 : static_cast<std::int64_t>(values.size()) / rows) << what;
  EXPECT_EQ(table.names, Names{}) << what << " without a header";
  ASSERT_EQ(table.values.size(), values.size()) << what;
  expect_close(dense(table.values, {static_cast<std::int64_t>(values.size())}),
               exact(to_array64(dense(values, {static_cast<std::int64_t>(values.size())}))));
}

TEST(csv, by_hand) {
  one_case([](Generator&) {
    expect_table("1,2,3\n4,5,6\n", 2, {1, 2, 3, 4, 5, 6});
    expect_table("0.5\n-7\n0\n", 3, {0.5f, -7, 0});
    expect_table("8,9\n", 1, {8, 9});
  });
}

TEST(csv, header) {
  one_case([](Generator&) {
    const CsvTable table = kernel().parse_csv("height,weight in kg\n1.75,70\n1.5,55\n2,90\n", true);
    EXPECT_EQ(table.names, (Names{"height", "weight in kg"}));
    EXPECT_EQ(table.rows, 3);
    EXPECT_EQ(table.columns, 2);
    EXPECT_EQ(table.values, (std::vector<float>{1.75f, 70, 1.5f, 55, 2, 90}));
    const CsvTable numbers = kernel().parse_csv("1,2\n3,4\n", true);
    EXPECT_EQ(numbers.names, (Names{"1", "2"})) << "a header of numbers is a header";
    EXPECT_EQ(numbers.values, (std::vector<float>{3, 4}));
  });
}

TEST(csv, line_ends) {
  one_case([](Generator&) {
    for (const char* text : {"1,2\n3,4\n", "1,2\r\n3,4\r\n", "1,2\n3,4", "1,2\r\n3,4", "1,2\n3,4\r\n"})
      expect_table(text, 2, {1, 2, 3, 4});
    EXPECT_EQ(kernel().parse_csv("a,b\r\n1,2\r\n", true).names, (Names{"a", "b"})) << "a header that ends in CR LF";
  });
}

TEST(csv, spaces) {
  one_case([](Generator&) {
    expect_table(" 1 ,\t2\n3\t,  4  \n", 2, {1, 2, 3, 4});
    EXPECT_EQ(kernel().parse_csv("  a ,\tb c\t\n1,2\n", true).names, (Names{"a", "b c"}));
  });
}

TEST(csv, numbers) {
  one_case([](Generator&) {
    expect_table("1e3,1E3,1e+3,25e-2,-1.5e1\n", 1, {1000, 1000, 1000, 0.25f, -15});
    expect_table("+4,+0.5,-0.5,.25,2.,007\n", 1, {4, 0.5f, -0.5f, 0.25f, 2, 7});
    expect_table("nan,inf,-inf\n", 1, {kNaN, kInfinity, -kInfinity});
    expect_table("NaN,INF,-Inf\n", 1, {kNaN, kInfinity, -kInfinity});
    expect_table("3.4028234e38,-3.4028234e38,1.17549435e-38\n", 1, {3.4028234e38f, -3.4028234e38f, 1.17549435e-38f});
  });
}

TEST(csv, random_tables) {
  for_each_case(15, [](Generator& g) {
    const std::int64_t rows = g.positive_extent(), columns = g.positive_extent();
    std::string text;
    std::vector<float> values;
    for (std::int64_t i = 0; i < rows * columns; ++i) {
      // Nine digits tell every float from every other.
      values.push_back(std::ldexp(g.random().uniform(-1.0f, 1.0f), static_cast<int>(g.random().below(80)) - 40));
      char word[32];
      std::snprintf(word, sizeof word, g.random().below(2) == 0 ? "%.9g" : "%.8e", double{values.back()});
      text += word;
      text += (i + 1) % columns == 0 ? "\n" : ",";
    }
    g.note(std::to_string(rows) + " rows of " + std::to_string(columns) + ", the first bytes: " + text.substr(0, 60));
    const CsvTable table = kernel().parse_csv(text, false);
    EXPECT_EQ(table.rows, rows);
    EXPECT_EQ(table.columns, columns);
    EXPECT_EQ(table.values, values);
  });
}

TEST(csv, empty_lines) {
  one_case([](Generator&) {
    for (const char* text : {"1,2\n3,4\n\n", "1,2\r\n3,4\r\n\r\n\r\n", "1,2\n3,4\n \t\n\n"})
      expect_table(text, 2, {1, 2, 3, 4});
    expect_refusal_with(Numbers{2}, "line 2 of 1,2 / / 3,4 is empty",
                        [] { kernel().parse_csv("1,2\n\n3,4\n", false); });
    expect_refusal_with(Numbers{1}, "line 1 is empty, line 2 is 1,2", [] { kernel().parse_csv("\n1,2\n", false); });
  });
}

/// `count` lines of 7,7,...
std::string sevens(int count, int columns) {
  std::string text;
  for (int i = 0; i < count * columns; ++i) text += (i + 1) % columns == 0 ? "7\n" : "7,";
  return text;
}

TEST(csv, refuses_ragged_rows) {
  one_case([](Generator&) {
    EXPECT_EQ(kernel().parse_csv(sevens(40, 3), false).rows, 40) << "40 rows of 3";
    expect_refusal_with(Numbers{41}, "line 41 has 4 fields and those before it 3",
                        [] { kernel().parse_csv(sevens(40, 3) + "1,2,3,4\n" + sevens(5, 3), false); });
    expect_refusal_with(Numbers{41}, "line 41, the last, has 2 fields and those before it 3",
                        [] { kernel().parse_csv(sevens(40, 3) + "1,2", false); });
    expect_refusal_with(Numbers{2}, "line 2 has 3 fields and the header 2",
                        [] { kernel().parse_csv("a,b\n" + sevens(5, 3), true); });
  });
}

TEST(csv, refuses_empty_fields) {
  one_case([](Generator&) {
    const std::string before = sevens(16, 5);
    EXPECT_EQ(kernel().parse_csv(before + "1,2,3,4,5", false).rows, 17) << "17 whole rows";
    for (const char* line : {"1,2,3,,5", "1,2,3, \t,5\r\n"})
      expect_refusal_with(Numbers{17, 4}, "field 4 of line 17 is empty",
                          [&] { kernel().parse_csv(before + line, false); });
    expect_refusal_with(Numbers{17, 5}, "field 5 of line 17 is empty, behind the last comma",
                        [&] { kernel().parse_csv(before + "1,2,3,4,\n", false); });
    expect_refusal_with(Numbers{1, 2}, "the second column has no name", [] { kernel().parse_csv("a,,c\n", true); });
  });
}

TEST(csv, refuses_what_is_no_number) {
  one_case([](Generator&) {
    const std::string before = sevens(22, 3);
    EXPECT_EQ(kernel().parse_csv(before + "1,2,3", false).rows, 23) << "23 whole rows";
    for (const char* word :
         {"?", "red", "12abc", "1 2", "1.2.3", "--1", "1e", "0x10", "\"1\"", "1;2", "na", "1/2", "-"})
      expect_refusal_with(Numbers{23, 2}, std::string("field 2 of line 23 is ") + word,
                          [&] { kernel().parse_csv(before + "7," + word + ",7\n", false); });
    expect_refusal_with(Numbers{1}, "the first line holds names, and no header was promised",
                        [] { kernel().parse_csv("x,y\n1,2\n", false); });
  });
}

}  // namespace
