// Training runs: they learn, they can be stopped anywhere and gone on with bit for bit, and what goes wrong is told
// with its place.
#include "nn/trainer.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>

#include "folder.hpp"
#include "kiln/random.hpp"
#include "nn/layers.hpp"
#include "throws.hpp"

namespace kiln::nn {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kExamples = 90, kSide = 4, kClasses = 3;

/// Images of noise in which the row of the class is brighter: mirrored, they are still of it.
data::Dataset stripes(std::uint64_t seed, std::int64_t count = kExamples) {
  Random random(seed);
  data::Dataset set{Tensor::normal({count, 1, kSide, kSide}, random, 0, 0.5f), {}, kClasses, {}};
  for (std::int64_t i = 0; i < count; ++i) {
    const auto label = static_cast<std::int32_t>(random.below(kClasses));
    for (std::int64_t x = 0; x < kSide; ++x) set.images.data()(i, 0, label, x) += 2;
    set.labels.push_back(label);
  }
  return set;
}

/// All that a run needs, made anew; two of one seed are equal to the last bit.
struct Session {
  Sequential model;
  AdamW optimizer;
  DataLoader loader;

  explicit Session(const data::Dataset& set, std::int64_t prefetch = 2, std::int64_t hidden = 16)
      : model(Flatten(), Linear(kSide * kSide, hidden, 1), Relu(), Dropout(0.3f, 2), Linear(hidden, kClasses, 3)),
        optimizer(model.parameters(), {.learning_rate = 0.01f}),
        loader(set, {.batch_size = 8, .seed = 4, .prefetch = prefetch, .augment = {.flip_probability = 0.5f}}) {}
};

std::vector<std::uint32_t> bits(Layer& model) {
  std::vector<std::uint32_t> all;
  for (const Parameter& parameter : model.parameters())
    for (const float value : parameter.value().flat()) all.push_back(std::bit_cast<std::uint32_t>(value));
  return all;
}

/// Bit for bit, NaN too.
bool same(const std::vector<EpochReport>& a, const std::vector<EpochReport>& b) {
  const auto bits_of = [](double value) { return std::bit_cast<std::uint64_t>(value); };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (double EpochReport::*field : {&EpochReport::loss, &EpochReport::accuracy, &EpochReport::gradient_norm,
                                       &EpochReport::validation_loss, &EpochReport::validation_accuracy})
      if (bits_of(a[i].*field) != bits_of(b[i].*field) || a[i].learning_rate != b[i].learning_rate) return false;
  return true;
}

class TrainerRuns : public testing::Test {
 protected:
  TrainerOptions options() const {
    TrainerOptions options;
    options.epochs = 6;
    options.max_norm = 1;
    options.schedule = ScheduleOptions{.peak = 0.02f, .warmup_steps = 5, .total_steps = 6 * 12};
    return options;
  }

  /// The same run, put down after `steps` steps and gone on with in a new process's place.
  void expect_same_after_pause(std::int64_t steps, std::int64_t prefetch, const TrainerOptions& wanted) {
    SCOPED_TRACE("a pause after step " + std::to_string(steps) + ", prefetch " + std::to_string(prefetch));
    Session whole(set_, prefetch);
    Trainer trainer(whole.model, whole.optimizer, whole.loader, wanted);
    const Ending ending = trainer.fit();

    TrainerOptions paused = wanted;
    paused.checkpoint = folder_ / ("run-" + std::to_string(steps) + "-" + std::to_string(prefetch));
    {
      Session first(set_, prefetch);
      paused.stop = [&, count = std::int64_t{0}]() mutable { return ++count == steps; };
      Trainer half(first.model, first.optimizer, first.loader, paused);
      ASSERT_EQ(half.fit(), Ending::stopped);
      ASSERT_EQ(half.steps(), steps);
    }
    paused.stop = nullptr;
    Session second(set_, prefetch);
    Trainer rest(second.model, second.optimizer, second.loader, paused);
    EXPECT_TRUE(rest.resumed());
    EXPECT_EQ(rest.fit(), ending);
    EXPECT_EQ(rest.steps(), trainer.steps());
    EXPECT_TRUE(same(rest.history(), trainer.history()));
    EXPECT_EQ(bits(second.model), bits(whole.model));
  }

  data::Dataset set_ = stripes(5);
  Folder scratch_;
  fs::path folder_ = scratch_.path();
};

TEST_F(TrainerRuns, LearnsWhatTheDataHolds) {
  Session run(set_);
  TrainerOptions wanted = options();
  const data::Dataset unseen = stripes(6);
  wanted.validation = &unseen;
  std::int64_t reports = 0;
  wanted.on_step = [&](const StepReport& report) {
    ++reports;
    EXPECT_EQ(report.step, reports);
    EXPECT_EQ(report.epoch, (reports - 1) / 12 + 1);
    EXPECT_EQ(report.batch, (reports - 1) % 12 + 1);
    EXPECT_EQ(report.batches, 12);
  };
  Trainer trainer(run.model, run.optimizer, run.loader, wanted);
  EXPECT_EQ(trainer.fit(), Ending::finished);
  EXPECT_EQ(reports, 6 * 12);
  ASSERT_EQ(trainer.history().size(), 6u);
  EXPECT_LT(trainer.history().back().loss, 0.5 * trainer.history().front().loss);
  EXPECT_GT(trainer.history().back().validation_accuracy, 0.9);
  EXPECT_EQ(trainer.history().back().validation_accuracy, evaluate(run.model, unseen).accuracy());
  EXPECT_EQ(trainer.fit(), Ending::finished) << "there is nothing left to do";
  EXPECT_EQ(reports, 6 * 12);
}

TEST_F(TrainerRuns, APauseChangesNoBit) {
  // In the first step, within an epoch, on its last step, and late; loaded by the trainer's thread and by another.
  for (const std::int64_t prefetch : {0, 3})
    for (const std::int64_t steps : {1, 17, 24, 71}) expect_same_after_pause(steps, prefetch, options());
}

TEST_F(TrainerRuns, APauseChangesNoBitWhenPatienceEndsTheRun) {
  const data::Dataset unseen = stripes(6);
  TrainerOptions wanted = options();
  wanted.epochs = 40;
  wanted.schedule.reset();
  wanted.validation = &unseen;
  wanted.patience = 3;
  for (const std::int64_t steps : {5, 40}) expect_same_after_pause(steps, 2, wanted);
}

TEST_F(TrainerRuns, PatienceEndsTheRunWithTheBestWeights) {
  const data::Dataset unseen = stripes(6);
  Session run(set_);
  TrainerOptions wanted = options();
  wanted.epochs = 200;
  wanted.schedule.reset();
  wanted.validation = &unseen;
  wanted.patience = 2;
  Trainer trainer(run.model, run.optimizer, run.loader, wanted);
  EXPECT_EQ(trainer.fit(), Ending::early);
  const auto& history = trainer.history();
  ASSERT_LT(history.size(), 200u);
  std::size_t best = 0;
  for (std::size_t i = 0; i < history.size(); ++i)
    if (history[i].validation_loss < history[best].validation_loss) best = i;
  EXPECT_EQ(history.size(), best + 1 + 2) << "two epochs that are no better are enough";
  EXPECT_EQ(evaluate(run.model, unseen).loss, history[best].validation_loss);
}

TEST_F(TrainerRuns, CheckpointsAreWrittenOnTheWay) {
  TrainerOptions wanted = options();
  wanted.checkpoint = folder_ / "run";
  wanted.checkpoint_steps = 5;
  Session run(set_);
  std::vector<std::uint64_t> steps;
  wanted.on_step = [&](const StepReport&) {
    if (fs::exists(wanted.checkpoint)) steps.push_back(number(load_checkpoint(wanted.checkpoint), "trainer.step"));
  };
  wanted.epochs = 2;
  Trainer trainer(run.model, run.optimizer, run.loader, wanted);
  trainer.fit();
  // Seen in the steps after them: every fifth one, and at the end of the first epoch.
  std::vector<std::uint64_t> distinct = steps;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  EXPECT_EQ(distinct, (std::vector<std::uint64_t>{5, 10, 12, 15, 20}));
  EXPECT_EQ(number(load_checkpoint(wanted.checkpoint), "trainer.step"), 24u);
}

// ---- what goes wrong

TEST_F(TrainerRuns, ANumberThatIsNoneIsTracedToItsLayer) {
  {
    data::Dataset broken = set_;
    broken.images.data()(0, 0, 1, 2) = NAN;
    Session run(broken);
    const auto before = bits(run.model);
    Trainer trainer(run.model, run.optimizer, run.loader, options());
    EXPECT_ERROR(trainer.fit(), invalid_argument, "(epoch 1, batch ", "the loss is nan", "first in the examples");
    EXPECT_EQ(trainer.history().size(), 0u);
  }
  {
    // Weights that overflow: 1e38 * (sum of 16 pixels).
    Session run(set_);
    Parameter weight = run.model.parameters()[2];  // of the second Linear
    for (std::int64_t i = 0; i < weight.size(); ++i) weight.data().data[i] = i % 2 == 0 ? 3e38f : -3e38f;
    Trainer trainer(run.model, run.optimizer, run.loader, options());
    EXPECT_ERROR(trainer.fit(), invalid_argument, "step 1 (epoch 1, batch 1 of 12)", "in layer 4.Linear",
                 "in the result of linear");
  }
  {
    Session run(set_);
    Parameter bias = run.model.parameters()[1];
    bias.data().data[3] = INFINITY;
    Trainer trainer(run.model, run.optimizer, run.loader, options());
    EXPECT_ERROR(trainer.fit(), invalid_argument, "its parameter 1.bias (16), element 3 was so already");
  }
}

TEST_F(TrainerRuns, AnErrorLeavesParametersAndCheckpointAsTheyWere) {
  TrainerOptions wanted = options();
  wanted.checkpoint = folder_ / "run";
  wanted.checkpoint_steps = 1;
  data::Dataset broken = set_;
  broken.images.data()(7, 0, 0, 0) = NAN;
  Session run(broken);
  std::vector<std::uint32_t> last = bits(run.model);
  wanted.on_step = [&](const StepReport&) { last = bits(run.model); };
  Trainer trainer(run.model, run.optimizer, run.loader, wanted);
  EXPECT_ERROR(trainer.fit(), invalid_argument, "the loss is nan");
  EXPECT_EQ(bits(run.model), last);
  ASSERT_GT(trainer.steps(), 0) << "the broken example came first: there is nothing to compare";
  EXPECT_EQ(number(load_checkpoint(wanted.checkpoint), "trainer.step"), static_cast<std::uint64_t>(trainer.steps()));
}

class TrainerCheckpoints : public TrainerRuns {
 protected:
  void SetUp() override {
    options_ = options();
    options_.checkpoint = folder_ / "run";
    options_.epochs = 1;
    Session run(set_);
    Trainer(run.model, run.optimizer, run.loader, options_).fit();
  }

  TrainerOptions options_;
};

TEST_F(TrainerCheckpoints, OfAnotherNetworkAreRefusedAndNothingChanges) {
  Session wider(set_, 2, 20);
  const auto before = bits(wider.model);
  EXPECT_ERROR(Trainer(wider.model, wider.optimizer, wider.loader, options_), invalid_argument, "model.1.weight",
               "(16, 16)", "(20, 16)", "of another network");
  EXPECT_EQ(bits(wider.model), before);

  Session run(set_);
  Sgd sgd(run.model.parameters(), {.momentum = 0.9f});
  EXPECT_ERROR(Trainer(run.model, sgd, run.loader, options_), invalid_argument,
               "holds no tensor optimizer.1.weight.velocity");

  DataLoader loader(set_, {.batch_size = 9, .seed = 4, .augment = {.flip_probability = 0.5f}});
  EXPECT_ERROR(Trainer(run.model, run.optimizer, loader, options_), invalid_argument, "of another run",
               "loader.batch_size", "left is 8, right is 9");
}

TEST_F(TrainerCheckpoints, ThatAreDamagedAreRefusedAndNothingChanges) {
  std::string content;
  {
    std::ifstream file(options_.checkpoint, std::ios::binary);
    content.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto write = [&](const std::string& text) {
    std::ofstream(options_.checkpoint, std::ios::binary | std::ios::trunc) << text;
  };
  Session run(set_);
  const auto before = bits(run.model);
  const std::string name = options_.checkpoint.string();
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, content.size() / 2, content.size() - 1}) {
    write(content.substr(0, size));
    EXPECT_ERROR(Trainer(run.model, run.optimizer, run.loader, options_), invalid_argument, name.c_str());
  }
  std::string flipped = content;
  flipped[content.size() / 3] = static_cast<char>(flipped[content.size() / 3] ^ 4);
  write(flipped);
  EXPECT_ERROR(Trainer(run.model, run.optimizer, run.loader, options_), invalid_argument, name.c_str());
  EXPECT_EQ(bits(run.model), before);
  write(content);
  EXPECT_TRUE(Trainer(run.model, run.optimizer, run.loader, options_).resumed());
  fs::remove(options_.checkpoint);
  fs::create_directory(options_.checkpoint);
  EXPECT_ERROR(Trainer(run.model, run.optimizer, run.loader, options_), invalid_argument, name.c_str());
}

TEST_F(TrainerRuns, OptionsAreChecked) {
  Session run(set_);
  const auto refuses = [&](auto change, const char* words) {
    TrainerOptions wanted = options();
    change(wanted);
    EXPECT_ERROR(Trainer(run.model, run.optimizer, run.loader, wanted), invalid_argument, words);
  };
  refuses([](TrainerOptions& o) { o.epochs = -1; }, "epochs");
  refuses([](TrainerOptions& o) { o.patience = 2; }, "patience needs validation data");
  refuses([](TrainerOptions& o) { o.max_norm = 0; }, "max_norm");
}

}  // namespace
}  // namespace kiln::nn
