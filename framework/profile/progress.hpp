// How far a long measurement is, on stderr: nothing in the first two seconds, then a line that is written over on a
// terminal, and one every ten seconds elsewhere.
#pragma once

#include <string>

namespace kiln::profile {

class Progress {
 public:
  Progress();
  /// Wipes the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const std::string& line);

 private:
  double now() const;
  bool terminal_, drawn_ = false;
  double start_, last_ = 0;
};

}  // namespace kiln::profile
