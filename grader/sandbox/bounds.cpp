// The choice, controller by controller.
#include "grader/sandbox/bounds.hpp"

namespace kiln::grader {
namespace {

Bounds bound(const GroupLimits& group, bool divided, GroupLimits watched) {
  Bounds bounds;
  Cgroups& cgroups = Cgroups::ours();
  bounds.box = cgroups.make(group, divided, bounds.problem);
  if (cgroups.bounds_memory()) watched.memory_bytes = 0;
  if (cgroups.bounds_tasks()) watched.tasks = 0;
  if (watched.memory_bytes > 0 || watched.tasks > 0) bounds.watch = watched;
  return bounds;
}

}  // namespace

Bounds bound_box(const GroupLimits& limits) { return bound(limits, false, limits); }

Bounds bound_program(const GroupLimits& whole, const GroupLimits& each) { return bound(whole, true, each); }

}  // namespace kiln::grader
