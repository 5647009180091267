// Digests of the course, and the machine's kind.
#include "grader/batch/identity.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "grader/book/digest.hpp"
#include "grader/judge/judge.hpp"

namespace kiln::grader {

namespace {

namespace fs = std::filesystem;

void add_folder(Digest& digest, const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file(error)) files.push_back(entry->path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) digest.add(fs::relative(file, folder, error).string()).add_file(file);
}

}  // namespace

std::string course_digest(const Installation& installation, const Module& module) {
  Digest digest;
  digest.add("kiln course 1").add(module.id).add(installation.version);
  digest.add(installation.toolchain.version);
  for (const std::string& flag : installation.toolchain.kernel_flags) digest.add(flag);
  digest.add_file(installation.source_root / "modules" / module.id / "module.toml");
  for (const Exercise& exercise : module.exercises) digest.add_file(installation.stub(module.id, exercise.file));
  const ModuleParts& parts = installation.modules.at(module.id);
  for (const std::string& file : {parts.tests, parts.hidden_tests, parts.reference_worker}) digest.add_file(file);
  for (const std::string& object : parts.worker_objects) digest.add_file(object);
  for (const std::string& object : objects_before(installation, module, nullptr)) digest.add_file(object);
  for (const std::string& folder : installation.toolchain.include_directories) add_folder(digest, folder);
  digest.add_file(installation.sandbox);
  digest.add_file("/proc/self/exe");
  return digest.hex();
}

std::string machine_kind() {
  utsname system{};
  uname(&system);
  cpu_set_t set;
  const int usable = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
  return fmt::format("{}, {} processors, {}", cpu_name(), usable, system.machine);
}

}  // namespace kiln::grader
