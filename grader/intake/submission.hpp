// Submission: what was handed in, reduced to the listed files, and the list itself.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace kiln::grader {

/// A file that a submission may hold. `module` is the module's folder.
struct WantedFile {
  std::string module;
  std::string file;
  /// "01_tensor/matmul.cpp": the key in Submission::files, relative to modules/.
  std::string path() const { return module + '/' + file; }
};

/// Contents are held in memory: there are few listed files and each is small (IntakeLimits::listed_bytes), so that nothing of
/// a submission is written to disk before it is laid over a pristine tree, and there is nothing to clean up.
struct Submission {
  std::string name;                          ///< unique, and safe as a file's name
  std::string path;                          ///< where it came from
  std::map<std::string, std::string> files;  ///< WantedFile::path() -> contents
  std::vector<std::string> notes;            ///< what was ignored, missing or not taken
  std::string problem;                       ///< why it could not be taken in; "" where it could
};

}  // namespace kiln::grader
