// The judge's side of the line: layout, exchange, verification. The words for deaths are in explain.cpp.
#include "worker/session.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "worker/merged.hpp"

namespace kiln::worker {

namespace {

thread_local Session* current_session = nullptr;

/// Copies the elements of a view from shared memory back to the caller's.
void copy_elements(std::byte* to, const std::byte* from, const Extent& extent) {
  // Fold the inner dimensions that lie densely into one run.
  std::int64_t run = 1;
  int outer = extent.shape.rank();
  while (outer > 0 && (extent.strides[outer - 1] == run || extent.shape[outer - 1] == 1)) run *= extent.shape[--outer];
  const std::size_t run_bytes = static_cast<std::size_t>(run) * extent.element_bytes;

  // Walk the outer ones with an odometer.
  Shape index = Shape::filled(outer, 0);
  for (;;) {
    std::int64_t offset = 0;
    for (int d = 0; d < outer; ++d) offset += index[d] * extent.strides[d];
    const std::int64_t bytes = offset * static_cast<std::int64_t>(extent.element_bytes);
    std::memcpy(to + bytes, from + bytes, run_bytes);
    int d = outer - 1;
    while (d >= 0 && ++index[d] == extent.shape[d]) index[d--] = 0;
    if (d < 0) return;
  }
}

}  // namespace

Session::Session(Family family, SessionOptions options)
    : family_(std::move(family)),
      options_(std::move(options)),
      read_only_(std::make_unique<SharedArena>(Arena::read_only, options_.arena_bytes)),
      read_write_(std::make_unique<SharedArena>(Arena::read_write, options_.arena_bytes)) {}

Session::~Session() {
  if (current_session == this) current_session = nullptr;
}

Session& Session::current() {
  if (current_session == nullptr) throw Error(ErrorKind::judge, "no worker session is current in this thread");
  return *current_session;
}

void Session::set_current(Session* session) { current_session = session; }

const std::vector<SlotState>& Session::slots() {
  start();
  return slots_;
}

void Session::restart() {
  if (process_) last_output_ = process_->output();
  process_.reset();
}

std::byte* Session::keep(Arena arena, std::size_t bytes) {
  return (arena == Arena::read_only ? read_only_ : read_write_)->keep(bytes);
}

void Session::renew() {
  restart();
  read_only_ = std::make_unique<SharedArena>(Arena::read_only, options_.arena_bytes);
  read_write_ = std::make_unique<SharedArena>(Arena::read_write, options_.arena_bytes);
}

void Session::start() {
  if (process_) return;
  ++starts_;
  cpu_after_timed_.reset();
  process_ = std::make_unique<WorkerProcess>(options_.launch, *read_only_, *read_write_);
  greet();
}

// The worker's first frame, `started`, leaves before any initialiser of the kernels' files ran: without it, the
// sandbox failed and not the kernel.
void Session::greet() {
  Frame frame;
  for (bool started = false;;) {
    WorkerProcess::Outcome outcome = WorkerProcess::Outcome::gone;
    try {
      outcome = process_->receive(frame,
                                  started ? std::min(options_.start_limit, options_.time_limit) : options_.start_limit);
    } catch (const Error& error) {
      die(-1, started ? ErrorKind::protocol : ErrorKind::judge, error.what());
    }
    if (outcome == WorkerProcess::Outcome::gone && !started) {
      const Death death = process_->reap(std::chrono::milliseconds(500));
      die(-1, ErrorKind::judge,
          "the worker could not be started (status " + std::to_string(death.status) +
              "); it said: " + process_->output(1000));
    }
    if (outcome == WorkerProcess::Outcome::gone) report_death(-1);
    if (outcome == WorkerProcess::Outcome::late)
      die(-1, started ? ErrorKind::timeout : ErrorKind::judge,
          (started ? call_name(-1) : "the worker's start") + " did not finish within " +
              std::to_string(
                  (started ? std::min(options_.start_limit, options_.time_limit) : options_.start_limit).count()) +
              " ms");
    if (frame.kind == FrameKind::started && !started)
      started = true;
    else if (frame.kind == FrameKind::crash)
      report_crash(-1, frame);
    else if (frame.kind == FrameKind::hello)
      break;
    else
      die(-1, ErrorKind::protocol, "the worker greeted with something else than a greeting");
  }
  try {
    Reader reader{frame.payload.data(), frame.payload.data() + frame.payload.size(), {}};
    if (reader.plain<std::uint64_t>() != family_.fingerprint)
      die(-1, ErrorKind::protocol, "the worker was built from another contract than the tests: build both again");
    worker_bases_[0] = reader.plain<std::uint64_t>();
    worker_bases_[1] = reader.plain<std::uint64_t>();
    slots_.clear();
    for (std::size_t i = 0; i < family_.slots.size(); ++i) {
      const auto state = reader.plain<std::uint8_t>();
      slots_.push_back(state <= 2 ? static_cast<SlotState>(state) : SlotState::missing);
    }
  } catch (const Error& error) {
    die(-1, error.kind(), error.what());
  }
}

const Extent& Session::named_extent(const Merged& merged) const {
  const auto& extents = *extents_;
  for (std::size_t i : merged.parts)
    if (extents[i].writable) return extents[i];
  return extents[merged.parts.front()];
}

void Session::lay_out(Writer& call) {
  read_only_->reset();
  read_write_->reset();
  merged_.clear();
  guards_.clear();
  extents_ = &call.extents;
  auto& extents = call.extents;

  // Merge extents that overlap; an empty one stands alone.
  std::vector<std::size_t> order(extents.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return extents[a].begin < extents[b].begin; });
  std::ptrdiff_t open = -1;  // the merged extent that the next one may overlap
  for (std::size_t i : order) {
    const Extent& extent = extents[i];
    const bool empty = extent.begin == extent.end;
    if (!empty && open >= 0 && extent.begin < merged_[static_cast<std::size_t>(open)].end) {
      Merged& last = merged_[static_cast<std::size_t>(open)];
      last.end = std::max(last.end, extent.end);
      last.writable |= extent.writable;
      last.parts.push_back(i);
      continue;
    }
    merged_.push_back({extent.begin, extent.end, extent.writable, nullptr, false, {i}});
    if (!empty) open = static_cast<std::ptrdiff_t>(merged_.size()) - 1;
  }

  // Place each in its arena, unless it lies in one already, and patch in where.
  for (Merged& merged : merged_) {
    const auto size = static_cast<std::size_t>(merged.end - merged.begin);
    SharedArena* arena = merged.writable ? read_write_.get() : read_only_.get();
    for (SharedArena* home : {read_only_.get(), read_write_.get()}) {
      if (size == 0 || !home->holds(merged.begin)) continue;
      if (merged.writable && home == read_only_.get())
        throw Error(ErrorKind::judge, "a kernel's output lies in the sealed arena");
      arena = home;
      merged.direct = true;
      merged.shared = merged.begin;
    }
    if (!merged.direct) {
      merged.shared = arena->place(size, placement_);
      if (placement_ == Placement::guarded) guards_.push_back(arena->guard());
      if (size > 0) std::memcpy(merged.shared, merged.begin, size);
    }
    for (std::size_t i : merged.parts) {
      const std::byte* data = size == 0 ? merged.shared : merged.shared + (extents[i].data - merged.begin);
      const Location location{arena->kind(), 0, static_cast<std::uint64_t>(data - arena->base())};
      std::memcpy(call.bytes.data() + extents[i].position, &location, sizeof location);
    }
  }
}

// "out (shape (2, 3), strides (3, 1))"
std::string Session::operand_name(int slot, const Extent& extent) const {
  const auto& parameters = family_.slots[static_cast<std::size_t>(slot)].parameters;
  return parameters[static_cast<std::size_t>(extent.parameter)] + " (shape " + to_string(extent.shape) + ", strides " +
         to_string(extent.strides) + ")";
}

void Session::check_canaries(int slot, const Merged& merged) const {
  const Extent& named = named_extent(merged);
  if (const auto broken = find_broken_canary(merged.shared - kCanaryBytes, merged.shared); !broken.empty())
    throw Error(ErrorKind::out_of_bounds,
                call_name(slot) + " wrote before the beginning of " + operand_name(slot, named) + ": " +
                    std::to_string(merged.shared - broken.data()) + " bytes in front of its first element");
  if (placement_ == Placement::guarded) return;
  const std::byte* behind = merged.shared + (merged.end - merged.begin);
  const auto broken = find_broken_canary(behind, behind + kCanaryBytes);
  if (broken.empty()) return;
  // Count whole elements: a byte of theirs may equal the canary's by chance.
  const std::size_t unit = named.element_bytes, from = static_cast<std::size_t>(broken.data() - behind);
  const std::size_t first = from / unit * unit, last = (from + broken.size() + unit - 1) / unit * unit;
  throw Error(ErrorKind::out_of_bounds, call_name(slot) + " wrote " + std::to_string(last - first) +
                                            " bytes past the end of " + operand_name(slot, named) + ", starting " +
                                            std::to_string(first) + " bytes behind its last element");
}

// Outputs are copied back element by element; then what lies in shared memory must equal the caller's memory to the
// last byte, or something else than the outputs was written.
void Session::take_back(int slot) {
  for (const Merged& merged : merged_) {
    if (!merged.writable || merged.direct) continue;
    check_canaries(slot, merged);
    const auto size = static_cast<std::size_t>(merged.end - merged.begin);
    if (size == 0) continue;
    for (std::size_t i : merged.parts) {
      const Extent& extent = (*extents_)[i];
      if (extent.writable) copy_elements(extent.data, merged.shared + (extent.data - merged.begin), extent);
    }
    if (std::memcmp(merged.begin, merged.shared, size) == 0) continue;
    std::size_t at = 0;
    while (merged.begin[at] == merged.shared[at]) ++at;
    const Extent& named = named_extent(merged);
    const auto offset = (merged.begin + at - named.data) / static_cast<std::ptrdiff_t>(named.element_bytes);
    throw Error(ErrorKind::out_of_bounds,
                call_name(slot) + " changed memory between the elements of " + operand_name(slot, named) +
                    ": at offset " + std::to_string(offset) +
                    " from its first element; write only the elements that the strides reach");
  }
}

Reader Session::transact(int slot, std::uint32_t count, Writer& call) {
  start();
  lay_out(call);
  request_.clear();
  request_.plain<std::uint32_t>(static_cast<std::uint32_t>(slot));
  request_.plain(count);
  request_.plain<std::uint64_t>(guards_.size());
  request_.raw(guards_.data(), guards_.size() * sizeof(GuardPage));
  request_.raw(call.bytes.data(), call.bytes.size());
  exchange(slot);
  cpu_after_timed_.reset();
  take_back(slot);
  return Reader{reply_.payload.data(), reply_.payload.data() + reply_.payload.size(), {}};
}

void Session::refuse_result(int slot, const std::string& why) {
  die(slot, ErrorKind::protocol, "the worker's result of " + call_name(slot) + " cannot be read: " + why);
}

Reader Session::transact_timed(int slot, std::uint32_t count, Writer& call, Timing& timing) {
  start();
  const auto cpu_before = process_->cpu_seconds();
  const auto before = std::chrono::steady_clock::now();
  const auto cpu_when_answered = cpu_after_timed_;
  const Reader reader = transact(slot, count, call);
  timing.wall_seconds = std::chrono::duration<double>(replied_ - before).count();
  const auto cpu_after = cpu_after_timed_ = process_->cpu_seconds();
  if (!cpu_before || !cpu_after) throw Error(ErrorKind::judge, "the worker's CPU clock cannot be read");
  // A kernel that replies early and works on pays with the next request.
  timing.cpu_seconds = *cpu_after - cpu_when_answered.value_or(*cpu_before);
  timing.idle_cpu_seconds = *cpu_before - cpu_when_answered.value_or(*cpu_before);
  return reader;
}

double Session::cpu_since_answer() const {
  if (!process_ || !cpu_after_timed_) return 0;
  return process_->cpu_seconds().value_or(*cpu_after_timed_) - *cpu_after_timed_;
}

// What lies in the line before a request answers no question of ours, and must not be taken for the answer to the next
// one. Only the end of a thread that a kernel left behind may be told like this.
void Session::expect_silence(int slot) {
  if (!process_->has_spoken()) return;
  WorkerProcess::Outcome outcome = WorkerProcess::Outcome::late;
  try {
    outcome = process_->receive(reply_, std::chrono::milliseconds(1));
  } catch (const Error&) {  // no frame: told below
  }
  if (outcome == WorkerProcess::Outcome::gone) report_death(slot);
  if (outcome == WorkerProcess::Outcome::done && reply_.kind == FrameKind::crash) report_crash(slot, reply_);
  die(slot, ErrorKind::protocol, "the worker answered before " + call_name(slot) + " was called");
}

// A kernel that stays just below the limit of each call must not hold up a whole class.
void Session::note_wait(int slot, std::chrono::steady_clock::duration wait) {
  waited_ += wait;
  const auto limit = options_.most_waits * options_.time_limit;
  if (waited_ > limit)
    die(slot, ErrorKind::timeout,
        "the calls took more than " + std::to_string(limit.count()) + " ms altogether, the last of them " +
            call_name(slot) + ": each stays within its limit, but too many come near it");
}

void Session::exchange(int slot) {
  expect_silence(slot);
  WorkerProcess::Outcome outcome{};
  const auto before = std::chrono::steady_clock::now();
  try {
    process_->thaw();
    outcome = process_->send(FrameKind::call, request_.bytes, options_.time_limit);
    if (outcome == WorkerProcess::Outcome::done) outcome = process_->receive(reply_, options_.time_limit);
    replied_ = std::chrono::steady_clock::now();
    // A thread that is left behind must neither write an output that is being read, nor work on the next call's.
    if (options_.threads > 1 && outcome == WorkerProcess::Outcome::done) process_->freeze();
  } catch (const Error& error) {
    die(slot, error.kind(), error.what());
  }
  if (outcome == WorkerProcess::Outcome::gone) report_death(slot);
  if (outcome == WorkerProcess::Outcome::late)
    die(slot, ErrorKind::timeout,
        call_name(slot) + " did not return within " + std::to_string(options_.time_limit.count()) +
            " ms: look for a loop whose condition never becomes false");
  note_wait(slot, std::chrono::steady_clock::now() - before);
  switch (reply_.kind) {
    case FrameKind::result: return;
    case FrameKind::error: rethrow(slot, reply_);
    case FrameKind::crash: report_crash(slot, reply_);
    default:
      die(slot, ErrorKind::protocol, "the worker answered " + call_name(slot) + " with something else than a result");
  }
}

}  // namespace kiln::worker
