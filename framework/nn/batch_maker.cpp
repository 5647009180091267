// One batch: which examples, loaded, augmented. What decides over memory is checked: kernels may be a student's.
#include "nn/batch_maker.hpp"

#include <numeric>
#include <string>

#include "kiln/backend.hpp"
#include "kiln/random.hpp"
#include "nn/context.hpp"

namespace kiln::nn::detail {
namespace {

/// Independent streams of one seed.
enum Stream : std::uint64_t { kOrder, kAugment };

void fit(Tensor& tensor, const Shape& shape) {
  if (!(tensor.shape() == shape)) tensor = Tensor(shape);
}

}  // namespace

BatchMaker::BatchMaker(std::shared_ptr<const LoaderPlan> plan, std::int64_t epoch)
    : plan_(std::move(plan)),
      kernels_(&kiln::kernels<DataSlots>()),
      epoch_(epoch),
      order_(static_cast<std::size_t>(plan_->examples)) {
  std::iota(order_.begin(), order_.end(), std::int64_t{0});
  if (!plan_->options.shuffle) return;
  Random random = Random(plan_->options.seed).fork(kOrder).fork(static_cast<std::uint64_t>(epoch));
  kernels_->shuffle(random.next_u64(), order_);
  check_order();
}

void BatchMaker::check_order() const {
  std::vector<bool> seen(order_.size());
  for (std::int64_t example : order_) {
    if (example < 0 || example >= plan_->examples || seen[static_cast<std::size_t>(example)])
      throw Error(ErrorKind::broken_promise, "DataLoader: the kernel shuffle did not give each of " +
                                                 std::to_string(plan_->examples) +
                                                 " examples once: " + std::to_string(example) + " stands there " +
                                                 (example < 0 || example >= plan_->examples ? "too" : "twice"));
    seen[static_cast<std::size_t>(example)] = true;
  }
}

std::span<const std::int64_t> BatchMaker::examples_of(std::int64_t number) const {
  const std::int64_t size = plan_->options.batch_size;
  const BatchRange range = kernels_->batch_range(plan_->examples, size, number);
  if (range.begin < 0 || range.end > plan_->examples || range.begin >= range.end || range.end - range.begin > size)
    throw Error(ErrorKind::broken_promise, "the kernel batch_range gave [" + std::to_string(range.begin) + ", " +
                                               std::to_string(range.end) + ") of " + std::to_string(plan_->examples) +
                                               " examples in batches of " + std::to_string(size));
  return std::span(order_).subspan(static_cast<std::size_t>(range.begin),
                                   static_cast<std::size_t>(range.end - range.begin));
}

void BatchMaker::make(std::int64_t number, Batch& into) {
  with_context([&] { return "batch " + std::to_string(number) + " of epoch " + std::to_string(epoch_); },
               [&] { load(number, into); });
}

void BatchMaker::load(std::int64_t number, Batch& into) {
  const std::span<const std::int64_t> examples = examples_of(number);
  Shape shape{static_cast<std::int64_t>(examples.size())};
  for (std::int64_t extent : plan_->source->example_shape()) shape.push_back(extent);
  fit(into.images, shape);
  into.labels.resize(examples.size());
  into.number = number;
  const AugmentOptions& options = plan_->options.augment;
  if (!augments(options)) return plan_->source->load(examples, into.images, into.labels);

  // An example's seed depends on no other example, and not on its place in the batch.
  fit(plain_, shape);
  plan_->source->load(examples, plain_, into.labels);
  const Random random = Random(plan_->options.seed).fork(kAugment).fork(static_cast<std::uint64_t>(epoch_));
  seeds_.clear();
  for (std::int64_t example : examples) seeds_.push_back(random.fork(static_cast<std::uint64_t>(example)).next_u64());
  kernels_->augment(plain_, options, seeds_, into.images);
}

}  // namespace kiln::nn::detail
