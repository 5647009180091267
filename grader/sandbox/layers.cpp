// The probes: each tries the thing itself rather than reading a switch that might speak of it.
#include "grader/sandbox/layers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "grader/sandbox/cgroup.hpp"
#include "grader/sandbox/process.hpp"
#include "grader/sandbox/profile.hpp"
#include "grader/sandbox/seccomp.hpp"

namespace kiln::grader {
namespace {

constexpr std::chrono::seconds kProbeLimit{10};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Layer probe_bubblewrap(const std::string& path) {
  Layer layer{.name = "bubblewrap", .required = true};
  layer.cost = "submissions would run with the whole system in view";
  layer.next_step = "install the package `bubblewrap`";
  if (path.empty()) {
    layer.detail = "no program `bwrap` in PATH";
    return layer;
  }
  const ProcessResult result = run({path, "--version"}, {.wall_limit = kProbeLimit});
  layer.in_force = result.ok();
  layer.detail = result.ok() ? first_line(result.output) + " (" + path + ")" : path + " " + result.describe();
  return layer;
}

Layer probe_user_namespaces() {
  Layer layer{.name = "user namespaces", .required = true};
  const int error = try_user_namespace();
  layer.in_force = error == 0;
  layer.detail = error == 0 ? "made one" : std::strerror(error);
  layer.cost = "bubblewrap cannot give submissions a root, a network and processes of their own";
  layer.next_step =
      "as root: sysctl -w user.max_user_namespaces=15000 (and kernel.unprivileged_userns_clone=1, "
      "kernel.apparmor_restrict_unprivileged_userns=0 where they exist); in a container: start it with a seccomp "
      "profile that allows unshare";
  return layer;
}

Layer probe_filters() {
  Layer layer{.name = "system-call filters", .required = true};
  const std::uint32_t action = SECCOMP_RET_TRAP;
  const Filter filter = make_filter(FilterKind::worker);
  layer.in_force = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 && filter.file;
  layer.detail = !layer.in_force && filter.file ? "the kernel has no seccomp filters" : filter.problem;
  if (layer.in_force) layer.detail = "seccomp with traps";
  layer.cost = "submissions could start processes and ask the kernel for anything";
  layer.next_step = "use a kernel with CONFIG_SECCOMP_FILTER";
  return layer;
}

/// All of it together: a real program in the toolchain's box.
Layer probe_whole(const std::string& bubblewrap) {
  Layer layer{.name = "sandbox", .required = true};
  layer.cost = "the layers exist, but do not work together";
  layer.next_step = "run `bwrap --unshare-all --ro-bind / / true` and follow what it says";
  const Filter filter = make_filter(FilterKind::toolchain);
  if (bubblewrap.empty() || !filter.file) {
    layer.detail = "not tried: a layer is missing";
    return layer;
  }
  ToolchainBox box{.bubblewrap = bubblewrap, .command = {"/usr/bin/true"}};
  box.filter = filter.file.get();
  const ProcessResult result = run(command_line(box), {.wall_limit = kProbeLimit, .keep = {box.filter}});
  layer.in_force = result.ok();
  layer.detail = result.ok() ? "ran a program in it" : result.describe() + ": " + first_line(result.output);
  return layer;
}

Layer probe_cgroup(const std::string& controller, bool in_force, const std::string& cost) {
  Layer layer{.name = controller + " cgroup", .in_force = in_force, .cost = cost};
  layer.detail = Cgroups::ours().describe(controller);
  layer.next_step =
      geteuid() == 0
          ? "mount the hierarchy of this controller writable, and let nothing else live in the grader's cgroup"
          : "start it in a cgroup of its own: systemd-run --user --scope -p Delegate=yes build/kiln grade ...";
  return layer;
}

/// Lets a box have one process too many. `needed` where no cgroup bounds boxes.
Layer probe_watcher(const std::string& bubblewrap, bool needed) {
  Layer layer{.name = "watcher", .needed = needed};
  layer.detail = "not needed: cgroups bound boxes as a whole";
  layer.cost = "nothing bounds a compiler's processes together; each of them alone has its limits";
  layer.next_step = "let this process see all of /proc: no hidepid, and its own namespace's";
  const Filter filter = make_filter(FilterKind::toolchain);
  if (!needed || bubblewrap.empty() || !filter.file) return layer;
  ToolchainBox box{.bubblewrap = bubblewrap, .command = {"/usr/bin/sleep", "10"}};
  box.filter = filter.file.get();
  const ProcessResult result =
      run(command_line(box), {.wall_limit = kProbeLimit, .watch = GroupLimits{.tasks = 1}, .keep = {box.filter}});
  layer.in_force = result.exceeded == Exceeded::tasks;
  layer.detail = layer.in_force ? "killed a box that had too many processes" : "overlooked a box: " + result.describe();
  return layer;
}

Layer probe_user() {
  Layer layer{.name = "ordinary user"};
  layer.in_force = geteuid() != 0;
  layer.detail = "user id " + std::to_string(geteuid());
  layer.cost = "a hole in the kernel is worth more, and root's threads are counted by cgroups or the watcher only";
  layer.next_step = "grade as a user without rights";
  return layer;
}

}  // namespace

Layers probe_layers() {
  const std::string bubblewrap = find_program("bwrap");
  Layers layers;
  layers.all.push_back(probe_bubblewrap(bubblewrap));
  layers.all.push_back(probe_user_namespaces());
  layers.all.push_back(probe_filters());
  layers.all.push_back(probe_whole(bubblewrap));
  const bool memory = Cgroups::ours().bounds_memory(), tasks = Cgroups::ours().bounds_tasks();
  layers.all.push_back(
      probe_cgroup("memory", memory, "a box is seen to have too much memory only when the watcher looks at it"));
  layers.all.push_back(
      probe_cgroup("pids", tasks, "a box that starts too many processes is killed when the watcher looks at it"));
  layers.all.push_back(probe_watcher(bubblewrap, !memory || !tasks));
  layers.all.push_back(probe_user());
  return layers;
}

bool Layers::fit_to_grade() const {
  return std::all_of(all.begin(), all.end(), [](const Layer& layer) { return layer.in_force || !layer.required; });
}

std::string Layers::summary() const {
  std::vector<std::string> present, missing;
  for (const Layer& layer : all)
    if (layer.in_force || layer.needed) (layer.in_force ? present : missing).push_back(layer.name);
  std::string text = fmt::format("{}", fmt::join(present, ", "));
  if (!missing.empty()) text += fmt::format("; without: {}", fmt::join(missing, ", "));
  return text;
}

std::string Layers::refusal() const {
  std::string text;
  for (const Layer& layer : all)
    if (layer.required && !layer.in_force)
      text += fmt::format("{}: {}. Without it {}. Next: {}.\n", layer.name, layer.detail, layer.cost, layer.next_step);
  return text.empty() ? "" : "this machine cannot hold untrusted work:\n" + text;
}

}  // namespace kiln::grader
