// A run of tools/peers for people and for programs. The JSON's fields are described in docs/peers.md.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "peers/contest.hpp"
#include "peers/promises.hpp"
#include "speed/roofs.hpp"

namespace kiln::peers {

struct Library {
  std::string name, description;
  bool ours = false;
};

struct Run {
  std::string processor;
  double seconds = 0;  ///< a case
  std::uint64_t seed = 0;
  bool complete = true;
  std::vector<Library> libraries;
  std::vector<std::string> narrowed;  ///< NAME=value of the environment that keep a library from its fastest kernels
  std::vector<std::string> missing;   ///< peers that this program was built without
  std::vector<speed::Roofs> roofs;    ///< one a number of threads
  std::vector<Result> results;
};

nlohmann::json to_json(const Run& run);
/// Takes the file's place at once. Error(invalid_argument) where it cannot be written.
void write_json(const Run& run, const std::filesystem::path& file);

/// What takes part, and the roofs.
std::string heading(const Run& run, bool colour);
/// A case's table; `ours` of the last column is the first of Kiln's that was timed.
std::string table(const Result& result, const speed::Roofs& roofs, bool colour);
std::string table(const std::vector<Verdict>& verdicts, bool colour);

}  // namespace kiln::peers
