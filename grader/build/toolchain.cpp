// Reading and writing a toolchain.
#include "grader/build/toolchain.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

namespace kiln::grader {

void from_json(const nlohmann::json& json, Toolchain& toolchain) {
  json.at("compiler").get_to(toolchain.compiler);
  toolchain.version = json.value("version", "");
  json.at("kernel_flags").get_to(toolchain.kernel_flags);
  json.at("include_directories").get_to(toolchain.include_directories);
  json.at("link").get_to(toolchain.link);
  toolchain.symbol_lister = json.value("symbol_lister", toolchain.symbol_lister);
  toolchain.system = json.value("system", std::vector<std::string>{});
}

void to_json(nlohmann::json& json, const Toolchain& toolchain) {
  json = {{"compiler", toolchain.compiler},
          {"version", toolchain.version},
          {"kernel_flags", toolchain.kernel_flags},
          {"include_directories", toolchain.include_directories},
          {"link", toolchain.link},
          {"symbol_lister", toolchain.symbol_lister},
          {"system", toolchain.system}};
}

namespace {

bool is_thin_archive(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char magic[7] = {};
  return file.read(magic, sizeof magic) && std::string_view(magic, sizeof magic) == "!<thin>";
}

}  // namespace

ToolchainFile load_toolchain(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) return {std::nullopt, path.string() + ": cannot be read; build the course first"};
  try {
    const nlohmann::json json = nlohmann::json::parse(file);
    Toolchain toolchain = json.contains("toolchain") ? json.at("toolchain") : json;
    if (toolchain.compiler.empty()) return {std::nullopt, path.string() + ": `compiler` is empty, expected a command"};
    const auto folder = std::filesystem::absolute(path).parent_path();
    for (std::string& directory : toolchain.include_directories) directory = (folder / directory).lexically_normal();
    for (std::string& word : toolchain.link) {
      if (word.starts_with('-')) continue;
      word = (folder / word).lexically_normal();
      if (is_thin_archive(word))
        return {std::nullopt, word +
                                  ": a thin archive holds paths of objects that the box does not see, expected a "
                                  "whole archive; Meson writes one for a library that is installed"};
    }
    return {std::move(toolchain), ""};
  } catch (const nlohmann::json::exception& error) {
    return {std::nullopt, path.string() + ": not a toolchain: " + error.what()};
  }
}

}  // namespace kiln::grader
