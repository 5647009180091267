// Decides by the mangled name who owns a symbol (Itanium C++ ABI, section 5.1), and words the breaches.
#include "grader/build/symbols.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <sstream>

namespace kiln::grader {
namespace {

constexpr std::string_view kOthers[] = {"reference", "naive", "optimized", "library"};

/// Names that are longer, or refer back to parts of themselves more often, are not spelled out: each reference may
/// double the text, and 275 bytes are enough for four gigabytes.
constexpr std::size_t kLongestSpelled = 256, kMostReferences = 8;
constexpr std::size_t kLongestShown = 300;

bool consume(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// What a mangled name says without being spelled out: "kiln", "student", "matmul", up to the first part that is no
/// plain identifier.
struct Path {
  std::vector<std::string_view> parts;
  bool whole = false;         ///< nothing follows but parameters
  bool local = false;         ///< something inside the function that the parts name
  bool const_member = false;  ///< const or volatile, which only a class's member function is

  bool is_in(std::string_view implementation) const {
    return parts.size() >= 2 && parts[0] == "kiln" && parts[1] == implementation;
  }
  std::string text() const {
    std::string joined;
    for (const std::string_view part : parts) joined += (joined.empty() ? "" : "::") + std::string(part);
    return joined;
  }
};

Path path_of(std::string_view name) {
  Path path;
  if (!consume(name, "_Z")) return path;
  while (consume(name, "Z")) path.local = true;
  const bool nested = consume(name, "N");
  while (nested && (consume(name, "K") || consume(name, "V") || consume(name, "r"))) path.const_member = true;
  do {
    std::size_t length = 0;
    const auto [digits_end, error] = std::from_chars(name.data(), name.data() + name.size(), length);
    const auto digits = static_cast<std::size_t>(digits_end - name.data());
    if (error != std::errc() || length > name.size() - digits) return path;
    path.parts.push_back(name.substr(digits, length));
    name.remove_prefix(digits + length);
  } while (nested && !name.starts_with('E'));
  path.whole = nested || !name.starts_with('I');
  return path;
}

std::string clipped(std::string words) {
  return words.size() <= kLongestShown ? words : words.substr(0, kLongestShown) + "...";
}

/// How a symbol is shown: spelled out where that is short, else by its path or as it stands.
std::string words_of(const std::string& name) {
  // Back references are S_, S0_, ... and T_, T0_, ...; an underscore ends each.
  const auto references = static_cast<std::size_t>(std::count(name.begin(), name.end(), '_'));
  std::string words;
  if (name.size() <= kLongestSpelled && references <= kMostReferences) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                           &std::free);
    words = status == 0 ? text.get() : name;
  } else {
    words = path_of(name).text();
    if (words.empty()) words = name;
  }
  return clipped(std::move(words));
}

/// The mangled component at the start of `text`, a length and that many letters; "" for what has no length: an
/// operator.
std::string_view first_component(std::string_view text) {
  std::size_t length = 0;
  const auto [digits_end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc()) return {};
  text.remove_prefix(static_cast<std::size_t>(digits_end - text.data()));
  return text.substr(0, length);
}

/// Whether what follows `kiln` is one of `headers` and no implementation's namespace, or an operator.
bool is_header_name(std::string_view text, const Names& headers) {
  const std::string_view component = first_component(text);
  return component.empty() || (component != "student" && component != "reference" && headers.contains(component));
}

/// Whether a mangled name belongs to the C++ library, to the framework's headers or to an allowed library's namespace,
/// of which any object may carry inline functions and template instances.
bool is_from_headers(std::string_view name, const Contract& contract) {
  if (name.starts_with("DW.ref.") || name == "__clang_call_terminate") return true;
  if (!consume(name, "_Z")) return false;
  // Step over what the symbol is: virtual table, type information and its name, guard, temporary, local entity.
  bool type_information = false;
  for (bool more = true; more;) {
    type_information = type_information || name.starts_with("TI") || name.starts_with("TS");
    more = consume(name, "TV") || consume(name, "TI") || consume(name, "TS") || consume(name, "TT") ||
           consume(name, "GV") || consume(name, "GR") || consume(name, "Z");
  }
  // Type information of a pointer, function or array is compiler-made.
  if (type_information && (name.starts_with('P') || name.starts_with('F') || name.starts_with('A'))) return true;
  const bool nested = consume(name, "N");
  if (nested)
    while (consume(name, "K") || consume(name, "V") || consume(name, "r") || consume(name, "R") || consume(name, "O")) {
    }
  // St is std; Sa, Sb, Ss, Si, So, Sd abbreviate its strings and streams.
  if (name.size() >= 2 && name[0] == 'S' && std::string_view("tabsiod").find(name[1]) != std::string_view::npos)
    return true;
  if (name.starts_with("9__gnu_cxx") || name.starts_with("10__cxxabiv1")) return true;
  if (nested && contract.libraries.contains(first_component(name))) return true;
  return consume(name, "4kiln") && is_header_name(name, contract.headers);
}

/// The sanitizers' runtime: what switches them off is nothing that a kernel calls.
bool is_sanitizers(std::string_view name) {
  for (std::string_view prefix :
       {"__asan_", "__ubsan_", "__tsan_", "__lsan_", "__sanitizer_", "__interceptor_", "___interceptor_"})
    if (name.starts_with(prefix)) return true;
  return false;
}

/// What the compiler itself puts in: checks, reports, registrations.
bool is_instrumentation(std::string_view name) {
  if (name.find("_memory_region") != std::string_view::npos) return false;
  return name.starts_with("__asan_") || name.starts_with("__ubsan_") || name.starts_with("__tsan_");
}

/// What no other object sees: letters in lower case, apart from those of unique and weak symbols.
bool is_local(const Symbol& symbol) {
  return symbol.type >= 'a' && symbol.type <= 'z' &&
         std::string_view("uvwi").find(symbol.type) == std::string_view::npos;
}

bool is_undefined(const Symbol& symbol) { return symbol.type == 'U' || symbol.type == 'w' || symbol.type == 'v'; }

/// Weak and unique symbols are merged with their equals, not put in their place.
bool is_merged(const Symbol& symbol) { return symbol.type == 'W' || symbol.type == 'V' || symbol.type == 'u'; }

std::string kind_of(const Symbol& symbol) {
  return std::string_view("TWi").find(symbol.type) != std::string_view::npos ? "function" : "variable";
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// The kernel that a path in kiln::student names; "" for anything else in there.
std::string kernel_of(const Path& path) {
  return path.parts.size() == 3 && path.whole && !path.const_member ? std::string(path.parts[2]) : "";
}

/// A sentence on a symbol that the file defines; "" where it may.
std::string judge_definition(const Symbol& symbol, const Contract& contract) {
  const std::string& file = contract.file;
  const std::vector<std::string>& kernels = contract.kernels;
  const Path path = path_of(symbol.name);
  if (path.is_in("student")) {
    const bool own = !path.local || is_merged(symbol);
    if (own && std::find(kernels.begin(), kernels.end(), kernel_of(path)) != kernels.end()) return "";
    return file + " defines `" + words_of(symbol.name) + "`, which is none of its kernels (" + join(kernels) +
           "): put helpers into an unnamed namespace";
  }
  if (is_merged(symbol) && is_from_headers(symbol.name, contract)) return "";
  return file + " defines the global " + kind_of(symbol) + " `" + words_of(symbol.name) +
         "`: put helpers into an unnamed namespace";
}

/// A sentence on a symbol that the file asks for; "" where it may.
std::string judge_reference(const Symbol& symbol, const Contract& contract) {
  const std::string& file = contract.file;
  const std::vector<std::string>& kernels = contract.kernels;
  const Path path = path_of(symbol.name);
  for (std::string_view other : kOthers)
    if (path.is_in(other)) return file + " uses `" + clipped(path.text()) + "`: a submission does its own work";
  if (is_sanitizers(symbol.name) && !(contract.sanitized && is_instrumentation(symbol.name)))
    return file + " uses `" + words_of(symbol.name) + "`: a kernel leaves the sanitizers alone";
  if (!path.is_in("student")) return "";
  const std::string kernel = clipped(kernel_of(path));
  if (kernel.empty()) return file + " calls `" + words_of(symbol.name) + "`, which it does not define";
  if (std::find(kernels.begin(), kernels.end(), kernel) != kernels.end())
    return file + " calls `" + kernel + "`, which it declares but does not define";
  return file + " calls `" + kernel +
         "`, which is another exercise: one that stands earlier in the course is called as kernels<...Slots>()." +
         kernel + "(...); otherwise write what you need of it in this file, in an unnamed namespace";
}

}  // namespace

bool parse_symbols(std::string_view listing, std::vector<Symbol>& symbols) {
  const auto is_number = [](std::string_view word) {
    return !word.empty() && word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  };
  std::istringstream lines{std::string(listing)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || (line.starts_with("nm: ") && line.ends_with(": no symbols"))) continue;
    // Take words from the right, because a name may hold anything: the letter stands before value and size, before the
    // value where the size is 0, or last. A letter of something local may look like a digit.
    std::string_view rest = line, words[3];
    std::string_view before[3];
    for (int i = 0; i < 3; ++i) {
      const std::size_t end = rest.find_last_not_of(' ') + 1;
      const std::size_t begin = rest.substr(0, end).rfind(' ') + 1;
      words[i] = rest.substr(begin, end - begin);
      rest = before[i] = rest.substr(0, begin > 0 ? begin - 1 : 0);
    }
    int letter = 0;
    if (is_number(words[0])) letter = is_number(words[1]) && words[2].size() == 1 && !before[2].empty() ? 2 : 1;
    if (words[letter].size() != 1 || before[letter].empty()) return false;
    symbols.push_back({std::string(before[letter]), words[letter][0]});
  }
  return true;
}

std::vector<std::string> contract_breaches(const std::vector<Symbol>& symbols, const Contract& contract) {
  std::vector<std::string> breaches;
  for (const Symbol& symbol : symbols) {
    if (is_local(symbol)) continue;
    if (symbol.type == 'i') {
      breaches.push_back(contract.file + " defines the indirect function `" + words_of(symbol.name) +
                         "`, whose resolver would run before the judge is ready: do without `ifunc` and "
                         "`target_clones`, and choose with __builtin_cpu_supports");
      continue;
    }
    std::string breach = is_undefined(symbol) ? judge_reference(symbol, contract) : judge_definition(symbol, contract);
    if (!breach.empty()) breaches.push_back(std::move(breach));
  }
  return breaches;
}

}  // namespace kiln::grader
