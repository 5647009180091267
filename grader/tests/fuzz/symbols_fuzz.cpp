// A listing of an object's symbols. Its author chooses every name, and the names are judged outside of the sandbox:
// the answer must come soon, be short, and hold a breach for each global symbol that is not one of the file's kernels.
#include "grader/build/symbols.hpp"
#include "grader/tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln::grader;
  using kiln::fuzz::demand;
  static const Contract contract{"matmul.cpp", {"matmul", "batched_matmul"}, {"Shape", "Error", "rank"}};
  std::vector<Symbol> symbols;
  if (!parse_symbols({reinterpret_cast<const char*>(data), size}, symbols)) return 0;
  std::size_t defined = 0;
  for (const Symbol& symbol : symbols) {
    demand(symbol.name.size() <= size, "a name is part of the listing");
    const std::vector<std::string> breaches = contract_breaches({symbol}, contract);
    demand(breaches.size() <= 1, "a symbol is one breach at most");
    const bool strong = std::string_view("TDBRSGA").find(symbol.type) != std::string_view::npos;
    const bool kernel = symbol.name.starts_with("_ZN4kiln7student");
    demand(!strong || kernel || breaches.size() == 1, "a strong global symbol outside of the contract is a breach");
    for (const std::string& breach : breaches) demand(breach.size() < 4096, "a breach is a sentence");
    defined += breaches.size();
  }
  demand(contract_breaches(symbols, contract).size() == defined, "symbols are judged one by one");
  return 0;
}
