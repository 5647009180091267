// .npy through xtensor, with the file's name in every complaint.
#include "npy.hpp"

#include <fstream>
#include <xtensor/xarray.hpp>
#include <xtensor/xnpy.hpp>

#include "kiln/error.hpp"

namespace kiln::golden {

namespace {

template <class T>
xt::xarray<T> read(const std::filesystem::path& file) {
  const auto fail = [&](const std::string& why) {
    return Error(ErrorKind::invalid_argument, "golden data: " + file.string() + " " + why);
  };
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw fail("cannot be read; remake it with tools/golden, or take it from the repository");
  try {
    xt::xarray<T> array = xt::load_npy<T>(stream);
    if (!stream) throw std::runtime_error("the file ends too early");
    return array;
  } catch (const std::exception& error) {
    throw fail(std::string("is not the .npy file that was expected: ") + error.what());
  }
}

template <class T>
testing::Array64 as_array64(const xt::xarray<T>& array) {
  Shape shape;
  for (const auto extent : array.shape()) shape.push_back(static_cast<std::int64_t>(extent));
  testing::Array64 result(shape);
  std::copy(array.cbegin(), array.cend(), result.values.begin());
  return result;
}

}  // namespace

testing::Array64 read_float32(const std::filesystem::path& file) { return as_array64(read<float>(file)); }
testing::Array64 read_float64(const std::filesystem::path& file) { return as_array64(read<double>(file)); }

std::vector<std::int32_t> read_int32(const std::filesystem::path& file) {
  const auto array = read<std::int32_t>(file);
  return {array.cbegin(), array.cend()};
}

}  // namespace kiln::golden
