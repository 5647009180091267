// A roster, as a learning platform exported it or somebody typed it.
#include <set>

#include "grader/book/roster.hpp"
#include "grader/tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln::grader;
  using kiln::fuzz::demand;
  const auto roster = parse_roster({reinterpret_cast<const char*>(data), size}, "roster.csv");
  if (!roster) {
    demand(!roster.error().empty(), "an error has words");
    return 0;
  }
  std::set<std::string> ids;
  const auto plain = [](const std::string& field) {
    return std::none_of(field.begin(), field.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  };
  for (const Student& student : roster->students) {
    demand(!student.id.empty() && ids.insert(student.id).second, "an id is there, and unique");
    demand(plain(student.id) && plain(student.name) && plain(student.group) && plain(student.email),
           "no field holds control characters");
  }
  for (const std::string& problem : roster->problems) demand(!problem.empty(), "a problem has words");
  return 0;
}
