// A worker that speaks the line's language badly: `hostile ACT HONEST_WORKER`.
// It misbehaves once in the life of its arenas (a mark in the writable one says so); every later start becomes the
// honest worker, so that a test sees whether the judge recovers.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "worker/codec.hpp"
#include "worker/family.hpp"
#include "worker/tests/probe.hpp"

namespace {

using namespace kiln;
using namespace kiln::worker;

void send_bytes(const void* data, std::size_t size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t sent = ::write(kSocketFd, next, size);
    if (sent <= 0) _exit(0);  // the judge has hung up
    next += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

void send_header(FrameKind kind, std::uint64_t bytes) {
  FrameHeader header;
  header.kind = kind;
  header.bytes = bytes;
  send_bytes(&header, sizeof header);
}

void append_frame(Writer& frames, FrameKind kind, const Writer& payload) {
  FrameHeader header;
  header.kind = kind;
  header.bytes = payload.bytes.size();
  frames.plain(header);
  frames.raw(payload.bytes.data(), payload.bytes.size());
}

/// Frames that leave in one piece lie there together when the judge looks.
void send_frames(const Writer& frames) { send_bytes(frames.bytes.data(), frames.bytes.size()); }

void send_frame(FrameKind kind, const Writer& payload) {
  Writer frames;
  append_frame(frames, kind, payload);
  send_frames(frames);
}

Writer hello(std::uint64_t flipped = 0) {
  Writer payload;
  payload.plain<std::uint64_t>(family_of<ProbeSlots>().fingerprint ^ flipped);
  payload.plain<std::uint64_t>(0);
  payload.plain<std::uint64_t>(0);
  for (std::size_t i = 0; i < kSlotCount<ProbeSlots>; ++i) payload.plain<std::uint8_t>(0);
  return payload;
}

void send_hello(std::uint64_t flipped = 0) {
  send_header(FrameKind::started, 0);
  send_frame(FrameKind::hello, hello(flipped));
}

void receive_request() {
  FrameHeader header;
  if (::read(kSocketFd, &header, sizeof header) != sizeof header) _exit(0);
  std::byte block[4096];
  for (std::uint64_t left = header.bytes; left > 0;) {
    const ssize_t got = ::read(kSocketFd, block, std::min<std::uint64_t>(left, sizeof block));
    if (got <= 0) _exit(0);
    left -= static_cast<std::uint64_t>(got);
  }
}

/// Waits for the judge to hang up or to end this process.
[[noreturn]] void wait_for_the_end() {
  char byte;
  while (::read(kSocketFd, &byte, 1) > 0) {
  }
  _exit(0);
}

/// Whether this is the first worker on these arenas.
bool first_start() {
  struct stat status {};
  if (fstat(kReadWriteFd, &status) != 0) return true;
  char mark = 0;
  if (pread(kReadWriteFd, &mark, 1, status.st_size - 1) != 1 || mark != 0) return false;
  return pwrite(kReadWriteFd, "x", 1, status.st_size - 1) == 1;
}

void send_error(std::uint32_t kind, const std::string& text) {
  Writer error;
  error.plain(kind);
  error.text(text);
  send_frame(FrameKind::error, error);
}

/// A result whose payload is one number and what follows it.
void send_number(std::uint64_t number, std::string_view tail = "") {
  Writer result;
  result.plain(number);
  result.raw(tail.data(), tail.size());
  send_frame(FrameKind::result, result);
}

void send_shape(std::int32_t rank) {
  Writer result;
  result.plain(rank);
  for (int d = 0; d < 8; ++d) result.plain<std::int64_t>(1);
  send_frame(FrameKind::result, result);
}

void send_crash(const CrashReport& report) {
  Writer crash;
  crash.plain(report);
  send_frame(FrameKind::crash, crash);
}

void greet_badly(std::string_view act) {
  if (act == "wrong-fingerprint") {
    send_hello(1);
  } else if (act == "short-hello") {
    send_header(FrameKind::started, 0);
    Writer short_one;
    short_one.plain<std::uint64_t>(family_of<ProbeSlots>().fingerprint);
    send_frame(FrameKind::hello, short_one);
  } else if (act == "greets-with-a-result") {
    send_header(FrameKind::started, 0);
    send_number(0);
  } else if (act == "garbage-greeting") {
    send_header(FrameKind::started, 0);
    send_bytes("HTTP/1.1 400 Bad Request\r\n\r\n", 28);
  } else if (act == "silent-greeting") {
    send_header(FrameKind::started, 0);
  } else if (act == "answers-unasked") {
    Writer frames, answer;
    answer.plain<std::uint64_t>(42);
    append_frame(frames, FrameKind::started, {});
    append_frame(frames, FrameKind::hello, hello());
    append_frame(frames, FrameKind::result, answer);
    send_frames(frames);
  } else if (act == "never-reads") {
    send_hello();
    for (;;) pause();
  } else {
    return;
  }
  wait_for_the_end();
}

void answer_badly(std::string_view act, std::uint64_t number) {
  if (act == "garbage") send_bytes("this is no frame, it is prose and goes on for a while", 53);
  if (act == "length") send_header(FrameKind::result, number);
  if (act == "wrong-kind") send_header(static_cast<FrameKind>(number), 0);
  if (act == "number") send_number(number);
  if (act == "number-and-more") send_number(number, "and more");
  if (act == "shape") send_shape(static_cast<std::int32_t>(number));
  if (act == "error") send_error(static_cast<std::uint32_t>(number), "the judge is to blame");
  if (act == "short-error") send_header(FrameKind::error, 0);
  if (act == "short-crash") send_header(FrameKind::crash, 0);
  if (act == "crash") send_crash({static_cast<std::int32_t>(number), -1, ~std::uint64_t{0} - 8, 8, 1, 0});
  if (act == "closes") close(kSocketFd);
  if (act == "truncated") {
    send_header(FrameKind::result, 100);
    send_bytes("half", 4);
    _exit(static_cast<int>(number));
  }
  if (act == "drips") {
    send_header(FrameKind::result, number);
    for (;; usleep(5000)) send_bytes("", 1);
  }
  if (act == "floods") {
    Writer frames, answer;
    answer.plain(number);
    for (int i = 0; i < 2; ++i) append_frame(frames, FrameKind::result, answer);
    for (;;) send_frames(frames);
  }
}

}  // namespace

int main(int, char** argv) {
  const std::string_view whole = argv[1];
  if (!first_start()) execv(argv[2], argv + 2);
  const std::size_t colon = whole.find(':');
  const std::string_view act = whole.substr(0, colon);
  const std::uint64_t number =
      colon == std::string_view::npos ? 0 : std::strtoull(whole.data() + colon + 1, nullptr, 0);
  greet_badly(act);
  send_hello();
  receive_request();
  answer_badly(act, number);
  // Whatever it closed: end only with the judge.
  if (act == "closes") pause();
  wait_for_the_end();
}
