// Descriptor: an open file of the kernel's, closed at the end. Bounded reading of untrusted files.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

namespace kiln::grader {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// "cannot be read: Permission denied", for errno.
std::string unreadable(int error);

/// "256 KiB"
std::string size_text(std::uint64_t bytes);

/// What a file that is neither regular nor a folder is: "is a symbolic link, which is not followed".
std::string special_file_text(unsigned mode);

}  // namespace kiln::grader
