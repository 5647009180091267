// The processes of a session: what a child started, in whatever group, unless it left its session as well.
#pragma once

#include <sys/types.h>

namespace kiln::grader {

/// Kills every process of the session that `leader` leads or led, but not the leader, until there is none that runs.
/// The leader must not have been reaped, so that its number still means that session.
void kill_session(pid_t leader);

}  // namespace kiln::grader
