// Reading through zlib, which passes on what is not packed.
#include "data/gzip.hpp"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "data/text.hpp"

namespace kiln::data::detail {
namespace {

struct Close {
  void operator()(gzFile file) const { gzclose_r(file); }
};
using File = std::unique_ptr<gzFile_s, Close>;

/// zlib's own words begin with the path.
void require_well(gzFile file, const std::filesystem::path& path) {
  int number = Z_OK;
  const char* words = gzerror(file, &number);
  if (number == Z_BUF_ERROR) refuse(path.string() + ": the file was packed by gzip and is cut short");
  if (number == Z_ERRNO) refuse(path.string() + ": " + std::strerror(errno));
  if (number == Z_MEM_ERROR) throw Error(ErrorKind::memory, path.string() + ": no memory to unpack it");
  if (number != Z_OK && number != Z_STREAM_END)
    refuse(std::string(words) + ": the file was packed by gzip and is damaged");
}

}  // namespace

std::string read_text(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) refuse(path.string() + " cannot be read: it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file) refuse(path.string() + " cannot be read: " + std::strerror(errno));
  return text;
}

std::vector<std::uint8_t> read_unpacked(const std::filesystem::path& path) {
  errno = 0;
  const File file(gzopen(path.c_str(), "rb"));
  if (file == nullptr) refuse(path.string() + " cannot be read: " + std::strerror(errno == 0 ? ENOMEM : errno));
  constexpr std::size_t kStep = std::size_t{1} << 20;
  std::vector<std::uint8_t> bytes;
  for (std::size_t used = 0;;) {
    bytes.resize(used + kStep);
    const int count = gzread(file.get(), bytes.data() + used, static_cast<unsigned>(kStep));
    if (count > 0) used += static_cast<std::size_t>(count);
    if (count == static_cast<int>(kStep)) continue;
    // Less than was asked for is the end, or an error.
    require_well(file.get(), path);
    bytes.resize(used);
    return bytes;
  }
}

}  // namespace kiln::data::detail
