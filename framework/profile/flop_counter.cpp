// FlopCounter on the slots.
#include "profile/flop_counter.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "kiln/backend.hpp"
#include "profile/units.hpp"

namespace kiln::profile {

std::int64_t FlopCounter::leaf(const Shape& shape) { return add("", Work::leaf, {}, shape); }

std::int64_t FlopCounter::add(std::string name, Work work, std::vector<std::int64_t> inputs, const Shape& shape,
                              const Shape& window) {
  nodes_.push_back({work, std::move(inputs), shape, window});
  names_.push_back(std::move(name));
  return static_cast<std::int64_t>(nodes_.size()) - 1;
}

GraphCost FlopCounter::cost() const { return kernels<ProfilingSlots>().graph_cost(nodes_); }

std::vector<KernelWork> FlopCounter::by_name() const {
  const GraphCost all = cost();
  std::vector<KernelWork> work;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].work == Work::leaf) continue;
    auto found = std::find_if(work.begin(), work.end(), [&](const KernelWork& one) { return one.name == names_[i]; });
    if (found == work.end()) found = work.insert(work.end(), {names_[i], 0, 0});
    found->flops += all.nodes[i].flops;
    found->bytes += all.nodes[i].bytes;
  }
  return work;
}

std::string FlopCounter::table() const {
  std::vector<KernelWork> lines = by_name();
  const WorkCost total = cost().total;
  lines.push_back({"total", total.flops, total.bytes});
  std::ostringstream text;
  text << std::left << std::setw(24) << "operation" << std::right << std::setw(16) << "FLOPs" << std::setw(16)
       << "bytes" << std::setw(14) << "FLOPs a byte"
       << "\n";
  for (const KernelWork& line : lines) {
    text << std::left << std::setw(24) << line.name << std::right << std::setw(16) << line.flops << std::setw(16)
         << line.bytes << std::setw(14) << std::fixed << std::setprecision(2);
    if (line.bytes == 0)
      text << "-";
    else
      text << static_cast<double>(line.flops) / static_cast<double>(line.bytes);
    text << "\n";
  }
  return text.str();
}

}  // namespace kiln::profile
