// A speed case: a kernel, fresh arguments for it, and the oracle that checks a sample of the timed outputs.
//   const SpeedCase square = speed_case<&TensorSlots::matmul>("matmul.square",
//       [](SpeedArguments& s) { ... return std::tuple<ConstView, ConstView, View>(a, b, c); },
//       [](ConstView a, ConstView b, View) { return oracle::matmul(a, b); });
// Its tensors lie in a worker's arena, so that a timed request copies nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "kiln/kernels/contract.hpp"
#include "kiln/random.hpp"
#include "testing/compare.hpp"
#include "worker/remote.hpp"

namespace kiln::speed {

/// Hands out the tensors of one argument set.
class SpeedArguments {
 public:
  SpeedArguments(worker::Session& session, std::uint64_t seed) : session_(session), random_(seed) {}

  /// Contiguous, values uniform in [low, high); the kernel can only read it.
  View input(const Shape& shape, float low = -1.0f, float high = 1.0f);
  /// Contiguous, filled with NaN before every call; compared with the reference's afterwards.
  View output(const Shape& shape);
  /// Contiguous, written and read: fresh uniform values before every call; compared afterwards.
  View in_out(const Shape& shape, float low = -1.0f, float high = 1.0f);
  /// Class labels in [0, classes), fresh for every call; the kernel can only read them.
  std::span<const std::int32_t> labels(std::int64_t count, std::int32_t classes);
  /// Whole numbers that `fill` writes, fresh for every call; the kernel can only read them.
  std::span<const std::int64_t> numbers(std::int64_t count, std::function<void(std::span<std::int64_t>, Random&)> fill);
  /// Room for whole numbers, filled with -1 before every call. Nothing compares them: give an oracle that returns
  /// words.
  std::span<std::int64_t> numbers_out(std::int64_t count);
  /// For scalars; both sides draw the same.
  Random& random() { return random_; }

  /// Writes fresh inputs, the same for the same seed, and spoils the outputs.
  void refill(Random random);
  /// Of all tensors together.
  std::size_t bytes() const { return bytes_; }
  /// What the kernel may write, in the order of asking.
  const std::vector<View>& outputs() const { return outputs_; }

 private:
  struct Filled {
    View view;
    float low = 0, high = 0;
  };
  struct Labels {
    std::span<std::int32_t> values;
    std::int32_t classes = 1;
  };
  struct Drawn {
    std::span<std::int64_t> values;
    std::function<void(std::span<std::int64_t>, Random&)> fill;
  };
  template <class T>
  std::span<T> take(worker::Arena arena, std::int64_t count);
  View take_view(worker::Arena arena, const Shape& shape);

  worker::Session& session_;
  Random random_;
  std::vector<Filled> filled_;
  std::vector<Labels> labels_;
  std::vector<Drawn> drawn_;
  std::vector<std::span<std::int64_t>> numbers_;
  std::vector<View> spoiled_, outputs_;
  std::size_t bytes_ = 0;
};

/// One side's argument sets of a case, ready to be run as one request.
class Prepared {
 public:
  virtual ~Prepared() = default;
  virtual void refill(std::uint64_t seed) = 0;
  /// Runs every set once; seconds of the whole request.
  virtual worker::Timing run() = 0;
  virtual int sets() const = 0;
  /// Of all tensors of one set.
  virtual std::size_t set_bytes() const = 0;
  virtual const std::vector<View>& outputs(int set) const = 0;
  /// The oracle's word on a set's (first) output; nothing where it judges what was written in words instead.
  virtual std::optional<testing::Expected> expected(int set) const = 0;
  /// What the oracle has to say against a set that was run: "" where it is right, or where outputs are compared.
  virtual std::string complaint(int set) const = 0;
};

/// A case registers itself when it is made and stays where it is: give it static storage.
struct SpeedCase {
  using Prepare = std::function<std::unique_ptr<Prepared>(worker::Session&, int sets, std::uint64_t seed)>;
  SpeedCase(std::string name, double factor, Prepare prepare);
  SpeedCase(const SpeedCase&) = delete;

  std::string name;  ///< "matmul.square": the exercise, then the case
  double factor;     ///< of the tolerance, as for expect_close
  Prepare prepare;
};

/// Every case of the program, in order of definition.
std::vector<const SpeedCase*>& speed_cases();

namespace detail {

template <class>
struct SlotsOf;
template <class Slots, class F>
struct SlotsOf<F Slots::*> {
  using type = Slots;
};

template <auto Member, class Make, class Oracle>
class PreparedCase : public Prepared {
  using Slots = typename SlotsOf<decltype(Member)>::type;
  using Thunk = worker::Thunk<Slots, Member>;
  /// The oracle judges in words.
  static constexpr bool kSpeaks =
      std::is_same_v<decltype(std::apply(std::declval<Oracle&>(), std::declval<typename Thunk::Arguments&>())),
                     std::string>;

 public:
  PreparedCase(worker::Session& session, int sets, std::uint64_t seed, Make make, Oracle oracle)
      : session_(session), oracle_(oracle) {
    tensors_.reserve(static_cast<std::size_t>(sets));
    for (int i = 0; i < sets; ++i) {
      tensors_.emplace_back(session, seed + static_cast<std::uint64_t>(i));
      arguments_.push_back(make(tensors_.back()));
    }
  }
  void refill(std::uint64_t seed) override {
    const Random random(seed);
    for (std::size_t i = 0; i < tensors_.size(); ++i) tensors_[i].refill(random.fork(i));
  }
  worker::Timing run() override {
    writer_.clear();
    for (const auto& set : arguments_) Thunk::write_set(writer_, set);
    worker::Timing timing;
    session_.transact_timed(Thunk::kIndex, static_cast<std::uint32_t>(arguments_.size()), writer_, timing);
    return timing;
  }
  int sets() const override { return static_cast<int>(arguments_.size()); }
  std::size_t set_bytes() const override { return tensors_.front().bytes(); }
  const std::vector<View>& outputs(int set) const override { return tensors_[static_cast<std::size_t>(set)].outputs(); }
  std::optional<testing::Expected> expected(int set) const override {
    if constexpr (kSpeaks)
      return std::nullopt;
    else
      return std::apply(oracle_, arguments_[static_cast<std::size_t>(set)]);
  }
  std::string complaint(int set) const override {
    if constexpr (kSpeaks)
      return std::apply(oracle_, arguments_[static_cast<std::size_t>(set)]);
    else
      return "";
  }

 private:
  worker::Session& session_;
  Oracle oracle_;
  std::vector<SpeedArguments> tensors_;
  std::vector<typename Thunk::Arguments> arguments_;
  worker::Writer writer_;
};

}  // namespace detail

/// `oracle` takes a set's arguments and returns Expected, which the first output must agree with; every output is
/// compared with the reference's besides. Where several outputs are right, it returns a std::string instead, after
/// the call: "" for a right one, or what is wrong.
template <auto Member, class Make, class Oracle>
SpeedCase speed_case(std::string name, Make make, Oracle oracle, double factor = 2.0) {
  return SpeedCase(std::move(name), factor,
                   [=](worker::Session& session, int sets, std::uint64_t seed) -> std::unique_ptr<Prepared> {
                     return std::make_unique<detail::PreparedCase<Member, Make, Oracle>>(session, sets, seed, make,
                                                                                         oracle);
                   });
}

}  // namespace kiln::speed
