// Numbers as people read them: three or four digits and a unit.
#pragma once

#include <cstdint>
#include <string>

namespace kiln::profile {

/// "1.250 us"
std::string show_seconds(double seconds);
/// "1.500 GFLOP/s" of 1.5e9 and "FLOP/s": by thousands.
std::string show_rate(double value, const std::string& unit);
/// "1.500 MB": by 1,024.
std::string show_bytes(std::int64_t bytes);
/// "12.5 %"
std::string show_share(double share);

}  // namespace kiln::profile
