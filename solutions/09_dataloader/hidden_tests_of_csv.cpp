// Module 09's hidden tests of csv: rarer edges of the same contract.
#include "kiln/kernels/data.hpp"

#include <limits>

#include "loading.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const DataSlots& kernel() { return under_test<DataSlots>(); }

using Names = std::vector<std::string>;

/// The only number of a text.
float number(const std::string& text) {
  const CsvTable table = kernel().parse_csv(text, false);
  EXPECT_EQ(table.rows, 1) << text.substr(0, 60);
  EXPECT_EQ(table.columns, 1) << text.substr(0, 60);
  return table.values.empty() ? kNaN : table.values.front();
}

TEST(csv, byte_order_mark) {
  one_case([](Generator&) {
    EXPECT_EQ(number("\xef\xbb\xbf"
                     "5\n"),
              5)
        << "a number behind the mark";
    EXPECT_EQ(kernel().parse_csv("\xef\xbb\xbfx,y\n1,2\n", true).names, (Names{"x", "y"})) << "names behind the mark";
    EXPECT_EQ(kernel().parse_csv("\xef\xbb\xbf", false).rows, 0) << "the mark alone";
    expect_refusal_with(Numbers{2}, "the mark stands in line 2", [] {
      kernel().parse_csv(
          "1\n\xef\xbb\xbf"
          "2\n",
          false);
    });
  });
}

TEST(csv, no_rows) {
  one_case([](Generator&) {
    for (const char* text : {"", "\n", "\r\n\r\n", "  \n\t\n"}) {
      const CsvTable table = kernel().parse_csv(text, false);
      EXPECT_EQ(table.rows, 0);
      EXPECT_EQ(table.columns, 0);
      EXPECT_EQ(table.values.size(), 0u);
      EXPECT_EQ(table.names, Names{});
      expect_refusal("a header is wanted, and the text is " + ::testing::PrintToString(std::string(text)),
                     [&] { kernel().parse_csv(text, true); });
    }
    for (const char* text : {"a,b,c", "a,b,c\n", "a,b,c\r\n\r\n"}) {
      const CsvTable table = kernel().parse_csv(text, true);
      EXPECT_EQ(table.rows, 0) << "a header alone";
      EXPECT_EQ(table.columns, 3) << "a header alone";
      EXPECT_EQ(table.names, (Names{"a", "b", "c"}));
    }
    EXPECT_EQ(number("3"), 3);
  });
}

TEST(csv, rounds_once) {
  one_case([](Generator&) {
    // 1 + 2^-24 lies in the middle between two floats; a digit far behind decides. A double forgets that digit.
    EXPECT_EQ(number("1.000000059604644775390625"), 1.0f) << "the middle itself, to even";
    EXPECT_EQ(number("1.000000059604644775390626"), 1 + 0x1p-23f) << "a little above the middle";
    EXPECT_EQ(number("1.000000178813934326171875"), 1 + 0x1p-22f) << "the next middle, to even";
    EXPECT_EQ(number("1.000000178813934326171874"), 1 + 0x1p-23f) << "a little below that";
    EXPECT_EQ(number("16777217"), 16777216.0f);
    EXPECT_EQ(number("16777217.0000000000000001"), 16777218.0f);
    EXPECT_EQ(number("0.1"), 0.1f);
  });
}

TEST(csv, small_numbers) {
  one_case([](Generator&) {
    EXPECT_EQ(number("1e-45"), 0x1p-149f) << "the smallest float, rounded";
    EXPECT_EQ(number("-1e-40"), -1e-40f) << "a subnormal";
    for (const char* text : {"1e-46", "-1e-46", "1e-400", "1e-99999999999999999999", "0e999", "0.0e-999"})
      EXPECT_EQ(number(text), 0) << text;
    EXPECT_EQ(number("0." + std::string(400, '0') + "1"), 0) << "400 zeros, then 1";
    EXPECT_EQ(number("0." + std::string(60, '0') + "25e61"), 2.5f) << "60 zeros, then 25, times 1e61";
    EXPECT_EQ(number("25" + std::string(60, '0') + "e-61"), 2.5f) << "25, then 60 zeros, times 1e-61";
  });
}

TEST(csv, refuses_large_numbers) {
  one_case([](Generator&) {
    EXPECT_EQ(number("3.4028235e38"), std::numeric_limits<float>::max());
    for (const std::string& text :
         {std::string("3.4028236e38"), std::string("-1e39"), std::string("1e400"),
          std::string("1e99999999999999999999"), std::string(400, '9'), "0." + std::string(60, '0') + "1e110"})
      expect_refusal_with(Numbers{2, 3}, "field 3 of line 2 is " + text.substr(0, 30),
                          [&] { kernel().parse_csv("1,1,1,1\n1,1," + text + ",1\n", false); });
  });
}

TEST(csv, refuses_strange_signs) {
  one_case([](Generator&) {
    EXPECT_EQ(number("+inf"), kInfinity);
    EXPECT_EQ(number("+1e-1"), 0.1f);
    for (const char* text : {"+", "+-1", "++1", "-+1", "--1", "+ 1", "- 1", ".", "e5", "+e5", "+nan5", "infinite"})
      expect_refusal_with(Numbers{1}, std::string("the field is ") + text, [&] { number(text); });
  });
}

TEST(csv, lone_carriage_returns) {
  one_case([](Generator&) {
    expect_refusal_with(Numbers{1}, "a CR stands alone between two numbers",
                        [] { kernel().parse_csv("1\r2\n", false); });
    expect_refusal_with(Numbers{1}, "two CRs stand before the LF", [] { kernel().parse_csv("1\r\r\n2\n", false); });
    EXPECT_EQ(number("1\r\n"), 1);
  });
}

TEST(csv, counts_lines_of_every_kind) {
  one_case([](Generator&) {
    std::string text = "\xef\xbb\xbfname\r\n";
    for (int i = 0; i < 30; ++i) text += i % 2 == 0 ? "7\r\n" : " 7 \n";
    EXPECT_EQ(kernel().parse_csv(text, true).rows, 30);
    expect_refusal_with(Numbers{32, 1}, "line 32 is a word", [&] { kernel().parse_csv(text + "x", true); });
    expect_refusal_with(Numbers{32}, "line 32 is empty, and another follows",
                        [&] { kernel().parse_csv(text + "\r\n7\r\n", true); });
    expect_refusal_with(Numbers{1}, "the first line is empty, where names were promised",
                        [] { kernel().parse_csv("\na,b\n1,2\n", true); });
  });
}

TEST(csv, names_are_not_numbers) {
  one_case([](Generator&) {
    const CsvTable table = kernel().parse_csv("\"a\",caf\xc3\xa9,nan,a\n1,2,3,4\n", true);
    EXPECT_EQ(table.names, (Names{"\"a\"", "caf\xc3\xa9", "nan", "a"})) << "quotes are letters, a name may come twice";
    expect_refusal("line 2 is the header once more", [] { kernel().parse_csv("a,b\na,b\n", true); });
  });
}

TEST(csv, one_column) {
  one_case([](Generator&) {
    const CsvTable table = kernel().parse_csv("1\n2\n3", false);
    EXPECT_EQ(table.rows, 3);
    EXPECT_EQ(table.columns, 1);
    EXPECT_EQ(table.values, (std::vector<float>{1, 2, 3}));
  });
}

TEST(csv, bytes_of_any_kind) {
  one_case([](Generator&) {
    expect_refusal_with(Numbers{2, 1}, "line 2 holds a zero byte",
                        [] { kernel().parse_csv(std::string("1\n2\0\n", 5), false); });
    expect_refusal_with(Numbers{1}, "the text is UTF-16", [] {
      kernel().parse_csv(
          "\xff\xfe"
          "1",
          false);
    });
    expect_refusal_with(Numbers{1, 1}, "a field is 100,000 letters",
                        [] { kernel().parse_csv(std::string(100'000, 'x'), false); });
    EXPECT_EQ(number(std::string(50'000, ' ') + "4" + std::string(50'000, '\t')), 4) << "100,000 blanks around a 4";
    EXPECT_EQ(number(std::string(100'000, '0') + "4"), 4) << "100,000 zeros in front of a 4";
  });
}

// Once a line is done, nothing goes through the text again: a copy of the rest for every line would move some 4 * 10^11
// bytes here.
TEST(csv, long_texts) {
  one_case([](Generator&) {
    constexpr int kLines = 600'000;
    std::string text;
    for (int i = 0; i < kLines; ++i) text += {static_cast<char>('0' + i % 10), '\n'};
    const CsvTable table = kernel().parse_csv(text, false);
    EXPECT_EQ(table.rows, kLines);
    ASSERT_EQ(table.values.size(), std::size_t{kLines});
    EXPECT_EQ(table.values[123'456], 6) << "row 123456";
    EXPECT_EQ(table.values.back(), 9) << "the last row";
    expect_refusal_with(Numbers{600'001, 1}, "line 600001 is a word", [&] { kernel().parse_csv(text + "x", false); });
  });
}

}  // namespace
