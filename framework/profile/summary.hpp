// Trees of calls added up: by kernel, by layer, and along each path for the flame chart.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "profile/call_tree.hpp"

namespace kiln::profile {

struct KernelRow {
  std::string family, kernel;
  std::int64_t calls = 0;
  double seconds = 0;       ///< in it, nested kernels included
  double self_seconds = 0;  ///< without them
  bool costed = false;      ///< a rule tells its cost; else cost is what its nested kernels came to
  Cost cost;
  std::string layer;       ///< where it took most time
  double layer_share = 0;  ///< of its own time, there

  double flops_rate() const { return seconds > 0 ? cost.flops / seconds : 0; }
  double bytes_rate() const { return seconds > 0 ? cost.bytes / seconds : 0; }
  double intensity() const { return cost.bytes > 0 ? cost.flops / cost.bytes : 0; }
};

struct LayerRow {
  std::string layer;
  std::int64_t calls = 0;  ///< that the layer makes itself
  double forward_seconds = 0, backward_seconds = 0;
  Cost cost;

  double seconds() const { return forward_seconds + backward_seconds; }
};

/// A path of the flame chart: a layer, one pass of it, a kernel, a kernel called by that one ...
struct Flame {
  std::string name, detail;
  double seconds = 0;
  std::vector<Flame> children;  ///< by time, largest first, but layers in the order in which they first ran
};

struct Summary {
  double seconds = 0;              ///< the steps, as the wall clock had them
  double kernel_seconds = 0;       ///< of them inside of kernels
  Cost cost;                       ///< of all kernels; of one that calls others only its own
  std::vector<KernelRow> kernels;  ///< by own time, largest first
  std::vector<LayerRow> layers;    ///< in the order in which they first ran
  std::vector<KernelRow> beside;   ///< kernels of other threads (the loader's), at the same time as the steps
  Flame flame;
};

/// What to call a place that is in no layer: "optimizer", "loss", "data" or "outside of layers".
std::string place_name(const std::string& layer, const Kernel& kernel);

/// `main` is the thread that ran the steps, in `seconds` seconds.
Summary summarise(const std::vector<ThreadCalls>& calls, std::thread::id main, double seconds);

}  // namespace kiln::profile
