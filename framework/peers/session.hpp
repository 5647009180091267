// A run of tools/peers: the roofs, then case after case, told as they end and kept in a file.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "peers/report.hpp"

namespace kiln::peers {

struct SessionOptions {
  std::filesystem::path json;  ///< "": no file
  std::vector<int> threads{1};
  double seconds = 2;  ///< a case
  std::uint64_t seed = 1;
  std::string spoil;  ///< see ContestOptions
  bool must_hold = false;
  std::function<bool()> stopped;
};

using Peers = std::vector<std::unique_ptr<Peer>>;

class Session {
 public:
  /// Tables go to stdout, in colour where that is a terminal and NO_COLOR is not set; progress to a terminal on stderr.
  explicit Session(SessionOptions options);

  /// The program's exit status: 0, 1 where one of Kiln's own was wrong or a promise that was asked for is missed, 130
  /// where it was stopped. Error(invalid_argument) where the file cannot be written: at once.
  int run(const std::vector<Problem>& problems, const Peers& peers, std::vector<std::string> missing);

 private:
  void say(const std::string& progress) const;
  void save() const;
  void begin(const Peers& peers);
  void measure(const Problem& problem, const Peers& peers, const speed::Roofs& roofs, const std::string& place);
  int status() const;

  SessionOptions options_;
  bool colour_, live_;
  Run run_;
};

}  // namespace kiln::peers
