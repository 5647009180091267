// policy.toml: whatever stands in it, either an error is told or the policy keeps what policy.hpp promises.
#include "grader/book/policy.hpp"
#include "grader/book/student_of.hpp"
#include "grader/tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln::grader;
  using kiln::fuzz::demand;
  const auto parsed = parse_policy({reinterpret_cast<const char*>(data), size}, "policy.toml");
  if (!parsed) {
    demand(!parsed.error().empty(), "an error has words");
    demand(parsed.error().size() < 4096 + 64 * size, "an error's words are not many more than the file's");
    return 0;
  }
  const Policy& policy = *parsed;
  demand(policy.grace_minutes >= 0 && policy.free_late_days >= 0, "allowances are no debts");
  demand(policy.penalty_per_day >= 0 && policy.penalty_per_day <= 1, "a penalty is a share");
  demand(policy.max_penalty >= 0 && policy.max_penalty <= 1, "the largest penalty is a share");
  demand(!policy.max_late_days || *policy.max_late_days >= 0, "late days are no debts");
  demand(!why_no_time_zone(policy.time_zone), "there is such a time zone");
  for (const Extension& extension : policy.extensions) {
    demand(!extension.student.empty() && !extension.reason.empty(), "an extension is somebody's, and has a reason");
    demand(policy.due.contains(extension.module), "an extension is of a module that is due");
    demand(extension.due > policy.due.at(extension.module), "an extension is later");
  }
  for (const auto& [module, due] : policy.due) demand(!zone_time(due, policy.time_zone).empty(), "a moment has words");
  demand(!StudentOf(policy.student_of)("ab123_homework").empty(), "a submission is somebody's");
  (void)check_policy(policy, {"01_tensor", "02_activations"});
  return 0;
}
