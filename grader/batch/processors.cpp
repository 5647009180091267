// sched_getaffinity.
#include "grader/batch/processors.hpp"

#include <sched.h>

namespace kiln::grader {

std::vector<int> processor_numbers() {
  std::vector<int> numbers;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return {-1};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) numbers.push_back(cpu);
  return numbers;
}

}  // namespace kiln::grader
