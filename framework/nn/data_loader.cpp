// The loader: what may be asked of it, and which stream an epoch becomes.
#include "nn/data_loader.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "kiln/backend.hpp"
#include "kiln/check.hpp"
#include "nn/batch_stream.hpp"
#include "nn/context.hpp"

namespace kiln::nn {
namespace {

class OfDataset final : public Source {
 public:
  explicit OfDataset(const data::Dataset& set) : set_(set) { data::check(set, "DataLoader"); }

  std::int64_t size() const override { return set_.size(); }
  Shape example_shape() const override { return set_.image_shape(); }
  void load(std::span<const std::int64_t> numbers, View images, std::span<std::int32_t> labels) const override {
    const DataSlots& use = kernels<DataSlots>();
    use.collate(set_.images, numbers, images);
    use.collate_labels(set_.labels, numbers, labels);
  }

 private:
  const data::Dataset& set_;
};

/// Lets the kernel judge the options on a batch without images.
void try_augment(const Source& source, const AugmentOptions& options) {
  Shape shape{0};
  for (std::int64_t extent : source.example_shape()) shape.push_back(extent);
  Tensor none(shape), out(shape);
  kernels<DataSlots>().augment(none, options, {}, out);
}

std::shared_ptr<const detail::LoaderPlan> make_plan(std::shared_ptr<const Source> source,
                                                    const LoaderOptions& options) {
  const std::int64_t examples = source->size();
  if (examples < 1) throw Error(ErrorKind::invalid_argument, "DataLoader: there are no examples");
  KILN_REQUIRE("DataLoader: batch_size is at least 1", options.batch_size >= 1);
  if (options.batch_size > examples)
    throw Error(ErrorKind::invalid_argument, "DataLoader: batch_size " + std::to_string(options.batch_size) +
                                                 " is more than the " + std::to_string(examples) + " examples");
  KILN_REQUIRE("DataLoader: prefetch, how many batches lie in memory, is not negative", options.prefetch >= 0);
  if (detail::augments(options.augment))
    detail::with_context([] { return std::string("DataLoader"); }, [&] { try_augment(*source, options.augment); });
  const std::int64_t batches = kernels<DataSlots>().batch_count(examples, options.batch_size, options.drop_last);
  if (batches < 1)
    throw Error(ErrorKind::broken_promise, "DataLoader: the kernel batch_count gave " + std::to_string(batches) +
                                               " batches of " + std::to_string(options.batch_size) + " for " +
                                               std::to_string(examples) + " examples");
  return std::make_shared<detail::LoaderPlan>(detail::LoaderPlan{std::move(source), options, examples, batches});
}

}  // namespace

DataLoader::DataLoader(const data::Dataset& set, LoaderOptions options)
    : DataLoader(std::make_shared<OfDataset>(set), options) {}

DataLoader::DataLoader(std::shared_ptr<const Source> source, LoaderOptions options)
    : plan_(make_plan(std::move(source), options)) {}

std::int64_t DataLoader::batches() const { return plan_->batches; }
std::int64_t DataLoader::examples() const { return plan_->examples; }
const LoaderOptions& DataLoader::options() const { return plan_->options; }

DataLoader::Epoch DataLoader::epoch(std::int64_t number, std::int64_t first_batch) const {
  KILN_REQUIRE("DataLoader: the epoch's number is not negative", number >= 0);
  KILN_REQUIRE("DataLoader: the first batch is not negative", first_batch >= 0);
  KILN_REQUIRE("DataLoader: the first batch is at most the number of batches", first_batch <= plan_->batches);
  detail::BatchMaker maker(plan_, number);
  // More slots than batches would stay empty.
  const std::int64_t slots = std::min(plan_->options.prefetch, plan_->batches - first_batch);
  return Epoch(slots == 0 ? detail::stream_on_demand(std::move(maker), first_batch)
                          : detail::stream_ahead(std::move(maker), first_batch, slots));
}

DataLoader::Epoch::Epoch(std::unique_ptr<detail::BatchStream> stream) : stream_(std::move(stream)) {}
DataLoader::Epoch::Epoch(Epoch&&) noexcept = default;
DataLoader::Epoch& DataLoader::Epoch::operator=(Epoch&&) noexcept = default;
DataLoader::Epoch::~Epoch() = default;

Batch* DataLoader::Epoch::next() { return stream_->next(); }

}  // namespace kiln::nn
