// Owner: the name that this process gives to what it leaves in shared places (temporary folders, cgroups), so that a
// later grader can tell what a dead one left behind from what a living one still uses.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "grader/sandbox/descriptor.hpp"

namespace kiln::grader {

/// "kiln-PID-START", with the time at which this process started: numbers of processes are given out again.
std::string owner_name();

/// Whether `name` is, or begins with, the owner_name() of a process that is gone. False for any name of another form.
bool is_of_dead_owner(std::string_view name);

/// A lock on a directory, held as long as the descriptor is open; none where it is taken. It tells also graders in
/// other process namespaces, which cannot see each other's numbers, that the owner lives.
Descriptor lock_directory(const std::filesystem::path& directory);

}  // namespace kiln::grader
