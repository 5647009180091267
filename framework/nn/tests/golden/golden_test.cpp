// A differential check: every operation of modules 01 to 06 and 08, forward and backward, and the optimisers, against
// results of libtorch and of ONNX's node tests, kernel by kernel, as graphs given as data, and through kiln::nn.
//   golden-test [--data=FOLDER]      a folder of another making, for tests of this program
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>

#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/kernels/tensor.hpp"
#include "npy.hpp"
#include "routes.hpp"

namespace kiln::golden {

namespace {

std::filesystem::path data_folder = KILN_GOLDEN_DATA;

std::string context(const Case& golden, const std::string& how) {
  return "case " + golden.name + " (" + golden.op + ", from " + golden.source + ") " + how +
         "\nits tolerance: " + golden.reason;
}

class FunctionTest : public ::testing::Test {
 public:
  explicit FunctionTest(std::function<void()> body) : body_(std::move(body)) {}
  void TestBody() override { body_(); }

 private:
  std::function<void()> body_;
};

void add_test(const std::string& suite, const std::string& name, std::function<void()> body) {
  ::testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [body]() -> ::testing::Test* { return new FunctionTest(body); });
}

void run_by_slots(const Case& golden) {
  const auto route = by_slots().find(golden.op);
  ASSERT_NE(route, by_slots().end()) << "no kernels are known for the operation " << golden.op;
  const std::pair<Placing, const char*> placings[] = {
      {{testing::Layout::dense, 0}, "kernel by kernel, dense"},
      {{testing::Layout::spaced, 0.5f}, "kernel by kernel, spaced, gradients begin at 0.5"},
      {{testing::Layout::reversed, 0}, "kernel by kernel, negative strides"},
      {{testing::Layout::transposed, -3}, "kernel by kernel, transposed, gradients begin at -3"},
  };
  for (const auto& [placing, words] : placings) {
    SCOPED_TRACE(context(golden, words));
    route->second(golden, placing);
  }
}

void run_by_graph(const Case& golden) {
  for (const Numbering& numbering : {Numbering{false, 0}, Numbering{true, 0.5f}}) {
    SCOPED_TRACE(context(golden, numbering.reversed ? "as a graph, nodes numbered backwards, gradients begin at 0.5"
                                                    : "as a graph given as data"));
    by_graph().at(golden.op)(golden, numbering);
  }
}

void run_by_nn(const Case& golden) {
  SCOPED_TRACE(context(golden, "through kiln::nn"));
  by_nn().at(golden.op)(golden);
}

void add_cases(const std::vector<Case>& cases) {
  for (const Case& golden : cases) add_test("Slots", golden.name, [golden] { run_by_slots(golden); });
  for (const Case& golden : cases)
    if (by_graph().contains(golden.op)) add_test("Graph", golden.name, [golden] { run_by_graph(golden); });
  for (const Case& golden : cases) {
    // No optimizer of nn begins with a velocity.
    if (by_nn().contains(golden.op) && !golden.has_input("initial_velocity"))
      add_test("Nn", golden.name, [golden] { run_by_nn(golden); });
  }
}

// ---- of the data

/// Slots that another implementation has nothing to say of.
const std::set<std::string> kOwn{"fill", "contiguous_strides", "broadcast_shapes", "index_to_offset",
                                 "copy", "flattened_shape",    "perceptron_step",  "distinct_parameters"};
/// Those whose results are in every case of a kernel that calls them.
bool is_part_of_another(const std::string& kernel) {
  return kernel == "conv2d_shape" || kernel == "pool2d_shape" || kernel.find("_backward") != std::string::npos;
}

template <class Slots>
void expect_cases_of(const std::set<std::string>& known) {
  const auto expect_case = [&](const std::string& kernel) {
    if (is_part_of_another(kernel)) return;
    EXPECT_TRUE(kOwn.contains(kernel) || known.contains(kernel)) << "no case of the kernel " << kernel;
  };
  std::apply([&](const auto&... slots) { (expect_case(slots.name), ...); }, Slots::list());
}

/// What computes something has a case of torch's, a kernel that was added later too.
void expect_every_operation(const std::vector<Case>& cases) {
  std::set<std::string> known;
  for (const Case& golden : cases)
    if (golden.source == "torch") known.insert(golden.op);
  expect_cases_of<TensorSlots>(known);
  expect_cases_of<ActivationSlots>(known);
  expect_cases_of<LayerSlots>(known);
  expect_cases_of<LossSlots>(known);
  expect_cases_of<OptimizerSlots>(known);
  expect_cases_of<SpatialSlots>(known);
  for (const auto& [op, route] : by_slots()) EXPECT_TRUE(known.contains(op)) << "no case of " << op;
}

void expect_every_file_listed(const std::vector<Case>& cases) {
  std::set<std::filesystem::path> listed, present;
  for (const Case& golden : cases) {
    for (const auto& [name, file] : golden.inputs) listed.insert(file);
    for (const auto& [name, files] : golden.expected) {
      listed.insert(files.value);
      if (!files.magnitude.empty()) listed.insert(files.magnitude);
    }
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data_folder))
    if (entry.path().extension() == ".npy") present.insert(entry.path());
  for (const auto& file : listed) EXPECT_TRUE(present.contains(file)) << file << " is listed, but missing";
  for (const auto& file : present) EXPECT_TRUE(listed.contains(file)) << file << " belongs to no case of the index";
}

/// Number of the element that lies farthest from zero; -1 where none is finite.
std::ptrdiff_t largest(const testing::Array64& array) {
  std::ptrdiff_t found = -1;
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    const double value = std::abs(array.values[i]);
    if (std::isfinite(static_cast<float>(value)) &&
        (found < 0 || value > std::abs(array.values[static_cast<std::size_t>(found)])))
      found = static_cast<std::ptrdiff_t>(i);
  }
  return found;
}

/// No tolerance is so wide that a wrong figure in a file, or in a kernel, would pass: what is expected passes itself,
/// and with its largest element off by one part in a thousand it does not.
void expect_wrong_figures_seen(const std::vector<Case>& cases) {
  for (const Case& golden : cases) {
    for (const auto& [name, files] : golden.expected) {
      SCOPED_TRACE(context(golden, "tensor " + name));
      testing::Operand rounded(name, golden.shape_of(name), testing::Layout::dense);
      rounded.assign(golden.expectation(name).value);
      expect(golden, name, rounded.view());
      testing::Array64 wrong = golden.expectation(name).value;
      const std::ptrdiff_t at = largest(wrong);
      if (at < 0) continue;
      double& element = wrong.values[static_cast<std::size_t>(at)];
      element = element == 0 ? 1e-3 : element * 1.001;
      rounded.assign(wrong);
      ::testing::TestPartResultArray results;
      {
        const ::testing::ScopedFakeTestPartResultReporter quiet(
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
        expect(golden, name, rounded.view());
      }
      EXPECT_EQ(results.size(), 1) << "an error of one part in a thousand went unseen";
    }
  }
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

void expect_clear_complaints(const std::vector<Case>& cases) {
  Case golden = cases.front();
  const std::string input = golden.inputs.begin()->first;
  const std::string file = ::testing::TempDir() + "golden_damaged_" + std::to_string(::getpid()) + ".npy";
  golden.inputs[input] = file;
  const auto expect_complaint = [&](const char* words) {
    const std::string message = message_of([&] { golden.input(input); });
    EXPECT_NE(message.find(file + words), std::string::npos) << message;
  };

  std::filesystem::remove(file);
  expect_complaint(" cannot be read");
  // Too short, of another type, and no .npy at all.
  std::filesystem::copy_file(cases.front().inputs.begin()->second, file);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  expect_complaint(" is not");
  std::filesystem::copy_file(cases.front().expected.begin()->second.value, file,
                             std::filesystem::copy_options::overwrite_existing);
  expect_complaint(" is not");
  std::ofstream(file) << "text";
  expect_complaint(" is not");
  std::filesystem::remove(file);

  EXPECT_NE(message_of([&] { golden.input("nobody"); }).find("no input \"nobody\""), std::string::npos);
  EXPECT_NE(message_of([] { read_index("/nowhere"); }).find("/nowhere/index.json"), std::string::npos);
}

void add_data_tests(const std::vector<Case>& cases) {
  add_test("Data", "HasEveryOperation", [&cases] { expect_every_operation(cases); });
  add_test("Data", "ListsEveryFile", [&cases] { expect_every_file_listed(cases); });
  add_test("Data", "WrongFiguresAreSeen", [&cases] { expect_wrong_figures_seen(cases); });
  add_test("Data", "DamagedFilesAreNamed", [&cases] { expect_clear_complaints(cases); });
}

}  // namespace

int run(int argc, char** argv) {
  const std::string option = "--data=";
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]).rfind(option, 0) != 0) {
      std::fprintf(stderr, "usage: golden-test [--data=FOLDER] [GoogleTest's options]\n");
      return 2;
    }
    data_folder = argv[i] + option.size();
  }
  try {
    const std::vector<Case> cases = read_index(data_folder);
    add_cases(cases);
    add_data_tests(cases);
    return RUN_ALL_TESTS();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace kiln::golden

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  return kiln::golden::run(argc, argv);
}
