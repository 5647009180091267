// Reading the runtime's reports, GCC's and LLVM's alike, line by line.
#include "grader/judge/sanitizer_report.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <vector>

namespace kiln::grader {
namespace {

using Kind = SanitizerReport::Kind;

constexpr std::size_t kTextBytes = 4000;
constexpr std::string_view kAddress = "ERROR: AddressSanitizer: ", kThread = "WARNING: ThreadSanitizer: ",
                           kUndefined = ": runtime error: ";

/// Kinds that tell of too little memory, of which a sanitizer takes the most.
constexpr std::string_view kExhausted[] = {"hard rss limit exhausted", "AddressSanitizer: out-of-memory",
                                           "AddressSanitizer: allocation-size-too-big",
                                           "AddressSanitizer: rss-limit-exceeded", "Sanitizer failed to allocate"};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Takes ":12" or ":12:5" off the end of `path` and returns the line; 0 where there is none.
int take_line(std::string_view& path) {
  int line = 0;
  for (int part = 0; part < 2; ++part) {
    const std::size_t colon = path.rfind(':');
    if (colon == std::string_view::npos) break;
    int number = 0;
    const std::string_view digits = path.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) break;
    line = number;
    path = path.substr(0, colon);
  }
  return line;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// "kiln::student::(anonymous namespace)::dot<float>(float const*)" becomes "dot".
std::string short_name(std::string_view function) {
  std::string name(function);
  for (std::string_view part : {"(anonymous namespace)::", "kiln::student::", "kiln::impl::"})
    for (std::size_t at; (at = name.find(part)) != std::string::npos;) name.erase(at, part.size());
  if (name.starts_with("operator")) return name.substr(0, std::min<std::size_t>(name.find_first_of("( /", 10), 200));
  name.resize(std::min(name.find_first_of("(<"), name.size()));
  // No function's name is a path, or this long: a kernel printed it.
  return name.substr(name.rfind('/') + 1, 200);
}

struct Frame {
  std::string function;
  std::string_view file;  ///< without its folder
  int line = 0;
};

/// "#1 0x55 in FUNCTION PATH:LINE", or ThreadSanitizer's "#1 FUNCTION PATH:LINE (worker+0x55)". False for other lines.
bool read_frame(std::string_view text, Frame& frame) {
  text = trim(text);
  if (!text.starts_with('#') || text.size() < 2 || !std::isdigit(static_cast<unsigned char>(text[1]))) return false;
  text = trim(text.substr(std::min(text.find(' '), text.size())));
  if (text.starts_with("0x")) {
    const std::size_t in = text.find(" in ");
    if (in == std::string_view::npos) return true;
    text.remove_prefix(in + 4);
  }
  // Take off the module, whose file may be "(deleted)".
  if (const std::size_t offset = text.rfind("+0x"); offset != std::string_view::npos && text.ends_with(')')) {
    std::string_view before = text.substr(0, offset);
    if (before.ends_with(" (deleted)")) before.remove_suffix(10);
    text = trim(text.substr(0, std::min(before.rfind('('), before.size())));
  }
  const std::size_t space = text.rfind(' ');
  std::string_view path = space == std::string_view::npos ? text : text.substr(space + 1);
  frame.line = take_line(path);
  if (frame.line == 0) return true;
  frame.file = base_name(path);
  frame.function = space == std::string_view::npos ? "" : short_name(text.substr(0, space));
  return true;
}

/// Without hexadecimal numbers and what leads up to them, and with the names of files in place of paths.
std::string without_places(std::string_view line) {
  std::string text;
  while (!line.empty()) {
    const std::size_t space = line.find_first_not_of(' ');
    const std::size_t begin = std::min(space, line.size());
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    std::string_view word = line.substr(begin, end - begin);
    if (has(word, "0x")) {
      if (text.ends_with(" at")) text.resize(text.size() - 3);
    } else {
      if (has(word, "/") && word.size() > 1) word = base_name(word);
      text += std::string(line.substr(0, begin)) + std::string(word);
    }
    line.remove_prefix(end);
  }
  while (text.ends_with(' ') || text.ends_with(',')) text.pop_back();
  return text.find_first_not_of(" \t\r") == std::string::npos ? "" : text;
}

/// A line beside the frames that says something to a student, fit to show; "" for all others.
std::string worth_showing(std::string_view line) {
  const std::string_view text = trim(line);
  if (const std::size_t located = text.find(" is located ");
      text.starts_with("0x") && located != std::string_view::npos)
    return "the address" + without_places(text.substr(located));
  for (std::string_view start : {"READ of size", "WRITE of size", "Read of size", "Write of size", "Previous read",
                                 "Previous write", "Atomic", "Previous atomic", "freed by", "previously allocated by",
                                 "allocated by", "This frame has", "Thread T", "Mutex M", "Location is", "As if"})
    if (text.starts_with(start)) return without_places(text);
  // A variable of the frame: [32, 48) 'sums' (line 7) <== Memory access at offset 48 overflows this variable
  if (text.starts_with('[') && has(text, "<== ")) return "  " + without_places(text);
  return "";
}

/// "READ of size 4" of the first access; "" where the report names none.
std::string access_of(const std::vector<std::string_view>& lines) {
  for (std::string_view line : lines) {
    const std::string_view text = trim(line);
    for (std::string_view start : {"READ of size ", "WRITE of size ", "Read of size ", "Write of size "})
      if (text.starts_with(start)) {
        const std::size_t end = text.find_first_not_of("0123456789", start.size());
        return std::string(text.substr(0, end));
      }
    for (std::string_view access : {"WRITE", "READ"})
      if (has(text, "signal is caused by a " + std::string(access) + " memory access")) return std::string(access);
  }
  return "";
}

/// AddressSanitizer's name for the error: the summary's, which is one word where the headline may be a sentence.
std::string kind_of_address(const std::vector<std::string_view>& lines) {
  constexpr std::string_view kSummary = "SUMMARY: AddressSanitizer: ";
  std::string_view words = lines.front().substr(lines.front().find(kAddress) + kAddress.size());
  for (std::string_view line : lines)
    if (line.starts_with(kSummary)) words = line.substr(kSummary.size());
  const std::string_view word = words.substr(0, words.find(' '));
  if (word == "SEGV") return "SEGV, memory that is not its own";
  if (word == "ABRT") return "abort";
  if (word == "FPE") return "division by zero";
  const std::string kind = without_places(word.substr(0, 60));
  return kind.empty() ? "memory error" : kind;
}

/// What was found, from the report's first line and its access.
void name_finding(const std::vector<std::string_view>& lines, Finding& finding) {
  const std::string_view head = lines.front();
  if (const std::size_t at = head.find(kUndefined); at != std::string_view::npos) {
    finding.sanitizer = "undefined";
    finding.what = without_places(head.substr(at + kUndefined.size())).substr(0, 300);
    if (finding.what.empty()) finding.what = "undefined behaviour";
    return;
  }
  const bool thread = has(head, kThread);
  finding.sanitizer = thread ? "thread" : "address";
  finding.what = kind_of_address(lines);
  if (thread) {
    const std::string_view words = head.substr(head.find(kThread) + kThread.size());
    finding.what = without_places(words.substr(0, std::min<std::size_t>(words.find(" (pid="), 60)));
    if (finding.what.empty()) finding.what = "data race";
  }
  if (const std::string access = access_of(lines); !access.empty()) finding.what += ": " + access;
}

/// Fills place and text from the frames. Whether one of them lies in `file`.
bool place_finding(const std::vector<std::string_view>& lines, std::string_view file, Finding& finding) {
  bool placed = false;
  const auto add = [&](const std::string& line) {
    if (!line.empty() && finding.text.size() + line.size() < kTextBytes) finding.text += line + '\n';
  };
  const auto place = [&](const Frame& frame) {
    if (!placed) finding.line = frame.line;
    if (finding.function.empty()) finding.function = frame.function;
    placed = true;
  };
  add(finding.what);
  // The undefined-behaviour sanitizer's own place is exact, where it lies in the file.
  if (const std::size_t at = lines.front().find(kUndefined); at != std::string_view::npos) {
    std::string_view path = lines.front().substr(0, at);
    const int line = take_line(path);
    if (line > 0 && base_name(path) == file) place({"", base_name(path), line});
  }
  for (std::string_view line : lines) {
    Frame frame;
    if (!read_frame(line, frame)) {
      add(worth_showing(line));
    } else if (frame.line > 0 && frame.file == file) {
      place(frame);
      add("    " + std::string(file) + ":" + std::to_string(frame.line) +
          (frame.function.empty() ? "" : " in " + frame.function));
    }
  }
  return placed;
}

bool is_head(std::string_view line) { return has(line, kAddress) || has(line, kThread) || has(line, kUndefined); }

}  // namespace

SanitizerReport read_sanitizer_report(std::string_view output, std::string_view file) {
  SanitizerReport report;
  for (std::string_view words : kExhausted)
    if (has(output, words)) report.kind = Kind::exhausted;
  if (report.kind == Kind::exhausted) return report;

  // The runtime ends the process at its first report, so whatever stands before the last headline is the kernel's.
  std::vector<std::string_view> lines = lines_of(output);
  const auto last = std::find_if(lines.rbegin(), lines.rend(), is_head);
  if (last == lines.rend()) {
    for (std::string_view line : lines)
      if (has(line, "Sanitizer")) {
        report.kind = Kind::unable;
        report.finding.text = without_places(trim(line)).substr(0, 300);
        break;
      }
    return report;
  }
  lines.erase(lines.begin(), last.base() - 1);
  const auto summary =
      std::find_if(lines.begin(), lines.end(), [](auto line) { return line.starts_with("SUMMARY: "); });
  if (summary != lines.end()) lines.erase(summary + 1, lines.end());

  report.finding.file = file;
  name_finding(lines, report.finding);
  report.kind = place_finding(lines, file, report.finding) ? Kind::finding : Kind::foreign;
  return report;
}

}  // namespace kiln::grader
