// A thread writes its own tree, under a lock of its own that only a reader ever contends for.
#include "profile/call_tree.hpp"

#include <algorithm>
#include <utility>

namespace kiln::profile {

struct Thread {
  mutable std::mutex mutex;
  ThreadCalls calls;
  int current = 0, last_layer = 0;

  int layer(const std::string& name) {
    auto& layers = calls.layers;
    if (last_layer < static_cast<int>(layers.size()) && layers[static_cast<std::size_t>(last_layer)] == name)
      return last_layer;
    const auto found = std::ranges::find(layers, name);
    last_layer = static_cast<int>(found - layers.begin());
    if (found == layers.end()) layers.push_back(name);
    return last_layer;
  }

  CallNode& node(int number) { return calls.nodes[static_cast<std::size_t>(number)]; }

  int child(const Kernel& kernel, LayerPlace place) {
    const int in = layer(*place.layer);
    for (const int number : node(current).children) {
      const CallNode& known = node(number);
      if (known.kernel == &kernel && known.layer == in && known.backward == place.backward) return number;
    }
    const int made = static_cast<int>(calls.nodes.size());
    calls.nodes.push_back({.kernel = &kernel, .layer = in, .backward = place.backward, .parent = current});
    node(current).children.push_back(made);
    return made;
  }
};

Recorder& Recorder::instance() {
  static Recorder recorder;
  return recorder;
}

void Recorder::reset(RecorderHooks hooks) {
  const std::lock_guard lock(mutex_);
  hooks_ = hooks;
  threads_.clear();
  generation_.fetch_add(1, std::memory_order_release);
}

Thread& Recorder::this_thread() {
  thread_local std::shared_ptr<Thread> mine;
  thread_local std::uint64_t generation = 0;
  const std::uint64_t now = generation_.load(std::memory_order_acquire);
  if (generation != now) {
    mine = std::make_shared<Thread>();
    mine->calls.thread = std::this_thread::get_id();
    generation = now;
    const std::lock_guard lock(mutex_);
    threads_.push_back(mine);
  }
  return *mine;
}

std::vector<ThreadCalls> Recorder::calls() const {
  const std::lock_guard lock(mutex_);
  std::vector<ThreadCalls> all;
  for (const std::shared_ptr<Thread>& thread : threads_) {
    const std::lock_guard inner(thread->mutex);
    all.push_back(thread->calls);
  }
  return all;
}

// The clock is read last here and first at the end: what recording takes falls to the caller.
Recorder::Call::Call(Recorder& recorder, const Kernel& kernel) : recorder_(recorder), thread_(&recorder.this_thread()) {
  {
    const std::lock_guard lock(thread_->mutex);
    node_ = thread_->child(kernel, recorder.hooks_.place());
    caller_ = std::exchange(thread_->current, node_);
  }
  begin_ = recorder.hooks_.now();
}

Recorder::Call::~Call() {
  const std::int64_t took = recorder_.hooks_.now() - begin_;
  const std::lock_guard lock(thread_->mutex);
  CallNode& node = thread_->node(node_);
  ++node.calls;
  node.total += took;
  node.cost.flops += cost_.flops;
  node.cost.bytes += cost_.bytes;
  thread_->node(caller_).nested += took;
  thread_->current = caller_;
}

}  // namespace kiln::profile
