// The rule that says who answers a slot, and the words of its report.
#include "kiln/resolve.hpp"

#include <algorithm>
#include <array>

#include "kiln/check.hpp"

namespace kiln {
namespace {

std::string_view explain(Reason reason) {
  switch (reason) {
    case Reason::written: return "written";
    case Reason::stub: return "still a stub";
    case Reason::no_definition: return "no definition";
    case Reason::override_: return "asked for by override";
    case Reason::own: return "its own";
  }
  return "unknown";
}

void append_row(std::string& text, const std::array<std::string, 4>& cells, const std::array<std::size_t, 3>& widths) {
  for (std::size_t i = 0; i < widths.size(); ++i) {
    text += cells[i];
    text.append(widths[i] - cells[i].size() + 2, ' ');
  }
  text += cells[3] + '\n';
}

}  // namespace

std::string_view to_string(Answer answer) {
  switch (answer) {
    case Answer::student: return "student";
    case Answer::reference: return "reference";
    case Answer::missing: return "missing";
  }
  return "unknown";
}

Override parse_override(std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view kernel = text.substr(0, equals);
  const std::string_view answer = equals == text.npos ? std::string_view() : text.substr(equals + 1);
  if (!kernel.empty() && answer == "student") return {std::string(kernel), Answer::student};
  if (!kernel.empty() && answer == "reference") return {std::string(kernel), Answer::reference};
  throw Error(ErrorKind::invalid_argument, "override \"" + std::string(text) +
                                               "\": expected KERNEL=student or KERNEL=reference, as in "
                                               "matmul=reference");
}

void require_known(std::span<const Override> overrides, std::span<const SlotReport> reports) {
  for (const Override& override : overrides) {
    const bool known =
        std::ranges::any_of(reports, [&](const SlotReport& slot) { return slot.kernel == override.kernel; });
    if (known) continue;
    std::string names;
    for (const SlotReport& slot : reports) names += (names.empty() ? "" : ", ") + slot.kernel;
    throw Error(ErrorKind::invalid_argument,
                "override of \"" + override.kernel + "\": there is no such kernel; known are " + names);
  }
}

std::string format_report(std::span<const SlotReport> reports) {
  std::vector<std::array<std::string, 4>> rows{{"family", "kernel", "answered by", "why"}};
  std::array<int, 3> counts{};
  for (const SlotReport& slot : reports) {
    std::string why(explain(slot.reason));
    if (!slot.where.empty()) why += " (" + slot.where + ")";
    rows.push_back({slot.family, slot.kernel, std::string(to_string(slot.answer)), why});
    ++counts[static_cast<std::size_t>(slot.answer)];
  }
  std::array<std::size_t, 3> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) append_row(text, row, widths);
  return text + std::to_string(counts[0]) + " student, " + std::to_string(counts[1]) + " reference, " +
         std::to_string(counts[2]) + " missing\n";
}

namespace detail {

Decision decide(std::string_view kernel, bool student_has, bool reference_has, StubList stubs,
                std::span<const Override> overrides) {
  const auto stub =
      std::ranges::find_if(stubs, [&](const StubRecord* record) { return std::string_view(record->kernel) == kernel; });
  const bool is_stub = student_has && stub != stubs.end();
  const Answer from_reference = reference_has ? Answer::reference : Answer::missing;
  // The last override counts, as the last option on a command line does.
  for (auto override = overrides.rbegin(); override != overrides.rend(); ++override) {
    if (override->kernel != kernel) continue;
    if (override->answer == Answer::reference) return {from_reference, Reason::override_, nullptr};
    return {student_has ? Answer::student : Answer::missing, Reason::override_, is_stub ? *stub : nullptr};
  }
  if (is_stub) {
    // Without a reference the stub itself answers: its words name the file to write.
    return {reference_has ? Answer::reference : Answer::student, Reason::stub, *stub};
  }
  if (student_has) return {Answer::student, Reason::written, nullptr};
  return {from_reference, Reason::no_definition, nullptr};
}

void throw_missing(const char* family, const char* kernel) {
  throw Error(ErrorKind::missing, std::string(kernel) + " has no definition: neither the backend in use nor the " +
                                      "reference defines this kernel of the family " + family);
}

}  // namespace detail
}  // namespace kiln
