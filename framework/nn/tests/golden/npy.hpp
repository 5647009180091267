// Reading .npy files: the only thing here that needs xtensor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "testing/array64.hpp"

namespace kiln::golden {

/// The elements of a file of float32 or of float64, in row-major order. Error(invalid_argument), with the file's path,
/// where it is missing, cut off, or of another type.
testing::Array64 read_float32(const std::filesystem::path& file);
testing::Array64 read_float64(const std::filesystem::path& file);

/// Of a file of int32, of rank 1.
std::vector<std::int32_t> read_int32(const std::filesystem::path& file);

}  // namespace kiln::golden
