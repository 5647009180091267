// What a stub does when it is called after all, and the list of those that this program holds.
#include "kiln/kernels/contract.hpp"

#include "kiln/resolve.hpp"

// The linker makes both symbols where some object has the section, and leaves them null where none has.
extern "C" {
[[gnu::weak, gnu::visibility("hidden")]] extern const kiln::StubRecord* const __start_kiln_stubs[];
[[gnu::weak, gnu::visibility("hidden")]] extern const kiln::StubRecord* const __stop_kiln_stubs[];
}

namespace kiln {

std::string location(const StubRecord& record) {
  std::string_view file = record.file;
  // Start at the course's own folder: what lies before it is where somebody happened to build.
  if (const auto modules = file.rfind("modules/"); modules != file.npos) file.remove_prefix(modules);
  return std::string(file) + ":" + std::to_string(record.line);
}

void throw_stub(const StubRecord& record) {
  throw Error(ErrorKind::stub, std::string(record.kernel) + " is not written yet (" + location(record) + ")");
}

StubList linked_stubs() {
  const StubRecord* const* first = __start_kiln_stubs;
  const StubRecord* const* last = __stop_kiln_stubs;
  return first == nullptr ? StubList() : StubList(first, last);
}

}  // namespace kiln
