// Toolchain: the compiler, flags, headers and prebuilt files with which every submission becomes a worker.
// The build writes it as JSON, so that the grader compiles exactly as the reference was compiled.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace kiln::grader {

struct Toolchain {
  std::vector<std::string> compiler;             ///< command, its first word an absolute path; no compiler cache
  std::string version;                           ///< name and version, for the receipt
  std::vector<std::string> kernel_flags;         ///< the reference's own
  std::vector<std::string> include_directories;  ///< host paths of the public headers, and of nothing else
  std::vector<std::string> link;                 ///< in order: flags begin with '-', all else is the host path of a
                                                 ///< prebuilt object or whole (not thin) archive; a submission's
                                                 ///< objects come behind the leading objects
  std::vector<std::string> link_mode = {"-static"};  ///< how a worker is linked; the worker's root is empty
  std::string symbol_lister = "/usr/bin/nm";
  std::vector<std::string> system;  ///< host paths that the compiler needs beside /usr ("/opt/gcc-14")
};

/// Throws nlohmann::json::exception where a key is missing or of the wrong type.
void from_json(const nlohmann::json& json, Toolchain& toolchain);
void to_json(nlohmann::json& json, const Toolchain& toolchain);

/// The toolchain in a file: the whole object, or the one under the key "toolchain". Relative paths count from the
/// file's directory. Where it cannot be had, `problem` says what was wrong where.
struct ToolchainFile {
  std::optional<Toolchain> toolchain;
  std::string problem;
};
ToolchainFile load_toolchain(const std::filesystem::path& path);

}  // namespace kiln::grader
