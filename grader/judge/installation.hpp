// Installation: where the build left what judging needs. Read from course.json beside the `kiln` program.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "grader/build/toolchain.hpp"
#include "grader/course/course.hpp"
#include "grader/record/expected.hpp"
#include "kiln/instruction_set.hpp"

namespace kiln::grader {

/// What a milestone's or the journey's program is linked of beside the student's objects.
struct MilestoneParts {
  std::vector<std::string> whole, libraries;
};

/// The built parts of one module; a string is "" and a list empty where this build has not got it (the student edition
/// has no hidden tests and no naive twins).
struct ModuleParts {
  std::vector<std::string> worker_objects;     ///< a worker without kernels, and the student's table
  std::vector<std::string> worker_base;        ///< the same without the table
  std::vector<std::string> reference_objects;  ///< the reference's table, then its kernels, an object an exercise
  std::string reference_worker;
  std::string tests, hidden_tests;            ///< test programs
  std::vector<std::string> in_process_whole;  ///< for tests in this process: archives to link whole, and the rest
  std::vector<std::string> in_process;
  std::vector<std::string> bench_whole, bench;
  std::string contract, slots_type;
};

struct Installation {
  std::filesystem::path source_root;
  std::string version;
  std::string sandbox;                ///< the kiln-sandbox program
  std::string framework;              ///< its sources: headers of the worker's parts
  std::vector<std::string> sanitize;  ///< flags that the framework was built with
  Toolchain toolchain;                ///< `link` is left to each module
  std::map<std::string, ModuleParts> modules;
  std::map<std::string, MilestoneParts> milestones;
  std::vector<std::string> profile;    ///< in the place of a milestone's libraries, to profile it
  MilestoneParts journey;              ///< of the program behind `kiln journey`
  std::filesystem::path kept_objects;  ///< a folder for a student's own compiled files

  std::filesystem::path stub(const std::string& module, const std::string& file) const {
    return source_root / "modules" / module / file;
  }
  std::filesystem::path solutions(const std::string& module) const { return source_root / "solutions" / module; }
  bool has_solutions() const { return std::filesystem::is_directory(source_root / "solutions"); }
};

/// Why kernels compiled with these flags cannot run on a processor that has this set at most, and what to do; "" where
/// they can.
std::string why_kernels_cannot_run(const std::vector<std::string>& flags, InstructionSet processor);

/// What an exercise may call: the reference's kernels of all that stands before it in the course, as objects to link.
/// nullptr: of the module's own exercises, all.
std::vector<std::string> objects_before(const Installation& installation, const Module& module,
                                        const Exercise* exercise);

/// The error says what is missing and what to do.
Expected<Installation, std::string> load_installation(const std::filesystem::path& course_json);
/// The one beside the running program.
Expected<Installation, std::string> load_installation();

}  // namespace kiln::grader
