// Reading course.json.
#include "grader/judge/installation.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace kiln::grader {

namespace {

ModuleParts parts_from(const nlohmann::json& json) {
  ModuleParts parts;
  auto text = [&](const char* key, std::string& value) { value = json.value(key, std::string()); };
  auto list = [&](const char* key, std::vector<std::string>& value) {
    value = json.value(key, std::vector<std::string>());
  };
  list("worker_objects", parts.worker_objects);
  list("worker_base", parts.worker_base);
  list("reference_objects", parts.reference_objects);
  text("reference_worker", parts.reference_worker);
  text("tests", parts.tests);
  text("hidden_tests", parts.hidden_tests);
  list("in_process_whole", parts.in_process_whole);
  list("in_process", parts.in_process);
  list("bench_whole", parts.bench_whole);
  list("bench", parts.bench);
  // Named, because items() would outlive a temporary.
  text("contract", parts.contract);
  text("slots_type", parts.slots_type);
  return parts;
}

}  // namespace

std::string why_kernels_cannot_run(const std::vector<std::string>& flags, InstructionSet processor) {
  for (const auto& [march, needed] : {std::pair("-march=x86-64-v3", InstructionSet::avx2),
                                      std::pair("-march=x86-64-v4", InstructionSet::avx512)}) {
    const bool built_so = std::find(flags.begin(), flags.end(), march) != flags.end();
    if (built_so && processor < needed)
      return std::string("the kernels of this build were compiled with ") + march + ", and this processor has " +
             to_string(processor) +
             " at most: they would stop at an illegal instruction. Build for this machine: meson setup --reconfigure "
             "build -Dkernel_march=auto && ninja -C build";
  }
  return "";
}

std::vector<std::string> objects_before(const Installation& installation, const Module& module,
                                        const Exercise* exercise) {
  std::vector<std::string> objects;
  for (const auto& [id, parts] : installation.modules) {
    if (id > module.id) break;
    const auto& all = parts.reference_objects;
    // The table stands first; a kernel that is not linked leaves a null slot in it.
    std::size_t count = all.size();
    if (id == module.id && exercise != nullptr) {
      const auto at = std::find_if(module.exercises.begin(), module.exercises.end(),
                                   [&](const Exercise& each) { return each.id == exercise->id; });
      count = std::min(count, 1 + static_cast<std::size_t>(at - module.exercises.begin()));
    }
    objects.insert(objects.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return objects;
}

Expected<Installation, std::string> load_installation(const std::filesystem::path& course_json) {
  std::ifstream file(course_json);
  if (!file) return course_json.string() + ": cannot be read; build first: meson setup build && ninja -C build";
  try {
    const nlohmann::json json = nlohmann::json::parse(file);
    Installation installation;
    installation.source_root = json.at("source_root").get<std::string>();
    installation.version = json.at("version");
    installation.sandbox = json.at("sandbox");
    installation.framework = json.at("framework");
    for (const std::string flag : json.at("sanitize"))
      if (!flag.empty()) installation.sanitize.push_back(flag);
    installation.toolchain = json.at("toolchain").get<Toolchain>();
    for (const auto& [id, parts] : json.at("modules").items()) installation.modules[id] = parts_from(parts);
    for (const auto& [name, milestone] : json.at("milestones").items())
      installation.milestones[name] = {milestone.at("whole"), milestone.at("libraries")};
    installation.profile = json.at("profile").get<std::vector<std::string>>();
    installation.journey = {json.at("journey").at("whole"), json.at("journey").at("libraries")};
    installation.kept_objects = course_json.parent_path() / "own-objects";
    return installation;
  } catch (const nlohmann::json::exception& error) {
    return course_json.string() + ": not what this version of kiln writes (" + error.what() +
           "); configure again: meson setup --reconfigure build";
  }
}

Expected<Installation, std::string> load_installation() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "/proc/self/exe cannot be read: " + error.message();
  Expected<Installation, std::string> installation = load_installation(program.parent_path() / "modules" / "course.json");
  if (!installation) return installation;
  const std::string why =
      why_kernels_cannot_run(installation->toolchain.kernel_flags, processor_instruction_set());
  if (!why.empty()) return why;
  return installation;
}

}  // namespace kiln::grader
