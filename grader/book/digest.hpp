// SHA-256, by which the gradebook knows files, courses and machines: what has the same digest is the same.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace kiln::grader {

/// Digests a sequence of parts; each part's length is digested too, so that "ab", "c" differs from "a", "bc".
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  Digest& add(std::string_view part);
  /// The contents of a file; a missing one counts as itself, unlike an empty one.
  Digest& add_file(const std::filesystem::path& path);
  /// 64 hexadecimal digits. Ends the digest: nothing can be added afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Of one text alone.
std::string digest_of(std::string_view text);

}  // namespace kiln::grader
