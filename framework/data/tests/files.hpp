// Data files as a test wants them, and an environment variable for a while.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "folder.hpp"

namespace kiln::data {

using Bytes = std::vector<std::uint8_t>;

class WithKilnData {
 public:
  explicit WithKilnData(const std::filesystem::path& folder) { setenv("KILN_DATA", folder.c_str(), 1); }
  ~WithKilnData() { unsetenv("KILN_DATA"); }
  WithKilnData(const WithKilnData&) = delete;
  WithKilnData& operator=(const WithKilnData&) = delete;
};

/// An IDX file of bytes: big-endian extents, then `elements`.
inline Bytes idx(const std::vector<std::uint32_t>& extents, const Bytes& elements) {
  Bytes bytes{0, 0, 0x08, static_cast<std::uint8_t>(extents.size())};
  for (std::uint32_t extent : extents)
    for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(extent >> shift));
  bytes.insert(bytes.end(), elements.begin(), elements.end());
  return bytes;
}

/// What gzip would write.
inline Bytes packed(const Bytes& plain) {
  const Folder folder;
  const auto path = folder.path() / "packed.gz";
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, plain.data(), static_cast<unsigned>(plain.size()));
  gzclose(file);
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

/// Without the last `count` bytes.
inline Bytes shortened(Bytes bytes, std::size_t count) {
  bytes.resize(bytes.size() - count);
  return bytes;
}

}  // namespace kiln::data
