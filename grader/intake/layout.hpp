// Layout: where the listed files of a submission may lie. Collector: what was found there, and what that amounts to.
// Accepted are modules/M/F, M/F and, where one module alone is wanted, F; each also below one top folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grader/intake/submission.hpp"

namespace kiln::grader {

class Layout {
 public:
  explicit Layout(std::vector<WantedFile> wanted);

  struct Place {
    std::size_t wanted;  ///< index into wanted()
    std::string top;     ///< the top folder, "" where there is none
  };

  /// `path` is relative, with '/' and without "." or empty parts.
  std::optional<Place> match(std::string_view path) const;
  /// Whether an accepted place may lie below the folder `path`.
  bool leads_to_place(std::string_view path) const;

  const std::vector<WantedFile>& wanted() const { return wanted_; }
  /// All accepted places without a top folder.
  std::vector<std::string> places() const;
  /// "modules/01_tensor/fill.cpp, ... (also as 01_tensor/fill.cpp or fill.cpp, each also below one top folder)"
  std::string looked_for() const;

 private:
  using Parts = std::vector<std::string>;
  struct Accepted {
    Parts parts;
    std::size_t wanted;
  };

  std::vector<WantedFile> wanted_;
  std::vector<Accepted> accepted_;
};

class Collector {
 public:
  explicit Collector(const Layout& layout) : layout_(layout), found_(layout.wanted().size()) {}

  const Layout& layout() const { return layout_; }

  /// A file at an accepted place.
  void take(std::string_view path, const Layout::Place& place, std::string contents);
  /// A file at an accepted place that cannot be taken: "is a symbolic link".
  void refuse(std::string_view path, const Layout::Place& place, std::string reason);
  /// Anything else.
  void ignore(std::string_view path);

  /// Fills files and notes, or the problem.
  void finish(Submission& submission);

 private:
  /// What lies at the places of one wanted file. Only the first one's contents are kept: a second is a problem anyway.
  struct Found {
    std::string path, top, contents, refusal;
    std::string second_path;
    bool any = false;
  };

  Found* claim(std::string_view path, const Layout::Place& place);
  std::string ambiguity() const;
  std::string nothing_found() const;
  void note_rest(Submission& submission) const;

  const Layout& layout_;
  std::vector<Found> found_;
  std::vector<std::string> ignored_;  ///< the first few
  std::string inner_archive_;
  std::uint64_t ignored_count_ = 0;
};

}  // namespace kiln::grader
