// Files as bytes, unpacked where gzip packed them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace kiln::data::detail {

/// The whole file. Error(invalid_argument) with its path where it cannot be read.
std::string read_text(const std::filesystem::path& path);

/// The same; a file that gzip packed is unpacked. The error says so where it is cut short or damaged.
std::vector<std::uint8_t> read_unpacked(const std::filesystem::path& path);

}  // namespace kiln::data::detail
