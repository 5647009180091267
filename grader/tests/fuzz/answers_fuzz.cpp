// What a worker may say to its judge: any bytes, in any order, and anything written to the arena that it may write.
// The session is the real one, and so are the socket and what cuts it into frames; of the process only the start, the
// end and the printed words are made up here. Whatever comes, a call gives a value or an Error that blames the worker,
// and nothing but outputs changes.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <numeric>

#include "grader/tests/fuzz/input.hpp"
#include "worker/remote.hpp"
#include "worker/tests/probe.hpp"

namespace kiln::worker {

namespace {

/// One worker's part: an input, read.
struct Script {
  bool greets = false;   ///< with a greeting as it should be; otherwise with `answer`
  bool guarded = false;  ///< placement
  bool early = false;    ///< speaks before it was asked
  bool framed = false;   ///< `answer` is a payload; otherwise it is raw bytes of the line
  std::uint8_t call = 0;
  std::uint8_t kind = 0;  ///< of the frame, where framed
  Death death;
  std::array<std::pair<std::uint16_t, std::string_view>, 4> writes;  ///< into the arena: where, what
  std::string_view answer;
};

Script script;
int worker_end = -1;
std::byte* writable = nullptr;
std::size_t writable_size = 0;

Script read_script(fuzz::Input input) {
  Script read;
  const std::uint8_t flags = input.byte();
  read.greets = (flags & 1) == 0;
  read.guarded = (flags & 2) != 0;
  read.early = (flags & 4) != 0;
  read.framed = (flags & 8) != 0;
  read.call = input.byte();
  read.kind = input.byte();
  read.death = {input.byte(), input.byte(), (flags & 16) != 0};
  for (auto& [offset, bytes] : read.writes) {
    if ((flags & 32) == 0) break;
    offset = input.number<std::uint16_t>();
    bytes = input.counted();
  }
  read.answer = input.rest();
  return read;
}

void say(const void* data, std::size_t size) {
  if (size > 0) fuzz::demand(::write(worker_end, data, size) == static_cast<ssize_t>(size), "the socket takes it all");
}

void say_frame(FrameKind kind, const void* data, std::size_t size) {
  FrameHeader header;
  header.kind = kind;
  header.bytes = size;
  say(&header, sizeof header);
  say(data, size);
}

void say_answer() {
  if (script.framed)
    say_frame(static_cast<FrameKind>(script.kind), script.answer.data(), script.answer.size());
  else
    say(script.answer.data(), script.answer.size());
}

void greet() {
  Writer hello;
  hello.plain(family_of<ProbeSlots>().fingerprint);
  hello.plain<std::uint64_t>(0x10000000);
  hello.plain<std::uint64_t>(0x20000000);
  for (std::size_t i = 0; i < kSlotCount<ProbeSlots>; ++i) hello.plain<std::uint8_t>(0);
  say_frame(FrameKind::started, nullptr, 0);
  say_frame(FrameKind::hello, hello.bytes.data(), hello.bytes.size());
}

}  // namespace

// ---- the process that is none

Descriptor::~Descriptor() {
  if (value_ >= 0) close(value_);
}

WorkerProcess::WorkerProcess(const LaunchOptions&, const SharedArena&, const SharedArena& read_write) {
  int pair[2];
  fuzz::demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "a socket can be had");
  socket_ = Descriptor(pair[0]);
  worker_end = pair[1];
  const int on = 1;
  setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  buffer_.resize(1024);
  writable = read_write.base();
  writable_size = read_write.size();
  if (script.greets) greet();
  if (!script.greets || script.early) say_answer();
  if (!script.greets) shutdown(worker_end, SHUT_WR);
}

WorkerProcess::~WorkerProcess() { close(std::exchange(worker_end, -1)); }

WorkerProcess::Outcome WorkerProcess::send(FrameKind, const std::vector<std::byte>&, std::chrono::milliseconds) {
  for (const auto& [offset, bytes] : script.writes)
    if (offset + bytes.size() <= writable_size)
      std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(writable) + offset);
  if (!script.early) say_answer();
  shutdown(worker_end, SHUT_WR);
  return Outcome::done;
}

void WorkerProcess::freeze() {}
void WorkerProcess::thaw() {}

Death WorkerProcess::reap(std::chrono::milliseconds) { return script.death; }
std::string WorkerProcess::output(std::size_t) const { return "printed"; }

namespace {

constexpr float kKept = 7;

/// Operands of every call: `out` is every second element of memory whose rest must stay.
struct Operands {
  std::vector<float> in = std::vector<float>(12), out = std::vector<float>(12, kKept);
  std::vector<double> doubles = std::vector<double>(6), doubles_out = std::vector<double>(6);
  std::vector<std::int8_t> bytes = std::vector<std::int8_t>(6), bytes_out = std::vector<std::int8_t>(6);
  std::vector<std::int64_t> longs = std::vector<std::int64_t>(6), longs_out = std::vector<std::int64_t>(6);

  Operands() { std::iota(in.begin(), in.end(), 0.0f); }
  ConstView a() const { return {in.data(), Shape{2, 3}, Strides{6, 2}}; }
  ConstView b() const { return {in.data() + 1, Shape{2, 3}, Strides{0, 1}}; }
  View c() { return {out.data(), Shape{2, 3}, Strides{6, 2}}; }
  void check() const {
    for (std::size_t i = 0; i < in.size(); ++i) fuzz::demand(in[i] == static_cast<float>(i), "inputs stay");
    for (std::size_t i = 1; i < out.size(); i += 2) fuzz::demand(out[i] == kKept, "memory between outputs stays");
  }
};

constexpr int kCalls = 16;

void call(int which, Operands& o) {
  const ProbeSlots& probe = remote_table<ProbeSlots>();
  const Shape six{6};
  const Strides dense{1};
  switch (which) {
    case 0: (void)probe.pack(true, 1, 2, 3, 4, 5, 6, 7, Mode::high, 'x'); break;
    case 1: (void)probe.echo_scalars({}); break;
    case 2: (void)probe.echo_bool(true); break;
    case 3: (void)probe.echo_mode(Mode::low); break;
    case 4: fuzz::demand(probe.echo_shape(Shape{1, 2}).rank() <= kMaxRank, "a shape has few dimensions"); break;
    case 5: (void)probe.echo_lists({}); break;
    case 6: (void)probe.join("a", "b"); break;
    case 7: (void)probe.split("a b", ' '); break;
    case 8: (void)probe.shape_and_strides(o.a()); break;
    case 9: probe.nothing(); break;
    case 10:
      probe.copy_views(o.a(), {o.doubles.data(), six, dense}, {o.bytes.data(), six, dense},
                       {o.longs.data(), six, dense}, o.c(), {o.doubles_out.data(), six, dense},
                       {o.bytes_out.data(), six, dense}, {o.longs_out.data(), six, dense});
      break;
    case 11: (void)probe.apply({{o.b(), o.doubles}, 2, "layer", o.c()}); break;
    case 12: (void)probe.total({o.a(), o.b()}); break;
    case 13: probe.add(o.a(), o.b(), o.c()); break;
    case 14: probe.add(o.c(), o.b(), o.c()); break;
    case 15: (void)probe.echo_double(1); break;
  }
}

}  // namespace

}  // namespace kiln::worker

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  using namespace kiln::worker;
  static Session session(family_of<ProbeSlots>(), {.arena_bytes = std::size_t{1} << 20});
  Session::set_current(&session);
  script = read_script({data, size});
  session.restart();
  session.set_placement(script.guarded ? Placement::guarded : Placement::aligned);
  Operands operands;
  try {
    call(script.call % kCalls, operands);
  } catch (const Error& error) {
    fuzz::demand(!script.greets || error.kind() != ErrorKind::judge, "what a worker says is never the judge's fault");
    fuzz::demand(std::strlen(error.what()) < 8 * kMaxErrorBytes, "an error's words are not too many");
  }
  operands.check();
  return 0;
}
