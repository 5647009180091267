// Digits and Fashion-MNIST: from their files to data sets. What a parser says is not taken on trust: it may be a
// student's.
#include "data/sets.hpp"

#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "data/gzip.hpp"
#include "data/text.hpp"
#include "kiln/backend.hpp"
#include "kiln/kernels/data.hpp"

namespace kiln::data {
namespace {

namespace fs = std::filesystem;
using detail::refuse;

constexpr std::int64_t kSide = 8, kDigits = 10;
constexpr const char* kFashionFiles[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                         "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};

/// "" where the variable is not set.
fs::path chosen_folder() {
  const char* folder = std::getenv("KILN_DATA");
  return folder == nullptr ? fs::path() : fs::path(folder);
}

std::string why_there() {
  return chosen_folder().empty() ? "" : " (the environment variable KILN_DATA is " + chosen_folder().string() + ")";
}

/// A label as a float, to the class that it stands for.
std::int32_t label_of(float value, std::int64_t classes, std::int64_t example) {
  if (!(value >= 0 && value < static_cast<float>(classes) && value == std::floor(value)))
    refuse("example " + std::to_string(example) + " has the label " + kiln::detail::show(value) + ", but there are " +
           std::to_string(classes) + " classes, counted from 0");
  return static_cast<std::int32_t>(value);
}

Tensor read_idx_tensor(const fs::path& path) {
  const std::vector<std::uint8_t> bytes = detail::read_unpacked(path);
  return detail::naming(path.string(), [&] {
    const DataSlots& use = kernels<DataSlots>();
    const IdxHeader header = use.parse_idx(bytes);
    KILN_REQUIRE("this IDX file is expected to hold bytes", header.type == IdxType::u8);
    // More elements than bytes: the kernel misread the extents, and memory might not suffice.
    KILN_REQUIRE("parse_idx found more elements than the file has bytes",
                 checked_elements(header.shape, "parse_idx") <= static_cast<std::int64_t>(bytes.size()));
    Tensor out(header.shape);
    use.read_idx(bytes, header, out);
    return out;
  });
}

/// (count, height, width) becomes (count, 1, height, width).
Tensor with_channels(Tensor images) {
  if (images.rank() == 4) return images;
  KILN_REQUIRE("images are (count, height, width) or (count, channels, height, width): the rank", images.rank() == 3);
  const Shape shape = images.shape();
  return Tensor::copy_of(reshape(images.data(), Shape{shape[0], 1, shape[1], shape[2]}));
}

void require_fashion_mnist(const fs::path& folder) {
  for (const char* name : kFashionFiles)
    if (!fs::exists(folder / name))
      refuse("Fashion-MNIST is not here: there is no " + (folder / name).string() + why_there() +
             ". Install it with `apt-get install dataset-fashion-mnist`, or let `tools/setup --data` do so.");
}

}  // namespace

fs::path digits_file() {
  const fs::path folder = chosen_folder();
  return (folder.empty() ? fs::path(KILN_DATA_FOLDER) : folder) / "digits.csv";
}

fs::path fashion_mnist_folder() {
  const fs::path folder = chosen_folder();
  return folder.empty() ? fs::path("/usr/share/datasets/fashion-mnist") : folder / "fashion-mnist";
}

bool has_fashion_mnist() {
  for (const char* name : kFashionFiles)
    if (!fs::exists(fashion_mnist_folder() / name)) return false;
  return true;
}

Dataset read_digits(const fs::path& csv) {
  const std::string text = detail::read_text(csv);
  return detail::naming(csv.string(), [&] {
    const CsvTable table = kernels<DataSlots>().parse_csv(text, true);
    constexpr std::int64_t kPixels = kSide * kSide;
    KILN_REQUIRE("a digit has 64 pixels and a label: the number of columns", table.columns == kPixels + 1);
    KILN_REQUIRE("parse_csv's number of values is not rows times columns",
                 static_cast<std::int64_t>(table.values.size()) == table.rows * table.columns);
    Dataset set{Tensor(Shape{table.rows, 1, kSide, kSide}), {}, kDigits, {}};
    for (std::int64_t digit = 0; digit < kDigits; ++digit) set.class_names.push_back(std::to_string(digit));
    float* to = set.images.flat().data();
    const float* row = table.values.data();
    for (std::int64_t i = 0; i < table.rows; ++i, row += kPixels + 1) {
      for (std::int64_t j = 0; j < kPixels; ++j) {
        if (!(row[j] >= 0 && row[j] <= 16))
          refuse("pixel " + std::to_string(j) + " of example " + std::to_string(i) + " is " +
                 kiln::detail::show(row[j]) + ", not from 0 to 16");
        *to++ = row[j];
      }
      set.labels.push_back(label_of(row[kPixels], kDigits, i));
    }
    return set;
  });
}

Dataset read_idx_pair(const fs::path& images, const fs::path& labels, std::int64_t classes) {
  Dataset set{detail::naming(images.string(), [&] { return with_channels(read_idx_tensor(images)); }), {}, classes, {}};
  const Tensor numbers = read_idx_tensor(labels);
  detail::naming(labels.string(), [&] {
    KILN_REQUIRE("labels are (count): the rank", numbers.rank() == 1);
    KILN_REQUIRE("as many labels as there are images in " + images.string(), numbers.size() == set.images.shape()[0]);
    for (std::int64_t i = 0; i < numbers.size(); ++i)
      set.labels.push_back(label_of(numbers.flat()[static_cast<std::size_t>(i)], classes, i));
    return 0;
  });
  return set;
}

Dataset all_digits() {
  if (!fs::exists(digits_file()))
    refuse("the digits are not here: there is no " + digits_file().string() + why_there() +
           ". The file belongs to the source tree (framework/data/digits.csv).");
  return read_digits(digits_file());
}

Split digits() { return stratified_split(all_digits(), kDigitsHeldOut, kDigitsSeed); }

Split fashion_mnist() {
  const fs::path folder = fashion_mnist_folder();
  require_fashion_mnist(folder);
  Split split{read_idx_pair(folder / kFashionFiles[0], folder / kFashionFiles[1], 10),
              read_idx_pair(folder / kFashionFiles[2], folder / kFashionFiles[3], 10)};
  for (Dataset* part : {&split.training, &split.held_out})
    part->class_names = {"T-shirt/top", "trouser", "pullover", "dress", "coat",
                         "sandal",      "shirt",   "sneaker",  "bag",   "ankle boot"};
  return split;
}

}  // namespace kiln::data
