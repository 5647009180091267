// Words around errors, for this folder's files.
#pragma once

#include <string>

#include "kiln/error.hpp"

namespace kiln::data::detail {

[[noreturn]] inline void refuse(const std::string& message) { throw Error(ErrorKind::invalid_argument, message); }

/// Runs `body`; an Error leaves with `what` before its own words, and of the same kind.
template <class Body>
auto naming(const std::string& what, Body body) {
  try {
    return body();
  } catch (const Error& error) {
    throw Error(error.kind(), what + ": " + error.what());
  }
}

}  // namespace kiln::data::detail
