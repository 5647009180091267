// Character classes by hand: std::regex would cost more code and throws.
#include "grader/course/names.hpp"

#include <algorithm>
#include <initializer_list>

namespace kiln::grader {

namespace {

constexpr std::string_view kSmall = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kCapital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigit = "0123456789";

/// Whether `text` is not empty and made of the characters in `sets` alone.
bool made_of(std::string_view text, std::initializer_list<std::string_view> sets) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::any_of(sets.begin(), sets.end(), [&](std::string_view set) { return set.find(c) != set.npos; });
  });
}

bool is_id(std::string_view text) {
  return made_of(text, {kSmall, kDigit, "_"}) && made_of(text.substr(0, 1), {kSmall});
}

bool is_milestone(std::string_view text) {
  return made_of(text, {kSmall, kDigit, "-"}) && made_of(text.substr(0, 1), {kSmall});
}

bool is_identifier(std::string_view text) {
  return made_of(text, {kSmall, kCapital, kDigit, "_"}) && !made_of(text.substr(0, 1), {kDigit});
}

bool is_module_id(std::string_view text) {
  return text.size() > 3 && made_of(text.substr(0, 2), {kDigit}) && text[2] == '_' && is_id(text.substr(3));
}

bool is_source_file(std::string_view text) {
  return text.ends_with(".cpp") && made_of(text.substr(0, text.size() - 4), {kSmall, kCapital, kDigit, "_"});
}

bool is_header(std::string_view text) {
  return made_of(text, {kSmall, kCapital, kDigit, "_./+-"}) && text[0] != '/' && text.find("..") == text.npos;
}

bool is_contract(std::string_view text) {
  constexpr std::string_view kFolder = "kiln/kernels/", kEnd = ".hpp";
  return text.starts_with(kFolder) && text.ends_with(kEnd) && text.size() > kFolder.size() + kEnd.size() &&
         is_id(text.substr(kFolder.size(), text.size() - kFolder.size() - kEnd.size()));
}

bool is_type(std::string_view text) { return text.starts_with("kiln::") && is_identifier(text.substr(6)); }

bool is_test(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != text.npos && is_identifier(text.substr(0, dot)) &&
         made_of(text.substr(dot + 1), {kSmall, kCapital, kDigit, "_/"});
}

}  // namespace

const Pattern kModuleId{is_module_id, "two digits, '_' and a name in small letters"};
const Pattern kId{is_id, "a name of small letters, digits and '_'"};
const Pattern kMilestone{is_milestone, "a name of small letters, digits and '-'"};
const Pattern kKernel{is_identifier, "the name of a kernel"};
const Pattern kFile{is_source_file, "a plain file name that ends in .cpp, without '/'"};
const Pattern kHeader{is_header, "a header as it is included, without '..'"};
const Pattern kContract{is_contract, "a header of the form kiln/kernels/NAME.hpp"};
const Pattern kType{is_type, "a C++ type of the form kiln::NAME"};
const Pattern kTest{is_test, "a test of the form SUITE.NAME"};

}  // namespace kiln::grader
