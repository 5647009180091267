// What makes two judgements the same: the file, the course with its judge, the kind of machine, and the seed.
#pragma once

#include <string>

#include "grader/course/course.hpp"
#include "grader/judge/installation.hpp"

namespace kiln::grader {

/// A digest of all of the built course that can change a verdict on `module`: its manifest and stubs, tests, oracles,
/// reference, worker and public headers, compiler and flags, the sandbox, and this program, which is the judge.
std::string course_digest(const Installation& installation, const Module& module);

/// Processor, number of processors that may be used, and kernel's architecture: where speed compares.
std::string machine_kind();

}  // namespace kiln::grader
