// A walk over the tree. A call's cost counts once: where a kernel with a rule calls another, the caller's stands.
#include "profile/summary.hpp"

#include <algorithm>

namespace kiln::profile {
namespace {

constexpr double kSecond = 1e-9;  // of a nanosecond

double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * kSecond; }

void add(Cost& to, const Cost& cost) {
  to.flops += cost.flops;
  to.bytes += cost.bytes;
}

template <class Row, class Key>
Row& row_of(std::vector<Row>& rows, std::string Row::*name, const Key& wanted) {
  const auto found = std::ranges::find(rows, wanted, name);
  if (found != rows.end()) return *found;
  rows.emplace_back().*name = wanted;
  return rows.back();
}

/// One thread's tree.
class Walk {
 public:
  explicit Walk(const ThreadCalls& calls) : calls_(calls) {}

  const CallNode& node(int number) const { return calls_.nodes[static_cast<std::size_t>(number)]; }
  std::string place(const CallNode& node) const {
    return place_name(calls_.layers[static_cast<std::size_t>(node.layer)], *node.kernel);
  }

  /// Its own cost where a rule tells one, else that of what it calls.
  Cost cost(const CallNode& node) const {
    if (node.kernel != nullptr && node.kernel->rule != nullptr) return node.cost;
    Cost sum;
    for (const int child : node.children) add(sum, cost(this->node(child)));
    return sum;
  }

  /// Whether a caller of it is the same kernel: its time is in that one's already.
  bool inside_itself(const CallNode& node) const {
    for (int up = node.parent; up > 0; up = this->node(up).parent)
      if (this->node(up).kernel == node.kernel) return true;
    return false;
  }

  Flame flame(const CallNode& node) const {
    Flame flame{node.kernel->name,
                std::string(node.kernel->family) + ", " + std::to_string(node.calls) + " calls",
                seconds(node.total),
                {}};
    for (const int child : node.children) flame.children.push_back(this->flame(this->node(child)));
    std::ranges::stable_sort(flame.children, std::ranges::greater(), &Flame::seconds);
    return flame;
  }

 private:
  const ThreadCalls& calls_;
};

void add_kernels(const ThreadCalls& calls, std::vector<KernelRow>& rows) {
  const Walk walk(calls);
  std::map<std::string, std::map<std::string, double>> by_layer;
  for (const CallNode& node : calls.nodes) {
    if (node.kernel == nullptr || node.calls == 0) continue;
    KernelRow& row = row_of(rows, &KernelRow::kernel, std::string(node.kernel->name));
    row.family = node.kernel->family;
    row.calls += node.calls;
    row.self_seconds += seconds(node.self());
    row.costed = node.kernel->rule != nullptr;
    by_layer[row.kernel][walk.place(node)] += seconds(node.self());
    if (walk.inside_itself(node)) continue;
    row.seconds += seconds(node.total);
    add(row.cost, walk.cost(node));
  }
  for (KernelRow& row : rows)
    for (const auto& [layer, time] : by_layer[row.kernel])
      if (row.self_seconds > 0 && time / row.self_seconds > row.layer_share) {
        row.layer = layer;
        row.layer_share = time / row.self_seconds;
      }
  std::ranges::stable_sort(rows, std::ranges::greater(), &KernelRow::self_seconds);
}

/// A flame of this name, at the end where there was none.
Flame& part(Flame& of, const std::string& name) { return row_of(of.children, &Flame::name, name); }

void add_layers(const ThreadCalls& calls, Summary& summary) {
  const Walk walk(calls);
  for (const int number : calls.nodes.front().children) {
    const CallNode& node = walk.node(number);
    if (node.calls == 0) continue;
    const std::string place = walk.place(node);
    LayerRow& row = row_of(summary.layers, &LayerRow::layer, place);
    row.calls += node.calls;
    (node.backward ? row.backward_seconds : row.forward_seconds) += seconds(node.total);
    add(row.cost, walk.cost(node));

    Flame& layer = part(summary.flame, place);
    Flame& pass = part(layer, node.backward ? "backward" : "forward");
    layer.seconds += seconds(node.total);
    pass.seconds += seconds(node.total);
    pass.children.push_back(walk.flame(node));
    std::ranges::stable_sort(pass.children, std::ranges::greater(), &Flame::seconds);
  }
}

}  // namespace

std::string place_name(const std::string& layer, const Kernel& kernel) {
  if (!layer.empty()) return layer;
  const std::string_view family = kernel.family, name = kernel.name;
  if (family == "optimizers") return "optimizer";
  if (family == "data") return "data";
  for (const char* loss : {"cross_entropy", "binary_cross_entropy", "mean_squared_error"})
    if (name == loss || name == std::string(loss) + "_backward") return "loss";
  return "outside of layers";
}

Summary summarise(const std::vector<ThreadCalls>& calls, std::thread::id main, double seconds) {
  Summary summary;
  summary.seconds = seconds;
  summary.flame.name = "step";
  for (const ThreadCalls& thread : calls) {
    if (thread.thread != main) {
      add_kernels(thread, summary.beside);
      continue;
    }
    add_kernels(thread, summary.kernels);
    add_layers(thread, summary);
    add(summary.cost, Walk(thread).cost(thread.nodes.front()));
    summary.kernel_seconds += kSecond * static_cast<double>(thread.nodes.front().nested);
  }
  summary.flame.seconds = std::max(seconds, summary.kernel_seconds);
  return summary;
}

}  // namespace kiln::profile
