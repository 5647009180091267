// Moments: seconds since 1970-01-01 00:00:00 UTC, their ISO 8601 texts, and local times of an IANA time zone.
// A local time that the zone skips in spring is an error; one that it has twice in autumn is the later of the two,
// which is the one that takes nothing from a student.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "grader/record/expected.hpp"

namespace kiln::grader {

using UnixSeconds = std::int64_t;

/// A date and a time of day as a person writes them, not yet a moment.
struct LocalTime {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
};

/// "2026-11-20T21:59:00Z". Years outside 0 to 9999 become the nearest moment within.
std::string iso_time(UnixSeconds moment);

/// The moment of "2026-11-20T21:59:00Z", or with an offset such as "+02:00" in place of the Z; seconds may be missing.
/// Nothing where the text is anything else, a time without an offset above all.
std::optional<UnixSeconds> unix_time(std::string_view iso);

/// The same, and times without an offset, which are the zone's: "2026-11-20T23:59:00", or with a space for the T.
/// The error says what was expected.
Expected<UnixSeconds, std::string> unix_time(std::string_view text, const std::string& time_zone);

/// "2026-11-20 23:59:00 EET": a moment as the clocks of the zone show it; in UTC where there is no such zone.
std::string zone_time(UnixSeconds moment, const std::string& time_zone);

/// nullopt where the system knows the zone; else what is wrong, with the nearest name that it knows.
std::optional<std::string> why_no_time_zone(const std::string& time_zone);

/// The moment at which clocks in the zone show `local`. The error says why there is none and what to write instead.
/// Years 1970 to 2037: beyond these the system's time zones are not told to the hour.
Expected<UnixSeconds, std::string> moment_in(const LocalTime& local, const std::string& time_zone);
/// The same where the offset from UTC is given.
Expected<UnixSeconds, std::string> moment_at(const LocalTime& local, int offset_minutes);

}  // namespace kiln::grader
