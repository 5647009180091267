// Calendar and zones by Howard Hinnant's date library; its exceptions end here.
#include "grader/book/moment.hpp"

#include <date/tz.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "grader/course/nearest.hpp"

namespace kiln::grader {

namespace {

using std::chrono::seconds;

constexpr int kFirstYear = 1970, kLastYear = 2037;

/// Nothing where the zone is not known.
const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

/// Seconds since 1970 of what a clock shows, as if it were in UTC; nothing where the calendar has no such time.
std::optional<seconds> clock_seconds(const LocalTime& local) {
  const auto day = date::year{local.year} / local.month / local.day;
  const auto within = [](int value, int end) { return value >= 0 && value < end; };
  if (!within(local.year, 10'000) || !day.ok()) return std::nullopt;
  if (!within(local.hour, 24) || !within(local.minute, 60) || !within(local.second, 60)) return std::nullopt;
  return date::local_days{day}.time_since_epoch() + std::chrono::hours{local.hour} +
         std::chrono::minutes{local.minute} + seconds{local.second};
}

std::string text_of(const LocalTime& local) {
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", local.year, local.month, local.day, local.hour,
                     local.minute, local.second);
}

/// The text of clock seconds, with `between` date and time.
std::string clock_text(seconds clock, char between) {
  const auto moment = date::sys_seconds{clock};
  const auto midnight = date::floor<date::days>(moment);
  const date::year_month_day day{midnight};
  const date::hh_mm_ss time{moment - midnight};
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", int{day.year()}, unsigned{day.month()},
                     unsigned{day.day()}, between, time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

/// Reads digits from the front of `text`.
bool take_number(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc{} || end != text.data() + digits || text[0] == '-') return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text[0]) == one_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

/// Reads date and time from the front of `text`.
std::optional<LocalTime> take_local(std::string_view& text) {
  LocalTime t;
  const bool read = take_number(text, 4, t.year) && take(text, "-") && take_number(text, 2, t.month) &&
                    take(text, "-") && take_number(text, 2, t.day) && take(text, "Tt ") &&
                    take_number(text, 2, t.hour) && take(text, ":") && take_number(text, 2, t.minute);
  if (!read || (take(text, ":") && !take_number(text, 2, t.second))) return std::nullopt;
  return t;
}

/// Minutes east of UTC of "Z" or "+02:00"; nothing for any other text.
std::optional<int> offset_of(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = 0, minutes = 0;
  if (!take_number(text, 2, hours) || !take(text, ":") || !take_number(text, 2, minutes)) return std::nullopt;
  if (!text.empty() || hours > 23 || minutes > 59) return std::nullopt;
  return sign * (60 * hours + minutes);
}

}  // namespace

std::string iso_time(UnixSeconds moment) {
  constexpr UnixSeconds kYear0 = -62'167'219'200, kEndOf9999 = 253'402'300'799;
  return clock_text(seconds{std::clamp(moment, kYear0, kEndOf9999)}, 'T') + 'Z';
}

std::optional<UnixSeconds> unix_time(std::string_view iso) {
  const auto local = take_local(iso);
  const auto offset = offset_of(iso);
  if (!local || !offset) return std::nullopt;
  const auto moment = moment_at(*local, *offset);
  return moment ? std::optional(*moment) : std::nullopt;
}

Expected<UnixSeconds, std::string> unix_time(std::string_view text, const std::string& time_zone) {
  std::string_view rest = text;
  const auto local = take_local(rest);
  if (local && rest.empty()) return moment_in(*local, time_zone);
  const auto offset = offset_of(rest);
  if (local && offset) return moment_at(*local, *offset);
  return std::string("must be a date and time such as 2026-11-20T23:59:00, with or without an offset such as +02:00");
}

std::string zone_time(UnixSeconds moment, const std::string& time_zone) {
  const date::time_zone* zone = find_zone(time_zone);
  const bool in_range = moment >= 0 && moment < (kLastYear + 1LL - kFirstYear) * 366 * 86'400;
  if (zone == nullptr || !in_range) return iso_time(moment);
  const auto info = zone->get_info(date::sys_seconds{seconds{moment}});
  return clock_text(seconds{moment} + info.offset, ' ') + ' ' + info.abbrev;
}

std::optional<std::string> why_no_time_zone(const std::string& time_zone) {
  if (find_zone(time_zone) != nullptr) return std::nullopt;
  std::vector<std::string> names;
  try {
    for (const auto& zone : date::get_tzdb().zones) names.push_back(zone.name());
  } catch (const std::exception&) {
  }
  if (names.empty()) return "must be a time zone, but this system knows none: install the package tzdata";
  const std::string guess = time_zone.size() > 64 ? "" : nearest(time_zone, names);
  std::string what = "must be an IANA time zone such as \"Europe/Helsinki\" or \"UTC\"";
  return guess.empty() ? what : what + ": did you mean \"" + guess + "\"?";
}

Expected<UnixSeconds, std::string> moment_in(const LocalTime& local, const std::string& time_zone) {
  const auto clock = clock_seconds(local);
  if (!clock) return std::string("must be a date and time that the calendar has");
  if (local.year < kFirstYear || local.year > kLastYear)
    return fmt::format("must be in a year from {} to {}", kFirstYear, kLastYear);
  const date::time_zone* zone = find_zone(time_zone);
  if (zone == nullptr) return why_no_time_zone(time_zone).value_or("must be in a known time zone");
  const auto info = zone->get_info(date::local_seconds{*clock});
  if (info.result == date::local_info::nonexistent)
    return fmt::format(
        "must exist: clocks in {} are put forward from {} to {} and never show {}; write a time before or after",
        time_zone, clock_text(info.first.end.time_since_epoch() + info.first.offset, 'T'),
        clock_text(info.first.end.time_since_epoch() + info.second.offset, 'T'), text_of(local));
  const auto& last = info.result == date::local_info::ambiguous ? info.second : info.first;
  return UnixSeconds{(*clock - last.offset).count()};
}

Expected<UnixSeconds, std::string> moment_at(const LocalTime& local, int offset_minutes) {
  const auto clock = clock_seconds(local);
  if (!clock) return std::string("must be a date and time that the calendar has");
  return UnixSeconds{(*clock - std::chrono::minutes{offset_minutes}).count()};
}

}  // namespace kiln::grader
