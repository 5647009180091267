// A temporary folder, files in it as a test wants them, and an environment variable for a while.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace kiln::data {

using Bytes = std::vector<std::uint8_t>;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kiln-data-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }
  std::filesystem::path write(const std::string& name, const Bytes& content) const {
    return write(name, std::string(content.begin(), content.end()));
  }

 private:
  std::filesystem::path path_;
};

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
