// Stands in for the backend `library` where there is no library.
#include "kiln/backend.hpp"

namespace {

[[maybe_unused]] const bool marked = [] {
  kiln::mark_unavailable("library",
                         "OpenBLAS was not found when this tree was configured; `tools/setup --peers` installs it, then "
                         "`meson setup --reconfigure build` finds it");
  return true;
}();

}  // namespace
