// The contract of an object file: which global symbols a submission may define, and which it may ask for.
// One global name too many could replace a library's function for every other exercise in the worker; an indirect
// function, global or not, would run before the judge is ready.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grader/build/header_names.hpp"

namespace kiln::grader {

/// One line of `nm -P`.
struct Symbol {
  std::string name;  ///< as the linker sees it
  char type = '?';   ///< nm's letter: U, w and v are undefined
};

/// Reads the lister's output. False where a line is none of its making.
bool parse_symbols(std::string_view listing, std::vector<Symbol>& symbols);

/// What one file may define. Of its own kernels it may lack any, as long as it does not call them.
struct Contract {
  std::string file;                  ///< its name, for messages
  std::vector<std::string> kernels;  ///< what it may define in kiln::student
  Names headers;                     ///< names in kiln:: of which it may carry inline copies: see header_names()
  bool sanitized = false;            ///< it is compiled with sanitizers, and calls what the compiler put in for them
  Names libraries = {};              ///< namespaces of allowed header-only libraries, of which the same goes: "xsimd"
};

/// What breaks the contract, one sentence each; empty where nothing does.
std::vector<std::string> contract_breaches(const std::vector<Symbol>& symbols, const Contract& contract);

}  // namespace kiln::grader
