// Reads module.toml files and checks all that the course model promises.
// All problems of all files are reported at once; nothing is thrown. Whether solutions, tests and stubs exist and agree
// with the file is not asked here: that is what `kiln lint` proves.
#pragma once

#include <filesystem>

#include "grader/course/course.hpp"
#include "grader/course/problem.hpp"
#include "grader/record/expected.hpp"

namespace kiln::grader {

/// `path` is a module.toml or the folder that holds it; the module's id must be the folder's name.
Expected<Module, Problems> load_module(const std::filesystem::path& path);

/// All folders of root/modules that begin with two digits and '_', in the order of their names. Checks too that `needs`
/// name existing modules and that no two exercises of the course share an id. Paths in problems begin with `root` as
/// given.
Expected<Course, Problems> load_course(const std::filesystem::path& root);

}  // namespace kiln::grader
